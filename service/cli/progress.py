"""Progress on stderr while a call is analysed: one line for a person, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from service.calls import STEPS, OnStep, ignore
from service.say import Lang, Say
from service.settings import system_language


@contextmanager
def progress_on(lang: Lang | None, *, quiet: bool) -> Iterator[OnStep]:
    """An observer that draws a bar when stderr is a terminal, else one that does nothing."""
    if quiet or not sys.stderr.isatty():
        yield ignore
        return
    say = Say(lang or system_language())
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=len(STEPS))

        def on_step(step: str, share: float) -> None:
            bar.update(task, description=say.text(f"cli.step.{step}"), completed=STEPS.index(step) + share)

        yield on_step
