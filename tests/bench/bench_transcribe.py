"""What transcribing the channels apart costs: `python -m tests.bench transcribe` (several minutes on one core).

The same stereo call through timbre's path (each channel's speech packed into windows) and through faster-whisper's own
pipeline, which mixes the channels first. A model of the true size of `small` with random weights writes nonsense at
the real cost; every window may write the same number of tokens, so that only windows and time differ. Rows: encoder
windows, wall and CPU seconds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from audio.channels import find_layout
from audio.decode import decoded
from audio.recording import Recording
from models.transcribe_whisper import WhisperOptions, WhisperTranscriber
from models.vad_silero import SileroDetector
from models.whisper_windows import read_16k
from service.hearing import Heard, hear
from service.settings import Settings
from service.wiring import build_diarizer
from tests.bench.bench_call import CALLS, write_call
from tests.bench.random_whisper import build_small
from tests.bench.report import Report

TOKENS_PER_WINDOW = 48
MOST_TIMES_THE_MIX = 1.2
MADE_S = 240.0
OPTIONS = WhisperOptions(max_new_tokens=TOKENS_PER_WINDOW)


@dataclass(frozen=True)
class Cost:
    """Encoder windows, and seconds."""

    windows: int
    wall_s: float
    cpu_s: float


def run(report: Report) -> None:
    """One table per call."""
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        transcriber = WhisperTranscriber(build_small(Path(name) / "small"), device="cpu", options=OPTIONS)
        for title, path in _calls(Path(name)):
            with decoded(path) as recording:
                heard = hear(recording, find_layout(recording), SileroDetector(), build_diarizer(Settings()))
                ours = _cost(transcriber, lambda: _apart(transcriber, heard))  # noqa: B023 - called at once
                mixed = _cost(transcriber, lambda: _mixed(transcriber, recording))
            _state(report, title, ours, mixed)


def _calls(folder: Path) -> list[tuple[str, Path]]:
    """The shared call; without it one made from the shipped ones."""
    real = CALLS / "call40_stereo_L-agent_R-caller.wav"
    if real.is_file():
        return [("shared, 245 s", real)]
    made = folder / "made.wav"
    write_call(made, MADE_S)
    return [("made, 240 s", made)]


def _apart(transcriber: WhisperTranscriber, heard: Heard) -> None:
    for voice in heard.voices:
        transcriber.transcribe(voice.channel, voice.padded, language="en")


def _mixed(transcriber: WhisperTranscriber, recording: Recording) -> None:
    """As faster-whisper does by itself: one track, its own speech detection, its own windows."""
    tracks = [read_16k(channel, channel.span) for channel in recording.channels]
    mix = np.mean([t[: min(map(len, tracks))] for t in tracks], axis=0).astype(np.float32)
    segments, _ = transcriber._pipeline.transcribe(
        mix,
        language="en",
        beam_size=OPTIONS.beam_size,
        batch_size=OPTIONS.batch_size,
        word_timestamps=True,
        max_new_tokens=TOKENS_PER_WINDOW,
    )
    list(segments)


def _cost(transcriber: WhisperTranscriber, work: Callable[[], None]) -> Cost:
    """What some work takes; encoder windows are counted where the model encodes."""
    windows = 0
    encode = transcriber._model.encode

    def counted(features: Any) -> Any:
        nonlocal windows
        windows += 1 if features.ndim == 2 else len(features)
        return encode(features)

    with mock.patch.object(transcriber._model, "encode", counted):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        work()
        return Cost(windows, time.perf_counter() - wall_s, time.process_time() - cpu_s)


def _state(report: Report, title: str, ours: Cost, mixed: Cost) -> None:
    report.heading(f"{title}; random weights of the size of small, int8, {TOKENS_PER_WINDOW} tokens a window")
    rows = [("channels apart (timbre)", ours), ("mixed (faster-whisper's own pipeline)", mixed)]
    report.table(("", "windows", "wall s", "CPU s"), [(n, c.windows, c.wall_s, c.cpu_s) for n, c in rows])
    report.target(f"windows apart / mixed, {title}", ours.windows / mixed.windows, MOST_TIMES_THE_MIX, "x")
    report.target(f"CPU time apart / mixed, {title}", ours.cpu_s / mixed.cpu_s, MOST_TIMES_THE_MIX, "x")


def main() -> None:
    """On its own: the same, and the targets."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
