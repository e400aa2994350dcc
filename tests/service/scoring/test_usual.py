"""Each moment against what the agent usually does: worked out by hand here, and never made up."""

from __future__ import annotations

from statistics import median
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.notes import Param
from audio.timeline import Span
from service.say import LANGS, Say
from service.scoring.evidence import Evidence, Policy, TurnVoice
from service.scoring.judgement import Judgement, Moment
from service.scoring.moments import MAX_MOMENTS, telling
from service.scoring.overrides import Override
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.scoring.usual import LEAST_OTHERS
from tests import sample_result as sample
from tests.properties.test_scoring_properties import TURNS, Said, call_of
from tests.service.scoring.builder import CallBuilder, robot_call, warm_call

INBOUND = load_rubric("inbound_service")
WITHOUT_VOICE: tuple[Policy, ...] = tuple(p for p in get_args(Policy) if p != "combined")
VOICE = {"pace_per_s", "spread_st", "usual_pace_per_s", "usual_spread_st", "articulation_rate_per_s"} | {
    "pitch_spread_st",
    "pitch_spread",
    "loudness_spread",
    "rate_cv",
    "final_contour_entropy",
    "syllable_npvi",
}


def judged(call: CallBuilder | Evidence, policy: Policy = "words_and_turns", rubric: Rubric = INBOUND) -> Judgement:
    return judge(call if isinstance(call, Evidence) else call.build(), rubric, policy=policy)


def of_kind(judgement: Judgement, kind: str) -> Moment:
    return next(m for m in judgement.moments if m.kind == kind)


def compared(moment: Moment) -> tuple[str, dict[str, Param]]:
    assert moment.compared is not None
    return moment.compared.code.removeprefix("scoring.compared."), dict(moment.compared.params)


def values(moment: Moment) -> dict[str, float]:
    return {m.name: m.value for m in moment.measures}


def questions(waits_s: list[float]) -> CallBuilder:
    """A courtesy question with no room, then one question with each wait before the customer's answer."""
    call = CallBuilder().agent("{greeting:bonjour} {courtesy_question:comment allez-vous}", gap_s=0.0)
    call.agent("{offer_help:dites moi donc}", gap_s=0.35).customer("ma box ne marche plus depuis lundi", gap_s=0.4)
    for wait_s in waits_s:
        call.agent("{closed_question:est-ce que le voyant clignote}", gap_s=1.0).customer("non jamais", gap_s=wait_s)
    return call


def test_a_question_is_set_against_the_agents_other_questions() -> None:
    waits_s = [0.6, 1.4, 0.8, 2.0]
    moment = of_kind(judged(questions(waits_s)), "courtesy_question")
    assert moment.situation == "no_room" and moment.baseline == "call"
    assert values(moment)["silence_after_s"] == 0.35
    variant, params = compared(moment)
    others_s = [0.4, *waits_s]  # the offer of help is a question too
    assert (variant, params["n"], params["given"]) == ("questions", 5, 5)
    assert params["median_s"] == pytest.approx(median(others_s)) and params["silence_s"] == 0.35


@pytest.mark.parametrize("more", [0, 1])
def test_with_fewer_than_three_others_nothing_is_made_up(more: int) -> None:
    moment = of_kind(judged(questions([0.6] * more)), "courtesy_question")
    assert moment.baseline == "none"
    assert compared(moment) == ("too_few", {"n": 1 + more, "least": LEAST_OTHERS})


def voices(call: CallBuilder, rates: list[float]) -> Evidence:
    """The agent's turns with these rates, one after the other."""
    evidence, left = call.build(), list(rates)
    turns = [
        t.model_copy(
            update={"voice": TurnVoice(voiced_s=2.0, pitch_spread_st=2.0, articulation_rate_per_s=left.pop(0))}
        )
        if t.party == "agent"
        else t
        for t in evidence.turns
    ]
    return evidence.model_copy(update={"turns": tuple(turns)})


def test_where_the_voice_counts_the_turn_is_held_against_the_agents_other_turns() -> None:
    call = CallBuilder().customer("ma box ne marche plus", gap_s=0.0)
    for text in ("bonjour à vous", "{pressure:tout le monde le prend}", "alors voyons donc", "une minute", "voilà"):
        call.agent(text, gap_s=1.0).customer("ah oui bon d'accord alors", gap_s=1.0)
    evidence = voices(call, [4.0, 6.5, 4.2, 5.0, 4.4])
    moment = of_kind(judged(evidence, "combined"), "pressure")
    variant, params = compared(moment)
    assert (variant, params["n"], moment.baseline) == ("voice", 4, "call")
    assert (params["pace_per_s"], params["usual_pace_per_s"]) == (6.5, pytest.approx(median([4.0, 4.2, 5.0, 4.4])))
    for policy in WITHOUT_VOICE:
        assert compared(of_kind(judged(evidence, policy), "pressure"))[0] == "too_few"


def test_a_cut_is_set_against_the_other_cuts() -> None:
    call = CallBuilder().agent("bonjour dites moi", gap_s=0.0)
    for _ in range(5):
        call.customer("alors je vous explique la box ne marche plus du tout depuis lundi matin", gap_s=1.0)
        call.agent("oui mais attendez je vous coupe un instant parce que voyons", gap_s=-1.5)
    evidence = call.build()
    cuts = [e.span.duration_s for e in evidence.floor if e.kind == "interruption" and e.by == "agent"]
    moment = of_kind(judged(evidence), "interruptions")
    variant, params = compared(moment)
    assert len(cuts) > LEAST_OTHERS and (variant, params["n"]) == ("cuts", len(cuts) - 1)
    assert params["rate"] == pytest.approx(600 * (len(cuts) - 1) / 120, abs=0.01)
    assert values(moment)["overlap_s"] == pytest.approx(moment.span.duration_s)


def test_on_one_track_short_silences_are_not_compared() -> None:
    for moment in judged(robot_call(mono=True)).moments:
        assert moment.baseline == "none" or not compared(moment)[0].startswith(("questions", "waits"))


def metallic(**changes: object) -> Moment:
    found = sample.METALLIC.model_copy(update=changes)
    evidence = warm_call().build().model_copy(update={"metallic": {"agent": found}})
    return of_kind(judged(evidence, "combined"), "metallic")


def test_a_metallic_stretch_is_set_against_earlier_calls_only_where_the_evidence_has_ten() -> None:
    of_call = tuple(c.model_copy(update={"windows_read": 7}) for c in sample.METALLIC.components)
    assert compared(metallic(components=of_call))[1]["n"] == 7
    earlier = tuple(c.model_copy(update={"z": -2.5, "against": "earlier calls"}) for c in sample.METALLIC.components)
    held = sample.METALLIC.compared.model_copy(update={"calls": 14, "baseline": "1"})
    moment = metallic(components=earlier, compared=held)
    variant, params = compared(moment)
    assert (variant, params["n"], moment.baseline) == ("metallic_earlier", 14, "earlier_calls")
    assert params["pitch_spread"] == -2.5
    for found in (moment, metallic(components=of_call)):
        assert found.compared is not None and all(any(c.isdigit() for c in Say(lang)(found.compared)) for lang in LANGS)


def _numbers(moment: Moment) -> set[str]:
    told = (moment.why, moment.hint, *([moment.compared] if moment.compared else []))
    return {m.name for m in moment.measures} | {name for note in told for name in note.params}


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans(), policy=st.sampled_from(WITHOUT_VOICE))
def test_no_number_of_the_voice_in_any_moment_where_it_may_not_count(said: Said, mono: bool, policy: Policy) -> None:
    evidence = call_of(said, mono=mono).build().model_copy(update={"metallic": {"agent": sample.METALLIC}})
    for moment in judged(evidence, policy).moments:
        assert not _numbers(moment) & VOICE


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans(), policy=st.sampled_from(get_args(Policy)))
def test_every_moment_has_values_and_a_comparison_on_three_others_or_its_reason(
    said: Said, mono: bool, policy: Policy
) -> None:
    for moment in judged(call_of(said, mono=mono), policy).moments:
        assert moment.measures and all(m.unit for m in moment.measures)
        _, params = compared(moment)
        assert (moment.baseline == "none") or int(params["n"]) >= LEAST_OTHERS
        for lang in LANGS:
            assert any(c.isdigit() for c in Say(lang)(moment.why))


@settings(max_examples=25, deadline=None)
@given(said=TURNS, weights=st.lists(st.floats(0.05, 4.0), min_size=40, max_size=40))
def test_other_weights_change_the_order_and_no_id(said: Said, weights: list[float]) -> None:
    evidence = call_of(said).build()
    gestures = [g.model_copy(update={"weight": w}) for g, w in zip(INBOUND.gestures, weights, strict=False)]
    criteria = [c.model_copy(update={"weight": w}) for c, w in zip(INBOUND.criteria, weights[20:], strict=False)]
    other = INBOUND.model_copy(update={"gestures": tuple(gestures), "criteria": tuple(criteria), "sections": ()})
    before, after = (judged(evidence, rubric=r).moments for r in (INBOUND, other))
    assert len(before) == len(after)
    if len(before) < MAX_MOMENTS:
        assert {m.id: (m.why, m.measures, m.compared) for m in before} == {
            m.id: (m.why, m.measures, m.compared) for m in after
        }


def test_words_heard_less_surely_stand_lower() -> None:
    call = CallBuilder().customer("ma box ne marche plus", gap_s=0.0)
    call.agent("{pressure:tout le monde le prend}", gap_s=1.0).customer("ah bon", gap_s=1.0)
    call.agent("{pressure:ce sera trop tard demain}", gap_s=20.0).customer("ah bon", gap_s=1.0)
    evidence = call.build()
    first = next(t.index for t in evidence.turns if "monde" in t.text)
    unsure = [t.model_copy(update={"confidence": 0.3 if t.index == first else 0.9}) for t in evidence.turns]
    sure, doubted = (
        [m.quote for m in judged(e).moments if m.kind == "pressure"]
        for e in (evidence, evidence.model_copy(update={"turns": tuple(unsure)}))
    )
    assert sure == doubted[::-1] and len(sure) == 2


def test_a_person_s_decision_leaves_the_moment_its_numbers() -> None:
    decided = Override(line="courtesy_question", reason="entendu", by="coach", verdict="mechanical")
    moment = of_kind(judge(robot_call().build(), INBOUND, overrides=[decided]), "courtesy_question")
    assert moment.why.code.startswith("scoring.why.") and isinstance(moment.span, Span)


def test_a_moment_is_the_occurrence_its_sentence_is_about() -> None:
    """The first occurrence lacks room as well, and yet is not what the line says."""
    call = robot_call().build()
    line = next(g for g in judged(call).gestures if g.id == "open_question")
    (one,) = line.occurrences
    earlier = one.model_copy(update={"span": one.span.shifted(-9.0), "quote": "earlier"})
    both = line.model_copy(update={"occurrences": (earlier, one)})
    assert telling(both) == [one]
