"""Speech regions packed into windows of 30 s, with the map back to call time.

Whisper spends the same on a window whether it holds one word or thirty seconds of speech, and a party of a call speaks
in short regions with the other's turns between. Regions therefore stand one behind the other in a window, the silence
between them cut to `gap_s`; a region longer than a window is cut where it is quietest. What is heard at second t of a
window belongs to the piece that holds t.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span, to_samples

RATE_HZ = 16000
_LEVEL_S = 0.02
_FADE_S = 0.01


@dataclass(frozen=True)
class WindowOptions:
    """window_s: longest window (Whisper hears 30 s); gap_s: silence left between regions; cut_within_s: a long region
    is cut in the last so many seconds of its window.
    """

    window_s: float = 29.5
    gap_s: float = 0.3
    cut_within_s: float = 4.0


@dataclass(frozen=True)
class Piece:
    """A stretch of the call, and where it begins in its window, seconds."""

    span: Span
    at_s: float

    @property
    def end_s(self) -> float:
        """Where it ends in the window."""
        return self.at_s + self.span.duration_s


@dataclass(frozen=True)
class Window:
    """Pieces in call order, which is their order in the window."""

    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        """Length of the window, seconds."""
        return self.pieces[-1].end_s

    def placed(self, start_s: float, end_s: float) -> Span:
        """Call time of a stretch of the window: in the piece nearest to its middle, clipped to that piece.

        A recogniser stretches words over pauses, so an end may lie in a neighbour; the middle decides.
        """
        middle_s = (start_s + end_s) / 2
        at = max(0, bisect_right([p.at_s for p in self.pieces], middle_s) - 1)
        after = self.pieces[at + 1] if at + 1 < len(self.pieces) else None
        if after is not None and after.at_s - middle_s < middle_s - self.pieces[at].end_s:
            at += 1
        piece = self.pieces[at]
        inside = (min(max(t, piece.at_s), piece.end_s) - piece.at_s for t in (start_s, max(start_s, end_s)))
        first_s, last_s = inside
        return Span(piece.span.start_s + first_s, piece.span.start_s + last_s)


def pack(channel: Channel, speech: Sequence[Span], options: WindowOptions | None = None) -> list[Window]:
    """The (sorted, disjoint) speech regions of a channel in as few windows as their order allows."""
    options = options or WindowOptions()
    windows: list[list[Piece]] = []
    for region in _cut(channel, speech, options):
        last = windows[-1][-1] if windows else None
        gap_s = 0.0 if last is None else min(options.gap_s, max(0.0, region.start_s - last.span.end_s))
        if last is not None and last.end_s + gap_s + region.duration_s <= options.window_s:
            windows[-1].append(Piece(region, last.end_s + gap_s))
        else:
            windows.append([Piece(region, 0.0)])
    return [Window(tuple(pieces)) for pieces in windows]


def _cut(channel: Channel, speech: Sequence[Span], options: WindowOptions) -> Iterator[Span]:
    for region in speech:
        start_s = region.start_s
        while region.end_s - start_s > options.window_s:
            latest_s = start_s + options.window_s
            at_s = _quietest_s(channel, Span(latest_s - options.cut_within_s, latest_s))
            yield Span(start_s, at_s)
            start_s = at_s
        if region.end_s > start_s:
            yield Span(start_s, region.end_s)


def _quietest_s(channel: Channel, span: Span) -> float:
    """Middle of the quietest 20 ms inside a span; its end when the channel has no sound there."""
    samples = channel.read(span)
    size = to_samples(_LEVEL_S, channel.rate_hz)
    n = len(samples) // size
    if n == 0:
        return span.end_s
    power = np.square(samples[: n * size].reshape(n, size)).mean(axis=1)
    return span.start_s + (int(np.argmin(power)) + 0.5) * _LEVEL_S


def window_sound(channel: Channel, window: Window) -> NDArray[np.float32]:
    """The window's samples at 16 kHz, silence between its pieces, whose ends are faded, shape (n_samples,)."""
    sound = np.zeros(to_samples(window.duration_s, RATE_HZ), dtype=np.float32)
    for piece in window.pieces:
        first = to_samples(piece.at_s, RATE_HZ)
        samples = _faded(read_16k(channel, piece.span)[: len(sound) - first])
        sound[first : first + len(samples)] = samples
    return sound


def _faded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ends brought to nothing over 10 ms: an edge in the sound is a click, and a click is heard as something said."""
    n = len(samples)
    ramp = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / (_FADE_S * RATE_HZ))
    return np.asarray(samples * ramp, dtype=np.float32)


def read_16k(channel: Channel, span: Span) -> NDArray[np.float32]:
    """Samples of a span at 16 kHz, shape (n_samples,)."""
    samples = channel.read(span)
    if channel.rate_hz == RATE_HZ:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, channel.rate_hz, RATE_HZ), dtype=np.float32)
