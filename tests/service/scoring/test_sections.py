from __future__ import annotations

import pytest

from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric, parse_rubric, shipped_rubrics
from service.scoring.scorecard import judge
from service.scoring.scores import NON_VERBAL, planned_weights
from service.scoring.sections import planned_in, with_shares
from tests.service.scoring.builder import robot_call, warm_call

INBOUND = load_rubric("inbound_service")
SMALL = """\
id: small
version: "1"
sections:
  - {{id: first, title: {{fr: Début, en: Start}}{first}}}
  - {{id: rest, title: {{fr: Suite, en: Rest}}{rest}}}
gestures:
  - {{id: greeting, section: first, expected: always, weight: 1, within: {{first_s: 20}}}}
  - {{id: offer_help, section: first, expected: inbound, weight: 1, families: {{room: 2, delivery: 1}}}}
  - {{id: closing, section: rest, expected: always, weight: 2, within: {{last_s: 30}}}}
criteria:
  - {{id: talk_share, section: rest, idea: I5, weight: 2, curve: [[10, 0], [35, 1], [55, 1], [85, 0]]}}
lines:
  - {{id: form, by: person, section: rest, title: {{fr: Fiche, en: Form}}, weight: 3}}
"""


def small(first: str = "", rest: str = "") -> Rubric:
    return parse_rubric(SMALL.format(first=first, rest=rest).encode(), file="small.yaml")


@pytest.mark.parametrize("name", shipped_rubrics())
def test_every_line_of_the_shipped_rubrics_is_in_a_section_with_titles_in_both_languages(name: str) -> None:
    rubric = load_rubric(name)
    assert [x.id for x in rubric.asked if x.section is None] == []
    assert all(set(s.title) == {"fr", "en"} for s in rubric.sections)
    assert {s.id for s in rubric.sections} == {x.section for x in rubric.asked}
    assert rubric.lines and all(set(x.title) == {"fr", "en"} for x in rubric.lines)


@pytest.mark.parametrize("name", shipped_rubrics())
@pytest.mark.parametrize("policy", ["combined", "words_and_turns"])
def test_room_and_floor_hold_half_of_the_intention_with_and_without_the_voice(name: str, policy: str) -> None:
    weights = planned_weights(load_rubric(name))
    total = sum(weights.values())
    if policy == "words_and_turns":  # room and floor take the share of delivery
        factor = (weights["room"] + weights["floor"] + weights["delivery"]) / (weights["room"] + weights["floor"])
        weights = {g: w * factor if g in ("room", "floor") else w for g, w in weights.items()}
        weights["delivery"] = 0.0
    assert sum(weights.values()) == pytest.approx(total)
    assert sum(weights[group] for group in NON_VERBAL) >= 0.5 * total


def test_subtotals_are_the_lines_of_the_section_and_their_shares_add_up() -> None:
    for policy in ("combined", "words_and_turns", "no_voice"):
        judgement = judge(robot_call().build(), INBOUND, policy=policy)  # type: ignore[arg-type]  # a loop
        for score in ("script", "intention"):
            shares = [part.share for s in judgement.sections if (part := getattr(s, score)) is not None]
            assert sum(shares) == pytest.approx(100.0, abs=0.01)
    opening = next(s for s in judgement.sections if s.id == "opening")
    made = {g.id: g.verdict in ("lived", "mechanical", "done") for g in judgement.gestures if g.expected}
    weights = {g.id: g.weight for g in judgement.gestures if g.id in opening.lines and g.expected}
    expected = 100 * sum(w for name, w in weights.items() if made[name]) / sum(weights.values())
    assert opening.script is not None and opening.script.value == pytest.approx(expected, abs=0.01)


def test_the_two_scores_are_the_subtotals_weighed_by_what_was_assessed() -> None:
    """A rubric's sections part its lines: nothing is counted twice and nothing is lost."""
    judgement = judge(warm_call().build(), INBOUND)
    assert sum(s.script.assessed for s in judgement.sections if s.script) == judgement.script.why.params["n"]
    lines = [line for s in judgement.sections for line in s.lines]
    assert len(lines) == len(set(lines)) == len(INBOUND.asked)


def test_shares_scale_the_weights_of_a_section_in_one_score_only() -> None:
    plain, shared = small(), small(", shares: {script: 80}", ", shares: {script: 20}")
    scaled = with_shares(shared)
    assert with_shares(plain) is plain
    assert planned_in(scaled, "script", "first") == pytest.approx(0.8 * planned_in(plain, "script"))
    assert planned_in(scaled, "script") == pytest.approx(planned_in(plain, "script"))
    assert planned_in(scaled, "intention", "first") == planned_in(plain, "intention", "first") == 2.0
    judgement = judge(robot_call().build(), shared)
    assert [s.script.share for s in judgement.sections if s.script] == [80.0, 20.0]
    assert judgement.gestures[0].weight == pytest.approx(1.6)


def test_lines_for_a_person_wait_and_are_in_neither_score() -> None:
    with_person, without = small(), small().model_copy(update={"lines": ()})
    a, b = judge(robot_call().build(), with_person), judge(robot_call().build(), without)
    assert (a.script, a.intention, a.quadrant) == (b.script, b.intention, b.quadrant)
    assert [(p.id, p.score) for p in a.person_lines] == [("form", None)]
    assert a.person is not None and (a.person.value, a.person.lines, a.person.assessed) == (None, 1, 0)
    assert b.person is None
