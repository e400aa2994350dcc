"""`timbre rubric`: check, show, diff: output, exit codes, one sentence for errors."""

from __future__ import annotations

import pytest

from service.scoring.documents import to_json
from service.scoring.rubric_file import load_rubric, parse_rubric, rubric_content, shipped_rubrics
from service.scoring.scorecard import judge
from tests.calls import timbre, write_shipped
from tests.service.grids.books import FRENCH, book
from tests.service.scoring.builder import robot_call


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(rubric_content("inbound_service")[0])
    return path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", shipped_rubrics())
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_shipped_rubrics_are_fine(name, lang):
    ran = timbre("rubric", "check", name, "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{name}.yaml") and ran.out.count("\n") == 1


def test_a_problem_is_printed_with_its_line_and_the_exit_code_says_so(mine):
    edit(mine, "cuts: {script: 70", "cuts: {script: 700")
    ran = timbre("rubric", "check", mine, "--lang", "en")
    assert ran.code == 1 and ran.err == ""
    assert ran.out.startswith("problem: mine.yaml, line ") and "script" in ran.out


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"", b"- 1"])
def test_what_is_no_rubric_is_one_sentence(mine, content):
    mine.write_bytes(content)
    for command in (("check", mine), ("show", mine), ("diff", mine, "inbound_service")):
        ran = timbre("rubric", *command)
        assert ran.code == 2 and ran.err.count("\n") == 1 and "Traceback" not in ran.err


def test_an_edit_of_a_used_version_is_refused_until_the_version_changes(mine, tmp_path):
    evidence = robot_call().build()
    used = tmp_path / "results"
    used.mkdir()
    rubric = parse_rubric(mine.read_bytes(), file="mine.yaml")
    (used / "a.json").write_bytes(to_json(evidence, judge(evidence, rubric)))
    assert timbre("rubric", "check", mine, "--used", used).code == 0
    edit(mine, "cuts: {script: 70", "cuts: {script: 75")
    ran = timbre("rubric", "check", mine, "--used", used, "--lang", "en")
    assert ran.code == 1 and "new version" in ran.out
    edit(mine, 'version: "1.2"', 'version: "1.3"')
    assert timbre("rubric", "check", mine, "--used", used).code == 0
    assert timbre("rubric", "check", mine, "--used", tmp_path / "none").code == 2


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", shipped_rubrics())
def test_show_names_every_section_and_line(name, lang):
    rubric = load_rubric(name)
    ran = timbre("rubric", "show", name, "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    assert all(x.id in ran.out for x in rubric.asked)
    assert all(s.title[lang].split()[0] in ran.out for s in rubric.sections)


def test_show_prints_no_escape_and_no_markup_of_a_rubric(mine):
    edit(mine, "en: Opening", 'en: "[red]Open\\e[31ming"')
    ran = timbre("rubric", "show", mine, "--lang", "en")
    assert ran.code == 0 and "\x1b" not in ran.out and "[red]Open" in ran.out


def test_diff_is_line_by_line(mine):
    assert timbre("rubric", "diff", mine, "inbound_service", "--lang", "en").out == "The two rubrics ask the same.\n"
    edit(
        mine,
        "{id: greeting, section: opening, expected: always, weight: 1,",
        "{id: greeting, expected: always, weight: 3,",
    )
    edit(mine, "  - {id: accommodation, section: whole_call, idea: I2, weight: 0}\n", "")
    ran = timbre("rubric", "diff", "inbound_service", mine, "--lang", "en")
    lines = ran.out.splitlines()
    assert ran.code == 0 and len(lines) == 3
    assert "greeting (Greeting): weight from 1 to 3" in lines
    assert "greeting (Greeting): section from opening to nothing" in lines
    assert lines[-1].startswith("removed: accommodation")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_grid_becomes_a_draft_and_every_row_is_told(tmp_path, lang):
    grid, out = tmp_path / "notre grille.xlsx", tmp_path / "draft.yaml"
    grid.write_bytes(book(FRENCH, percent_column="C"))
    ran = timbre("rubric", "import", grid, "--out", out, "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    assert all(title in ran.out for title in ("Salue le client", "Sourire dans la voix", "Total"))
    assert ran.out.splitlines()[-1].count("draft.yaml") == 1
    assert load_rubric(str(out)).id == "notre_grille"
    assert timbre("rubric", "check", out).code == 0 and timbre("rubric", "show", out).code == 0
    printed = timbre("rubric", "import", grid, "--lang", lang)
    assert printed.out == out.read_text(encoding="utf-8") and "Salue le client" in printed.err


def test_a_draft_never_replaces_the_grid_and_takes_windows_from_another_rubric(tmp_path):
    grid = tmp_path / "grid.xlsx"
    grid.write_bytes(book(FRENCH))
    before = grid.read_bytes()
    ran = timbre("rubric", "import", grid, "--out", grid)
    assert ran.code == 2 and grid.read_bytes() == before
    out = tmp_path / "draft.yaml"
    assert timbre("rubric", "import", grid, "--out", out, "--like", "outbound_sales").code == 0
    assert load_rubric(str(out)).call_types == ("outbound",)
    assert timbre("rubric", "import", grid, "--like", "nothing").code == 2


@pytest.mark.parametrize("content", [b"Crit\xc3\xa8re;Poids", b"", b"PK\x03\x04"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_no_workbook_is_one_sentence_in_both_languages(tmp_path, content, lang):
    grid = tmp_path / "grid.xlsx"
    grid.write_bytes(content)
    ran = timbre("rubric", "import", grid, "--lang", lang)
    assert ran.code == 2 and ran.out == "" and ran.err.count("\n") == 1 and "grid.xlsx" in ran.err


def test_no_escape_of_a_cell_reaches_the_terminal(tmp_path):
    grid = tmp_path / "grid.xlsx"
    grid.write_bytes(book([["Critère", "Poids"], ["Salue \u202ele client", 1], ["[red]Remercie[/red]", 1]]))
    ran = timbre("rubric", "import", grid)
    assert ran.code == 0 and "\u202e" not in ran.err and "[red]" in ran.err


@pytest.mark.parametrize(("language", "word"), [("fr_FR.UTF-8", "grille"), ("en_US.UTF-8", "rubric")])
def test_help_speaks_both_languages(language, word):
    for command in ((), ("check",), ("show",), ("diff",), ("import",)):
        assert word in timbre("rubric", *command, "--help", env={"LC_ALL": language}).out


@pytest.mark.slow
def test_analysing_beside_a_result_of_the_edited_version_says_so(mine, tmp_path):
    call, out = write_shipped(tmp_path, "fr_recite", transcript=True), tmp_path / "out.json"
    options = ("--rubric", mine, "--json", out, "--quiet", "--lang", "en")
    first = timbre("analyse", call, *options)
    assert (first.code, first.err) == (0, "")
    edit(mine, "cuts: {script: 70", "cuts: {script: 75")
    again = timbre("analyse", call, *options)
    assert again.code == 0 and again.err.count("\n") == 1 and "new version" in again.err
    assert timbre("analyse", call, *options).err == ""  # the result now is of this content
