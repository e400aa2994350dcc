"""A Ray cluster of two nodes on this machine: `python -m tests.service.archive.night.two_nodes`.

Prints its address; a line on standard input kills the second node and its workers, the end of the input ends the
cluster.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from service.settings import quiet_ray
from tests.service.archive.night.run import started_by

STORE_BYTES = 80 * 2**20


def main() -> None:
    quiet_ray()
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(2):
        node = cluster.add_node(wait=True, num_cpus=1, object_store_memory=STORE_BYTES, include_dashboard=False)
    print(cluster.address, flush=True)
    for _ in sys.stdin:
        own = [info.process.pid for infos in node.all_processes.values() for info in infos]
        for pid in {*own, *(child for parent in own for child in started_by(parent))}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        print("killed", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
