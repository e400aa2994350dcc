"""How the engines scale: `python -m tests.bench engines` (some five minutes on two quiet cores).

Rounds of short calls of the demo's generator, each round other calls, through workers that are at work already: what a
night costs for hours, and not how long a process takes to start, which stands beside it. A round's time goes from its
calls being received to the last of them done, by the database. One round of each engine after the other, so that a busy
neighbour slows all of them. TIMBRE_BENCH_ROUNDS and TIMBRE_BENCH_ROUND_CALLS make it shorter; figures then say so.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from service.archive.batch import Into, receive, states_of
from service.archive.crew import Engine, Keeping, crew_of
from service.archive.engine import Archive
from service.archive.jobs import open_jobs
from service.archive.people import HOUSE, campaign_named
from service.archive.sources import entries
from service.archive.tables_calls import Event
from service.demo.dialogue import webvtt
from service.demo.make_calls import opus
from service.demo.speak import available
from service.opening import archive_of, blobs_of
from service.settings import Settings
from tests.bench.report import Report
from tests.service.archive.night.calls import short_call

ROUNDS = int(os.environ.get("TIMBRE_BENCH_ROUNDS", "5"))
CALLS = int(os.environ.get("TIMBRE_BENCH_ROUND_CALLS", "20"))
WARM_CALLS = 8
LEAST_SCALE, MOST_OVER = 1.8, 1.10
ENGINES = {"local, 1": Engine("local", 1), "local, 2": Engine("local", 2), "ray, 2": Engine("ray", 2)}
SETTLED_S = 3600.0
LOOK_S = 0.05
HANG_S = 900.0


class Place:
    """An archive of its own, with folders of calls that are laid before they are timed."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder / "data", transcriber="none")
        self.folder = folder
        self.archive: Archive = archive_of(self.settings)
        self.blobs = blobs_of(self.settings)
        with self.archive.writing() as session:
            self.campaign = campaign_named(session, "bench", HOUSE).id

    def received(self, round_: Path) -> list[str]:
        """The calls of a folder, received."""
        found = entries([str(round_)])
        into = Into(self.archive, self.blobs, self.campaign, 1 << 30, now=time.time() + SETTLED_S)
        told = receive(into, found)
        return [outcome.call_id for outcome in told if outcome.call_id]

    def worked(self, round_: Path, crew: Keeping) -> float:
        """Seconds from the first of its calls begun to the last of them done."""
        ids, begun = self.received(round_), time.monotonic()
        while any(state not in ("done", "failed") for state, _ in states_of(self.archive, ids).values()) or self.busy():
            if not crew.keep_up() or time.monotonic() - begun > HANG_S:
                raise RuntimeError("the workers do not work")
            time.sleep(LOOK_S)
        with self.archive.reading() as session:
            at = [
                session.scalar(sa.select(of(Event.at)).where(Event.call_id.in_(ids), Event.kind == kind))
                for of, kind in ((sa.func.min, "stage"), (sa.func.max, "done"))
            ]
        return float(at[1] - at[0])

    def busy(self) -> bool:
        with self.archive.reading() as session:
            return open_jobs(session) > 0


@contextmanager
def places(base: Path) -> Iterator[dict[str, Place]]:
    """One for each engine."""
    made = {name: Place(base / f"p{n}") for n, name in enumerate(ENGINES)}
    yield made
    for place in made.values():
        place.archive.close()


def lay(folder: Path, n: int, seed: int) -> Path:
    """Calls, each different."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number in range(n):
        call, variant = short_call(rng)
        path = folder / f"call{number:03}.ogg"
        path.write_bytes(opus(call))
        path.with_suffix(".vtt").write_text(webvtt(call, language=variant.language), encoding="utf-8")
    return folder


def run(report: Report) -> None:
    """Both targets."""
    if not available():
        raise FileNotFoundError(2, "espeak-ng and flite", "espeak-ng and flite")
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as folder:
        base = Path(folder)
        warm = lay(base / "warm", WARM_CALLS, seed=1)
        rounds = [lay(base / f"round{n}", CALLS, seed=2 + n) for n in range(ROUNDS)]
        with places(base) as made:
            started_s, took_s = timed(made, warm, rounds)
    tell(report, started_s, took_s)


def timed(made: dict[str, Place], warm: Path, rounds: list[Path]) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Seconds until each engine's first calls were done, and seconds of each round. One crew at a time has work; the
    others wait for some, as workers between two nights.
    """
    started_s, took_s = {}, {name: [] for name in made}
    with ExitStack() as stack:
        crews = {}
        for name, place in made.items():
            begun = time.monotonic()
            os.environ["TIMBRE_DATA_DIR"] = str(place.settings.data_dir)
            os.environ["TIMBRE_TRANSCRIBER"] = "none"
            crews[name] = stack.enter_context(crew_of(ENGINES[name], place.archive, place.settings))
            place.worked(warm, crews[name])
            started_s[name] = time.monotonic() - begun
        for round_ in rounds:
            for name, place in made.items():
                took_s[name].append(place.worked(round_, crews[name]))
    return started_s, took_s


def tell(report: Report, started_s: dict[str, float], took_s: dict[str, list[float]]) -> None:
    """The table and the targets."""
    median = {name: statistics.median(all_s) for name, all_s in took_s.items()}
    report.heading(f"{ROUNDS} rounds of {CALLS} calls of a few seconds, {os.cpu_count()} cores")
    report.table(
        ("engine, workers", "start s", "median s", "least s", "most s", "calls a minute"),
        [(n, started_s[n], median[n], min(took_s[n]), max(took_s[n]), 60 * CALLS / median[n]) for n in median],
    )
    scale = median["local, 1"] / median["local, 2"]
    report.line(f"two workers are {scale:.2f} times one (at least {LEAST_SCALE})")
    report.target("one worker's share of two (1 over how many times one)", 1 / scale, 1 / LEAST_SCALE, "")
    report.target("Ray over local, two workers", median["ray, 2"] / median["local, 2"], MOST_OVER, "times")


def main() -> None:
    """On its own."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
