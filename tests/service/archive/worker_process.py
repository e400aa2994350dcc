"""A worker in a process of its own, for tests that kill it: `python -m tests.service.archive.worker_process ...`.

Arguments: database, blobs, the stage to die in (or `none`), and where: `before` its work, `after` it (nothing kept
yet), or `hang` in it for ever without a sign of life.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from service.archive import jobs, stages, worker
from service.archive.blobs import Blobs
from service.archive.engine import open_archive
from service.settings import Settings

LEASE_S = 6.0
"""Short, so that tests need not wait a minute; long enough for a thread to be late on a busy machine."""


def main(database: str, folder: str, stage: str, where: str) -> None:
    jobs.LEASE_S, jobs.RENEW_S = LEASE_S, LEASE_S / 8
    shop = stages.Workshop(open_archive(database), Blobs(folder), Settings(transcriber="none"))

    def deadly(shop, job, on_step):
        if job.stage == stage and where == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if job.stage == stage and where == "hang":
            worker.renew = lambda *_, **__: None  # its heart stops with it
            time.sleep(3600)
        keep = stages.work(shop, job, on_step)
        if job.stage == stage and where == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return keep

    until = time.monotonic() + 300
    name = worker.new_name()
    while time.monotonic() < until:
        if not worker.work_once(shop, name, do=deadly):
            with shop.archive.reading() as session:
                if not jobs.open_jobs(session):
                    return
            threading.Event().wait(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
