"""How a batch ends in words: a table of its files, a summary, a report."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.archive.outcomes import DONE, Row, counts_of
from service.archive.sampling import SEED, Sample
from service.cli.common import one_line
from service.say import Say

MOST_SHOWN = 200
"""Rows of the table; the report has them all."""


def print_table(rows: Sequence[Row], say: Say) -> None:
    """What needs somebody first, then the rest, in the order of the sources."""
    ordered = sorted(rows, key=lambda row: row.state in DONE)
    shown = Table(box=None, pad_edge=False, show_header=bool(rows), header_style="")
    for name in ("file", "state", "why"):
        shown.add_column(say.text(f"batch.column_{name}"), overflow="fold")
    for row in ordered[:MOST_SHOWN]:
        why = one_line(say(row.problem)) if row.problem else ""
        shown.add_row(Text(one_line(row.name)), Text(say.text(f"batch.state_{row.state}")), Text(why))
    if rows:
        Console(file=sys.stdout, highlight=False).print(shown)
    if len(rows) > MOST_SHOWN:
        print(say.text("batch.more_rows", n=len(rows) - MOST_SHOWN))


def summary(rows: Sequence[Row], sample: Sample | None, say: Say) -> str:
    """How many of each, and what was sampled."""
    said = [f"{say.text(f'batch.state_{state}')}: {n}" for state, n in counts_of(rows).items()]
    lines = [", ".join(said) or say.text("batch.nothing")]
    return "\n".join(lines + ([sampled(sample, say)] if sample else []))


def sampled(sample: Sample, say: Say) -> str:
    """The rule, as a sentence."""
    if sample.per_week:
        return say.text("batch.sampled_week", n=sample.per_week, seed=SEED)
    return say.text("batch.sampled_share", percent=100 * (sample.fraction or 0.0), seed=SEED)


def document(rows: Sequence[Row], end: str, sample: Sample | None, say: Say) -> dict[str, object]:
    """Everything, as JSON."""
    told = [
        {"name": r.name, "state": r.state, "call": r.call_id, "problem": say(r.problem) if r.problem else None}
        for r in rows
    ]
    how = {"rule": sample.rule, "seed": SEED, "said": sampled(sample, say)} if sample else None
    return {"end": end, "counts": counts_of(rows), "sample": how, "files": told}
