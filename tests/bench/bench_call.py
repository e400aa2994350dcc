"""Cost of a whole call: `python -m tests.bench call` from the root of the repository.

First the command itself as a process pinned to one core (`timbre analyse --transcriber none`, start-up and decoder
included): wall and CPU seconds, peak memory. Then the same analysis inside one process, stage by stage. Calls: the
shared recordings when they are there, and calls of any length made from the shipped demo calls put end to end.
Median of RUNS; on a machine that others use, read the CPU column: wall time then includes waiting for the core.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.decode import decoded
from service.demo.site import shipped_calls
from tests.bench.report import Report

REPOSITORY = Path(__file__).parents[2]
CALLS = REPOSITORY.parent / "shared" / "calls"
MEASURED = Path(__file__).with_name("measured.py")
RUNS = 3
FOUR_MINUTES_S, HOUR_S = 240.0, 3600.0
REAL_TIME_LIMIT = 0.045
PEAK_LIMIT_MB, HOUR_PEAK_LIMIT_MB = 700.0, 1000.0
DIARIZER_LIMIT_S = 4.0
PCM_16 = 32767.0
TIMBRE = (sys.executable, "-c", "from service.cli import main; main()")
"""As the installed command starts, whether or not it is on the path."""


@dataclass(frozen=True)
class BenchCall:
    """A recording to analyse. `runs`: how often; `targets`: limits it is held to."""

    name: str
    path: Path
    duration_s: float
    n_channels: int
    runs: int = RUNS
    real_time_limit: float | None = None
    peak_limit_mb: float | None = None
    transcript: Path | None = None


def run(report: Report) -> None:
    """Both tables and their targets."""
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        calls = list(bench_calls(Path(name)))
        cost_of((*TIMBRE, "analyse", str(shipped_calls()[0]), "--transcriber", "none", "--quiet"), Path(name))
        _whole(report, calls, Path(name))
        _stages(report, calls)


def bench_calls(folder: Path) -> Iterator[BenchCall]:
    """Shared recordings first, then made ones, then a shipped one with its words."""
    real, lone = CALLS / "call40_stereo_L-agent_R-caller.wav", next(CALLS.glob("Auto0*_Mono.wav"), None)
    if real.is_file():
        yield BenchCall("shared, 2 channels 8 kHz", real, length_s(real), 2, RUNS, REAL_TIME_LIMIT, PEAK_LIMIT_MB)
    if lone is not None:
        yield BenchCall("shared, mono 8 kHz", lone, length_s(lone), 1)
    made = folder / "four_minutes.wav"
    write_call(made, FOUR_MINUTES_S)
    yield BenchCall("made 4 min, 2 ch. 16 kHz", made, FOUR_MINUTES_S, 2, RUNS, REAL_TIME_LIMIT, PEAK_LIMIT_MB)
    mono = folder / "four_minutes_mono.wav"
    write_call(mono, FOUR_MINUTES_S, n_channels=1)
    yield BenchCall("made 4 min, mono 16 kHz", mono, FOUR_MINUTES_S, 1)
    hour = folder / "hour.wav"
    write_call(hour, HOUR_S)
    yield BenchCall("made 1 hour, 2 ch. 16 kHz", hour, HOUR_S, 2, 1, None, HOUR_PEAK_LIMIT_MB)


def length_s(path: Path) -> float:
    """Length of a WAV by its header; of PCM only."""
    with wave.open(str(path), "rb") as stream:
        return stream.getnframes() / stream.getframerate()


def write_call(path: Path, duration_s: float, *, n_channels: int = 2) -> None:
    """The shipped calls end to end, again and again, as 16-bit WAV; `n_channels` 1: both parties in one."""
    pieces = [_interleaved(call, n_channels) for call in shipped_calls()]
    rate_hz, left = pieces[0][1], round(duration_s * pieces[0][1]) * n_channels
    with wave.open(str(path), "wb") as stream:
        stream.setparams((n_channels, 2, rate_hz, 0, "NONE", ""))
        while left > 0:
            for samples, _ in pieces:
                stream.writeframes(samples[:left].tobytes())
                left -= min(left, len(samples))


def _interleaved(path: Path, n_channels: int) -> tuple[NDArray[np.int16], int]:
    with decoded(path) as recording:
        tracks = np.stack([channel.read() for channel in recording.channels], axis=1)
        if n_channels == 1:
            tracks = tracks.mean(axis=1, keepdims=True)
        samples = np.clip(tracks * PCM_16, -PCM_16, PCM_16).astype("<i2").ravel()
        return samples, recording.channels[0].rate_hz


def _whole(report: Report, calls: Sequence[BenchCall], folder: Path) -> None:
    report.heading(
        f"timbre analyse --transcriber none --quiet, one core, start-up included; median of {RUNS} (hour: 1)"
    )
    columns = ("call, written", "length s", "wall s", "CPU s", "x real time (wall)", "(CPU)")
    memory = ("peak MB", "decoder MB", "together MB")
    rows = [_start_up(columns, memory, folder)]
    for call in calls:
        plain = _cost(call, folder)
        rows.append(_row(f"{call.name}, JSON", call, plain))
        _targets(report, call, plain)
        if call.runs > 1:
            page = _cost(replace(call, runs=1), folder, "--html", str(folder / "call.html"))
            rows.append(_row(f"{call.name}, JSON + page", call, page))
    report.table((*columns, *memory), rows)


def _start_up(columns: Sequence[str], memory: Sequence[str], folder: Path) -> list[object]:
    cost = _median([cost_of((*TIMBRE, "--help"), folder) for _ in range(RUNS)])
    row: list[object] = ["timbre --help", None, cost["wall_s"], cost["cpu_s"], None, None, cost["peak_mb"]]
    return row + [None] * (len(columns) + len(memory) - len(row))


def _cost(call: BenchCall, folder: Path, *more: str) -> dict[str, Any]:
    command = (
        *TIMBRE,
        "analyse",
        str(call.path),
        "--transcriber",
        "none",
        "--quiet",
        "--json",
        str(folder / "call.json"),
    )
    return _median([cost_of((*command, *more), folder) for _ in range(call.runs)])


def cost_of(command: Sequence[str], folder: Path) -> dict[str, Any]:
    """One run; a command that fails is a bench that lies, so it stops here. Compiled modules are kept in `folder`."""
    env = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(MEASURED), *command],
        cwd=REPOSITORY,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
    )
    cost: dict[str, Any] = json.loads(told.stdout)
    if cost["exit"] != 0:
        raise RuntimeError(f"exit {cost['exit']} from {' '.join(command[2:4])}")
    return cost


def _median(costs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure on its own; None when any run could not tell."""
    return {
        name: None if any(cost[name] is None for cost in costs) else median(cost[name] for cost in costs)
        for name in costs[0]
    }


def _row(name: str, call: BenchCall, cost: dict[str, Any]) -> list[object]:
    wall, cpu = cost["wall_s"], cost["cpu_s"]
    memory = [cost[key] for key in ("peak_mb", "children_mb", "together_mb")]
    return [name, call.duration_s, wall, cpu, wall / call.duration_s, cpu / call.duration_s, *memory]


def _targets(report: Report, call: BenchCall, cost: dict[str, Any]) -> None:
    if call.real_time_limit is not None:
        for kind in ("wall", "CPU"):
            figure = cost[f"{kind.lower()}_s"] / call.duration_s
            report.target(f"{call.name}: {kind} time / call, one core", figure, call.real_time_limit, "x real time")
    if call.peak_limit_mb is not None:
        peak_mb = max(cost["peak_mb"], cost["together_mb"] or 0.0)
        report.target(f"{call.name}: peak memory, decoder together", peak_mb, call.peak_limit_mb, "MB")


def _stages(report: Report, calls: Sequence[BenchCall]) -> None:
    for call in calls:
        table = _stage_table(call.path)
        if table is None:
            report.line(f"{call.name}: the analysis failed; its error is above")
            continue
        _print_stages(report, call.name, table)
        cost = next((c for c in table["stages"] if c["name"] == "diarizer"), None)
        if cost is not None and call.duration_s == FOUR_MINUTES_S:
            report.target("embedded diarizer on 4 minutes of mono, one core", cost["cpu_s"], DIARIZER_LIMIT_S, "s CPU")
    shipped = shipped_calls()[0]
    table = _stage_table(shipped, shipped.with_suffix(".vtt"))
    if table is not None:
        _print_stages(report, "shipped, with its transcript", table)


def _stage_table(*paths: Path) -> dict[str, Any] | None:
    """In a process of its own, so that no call pays for the memory of the one before. None when it failed."""
    command = [sys.executable, "-m", "tests.bench.stages", *map(str, paths)]
    told = subprocess.run(command, cwd=REPOSITORY, check=False, stdout=subprocess.PIPE)
    table: dict[str, Any] | None = json.loads(told.stdout) if told.returncode == 0 else None
    return table


def _print_stages(report: Report, name: str, table: dict[str, Any]) -> None:
    duration_s, stages = table["duration_s"], table["stages"]
    share = f"speech {table['speech_share']:.0%} of {table['n_channels']} x {duration_s:.0f} s"
    report.heading(f"stages of: {name}; {share} (loading and imports left out)")
    total_s = sum(cost["cpu_s"] for cost in stages)
    rows: list[list[object]] = [
        [
            c["name"],
            c["cpu_s"],
            c["wall_s"],
            f"{c['cpu_s'] / duration_s:.5f}",
            f"{c['cpu_s'] / total_s:.0%}",
            c["peak_mb"],
        ]
        for c in stages
    ]
    known = [c["peak_mb"] for c in stages if c["peak_mb"] is not None]
    wall_s = sum(c["wall_s"] for c in stages)
    rows.append(["all", total_s, wall_s, f"{total_s / duration_s:.5f}", "100%", max(known, default=None)])
    report.table(("stage", "CPU s", "wall s", "x real time (CPU)", "share", "peak MB"), rows)
