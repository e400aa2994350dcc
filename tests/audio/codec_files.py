"""Makers of sound files for the tests: real encoders, hostile headers, voices of known truth."""

from __future__ import annotations

import shutil
import struct
import subprocess
import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def voice(
    duration_s: float, rate_hz: int, *, f0_hz: float = 130.0, seed: int = 0, pauses: bool = True
) -> NDArray[np.float32]:
    """Harmonics in the telephone band under a syllable-like envelope, peak 0.5, shape (n_samples,)."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * rate_hz)
    time_s = np.arange(n) / rate_hz
    wander = np.cumsum(rng.standard_normal(n)) / rate_hz * 8
    phase = 2 * np.pi * (f0_hz * time_s + wander)
    tone = sum(np.sin(k * phase + k) / k for k in range(3, 14) if 300 < k * f0_hz < min(3000, rate_hz / 2.5))
    knots = np.repeat(rng.choice([0.0 if pauses else 0.3, 0.4, 0.7, 1.0], size=int(duration_s * 5) + 2), 2)
    envelope = np.interp(time_s, np.arange(len(knots)) * 0.1, knots)
    sound = np.asarray(tone * envelope)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def two_voices(duration_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Two unlike voices, shape (2, n_samples)."""
    return np.stack([voice(duration_s, rate_hz, seed=1), voice(duration_s, rate_hz, f0_hz=210.0, seed=2)])


def encode(
    path: Path, samples: NDArray[np.float32], rate_hz: int, codec: str, *, muxer: str, bit_rate: int = 0
) -> Path:
    """Writes samples, shape (n_channels, n_samples), with one of the bundled encoders."""
    layout = {1: "mono", 2: "stereo"}[len(samples)]
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.rate, frame.pts = rate_hz, 0
        resampler = av.AudioResampler(stream.format.name, layout, rate_hz, frame_size=stream.frame_size or 0)
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(ready))
    return path


def sox(path: Path, samples: NDArray[np.float32], rate_hz: int, *options: str) -> Path | None:
    """The same through sox, which has encoders PyAV lacks; None where sox is absent."""
    if shutil.which("sox") is None:
        return None
    source = write_wav(path.with_suffix(".source.wav"), samples, rate_hz)
    subprocess.run(["sox", str(source), *options, str(path)], check=True, capture_output=True)
    return path


def write_wav(path: Path, samples: NDArray[np.float32], rate_hz: int) -> Path:
    """16-bit PCM, any number of channels."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(np.clip(samples, -1, 32767 / 32768).T * 32768).astype("<i2").tobytes())
    return path


def claim_length(path: Path, duration_s: float) -> Path:
    """Makes the header of a 16-bit WAV file announce another length."""
    data = bytearray(path.read_bytes())
    rate_hz, bytes_per_s = struct.unpack_from("<II", data, 24)
    assert rate_hz > 0
    size = int(duration_s * bytes_per_s)
    struct.pack_into("<I", data, 40, min(size, 0xFFFFFFF0))
    struct.pack_into("<I", data, 4, min(size + 36, 0xFFFFFFF0))
    path.write_bytes(data)
    return path
