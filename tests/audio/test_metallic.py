"""Metallic: where it lies, what it needs, and what it must not find. Tracks are made by hand: the truth is in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from audio.metallic import FLAG_S, LEAST_ASSESSABLE, Metallic, apart, find_metallic, metallic_measures
from audio.metallic_baseline import COMPONENTS, SMALLEST_SCALE, Baseline, CallKind, EarlierCall, find_baseline
from audio.metallic_floors import FLOORS
from audio.notes import Note
from audio.timeline import FrameTrack, Span
from audio.voice import VoiceTracks
from audio.word_tempo import count_stretches
from service.say import LANGS, Lang, Say

KIND = CallKind("fr", "two channels", "nuclei")
PHRASE_S, PAUSE_S = 3.0, 0.6


@dataclass(frozen=True)
class Manner:
    """How a stretch of speech is spoken: the five components, more or less."""

    pitch_st: float = 2.5
    level_db: float = 6.0
    rate_spread: float = 0.18
    rhythm: float = 0.4
    endings: tuple[float, ...] = (4.0, 0.0, -4.0, -4.0, -4.0)


LIVELY = Manner()
FLAT = Manner(pitch_st=0.7, level_db=2.0, rate_spread=0.01, rhythm=0.05, endings=(-4.0,))


@dataclass(frozen=True, eq=False)
class Made:
    tracks: VoiceTracks
    speech: tuple[Span, ...]


def made(manners: list[Manner], *, seed: int = 1, start_s: float = 0.0, phrase_s: float = PHRASE_S) -> Made:
    """A voice that speaks one 3 s phrase in each manner, with pauses between; speech starts at `start_s`."""
    rng = np.random.default_rng(seed)
    step = phrase_s + PAUSE_S
    duration_s = start_s + step * len(manners)
    f0 = np.full(round(duration_s / 0.016) + 1, np.nan)
    level = np.full(round(duration_s / 0.01) + 1, np.nan)
    pitch, loud = FrameTrack(f0, 0.0, 0.016, "Hz"), FrameTrack(level, 0.0, 0.01, "dB")
    nuclei, speech = [], []
    for i, manner in enumerate(_drifting(manners, rng)):
        span = Span(start_s + step * i, start_s + step * i + phrase_s)
        inside = pitch.mask([span])
        st = manner.pitch_st * _unit_wave(inside.sum(), rng)
        tail = np.clip((np.arange(inside.sum()) - inside.sum() + 25) / 25, 0, 1)
        f0[inside] = 150 * 2 ** ((st * (1 - tail) + tail * manner.endings[rng.integers(len(manner.endings))]) / 12)
        spoken = loud.mask([span])
        level[spoken] = -8 + np.clip(manner.level_db * rng.normal(size=spoken.sum()), -15, 8)
        nuclei.append(_nuclei(span, manner, rng))
        speech.append(span)
    return Made(VoiceTracks(pitch, loud, np.concatenate(nuclei), tuple(speech), (), "made"), tuple(speech))


def _drifting(manners: list[Manner], rng: np.random.Generator) -> list[Manner]:
    """Nobody speaks alike for minutes: each component wanders by a fifth over some fifteen phrases."""
    smooth = np.ones(15) / np.sqrt(15)
    noise = rng.normal(size=(4, len(manners) + 14))
    pitch, level, rate, rhythm = np.exp(0.2 * np.array([np.convolve(row, smooth, mode="valid") for row in noise]))
    return [
        replace(
            m,
            pitch_st=m.pitch_st * pitch[i],
            level_db=m.level_db * level[i],
            rate_spread=m.rate_spread * rate[i],
            rhythm=m.rhythm * rhythm[i],
        )
        for i, m in enumerate(manners)
    ]


def _unit_wave(n: int, rng: np.random.Generator) -> np.ndarray:
    t = np.arange(n) * 0.016
    wave = sum(np.sin(2 * np.pi * (hz * t + rng.uniform())) for hz in (0.4, 0.9, 1.7))
    return np.asarray(wave / np.std(wave) * rng.normal(1, 0.1))


def _nuclei(span: Span, manner: Manner, rng: np.random.Generator) -> np.ndarray:
    n = max(10, round(5 * span.duration_s * (1 + manner.rate_spread * rng.normal())))
    gaps = 1 + manner.rhythm * rng.uniform(-1, 1, n + 1)
    return np.asarray(span.start_s + np.cumsum(gaps)[:-1] / gaps.sum() * span.duration_s)


def found_in(voice: Made, baseline: Baseline | None = None, *, snr_db: float | None = None) -> Metallic:
    counted = count_stretches(voice.speech, voice.tracks.nuclei_s, None, None)
    return find_metallic(voice.tracks, voice.speech, counted, snr_db=snr_db, baseline=baseline)


@cache
def earlier_calls() -> tuple[EarlierCall, ...]:
    calls = (found_in(made([LIVELY] * 80, seed=100 + i)) for i in range(12))
    return tuple(EarlierCall(1000.0 + i, KIND, apart(found.windows)) for i, found in enumerate(calls))


@cache
def baseline() -> Baseline:
    return find_baseline(earlier_calls(), KIND, started_at_s=5000.0)


def code(note: Note | None) -> str:
    return note.code if note is not None else ""


@pytest.mark.parametrize(("phrases", "windows"), [(0, 0), (19, 0), (20, 1), (23, 1), (24, 2), (40, 7)])
def test_windows_are_a_minute_of_own_speech_ten_seconds_apart(phrases: int, windows: int) -> None:
    assert len(found_in(made([LIVELY] * phrases) if phrases else made([LIVELY]), baseline()).windows) == windows


def test_without_earlier_calls_the_floors_find_flat_and_even_speech_and_no_other() -> None:
    assert len(FLOORS) == LEAST_ASSESSABLE and "loudness_spread" not in FLOORS
    cold = found_in(made([FLAT] * 60))
    assert cold.share_percent == 100.0 and cold.flagged and cold.baseline == ""
    assert all(w.n_assessable == 4 and w.n_low == 4 for w in cold.windows)
    loudness = cold.components[COMPONENTS.index("loudness_spread")]
    assert loudness.value is not None and loudness.low is None and code(loudness.reason) == "voice.no_floor"
    assert found_in(made([LIVELY] * 60)).share_percent == 0.0


def test_without_earlier_calls_all_four_that_have_a_floor_must_be_read() -> None:
    drowned = found_in(made([FLAT] * 60), snr_db=15.0)  # under 20 dB pitch and endings are gone
    assert drowned.share_percent is None and code(drowned.reason) == "voice.too_noisy"
    few = found_in(made([FLAT] * 60, phrase_s=6.0))  # ten phrases a minute: endings are too few
    assert few.share_percent is None and few.flagged is None and few.spans == () and few.worst_window is None
    assert few.reason is not None and few.reason.code == "voice.metallic_no_baseline"
    assert few.reason.params["have"] == 3 and few.reason.params["calls"] == 0
    assert code(few.components[COMPONENTS.index("final_contour_entropy")].reason) == "voice.too_few_endings"


def test_the_five_numbers_are_medians_of_the_windows_judged_as_they_are() -> None:
    found = found_in(made([LIVELY] * 40 + [FLAT] * 40), baseline())
    for i, component in enumerate(found.components):
        values = [w.components[i].value for w in found.windows]
        assert component.value == pytest.approx(np.median(np.array(values, dtype=float)))
        assert component.limit == found.windows[0].components[i].limit
        assert component.low == (component.value < (component.limit or 0.0))
        assert found.windows_low(component.name) == (sum(w.components[i].low is True for w in found.windows), 19)
    assert found.worst_window in found.windows and found.worst is not None
    assert found.worst_window is not None and found.worst_window.n_low == max(w.n_low for w in found.windows)
    assert found.worst_window.span.overlap(found.worst) == found.worst


def test_a_flat_stretch_is_found_where_it_is() -> None:
    voice = made([LIVELY] * 50 + [FLAT] * 60 + [LIVELY] * 50)
    flat = Span(voice.speech[50].start_s, voice.speech[109].end_s)
    found = found_in(voice, baseline())
    assert len(found.spans) == 1
    reach_s = 60.0 * (PHRASE_S + PAUSE_S) / PHRASE_S  # one window of speech, in call time
    assert found.spans[0].start_s == pytest.approx(flat.start_s, abs=reach_s)
    assert found.spans[0].end_s == pytest.approx(flat.end_s, abs=reach_s)
    assert found.share_percent == pytest.approx(100 * 180 / 480, abs=100 * 2 * 60 / 480)
    assert found.flagged and found.longest_s >= FLAG_S
    assert found.worst is not None and found.worst.duration_s == pytest.approx(20.0)
    assert flat.start_s <= found.worst.start_s and found.worst.end_s <= flat.end_s
    assert found.baseline == baseline().version


def test_under_two_minutes_is_no_flag() -> None:
    found = found_in(made([LIVELY] * 50 + [FLAT] * 20 + [LIVELY] * 50), baseline())
    assert found.spans and found.longest_s < FLAG_S
    assert found.flagged is False


@pytest.mark.parametrize(
    "manner",
    [
        replace(LIVELY, pitch_st=0.7),
        replace(LIVELY, pitch_st=0.7, level_db=2.0),
        replace(LIVELY, rate_spread=0.01, rhythm=0.05),
    ],
)
def test_two_low_components_are_not_metallic(manner: Manner) -> None:
    found = found_in(made([manner] * 60), baseline())
    assert found.share_percent == 0.0 and found.worst is None
    assert max(w.n_low for w in found.windows) >= 1


def test_a_voice_like_its_earlier_calls_is_seldom_metallic() -> None:
    shares = [found_in(made([LIVELY] * 80, seed=300 + i), baseline()).share_percent for i in range(20)]
    assert np.mean([s or 0.0 for s in shares]) <= 5.0  # %: what the mission allows as false flags


def test_noise_takes_components_away() -> None:
    flat = made([FLAT] * 60)
    quiet, noisy, drowned = (found_in(flat, baseline(), snr_db=snr) for snr in (40.0, 22.0, 15.0))
    assert {w.n_assessable for w in quiet.windows} == {5}
    assert {w.n_assessable for w in noisy.windows} == {4} and noisy.share_percent == 100.0
    assert drowned.share_percent is None and code(drowned.reason) == "voice.too_noisy"


def test_later_speech_moves_nothing_but_the_clock() -> None:
    manners = [LIVELY] * 30 + [FLAT] * 40
    plain, later = found_in(made(manners), baseline()), found_in(made(manners, start_s=96.0), baseline())
    assert later.share_percent == plain.share_percent
    assert [s.start_s for s in later.spans] == pytest.approx([s.start_s + 96.0 for s in plain.spans], abs=1e-6)


def test_short_speech_and_none_have_their_reasons() -> None:
    assert code(found_in(made([LIVELY] * 10), baseline()).reason) == "voice.metallic_short"
    nothing = made([LIVELY])
    silent = find_metallic(nothing.tracks, (), count_stretches((), nothing.tracks.nuclei_s, None, None))
    assert silent.share_percent is None and code(silent.reason) == "voice.no_speech"
    assert [c.name for c in silent.components] == list(COMPONENTS)
    assert all(c.value is None and code(c.reason) == "voice.no_speech" for c in silent.components)


def test_only_earlier_calls_of_the_same_kind_count() -> None:
    calls = earlier_calls()
    assert find_baseline(calls[:9], KIND, started_at_s=5000.0).norms == {}
    assert find_baseline(calls, KIND, started_at_s=None).n_calls == 0
    assert find_baseline(calls, KIND, started_at_s=calls[9].started_at_s).n_calls == 9  # its own start is not before
    for other in (replace(KIND, language="en"), replace(KIND, channel_class="mono"), replace(KIND, syllables="words")):
        assert find_baseline(calls, other, started_at_s=5000.0).n_calls == 0


def test_every_call_weighs_the_same() -> None:
    def call(i: int, value: float, n: int) -> EarlierCall:
        return EarlierCall(float(i), KIND, ({"pitch_spread": value + 0.01 * i},) * n)

    calls = [call(i, 2.0, 1) for i in range(8)] + [call(i, 9.0, 50) for i in range(8, 13)]
    assert find_baseline(calls, KIND, started_at_s=99.0).norms["pitch_spread"].median < 3.0


def test_the_version_names_the_material() -> None:
    calls = earlier_calls()
    version = find_baseline(calls, KIND, started_at_s=5000.0).version
    assert find_baseline(calls[::-1], KIND, started_at_s=5000.0).version == version
    assert find_baseline(calls[1:], KIND, started_at_s=5000.0).version != version


def test_the_norms_are_a_robust_median_and_spread() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(2.5, 0.4, 400)
    calls = [EarlierCall(float(i), KIND, ({"pitch_spread": v},)) for i, v in enumerate([*values, 50.0, 60.0])]
    norm = find_baseline(calls, KIND, started_at_s=999.0).norms["pitch_spread"]
    assert norm.median == pytest.approx(2.5, abs=0.06)  # st: 2.5 standard errors of a median of 400
    assert norm.scale == pytest.approx(0.4, rel=0.12)


def test_a_component_that_never_varied_is_read_no_finer_than_it_is_measured() -> None:
    calls = [EarlierCall(float(i), KIND, ({"pitch_spread": 2.0, "rate_cv": 0.1 + 0.01 * i},)) for i in range(12)]
    norms = find_baseline(calls, KIND, started_at_s=99.0).norms
    assert set(norms) == {"pitch_spread", "rate_cv"}
    assert norms["pitch_spread"].scale == SMALLEST_SCALE["pitch_spread"]
    assert norms["rate_cv"].scale > SMALLEST_SCALE["rate_cv"]


def test_the_measure_names_its_baseline() -> None:
    (measure,) = metallic_measures(found_in(made([FLAT] * 60), baseline()), source="two channels", spoken=True)
    assert (measure.name, measure.unit, measure.value) == ("metallic_share", "%", 100.0)
    assert baseline().version in measure.source and measure.material == pytest.approx(180.0)
    (cold,) = metallic_measures(found_in(made([FLAT] * 60)), source="two channels", spoken=True)
    assert cold.value == 100.0 and "baseline" not in cold.source


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_has_its_sentence(lang: Lang) -> None:
    say = Say(lang)
    reasons = [found_in(made([LIVELY] * 5)).reason, found_in(made([LIVELY] * 30, phrase_s=6.0)).reason]
    reasons += [c.reason for w in found_in(made([LIVELY] * 30)).windows for c in w.components]
    reasons += [Note("voice.metallic_few_components", {"have": 2, "need": 4})]
    assert all(len(say(note)) > 20 for note in reasons if note is not None)
    assert say.has("measure.metallic_share")
