"""Tables out of the archive: every format says the same, rights and policy hold, cells run nothing, nothing is held."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import warnings

import openpyxl
import pytest
import sqlalchemy as sa

from service.archive.access import viewer_of
from service.archive.errors import ArchiveError, NotAllowed
from service.archive.exports import formats, rows
from service.archive.exports.columns import COLUMNS, TABLES, harmless
from service.archive.exports.formats import FORMATS, Dialect, as_csv, as_jsonl, write_table
from service.archive.exports.rows import Asked, call_ids, table_rows
from service.archive.tables import AuditRow, new_id
from service.archive.tables_calls import Call, LineRow
from tests.calls import REPOSITORY, timbre
from tests.service.archive.coaching_calls import call_in, line, moment, viewer

FORMULAS = ["=1+1", "+33 6", "-2", "@SUM(A1)", "\t=1", "\r=1", "\ufeff=1", " =1", "\u202f@x"]
FRENCH = Dialect(";", decimal_comma=True, bom=True)


@pytest.fixture
def filled(archive, blobs, cast):
    """Three calls: one with the voice for its agent alone, one of another team."""
    first = call_in(archive, blobs, cast, hour=1, policy="words_and_turns", script=81.25, intention=40.0)
    second = call_in(archive, blobs, cast, hour=2, policy="combined", released=False)
    third = call_in(archive, blobs, cast, hour=3, agent="other_agent", policy="combined")
    for call_id in (first, second, third):
        line(archive, call_id, "greeting", "lived")
        moment(archive, call_id, "m1")
        moment(archive, call_id, "m2", kind="metallic")
        with archive.writing() as session:
            session.add(LineRow(call_id=call_id, line="criterion:out_of_the_metal", score=0.5, week=2968))
    with archive.writing() as session:
        session.get_one(Call, first).external_id = FORMULAS[0]
    return first, second, third


def told(archive, who, table="calls", **asked):
    names = [c.name for c in COLUMNS[table]]
    return [dict(zip(names, row, strict=True)) for row in table_rows(archive, who, table, Asked(**asked))]


def test_rows_stand_by_time_and_filters_hold(archive, cast, filled):
    qa = viewer(archive, cast.qa)
    assert [row["call_id"] for row in told(archive, qa)] == list(filled)
    assert list(call_ids(archive, qa, Asked(released=True))) == [filled[0], filled[2]]
    assert [r["call_id"] for r in told(archive, qa, team_id=cast.team.id)] == list(filled[:2])
    at = [row["started_at"] for row in told(archive, qa)]
    assert [r["call_id"] for r in told(archive, qa, since=at[1], until=at[2])] == [filled[1]]
    assert told(archive, qa, campaign_id=cast.other_campaign.id) == []


def test_portions_join_without_a_gap(archive, cast, filled, monkeypatch):
    monkeypatch.setattr(rows, "PORTION", 1)
    assert [row["call_id"] for row in told(archive, viewer(archive, cast.qa))] == list(filled)


def test_the_voice_stays_where_the_policy_keeps_it(archive, cast, filled):
    lines = told(archive, viewer(archive, cast.admin), "lines")
    voiced = [row["call_id"] for row in lines if row["line"] == "criterion:out_of_the_metal"]
    assert voiced == list(filled[1:]) and len(lines) == 5
    metallic = [r["call_id"] for r in told(archive, viewer(archive, cast.qa), "moments") if r["kind"] == "metallic"]
    assert metallic == list(filled[1:])


def test_only_those_who_may_export_do(archive, cast, filled):
    for name in ("coach", "agent", "auditor"):
        with pytest.raises(NotAllowed):
            told(archive, viewer(archive, getattr(cast, name)))
    with archive.reading() as session:
        bound = viewer_of(session.merge(cast.other_auditor))
    with pytest.raises(NotAllowed):
        told(archive, bound)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    assert harmless(text) == f"'{text}" and harmless("plain = text") == "plain = text"


def test_an_id_is_no_option_no_formula_and_no_number():
    for made in (new_id() for _ in range(500)):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{15}", made) and harmless(made) == made


def read_back(form, path):
    if form == "csv":
        return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    if form == "jsonl":
        return [json.loads(text) for text in path.read_text().splitlines()]
    if form == "parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head, *body = openpyxl.load_workbook(path).active.iter_rows()
    assert all(cell.data_type != "f" for row in body for cell in row)
    return [dict(zip([c.value for c in head], [c.value for c in row], strict=True)) for row in body]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("table", TABLES)
def test_every_format_holds_every_row_and_column(archive, cast, filled, tmp_path, form, table):
    path = tmp_path / f"t.{form}"
    qa = viewer(archive, cast.qa)
    write_table(COLUMNS[table], table_rows(archive, qa, table, Asked()), path, form, Dialect())
    found = read_back(form, path)
    wanted = told(archive, qa, table)
    assert [r["call_id"] for r in found] == [r["call_id"] for r in wanted]
    assert [list(r) for r in found] == [[c.name for c in COLUMNS[table]]] * len(wanted)
    safe = form in ("csv", "xlsx")
    assert found[0]["external_id"] == ("'=1+1" if safe else "=1+1")
    assert str(found[0]["started_at"])[:10] == "2026-11-16"


def test_numbers_stay_numbers_and_french_spreadsheets_get_theirs(archive, cast, filled):
    qa = viewer(archive, cast.qa)
    content = b"".join(as_csv(COLUMNS["calls"], table_rows(archive, qa, "calls", Asked()), FRENCH))
    assert content.startswith(b"\xef\xbb\xbfcall_id;") and b";81,25;40,0;" in content
    negative = b"".join(as_csv(COLUMNS["lines"][9:10], [(-1.5,)], Dialect()))
    assert negative.endswith(b"\r\n-1.5\r\n")
    with pytest.raises(ArchiveError, match="two_commas"):
        list(as_csv(COLUMNS["calls"], [], Dialect(",", decimal_comma=True)))


def test_text_no_file_could_hold_is_written_all_the_same(tmp_path):
    columns, bad = COLUMNS["calls"][:1], "a\x00\ud800\x0b" + "x" * 40_000
    for form in FORMATS:
        write_table(columns, [(bad,)], tmp_path / f"t.{form}", form, Dialect())
    assert len(openpyxl.load_workbook(tmp_path / "t.xlsx").active.cell(2, 1).value) == formats.MOST_CELL_CHARACTERS


def test_a_full_sheet_goes_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST_SHEET_ROWS", 3)
    write_table(COLUMNS["calls"][:1], [(str(n),) for n in range(5)], tmp_path / "b.xlsx", "xlsx", Dialect())
    sheets = openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets
    assert [[c.value for c in s["A"]][1:] for s in sheets] == [["0", "1"], ["2", "3"], ["4"]]
    write_table(COLUMNS["calls"][:1], [], tmp_path / "empty.xlsx", "xlsx", Dialect())
    assert [c.value for c in openpyxl.load_workbook(tmp_path / "empty.xlsx").active["A"]] == ["call_id"]


def test_rows_are_written_as_they_come():
    seen = []

    def endless():
        while True:
            seen.append(1)
            yield ("x",)

    for written in (as_csv(COLUMNS["calls"][:1], endless(), Dialect()), as_jsonl(COLUMNS["calls"][:1], endless())):
        next(written), next(written)
    assert len(seen) == 2 * formats.CHUNK_ROWS or len(seen) == 3 * formats.CHUNK_ROWS


def test_without_the_extra_parquet_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ArchiveError, match="no_parquet"):
        write_table(COLUMNS["calls"], [], tmp_path / "t", "parquet", Dialect())


def test_every_column_is_told_in_both_languages():
    page = (REPOSITORY / "docs" / "exports.md").read_text()
    for part in page.split("\n# "):
        missing = {c.name for t in TABLES for c in COLUMNS[t] if f"`{c.name}`" not in part}
        assert not missing, missing


def test_the_command(archive, cast, filled, tmp_path, monkeypatch, address):
    if not address.startswith("sqlite"):
        pytest.skip("the command is the same on both")
    monkeypatch.setenv("TIMBRE_DATABASE", address)
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path))
    out = tmp_path / "out.csv"
    more = ["--account", "here", "--campaign", "service", "--team", "service/red", "--lang", "en"]
    ran = timbre("export", out, "--table", "moments", "--released", *more)
    assert ran.code == 0 and len(out.read_text().splitlines()) == 2
    with archive.reading() as session:
        row = session.scalars(sa.select(AuditRow).where(AuditRow.action == "export")).one()
    assert (row.person_id, row.detail) == ("cli", {"table": "moments", "format": "csv"})
    for wrong in (["out.pdf"], ["out.csv", "--since", "1/1/26"], ["out.csv", "--table", "people"],
                  ["out.csv", "--team", "service/nobody", "--account", "here"], ["out.csv", "--decimal-comma"],
                  ["out.csv", "--vcon"]):  # fmt: skip
        ran = timbre("export", tmp_path / wrong[0], *wrong[1:], "--lang", "en")
        assert ran.code == 2 and ran.err.count("\n") == 1, ran.err
