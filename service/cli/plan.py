"""`timbre plan`: how much machine a centre needs, from what was measured on this one."""

from __future__ import annotations

import json as json_lib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.archive.sampling import read_sample
from service.cli import common
from service.demo.site import shipped_calls
from service.errors import ServiceError
from service.files import check_writable
from service.planning import FILE, PUBLISHED, Centre, Figures, Plan, measured, planned, read_figures, write_figures
from service.say import Say
from service.settings import Settings


def plan(
    seats: Annotated[int, typer.Option("--seats", min=1, max=1_000_000)],
    calls_per_day: Annotated[float, typer.Option("--calls-per-day", min=0.01, max=10_000)],
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, max=600)] = 6.0,
    sample: Annotated[str, typer.Option("--sample", metavar="0.1|5/week|all")] = "all",
    night: Annotated[float, typer.Option("--night-hours", min=0.5, max=24)] = 8.0,
    kbit_s: Annotated[float, typer.Option("--kbit-s", min=1, max=10_000)] = 128.0,
    no_words: Annotated[bool, typer.Option("--no-words")] = False,
    audio_days: Annotated[int | None, typer.Option("--audio-days", min=1, max=3660)] = None,
    analysis_days: Annotated[int | None, typer.Option("--analysis-days", min=1, max=3660)] = None,
    bench: Annotated[Path | None, typer.Option("--bench", metavar="FILE")] = None,
    measure: Annotated[bool, typer.Option("--measure")] = False,
    json: common.JsonOut = None,
    lang: common.LangOption = None,
) -> None:
    """Hours, cores, GPUs and storage."""
    with common.one_sentence(lang) as say:
        if json is not None:
            check_writable(json)
        settings = common.settings_with()
        centre = Centre(
            seats=seats,
            calls_per_day=calls_per_day,
            minutes=minutes,
            sample=read_sample(sample),
            night_h=night,
            kbit_s=kbit_s,
            audio_days=audio_days or settings.audio_days,
            analysis_days=analysis_days or settings.analysis_days,
            transcribed=not no_words,
        )
        figures, ours = _figures(bench, settings, say, measure=measure)
        found = planned(centre, figures)
        if json is not None:
            _write(json, centre, figures, found)
        for line in told(centre, figures, found, say, ours=ours):
            print(common.one_line(line))


def _figures(bench: Path | None, settings: Settings, say: Say, *, measure: bool) -> tuple[Figures, bool]:
    """Measured now, or before, or those that are published (then False)."""
    path = bench or settings.data_dir / FILE
    if measure:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise ServiceError("cli.cannot_write", name=path.name, why=exc.strerror or "") from exc
        check_writable(path)
        print(say.text("plan.measuring"), file=sys.stderr)
        write_figures(measured(settings, shipped_calls()), path)
    if bench is None and not path.is_file():
        return PUBLISHED, False
    return read_figures(path), True


def _write(path: Path, centre: Centre, figures: Figures, found: Plan) -> None:
    from service.files import write_whole

    asked = {**asdict(centre), "sample": centre.sample.rule if centre.sample else None}
    data = {"centre": asked, "figures": asdict(figures), "plan": asdict(found)}
    write_whole(path, json_lib.dumps(data, ensure_ascii=False, indent=1) + "\n")


def told(centre: Centre, figures: Figures, found: Plan, say: Say, *, ours: bool) -> list[str]:
    """The plan as lines to print."""
    text = say.text
    lines = [
        text("plan.figures_of" if ours else "plan.figures_published", machine=figures.machine, date=figures.date),
        text("plan.work", calls=found.calls_per_night, hours=found.audio_hours, minutes=centre.minutes),
        text("plan.cores", hours=found.core_hours, cores=found.cores, night=centre.night_h),
        text("plan.here", cores=figures.cores, hours=found.night_hours_here),
    ]
    if not found.words_known:
        lines.append(text("plan.no_words"))
    elif centre.transcribed:
        lines.append(text("plan.words_of", model=figures.model or "?"))
    if found.gpus is not None and found.gpu_hours is not None:
        lines.append(text("plan.gpus", hours=found.gpu_hours, gpus=found.gpus, cores=found.cores_beside_gpus))
    elif centre.transcribed:
        lines.append(text("plan.no_gpus", cores=found.cores_beside_gpus))
    kept = {"audio_days": centre.audio_days, "analysis_days": centre.analysis_days, "kbit_s": centre.kbit_s}
    lines.append(text("plan.storage", recordings=found.recordings_gb, analyses=found.analyses_gb, **kept))
    return lines
