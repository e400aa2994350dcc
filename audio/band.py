"""The common band: 300-3400 Hz, level-normalised, whatever came in.

Method. A wideband recording and its telephone copy agree only if both are measured in the band they share
(measures.md 0.4: in-band articulation rate moves by 0.03 syll/s between them, full-band by 0.40). Every channel
is therefore brought to 16 kHz (8 kHz input is zero-stuffed, the filter removes the images) and through one
finite complex filter that keeps the positive frequencies of the band. Its real part is the band signal, its
magnitude the band's Hilbert envelope. Because the filter is finite, a block with enough context around it gives the
same samples as the whole channel: block edges move nothing. Speech is found in this band too (`band_sound`): of
the speech found in eight natural recordings or their copies through 300-3400 Hz and mu-law, 1 % is found in one of the
two only; in the full band it was 13 % (`tests/bench/voice/invariance.py`).

Level. The reference is the level that 95 % of the 10 ms frames of the speech stay under, measured in the band, so a
recording made 12 dB softer gives the same numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span, merge

LOW_HZ, HIGH_HZ = 300.0, 3400.0
WORK_RATE_HZ = 16000
_TRANSITION_HZ = 100.0
_KAISER_BETA = 5.65  # 60 dB in the stop band
_TAPS = 581  # odd: zero delay after trimming; 60 dB within the transition at 16 kHz
_HALF = _TAPS // 2
ENVELOPE_LOW_HZ, ENVELOPE_HIGH_HZ = 45.0, 320.0
_LOW_END_TAPS = 967  # 60 dB within 60 Hz at 16 kHz
_LOW_END_HALF = _LOW_END_TAPS // 2
_CHUNK = 20480  # samples filtered at once; 5.12 s hold four, so that much silence in front moves no bit
_CHUNK_SIZE = 23040  # holds a chunk, its margins and the filter; a cheap transform
_MARGIN = 774  # half of both filters, even because 8 kHz has every other sample

Analytic = NDArray[np.complex64]


@dataclass(frozen=True)
class BlockOptions:
    """How a channel is cut for work: blocks start on a grid, so that a split never moves a frame.

    grid_s      every block starts on a multiple of it from the channel's start; holds whole frames of 16 and of 10 ms
    block_s     longest kept stretch; bounds memory (about 30 MB of arrays; just under a cheap transform size)
    context_s   read on both sides and thrown away after: what the pitch model sees (0.18 s) and both filters (0.05 s)
    join_s      spans closer than this are worked on together: cheaper than reading context twice
    """

    grid_s: float = 0.08
    block_s: float = 23.84
    context_s: float = 0.24
    join_s: float = 0.48


@dataclass(frozen=True, eq=False)
class BandBlock:
    """A stretch of a channel in the common band.

    `analytic`: shape (n,), complex, 16 kHz, first sample at `first_s`; `keep`: the part whose values count.
    """

    keep: Span
    first_s: float
    analytic: Analytic


@lru_cache(maxsize=1)
def _kernel() -> Analytic:
    """Windowed sinc, shifted up to the positive half of the band, shape (_TAPS,). Doubled: real part = band."""
    t = (np.arange(_TAPS) - _TAPS // 2) / WORK_RATE_HZ
    half_width_hz, centre_hz = (HIGH_HZ - LOW_HZ) / 2, (HIGH_HZ + LOW_HZ) / 2
    low_pass = 2 * half_width_hz / WORK_RATE_HZ * np.sinc(2 * half_width_hz * t) * np.kaiser(_TAPS, _KAISER_BETA)
    return np.asarray(2 * low_pass * np.exp(2j * np.pi * centre_hz * t), dtype=np.complex64)


@lru_cache(maxsize=1)
def _low_end_kernel() -> NDArray[np.float32]:
    t = (np.arange(_LOW_END_TAPS) - _LOW_END_HALF) / WORK_RATE_HZ

    def low_pass(hz: float) -> NDArray[np.float64]:
        return np.asarray(2 * hz / WORK_RATE_HZ * np.sinc(2 * hz * t))

    window = np.kaiser(_LOW_END_TAPS, _KAISER_BETA)
    return np.asarray((low_pass(ENVELOPE_HIGH_HZ) - low_pass(ENVELOPE_LOW_HZ)) * window, dtype=np.float32)


@lru_cache(maxsize=8)  # blocks come in a handful of sizes; the largest takes 3 MB
def _kernel_spectrum(size: int) -> Analytic:
    return np.asarray(np.fft.fft(_kernel(), size), dtype=np.complex64)


def _fft_size(n: int) -> int:
    """The smallest 2**k or 3 * 2**k that holds n: cheap transforms without much padding."""
    power = 1 << max(0, n - 1).bit_length()
    return power * 3 // 4 if n <= power * 3 // 4 else power


def to_band(samples: NDArray[np.float32], rate_hz: int) -> Analytic:
    """The analytic signal of the common band at 16 kHz, zero delay.

    samples: shape (n,) at 8000 or 16000 Hz -> complex64, shape (n * 16000 / rate_hz,). The real part is the band
    signal, the magnitude its Hilbert envelope. The first and last 18 ms lean on silence outside the block.
    """
    stuffed = _at_work_rate(samples, rate_hz)
    if not len(stuffed):
        return np.zeros(0, dtype=np.complex64)
    size = _fft_size(len(stuffed) + _TAPS)
    spectrum = np.fft.fft(stuffed.astype(np.complex64), size) * _kernel_spectrum(size)
    filtered = np.fft.ifft(spectrum)[_HALF : _HALF + len(stuffed)]
    return np.asarray(filtered, dtype=np.complex64)


def _at_work_rate(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Zeros between the samples of 8 kHz: the images take half the level with them, and the band filter the images."""
    if rate_hz == WORK_RATE_HZ:
        return samples
    if rate_hz * 2 != WORK_RATE_HZ:
        raise ValueError(f"a channel comes at 8000 or 16000 Hz, got {rate_hz}")
    stuffed = np.zeros(2 * len(samples), dtype=np.float32)
    stuffed[::2] = 2 * samples
    return stuffed


def with_low_end(analytic: Analytic) -> NDArray[np.float32]:
    """The band with its low end regenerated, shape (n,), 16 kHz: what models hear that know wideband voices.

    The beating of neighbouring harmonics in the Hilbert envelope, between 45 and 320 Hz, brings back the fundamental
    that the telephone takes away (measures.md 0.3; Zahorian & Hu 2008 publish the idea).
    """
    envelope = np.abs(analytic).astype(np.float32)
    return analytic.real + fft_filter(envelope, _low_end_kernel())


def band_sound(channel: Channel, first: int, last: int) -> NDArray[np.float32]:
    """Samples [first, last) of the channel in the common band, counted at 16 kHz; silence outside the channel.

    Shape (last - first,), zero delay. Filtered in chunks on a fixed grid, so that the same samples come out whatever
    stretch of the channel is asked for.
    """
    return _in_chunks(channel, first, last, _band_chunk)


def band_sound_with_low_end(channel: Channel, first: int, last: int) -> NDArray[np.float32]:
    """As `band_sound`, with the low end regenerated."""
    return _in_chunks(channel, first, last, _chunk_with_low_end)


Chunked = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def _in_chunks(channel: Channel, first: int, last: int, filtered: Chunked) -> NDArray[np.float32]:
    """Each chunk is filtered out of itself and _MARGIN samples on both sides."""
    if last <= first:
        return np.zeros(0, dtype=np.float32)
    start, end = first // _CHUNK * _CHUNK, -(-last // _CHUNK) * _CHUNK
    factor = WORK_RATE_HZ // channel.rate_hz
    raw = _zero_padded(channel, (start - _MARGIN) // factor, (end + _MARGIN) // factor)
    sound = _at_work_rate(raw, channel.rate_hz)
    chunks = [filtered(sound[i : i + _CHUNK + 2 * _MARGIN]) for i in range(0, end - start, _CHUNK)]
    return np.concatenate(chunks)[first - start : last - start]


def _band_chunk(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    kept = np.fft.irfft(np.fft.rfft(samples, _CHUNK_SIZE) * _real_spectrum(), _CHUNK_SIZE)
    return np.asarray(kept[_MARGIN + _HALF : _MARGIN + _HALF + _CHUNK], dtype=np.float32)


def _chunk_with_low_end(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return with_low_end(to_band(samples, WORK_RATE_HZ))[_MARGIN : _MARGIN + _CHUNK]


@lru_cache(maxsize=1)
def _real_spectrum() -> Analytic:
    return np.asarray(np.fft.rfft(_kernel().real.astype(np.float32), _CHUNK_SIZE), dtype=np.complex64)


def fft_filter(samples: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """`samples` through a symmetric real filter of odd length, zero delay, same shape."""
    size = _fft_size(len(samples) + len(kernel))
    filtered = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(kernel, size), size)
    return np.asarray(filtered[len(kernel) // 2 : len(kernel) // 2 + len(samples)], dtype=np.float32)


def band_blocks(channel: Channel, spans: Sequence[Span], options: BlockOptions | None = None) -> Iterator[BandBlock]:
    """The channel's `spans` (sorted, disjoint, call time) in the common band, in bounded blocks with context.

    `keep` spans are disjoint, in order, on the grid, and together cover the spans. Outside the channel is silence.
    """
    options = options or BlockOptions()
    for keep in _kept(channel, spans, options):
        first_s, end_s = keep.start_s - options.context_s, keep.end_s + options.context_s
        yield BandBlock(keep, first_s, to_band(_padded_read(channel, first_s, end_s), channel.rate_hz))
        channel.release()


def _kept(channel: Channel, spans: Sequence[Span], options: BlockOptions) -> Iterator[Span]:
    inside = (s.overlap(channel.span) for s in spans)
    for span in merge(_snapped(s, channel.start_s, options.grid_s) for s in _joined(inside, options.join_s)):
        n_blocks = max(1, math.ceil(span.duration_s / options.block_s - 1e-9))
        steps = round(span.duration_s / options.grid_s)
        edges = [span.start_s + options.grid_s * round(steps * i / n_blocks) for i in range(n_blocks + 1)]
        yield from (Span(a, b) for a, b in itertools.pairwise(edges))


def _joined(spans: Iterator[Span | None], join_s: float) -> list[Span]:
    return merge((s for s in spans if s is not None), max_gap_s=join_s)


def _snapped(span: Span, origin_s: float, grid_s: float) -> Span:
    """Out to the grid on both sides, so that the span stays covered."""
    start = math.floor((span.start_s - origin_s) / grid_s + 1e-6)
    end = math.ceil((span.end_s - origin_s) / grid_s - 1e-6)
    return Span(origin_s + start * grid_s, origin_s + end * grid_s)


def _padded_read(channel: Channel, first_s: float, end_s: float) -> NDArray[np.float32]:
    """Samples of [first_s, end_s), silence where the channel has none."""
    first = round((first_s - channel.start_s) * channel.rate_hz)
    return _zero_padded(channel, first, round((end_s - channel.start_s) * channel.rate_hz))


def _zero_padded(channel: Channel, first: int, last: int) -> NDArray[np.float32]:
    """Samples [first, last), silence where the channel has none."""
    block = np.zeros(last - first, dtype=np.float32)
    a, b = max(0, first), max(0, min(last, len(channel.samples)))
    if b > a:
        block[a - first : b - first] = channel.samples[a:b]
    return np.nan_to_num(block, copy=False, posinf=0.0, neginf=0.0)


def speech_level(channel: Channel, spans: Sequence[Span]) -> float:
    """How loud the channel speaks: the RMS (full scale 1) that 95 % of 10 ms frames of the spans stay under.

    Without its DC offset; 0.0 when the spans hold no sound. Used to bring every channel to one level before tracking.
    """
    size = channel.rate_hz // 100
    levels = [_frame_rms(_padded_read(channel, s.start_s, s.end_s), size) for s in _pieces(spans)]
    channel.release()
    frames = np.concatenate(levels) if levels else np.zeros(0, dtype=np.float32)
    return float(np.percentile(frames, 95)) if len(frames) else 0.0


def _pieces(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans in pieces of a minute at most."""
    for span in spans:
        for start_s in np.arange(span.start_s, span.end_s, 60.0).tolist():
            yield Span(start_s, min(start_s + 60.0, span.end_s))


def _frame_rms(samples: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(frames.std(axis=1), dtype=np.float32)
