"""A night's folder: short calls of the demo's generator, each different, every tenth damaged, in ten ways by turns."""

from __future__ import annotations

import io
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from service.demo.dialogue import Said, Side, SpokenCall, render, webvtt
from service.demo.make_calls import opus, wav
from service.demo.speak import RATE_HZ, VoiceStyle
from service.demo.variants import Variant, lines, situations, variants

DAMAGED_EVERY = 10
PITCHES = (40, 50, 60)
HOUR_S = 3600.0
SHORTEST_CHARACTERS, LONGEST_CHARACTERS = 25, 70


@dataclass(frozen=True)
class Expected:
    """What must become of a file: its state in the report, the code of its reason, when it has one, and what its result
    must say of the sound.
    """

    state: str
    code: str | None = None
    note: str | None = None


@lru_cache
def _styles(variant: Variant, pitch: int) -> dict[Side, VoiceStyle]:
    people = situations(variant.language)
    return {
        "agent": VoiceStyle(people["agent_voices"][variant.situation], 175, pitch),
        "customer": VoiceStyle(people["customer_voices"][variant.situation], 165),
    }


def short_call(rng: np.random.Generator) -> tuple[SpokenCall, Variant]:
    """One line of each party, four to ten seconds: whose, at which pitch and how far apart is drawn."""
    every = list(variants())
    variant = every[int(rng.integers(len(every)))]
    short = [s for s in lines(variant) if SHORTEST_CHARACTERS <= len(s.text) <= LONGEST_CHARACTERS]
    said = [
        Said(side, drawn.text, gap_s=float(rng.uniform(0.2, 1.0)))
        for side in ("agent", "customer")
        for drawn in [_one(rng, [s for s in short if s.side == side] or short)]
    ]
    voices = _styles(variant, PITCHES[int(rng.integers(len(PITCHES)))])
    return render(said, voices, seed=int(rng.integers(2**31))), variant


def _one(rng: np.random.Generator, among: list[Said]) -> Said:
    return among[int(rng.integers(len(among)))]


def _mp3(call: SpokenCall) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE_HZ, layout="stereo")
        samples = np.ascontiguousarray(call.samples.T.reshape(1, -1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.rate = RATE_HZ
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=RATE_HZ)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


def _header(*, channels: int = 2, rate_hz: int = RATE_HZ, data_bytes: int) -> bytes:
    """Of a 16-bit WAV that says of itself what it likes."""
    block = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, min(rate_hz * block, 2**32 - 1), block, 16)
    riff = b"RIFF" + struct.pack("<I", min(36 + data_bytes, 2**32 - 1)) + b"WAVE"
    return riff + b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", data_bytes)


def _sound(call: SpokenCall) -> bytes:
    return wav(call)[44:]


def _own(call: SpokenCall) -> bytes:
    """A few bytes that no other file has."""
    return call.samples[:, 100:164].tobytes()


Damage = Callable[[Path, SpokenCall], tuple[Path, Expected]]


def _text(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    path.with_suffix(".wav").write_text(f"minutes of {path.stem}\n" + "nothing to hear\n" * 40)
    return path.with_suffix(".wav"), Expected("refused", "sound.text")


def _half_an_mp3(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    whole = _mp3(call)
    path.with_suffix(".mp3").write_bytes(whole[: len(whole) * 2 // 3])
    return path.with_suffix(".mp3"), Expected("done", note="sound.shorter_than_header")


def _no_seconds(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    own = _own(call)
    listed = b"LIST" + struct.pack("<I", len(own)) + own
    whole = _header(data_bytes=0)
    path.with_suffix(".wav").write_bytes(whole[:36] + listed + whole[36:])
    return path.with_suffix(".wav"), Expected("failed", "sound.no_samples")


def _no_bytes(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    path.with_suffix(".wav").write_bytes(b"")
    return path.with_suffix(".wav"), Expected("refused", "sound.empty_file")


def _seven_channels(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    sound = _sound(call)[: 7 * 2 * 4000]
    path.with_suffix(".wav").write_bytes(_header(channels=7, data_bytes=len(sound)) + sound)
    return path.with_suffix(".wav"), Expected("done", note="sound.many_channels")


def _claims_an_hour(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    path.with_suffix(".wav").write_bytes(_header(data_bytes=3600 * 4 * RATE_HZ) + _sound(call))
    return path.with_suffix(".wav"), Expected("done", note="sound.shorter_than_header")


def _noise_behind_a_header(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    rng = np.random.default_rng(list(_own(call)[:16]))
    path.write_bytes(b"OggS\x00\x02" + rng.bytes(20_000))
    return path, Expected("failed", "sound.damaged")


def _leads_nowhere(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    path.with_suffix(".wav").symlink_to(path.with_suffix(".gone"))
    return path.with_suffix(".wav"), Expected("refused", "batch.unreadable")


def _huge_rate(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    sound = _sound(call)
    path.with_suffix(".wav").write_bytes(_header(rate_hz=4_000_000_000, data_bytes=len(sound)) + sound)
    return path.with_suffix(".wav"), Expected("failed", "sound.damaged")


def _still_written(path: Path, call: SpokenCall) -> tuple[Path, Expected]:
    """Its time is that of tomorrow, so that it is being written all night."""
    path.with_suffix(".wav").write_bytes(_header(data_bytes=2**32 - 1) + _sound(call)[:20_000])
    return path.with_suffix(".wav"), Expected("growing", "batch.growing")


DAMAGES: tuple[Damage, ...] = (
    _text,
    _half_an_mp3,
    _no_seconds,
    _no_bytes,
    _seven_channels,
    _claims_an_hour,
    _noise_behind_a_header,
    _leads_nowhere,
    _huge_rate,
    _still_written,
)


def lay(folder: Path, n: int, seed: int, *, damaged_every: int = DAMAGED_EVERY) -> dict[str, Expected]:
    """`n` files in `folder`, by name what must become of each."""
    rng, expected = np.random.default_rng(seed), {}
    for number in range(n):
        call, variant = short_call(rng)
        path = folder / f"call{number:04}.ogg"
        if number % damaged_every == damaged_every - 1:
            path, expected_of = DAMAGES[number // damaged_every % len(DAMAGES)](path, call)
        else:
            path.write_bytes(opus(call))
            path.with_suffix(".vtt").write_text(webvtt(call, language=variant.language), encoding="utf-8")
            expected_of = Expected("done")
        expected[path.name] = expected_of
    _settle(folder, expected)
    return expected


def _settle(folder: Path, expected: dict[str, Expected]) -> None:
    now = time.time()
    for name, of in expected.items():
        changed = now + 24 * HOUR_S if of.state == "growing" else now - HOUR_S
        os.utime(folder / name, (changed, changed), follow_symlinks=False)
    for transcript in folder.glob("*.vtt"):
        os.utime(transcript, (now - HOUR_S, now - HOUR_S))
