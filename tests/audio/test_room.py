"""Room after a question that ends at 10 s, on spans."""

from __future__ import annotations

import pytest

from audio.room import Room, room_after
from audio.timeline import Party, Span

ASKED = Span(5, 10)


def room(agent: list[Span], customer: list[Span], *, at_s: float = 10.0, mono: bool = False) -> Room:
    speech: dict[Party, list[Span]] = {"agent": [ASKED, *agent], "customer": customer}
    return room_after(at_s, speech, asker="agent", mono=mono)


@pytest.mark.parametrize(("again_s", "given"), [(10.3, False), (10.99, False), (11.0, True), (14.0, True)])
def test_silence_of_a_second_is_room(again_s: float, given: bool) -> None:
    found = room([Span(again_s, 20)], [])
    assert (found.given, found.other_took) == (given, False)
    assert found.silence_s == pytest.approx(again_s - 10)


def test_an_answer_is_room_however_fast() -> None:
    assert room([Span(13, 20)], [Span(10.2, 12.5)]) == Room(True, pytest.approx(0.2), True, False)
    assert room([Span(13, 20)], [Span(9.7, 12.5)]) == Room(True, 0.0, True, False)


def test_an_answer_already_running_counts() -> None:
    assert room([Span(13, 20)], [Span(8.8, 12.5)]).given is True


def test_a_backchannel_in_the_question_is_no_answer() -> None:
    found = room([Span(10.4, 20)], [Span(9.0, 9.6)])
    assert (found.given, found.other_took) == (False, False)


def test_an_answer_after_the_asker_went_on_is_no_room() -> None:
    assert room([Span(10.4, 20)], [Span(10.6, 14)]).given is False


def test_an_interrupted_answer_is_cut_off() -> None:
    found = room([Span(12.5, 20)], [Span(10.4, 13.2)])
    assert found == Room(False, pytest.approx(0.4), True, True)


def test_an_answer_cut_in_its_second_breath_is_cut_off() -> None:
    assert room([Span(14, 20)], [Span(10.4, 12), Span(12.4, 14.8)]).cut_off is True


def test_an_answer_talked_over_at_its_start_is_cut_off() -> None:
    found = room([Span(10.7, 20)], [Span(10.4, 11.1)])
    assert found.cut_off is True and found.given is False


def test_timing_at_the_end_of_an_answer_is_no_cut() -> None:
    assert room([Span(11.0, 20)], [Span(10.3, 11.3)]).cut_off is False


def test_a_backchannel_in_the_answer_is_no_cut() -> None:
    assert room([Span(12, 12.4), Span(16, 20)], [Span(10.4, 15)]) == Room(True, pytest.approx(0.4), True, False)


def test_a_failed_attempt_to_cut_is_no_cut() -> None:
    assert room([Span(13, 14.3)], [Span(10.4, 18)]).given is True


def test_talking_straight_on_leaves_nothing() -> None:
    assert room([], [Span(10.5, 12)], at_s=7.0) == Room(False, 0.0, False, False)


@pytest.mark.parametrize("at_s", [9.75, 10.0, 10.5, 11.2])
def test_word_times_are_taken_to_the_end_of_speech(at_s: float) -> None:
    assert room([Span(11.0, 20)], [], at_s=at_s).silence_s == pytest.approx(1.0)


@pytest.mark.parametrize(("again_s", "given"), [(10.5, None), (10.6, False), (11.1, True)])
def test_mono_does_not_judge_half_a_second(again_s: float, given: bool | None) -> None:
    found = room([Span(again_s, 20)], [], mono=True)
    assert found.given is given
    assert (found.reason is not None) == (given is None)


def test_mono_hears_no_cut() -> None:
    assert room([Span(12.5, 20)], [Span(10.6, 13.2)], mono=True) == Room(True, pytest.approx(0.6), True, False)


def test_end_of_the_call() -> None:
    speech: dict[Party, list[Span]] = {"agent": [ASKED], "customer": []}
    assert room_after(10, speech, asker="agent", mono=False).given is None
    assert room_after(10, speech, asker="agent", mono=False, end_s=10.5).given is None
    assert room_after(10, speech, asker="agent", mono=False, end_s=12).given is True


def test_customers_can_ask_too() -> None:
    speech: dict[Party, list[Span]] = {"customer": [ASKED, Span(12.5, 20)], "agent": [Span(10.4, 13.2)]}
    assert room_after(10, speech, asker="customer", mono=False).cut_off is True


def test_a_short_answer_in_the_last_half_second_counts() -> None:
    assert room([Span(10.8, 20)], [Span(9.6, 10.3)]).other_took is True
    assert room([Span(10.8, 20)], [Span(9.4, 10.3)]).other_took is False
