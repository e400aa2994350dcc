"""All benches: `python -m tests.bench`, or some: `python -m tests.bench call voice`. `-l` lists them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time

import tests.bench
from tests.bench.report import Report

FIRST = "call"
"""The whole program first: figures per stage belong to a young process."""


def names() -> list[str]:
    """Every `bench_NAME.py` beside this file."""
    found = [m.name.removeprefix("bench_") for m in pkgutil.iter_modules(tests.bench.__path__)]
    kept = [n for n, m in zip(found, pkgutil.iter_modules(tests.bench.__path__), strict=True) if m.name != n]
    return sorted(kept, key=lambda name: (name != FIRST, name))


def run(name: str, report: Report) -> None:
    """One bench; what it lacks (a recording, a program) is said, and the others go on."""
    report.heading(f"== {name}")
    begun_s = time.perf_counter()
    sys.argv[1:] = []  # some benches read arguments of their own
    try:
        module = importlib.import_module(f"tests.bench.bench_{name}")
        module.run(report) if hasattr(module, "run") else module.main()
    except FileNotFoundError as exc:
        report.line(f"left out from here on: {exc.filename or exc} is not on this machine")
    except ModuleNotFoundError as exc:
        report.line(f"left out: the package {exc.name} is not installed")
    report.line(f"({time.perf_counter() - begun_s:.0f} s)")


def main() -> None:
    """Run what was asked for, then state every target."""
    known = names()
    asked = sys.argv[1:] or known
    if unknown := [name for name in asked if name not in known]:
        sys.exit(f"{', '.join(unknown)}: not one of {', '.join(known)}" if unknown != ["-l"] else " ".join(known))
    report = Report()
    for name in asked:
        run(name, report)
    report.summary()


if __name__ == "__main__":
    main()
