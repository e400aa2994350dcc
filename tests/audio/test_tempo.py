"""Nuclei, rates, rhythm and pauses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import tempo
from audio.notes import Note
from audio.timeline import Span, Word
from audio.word_tempo import count_stretches, count_words, word_stretches


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


@pytest.mark.parametrize(
    ("rate", "rated_s", "language", "marked"),
    [
        *[(3.9, 40.0, "fr", True), (7.6, 40.0, "fr", True), (4.0, 40.0, "fr", False), (7.5, 40.0, "fr", False)],
        *[(3.2, 40.0, "en", True), (3.9, 40.0, "en", False), (6.9, 40.0, "en", True)],
        *[(9.0, 29.0, "fr", False), (9.0, 40.0, "de", False), (9.0, 40.0, None, False), (None, 40.0, "fr", False)],
    ],
)
def test_an_unusual_rate_is_marked_in_its_language_and_only_over_half_a_minute(
    rate: float | None, rated_s: float, language: str | None, marked: bool
) -> None:
    found = tempo.unusual_rate(rate, rated_s, language)
    assert (found is not None) == marked
    if found is not None:
        assert (found.params["low"], found.params["high"]) == tempo.USUAL_RATE_PER_S[language or ""]


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
NUCLEI = np.concatenate([_even(5, s.start_s, s.end_s) for s in SPEECH])


def _rate(words: list[Word], *, nuclei_s: np.ndarray = NUCLEI, speech: list[Span] = SPEECH) -> float | None:
    pieces = word_stretches(speech, nuclei_s, words, "fr")
    assert not isinstance(pieces, Note), pieces
    return tempo.articulation_rate_per_s(pieces)


def test_rate_from_words() -> None:
    assert _rate(WORDS) == pytest.approx(5.0)


def test_a_lost_word_costs_its_own_time_too() -> None:
    assert _rate(WORDS[:3] + WORDS[5:]) == pytest.approx(5.0)


def test_a_short_pause_between_words_is_no_lost_word() -> None:
    speech = [Span(0, 2), Span(2.2, 4.2), Span(5, 9)]
    words = _words(5, 0, 0.4) + _words(5, 2.2, 0.4) + _words(10, 5, 0.4)
    nuclei_s = np.concatenate([_even(5, s.start_s, s.end_s) for s in speech])
    assert _rate(words, nuclei_s=nuclei_s, speech=speech) == pytest.approx(40 / 8.2)


def test_slack_between_words_is_no_lost_word() -> None:
    slack = [Word(w.text, Span(w.span.start_s + 0.08, w.span.end_s - 0.08)) for w in WORDS]
    assert _rate(slack) == pytest.approx(5.0)


def test_estimated_times_count_over_the_whole_speech() -> None:
    assert _rate([Word(w.text, w.span, time_is_estimated=True) for w in WORDS]) == pytest.approx(5.0)


def test_lost_words_whose_time_the_neighbours_took_leave_the_rest_too_thin() -> None:
    kept = [w for i, w in enumerate(WORDS) if i % 5]
    taken = [Word(w.text, Span(w.span.start_s - 0.4 * (i % 4 == 0), w.span.end_s)) for i, w in enumerate(kept)]
    refused = word_stretches(SPEECH, NUCLEI, taken, "fr")
    assert isinstance(refused, Note)
    assert refused.code == "voice.words_thin"
    assert refused.params["share_percent"] == pytest.approx(80.0)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 19)))
def test_whatever_words_are_lost_the_count_is_of_one_kind_and_near_the_truth(lost: set[int]) -> None:
    kept = [w for i, w in enumerate(WORDS) if i not in lost]
    counted = count_stretches(SPEECH, NUCLEI, kept, "fr")
    assert (counted.how == "words") == (counted.missing is None)
    assert tempo.articulation_rate_per_s(counted.pieces) == pytest.approx(5.0, rel=0.02)
    assert sum(p.duration_s for p in counted.pieces) <= 8.0 + 1e-9
    if len(kept) < 12:  # under 60 % of the time
        assert counted.how == "nuclei"


@pytest.mark.parametrize(
    ("words", "language", "code"),
    [
        ([], "fr", "voice.no_words"),
        (None, "fr", "voice.no_words"),
        (WORDS, "de", "voice.language_not_counted"),
        (WORDS, None, "voice.language_not_counted"),
        (WORDS[:6], "fr", "voice.words_missing"),
        (_words(10, 0, 0.4, "a") + _words(10, 5, 0.4, "a"), "fr", "voice.words_thin"),
    ],
)
def test_words_that_can_not_be_used_say_why(words: list[Word] | None, language: str | None, code: str) -> None:
    counted = count_stretches(SPEECH, NUCLEI, words, language)
    assert counted.how == "nuclei"
    assert counted.missing is not None and counted.missing.code == code


def test_words_outside_the_speech_do_not_count() -> None:
    hesitations = [Word("Euh,", Span(1.0, 1.3)), Word("euh", Span(20, 20.3))]
    assert count_words(SPEECH, [*WORDS, *hesitations], "fr") == (21, 1)
