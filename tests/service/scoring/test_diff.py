from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from service.diff_sentences import difference_sentences
from service.labels import Labels
from service.say import LANGS
from service.scoring.diff import difference
from service.scoring.documents import as_json
from service.scoring.judgement import Judgement
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.properties.test_scoring_properties import TURNS, Said, call_of
from tests.service.scoring.builder import robot_call, warm_call

RUBRICS = [load_rubric(name) for name in ("inbound_service", "outbound_sales")]


def judged(said: Said, rubric: int = 0, **options: object) -> Judgement:
    return judge(call_of(said, **options).build(), RUBRICS[rubric])


@settings(max_examples=25, deadline=None)
@given(one=TURNS, other=TURNS, rubrics=st.tuples(st.integers(0, 1), st.integers(0, 1)))
def test_a_difference_is_empty_exactly_when_nothing_changed(one: Said, other: Said, rubrics: tuple[int, int]) -> None:
    before, after = judged(one, rubrics[0]), judged(other, rubrics[1])
    same = as_json(before) == as_json(after)
    assert difference(before, after).empty == same == (before == after)
    assert difference(before, judged(one, rubrics[0])).empty


@settings(max_examples=25, deadline=None)
@given(one=TURNS, other=TURNS)
def test_a_difference_holds_both_sides_and_can_be_said(one: Said, other: Said) -> None:
    before, after = judged(one), judged(other)
    there, back = difference(before, after), difference(after, before)
    turned = {"added": "gone", "gone": "added", "changed": "changed"}
    assert {(x.kind, x.id, x.status) for x in there.lines} == {(x.kind, x.id, turned[x.status]) for x in back.lines}
    assert {(m.id, m.status) for m in there.moments} == {(m.id, turned[m.status]) for m in back.moments}
    was = {m.id for m in before.moments}
    assert {m.id for m in there.moments if m.status == "gone"} == was - {m.id for m in after.moments}
    for lang in LANGS:
        sentences = difference_sentences(there, Labels(lang))
        assert sentences and all(s.strip() for s in sentences)


def test_every_field_of_a_judgement_is_compared() -> None:
    before = judge(robot_call().build(), RUBRICS[0])
    for name in Judgement.model_fields:
        held = getattr(before, name)
        other = held[:-1] if isinstance(held, tuple) else None if held is not None else "x"
        after = before.model_copy(update={name: other})
        if other != held:
            assert not difference(before, after).empty, name


def test_the_same_lines_in_another_order_are_a_change() -> None:
    before = judge(robot_call().build(), RUBRICS[0])
    found = difference(before, before.model_copy(update={"moments": before.moments[::-1]}))
    assert [f.name for f in found.fields] == ["moments"] and not found.lines and not found.moments


def test_from_nothing_to_a_scorecard_everything_is_new() -> None:
    after = judge(warm_call().build(), RUBRICS[0])
    found = difference(None, after)
    assert {x.status for x in found.lines} == {"added"} == {m.status for m in found.moments}
    assert len(found.moments) == len(after.moments)
    assert difference(None, None).empty


def test_a_verdict_is_said_with_its_new_reason() -> None:
    before, after = (judge(call.build(), RUBRICS[0]) for call in (robot_call(), warm_call()))
    line = next(x for x in difference(before, after).lines if x.id == "greeting")
    assert line.field("verdict").before == "done" and line.field("verdict").after == "missing"
    said = difference_sentences(difference(before, after), Labels("en"))
    assert next(s for s in said if s.startswith("Greeting:")).startswith("Greeting: done → not heard. ")


def test_a_difference_is_data_with_a_schema() -> None:
    before, after = (judge(call.build(), RUBRICS[0]) for call in (robot_call(), warm_call()))
    data = json.loads(as_json(difference(before, after)))
    assert data["schema_version"] == "timbre.diff/1"
    assert all(set(x) == {"kind", "id", "status", "title", "fields"} for x in data["lines"])
