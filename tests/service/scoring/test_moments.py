from __future__ import annotations

from typing import get_args

import pytest

from audio.timeline import Span
from service.say import LANGS, Lang, Say, catalogue
from service.scoring import clips
from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.clips import AFTER_S, BEFORE_MOST_S, BEFORE_S, LONGEST_S
from service.scoring.evidence import Evidence, Policy
from service.scoring.facts import Facts
from service.scoring.hints import CONDUCT_HINTS, HINTS
from service.scoring.judgement import Judgement
from service.scoring.moments import MAX_MOMENTS, MIN_GOOD
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests import sample_result as sample
from tests.service.scoring.builder import CallBuilder, robot_call, warm_call

INBOUND = load_rubric("inbound_service")
POLICIES: tuple[Policy, ...] = get_args(Policy)


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


ROUNDING_S = 0.002
"""Both ends are rounded to 1 ms on write."""


def test_listening_starts_before_ends_after_and_stays_inside_the_call() -> None:
    for call in (robot_call(), warm_call(), long_call()):
        duration_s = call.build().call.duration_s
        for moment in judged(call).moments:
            before_s = moment.span.start_s - moment.listen.start_s
            assert min(BEFORE_S, moment.span.start_s) - ROUNDING_S <= before_s <= BEFORE_MOST_S + ROUNDING_S
            assert moment.listen.end_s >= min(duration_s, moment.span.end_s + 2.0) - ROUNDING_S
            assert moment.listen.duration_s <= LONGEST_S + ROUNDING_S
            assert Span(0.0, duration_s).overlap(moment.listen) == moment.listen


def test_one_hears_the_words_that_led_there_and_the_whole_reply() -> None:
    call = CallBuilder().agent("bonjour", gap_s=0.0).customer("ma ligne est coupée depuis lundi", gap_s=1.0)
    call.agent("si je comprends bien {reformulation:vous avez un souci}", gap_s=1.0)
    call.customer("non pas du tout ce que je dis depuis le début", gap_s=2.0)
    facts = Facts(call.build())
    led, moment, reply = (facts.turns[i].span for i in (1, 2, 3))
    heard = clips.listening(facts, moment, "agent")
    assert heard.start_s <= max(led.start_s, moment.start_s - BEFORE_S)
    assert heard.end_s >= reply.end_s


def test_without_a_reply_one_hears_the_room() -> None:
    call = CallBuilder().customer("ma ligne est coupée", gap_s=0.0).agent("bien sûr monsieur", gap_s=1.0)
    facts = Facts(call.build())
    moment, duration_s = facts.turns[-1].span, facts.evidence.call.duration_s
    assert clips.listening(facts, moment, "agent").end_s == min(duration_s, moment.end_s + AFTER_S)


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


@pytest.mark.parametrize("lang", LANGS)
def test_every_situation_has_its_own_question(lang: Lang) -> None:
    assert set(HINTS) == set(GESTURES) and set(CONDUCT_HINTS) <= set(CRITERIA)
    keys = [
        f"scoring.hint.{name}.{s}" for table in (HINTS, CONDUCT_HINTS) for name, known in table.items() for s in known
    ]
    said = [catalogue(lang)[key] for key in keys]
    assert all(text.endswith("?") for text in said)
    shared = {text for text in said if said.count(text) > 1}
    assert not shared


def test_the_question_follows_what_happened() -> None:
    robot = {m.kind: m.hint.code for m in judged(robot_call()).moments}
    assert robot["courtesy_question"] == "scoring.hint.courtesy_question.no_room"
    warm = {m.kind: (m.situation, m.hint.code) for m in judged(warm_call()).moments if m.good}
    assert warm["reformulation"] in {(s, f"scoring.hint.reformulation.{s}") for s in ("taken_up", "free")}


def test_a_customers_question_left_open_is_quoted_as_the_customers() -> None:
    call = warm_call().customer("{c_question:est-ce que la facture de mars sera remboursée}", gap_s=2.0)
    call.agent("très bien", gap_s=1.0).agent("voilà", gap_s=3.0)
    found = [m for m in judged(call).moments if m.kind == "questions_answered"]
    assert [m.party for m in found] == ["customer"] * len(found) and found


def _metallic(call: CallBuilder, *, flagged: bool = True) -> Evidence:
    found = sample.METALLIC.model_copy(update={"flagged": flagged})
    return call.build().model_copy(update={"metallic": {"agent": found, "customer": found}})


def test_two_metallic_minutes_give_one_moment_where_the_voice_counts_and_none_elsewhere() -> None:
    for call in (robot_call(), warm_call(), long_call()):
        evidence = _metallic(call)
        told = {policy: judge(evidence, INBOUND, policy=policy).moments for policy in POLICIES}
        (moment,) = [m for m in told["combined"] if m.kind == "metallic"]
        assert moment.span == sample.METALLIC.worst.span and moment.party == "agent" and not moment.good
        assert (moment.why.params["low"], moment.why.params["read"]) == (3, 4)
        assert len(told["combined"]) <= MAX_MOMENTS
        assert told["words_and_turns"] == told["no_voice"] == judge(call.build(), INBOUND, policy="no_voice").moments
        assert [m.id for m in told["no_voice"]] == [m.id for m in judged(call).moments]


def test_a_metallic_stretch_under_two_minutes_is_no_moment() -> None:
    moments = judge(_metallic(warm_call(), flagged=False), INBOUND).moments
    assert list(moments) == list(judged(warm_call()).moments)


@pytest.mark.parametrize("lang", LANGS)
def test_the_metallic_sentence_has_the_five_numbers_and_a_question(lang: Lang) -> None:
    (moment,) = [m for m in judge(_metallic(warm_call()), INBOUND).moments if m.kind == "metallic"]
    said = Say(lang)(moment.why)
    for number in ("1.1", "6.9", "0.06", "1.2", "26", "120"):
        assert (number.replace(".", ",") if lang == "fr" else number) in said
    assert Say(lang)(moment.hint).rstrip().endswith("?")
