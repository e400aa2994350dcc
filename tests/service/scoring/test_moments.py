from __future__ import annotations

from audio.timeline import Span
from service.scoring.judgement import Judgement
from service.scoring.moments import MAX_MOMENTS, MIN_GOOD, PAD_AFTER_S, PAD_BEFORE_S
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.service.scoring.builder import CallBuilder, robot_call, warm_call

INBOUND = load_rubric("inbound_service")


def judged(call: CallBuilder) -> Judgement:
    return judge(call.build(), INBOUND)


def long_call() -> CallBuilder:
    """Far more than twelve things to say."""
    call = warm_call()
    for _ in range(25):
        call.agent("{pressure:si vous attendez ce sera trop tard}", gap_s=3.0).customer("ah bon", gap_s=1.0)
        call.agent("{condescension:c'est pourtant simple}", gap_s=3.0).customer("ah", gap_s=1.0)
        call.agent("{vague_promise:on fera le nécessaire}", gap_s=3.0).customer("oui", gap_s=1.0)
    return call


def test_at_most_twelve_with_good_ones_among_them() -> None:
    moments = judged(long_call()).moments
    assert len(moments) == MAX_MOMENTS
    assert sum(m.good for m in moments) >= MIN_GOOD


def test_best_first() -> None:
    severities = [m.severity for m in judged(long_call()).moments]
    assert severities == sorted(severities, reverse=True)


def test_moments_of_one_sign_never_overlap() -> None:
    for call in (robot_call(), warm_call(), long_call()):
        moments = judged(call).moments
        for i, a in enumerate(moments):
            for b in moments[i + 1 :]:
                assert a.good != b.good or a.span.overlap(b.span) is None


def test_listening_is_padded_and_stays_inside_the_call() -> None:
    call = robot_call()
    duration_s = call.build().call.duration_s
    for moment in judged(call).moments:
        assert moment.listen.start_s == max(0.0, round(moment.span.start_s - PAD_BEFORE_S, 3))
        assert abs(moment.listen.end_s - min(duration_s, moment.span.end_s + PAD_AFTER_S)) < 0.002  # two roundings
        assert Span(0.0, duration_s).overlap(moment.listen) == moment.listen


def test_ids_are_distinct_and_survive_another_rubric_and_other_moments() -> None:
    first = {m.id: (m.kind, m.span) for m in judged(robot_call()).moments}
    assert len(first) == len(judged(robot_call()).moments)
    later = robot_call().agent("{pressure:tout le monde le prend}", gap_s=5.0)
    again = {m.id: (m.kind, m.span) for m in judged(later).moments}
    assert set(first) & set(again) and all(again[i] == first[i] for i in set(first) & set(again))


def test_each_has_a_reason_and_a_question_to_ask() -> None:
    for call in (robot_call(), warm_call(), long_call()):
        for moment in judged(call).moments:
            assert moment.hint.code.startswith("scoring.hint.")
            assert moment.why.code.startswith("scoring.")


def test_a_robot_call_shows_the_missed_room_a_warm_one_what_was_taken_up() -> None:
    assert "courtesy_question" in {m.kind for m in judged(robot_call()).moments if not m.good}
    assert "reformulation" in {m.kind for m in judged(warm_call()).moments if m.good}
