from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.timeline import Span
from service.scoring.documents import as_json
from service.scoring.edits import (
    MAX_BYTES,
    MAX_LINE,
    CorrectedLine,
    Decision,
    Edits,
    NotThat,
    SaidHere,
    SwappedRoles,
    parse_edits,
    read_edits,
)
from service.scoring.errors import EditsError

NAMES = st.sampled_from(["Dana", "Élise Müller"])
TEXTS = st.text(min_size=1, max_size=40).map(str.strip).filter(bool)
TIMES = st.integers(0, 600_000).map(lambda ms: ms / 1000)
SPANS = st.builds(lambda a, b: Span(min(a, b), max(a, b)), TIMES, TIMES)
TURNS = st.integers(0, 400)
ACTS = st.sampled_from(["thanks", "c_problem", "proposal"])
EDITS = st.builds(
    Edits,
    swapped_roles=st.none() | st.builds(SwappedRoles, by=NAMES, reason=TEXTS),
    lines=st.lists(
        st.builds(CorrectedLine, turn=TURNS, text=TEXTS, by=NAMES), max_size=4, unique_by=lambda line: line.turn
    ).map(tuple),
    not_that=st.lists(st.builds(NotThat, act=ACTS, turn=TURNS, by=NAMES, reason=TEXTS), max_size=3).map(tuple),
    said_here=st.lists(st.builds(SaidHere, act=ACTS, span=SPANS, by=NAMES, reason=TEXTS), max_size=3).map(tuple),
    overrides=st.lists(
        st.builds(Decision, line=st.just("thanks"), verdict=st.just("lived"), by=NAMES, reason=TEXTS)
        | st.builds(Decision, line=st.just("pulse"), score=TIMES.map(lambda t: t / 600), by=NAMES, reason=TEXTS),
        max_size=2,
    ).map(tuple),
)


@settings(max_examples=50, deadline=None)
@given(edits=EDITS)
def test_edits_survive_writing_and_reading(edits: Edits) -> None:
    content = as_json(edits)
    read = parse_edits(content)
    assert as_json(read) == content
    assert read.empty == (edits == Edits())


def valid() -> dict[str, object]:
    said = {"act": "thanks", "turn": 3, "by": "Dana", "reason": "secret words"}
    return {"schema_version": "timbre.edits/1", "said_here": [said]}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.update(mood="secret words"), "-"),
        (lambda d: d["said_here"][0].update(turn="3"), "said_here.0.turn"),
        (lambda d: d["said_here"][0].update(turn=-1), "said_here.0.turn"),
        (lambda d: d["said_here"][0].update(turn=True), "said_here.0.turn"),
        (lambda d: d["said_here"][0].pop("by"), "said_here.0.by"),
        (lambda d: d["said_here"][0].update(reason="   "), "said_here.0.reason"),
        (lambda d: d["said_here"][0].pop("turn"), "said_here.0"),
        (lambda d: d["said_here"][0].update(act="../../etc"), "said_here.0.act"),
        (lambda d: d["said_here"][0].update(span={"start_s": 5.0, "end_s": 1.0}), "said_here.0.span"),
        (lambda d: d.update(said_here=[d["said_here"][0]] * 1001), "said_here"),
        (lambda d: d.update(lines=[{"turn": 1, "text": "x" * (MAX_LINE + 1), "by": "D"}]), "lines.0.text"),
        (lambda d: d.update(lines=[{"turn": 1, "text": "x", "by": "D"}] * 2), "-"),
        (lambda d: d.update(overrides=[{"line": "x", "by": "D", "reason": "r"}]), "overrides.0"),
        (
            lambda d: d.update(overrides=[{"line": "x", "by": "D", "reason": "r", "score": 2.0}]),
            "overrides.0.score",
        ),
        (
            lambda d: d.update(overrides=[{"line": "x", "by": "D", "reason": "r", "verdict": "bored"}]),
            "overrides.0.verdict",
        ),
        (lambda d: d.update(overrides=[{"line": "x", "by": "D", "verdict": "lived"}]), "overrides.0.reason"),
    ],
)
def test_reading_is_strict_and_names_the_place_only(change: object, place: str) -> None:
    data = valid()
    change(data)  # type: ignore[operator]  # a lambda from the table
    with pytest.raises(EditsError) as caught:
        parse_edits(json.dumps(data).encode())
    assert caught.value.note.code == "scoring.edits_refused"
    assert caught.value.note.params == {"name": place}
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"schema_version": "timbre.edits/1", "lines": NaN}', "not_json"),
        (b"[]", "other_schema"),
        (b"{}", "other_schema"),
        (b'{"schema_version": "timbre.result/2"}', "other_schema"),
        (b" " * (MAX_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_edits_file_is_one_sentence(content: bytes, code: str) -> None:
    with pytest.raises(EditsError) as caught:
        parse_edits(content)
    assert caught.value.note.code == f"scoring.edits_{code}"


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path, Path("a\0b")):
        with pytest.raises(EditsError) as caught:
            read_edits(path)
        assert caught.value.note.code == "scoring.edits_unreadable"
