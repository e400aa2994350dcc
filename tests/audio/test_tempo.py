"""Nuclei, rates, rhythm and pauses."""

from __future__ import annotations

import numpy as np
import pytest

from audio import tempo
from audio.notes import Note
from audio.timeline import FrameTrack, Span, Word
from audio.word_tempo import count_words, word_stretches

VOICED = FrameTrack(np.full(2000, 120.0), 0.0, 0.016, "Hz")


def _bumps(times_s: list[float], *, depth_db: float = 10.0, duration_s: float = 4.0) -> FrameTrack:
    t_s = (np.arange(round(duration_s / 0.01)) + 0.5) * 0.01
    near = np.min([np.abs(t_s - t) for t in times_s], axis=0)
    return FrameTrack(-np.minimum(near / 0.08, 1.0) * depth_db, 0.0, 0.01, "dB")


def test_nuclei_sit_on_the_peaks() -> None:
    times_s = [0.3, 0.5, 0.72, 1.0, 1.3]
    found = tempo.find_nuclei(_bumps(times_s), VOICED)
    np.testing.assert_allclose(found, times_s, atol=0.011)  # one frame


def test_shallow_dips_and_quiet_peaks_are_no_syllables() -> None:
    assert len(tempo.find_nuclei(_bumps([0.3, 0.5, 0.7], depth_db=1.5), VOICED)) <= 1
    quiet = _bumps([0.3, 0.5])
    assert len(tempo.find_nuclei(FrameTrack(quiet.values - 30, 0.0, 0.01, "dB"), VOICED)) == 0


def test_unvoiced_peaks_are_no_syllables() -> None:
    f0 = VOICED.values.copy()
    f0[: round(0.6 / 0.016)] = np.nan
    found = tempo.find_nuclei(_bumps([0.3, 0.9]), FrameTrack(f0, 0.0, 0.016, "Hz"))
    np.testing.assert_allclose(found, [0.9], atol=0.011)


def test_no_frames_no_nuclei() -> None:
    empty = FrameTrack(np.zeros(0), 0.0, 0.01, "dB")
    assert len(tempo.find_nuclei(empty, FrameTrack(np.zeros(0), 0.0, 0.016, "Hz"))) == 0


def test_pauses_under_a_quarter_second_count_as_phonation() -> None:
    speech = [Span(0, 2), Span(2.2, 4.2), Span(4.5, 6.5)]
    assert tempo.phonation(speech) == [Span(0, 4.2), Span(4.5, 6.5)]


def _even(rate: float, start_s: float, end_s: float) -> np.ndarray:
    return np.arange(start_s + 0.5 / rate, end_s, 1 / rate)


def test_rates_of_known_stretches() -> None:
    speech = [Span(0, 4), Span(5, 9), Span(10, 14)]
    nuclei = np.concatenate([_even(r, s.start_s, s.end_s) for r, s in zip((4, 5, 6), speech, strict=True)])
    pieces = tempo.long_enough(tempo.stretches(speech, nuclei))
    assert tempo.articulation_rate_per_s(pieces) == pytest.approx(5.0)
    assert tempo.rate_cv(pieces) == pytest.approx(np.std([4, 5, 6]) / 5)
    assert tempo.rush_ratio(pieces) is None or tempo.rush_ratio(pieces) == pytest.approx(6 / 5)


def test_short_answers_are_left_out_of_the_rate() -> None:
    speech = [Span(0, 4), Span(6, 7)]
    nuclei = np.concatenate((_even(5, 0, 4), _even(2, 6, 7)))
    assert tempo.articulation_rate_per_s(tempo.long_enough(tempo.stretches(speech, nuclei))) == pytest.approx(5.0)


def test_rush_compares_the_end_with_the_whole() -> None:
    speech = [Span(5 * i, 5 * i + 4) for i in range(10)]
    rates = [4.0] * 8 + [6.0] * 2
    nuclei = np.concatenate([_even(r, s.start_s, s.end_s) for r, s in zip(rates, speech, strict=True)])
    assert tempo.rush_ratio(tempo.stretches(speech, nuclei)) == pytest.approx(1.5)


def test_npvi_of_even_and_uneven_rhythm() -> None:
    even, uneven = [np.full(20, 0.2)], [np.tile([0.1, 0.3], 10)]
    assert tempo.npvi(even) == pytest.approx(0.0)
    assert tempo.npvi(uneven) == pytest.approx(100.0)
    assert tempo.npvi([np.full(5, 0.8)]) is None  # intervals over 0.5 s are pauses


def test_a_silence_with_a_reply_in_it_is_no_pause() -> None:
    speech = [Span(0, 2), Span(2.5, 4), Span(5, 7), Span(12, 14)]
    np.testing.assert_allclose(tempo.internal_pauses_s(speech, []), [0.5, 1.0])
    np.testing.assert_allclose(tempo.internal_pauses_s(speech, [Span(4.2, 4.8)]), [0.5])


def _words(n: int, start_s: float, each_s: float, text: str = "bonjour") -> list[Word]:
    return [Word(text, Span(start_s + i * each_s, start_s + (i + 1) * each_s)) for i in range(n)]


SPEECH = [Span(0, 4), Span(5, 9)]
WORDS = _words(10, 0, 0.4) + _words(10, 5, 0.4)  # 2 syllables each: 5 per second


def test_rate_from_words() -> None:
    pieces = word_stretches(SPEECH, WORDS, "fr", nuclei=40)
    assert not isinstance(pieces, Note)
    assert tempo.articulation_rate_per_s(pieces) == pytest.approx(5.0)


def test_a_lost_word_costs_its_own_time_too() -> None:
    pieces = word_stretches(SPEECH, WORDS[:3] + WORDS[5:], "fr", nuclei=40)
    assert not isinstance(pieces, Note)
    assert tempo.articulation_rate_per_s(pieces) == pytest.approx(5.0, rel=0.02)


def test_estimated_times_count_over_the_whole_speech() -> None:
    spread = [Word(w.text, w.span, time_is_estimated=True) for w in WORDS]
    pieces = word_stretches(SPEECH, spread, "fr", nuclei=40)
    assert not isinstance(pieces, Note)
    assert tempo.articulation_rate_per_s(pieces) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("words", "language", "code"),
    [
        ([], "fr", "voice.no_words"),
        (None, "fr", "voice.no_words"),
        (WORDS, "de", "voice.language_not_counted"),
        (WORDS, None, "voice.language_not_counted"),
        (WORDS[:6], "fr", "voice.words_missing"),
        (_words(10, 0, 0.4, "a") + _words(10, 5, 0.4, "a"), "fr", "voice.words_missing"),
    ],
)
def test_words_that_can_not_be_used_say_why(words: list[Word] | None, language: str | None, code: str) -> None:
    refused = word_stretches(SPEECH, words, language, nuclei=40)
    assert isinstance(refused, Note)
    assert refused.code == code


def test_words_outside_the_speech_do_not_count() -> None:
    hesitations = [Word("Euh,", Span(1.0, 1.3)), Word("euh", Span(20, 20.3))]
    assert count_words(SPEECH, [*WORDS, *hesitations]) == (21, 1)
