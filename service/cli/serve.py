"""`timbre serve` and `timbre worker`: the pages and the API, and the work, together or apart."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Annotated, Any

import typer

from service.archive.memory import EXIT_FULL
from service.archive.scratch import remove_held
from service.archive.stages import Workshop
from service.archive.worker import Ending, run
from service.cli import common
from service.logs import log_to_stderr
from service.opening import archive_of, blobs_of

WEB_ENDS_S, WORKER_ENDS_S, LAST_STEP_S = 2, 4.0, 2.0
"""After SIGTERM: for answers that are under way (a browser that watches a call never ends by itself), for the job in
hand, and for giving it back at its next step. Together within the ten seconds a container is given.
"""
ENDED_BY_SIGTERM = 128 + signal.SIGTERM
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS")]


def serve(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
    web_only: Annotated[bool, typer.Option("--web-only")] = False,
    lang: common.LangOption = None,
) -> None:
    """Pages, API and one worker."""
    with common.one_sentence(lang) as say:
        import uvicorn

        from service.nightly import Nights, plan_of
        from service.web.app import create_app
        from service.web.guard import Rooms
        from service.web.settling import settle

        settings = common.settings_with()
        plan = plan_of(settings)
        log_to_stderr()
        archive, blobs = archive_of(settings), blobs_of(settings)
        app, ending = create_app(Rooms(archive, blobs, settings)), Ending()
        settle()
        nights = Nights(archive, blobs, settings, plan) if plan else None
        worker = None if web_only else _worker_thread(Workshop(archive, blobs, settings), ending)
        print(say.text("cli.serving", host=host, port=port), file=sys.stderr, flush=True)
        if nights is not None:
            nights.start()
        try:
            uvicorn.run(
                app,
                host=host,
                port=port,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=WEB_ENDS_S,
            )
        finally:
            if nights is not None:
                nights.stop.set()
                nights.join(timeout=LAST_STEP_S)
            _end(worker, ending)
            archive.close()


def _end(worker: threading.Thread | None, ending: Ending) -> None:
    """Waits for the worker; one that sits in a long step is left, and its lease runs out within a minute."""
    if worker is None:
        return
    ending.after(WORKER_ENDS_S)
    worker.join(timeout=WORKER_ENDS_S + LAST_STEP_S)
    if worker.is_alive():  # native code that runs on while Python is taken down would crash
        remove_held()
        os._exit(ENDED_BY_SIGTERM)


def _worker_thread(shop: Workshop, ending: Ending) -> threading.Thread:
    thread = threading.Thread(target=run, args=(shop,), kwargs={"ending": ending}, daemon=True)
    thread.start()
    return thread


def worker(lang: common.LangOption = None) -> None:
    """Work on calls until stopped; the job in hand is finished, or given back when that takes long."""
    if _worked(lang, Ending()):
        raise typer.Exit(EXIT_FULL)


def worker_of_a_crew() -> None:
    """The same, for the program that started it: ends with it, however it ends, which the end of a pipe tells."""
    ending = Ending()

    def with_the_other() -> None:
        while os.read(0, 1024):
            pass
        ending.after(WORKER_ENDS_S)

    threading.Thread(target=with_the_other, daemon=True).start()
    sys.exit(EXIT_FULL if _worked(None, ending) else 0)


def _worked(lang: str | None, ending: Ending) -> bool:
    """True when it ended because it held too much memory."""
    with common.one_sentence(lang) as say:
        settings = common.settings_with()
        log_to_stderr()
        shop = Workshop(archive_of(settings), blobs_of(settings), settings)

        def end(_signal: int, _frame: Any) -> None:
            ending.after(WORKER_ENDS_S)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        print(say.text("cli.working"), file=sys.stderr, flush=True)
        full = run(shop, ending=ending, memory_mib=settings.worker_memory_mib)
        shop.archive.close()
    return full
