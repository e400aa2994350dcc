"""How much machine a centre needs: hours of work a night, cores, GPUs and storage, from what was measured.

Everything is stated per hour of call. Figures come from a file that `timbre plan --measure` wrote on the machine at
hand; without one the published figures are used, and the plan says so.
"""

from __future__ import annotations

import json
import math
import os
import platform
import resource
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

from audio.decode import DecodeLimits
from audio.listening import encode
from service.archive.sampling import Sample
from service.calls import CallFiles, Choices, opened
from service.errors import ServiceError
from service.files import write_whole
from service.metadata import metadata_of
from service.pipeline import analysed
from service.scoring.documents import Result, as_json
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.wiring import Tools, build_tools, limits_of
from service.words.imported import read_transcript, transcript_beside

SCHEMA = "timbre.figures/1"
FILE = "figures.json"
MOST_BYTES = 64 * 1024
WORKING_DAYS = 5
BUSY = 0.85
"""Of a night's hours that a core works: the rest goes to starts, the last calls, and neighbours."""
KBIT_PER_GB = 8e6
T = TypeVar("T")


@dataclass(frozen=True)
class Figures:
    """What work costs on a machine. `analysis`, `words`, `copy`: seconds of one core per second of call; `gpu_words`:
    seconds of one GPU. None: not measured. `copy_kbit_s` and `documents_kbit_s`: what is kept per second of call.
    """

    machine: str
    cores: int
    date: str
    analysis: float
    copy: float
    copy_kbit_s: float
    documents_kbit_s: float
    model: str = ""
    words: float | None = None
    gpu_words: float | None = None


@dataclass(frozen=True)
class Centre:
    """What there is to listen to. `minutes`: of a call; `kbit_s`: of a recording as it arrives."""

    seats: int
    calls_per_day: float
    minutes: float = 6.0
    sample: Sample | None = None
    night_h: float = 8.0
    kbit_s: float = 128.0
    audio_days: int = 183
    analysis_days: int = 365
    transcribed: bool = True


@dataclass(frozen=True)
class Plan:
    """What that needs. `cores`: to do everything within the night; `cores_beside_gpus` and `gpus`: with the words
    written by GPUs. None: nothing is known of it. Storage in GB (10^9 bytes), when it has filled up.
    """

    calls_per_night: float
    audio_hours: float
    core_hours: float
    cores: int
    words_known: bool
    cores_beside_gpus: int
    gpu_hours: float | None
    gpus: int | None
    night_hours_here: float
    recordings_gb: float
    analyses_gb: float


def planned(centre: Centre, figures: Figures) -> Plan:
    """The arithmetic, with nothing hidden in it."""
    calls = calls_per_night(centre)
    audio_h = calls * centre.minutes / 60
    listening_h = audio_h * (figures.analysis + figures.copy)
    words_h = audio_h * (figures.words or 0.0) if centre.transcribed else 0.0
    gpu_h = audio_h * figures.gpu_words if centre.transcribed and figures.gpu_words is not None else None
    kept_s = 3600 * audio_h * WORKING_DAYS / 7
    sound_kbit_s = centre.kbit_s + figures.copy_kbit_s
    return Plan(
        calls_per_night=calls,
        audio_hours=audio_h,
        core_hours=listening_h + words_h,
        cores=needed(listening_h + words_h, centre.night_h),
        words_known=not centre.transcribed or figures.words is not None,
        cores_beside_gpus=needed(listening_h, centre.night_h),
        gpu_hours=gpu_h,
        gpus=None if gpu_h is None else needed(gpu_h, centre.night_h),
        night_hours_here=(listening_h + words_h) / (figures.cores * BUSY),
        recordings_gb=kept_s * sound_kbit_s * centre.audio_days / KBIT_PER_GB,
        analyses_gb=kept_s * figures.documents_kbit_s * centre.analysis_days / KBIT_PER_GB,
    )


def calls_per_night(centre: Centre) -> float:
    """That are analysed, of a working day."""
    every = centre.seats * centre.calls_per_day
    if centre.sample is None:
        return every
    if centre.sample.fraction is not None:
        return every * centre.sample.fraction
    return min(every, centre.seats * (centre.sample.per_week or 0) / WORKING_DAYS)


def needed(hours: float, night_h: float) -> int:
    """How many that work side by side do so many hours in one night."""
    return math.ceil(round(hours / (night_h * BUSY), 6))


PUBLISHED = Figures(
    machine="AMD EPYC",
    cores=2,
    date="2026-11-26",
    analysis=0.0354,
    copy=0.0054,
    copy_kbit_s=28.3,
    documents_kbit_s=2.216,
    model="faster-whisper small int8",
    words=0.188,
)
"""Of `timbre plan --measure`; the words of `python -m tests.bench transcribe`: weights of the true size of `small` that
write 48 tokens a window.
"""


def read_figures(path: Path) -> Figures:
    """What `--measure` wrote. Raises ServiceError for anything else."""
    try:
        with path.open("rb") as stream:
            told = json.loads(stream.read(MOST_BYTES))
        known = {f.name for f in fields(Figures)}
        if told.pop("schema_version") != SCHEMA or set(told) != known:
            raise ValueError("schema")
        figures = Figures(**told)
        numbers = [getattr(figures, n) for n in ("cores", "analysis", "copy", "copy_kbit_s", "documents_kbit_s")]
        more = [n for n in (figures.words, figures.gpu_words) if n is not None]
        if not all(isinstance(n, int | float) and 0 <= n < 1e6 for n in numbers + more) or figures.cores < 1:
            raise ValueError("number")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise ServiceError("plan.figures", name=path.name) from exc
    return figures


def write_figures(figures: Figures, path: Path) -> None:
    """As JSON."""
    write_whole(path, json.dumps({"schema_version": SCHEMA, **asdict(figures)}, indent=1, ensure_ascii=False) + "\n")


# -- measuring ---------------------------------------------------------------------------------------------------------


def measured(settings: Settings, calls: list[Path]) -> Figures:
    """These calls analysed here, one after the other, with their transcripts; then, where a recogniser is at hand, with
    words of its own. The first is done once more before, so that nothing is counted that a worker does only once.
    """
    rubric, limits = load_rubric(settings.rubric), limits_of(settings)
    tools = build_tools(settings, listen=False)
    seconds = analysis_s = copy_s = sound_b = kept_b = 0.0
    for n, path in enumerate([calls[0], *calls]):
        with opened(CallFiles(path, name=path.name), limits) as recording:
            length_s = recording.duration_s
            copied_s, copy = _cost(lambda r=recording: encode(r.channels[:2]).data)  # type: ignore[misc]
        spent_s, size = _cost(lambda p=path: _analysed(p, tools, rubric, limits, words=True))  # type: ignore[misc]
        if n == 0:
            continue
        seconds, analysis_s, copy_s = seconds + length_s, analysis_s + spent_s, copy_s + copied_s
        sound_b, kept_b = sound_b + len(copy), kept_b + size
    figures = Figures(
        machine=_machine(),
        cores=os.cpu_count() or 1,
        date=time.strftime("%Y-%m-%d"),
        analysis=round(analysis_s / seconds, 4),
        copy=round(copy_s / seconds, 4),
        copy_kbit_s=round(sound_b * 8e-3 / seconds, 2),
        documents_kbit_s=round(kept_b * 8e-3 / seconds, 3),
    )
    return _with_words(figures, settings, calls, analysis_s, seconds)


def _with_words(figures: Figures, settings: Settings, calls: list[Path], quiet_s: float, seconds: float) -> Figures:
    tools = build_tools(settings)
    if tools.transcriber is None:
        return figures
    rubric, limits = load_rubric(settings.rubric), limits_of(settings)
    on_gpu = "float16" in tools.transcriber.name
    _analysed(calls[0], tools, rubric, limits, words=False)
    begun = time.perf_counter()
    spent_s = sum(_cost(lambda p=path: _analysed(p, tools, rubric, limits, words=False))[0] for path in calls)  # type: ignore[misc]
    wall_s = time.perf_counter() - begun
    more = max(wall_s if on_gpu else spent_s, quiet_s) - quiet_s
    part = round(more / seconds, 4)
    known = replace(figures, model=tools.transcriber.name)
    return replace(known, gpu_words=part) if on_gpu else replace(known, words=part)


def _analysed(path: Path, tools: Tools, rubric: Rubric, limits: DecodeLimits, *, words: bool) -> int:
    """Bytes of the result, as the archive packs it."""
    beside = transcript_beside(path) if words else None
    files = CallFiles(path, transcript=read_transcript(beside) if beside else None, metadata=metadata_of(path))
    with analysed(files, tools, rubric, Choices(), limits=limits) as found:
        return len(zlib.compress(as_json(Result(evidence=found.evidence)))) + len(
            zlib.compress(as_json(found.judgement)) if found.judgement else b""
        )


def _cost(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of cores, those of the programs it starts included."""
    before = _cpu_s()
    done = work()
    return _cpu_s() - before, done


def _cpu_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _machine() -> str:
    """The processor's own name, where the system tells it."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        name = next(line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return name[:60]
