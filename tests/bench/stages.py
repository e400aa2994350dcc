"""What each stage of one call costs, in this process: `python -m tests.bench.stages RECORDING [TRANSCRIPT]` as JSON.

The real analysis runs, with a clock around its parts: CPU seconds of the part alone (parts inside it are left out,
so that the column adds up; the decoder's process is counted where it is waited for) and the peak of this process
while the part ran.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from service import hearing, measuring, outputs, pipeline
from service.calls import Analysis, CallFiles, Choices
from service.scoring.documents import to_json
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.web import sound
from service.wiring import Tools, build_tools, limits_of
from service.words.imported import read_transcript
from tests.bench.measured import MB, memory_of, pin

RESET_PEAK = "5"


@dataclass
class Cost:
    """One stage: its own CPU and wall seconds, and the highest memory of the process meanwhile (None: unknown)."""

    name: str
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float | None = None


@dataclass(frozen=True)
class StageTable:
    """All stages of one call."""

    duration_s: float
    n_channels: int
    speech_share: float
    stages: list[Cost]


class Clock:
    """Costs by stage; stages may hold each other."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self._open: list[Cost] = []
        self._since = _now()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Everything inside, but for stages inside it."""
        self._book()
        self._open.append(self.costs.setdefault(name, Cost(name)))
        try:
            yield
        finally:
            self._book()
            self._open.pop()

    def timed(self, name: str, part: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its cost booked under `name`."""

        def booked(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return part(*args, **kwargs)

        return booked

    def _book(self) -> None:
        """What was spent since the last change goes to the innermost stage; its peak to all that are open."""
        now, peak_mb = _now(), _peak_mb()
        for cost in self._open:
            cost.peak_mb = None if peak_mb is None else max(cost.peak_mb or 0.0, peak_mb)
        if self._open:
            self._open[-1].cpu_s += now[0] - self._since[0]
            self._open[-1].wall_s += now[1] - self._since[1]
        self._since = _now()


def _now() -> tuple[float, float]:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used), time.perf_counter()


def _peak_mb() -> float | None:
    """Peak of this process since the last question; None where the system can't say."""
    try:
        peak = memory_of(int(Path("/proc/self").readlink().name))[1]
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return None
    return peak / MB


def stage_table(recording: Path, transcript: Path | None = None) -> StageTable:
    """Analyse the call once, without a recogniser, and write everything it gives into memory."""
    settings, clock = Settings(transcriber="none"), Clock()
    with clock.stage("models loaded"):
        tools, rubric = build_tools(settings, listen=False), load_rubric(settings.rubric)
    read = read_transcript(transcript) if transcript else None
    files = CallFiles(recording, transcript=read, name="call")
    with (
        _watched(clock, tools),
        pipeline.analysed(files, tools, rubric, Choices(), limits=limits_of(settings)) as analysis,
    ):
        _written(clock, analysis)
        speech_s = [sum(s.duration_s for s in spans) for spans in analysis.evidence.speech.values()]
        n_channels = len(analysis.recording.channels)
        duration_s = analysis.recording.duration_s
    share = sum(speech_s) / n_channels / duration_s
    return StageTable(duration_s, n_channels, share, list(clock.costs.values()))


@contextmanager
def _watched(clock: Clock, tools: Tools) -> Iterator[None]:
    """A clock around the parts of the pipeline."""
    parts = (
        (pipeline, "opened", "decode"),
        (pipeline, "find_layout", "layout"),
        (tools.detector, "probabilities", "speech: network"),
        (hearing, "find_line_sounds", "speech: music, tones"),
        (hearing, "find_regions", "speech: regions"),
        (hearing, "remove_leak", "speech: cross-talk"),
        (hearing, "find_crosstalk", "speech: cross-talk"),
        (tools.diarizer, "diarize", "diarizer"),
        (pipeline, "find_words", "words"),
        (pipeline, "find_roles", "roles"),
        (pipeline, "follow", "floor"),
        (measuring, "measure_quality", "voice: quality"),
        (measuring, "track_voice", "voice: band, loudness"),
        (tools.tracker, "track", "voice: pitch network"),
        (measuring, "measure_voice", "voice: measures"),
        (pipeline, "with_delivery", "voice: turn by turn"),
        (pipeline, "refound", "acts"),
        (pipeline, "gather", "evidence"),
        (pipeline, "rounded", "evidence"),
        (pipeline, "judged", "score"),
    )
    with ExitStack() as stack:
        for owner, name, stage in parts:
            part = getattr(owner, name)
            changed = _opening(clock, part) if name == "opened" else clock.timed(stage, part)
            stack.enter_context(patch.object(owner, name, changed))
        yield


def _opening(clock: Clock, opened: Callable[..., Any]) -> Callable[..., Any]:
    """Only the way in counts as decoding: what lies inside is the rest of the analysis."""

    @contextmanager
    def booked(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with ExitStack() as stack:
            with clock.stage("decode"):
                recording = stack.enter_context(opened(*args, **kwargs))
            yield recording

    return booked


def _written(clock: Clock, analysis: Analysis) -> None:
    with clock.stage("json, tracks"):
        to_json(analysis.evidence, analysis.judgement)
        outputs.tracks_file(analysis.voices)
    with clock.stage("page"):
        outputs.html_page(analysis, lang="en", audio="none")
    with clock.stage("page: sound"):
        sound.page_sound(analysis.recording, analysis.judgement, "full")


def main() -> None:
    """The table as JSON."""
    pin()
    paths = [Path(argument) for argument in sys.argv[1:3]]
    print(json.dumps(asdict(stage_table(*paths))))


if __name__ == "__main__":
    main()
