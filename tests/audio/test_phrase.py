"""Delivery of one phrase: known ratios come back, what must not move them does not, every gate has its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.notes import Measure
from audio.phrase import PhraseDelivery, measure_phrase, read_rest, usual_spread_st
from audio.timeline import Span, Word
from audio.voice import VoiceTracks, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from service.say import LANGS, Lang, Say
from tests.audio.signals import RATE_HZ, as_channel, telephone
from tests.audio.spliced import Splice, Spliced, spliced

SPREAD_ST = 0.2
"""What the pitch spread of any voice may be off by; one slip of the tracker on two seconds is 0.15."""
PLANNED_SHARE = 0.2
"""Of the planned ratio: the median of some 20 stretches of a random contour moves by a tenth itself."""
RATE_SHARE = 0.03
"""What the rest is counted to; one nucleus too few or too many in the phrase comes on top where it is said."""
LOUDNESS_DB = 1.5
"""With all syllables at one level, vowels alone differ by half a decibel on average."""
PLAN = Splice(level_jitter_db=0.0)


@cache
def tracker() -> SwiftF0Tracker:
    return SwiftF0Tracker()


@cache
def known(splice: Splice = PLAN) -> Spliced:
    return spliced(splice)


def heard(samples: np.ndarray, speech: Sequence[Span], *, rate_hz: int = RATE_HZ, ahead_s: float = 0.0) -> VoiceTracks:
    return track_voice(as_channel(samples, rate_hz), [s.shifted(ahead_s) for s in speech], tracker(), others=())


@cache
def followed(splice: Splice = PLAN) -> VoiceTracks:
    return heard(known(splice).samples, known(splice).speech)


def plain() -> VoiceTracks:
    return followed()


def delivery(tracks: VoiceTracks, made: Spliced, *, ahead_s: float = 0.0, **options: object) -> PhraseDelivery:
    rest = read_rest(tracks, [s.shifted(ahead_s) for s in made.rest])
    phrase = made.phrase.shifted(ahead_s)
    return measure_phrase(tracks, phrase, rest, source="two channels", **options)  # type: ignore[arg-type]  # snr_db


def values(found: PhraseDelivery) -> dict[str, float | None]:
    return {m.name: m.value for m in found.measures}


def by_name(found: PhraseDelivery) -> dict[str, Measure]:
    return {m.name: m for m in found.measures}


@pytest.mark.parametrize("phone", [False, True], ids=["wideband", "telephone"])
@pytest.mark.parametrize(
    "splice",
    [
        PLAN,
        replace(PLAN, rate=1.0, spread=1.0, level_db=0.0, seed=3),
        replace(PLAN, rate=0.8, spread=1.6, level_db=3.0, median_hz=210, seed=6),
        replace(PLAN, median_hz=240, seed=4),
    ],
    ids=["flat, fast, soft", "as the rest", "wide, slow, loud", "high voice"],
)
def test_known_ratios_are_recovered(splice: Splice, phone: bool) -> None:
    made = known(splice)
    tracks = heard(telephone(made.samples), made.speech, rate_hz=8000) if phone else followed(splice)
    compared = delivery(tracks, made)
    found, usual_st = values(compared), compared.reference.spread_st or 0.0
    assert found["phrase_rate_ratio"] == pytest.approx(splice.rate, rel=RATE_SHARE + 1 / splice.syllables)
    assert found["phrase_span_ratio"] == pytest.approx(made.span_ratio, abs=SPREAD_ST / usual_st)
    assert found["phrase_span_ratio"] == pytest.approx(splice.spread, rel=PLANNED_SHARE)
    assert found["phrase_loudness_difference"] == pytest.approx(splice.level_db, abs=LOUDNESS_DB)


@pytest.mark.parametrize("level_db", [-4.0, 4.0])
def test_a_change_of_level_is_read_to_a_tenth_of_a_decibel(level_db: float) -> None:
    splices = [replace(PLAN, level_db=db) for db in (level_db, 0.0)]
    changed, same = (values(delivery(followed(s), known(s)))["phrase_loudness_difference"] for s in splices)
    assert changed is not None and same is not None
    assert changed - same == pytest.approx(level_db, abs=0.1)


@pytest.mark.parametrize(("final_st", "contour"), [(12.0, "rise"), (-12.0, "fall")])
def test_how_the_phrase_ends(final_st: float, contour: str) -> None:
    splice = replace(PLAN, final_st=final_st)
    made = known(splice)
    found = delivery(followed(splice), made)
    assert found.contour == contour
    rest = read_rest(followed(splice), made.rest)
    assert by_name(found)["phrase_final_contour"].value == pytest.approx(100 * rest.ends[contour] / rest.ends.total())


def test_an_ending_in_the_middle_of_speech_is_none() -> None:
    inside = Span(known().phrase.start_s, known().phrase.end_s - 0.4)
    found = measure_phrase(plain(), inside, read_rest(plain(), known().rest), source="x")
    reason = by_name(found)["phrase_final_contour"].reason
    assert found.contour is None and reason is not None and reason.code == "voice.phrase_goes_on"


def test_the_reference_is_part_of_the_result() -> None:
    found = delivery(plain(), known())
    assert found.reference.speech_s == pytest.approx(sum(s.duration_s for s in known().rest))
    assert found.reference.stretches >= 8
    assert found.spread_st is not None and found.reference.spread_st is not None
    assert values(found)["phrase_span_ratio"] == pytest.approx(found.spread_st / found.reference.spread_st)
    assert found.reference.rate_per_s == pytest.approx(5.0, rel=RATE_SHARE)  # syll/s of the plan
    assert found.rate_per_s == pytest.approx(5.0 * PLAN.rate, rel=RATE_SHARE)


def test_every_value_has_unit_source_and_material() -> None:
    found = by_name(delivery(plain(), known()))
    assert {name: m.unit for name, m in found.items()} == {
        "phrase_span_ratio": "",
        "phrase_rate_ratio": "",
        "phrase_loudness_difference": "dB",
        "phrase_final_contour": "%",
    }
    assert found["phrase_rate_ratio"].source == "two channels, nuclei"
    assert "swift-f0" in found["phrase_span_ratio"].source
    assert found["phrase_rate_ratio"].material == pytest.approx(known().phrase.duration_s)
    assert all((m.value is None) == (m.reason is not None) for m in found.values())


@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_gain_moves_nothing(gain_db: float) -> None:
    louder = delivery(heard(known().samples * np.float32(10 ** (gain_db / 20)), known().speech), known())
    for name, value in values(delivery(plain(), known())).items():
        assert values(louder)[name] == pytest.approx(value, abs=0.01), name


def test_silence_in_front_moves_nothing_but_the_clock() -> None:
    ahead_s = 5.12
    padded = np.concatenate((np.zeros(round(ahead_s * RATE_HZ), np.float32), known().samples))
    moved = delivery(heard(padded, known().speech, ahead_s=ahead_s), known(), ahead_s=ahead_s)
    for name, value in values(delivery(plain(), known())).items():
        assert values(moved)[name] == pytest.approx(value, abs=1e-3), name
    assert moved.span.start_s == pytest.approx(known().phrase.start_s + ahead_s)


@pytest.mark.parametrize("shift_st", [-4.0, 4.0])
def test_a_shifted_voice_keeps_its_ratios(shift_st: float) -> None:
    splice = replace(PLAN, median_hz=PLAN.median_hz * 2 ** (shift_st / 12))
    made = known(splice)
    moved, usual = values(delivery(followed(splice), made)), values(delivery(plain(), known()))
    assert moved["phrase_span_ratio"] == pytest.approx(usual["phrase_span_ratio"], abs=0.05)
    assert moved["phrase_rate_ratio"] == pytest.approx(usual["phrase_rate_ratio"], rel=RATE_SHARE)


def spoken_words(made: Spliced) -> list[Word]:
    """Six words of two syllables to a phrase, end to end."""
    each = [(span, span.duration_s / 6) for span in made.speech]
    return [
        Word("client", Span(span.start_s + i * word_s, span.start_s + (i + 1) * word_s))
        for span, word_s in each
        for i in range(6)
    ]


def with_words(words: Sequence[Word]) -> Measure:
    rest = read_rest(plain(), known().rest, words=words, language="fr")
    return by_name(measure_phrase(plain(), known().phrase, rest, source="x"))["phrase_rate_ratio"]


def test_the_rate_comes_from_words_when_both_sides_have_them() -> None:
    found = with_words(spoken_words(known()))
    assert found.source == "x, words" and found.value == pytest.approx(PLAN.rate, rel=0.01)


def test_words_on_one_side_only_are_never_mixed_with_nuclei() -> None:
    phrase = known().phrase
    only_phrase = [w for w in spoken_words(known()) if phrase.contains(w.span.start_s + 0.01)]
    only_rest = [w for w in spoken_words(known()) if not phrase.contains(w.span.start_s + 0.01)]
    for words in (only_phrase, only_rest, [replace(w, time_is_estimated=True) for w in spoken_words(known())]):
        found = with_words(words)
        assert found.source == "x, nuclei" and found.value == pytest.approx(PLAN.rate, rel=RATE_SHARE)


@pytest.mark.parametrize(
    ("snr_db", "pitch_stands", "loudness_stands"),
    [(None, True, True), (30.0, True, True), (22.0, True, False), (15.0, False, False)],
)
def test_noise_gates(snr_db: float | None, pitch_stands: bool, loudness_stands: bool) -> None:
    found = by_name(delivery(plain(), known(), snr_db=snr_db))
    for name, stands in (
        ("phrase_span_ratio", pitch_stands),
        ("phrase_final_contour", pitch_stands),
        ("phrase_loudness_difference", loudness_stands),
        ("phrase_rate_ratio", True),
    ):
        reason = found[name].reason
        assert (found[name].value is not None) is stands, name
        assert stands or (reason is not None and reason.code == "voice.too_noisy"), name


def codes(span: Span, rest: Sequence[Span]) -> dict[str, str]:
    found = measure_phrase(plain(), span, read_rest(plain(), rest), source="x")
    return {m.name: m.reason.code for m in found.measures if m.reason is not None}


def test_every_minimum_has_its_reason() -> None:
    phrase, rest = known().phrase, known().rest
    short = Span(phrase.start_s, phrase.start_s + 0.7)
    assert set(codes(short, rest).values()) == {"voice.phrase_short"}
    little = codes(phrase, rest[:2])
    assert little["phrase_span_ratio"] == "voice.phrase_few_stretches"
    assert little["phrase_rate_ratio"] == little["phrase_loudness_difference"] == "voice.phrase_little_rest"
    assert little["phrase_final_contour"] == "voice.phrase_few_endings"
    assert set(codes(phrase, []).values()) >= {"voice.phrase_few_stretches", "voice.phrase_little_rest"}
    assert set(codes(Span(500.0, 502.0), rest).values()) == {"voice.no_speech"}


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_has_its_sentence(lang: Lang) -> None:
    spans = (known().phrase, Span(0.3, 0.9), Span(500.0, 502.0))
    rests = (known().rest, known().rest[:2], [])
    reasons = [
        m.reason
        for span in spans
        for rest in rests
        for m in measure_phrase(plain(), span, read_rest(plain(), rest), source="x", snr_db=22.0).measures
        if m.reason is not None
    ]
    assert len({r.code for r in reasons}) >= 5
    assert all(len(Say(lang)(r)) > 20 and "{" not in Say(lang)(r) for r in reasons)


def test_stretches_never_run_over_a_long_silence() -> None:
    turns = [s for i, s in enumerate(known().rest) if i % 2]  # every gap is now longer than a second
    n = delivery(plain(), replace_rest(turns)).reference.stretches
    assert n == len(turns)  # each phrase of the rest holds one stretch as long as the phrase, which is faster
    assert delivery(plain(), known()).reference.stretches > 2 * n


def replace_rest(rest: Sequence[Span]) -> Spliced:
    return replace(known(), speech=(*rest, known().phrase))


@given(st.lists(st.floats(-12, 12), min_size=2, max_size=40), st.floats(-40, 40), st.integers(2, 20))
def test_the_usual_spread_has_no_height_and_is_one_of_a_stretch(run: list[float], shift_st: float, n: int) -> None:
    found, moved = (usual_spread_st([np.array(r)], n) for r in (run, [x + shift_st for x in run]))
    assert (found is None) == (len(run) < n)
    if found is not None:
        assert moved == pytest.approx(found, abs=1e-9)
        assert 0 <= found <= (max(run) - min(run)) / 2 + 1e-9  # no SD is over half the range


@given(st.floats(0.1, 12), st.integers(2, 20))
def test_scaling_the_contour_scales_the_usual_spread(factor: float, n: int) -> None:
    run = np.sin(np.arange(40))
    assert usual_spread_st([factor * run], n) == pytest.approx(factor * (usual_spread_st([run], n) or 0.0))
