"""Workers on a Ray cluster: one actor each, which holds the models and runs the loop that every worker runs.

Ray starts them where there is room and tells when one is lost; which call is whose turn, and what came of it, stands in
the database. An actor has one job at a time and nothing waits inside Ray, so nothing piles up there and nothing is lost
with a node. What goes to an actor and comes back is text: the settings as JSON, and how it ended.

Ray itself sends Python objects (cloudpickle) between its nodes: whoever reaches its ports runs code on them. It is for
machines of one's own on a network of one's own.
"""

from __future__ import annotations

import logging
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from service.archive.crew import Deaths, Engine
from service.archive.engine import Archive
from service.archive.jobs import release
from service.archive.stages import Workshop
from service.archive.worker import Ending, run
from service.archive.workers import new_name
from service.errors import ServiceError
from service.opening import archive_of, blobs_of
from service.settings import ONE_THREAD, Settings, quiet_ray

STORE_BYTES = 80 * 2**20
"""Ray's object store, of which nothing is used here; the least it takes."""
START_S = 120.0
"""How long a cluster may take to find room for a worker when there is none at work."""
KNOCK_S = 10.0
END_S, LAST_STEP_S = 4.0, 6.0
"""For the job in hand, and for giving it back at its next step."""
NOT_THEIRS = {"oidc_issuer", "oidc_client_id", "oidc_client_secret"}
"""Settings that no worker needs."""
ADDRESS = re.compile(r"auto|[\w.-]{1,200}:\d{1,5}|\[[0-9a-fA-F:]{2,45}\]:\d{1,5}", re.ASCII)
FULL = "full"


class Hand:
    """An actor: a worker on one of the cluster's nodes."""

    def __init__(self) -> None:
        self._ending, self._name = Ending(), new_name()

    def there(self) -> str:
        """The worker's name, once the actor has a place."""
        return self._name

    def work(self, settings: str) -> str:
        """Works until told to end. How it came to an end: nothing, "full", or the code of what can't be opened."""
        logging.getLogger("timbre").setLevel(logging.INFO)
        mine = Settings.model_validate_json(settings)
        try:
            shop = Workshop(archive_of(mine), blobs_of(mine), mine)
        except ServiceError as exc:
            return exc.note.code
        full = run(shop, ending=self._ending, name=self._name, memory_mib=mine.worker_memory_mib)
        shop.archive.close()
        return FULL if full else ""

    def end(self, wait_s: float) -> None:
        """As SIGTERM tells a process: the job in hand is finished within `wait_s`, or given back at its next step."""
        self._ending.after(wait_s)


@dataclass(frozen=True)
class Hired:
    """An actor with the two answers it owes: that it is there, and how its work ended."""

    actor: Any
    there: Any
    work: Any


class RayCrew:
    """`engine.workers` actors, replaced when they are lost."""

    def __init__(self, engine: Engine, archive: Archive, settings: Settings) -> None:
        self._engine, self._archive = engine, archive
        self._settings = for_workers(settings, engine)
        self._deaths = Deaths(engine.workers)
        self._hired: list[Hired] = []
        self._gpu_share = 0.0
        self._alone_since = 0.0

    def __enter__(self) -> RayCrew:
        self._ray = _ray()
        try:
            _connect(self._ray, self._engine)
            self._one_machine_for_a_file()
            self._gpu_share = gpu_share(self._engine, self._ray.cluster_resources().get("GPU", 0.0))
            self._alone_since = time.monotonic()
            self._hired = [self._one() for _ in range(self._engine.workers)]
        except BaseException:
            self._ray.shutdown()
            raise
        return self

    def _one_machine_for_a_file(self) -> None:
        own = self._ray.util.get_node_ip_address()
        others = {node["NodeManagerAddress"] for node in self._ray.nodes() if node["Alive"]} - {own}
        if others and not self._archive.is_postgresql:
            raise ServiceError("batch.ray_needs_postgresql", n=len(others))

    def _one(self) -> Hired:
        threads = {"env_vars": dict(ONE_THREAD)}
        room = {"num_cpus": 1, "num_gpus": self._gpu_share}
        actor = self._ray.remote(Hand).options(**room, max_concurrency=2, runtime_env=threads).remote()
        return Hired(actor, actor.there.remote(), actor.work.remote(self._settings))

    def keep_up(self, ended: int = 0) -> bool:
        """As `Keeping` says. Raises ServiceError: the cluster has no room, or a worker can't open the archive."""
        over = self._over([hired.work for hired in self._hired])
        for number, hired in enumerate(self._hired):
            if hired.work not in over:
                continue
            self._ended(hired)
            self._hired[number] = self._one()
        self._somebody_works()
        return self._deaths.bearable(ended)

    def _over(self, refs: list[Any]) -> list[Any]:
        done, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        return list(done)

    def _ended(self, hired: Hired) -> None:
        try:
            how = self._ray.get(hired.work)
        except self._ray.exceptions.RayError:
            self._deaths.one_more()
            self._free(hired)
            return
        self._ray.kill(hired.actor)
        if how not in ("", FULL):
            raise ServiceError("batch.ray_worker", why=how)

    def _free(self, hired: Hired) -> None:
        """What a lost worker had in hand may be taken at once."""
        with suppress(self._ray.exceptions.RayError):
            lost = self._ray.get(hired.there, timeout=0)
            release(self._archive, lambda name: name == lost)

    def _somebody_works(self) -> None:
        now = time.monotonic()
        if self._over([hired.there for hired in self._hired]):
            self._alone_since = now
        elif now - self._alone_since > START_S:
            raise ServiceError("batch.ray_no_room", wait_s=round(START_S))

    def __exit__(self, *_: object) -> None:
        for hired in self._hired:
            hired.actor.end.remote(END_S)
        self._ray.wait([h.work for h in self._hired], num_returns=len(self._hired), timeout=END_S + LAST_STEP_S)
        for hired in self._hired:
            self._ray.kill(hired.actor)
        self._ray.shutdown()


def for_workers(settings: Settings, engine: Engine) -> str:
    """The settings as the actors read them: places by their whole paths, and no secret that is not theirs."""
    whole = {name: getattr(settings, name).absolute() for name in ("data_dir", "models_dir")}
    device = {"device": "cpu"} if engine.gpus == 0 else {}
    return settings.model_copy(update={**whole, **device}).model_dump_json(exclude=NOT_THEIRS)


def gpu_share(engine: Engine, there: float) -> float:
    """What each worker takes of a GPU, so that all find a place: a share never lies on two of them."""
    gpus = int(there) if engine.gpus is None else engine.gpus
    return 1 / -(-engine.workers // gpus) if gpus else 0.0


def _ray() -> ModuleType:
    quiet_ray()
    try:
        import ray
        import ray.exceptions
        import ray.util
    except ImportError as exc:
        raise ServiceError("batch.no_ray") from exc
    return ray


def _knock(address: str) -> None:
    """Raises OSError when nobody is there: Ray itself would try for many minutes."""
    host, _, port = address.rpartition(":")
    if host:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()


def _connect(ray: ModuleType, engine: Engine) -> None:
    """To the cluster at the address, or to one of this machine's own that ends with this program."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    own = {"num_cpus": engine.workers, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    if engine.address and not ADDRESS.fullmatch(engine.address):
        raise ServiceError("cli.bad_option", option="--address", value=engine.address[:60], allowed="HOST:PORT, auto")
    try:
        if engine.address:
            _knock(engine.address)
        more = {} if engine.address else own
        ray.init(address=engine.address or "local", log_to_driver=False, configure_logging=False, **more)
    except Exception as exc:  # it raises whatever its parts do, and its texts name addresses and paths
        raise ServiceError("batch.no_cluster", address=engine.address or "local", kind=type(exc).__name__) from exc
