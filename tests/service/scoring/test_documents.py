from __future__ import annotations

import json
from pathlib import Path

import pytest

from audio.timeline import Span
from service.scoring.documents import MAX_BYTES, json_schema, parse_result, read_result, rounded, to_json
from service.scoring.errors import ResultError
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.service.scoring.builder import robot_call

INBOUND = load_rubric("inbound_service")


def stored() -> bytes:
    evidence = robot_call().build()
    return to_json(evidence, judge(evidence, INBOUND))


def test_judging_a_stored_result_again_gives_the_same_bytes() -> None:
    content = stored()
    result = parse_result(content)
    assert to_json(result.evidence, judge(result.evidence, INBOUND)) == content


def test_floats_are_rounded_once_and_before_scoring() -> None:
    evidence = robot_call().build()
    shaken = evidence.model_copy(
        update={"call": evidence.call.model_copy(update={"duration_s": evidence.call.duration_s + 1e-7})}
    )
    assert rounded(shaken) == rounded(evidence) == rounded(rounded(evidence))
    assert judge(shaken, INBOUND) == judge(evidence, INBOUND)
    assert to_json(shaken, judge(shaken, INBOUND)) == to_json(evidence, judge(evidence, INBOUND))


def test_keys_are_sorted_and_times_have_three_decimals() -> None:
    content = stored()
    data = json.loads(content)
    assert list(data) == ["edits", "evidence", "judgement", "schema_version"]
    assert list(data["evidence"]) == sorted(data["evidence"])
    times = [word["span"]["start_s"] for turn in data["evidence"]["turns"] for word in turn["words"]]
    assert all(round(t, 3) == t for t in times)


def test_a_result_survives_writing_and_reading() -> None:
    evidence = rounded(robot_call().build())
    judgement = judge(evidence, INBOUND)
    result = parse_result(to_json(evidence, judgement))
    assert result.evidence == evidence and result.judgement == judgement
    assert isinstance(result.evidence.turns[0].span, Span)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(schema_version="timbre.result/9"), "result_other_schema"),
        (lambda d: d["evidence"].update(schema_version="x"), "result_other_schema"),
        (lambda d: d.update(judgement=[]), "result_other_schema"),
        (lambda d: d["evidence"].update(mood="x"), "result_refused"),
        (lambda d: d["evidence"]["call"].update(duration_s="long"), "result_refused"),
        (lambda d: d["evidence"]["turns"][0]["span"].update(end_s=-5.0), "result_refused"),
    ],
)
def test_reading_is_strict_and_names_the_place_only(change: object, code: str) -> None:
    data = json.loads(stored())
    change(data)  # type: ignore[operator]  # a lambda from the table
    with pytest.raises(ResultError) as caught:
        parse_result(json.dumps(data).encode())
    assert caught.value.note.code == f"scoring.{code}"
    assert "bonjour" not in str(caught.value) and "mood" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_result_is_one_sentence(content: bytes) -> None:
    with pytest.raises(ResultError) as caught:
        parse_result(content)
    assert caught.value.note.code == "scoring.result_not_json"


def test_a_result_too_large_or_absent(tmp_path: Path) -> None:
    with pytest.raises(ResultError) as caught:
        parse_result(b" " * (MAX_BYTES + 1))
    assert caught.value.note.params == {"limit_mib": 64}
    with pytest.raises(ResultError) as caught:
        read_result(tmp_path / "none.json")
    assert caught.value.note.code == "scoring.result_unreadable"


def test_without_a_conversation_a_result_holds_evidence_alone() -> None:
    evidence = rounded(robot_call().build())
    result = parse_result(to_json(evidence, None))
    assert result.evidence == evidence and result.judgement is None


def test_the_schema_describes_both_documents() -> None:
    schema = json_schema()
    assert schema["$id"] == "timbre.result/2"
    assert {"edits", "evidence", "judgement", "schema_version"} <= set(schema["properties"])
    assert json.dumps(schema)
