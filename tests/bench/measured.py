"""Runs one command on one core and prints what it cost, as JSON: `python -I -S tests/bench/measured.py COMMAND ...`.

A small process of its own, because the system counts a parent's memory into the peak of what it starts. Wall time,
CPU time of the command and all it started, the peak of its largest process, of its children (the decoder), and of
all of them at the same time. Linux knows everything; elsewhere the last two are null.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time

SAMPLE_S = 0.02
KIB = 1024
MB = 1e6


class Watch(threading.Thread):
    """Looks at the memory of a process and its children every SAMPLE_S, from another core when there is one."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.children_peak, self.sum_peak, self.over = pid, 0, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(SAMPLE_S):
            children = [memory_of(child) for child in children_of(self.pid)]
            self.children_peak = max([self.children_peak, *(peak for _, peak in children)])
            self.sum_peak = max(self.sum_peak, memory_of(self.pid)[0] + sum(now for now, _ in children))


def children_of(pid: int) -> list[int]:
    """Direct children of the first thread (the program starts its decoder from there)."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(child) for child in stream.read().split()]
    except OSError:
        return []


def memory_of(pid: int) -> tuple[int, int]:
    """Resident bytes of a process now and at its peak; zeros when it is gone."""
    found = {"VmRSS": 0, "VmHWM": 0}
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as stream:
            for name, value in (line.split(":", 1) for line in stream if line.startswith(tuple(found))):
                found[name] = int(value.split()[0]) * KIB
    except OSError:
        pass
    return found["VmRSS"], found["VmHWM"]


def pin() -> None:
    """On the last core this process may use, where the system allows to choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def start(command: list[str]) -> int:
    """The command, pinned, with nothing to read; its process id."""
    pid = os.fork()
    if pid == 0:
        try:
            pin()
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            os.execvp(command[0], command)  # noqa: S606 - the command of this bench, as a list
        finally:
            os._exit(127)
    return pid


def main() -> None:
    """Start, watch, wait, print."""
    begun_s = time.perf_counter()
    pid = start(sys.argv[1:])
    watch = Watch(pid)
    watch.start()
    _, status, used = os.wait4(pid, 0)
    wall_s = time.perf_counter() - begun_s
    watch.over.set()
    watch.join()
    seen = watch.sum_peak > 0
    cost = {
        "exit": os.waitstatus_to_exitcode(status),
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * (KIB if sys.platform == "linux" else 1) / MB,
        "children_mb": watch.children_peak / MB if seen else None,
        "together_mb": watch.sum_peak / MB if seen else None,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
