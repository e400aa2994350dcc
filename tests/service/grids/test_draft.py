"""From a grid to a draft: every row is told, and the draft is a rubric."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.notes import Note
from service.grids.draft import Draft, draft_rubric
from service.grids.errors import GridError
from service.grids.layout import Grid, read_grid
from service.grids.matching import match
from service.grids.workbook import parse_workbook
from service.labels import Labels
from service.say import LANGS
from service.scoring.rubric import Rubric
from service.scoring.rubric_check import check_rubric
from service.scoring.rubric_file import load_rubric
from tests.service.grids.books import CAPITALS, ENGLISH, FRENCH, Rows, book

INBOUND = load_rubric("inbound_service")


def grid_of(rows: Rows, **options: object) -> Grid:
    return read_grid(parse_workbook(book(rows, **options), file="grid.xlsx"))  # type: ignore[arg-type]  # as given


def drafted(rows: Rows, **options: object) -> tuple[Rubric, Draft]:
    draft = draft_rubric(grid_of(rows, **options), name="Notre grille", like=INBOUND)
    found = check_rubric(draft.text.encode(), file="draft.yaml")
    assert found.rubric is not None, (draft.text, found.problems)
    # a grid of greetings alone has nothing to measure intention by: the check of the draft says so
    assert {n.code for n in found.problems} <= {"rubric.check.no_intention"}
    for lang in LANGS:
        assert all(Labels(lang).note(n) for notes in (*draft.told, (draft.summary,)) for n in notes)
    return found.rubric, draft


def told_of(draft: Draft, row: int) -> tuple[Note, ...]:
    return next(notes for notes in draft.told if notes[0].params.get("row") == row and "title" in notes[0].params)


def test_a_french_grid_with_merged_sections_and_shares_in_percent() -> None:
    rubric, draft = drafted(FRENCH, merged=["A5:A7", "A8:A10", "A11:A13"], percent_column="C")
    assert [(g.id, g.section, g.weight) for g in rubric.gestures] == [
        ("greeting", "accueil", 5.0),
        ("offer_help", "accueil", 5.0),
        ("open_question", "decouverte", 10.0),
        ("reformulation", "decouverte", 10.0),
        ("empathy_phrase", "traitement", 10.0),
        ("check_understanding", "conclusion", 5.0),
        ("closing", "conclusion", 5.0),
    ]
    assert [(c.id, c.weight) for c in rubric.criteria] == [("listened_first", 15.0)]
    assert [(p.title["fr"], p.weight, p.auto_fail) for p in rubric.lines] == [
        ("Sourire dans la voix", 5.0, None),
        ("Apporte une réponse exacte", 20.0, "outcome"),
        ("Saisie dans le CRM", 10.0, None),
    ]
    assert draft.summary.params == {"n": 11, "gestures": 7, "criteria": 1, "people": 3, "left": 2}
    assert rubric.id == "notre_grille" and rubric.version == "0.1"


def test_an_english_grid_with_numbered_sections_and_points() -> None:
    rubric, draft = drafted(ENGLISH)
    assert [s.title["en"] for s in rubric.sections] == ["Opening", "Handling the call", "Closing"]
    assert {g.id: g.weight for g in rubric.gestures} == {
        "greeting": 5.0,
        "self_intro": 10.0,
        "reformulation": 10.0,
        "empathy_phrase": 15.0,
        "hold_notice": 10.0,
        "anything_else": 5.0,
        "thanks": 5.0,
    }
    assert [c.id for c in rubric.criteria] == ["interruptions"]
    people = {p.title["en"]: (p.weight, p.reason) for p in rubric.lines}
    assert set(people) == {
        "Gives the correct information",
        "Tone of voice: warm and friendly",
        "Whistles a tune",
    }
    assert all(reason for _, reason in people.values())
    weights = {notes[0].params["row"]: notes[-1].code for notes in draft.told if "title" in notes[0].params}
    assert weights[12] == "rubric.grid.weight_odd"


def test_capitals_with_the_sum_of_what_follows_are_sections() -> None:
    grid = grid_of(CAPITALS)
    assert [(h.title, h.weight) for h in grid.headings] == [("ACCUEIL", 10.0), ("FIN D'APPEL", 5.0)]
    assert [(x.section, x.weight) for x in grid.lines] == [
        ("ACCUEIL", 4.0),
        ("ACCUEIL", 6.0),
        ("FIN D'APPEL", 2.0),
        ("FIN D'APPEL", 3.0),
    ]


def test_where_only_sections_have_a_number_their_lines_share_it() -> None:
    rows: Rows = [["Item", "Weight"], ["1. Opening", 30], ["1.1 Greets", None], ["1.2 Thanks", None]]
    rubric, draft = drafted(rows)
    assert [g.weight for g in rubric.gestures] == [15.0, 15.0]
    assert told_of(draft, 3)[-1] == Note("rubric.grid.weight_shared", {"weight": 15.0})


def test_a_grid_without_a_header_is_told_by_what_it_holds() -> None:
    rubric, draft = drafted([["Salue le client", 3], ["Reformule la demande du client", 7]])
    assert draft.told[0][0].code == "rubric.grid.sheet_no_header"
    assert [(g.id, g.weight) for g in rubric.gestures] == [("greeting", 3.0), ("reformulation", 7.0)]


def test_a_line_without_a_number_weighs_one_and_that_is_said() -> None:
    rows: Rows = [["Critère", "Poids", "Avis"], ["Salue", None, "x"], ["Reformule", "=1+1", "x"], ["Remercie", -3, "x"]]
    rubric, draft = drafted(rows)
    assert [g.weight for g in rubric.gestures] == [1.0, 1.0, 1.0]
    assert [notes[-1].code.rsplit("_", 1)[1] for notes in draft.told[1:]] == ["none", "formula", "odd"]


def test_a_title_that_nobody_calculated_is_left_out_and_that_is_said() -> None:
    _, draft = drafted([["Critère", "Poids"], ["Salue", 1], ["=A2", 2]])
    assert draft.told[-1][0] == Note("rubric.grid.left_formula", {"row": 3, "title": ""})


def test_two_lines_on_one_gesture_are_added_and_that_is_said() -> None:
    rubric, draft = drafted([["Critère", "Poids"], ["Donne son nom", 2], ["Nom de l'entreprise", 3]])
    assert [(g.id, g.weight) for g in rubric.gestures] == [("self_intro", 5.0)]
    assert told_of(draft, 3)[0].code == "rubric.grid.added" and told_of(draft, 3)[0].params["first"] == 2
    assert "# 2: Donne son nom\n  # 3: Nom de l'entreprise\n" in draft.text


def test_large_weights_are_scaled_together_and_that_is_said() -> None:
    rubric, draft = drafted([["Critère", "Points"], ["Salue", 400], ["Remercie", 100]])
    assert [g.weight for g in rubric.gestures] == [100.0, 25.0]
    assert draft.told[-1][0] == Note("rubric.grid.scaled", {"factor": 0.25})


def test_what_surrounds_a_gesture_keeps_its_proportion_to_it() -> None:
    rubric, _ = drafted([["Critère", "Poids"], ["Reformule la demande", 10]])
    shipped = next(g for g in INBOUND.gestures if g.id == "reformulation")
    for family, weight in shipped.families.items():
        if weight:
            assert rubric.gestures[0].families[family] == pytest.approx(weight * 10 / shipped.weight, abs=1e-3)


@pytest.mark.parametrize(
    ("title", "line", "reason"),
    [
        ("Accueil chaleureux et souriant", "", "manner"),
        ("Le ton est monotone", "out_of_the_metal", None),
        ("Résout le problème du client", "", "knowledge"),
        ("Vérifie l'identité de l'appelant", "", "compliance"),
        ("Identifies the customer's need", "open_question", None),
        ("Checks that the customer understands", "check_understanding", None),
        ("Traitement des objections", "", "sales"),
        ("Remercie pour l'attente", "hold_thanks", None),
        ("Pas de blancs", "dead_air", None),
        ("Porte une cravate", "", "unknown"),
        ("Salut", "greeting", None),
        ("Salaire", "", "unknown"),
    ],
)
def test_titles_and_what_they_are_about(title: str, line: str, reason: str | None) -> None:
    found = match(title)
    assert (found.line, found.reason) == (line, reason)
    assert bool(found.words) is (reason != "unknown")


def test_what_else_would_fit_is_said() -> None:
    assert set(match("Salue le client et se présente").also) == {"greeting"}
    assert match("Sourire en reformulant").also == ("reformulation",)


HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","click")',
    "x}, auto_fail: zero, {y: z",
    "- !!python/object/apply:os.system [ls]",
    "*alias &anchor",
    "# not a comment\n- {id: nothing}",
    "{{ 7*7 }} <script>alert(1)</script>",
    "[red]rich[/red]",
    "\u202egnirts",
    "\x85 \u2028 \ufeff x y z",
    "id: 'a' \"b\" : c",
    "../../etc/passwd",
    "9 lives",
    "été " * 60,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_a_title(title: str) -> None:
    rubric, _ = drafted([["Critère", "Poids"], ["Salue", 1], [title, 2]], literal=True)
    assert [g.id for g in rubric.gestures] == ["greeting"]
    assert [p.weight for p in rubric.lines] == [2.0] and rubric.lines[0].auto_fail is None


TITLES = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), min_size=1, max_size=60)
CELLS = st.one_of(st.none(), TITLES, st.integers(-10, 500), st.floats(-5, 200))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from(["Salue", "Reformule", "Total", None]), CELLS, CELLS), max_size=12))
def test_any_cells_give_a_rubric_or_one_sentence(rows: list[tuple[object, object, object]]) -> None:
    sheet: Rows = [["Thème", "Critère", "Poids"], *rows, ["Fin", "Remercie le client", 1]]
    cleaned = [[re.sub(r"[\x00-\x1f\ufffe\uffff]", "", c) if isinstance(c, str) else c for c in row] for row in sheet]
    try:
        grid = grid_of([[c if not isinstance(c, str) or c[:1] != "=" else f" {c}" for c in r] for r in cleaned])
        draft = draft_rubric(grid, name="grid", like=INBOUND)
    except GridError:
        return
    found = check_rubric(draft.text.encode(), file="draft.yaml")
    assert found.rubric is not None, found.problems
    told = {notes[0].params["row"] for notes in draft.told if "title" in notes[0].params}
    assert told == {x.row for x in (*grid.lines, *grid.left_out, *grid.headings)}
