"""A finished batch run again: `python -m tests.bench resume` (some minutes: it lays out and receives 10,000 calls).

`timbre batch` as people type it, in a process of its own, over a folder of small recordings with a sidecar each and a
manifest's worth of names, all of them done: how long until it says so. Median of five, start of the program included.
TIMBRE_BENCH_ENTRIES makes it shorter; the figure then says so.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from service.archive.batch import Into, receive
from service.archive.people import HOUSE, campaign_named
from service.archive.sources import entries
from service.archive.tables_calls import Call, Job
from service.opening import archive_of, blobs_of
from service.settings import Settings
from tests.bench.report import Report
from tests.calls import SHIPPED

ENTRIES = int(os.environ.get("TIMBRE_BENCH_ENTRIES", "10000"))
TRIES, MOST_S = 5, 10.0
SETTLED_S = 3600.0


def lay(folder: Path) -> None:
    """Recordings that differ, in folders of a hundred, each with a small file that says whose it is."""
    sound = (SHIPPED / "en_recited.ogg").read_bytes()[:4000]
    for n in range(ENTRIES):
        path = folder / f"{n // 100:03}" / f"call{n:05}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound + n.to_bytes(4, "big"))
        facts = {"agent": f"a{n % 300}", "external_id": f"id{n}", "started_at": "2026-09-01T10-00-00"}
        path.with_suffix(".meta.json").write_text(json.dumps(facts))
        os.utime(path, (1e9, 1e9))


def finished(settings: Settings, folder: Path) -> None:
    """Every call received, and done."""
    archive = archive_of(settings)
    with archive.writing() as session:
        campaign = campaign_named(session, "bench", HOUSE).id
    into = Into(archive, blobs_of(settings), campaign, 1 << 24, now=time.time() + SETTLED_S)
    told = list(receive(into, entries([str(folder)])))
    if {o.state for o in told} != {"received"}:
        raise RuntimeError("not every call was received")
    with archive.writing() as session:
        session.execute(sa.update(Call).values(state="done"))
        session.execute(sa.delete(Job))
    archive.close()


def again(settings: Settings, folder: Path) -> float:
    """Seconds of the command."""
    env = {
        **os.environ,
        "TIMBRE_DATA_DIR": str(settings.data_dir),
        "TIMBRE_TRANSCRIBER": "none",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-c",
        "from service.cli import main; main()",
        "batch",
        str(folder),
        "--campaign",
        "bench",
    ]
    begun = time.perf_counter()
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    took_s = time.perf_counter() - begun
    if f": {ENTRIES}" not in ran.stdout:
        raise RuntimeError("not every entry was known")
    return took_s


def run(report: Report) -> None:
    """The median."""
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        folder = Path(name) / "calls"
        settings = Settings(data_dir=Path(name) / "data", transcriber="none")
        begun = time.perf_counter()
        lay(folder)
        finished(settings, folder)
        report.heading(f"{ENTRIES} entries, all done (laid out and received in {time.perf_counter() - begun:.0f} s)")
        took_s = [again(settings, folder) for _ in range(TRIES)]
    report.table(
        ("run again", "median s", "least s", "most s"), [("all", statistics.median(took_s), min(took_s), max(took_s))]
    )
    report.target(f"resuming a finished run of {ENTRIES} entries", statistics.median(took_s), MOST_S, "s")


def main() -> None:
    """On its own."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
