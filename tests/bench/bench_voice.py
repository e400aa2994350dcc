"""The voice bench: `python -m tests.bench voice`. Parts and limits: `tests/bench/voice`."""

from __future__ import annotations

import importlib
import sys

from tests.bench.report import Report
from tests.bench.voice import PARTS
from tests.bench.voice.rows import Row, state, unlisted


def run(report: Report, parts: tuple[str, ...] = PARTS) -> None:
    """Every part, then the one table."""
    rows: list[Row] = []
    for part in parts:
        print(f"  {part} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.bench.voice.{part}").rows()
    state(report, rows)
    for key in unlisted(rows):
        report.line(f"limits.toml: no row is called {key}")


def main() -> None:
    """Some parts, named as arguments, or all."""
    run(Report(), tuple(sys.argv[1:]) or PARTS)


if __name__ == "__main__":
    main()
