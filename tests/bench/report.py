"""What the benches print with: tables with units, and one line per target. Nothing here fails: figures are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A figure against the most it may be, in the same unit; `figure` None: not measured here, `why` says it."""

    name: str
    figure: float | None
    limit: float
    unit: str
    why: str = ""

    @property
    def line(self) -> str:
        """Figure, target, met or not."""
        if self.figure is None:
            return f"{self.name:<66} {'-':>8} of {self.limit:g} {self.unit}: not measured ({self.why})"
        word = "met" if self.figure <= self.limit else "NOT MET"
        return f"{self.name:<66} {self.figure:>8.3g} of {self.limit:g} {self.unit}: {word}"


@dataclass
class Report:
    """Prints as it goes, and keeps the targets for the end."""

    targets: list[Target] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """A line above a table."""
        print(f"\n{text}", flush=True)

    def line(self, text: str) -> None:
        """Any line."""
        print(text, flush=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """First column to the left, the others to the right, each as wide as it needs to be."""
        shown = [list(map(str, columns)), *([cell(value) for value in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
        for row in shown:
            first, *rest = (
                f"{value:<{w}}" if i == 0 else f"{value:>{w}}"
                for i, (value, w) in enumerate(zip(row, widths, strict=True))
            )
            print("  ".join([first, *rest]).rstrip(), flush=True)

    def target(self, name: str, figure: float | None, limit: float, unit: str, why: str = "") -> None:
        """Keep a target; printed by `summary`."""
        self.targets.append(Target(name, figure, limit, unit, why))

    def summary(self) -> None:
        """All targets, one line each."""
        if self.targets:
            self.heading("targets (figure of most allowed)")
            for target in self.targets:
                print(target.line, flush=True)


def cell(value: object) -> str:
    """Numbers with three significant digits, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
