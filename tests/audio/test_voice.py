"""The whole voice: accuracy on known voices, what must not move anything, and the gates."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from audio.notes import Measure
from audio.timeline import Span, Word
from audio.voice import VoiceTracks, measure_turn, measure_voice, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from service.say import LANGS, Say, catalogue
from tests.audio.driven_voices import Shape, driven_voice
from tests.audio.signals import RATE_HZ, SyntheticVoice, VoicePlan, as_channel, repitched, telephone, voice

PLAN = VoicePlan(duration_s=45, median_hz=130, spread_st=2.5)


@cache
def tracker() -> SwiftF0Tracker:
    return SwiftF0Tracker()


@cache
def spoken(plan: VoicePlan = PLAN) -> SyntheticVoice:
    return voice(plan)


def heard(samples: np.ndarray, speech: Sequence[Span], *, rate_hz: int = RATE_HZ, start_s: float = 0.0) -> VoiceTracks:
    return track_voice(as_channel(samples, rate_hz, start_s=start_s), speech, tracker(), others=())


@cache
def plain() -> VoiceTracks:
    return heard(spoken().samples, spoken().speech)


def values(tracks: VoiceTracks, speech: Sequence[Span], *, gates: bool = False) -> dict[str, float | None]:
    return {m.name: m.value for m in measure_voice(tracks, speech, source="two channels", gates=gates)}


def by_name(measures: Sequence[Measure]) -> dict[str, Measure]:
    return {m.name: m for m in measures}


@pytest.mark.parametrize(("spread_st", "median_hz"), [(0.3, 110), (1.2, 210), (2.5, 130), (5.0, 190)])
def test_spread_and_rate_of_known_voices(spread_st: float, median_hz: float) -> None:
    known = spoken(VoicePlan(duration_s=25, median_hz=median_hz, spread_st=spread_st, seed=4))
    wide = values(heard(known.samples, known.speech), known.speech)
    phone = values(heard(telephone(known.samples), known.speech, rate_hz=8000), known.speech)
    assert wide["pitch_spread"] == pytest.approx(known.spread_st, abs=0.2)  # st
    assert phone["pitch_spread"] == pytest.approx(known.spread_st, abs=0.3)  # st, 300-3400 Hz and mu-law
    assert wide["articulation_rate"] == pytest.approx(known.rate_per_s, rel=0.1)
    assert phone["articulation_rate"] == pytest.approx(wide["articulation_rate"], abs=0.2)  # syll/s, measures.md 9


@pytest.mark.parametrize(("shape", "median_hz"), [("steps", 110), ("steps", 210), ("wave", 110), ("line", 150)])
def test_lively_voices_of_another_make_keep_their_spread(shape: Shape, median_hz: float) -> None:
    """Dips of an octave and more, which are no slips of the tracker."""
    known = driven_voice(shape, median_hz=median_hz, spread_st=5.0, duration_s=15, seed=3)
    wide = values(heard(known.samples, known.speech), known.speech)
    phone = values(heard(telephone(known.samples), known.speech, rate_hz=8000), known.speech)
    assert wide["pitch_spread"] == pytest.approx(known.spread_st, abs=0.2)  # st
    assert phone["pitch_spread"] == pytest.approx(known.spread_st, abs=0.3)  # st, 300-3400 Hz and mu-law


@pytest.mark.parametrize("rate", [3.5, 5.0, 6.5])
def test_rate_follows_tempo(rate: float) -> None:
    known = spoken(VoicePlan(duration_s=20, syllables_per_s=rate, tempo_jitter=0.05))
    assert values(heard(known.samples, known.speech), known.speech)["articulation_rate"] == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_gain_moves_nothing(gain_db: float) -> None:
    louder = values(heard(spoken().samples * 10 ** (gain_db / 20), spoken().speech), spoken().speech)
    for name, value in values(plain(), spoken().speech).items():
        assert louder[name] == value if value is None else louder[name] == pytest.approx(value, abs=0.01), name


@pytest.mark.parametrize("shift_st", [-4.0, 4.0])
def test_a_shifted_voice_keeps_its_spread(shift_st: float) -> None:
    shifted = spoken(replace(PLAN, median_hz=PLAN.median_hz * 2 ** (shift_st / 12)))
    moved = values(heard(shifted.samples, shifted.speech), shifted.speech)
    assert moved["pitch_spread"] == pytest.approx(values(plain(), spoken().speech)["pitch_spread"], abs=0.1)


def test_flattening_lowers_the_spread() -> None:
    known = spoken()
    f0 = np.asarray(plain().pitch.values, float)
    flat = [repitched(known.samples, f0, 0.016, flatten=k) for k in (0.75, 0.5, 0.25)]
    spreads = [values(heard(s, known.speech), known.speech)["pitch_spread"] for s in (known.samples, *flat)]
    assert all(a > b for a, b in itertools.pairwise(spreads)), spreads
    assert spreads[2] == pytest.approx(0.5 * spreads[0], rel=0.15)


def test_silence_in_front_moves_nothing_but_the_clock() -> None:
    ahead_s = 5.12
    padded = np.concatenate((np.zeros(round(ahead_s * RATE_HZ), np.float32), spoken().samples))
    later = [s.shifted(ahead_s) for s in spoken().speech]
    moved = values(heard(padded, later), later)
    for name, value in values(plain(), spoken().speech).items():
        assert moved[name] == value if value is None else moved[name] == pytest.approx(value, abs=1e-3), name


def test_any_silence_in_front_moves_little() -> None:
    ahead_s = 1.2345
    padded = np.concatenate((np.zeros(round(ahead_s * RATE_HZ), np.float32), spoken().samples))
    later = [s.shifted(ahead_s) for s in spoken().speech]
    before, after = values(plain(), spoken().speech), values(heard(padded, later), later)
    assert after["pitch_spread"] == pytest.approx(before["pitch_spread"], abs=0.02)  # st
    assert after["articulation_rate"] == pytest.approx(before["articulation_rate"], abs=0.05)  # syll/s


def test_a_leg_that_starts_later_reads_the_same() -> None:
    later = [s.shifted(8.0) for s in spoken().speech]
    moved = values(heard(spoken().samples, later, start_s=8.0), later)
    assert moved["pitch_spread"] == pytest.approx(values(plain(), spoken().speech)["pitch_spread"], abs=1e-3)


def test_noise_at_20_db_is_stood() -> None:
    noisy = voice(replace(PLAN, noise_snr_db=20, spread_st=2.5, duration_s=30))
    found = values(heard(telephone(noisy.samples), noisy.speech, rate_hz=8000), noisy.speech)
    assert found["pitch_spread"] == pytest.approx(noisy.spread_st, abs=0.3)  # st


def test_every_measure_carries_unit_source_and_reason() -> None:
    measures = measure_voice(plain(), spoken().speech, source="two channels")
    assert len({m.name for m in measures}) == len(measures) >= 15
    for m in measures:
        assert m.source.startswith("two channels")
        assert (m.value is None) == (m.reason is not None)
        assert not m.below_gate
    named = by_name(measures)
    assert "swift-f0" in named["pitch_spread"].source
    assert named["articulation_rate"].source.endswith("nuclei")
    assert named["pitch_spread"].material == pytest.approx(27, abs=5)  # s voiced in 45 s with pauses


def test_below_the_minimum_there_is_a_reason_and_without_gates_a_marked_value() -> None:
    short = spoken().speech[:3]
    gated = by_name(measure_voice(plain(), short, source="two channels"))["pitch_spread"]
    shown = by_name(measure_voice(plain(), short, source="two channels", gates=False))["pitch_spread"]
    assert gated.value is None and not gated.below_gate
    assert gated.reason is not None and gated.reason.code == "voice.too_little_voiced"
    assert shown.value is not None and shown.below_gate and shown.reason == gated.reason


@pytest.mark.parametrize(
    ("snr_db", "pitch_stands", "loudness_stands"),
    [(None, True, True), (30.0, True, True), (22.0, True, False), (15.0, False, False)],
)
def test_noise_gates(snr_db: float | None, pitch_stands: bool, loudness_stands: bool) -> None:
    named = by_name(measure_voice(plain(), spoken().speech, source="two channels", snr_db=snr_db))
    assert (named["pitch_spread"].value is not None) is pitch_stands
    assert (named["loudness_spread"].value is not None) is loudness_stands
    if not pitch_stands:
        reason = named["pitch_spread"].reason
        assert reason is not None and reason.code == "voice.too_noisy"


@pytest.mark.parametrize("gates", [True, False])
@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros(1), np.zeros(RATE_HZ)], ids=["empty", "one sample", "silent"]
)
def test_no_voice_is_no_value(samples: np.ndarray, gates: bool) -> None:
    tracks = heard(samples.astype(np.float32), [Span(0, 1)])
    for speech in ([], [Span(0.0, 1.0)]):
        for m in measure_voice(tracks, speech, source="two channels", gates=gates):
            assert m.reason is not None
            assert m.value is None or m.below_gate


def test_pauses_need_to_know_who_else_speaks() -> None:
    unknown = track_voice(as_channel(spoken().samples), spoken().speech, tracker())
    named = by_name(measure_voice(unknown, spoken().speech, source="diarized mono"))
    assert named["pause_sd"].reason is not None and named["pause_sd"].reason.code == "voice.others_unknown"
    assert values(plain(), spoken().speech)["pause_median"] == pytest.approx(PLAN.pause_s, abs=0.01)


def test_rate_comes_from_the_words_when_they_cover_the_speech() -> None:
    words = [Word("mot", Span(t - 0.1, t + 0.1)) for t in spoken().nuclei_s.tolist()]
    named = by_name(measure_voice(plain(), spoken().speech, source="two channels", words=words, language="fr"))
    assert named["articulation_rate"].source == "two channels, words"
    assert named["articulation_rate"].value == pytest.approx(spoken().rate_per_s, rel=0.05)
    assert named["wpm"].value is not None
    few = by_name(measure_voice(plain(), spoken().speech, source="two channels", words=words[:40], language="fr"))
    assert few["articulation_rate"].source == "two channels, nuclei"
    assert few["wpm"].reason is not None and few["wpm"].reason.code == "voice.words_missing"


def test_a_rate_outside_the_usual_is_given_and_marked() -> None:
    words = [Word("vérité", Span(t - 0.1, t + 0.1)) for t in spoken().nuclei_s.tolist()]
    found = by_name(measure_voice(plain(), spoken().speech, source="", words=words, language="fr"))["articulation_rate"]
    assert found.value == pytest.approx(3 * spoken().rate_per_s, rel=0.05)
    assert found.reason is not None and found.reason.code == "voice.rate_outside"
    assert not found.below_gate


def test_one_turn() -> None:
    turn = spoken().speech[2]
    delivery = measure_turn(plain(), turn)
    assert delivery.voiced_s == pytest.approx(turn.duration_s * 0.87, rel=0.15)  # a third of the onsets is unvoiced
    assert delivery.articulation_rate_per_s == pytest.approx(PLAN.syllables_per_s, rel=0.15)
    assert delivery.pitch_spread_st is not None and delivery.loudness_spread_db is not None
    outside = measure_turn(plain(), Span(200, 201))
    assert outside.voiced_s == 0 and outside.pitch_spread_st is None and outside.articulation_rate_per_s is None


def test_tracks_are_empty_outside_the_speech() -> None:
    pause = Span(spoken().speech[0].end_s + 0.05, spoken().speech[1].start_s - 0.05)
    assert np.isnan(plain().pitch.within([pause])).all()
    assert np.isnan(plain().loudness.within([pause])).all()


def test_french_sentences_keep_their_spaces() -> None:
    said = [s for key, s in catalogue("fr").items() if key.startswith("voice.")]
    assert said
    assert not [s for s in said if re.search(r"[^\u00a0:][:;?!%](?!\.\d|[^{]*\})", s)]


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_has_its_sentence(lang: str) -> None:
    say = Say(lang)  # type: ignore[arg-type]  # parametrize gives str
    noisy = measure_voice(plain(), spoken().speech[:2], source="x", snr_db=12.5, language="de", words=[])
    for m in noisy:
        assert m.reason is None or len(say(m.reason)) > 20
