"""Who may see the voice, and that a stricter policy is never taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from service.reference import __file__ as reference_file
from service.scoring.documents import parse_result, to_json
from service.scoring.errors import ResultError
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.scoring.views import (
    WITHOUT_VOICE,
    evidence_without_voice,
    judgement_without_voice,
    policy_for,
    require_policy,
    says_withheld,
    shown_to,
    stricter,
)
from tests import sample_result as sample
from tests.service.scoring.builder import robot_call, warm_call

INBOUND = load_rubric("inbound_service")
VOICE = re.compile(r'"(?:[a-z_]*(?:pitch|loudness|contour|articulation|rate_cv|metallic_share|npvi)[a-z_]*|sync_\w+)"')
EMPTY = re.compile(r'"(?:metallic|pitch_contour)": \{\}')


def judged(policy="words_and_turns", call=warm_call):
    evidence = call().build().model_copy(update={"policy": policy})
    return evidence, judge(evidence, INBOUND)


def test_others_get_no_number_of_any_voice_under_words_and_turns():
    evidence, judgement = shown_to("others", *judged())
    assert VOICE.findall(to_json(evidence, judgement).decode()) == []
    assert says_withheld(judgement)
    lines = [line for section in judgement.sections for line in section.lines]
    assert len(lines) > 5 and not {"out_of_the_metal", "accommodation", "automatism"} & set(lines)


def test_the_agent_and_their_coach_get_everything():
    whole = judged()
    assert shown_to("coach", *whole) == whole
    assert VOICE.findall(to_json(*whole).decode())


@pytest.mark.parametrize("policy", ["combined", "no_voice"])
def test_other_policies_hold_nothing_back(policy):
    whole = judged(policy)
    assert shown_to("others", *whole) == whole


@pytest.mark.parametrize("call", [robot_call, warm_call])
def test_scores_verdicts_and_moments_are_the_same_for_everybody(call):
    whole, cut = judged(call=call)[1], shown_to("others", *judged(call=call))[1]
    for part in ("headline", "script", "intention", "quadrant", "moments"):
        assert getattr(cut, part) == getattr(whole, part)
    assert [g.verdict for g in cut.gestures] == [g.verdict for g in whole.gestures]


def test_scoring_what_others_got_gives_the_same_scores():
    evidence, judgement = shown_to("others", *judged())
    again = judge(evidence, INBOUND)
    assert (again.script, again.intention, again.moments) == (judgement.script, judgement.intention, judgement.moments)


def test_a_stricter_rubric_hides_the_voice_of_a_call_heard_under_a_laxer_one():
    evidence = warm_call().build()
    judgement = judge(evidence, INBOUND, policy="words_and_turns")
    assert VOICE.findall(to_json(*shown_to("others", evidence, judgement)).decode()) == []


def test_a_call_without_scorecard_is_cut_as_well():
    evidence = sample.no_conversation().model_copy(update={"policy": "words_and_turns"})
    assert not shown_to("others", evidence, None)[0].metallic


def test_taking_the_voice_out_twice_is_taking_it_out_once():
    evidence, judgement = judged()
    once = evidence_without_voice(evidence), judgement_without_voice(judgement)
    assert (evidence_without_voice(once[0]), judgement_without_voice(once[1])) == once
    assert parse_result(to_json(*once)).evidence.deliveries == ()


def test_measured_delivery_never_gets_into_the_scores_afterwards():
    evidence = robot_call().build().model_copy(update={"policy": "words_and_turns"})
    assert judge(evidence, INBOUND, policy="combined") == judge(evidence, INBOUND, policy="words_and_turns")
    with pytest.raises(ResultError, match="policy_retroactive"):
        require_policy(evidence, "combined")
    require_policy(evidence, "no_voice")
    assert policy_for(evidence, "combined") == "words_and_turns"


def test_strictness_is_an_order():
    assert stricter("combined", "no_voice") == stricter("no_voice", "combined") == "no_voice"
    assert stricter("words_and_turns", "combined") == "words_and_turns"


def test_what_everybody_may_see_is_turns_silence_and_channel_as_the_reference_groups_them():
    content = yaml.safe_load(Path(reference_file).with_name("reference.yaml").read_text(encoding="utf-8"))
    grouped = {n: m["group"] for m in content["measures"] for n in m["names"]}
    assert {n for n, group in grouped.items() if group in ("floor", "call", "quality")} == WITHOUT_VOICE
