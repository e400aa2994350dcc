from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soxr

from audio.leak import LeakOptions
from audio.quality import SNR_CAP_DB, measure_quality, remove_leak
from audio.recording import Channel
from audio.timeline import Span, intersect, total_s
from tests.audio.codec_files import voice

RATE_HZ = 8000
SNR_TOLERANCE_DB = 2.0  # percentile against mean of the noise, and the voice's own pauses inside a region
SPEECH = [Span(1.0, 5.0), Span(6.0, 9.0)]


def channel(samples: np.ndarray, rate_hz: int = RATE_HZ, index: int = 0) -> Channel:
    return Channel(index, np.asarray(samples, dtype=np.float32), rate_hz)


def only(sound: np.ndarray, spans: list[Span], rate_hz: int = RATE_HZ) -> np.ndarray:
    kept = np.zeros_like(sound)
    for span in spans:
        part = slice(round(span.start_s * rate_hz), round(span.end_s * rate_hz))
        kept[part] = sound[part]
    return kept


def speaking(rate_hz: int = RATE_HZ, seed: int = 1, spans: list[Span] | None = None) -> np.ndarray:
    return only(voice(10.0, rate_hz, seed=seed, f0_hz=110 + 30 * seed), spans or SPEECH, rate_hz)


def noise(n: int, level: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, n)


@pytest.mark.parametrize("snr_db", [10.0, 20.0, 30.0, 40.0])
def test_snr_of_known_noise(snr_db: float) -> None:
    sound = speaking()
    power = np.mean(sound[sound != 0] ** 2) * np.count_nonzero(sound) / (7 * RATE_HZ)  # over the regions
    level = np.sqrt(power / 10 ** (snr_db / 10))
    quality = measure_quality(channel(sound + noise(len(sound), level)), SPEECH)
    assert quality.snr_db == pytest.approx(snr_db, abs=SNR_TOLERANCE_DB)
    assert ("sound.low_snr" in [n.code for n in quality.notes]) == (quality.snr_db < 20)


def test_gain_does_not_change_snr() -> None:
    sound = speaking() + noise(10 * RATE_HZ, 0.002)
    louder, quieter = (measure_quality(channel(g * sound), SPEECH).snr_db for g in (1.0, 0.1))
    assert louder == pytest.approx(quieter, abs=0.01)


def test_digital_silence_between_words_is_not_endless_snr() -> None:
    noisy = only(speaking() + noise(10 * RATE_HZ, 0.01), SPEECH)  # a gate: noise under the voice, zeros between
    gated = measure_quality(channel(noisy), SPEECH).snr_db
    assert gated is not None and gated < 25
    clean = measure_quality(channel(speaking()), SPEECH).snr_db
    assert clean is not None and clean <= SNR_CAP_DB


def test_a_channel_that_is_all_speech_gives_a_lower_bound() -> None:
    whole = [Span(0.0, 10.0)]
    sound = voice(10.0, RATE_HZ) + noise(10 * RATE_HZ, 0.005)
    quality = measure_quality(channel(sound), whole)
    true_db = 10 * np.log10(np.mean(voice(10.0, RATE_HZ) ** 2) / 0.005**2)
    assert quality.snr_db is not None and true_db - 15 < quality.snr_db < true_db + SNR_TOLERANCE_DB


def test_too_little_speech_has_no_snr_but_a_reason() -> None:
    quality = measure_quality(channel(speaking()), [Span(1.0, 1.5)])
    assert quality.snr_db is None
    assert quality.reason is not None and quality.reason.params == {"speech_s": 0.5, "least_s": 1.0}
    assert measure_quality(channel(speaking()), []).band_edge_hz is None


def test_the_band_edge_tells_telephone_from_wide_band() -> None:
    wide = noise(10 * 16000, 0.1)
    narrow = soxr.resample(soxr.resample(wide, 16000, 8000), 8000, 16000)
    edges_hz = [measure_quality(channel(x, 16000), SPEECH).band_edge_hz for x in (wide, narrow)]
    assert edges_hz[0] == pytest.approx(8000, abs=100)
    assert edges_hz[1] == pytest.approx(4000, abs=200)


def test_holes_cut_into_speech_are_counted_and_pauses_are_not() -> None:
    steady = 0.3 * np.sin(2 * np.pi * 300 * np.arange(10 * RATE_HZ) / RATE_HZ + 0.3)
    sound = only(steady, SPEECH)
    assert measure_quality(channel(sound), SPEECH).dropout_s == 0
    for start_s in (1.5, 2.5, 7.0):
        sound[round(start_s * RATE_HZ) : round((start_s + 0.04) * RATE_HZ)] = 0
    quality = measure_quality(channel(sound), SPEECH)
    assert quality.dropout_s == pytest.approx(0.12, abs=0.003)
    assert "sound.dropouts" in [n.code for n in quality.notes]


def test_music_and_the_other_voice_are_no_noise() -> None:
    """On one channel for both, most of the time away from a party's speech may be the other's."""
    other, quiet = [Span(0.0, 0.9), Span(5.1, 5.9), Span(9.1, 10.0)], 1e-3
    sound = speaking() + only(voice(10.0, RATE_HZ, seed=4, pauses=False), other) + noise(10 * RATE_HZ, quiet)
    told, mixed = (measure_quality(channel(sound), SPEECH, apart=a).snr_db for a in (other, ()))
    alone = measure_quality(channel(speaking() + noise(10 * RATE_HZ, quiet)), SPEECH).snr_db
    assert told is not None and mixed is not None and alone is not None
    assert mixed < alone - 10  # the fault this holds off
    assert told > mixed + 10


def test_clipping_past_the_gate_is_said() -> None:
    clipped = dataclasses.replace(channel(speaking()), clipped_share=0.02)
    quality = measure_quality(clipped, SPEECH)
    assert quality.clipped_share == 0.02
    assert [n.params["clipped_pct"] for n in quality.notes if n.code == "sound.clipped"] == [2.0]


AGENT, CUSTOMER = [Span(0.5, 4.0), Span(6.5, 9.5)], [Span(4.5, 6.0)]
LEFT_SHARE = 0.1  # of the leak that may stay
LOST_SHARE = 0.02  # of the own speech that may go


def unbroken(seed: int, spans: list[Span]) -> np.ndarray:
    """A detector hears no speech in pauses, so what leaks has none."""
    return only(voice(10.0, RATE_HZ, seed=seed, f0_hz=110 + 30 * seed, pauses=False), spans)


def leaky_call(leak_db: float, delay_s: float, own_db: float = 0.0) -> tuple[Channel, Channel]:
    agent, customer = unbroken(1, AGENT), unbroken(3, CUSTOMER)
    delay = round(delay_s * RATE_HZ)
    late = np.concatenate([np.zeros(delay), agent])[: len(agent)]
    leak = 10 ** (leak_db / 20) * np.convolve(late, [0.2, 1.0, -0.4, 0.1])[: len(agent)]
    b = 10 ** (own_db / 20) * customer + leak + noise(len(agent), 5e-5)
    return channel(agent + noise(len(agent), 1e-4, 1)), channel(np.round(b * 32768) / 32768, index=1)


@pytest.mark.parametrize("leak_db", [-25, -30, -40])
@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_a_faint_leak_goes_and_own_speech_stays(leak_db: float, delay_s: float) -> None:
    a, b = leaky_call(leak_db, delay_s)
    echo = [s.shifted(delay_s) for s in AGENT]
    heard = sorted([*echo, *CUSTOMER])
    kept_a, kept_b, notes = remove_leak(a, b, AGENT, heard)
    assert kept_a == AGENT
    assert total_s(intersect(kept_b, echo)) <= LEFT_SHARE * total_s(echo)
    assert total_s(intersect(kept_b, CUSTOMER)) >= (1 - LOST_SHARE) * total_s(CUSTOMER)
    assert [n.params["channel"] for n in notes] == [2]


def test_an_echo_under_20_db_below_is_not_called_leak() -> None:
    a, b = leaky_call(-10, 0.0)
    assert remove_leak(a, b, AGENT, AGENT) == (AGENT, AGENT, ())


@pytest.mark.parametrize("own_db", [-20, -30, -35])
def test_quiet_speech_over_the_other_party_is_kept(own_db: float) -> None:
    whole = [Span(0.5, 9.5)]
    agent = speaking(spans=whole) + noise(10 * RATE_HZ, 1e-4, 1)
    customer = 10 ** (own_db / 20) * speaking(seed=3, spans=whole) + noise(10 * RATE_HZ, 5e-5)
    _, kept, notes = remove_leak(channel(agent), channel(customer, index=1), whole, whole)
    assert (total_s(kept), notes) == (total_s(whole), ())


def test_no_speech_no_leak() -> None:
    a, b = leaky_call(-30, 0.0)
    assert remove_leak(a, b, [], []) == ([], [], ())
    assert LeakOptions().below_db == 20.0
