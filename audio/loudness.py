"""Loudness: level of the speech in the common band, frame by frame, and how much it varies.

Track. RMS of the band signal under a 32 ms Hann window every 10 ms, in dB against the speech's own loud level (95 %
of its frames stay under 0 dB), so the recording's gain is out of it. Plain numpy: importing librosa for this
costs 3.2 s of start-up and 240 MB (measured), most of what a whole call may take.

What invalidates it: noise (under 25 dB of signal-to-noise ratio the spread measures the noise: rank correlation
with the clean value -0.83 at 20 dB, measures.md 2.1), automatic gain control.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audio.band import WORK_RATE_HZ, BandBlock
from audio.timeline import FloatArray, FrameTrack, Span

LOUDNESS_STEP_S = 0.01
_WINDOW_S = 0.032
_FLOOR_DB = -120.0
WITHIN_DB = 25.0


def block_loudness_db(block: BandBlock) -> NDArray[np.float32]:
    """Level of each 10 ms frame of the part to keep, dB full scale, shape (n_frames,)."""
    rate_hz = WORK_RATE_HZ // 2
    power = block.analytic.real[::2] ** 2
    size, hop = round(_WINDOW_S * rate_hz), round(LOUDNESS_STEP_S * rate_hz)
    first = round((block.keep.start_s - block.first_s) * rate_hz) + hop // 2 - size // 2
    count = round(block.keep.duration_s / LOUDNESS_STEP_S)
    frames = np.lib.stride_tricks.sliding_window_view(power, size)[first : first + count * hop : hop]
    window = np.hanning(size + 2)[1:-1]
    mean_power = frames @ (window / window.sum()).astype(np.float32)
    return np.asarray(10 * np.log10(np.maximum(mean_power, 10 ** (_FLOOR_DB / 10))), dtype=np.float32)


def relative_db(levels_db: FloatArray) -> NDArray[np.float64]:
    """Against the level that 95 % of the measured frames stay under. NaN kept."""
    if not np.isfinite(levels_db).any():
        return np.full(len(levels_db), np.nan)
    return np.asarray(levels_db - np.nanpercentile(levels_db, 95), dtype=np.float64)


def loud_frames_db(track: FrameTrack, spans: Sequence[Span]) -> NDArray[np.float64]:
    """Frames of the spans within 25 dB of their 95th percentile: the sounding part, shape (n,)."""
    inside = np.asarray(track.within(spans), dtype=np.float64)
    inside = inside[np.isfinite(inside)]
    return inside[inside >= np.percentile(inside, 95) - WITHIN_DB] if len(inside) else inside


def loudness_spread_db(frames_db: FloatArray) -> float | None:
    """Standard deviation of the level of the sounding frames. Unit dB.

    `intensity_spread` of measures.md 11; telephone against wideband: +0.14 dB, rank correlation 0.93 (9 extracts).
    No published norm: read against the agent's own calls.

    `loudness_spread` (dB): How much the level of the sounding speech varies. Formula: standard deviation of the
    level, frames of 10 ms within 25 dB of their 95th percentile, 300-3400 Hz. Needs: 20 s of sounding speech.
    Withheld without: signal-to-noise ratio of 25 dB. Source: our own probe (telephone against wideband, rank
    correlation 0.93). Published figures: none. Limits: In noise it measures the noise. Automatic gain control
    flattens it. Against the agent's own calls only.
    """
    return float(np.std(frames_db)) if len(frames_db) > 1 else None
