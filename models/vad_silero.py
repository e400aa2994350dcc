"""Speech detection with Silero, from the ONNX file inside the faster-whisper package (MIT, no download).

Conventions
    One probability per 32 ms (512 samples at 16 kHz), heard in the common band with its low end regenerated
    (`audio.band`): a wideband recording and its telephone copy are then heard alike, and the network, which knows
    voices down to their fundamental, loses nothing (in the bare band it misses a tenth of the short answers).
    The detector is recurrent: its state is handed from block to block, and each block of the band is filtered with
    the samples around it, so block edges move nothing and memory does not grow with the call.

Invariance
    *Gain*: each channel is first brought to one level (amplitude-weighted median of its 32 ms levels, in which
    silence has no weight), because the network is not indifferent to loudness.
    *Silence in front*: constant samples never reach the network at the start of a channel, nor after 0.5 s of
    them elsewhere (paused recorders, gated channels): they have probability 0 and speech after them is heard from
    a fresh state. So silence in front shifts the track exactly when it is a multiple of 32 ms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.band import WORK_RATE_HZ, band_sound, band_sound_with_low_end
from audio.errors import BadParameter
from audio.recording import ANALYSIS_RATES_HZ, Channel
from audio.timeline import FrameTrack

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
STEP_S = FRAME_SAMPLES / WORK_RATE_HZ
MODEL_FILE = "silero_vad_v6.onnx"

Frames = NDArray[np.float32]


@dataclass(frozen=True)
class SileroOptions:
    """How the network is fed.

    block_frames     frames per run of the network (1000 frames are 32 s)
    target_rms       level every channel is brought to (0.05 is -26 dBFS, an ordinary telephone level)
    max_gain         upper limit of that gain, so that an empty line is not blown up to the level of a voice
    silent_frames    constant frames after which the network is left out and its state cleared
    """

    block_frames: int = 1000
    target_rms: float = 0.05
    max_gain: float = 30.0
    silent_frames: int = 16


class SileroDetector:
    """A `models.protocols.SpeechDetector`. One thread; holds no state between calls."""

    name = "silero v6"

    def __init__(self, options: SileroOptions | None = None) -> None:
        self.options = options or SileroOptions()
        self._session = _open_session()

    def probabilities(self, channel: Channel) -> FrameTrack:
        """Probability of speech in [0, 1], unit `p`, step 32 ms from the channel's start; shape (n_frames,).

        The last frame is filled with zeros. Raises BadParameter for a rate outside ANALYSIS_RATES_HZ.
        """
        if channel.rate_hz not in ANALYSIS_RATES_HZ:
            raise BadParameter("floor.rate_unsupported", rate_hz=channel.rate_hz)
        gain = _level_gain(channel, self.options)
        state = _State.fresh()
        silent_so_far = self.options.silent_frames
        parts = [np.zeros(0, dtype=np.float32)]
        for frames, silent in _frame_blocks(channel, self.options.block_frames):
            skipped, silent_so_far = _skip(silent, silent_so_far, self.options.silent_frames)
            values, state = self._run_block(frames * np.float32(gain), skipped, state)
            parts.append(values)
        return FrameTrack(np.concatenate(parts), channel.start_s, STEP_S, "p")

    def _run_block(self, frames: Frames, skipped: NDArray[np.bool_], state: _State) -> tuple[Frames, _State]:
        """Probabilities of a block; skipped frames get 0 and clear the state."""
        values = np.zeros(len(frames), dtype=np.float32)
        edges = np.flatnonzero(np.diff(skipped.astype(np.int8))) + 1
        for first, last in zip([0, *edges], [*edges, len(frames)], strict=True):
            if skipped[first]:
                state = _State.fresh()
            else:
                values[first:last], state = self._run(frames[first:last], state)
        return values, state

    def _run(self, frames: Frames, state: _State) -> tuple[Frames, _State]:
        feed = {"input": frames, "h": state.h, "c": state.c}
        values, h, c = self._session.run(None, feed)
        return np.asarray(values, dtype=np.float32), _State(h, c)


@dataclass(frozen=True, eq=False)
class _State:
    """What the network remembers between frames, each shape (1, 1, 128)."""

    h: NDArray[np.float32]
    c: NDArray[np.float32]

    @staticmethod
    def fresh() -> _State:
        return _State(np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32))


def _open_session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps the largest block for ever
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(_model_path()), providers=["CPUExecutionProvider"], sess_options=options)


def _model_path() -> Path:
    """Found without importing the package, which would load a whole recogniser (0.1 s, 50 MB) for one file."""
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("faster_whisper", name="faster_whisper")
    return Path(spec.origin).parent / "assets" / MODEL_FILE


def _skip(silent: NDArray[np.bool_], before: int, limit: int) -> tuple[NDArray[np.bool_], int]:
    """Which frames stay out: silent ones with at least `limit` silent ones before them; and the running count."""
    index = np.arange(len(silent))
    last_sound = np.maximum.accumulate(np.where(silent, -1 - before, index))
    count = np.where(silent, index - last_sound - 1, 0)
    tail = int(count[-1] + 1) if len(silent) and silent[-1] else 0
    return silent & (count >= limit), tail


def _level_gain(channel: Channel, options: SileroOptions) -> float:
    """Gain to the target level. Frames of digital silence weigh nothing; a click weighs as one frame."""
    blocks = _blocks(_n_frames(channel), options.block_frames)
    levels = np.concatenate([np.zeros(0)] + [_rms(channel, first, last) for first, last in blocks])
    levels = np.sort(levels)
    weight = np.cumsum(levels)
    if not len(levels) or weight[-1] <= 0:
        return 1.0
    level = float(levels[np.searchsorted(weight, weight[-1] / 2)])
    return min(options.max_gain, options.target_rms / level)


def _n_frames(channel: Channel) -> int:
    return math.ceil(len(channel.samples) * (WORK_RATE_HZ // channel.rate_hz) / FRAME_SAMPLES)


def _blocks(n_frames: int, size: int) -> Iterator[tuple[int, int]]:
    return ((first, min(n_frames, first + size)) for first in range(0, n_frames, size))


def _rms(channel: Channel, first: int, last: int) -> NDArray[np.float64]:
    frames = band_sound(channel, first * FRAME_SAMPLES, last * FRAME_SAMPLES).reshape(-1, FRAME_SAMPLES)
    channel.release()
    return np.asarray(frames.std(axis=1, dtype=np.float64), dtype=np.float64)


def _frame_blocks(channel: Channel, block_frames: int) -> Iterator[tuple[Frames, NDArray[np.bool_]]]:
    """Frames with their context, shape (n, CONTEXT_SAMPLES + FRAME_SAMPLES) at 16 kHz, and which are constant.

    Constant before filtering: the filter rings a little into the silence before a sound.
    """
    size = FRAME_SAMPLES * channel.rate_hz // WORK_RATE_HZ
    for first, last in _blocks(_n_frames(channel), block_frames):
        sound = band_sound_with_low_end(channel, first * FRAME_SAMPLES - CONTEXT_SAMPLES, last * FRAME_SAMPLES)
        raw = np.array(channel.samples[first * size : last * size], dtype=np.float32)
        channel.release()
        still = np.ptp(np.pad(raw, (0, (last - first) * size - len(raw))).reshape(-1, size), axis=1) == 0
        yield _with_context(sound), still


def _with_context(sound: NDArray[np.float32]) -> Frames:
    """Overlapping rows: each frame behind the CONTEXT_SAMPLES before it."""
    width = CONTEXT_SAMPLES + FRAME_SAMPLES
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(sound, width)[::FRAME_SAMPLES])
