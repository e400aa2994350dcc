from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.channels import PAUSE_S, best_correlation, find_layout, starts_in_speech
from audio.recording import Channel, FileFacts, Recording
from audio.timeline import Span
from tests.audio.codec_files import voice

RATE_HZ = 8000
PAUSE_TOLERANCE_S = 0.04  # two frames of 20 ms
NOISE = 0.0005


def noise(n: int, seed: int, level: float = NOISE) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, n)


def talk(seed: int, *, length_s: float = 20.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    sound = voice(length_s, rate_hz, f0_hz=110 + 30 * seed, seed=seed)
    return sound + noise(len(sound), 100 + seed)


def call(*tracks: np.ndarray, rates_hz: tuple[int, ...] = (), starts_s: tuple[float, ...] = ()) -> Recording:
    rates_hz, starts_s = rates_hz or (RATE_HZ,) * len(tracks), starts_s or (0.0,) * len(tracks)
    channels = tuple(
        Channel(i, np.asarray(t, dtype=np.float32), rates_hz[i], start_s=starts_s[i]) for i, t in enumerate(tracks)
    )
    return Recording(channels, (FileFacts("0" * 64, "wav", "pcm", RATE_HZ, len(tracks), 1.0, 1),))


def codes(recording: Recording) -> list[str]:
    return [n.code for n in find_layout(recording).notes]


def test_one_track_is_mono_and_two_voices_are_two_parties() -> None:
    assert find_layout(call(talk(1))).kind == "mono"
    layout = find_layout(call(talk(1), talk(2)))
    assert (layout.kind, layout.live, layout.notes) == ("two_parties", (0, 1), ())


@settings(max_examples=15, deadline=None)
@given(gain_db=st.floats(-30, 6), lag=st.integers(0, 700), sign=st.sampled_from([1, -1]))
def test_the_same_sound_is_found_at_any_gain_lag_and_polarity(gain_db: float, lag: int, sign: int) -> None:
    one = talk(1)
    other = sign * 10 ** (gain_db / 20) * np.concatenate([noise(lag, 5), one])[: len(one)]
    layout = find_layout(call(one, other + noise(len(one), 6, 1e-5)))
    assert (layout.kind, layout.live) == ("dual_mono", (0,))


def test_the_same_sound_at_two_rates_is_found() -> None:
    import soxr

    one = talk(1)
    layout = find_layout(call(one, soxr.resample(one, 8000, 16000), rates_hz=(8000, 16000)))
    assert layout.kind == "dual_mono"


@pytest.mark.parametrize("leak_db", [-40, -20, -6])
def test_two_parties_that_leak_into_each_other_stay_two(leak_db: float) -> None:
    agent, customer = talk(1), talk(2)
    half = len(agent) // 2
    agent[:half], customer[half:] = noise(half, 7), noise(len(customer) - half, 8)  # they take turns
    leak = 10 ** (leak_db / 20)
    assert find_layout(call(agent + leak * customer, customer + leak * agent)).kind == "two_parties"


def test_one_long_talker_who_leaks_does_not_hide_a_short_answer() -> None:
    agent, customer = talk(1, length_s=60.0), noise(60 * RATE_HZ, 3)
    customer[30 * RATE_HZ : 33 * RATE_HZ] = talk(2, length_s=3.0)
    agent[30 * RATE_HZ : 33 * RATE_HZ] = noise(3 * RATE_HZ, 4)
    assert find_layout(call(agent, customer + 0.05 * agent)).kind == "two_parties"


@pytest.mark.parametrize("dead", ["digital", "dither", "noise", "hum", "constant"])
def test_a_track_of_silence_or_noise_floor_is_dead(dead: str) -> None:
    n = 20 * RATE_HZ
    track = {
        "digital": np.zeros(n),
        "dither": np.random.default_rng(0).integers(-1, 2, n) / 32768,
        "noise": noise(n, 9, 0.002),
        "hum": 0.003 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE_HZ),
        "constant": np.full(n, 8 / 32768),  # A-law's digital silence
    }[dead]
    layout = find_layout(call(talk(1), track))
    assert (layout.kind, layout.live) == ("one_dead_channel", (0,))
    assert layout.notes[0].params == {"channel": 2}


def test_one_short_answer_keeps_a_track_alive() -> None:
    track = noise(20 * RATE_HZ, 9)
    track[8 * RATE_HZ : 9 * RATE_HZ] += 0.1 * talk(2, length_s=1.0)
    assert find_layout(call(talk(1), track)).kind == "two_parties"


def test_nothing_anywhere_is_silent() -> None:
    layout = find_layout(call(np.zeros(80000), np.zeros(80000)))
    assert (layout.kind, layout.live, [n.code for n in layout.notes]) == ("silent", (), ["sound.silent"])


def test_more_than_two_tracks_tell_which_are_worth_analysing() -> None:
    layout = find_layout(call(talk(1), np.zeros(20 * RATE_HZ), talk(2), 0.5 * talk(1)))
    assert (layout.kind, layout.live) == ("many_channels", (0, 2))


def test_a_pause_of_the_recorder_is_found_where_it_was() -> None:
    a, b = talk(1), talk(2)
    for track in (a, b):
        track[5 * RATE_HZ : 8 * RATE_HZ] = 0
        track[: RATE_HZ * 2] = 0  # not recording yet: no pause in mid-call
        track[12 * RATE_HZ : round((12 + 0.8 * PAUSE_S) * RATE_HZ)] = 0  # shorter than a pause
    layout = find_layout(call(a, b))
    assert len(layout.paused) == 1
    assert layout.paused[0].start_s == pytest.approx(5.0, abs=PAUSE_TOLERANCE_S)
    assert layout.paused[0].end_s == pytest.approx(8.0, abs=PAUSE_TOLERANCE_S)


def test_silence_on_one_track_or_near_silence_is_no_pause() -> None:
    a, b = talk(1), talk(2)
    a[5 * RATE_HZ : 8 * RATE_HZ] = 0
    assert find_layout(call(a, b)).paused == ()
    b[5 * RATE_HZ : 8 * RATE_HZ] = noise(3 * RATE_HZ, 1, 1e-4)
    assert find_layout(call(a, b)).paused == ()


def test_digital_silence_between_all_words_proves_no_pause() -> None:
    a, b = (voice(20.0, RATE_HZ, seed=s) for s in (1, 2))  # synthetic: exact zeros in every gap
    for track in (a, b):
        track[5 * RATE_HZ : 8 * RATE_HZ] = 0
    assert find_layout(call(a, b)).paused == ()
    assert "sound.gated" in codes(call(a, b))


def test_legs_that_start_apart_are_compared_in_call_time() -> None:
    one = talk(1)
    layout = find_layout(call(one, one[4 * RATE_HZ :], starts_s=(0.0, 4.0)))
    assert layout.kind == "dual_mono"


@settings(max_examples=10, deadline=None)
@given(gain_db=st.floats(-20, 0))
def test_gain_changes_nothing(gain_db: float) -> None:
    gain = 10 ** (gain_db / 20)
    quiet = noise(20 * RATE_HZ, 9)
    plain, scaled = find_layout(call(talk(1), quiet)), find_layout(call(gain * talk(1), gain * quiet))
    assert plain == scaled


def test_correlation_at_the_best_lag() -> None:
    x = np.random.default_rng(0).normal(size=4000)
    assert best_correlation(x[100:], -0.1 * x[:-100], max_lag=200) == pytest.approx(1.0, abs=1e-3)
    assert best_correlation(x[100:], x[:-100], max_lag=50) < 0.1
    assert best_correlation(np.zeros(10), x, max_lag=5) == 0.0


def test_a_recording_that_starts_in_mid_speech_says_so() -> None:
    note = starts_in_speech([Span(0.0, 1.0)])
    assert note is not None and note.code == "sound.starts_in_speech"
    assert starts_in_speech([Span(0.4, 1.0)]) is None
    assert starts_in_speech([]) is None
