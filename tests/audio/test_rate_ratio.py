"""The agent's rate against the customer's: known rates, one way of counting on both sides, or a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.notes import Measure
from audio.rate_ratio import Paced, measure_rate_ratio
from audio.timeline import FrameTrack, Party, Span
from audio.voice import VoiceTracks
from audio.word_tempo import Counted, count_stretches
from tests.audio.test_tempo import _even, _words

SPEECH = (Span(0, 4), Span(5, 9), Span(10, 14))


def _paced(rate: float, *, words: float | None = None, speech: tuple[Span, ...] = SPEECH) -> Paced:
    """A party with `rate` nuclei a second, and words of two syllables that give `words` syllables a second."""
    nuclei_s = np.concatenate([_even(rate, s.start_s, s.end_s) for s in speech])
    track = FrameTrack(np.zeros(0), 0.0, 0.016, "Hz")
    said = (
        []
        if words is None
        else [w for s in speech for w in _words(round(words * s.duration_s / 2), s.start_s, 2 / words)]
    )
    counted = count_stretches(speech, nuclei_s, said, "fr")
    return Paced(VoiceTracks(track, track, nuclei_s, speech), counted)


def _ratio(agent: Paced | None, customer: Paced | None) -> Measure:
    given_parties: dict[Party, Paced] = {}
    if agent is not None:
        given_parties["agent"] = agent
    if customer is not None:
        given_parties["customer"] = customer
    (measure,) = measure_rate_ratio(given_parties, source="two channels")
    assert (measure.name, measure.unit) == ("rate_ratio", "")
    return measure


def test_the_agent_speaks_a_quarter_faster() -> None:
    measure = _ratio(_paced(5.0), _paced(4.0))
    assert measure.value == pytest.approx(1.25)
    assert measure.source == "two channels, nuclei"
    assert measure.material == pytest.approx(12.0)


def test_from_words_when_both_have_them() -> None:
    measure = _ratio(_paced(4.0, words=5.0), _paced(4.0, words=4.0))
    assert measure.value == pytest.approx(1.25)
    assert measure.source == "two channels, words"


def test_one_side_without_words_and_both_are_counted_in_the_signal() -> None:
    agent, customer = _paced(5.0, words=6.0), _paced(4.0)
    assert (agent.counted.how, customer.counted.how) == ("words", "nuclei")
    measure = _ratio(agent, customer)
    assert measure.value == pytest.approx(1.25)
    assert measure.source == "two channels, nuclei"


def test_too_little_on_either_side_is_no_ratio() -> None:
    short = _paced(5.0, speech=SPEECH[:2])
    for measure in (_ratio(short, _paced(4.0)), _ratio(_paced(4.0), short)):
        assert measure.value is None
        assert measure.reason is not None and measure.reason.code == "voice.too_little_fluent_of_one"
        assert measure.reason.params == {"have": pytest.approx(8.0), "need": 10.0}


@pytest.mark.parametrize("alone", ["agent", "customer", "nobody"])
def test_one_party_alone_is_compared_with_nobody(alone: str) -> None:
    measure = _ratio(_paced(5.0) if alone == "agent" else None, _paced(5.0) if alone == "customer" else None)
    assert measure.value is None
    assert measure.reason is not None and measure.reason.code == "voice.one_party"


@given(st.floats(3.0, 8.0), st.floats(3.0, 8.0))
def test_swapped_parties_give_the_inverse(a: float, b: float) -> None:
    there, back = _ratio(_paced(a), _paced(b)), _ratio(_paced(b), _paced(a))
    assert (there.value or 0.0) * (back.value or 0.0) == pytest.approx(1.0)


def test_silent_parties_have_a_reason_too() -> None:
    track = FrameTrack(np.zeros(0), 0.0, 0.016, "Hz")
    silent = Paced(VoiceTracks(track, track, np.zeros(0)), Counted((), "nuclei"))
    assert _ratio(silent, silent).reason is not None
