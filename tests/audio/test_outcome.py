"""Conversation or not, and why."""

from __future__ import annotations

import pytest

from audio.outcome import count_transfers, decide_outcome
from audio.timeline import Span

Speech = dict[str, list[Span]]


@pytest.mark.parametrize(
    ("speech", "duration_s", "code"),
    [
        ({}, 30, "floor.outcome_no_speech"),
        ({"channel_0": [], "channel_1": []}, 30, "floor.outcome_no_speech"),
        ({"channel_0": [Span(0, 2)], "channel_1": [Span(2, 4)]}, 4.9, "floor.outcome_short_call"),
        ({"channel_0": [Span(0, 1)], "channel_1": [Span(2, 2.9)]}, 30, "floor.outcome_little_speech"),
        ({"channel_0": [Span(0, 20)], "channel_1": []}, 30, "floor.outcome_one_voice"),
        ({"channel_0": [Span(0, 20)], "channel_1": [Span(5, 5.4)]}, 30, "floor.outcome_one_voice"),
        ({"channel_0": [Span(0, 12)], "channel_1": [Span(14, 28)]}, 30, "floor.outcome_no_exchange"),
    ],
)
def test_no_conversation_and_why(speech: Speech, duration_s: float, code: str) -> None:
    outcome = decide_outcome(speech, duration_s=duration_s)
    assert not outcome.conversation
    assert outcome.reason is not None and outcome.reason.code == code


def test_several_exchanges_are_a_conversation() -> None:
    speech: Speech = {"speaker_0": [Span(0, 3), Span(5, 8)], "speaker_1": [Span(3.2, 4.8)]}
    outcome = decide_outcome(speech, duration_s=9)
    assert outcome.conversation and outcome.reason is None


def test_transfers_are_counted_in_order_of_onset() -> None:
    assert count_transfers({"a": [Span(0, 1), Span(1.5, 2), Span(4, 5)], "b": [Span(3, 3.5)]}) == 2
