"""Cross-talk as a number: how loud the other party is on this channel, and how alike the two channels are there.

`audio.leak` takes leaking stretches out of the speech; this page says how much leaks, speech detector or not.
measures.md 11, row 24. Our own; validated in tests/audio/test_crosstalk.py.

level_db    dB of what this channel holds of the other party, re that party's own channel (-30: 30 dB under it).
            Median over windows of 0.4 s in which the other speaks and this party does not, of those that the other
            channel predicts (`audio.leak_path`) to at least 15 % of their energy; they must be a quarter of the
            windows, and 5. Noise of the line does not count: only what is predicted does. Negative; None with a reason.
likeness    echo correlation: median over the same windows of the root of the predicted share, 0 to 1. Two channels
            with nothing in common give about 0.15 (48 taps at a free lag always predict a little).

Minimum: 10 windows (4 s) of the other party speaking alone. Invalid: a line that cancels echo in bursts; a hum
common to both channels louder than the leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio.leak_path import DEFAULT_PATH, Predicted, predict
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, subtract

WINDOW_S = 0.4
MIN_WINDOWS = 10
MOST_WINDOWS = 60
"""Spread over the call: a path does not change from second to second, and an hour must not cost more."""
PREDICTED_SHARE = 0.15
MIN_LEAKING = 5
MIN_LEAKING_SHARE = 0.25
_AROUND_OWN_S = 0.2


@dataclass(frozen=True)
class Crosstalk:
    """The other party on this channel. `level_db` None: not there or not measurable, `reason` says which."""

    level_db: float | None
    likeness: float | None
    reason: Note | None = None


ONE_CHANNEL = Crosstalk(None, None, Note("sound.crosstalk_one_channel"))
"""On mono there is no other channel to compare with."""


def find_crosstalk(own: Channel, other: Channel, speech_own: Sequence[Span], speech_other: Sequence[Span]) -> Crosstalk:
    """Level and likeness of the other party on `own`; speech without what leaks, sorted and disjoint.

    `crosstalk` (dB): How loud the other party is on this party's channel, against their own channel. Formula: level
    of what the other channel predicts of this one, median of windows of 0.4 s in which only the other speaks. Needs:
    10 such windows. Withheld without: two channels, and something of the other party that can be heard. Source: our
    own. Published figures: none. Limits: Echo cancellers that work in bursts, and a hum on both channels, disturb
    it.
    """
    windows = _windows(speech_own, speech_other)
    if len(windows) < MIN_WINDOWS:
        reason = Note("sound.crosstalk_little_speech", {"least_s": MIN_WINDOWS * WINDOW_S})
        return Crosstalk(None, None, reason)
    found = [predict(own, other, window, DEFAULT_PATH) for window in windows]
    own.release()
    other.release()
    return _judged(found)


def worst_crosstalk(found: Sequence[Crosstalk]) -> Crosstalk:
    """The loudest of what several channels leave on one; the first reason when none could be told."""
    if not found:
        return ONE_CHANNEL
    return max(found, key=lambda c: (c.level_db is not None, c.level_db or 0.0))


def _judged(found: Sequence[Predicted]) -> Crosstalk:
    likeness = float(np.median([np.sqrt(max(0.0, p.share)) for p in found]))
    levels_db = [p.gain_db for p in found if p.share >= PREDICTED_SHARE and p.gain_db is not None]
    if len(levels_db) < max(MIN_LEAKING, MIN_LEAKING_SHARE * len(found)):
        return Crosstalk(None, likeness, Note("sound.crosstalk_none"))
    return Crosstalk(float(np.median(levels_db)), likeness)


def _windows(speech_own: Sequence[Span], speech_other: Sequence[Span]) -> list[Span]:
    """Windows in which only the other speaks, at most MOST_WINDOWS, spread evenly."""
    near = [Span(s.start_s - _AROUND_OWN_S, s.end_s + _AROUND_OWN_S) for s in speech_own]
    windows = [
        Span(piece.start_s + i * WINDOW_S, piece.start_s + (i + 1) * WINDOW_S)
        for piece in subtract(speech_other, near)
        for i in range(int(piece.duration_s / WINDOW_S + 1e-6))
    ]
    if len(windows) <= MOST_WINDOWS:
        return windows
    return [windows[i] for i in np.linspace(0, len(windows) - 1, MOST_WINDOWS).round().astype(int)]
