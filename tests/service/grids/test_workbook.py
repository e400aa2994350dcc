"""Reading a workbook: what people make is read, what nobody should make is one sentence, before it is parsed."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from service.grids.errors import GridError
from service.grids.workbook import (
    MAX_BYTES,
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_PART_BYTES,
    MAX_ROWS,
    MAX_SHEETS,
    MAX_XML_BYTES,
    Cell,
    parse_workbook,
    read_workbook,
)
from service.say import LANGS, Say
from tests.service.grids.books import FRENCH, book, saved, with_part

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><sst>&b;</sst>'


def refused(content: bytes) -> str:
    with pytest.raises(GridError) as caught:
        parse_workbook(content, file="grid.xlsx")
    for lang in LANGS:
        sentence = Say(lang)(caught.value.note)
        assert sentence.endswith(".") and "\n" not in sentence
    return caught.value.note.code.removeprefix("rubric.grid.")


def test_cells_are_texts_numbers_and_shares() -> None:
    (sheet,) = parse_workbook(book(FRENCH, merged=["A5:A7"], percent_column="C"), file="grid.xlsx")
    assert sheet.name == "Grille"
    assert sheet.rows[4] == (Cell("Accueil"), Cell("Salue le client"), Cell(0.05, percent=True))
    assert sheet.rows[5][0] == Cell()  # below the first row of a merged area nothing is stored
    assert sheet.rows[15][2] == Cell(unknown=True)  # a formula nobody has calculated


def test_a_formula_counts_with_the_value_stored_beside_it() -> None:
    content = book([["Critère", "Points"], ["Salue", "=2+3"]])
    stored = with_part(content, SHEET, replace=(b"<v />", b"<v>5</v>"))
    assert parse_workbook(stored, file="g.xlsx")[0].rows[1][1] == Cell(5.0)


def test_hidden_sheets_are_not_read() -> None:
    sheets = parse_workbook(book([["Critère"], ["Salue"]], hidden=[["secret"]]), file="g.xlsx")
    assert [s.name for s in sheets] == ["Grille"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_workbook"),
        (b"Crit\xe8re;Poids\nSalue;5\n", "no_workbook"),
        (b"PK\x03\x04" + b"\x00" * 400, "no_workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 400, "old_or_locked"),
        (b"PK\x03\x04" + b"x" * MAX_BYTES, "too_large"),
        (book(FRENCH)[:2000], "no_workbook"),
        (book([]), "empty"),
    ],
)
def test_what_is_no_workbook_is_one_sentence(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_a_text_file_named_xlsx_and_one_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "grid.xlsx"
    path.write_text("Critère;Poids\nSalue;5\n", encoding="utf-8")
    for name in (path, tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(GridError):
            read_workbook(name)


def test_another_kind_of_archive_is_no_workbook() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refused(stream.getvalue()) == "no_workbook"


def test_a_zip_bomb_is_refused_by_what_it_says_it_unpacks_to() -> None:
    grown = with_part(book(FRENCH), "xl/media/image1.bin", b"\x00" * (MAX_PART_BYTES + 1))
    assert len(grown) < 100_000 and refused(grown) == "unpacks_too_large"
    many = book(FRENCH)
    for i in range(4):
        many = with_part(many, f"xl/media/{i}.bin", b"\x00" * (MAX_PART_BYTES - 1))
    assert refused(many) == "unpacks_too_large"


@pytest.mark.parametrize("name", [SHEET, STRINGS, "xl/styles.xml", "xl/anything.bin"])
@pytest.mark.parametrize("start", [b"<a>", b"\xef\xbb\xbf<a>", b"\n <a>"])
def test_a_large_part_of_xml_is_refused_before_it_is_parsed(name: str, start: bytes) -> None:
    assert refused(with_part(book(FRENCH), name, start + b"<b/>" * (MAX_XML_BYTES // 4))) == "unpacks_too_large"


def test_a_part_that_lies_about_its_size_is_no_workbook() -> None:
    content = with_part(book(FRENCH), "xl/media/a.bin", b"\x00" * 500_000)
    lied = content.replace((500_000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert lied != content and refused(lied) == "no_workbook"


@pytest.mark.parametrize("seed", range(8))
def test_a_part_whose_packing_is_damaged_is_no_workbook(seed: int) -> None:
    content, rng = bytearray(book(FRENCH)), random.Random(seed)  # noqa: S311 - damage, no secret
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo(SHEET)
    first = part.header_offset + 30 + len(part.filename)
    for _ in range(6):
        content[first + rng.randrange(part.compress_size)] ^= rng.randrange(1, 256)
    assert refused(bytes(content)) == "no_workbook"


def test_too_many_parts_and_parts_of_the_same_name() -> None:
    stream = io.BytesIO(book(FRENCH))
    with zipfile.ZipFile(stream, "a") as archive:
        for i in range(300):
            archive.writestr(f"xl/extra{i}.xml", "<a/>")
    assert refused(stream.getvalue()) == "no_workbook"
    stream = io.BytesIO(book(FRENCH))
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, "<worksheet/>")
    assert refused(stream.getvalue()) == "no_workbook"


@pytest.mark.parametrize(
    "part",
    [
        BOMB,
        b"\xef\xbb\xbf" + BOMB,
        BOMB.decode().encode("utf-16"),
        BOMB.decode().encode("utf-16-be"),
        b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE x>".encode("cp037"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4-',
    ],
)
@pytest.mark.parametrize("name", [STRINGS, "xl/anything.bin"])
def test_a_document_type_is_refused_however_it_is_written(part: bytes, name: str) -> None:
    assert refused(with_part(book(FRENCH), name, part)) == "hostile"


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", STRINGS, "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("part", [b"", b"<", b"<a/>", b"<a>" * 5000, b"\x00\x01\x02", b"not xml at all"])
def test_a_broken_part_is_no_workbook_or_an_empty_one(name: str, part: bytes) -> None:
    try:
        parse_workbook(with_part(book(FRENCH), name, part), file="grid.xlsx")
    except GridError as exc:
        assert exc.note.code in ("rubric.grid.no_workbook", "rubric.grid.empty")


def test_limits_on_rows_columns_sheets_and_cells() -> None:
    assert refused(book([["x"]] * (MAX_ROWS + 1))) == "too_long"
    assert refused(book([["x"] * (MAX_COLUMNS + 1)])) == "too_long"
    assert refused(book([["x" * (MAX_CELL_CHARACTERS + 1)]])) == "cell_too_long"
    workbook = Workbook()
    for _ in range(MAX_SHEETS):
        workbook.create_sheet()
    assert refused(saved(workbook)) == "too_many_sheets"
    assert len(parse_workbook(book([["x"]] * MAX_ROWS), file="g.xlsx")[0].rows) == MAX_ROWS


def test_a_sheet_that_says_it_is_endless_is_read_as_far_as_it_goes() -> None:
    endless = with_part(book([["Critère"], ["Salue"]]), SHEET, replace=(b'ref="A1:A2"', b'ref="A1:XFD1048576"'))
    assert len(parse_workbook(endless, file="g.xlsx")[0].rows) == 2


def test_numbers_no_weight_can_be_are_nothing() -> None:
    (sheet,) = parse_workbook(book([["a", 1e300, True, -5]]), file="g.xlsx")
    assert sheet.rows[0] == (Cell("a"), Cell(), Cell("true"), Cell(-5.0))
