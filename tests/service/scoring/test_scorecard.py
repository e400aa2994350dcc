from __future__ import annotations

import pytest

from audio.notes import Note
from service.scoring.evidence import Evidence, Outcome
from service.scoring.judgement import Criterion, GestureLine, Judgement
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.scoring.scores import NON_VERBAL, Line, planned_weights, score_of
from tests.service.scoring.builder import FLAT, CallBuilder, robot_call, warm_call

INBOUND = load_rubric("inbound_service")


def gesture(judgement: Judgement, name: str) -> GestureLine:
    return next(g for g in judgement.gestures if g.id == name)


def criterion(judgement: Judgement, name: str) -> Criterion:
    return next(c for c in judgement.criteria if c.id == name)


@pytest.mark.parametrize("voice", [FLAT, {"pitch_spread": 3.0, "pitch_range": 8.0, "rate_cv": 0.2}])
def test_a_robot_says_everything_and_means_little(voice: dict[str, float]) -> None:
    judgement = judge(robot_call(voice=voice).build(), INBOUND)
    assert judgement.script.value is not None and judgement.script.value >= 90
    assert judgement.intention.value is not None and judgement.intention.value <= 30
    assert judgement.quadrant == "script_only"


def test_a_warm_call_without_formulas_is_the_reverse() -> None:
    judgement = judge(warm_call().build(), INBOUND)
    assert judgement.script.value is not None and judgement.script.value <= 30
    assert judgement.intention.value is not None and judgement.intention.value >= 90
    assert judgement.quadrant == "intention_only"


def test_counts_come_first_and_add_up() -> None:
    judgement = judge(robot_call().build(), INBOUND)
    headline = judgement.headline
    assert headline.made == sum(g.verdict in ("lived", "mechanical", "done") for g in judgement.gestures)
    missed = sum(g.verdict in ("missing", "free") for g in judgement.gestures)
    assert headline.expected == headline.made + missed
    assert sum(headline.by_verdict.values()) == len(judgement.gestures)


def test_a_score_stands_inside_its_band() -> None:
    for call in (robot_call(), warm_call()):
        for score in (judge(call.build(), INBOUND).script, judge(call.build(), INBOUND).intention):
            assert score.value is not None and score.low is not None and score.high is not None
            assert score.low <= score.value <= score.high


def test_the_band_is_the_heaviest_line_judged_the_other_way() -> None:
    lines = [Line("a", "words", 1.0, 3.0, 3.0), Line("b", "words", 0.0, 1.0, 1.0)]
    score = score_of("script", lines, 0.6)
    assert (score.value, score.low, score.high) == (75.0, 0.0, 100.0)


def test_too_little_assessed_gives_lines_and_no_score() -> None:
    lines = [Line("a", "words", 1.0, 5.0, 5.0), Line("b", "words", None, 5.0, 5.0)]
    score = score_of("intention", lines, 0.6)
    assert score.value is None
    assert score.why == Note("scoring.intention.too_little", {"share": 50.0, "limit": 60.0})


def test_without_words_the_floor_and_the_voice_still_stand() -> None:
    judgement = judge(warm_call(words=False).build(), INBOUND)
    expected = [g for g in judgement.gestures if g.expected]
    assert {g.verdict for g in expected} == {"not_assessable"}
    assert {g.why.code for g in expected} == {"scoring.no_transcript"}
    assert judgement.script.value is None and judgement.intention.value is None and judgement.quadrant is None
    for name in ("interruptions", "longest_monologue", "talk_share", "dead_air", "out_of_the_metal"):
        assert criterion(judgement, name).score is not None, name
    assert criterion(judgement, "pressure").score is None
    assert judgement.confidence.word == "thin"
    assert Note("scoring.raise.transcript") in judgement.confidence.would_raise


def test_no_conversation_no_scorecard() -> None:
    evidence = robot_call().build()
    reason = Note("floor.too_short")
    voicemail = evidence.model_copy(update={"outcome": Outcome(kind="no_conversation", reason=reason)})
    judgement = judge(voicemail, INBOUND)
    assert judgement.gestures == () and judgement.criteria == () and judgement.moments == ()
    assert judgement.script.value is None and judgement.script.why == reason


@pytest.mark.parametrize("name", ["inbound_service", "outbound_sales"])
def test_room_floor_and_delivery_carry_at_least_half(name: str) -> None:
    weights = planned_weights(load_rubric(name))
    assert sum(weights[group] for group in NON_VERBAL) >= 0.5 * sum(weights.values())


def flattened(call: CallBuilder) -> Evidence:
    call.turn_spread_st, call.voice = 0.5, FLAT
    for i, turn in enumerate(call.turns):
        if turn.voice is not None:
            voice = turn.voice.model_copy(update={"pitch_spread_st": 0.5})
            call.turns[i] = turn.model_copy(update={"voice": voice})
    return call.build()


def test_a_flat_voice_lowers_intention_only_where_delivery_counts() -> None:
    combined = [judge(e, INBOUND).intention.value for e in (warm_call().build(), flattened(warm_call()))]
    assert combined[0] is not None and combined[1] is not None and combined[1] < combined[0]
    turns = [judge(e, INBOUND, policy="words_and_turns") for e in (warm_call().build(), flattened(warm_call()))]
    assert turns[0].intention == turns[1].intention
    assert turns[0].moments == turns[1].moments and turns[0].confidence == turns[1].confidence


def test_room_and_floor_take_the_share_of_delivery() -> None:
    planned = planned_weights(INBOUND)
    factor = (planned["room"] + planned["floor"] + planned["delivery"]) / (planned["room"] + planned["floor"])
    judgement = judge(robot_call().build(), INBOUND, policy="words_and_turns")
    points = weight = 0.0
    for g in judgement.gestures:
        for e in g.evidence:
            w = e.weight * (factor if e.family == "room" else 1.0)
            if e.score is not None:
                points, weight = points + w * e.score, weight + w
    for c in judgement.criteria:
        if c.score is None or not c.applies or c.kind == "context" or c.group == "delivery":
            continue
        w = c.weight * (factor if c.group in ("room", "floor") else 1.0)
        w *= {"line": 1.0, "guard": 1.0 - c.score, "gift": c.score}[c.kind]
        points, weight = points + w * {"line": c.score, "guard": 0.0, "gift": 1.0}[c.kind], weight + w
    assert judgement.intention.value == pytest.approx(100 * points / weight, abs=0.1)  # lines are rounded to 0.001


def test_no_voice_computes_no_delivery() -> None:
    judgement = judge(robot_call().build(), INBOUND, policy="no_voice")
    assert criterion(judgement, "out_of_the_metal").score is None
    families = {f.name for g in judgement.gestures for o in g.occurrences for f in o.families}
    assert "delivery" not in families


def test_the_policy_and_a_foreign_call_type_are_said() -> None:
    judgement = judge(warm_call(direction="outbound").build(), INBOUND)
    assert {n.code for n in judgement.notes} == {"scoring.policy.combined", "scoring.other_call_type.outbound"}


def test_mono_lowers_confidence_and_says_what_would_raise_it() -> None:
    two, mono = (judge(robot_call(mono=m).build(), INBOUND).confidence for m in (False, True))
    assert mono.share < two.share
    assert Note("scoring.raise.two_channels") in mono.would_raise
    assert Note("scoring.raise.two_channels") not in two.would_raise
