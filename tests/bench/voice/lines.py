"""What lies between a mouth and a recording: bands, codecs, noise. 16 kHz sound in, sound and its rate out."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.audio.codec_files import encode, write_wav
from tests.audio.signals import RATE_HZ, mu_law, telephone

Samples = NDArray[np.float32]
Heard = tuple[Samples, int]
Line = Callable[[Samples], Heard]
PHONE_HZ = RATE_HZ // 2
A_LAW = 87.6


def a_law(samples: Samples) -> Samples:
    """To 8-bit A-law and back (continuous law, 87.6)."""
    x, scale = np.clip(np.asarray(samples, dtype=np.float64), -1, 1), 1 + np.log(A_LAW)
    size = np.abs(x)
    squeezed = np.where(size < 1 / A_LAW, A_LAW * size, 1 + np.log(np.maximum(A_LAW * size, 1e-12))) / scale
    code = np.round(np.minimum(squeezed, 1.0) * 127) / 127 * scale
    wide = np.where(code < 1, code / A_LAW, np.exp(code - 1) / A_LAW)
    return np.asarray(np.sign(x) * wide, dtype=np.float32)


def narrow(samples: Samples) -> Samples:
    """300-3400 Hz at 8 kHz before any code."""
    return telephone(samples, coded=False)


def noisy(samples: Samples, snr_db: float = 20.0) -> Heard:
    """White noise under the sounding part, on the telephone."""
    sound = narrow(samples)
    level = np.sqrt(np.mean(sound[np.abs(sound) > 0.02 * np.abs(sound).max()] ** 2))
    noise = np.random.default_rng(1).normal(size=len(sound)) * level * 10 ** (-snr_db / 20)
    return mu_law((sound + noise).astype(np.float32)), PHONE_HZ


def coded(samples: Samples, rate_hz: int, codec: str, muxer: str, bit_rate: int) -> Samples:
    """Through an encoder and back, at the same rate; as long as before."""
    import av
    import soxr

    with tempfile.TemporaryDirectory() as folder:
        path = encode(Path(folder) / "sound", samples[None, :], rate_hz, codec, muxer=muxer, bit_rate=bit_rate)
        with av.open(str(path), format=muxer) as container:
            frames = [(f.to_ndarray(), f.sample_rate) for f in container.decode(audio=0)]
    sound = np.concatenate([f.reshape(-1) for f, _ in frames])
    scale = 32768 if sound.dtype == np.int16 else 1
    return _fitted(soxr.resample(sound / scale, frames[0][1], rate_hz), len(samples))


def sox(samples: Samples, rate_hz: int, *, suffix: str = ".wav", effect: tuple[str, ...] = ()) -> Samples:
    """Through sox: written as `suffix` after an effect, and read back. Raises FileNotFoundError where it is absent."""
    if shutil.which("sox") is None:
        raise FileNotFoundError(2, "not installed", "sox")
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        source = write_wav(Path(folder) / "in.wav", samples[None, :], rate_hz)
        middle, back = Path(folder) / f"middle{suffix}", Path(folder) / "back.wav"
        for command in ([str(source), str(middle), *effect], [str(middle), "-b", "16", "-e", "signed", str(back)]):
            subprocess.run(["sox", *command], check=True, capture_output=True)
        sound, _ = soundfile.read(back, dtype="float32")
    return np.asarray(sound, dtype=np.float32)


def tempo(samples: Samples, factor: float) -> Samples:
    """The same voice faster by `factor`, its pitch kept (waveform overlap of sox)."""
    return sox(samples, RATE_HZ, effect=("tempo", "-s", str(factor)))


def _fitted(sound: NDArray[np.floating], n_samples: int) -> Samples:
    kept = np.asarray(sound[:n_samples], dtype=np.float32)
    return np.pad(kept, (0, n_samples - len(kept)))


LINES: Mapping[str, Line] = {
    "wideband": lambda s: (s, RATE_HZ),
    "a_law": lambda s: (a_law(narrow(s)), PHONE_HZ),
    "mu_law": lambda s: (mu_law(narrow(s)), PHONE_HZ),
    "amr_12k": lambda s: (coded(narrow(s), PHONE_HZ, "libopencore_amrnb", "amr", 12200), PHONE_HZ),
    "amr_4k75": lambda s: (coded(narrow(s), PHONE_HZ, "libopencore_amrnb", "amr", 4750), PHONE_HZ),
    "gsm": lambda s: (_fitted(sox(narrow(s), PHONE_HZ, suffix=".gsm"), len(narrow(s))), PHONE_HZ),
    "opus_12k": lambda s: (coded(s, RATE_HZ, "libopus", "ogg", 12000), RATE_HZ),
    "noise_20db": noisy,
}
