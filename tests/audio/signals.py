"""Synthetic voices with known truth: pitch contour, spread, syllables, pauses, level.

Harmonics are added one by one under the formants of a vowel that changes with each syllable, so nothing
aliases and the fundamental is known at every sample. Consonants are dips in level, every third one unvoiced noise.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span

RATE_HZ = 16000
VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class VoicePlan:
    """What to say: nothing in it is random but the seed's choices."""

    duration_s: float = 40.0
    median_hz: float = 120.0
    spread_st: float = 2.5
    syllables_per_s: float = 5.0
    syllables_per_phrase: int = 12
    pause_s: float = 0.5
    pause_jitter_s: float = 0.0
    rate_jitter: float = 0.0
    tempo_jitter: float = 0.15
    level_jitter_db: float = 2.0
    noise_snr_db: float | None = None
    final_st: tuple[float, ...] = (0.0,)
    seed: int = 1


@dataclass(frozen=True, eq=False)
class SyntheticVoice:
    """`f0_hz` per sample, NaN where unvoiced; `speech`: phrases; `nuclei_s`: centres of the vowels."""

    samples: NDArray[np.float32]
    f0_hz: Sound
    nuclei_s: NDArray[np.float64]
    speech: tuple[Span, ...]

    @property
    def spread_st(self) -> float:
        voiced = self.f0_hz[np.isfinite(self.f0_hz)]
        return float(np.std(12 * np.log2(voiced / np.median(voiced))))

    @property
    def rate_per_s(self) -> float:
        return len(self.nuclei_s) / sum(s.duration_s for s in self.speech)


def as_channel(samples: NDArray[np.float32] | Sound, rate_hz: int = RATE_HZ, *, start_s: float = 0.0) -> Channel:
    return Channel(0, np.asarray(samples, dtype=np.float32), rate_hz, start_s, native_rate_hz=rate_hz)


def voice(plan: VoicePlan) -> SyntheticVoice:
    rng = np.random.default_rng(plan.seed)
    phrases, pauses_s = _timing(plan, rng)
    n_samples = int(plan.duration_s * RATE_HZ)
    level, voicing, formants = np.zeros(n_samples), np.zeros(n_samples, bool), np.zeros((3, n_samples))
    noise_level, contour = np.zeros(n_samples), np.full(n_samples, np.nan)
    nuclei, speech, start_s, count = [], [], 0.3, 0
    for number, (durations_s, pause_s) in enumerate(zip(phrases, pauses_s, strict=True)):
        if start_s + durations_s.sum() > plan.duration_s - 0.3:
            break
        first, bounds = int(start_s * RATE_HZ), start_s + np.concatenate(([0.0], np.cumsum(durations_s)))
        last = int(bounds[-1] * RATE_HZ)
        for a_s, b_s in itertools.pairwise(bounds):
            a, b = int(a_s * RATE_HZ), int(b_s * RATE_HZ)
            vowel = a + int(0.4 * (b - a))
            gain = 10 ** (rng.normal(0, plan.level_jitter_db) / 20)
            level[a:vowel], level[vowel:b] = 0.12 * gain, gain
            voicing[a:b] = True
            if count % 3 == 2:
                voicing[a:vowel], level[a:vowel], noise_level[a:vowel] = False, 0.0, 0.05 * gain
            formants[:, a:b] = np.array(VOWELS_HZ[rng.integers(len(VOWELS_HZ))])[:, None]
            nuclei.append((vowel + b) / 2 / RATE_HZ)
            count += 1
        contour[first:last] = _phrase_contour(last - first, plan.final_st[number % len(plan.final_st)], rng)
        speech.append(Span(start_s, float(bounds[-1])))
        start_s = float(bounds[-1]) + pause_s
    f0_hz = _scaled(contour, voicing, plan)
    samples = _render(f0_hz, smooth(level, 0.025), formants, voicing)
    samples += smooth(noise_level, 0.01) * rng.normal(size=n_samples)
    samples *= 0.1 / np.sqrt(np.mean(samples[np.isfinite(f0_hz)] ** 2))
    samples += 1e-4 * rng.normal(size=n_samples)
    if plan.noise_snr_db is not None:
        samples += 0.1 * 10 ** (-plan.noise_snr_db / 20) * rng.normal(size=n_samples)
    return SyntheticVoice(samples.astype(np.float32), f0_hz, np.array(nuclei), tuple(speech))


def _timing(plan: VoicePlan, rng: np.random.Generator) -> tuple[list[Sound], list[float]]:
    phrases, pauses = [], []
    for _ in range(int(plan.duration_s)):
        rate = plan.syllables_per_s * (1 + plan.rate_jitter * rng.uniform(-1.7, 1.7))
        weights = 1 + plan.tempo_jitter * rng.uniform(-1.7, 1.7, plan.syllables_per_phrase)
        phrases.append(weights / weights.sum() * plan.syllables_per_phrase / rate)
        pauses.append(plan.pause_s + plan.pause_jitter_s * rng.uniform(-1.7, 1.7))
    return phrases, pauses


def _phrase_contour(n: int, final_st: float, rng: np.random.Generator) -> Sound:
    """A falling line with slow random movement (0.5 to 2.5 Hz), unit free; the last 0.4 s rise by `final_st` units."""
    t_s = np.arange(n) / RATE_HZ
    line = 0.8 - 1.6 * np.arange(n) / n
    for hz in (0.6, 1.1, 1.7, 2.5):
        line += rng.normal() / np.sqrt(hz) * np.sin(2 * np.pi * (hz * t_s + rng.uniform()))
    return line + final_st * np.clip((t_s - t_s[-1] + 0.4) / 0.4, 0, 1)


def _scaled(contour: Sound, voicing: NDArray[np.bool_], plan: VoicePlan) -> Sound:
    inside = voicing & np.isfinite(contour)
    st = contour - np.median(contour[inside])
    st *= plan.spread_st / np.std(st[inside])
    return np.where(inside, plan.median_hz * 2 ** (st / 12), np.nan)


def smooth(values: Sound, width_s: float) -> Sound:
    kernel = np.hanning(int(width_s * RATE_HZ) + 2)
    n = 1 << (len(values) + len(kernel)).bit_length()
    full = np.fft.irfft(np.fft.rfft(values, n) * np.fft.rfft(kernel / kernel.sum(), n), n)
    return full[len(kernel) // 2 : len(kernel) // 2 + len(values)]


def _render(f0_hz: Sound, level: Sound, formants: Sound, voicing: NDArray[np.bool_]) -> Sound:
    """Harmonics up to 3.9 kHz, -12 dB per octave under three resonances."""
    running = np.where(np.isfinite(f0_hz), f0_hz, np.nanmedian(f0_hz))
    phase = 2 * np.pi * np.cumsum(running) / RATE_HZ
    level = level * smooth(voicing.astype(float), 0.015)
    formants = np.stack([smooth(f, 0.04) for f in formants])
    total = np.zeros(len(f0_hz))
    for k in range(1, int(3900 / np.min(running)) + 1):
        hz = k * running
        gain = sum(w / (1 + ((hz - f) / 90.0) ** 2) for w, f in zip((1.0, 0.5, 0.25), formants, strict=True)) + 0.02
        total += np.where(hz < 3900, gain * (running / hz) ** 0.5, 0.0) * np.cos(k * phase)
    return total * level


def telephone(samples: NDArray[np.float32], *, coded: bool = True) -> NDArray[np.float32]:
    """300-3400 Hz and G.711 mu-law (unless not `coded`), as float at 8 kHz: what a telephone leaves of 16 kHz."""
    n = len(samples)
    spectrum, hz = np.fft.rfft(np.asarray(samples, float)), np.fft.rfftfreq(n, 1 / RATE_HZ)
    edge = 1 / (1 + (np.maximum(hz, 1e-9) / 3400) ** 40) / (1 + (300 / np.maximum(hz, 1e-9)) ** 16)
    narrow = np.fft.irfft(spectrum * np.sqrt(edge), n)[::2].astype(np.float32)
    return mu_law(narrow) if coded else narrow


def mu_law(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """To 8-bit mu-law and back (continuous law, 255)."""
    x = np.clip(samples, -1, 1)
    code = np.round(np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256) * 127) / 127
    return (np.sign(code) * (256 ** np.abs(code) - 1) / 255).astype(np.float32)


def repitched(
    samples: NDArray[np.float32], f0_hz: Sound, step_s: float, *, flatten: float = 1.0, shift_st: float = 0.0
) -> NDArray[np.float32]:
    """A recording with its pitch excursions scaled by `flatten` about the median, or shifted: overlap-add of periods.

    f0_hz: per frame (frame i centred on i * step_s), NaN where unvoiced; unvoiced sound is passed on. Timing is kept.
    """
    marks = _period_marks(samples, f0_hz, step_s)
    if len(marks) < 3:
        return samples.copy()
    track = f0_hz[np.clip((marks / RATE_HZ / step_s).round().astype(int), 0, len(f0_hz) - 1)]
    voiced, median = np.isfinite(track), np.nanmedian(f0_hz)
    wanted = median * (track / median) ** flatten * 2 ** (shift_st / 12)
    out, weight = np.zeros(len(samples)), np.zeros(len(samples))
    position, middles = float(marks[0]), (marks[1:] + marks[:-1]) / 2
    while position < marks[-1]:
        i = int(np.clip(np.searchsorted(middles, position), 0, len(marks) - 1))
        period = RATE_HZ / track[i] if voiced[i] else 0.01 * RATE_HZ
        _add_grain(out, weight, samples, int(marks[i]), int(position), int(period))
        position += RATE_HZ / wanted[i] if voiced[i] else 0.01 * RATE_HZ
    return (out / np.maximum(weight, 0.2)).astype(np.float32)


def _period_marks(samples: NDArray[np.float32], f0_hz: Sound, step_s: float) -> NDArray[np.int64]:
    """One mark per period in voiced sound (on the strongest sample nearby), every 10 ms elsewhere."""
    marks, at = [], 0
    while at < len(samples) - RATE_HZ // 50:
        f0 = f0_hz[min(round(at / RATE_HZ / step_s), len(f0_hz) - 1)]
        period = int(RATE_HZ / f0) if np.isfinite(f0) else RATE_HZ // 100
        if np.isfinite(f0):
            reach = period // 4
            near = samples[max(0, at - reach) : at + reach + 1]
            at = max(0, at - reach) + int(np.argmax(near))
            if marks and at <= marks[-1]:
                at = marks[-1] + period
        marks.append(at)
        at += period
    return np.array(marks, dtype=np.int64)


def _add_grain(out: Sound, weight: Sound, samples: NDArray[np.float32], source: int, target: int, half: int) -> None:
    a, b = -min(half, source, target), min(half, len(samples) - source, len(out) - target)
    window = np.hanning(2 * half + 1)[half + a : half + b]
    out[target + a : target + b] += window * samples[source + a : source + b]
    weight[target + a : target + b] += window
