"""What browsers will play: right length, left and right apart, clips in their place, bounded blocks."""

from __future__ import annotations

import io
import math

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from audio.errors import BadParameter, EmptyAudio
from audio.listening import BLOCK_S, EncodedAudio, encode
from audio.recording import Channel
from audio.timeline import Span

RATE_HZ = 8000
LENGTH_TOLERANCE_S = 0.021
"""One Opus frame of 20 ms, and a sample of rounding."""
LEAK_DB = -35.0
"""Below this a voice of the other channel isn't heard under the coder's own noise."""
ONSET_TOLERANCE_S = 0.03


def tone(hz: float, spans: list[Span], *, duration_s: float, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    on = np.zeros(len(time_s), dtype=bool)
    for span in spans:
        on |= (time_s >= span.start_s) & (time_s < span.end_s)
    voice = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in range(1, 6))
    return (0.2 * voice * on).astype(np.float32)


def decode(audio: EncodedAudio) -> tuple[NDArray[np.float32], int]:
    """Samples of shape (n_channels, n_samples) and their rate."""
    with av.open(io.BytesIO(audio.data)) as container:
        frames = [f.to_ndarray() for f in container.decode(audio=0)]
        return np.concatenate(frames, axis=1), container.streams.audio[0].rate


def rms(samples: NDArray[np.float32], rate_hz: int, span: Span) -> float:
    part = samples[round(span.start_s * rate_hz) : round(span.end_s * rate_hz)]
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2)))


@pytest.mark.parametrize("duration_s", [0.5, 3.37, 2 * BLOCK_S + 1.23])
def test_decoded_sound_is_as_long_as_the_call(duration_s: float) -> None:
    samples = tone(200, [Span(0, duration_s)], duration_s=duration_s)
    audio = encode([Channel(0, samples, RATE_HZ)])
    decoded, rate_hz = decode(audio)
    assert abs(decoded.shape[1] / rate_hz - duration_s) < LENGTH_TOLERANCE_S
    assert audio.span == Span(0.0, len(samples) / RATE_HZ)


def test_left_and_right_stay_apart() -> None:
    left, right = Span(1, 3), Span(4, 6)
    channels = [
        Channel(i, tone(hz, [s], duration_s=7), RATE_HZ) for i, (hz, s) in enumerate(((190, left), (120, right)))
    ]
    decoded, rate_hz = decode(encode(channels))
    for side, own in enumerate((left, right)):
        inner = Span(own.start_s + 0.1, own.end_s - 0.1)
        leak_db = 20 * math.log10(rms(decoded[1 - side], rate_hz, inner) / rms(decoded[side], rate_hz, inner) + 1e-9)
        assert leak_db < LEAK_DB


def test_clip_starts_where_it_says() -> None:
    channel = Channel(0, tone(200, [Span(30.5, 31.0)], duration_s=60), RATE_HZ)
    clip = encode([channel], Span(30.0, 32.0))
    decoded, rate_hz = decode(clip)
    loud = np.flatnonzero(np.abs(decoded[0]) > 0.05)
    assert clip.span == Span(30.0, 32.0)
    assert abs(loud[0] / rate_hz - 0.5) < ONSET_TOLERANCE_S


def test_leg_that_starts_later_is_heard_later() -> None:
    early = Channel(0, tone(190, [Span(0, 1)], duration_s=5), RATE_HZ)
    late = Channel(1, tone(120, [Span(0, 1)], duration_s=3), RATE_HZ, start_s=2.0)
    decoded, rate_hz = decode(encode([early, late]))
    assert rms(decoded[1], rate_hz, Span(0.2, 1.8)) < 0.005
    assert rms(decoded[1], rate_hz, Span(2.2, 2.8)) > 0.05


def test_legs_of_two_rates_stay_in_step() -> None:
    narrow = Channel(0, tone(190, [Span(2, 3)], duration_s=4), RATE_HZ)
    wide = Channel(1, tone(120, [Span(2, 3)], duration_s=4, rate_hz=16000), 16000)
    decoded, rate_hz = decode(encode([narrow, wide]))
    onsets_s = [np.flatnonzero(np.abs(side) > 0.05)[0] / rate_hz for side in decoded]
    assert onsets_s == pytest.approx([2.0, 2.0], abs=ONSET_TOLERANCE_S)


def test_block_edges_are_not_heard() -> None:
    duration_s = BLOCK_S + 2
    decoded, rate_hz = decode(encode([Channel(0, tone(200, [Span(0, duration_s)], duration_s=duration_s), RATE_HZ)]))
    at_edge = rms(decoded[0], rate_hz, Span(BLOCK_S - 0.02, BLOCK_S + 0.02))
    assert at_edge == pytest.approx(rms(decoded[0], rate_hz, Span(5.0, 5.04)), rel=0.1)


def test_samples_over_full_scale_are_held_at_full_scale() -> None:
    decoded, _ = decode(encode([Channel(0, 50 * tone(200, [Span(0, 1)], duration_s=1), RATE_HZ)]))
    assert np.abs(decoded).max() < 1.6  # a coder may ring above 1, not to 50


def test_what_cannot_be_listened_to_is_refused() -> None:
    channel = Channel(0, np.zeros(RATE_HZ, dtype=np.float32), RATE_HZ)
    with pytest.raises(BadParameter, match=r"page\.listen_channels"):
        encode([])
    with pytest.raises(BadParameter, match=r"page\.listen_channels"):
        encode([channel] * 3)
    with pytest.raises(EmptyAudio, match=r"page\.listen_empty"):
        encode([channel], Span(5.0, 6.0))


@pytest.mark.parametrize("clip", [None, Span(2.0, 9.0)])
def test_muted_stretches_are_silent_on_every_channel(clip: Span | None) -> None:
    duration_s, muted = BLOCK_S + 5, [Span(3, 4), Span(BLOCK_S - 0.5, BLOCK_S + 0.5)]
    channels = [
        Channel(i, tone(hz, [Span(0, duration_s)], duration_s=duration_s), RATE_HZ) for i, hz in ((0, 190), (1, 120))
    ]
    decoded, rate_hz = decode(encode(channels, clip, muted=muted))
    offset_s = clip.start_s if clip else 0.0
    for channel in decoded:
        loud = rms(channel, rate_hz, Span(4.5 - offset_s, 5.5 - offset_s))
        inside = rms(channel, rate_hz, Span(3.1 - offset_s, 3.9 - offset_s))
        assert inside < loud * 10 ** (LEAK_DB / 20)
    if clip is None:
        assert rms(decoded[0], rate_hz, Span(BLOCK_S - 0.4, BLOCK_S + 0.4)) < loud * 10 ** (
            LEAK_DB / 20
        )  # over a block's edge
