"""Short-time spectra of the speech of one channel: what the mixture diarizer looks at.

Written in numpy alone: importing librosa's path to MFCC costs seconds of start-up, more than the whole diarization
of a call. Only speech is read, region by region, so memory follows the speech and not the length of the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureOptions:
    """Frames and mel cepstra. Window and hop as in HTK and Kaldi; the band is that of a telephone line.

    The band is the same at 16 kHz: a call that mixes wide and narrow lines is then judged on what both carry.
    """

    hop_s: float = 0.010
    window_s: float = 0.025
    low_hz: float = 200.0
    high_hz: float = 3700.0
    n_bands: int = 24
    n_cepstra: int = 19
    pre_emphasis: float = 0.97
    block_s: float = 60.0


@dataclass(frozen=True, eq=False)
class SpeechFrames:
    """Features of the speech frames only, in order.

    features  shape (n_frames, n_features), each column with mean 0 and variance 1 over the call's speech
    starts_s  shape (n_frames,), call time where each frame begins; it lasts `hop_s`
    region    shape (n_frames,), index of the speech region the frame comes from
    """

    features: Floats
    starts_s: NDArray[np.float64]
    region: NDArray[np.int64]
    hop_s: float

    def __len__(self) -> int:
        return len(self.features)


def speech_frames(channel: Channel, speech: Sequence[Span], options: FeatureOptions) -> SpeechFrames:
    """Cepstra of the speech regions (call time, sorted, disjoint) of a channel; regions outside it give none."""
    cepstra: list[Floats] = []
    starts_s: list[NDArray[np.float64]] = []
    region: list[NDArray[np.int64]] = []
    for index, span in _blocks(channel, speech, options):
        block = _cepstra(channel, span, options)
        cepstra.append(block)
        starts_s.append(np.asarray(span.start_s + np.arange(len(block)) * options.hop_s, dtype=np.float64))
        region.append(np.full(len(block), index, dtype=np.int64))
        channel.release()
    if not cepstra:
        nothing = np.zeros((0, options.n_cepstra), dtype=np.float32)
        return SpeechFrames(nothing, np.zeros(0), np.zeros(0, dtype=np.int64), options.hop_s)
    return SpeechFrames(
        standardised(np.concatenate(cepstra)), np.concatenate(starts_s), np.concatenate(region), options.hop_s
    )


def standardised(values: Floats) -> Floats:
    """Columns with mean 0 and variance 1; a constant column becomes 0."""
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1), dtype=np.float32)


def _blocks(channel: Channel, speech: Sequence[Span], options: FeatureOptions) -> Iterator[tuple[int, Span]]:
    """Regions cut to the channel and to bounded blocks, with the index of their region."""
    for index, span in enumerate(speech):
        inside = span.overlap(channel.span)
        if inside is None:
            continue
        n_blocks = max(1, int(np.ceil(inside.duration_s / options.block_s)))
        for k in range(n_blocks):
            start_s = inside.start_s + k * options.block_s
            yield index, Span(start_s, min(start_s + options.block_s, inside.end_s))


def _cepstra(channel: Channel, span: Span, options: FeatureOptions) -> Floats:
    """Mel cepstra c1..cn of the whole frames inside a span, shape (n_frames, n_cepstra)."""
    spectrum = _power(_frames(channel, span, options), channel.rate_hz, options)
    bands = np.log(spectrum @ _mel_filters(channel.rate_hz, options) + np.float32(1e-10))
    return np.asarray(bands @ _cosines(options.n_bands, options.n_cepstra), dtype=np.float32)


def _frames(channel: Channel, span: Span, options: FeatureOptions) -> Floats:
    """Windows centred on each whole hop inside a span, shape (n_frames, n_window); silence beyond the channel."""
    hop, window = round(options.hop_s * channel.rate_hz), round(options.window_s * channel.rate_hz)
    n_frames = int(span.duration_s / options.hop_s + 1e-6)
    first = round((span.start_s - channel.start_s) * channel.rate_hz) - (window - hop) // 2
    length = window + hop * max(n_frames - 1, 0)
    samples = np.array(channel.samples[max(first, 0) : max(first + length, 0)], dtype=np.float32)
    head = max(-first, 0)
    samples = np.pad(samples, (head, max(length - head - len(samples), 0)))[:length]
    return np.lib.stride_tricks.sliding_window_view(samples, window)[::hop][:n_frames]


def _power(frames: Floats, rate_hz: int, options: FeatureOptions) -> Floats:
    emphasised = frames[:, 1:] - np.float32(options.pre_emphasis) * frames[:, :-1]
    taper = np.hamming(emphasised.shape[1]).astype(np.float32)
    spectrum = np.fft.rfft(emphasised * taper, n=_fft_size(rate_hz, options), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def _fft_size(rate_hz: int, options: FeatureOptions) -> int:
    return int(2 ** np.ceil(np.log2(options.window_s * rate_hz)))


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


@lru_cache(maxsize=4)
def _mel_filters(rate_hz: int, options: FeatureOptions) -> Floats:
    """Triangles even on the mel scale (O'Shaughnessy 1987), shape (n_bins, n_bands)."""
    edges_mel = np.linspace(_mel(options.low_hz), _mel(options.high_hz), options.n_bands + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    bins_hz = np.fft.rfftfreq(_fft_size(rate_hz, options), 1 / rate_hz)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / (edges_hz[1:-1] - edges_hz[:-2])
    falling = (edges_hz[2:] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None), dtype=np.float32)


@lru_cache(maxsize=4)
def _cosines(n_bands: int, n_cepstra: int) -> Floats:
    """DCT-II without its constant row (loudness), shape (n_bands, n_cepstra)."""
    angles = (np.arange(n_bands)[:, None] + 0.5) * np.arange(1, n_cepstra + 1)
    return np.asarray(np.cos(np.pi / n_bands * angles), dtype=np.float32)
