"""`timbre serve` and `timbre worker`: the pages and the API, and the work, together or apart."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Annotated, Any

import typer

from service.archive.stages import Workshop
from service.cli import common
from service.logs import log_to_stderr
from service.opening import archive_of, blobs_of
from service.settings import Settings

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

        from service.web.app import create_app
        from service.web.guard import Rooms

        settings = Settings()
        log_to_stderr()
        archive, blobs = archive_of(settings), blobs_of(settings)
        stop = threading.Event()
        worker = None if web_only else _worker_thread(Workshop(archive, blobs, settings), stop)
        print(say.text("cli.serving", host=host, port=port), file=sys.stderr, flush=True)
        try:
            uvicorn.run(
                create_app(Rooms(archive, blobs, settings)), host=host, port=port, log_config=None, server_header=False
            )
        finally:
            stop.set()
            if worker is not None:
                worker.join(timeout=60)
            archive.close()


def _worker_thread(shop: Workshop, stop: threading.Event) -> threading.Thread:
    from service.archive.worker import run

    thread = threading.Thread(target=run, args=(shop,), kwargs={"stop": stop}, daemon=True)
    thread.start()
    return thread


def worker(lang: common.LangOption = None) -> None:
    """Work on calls until stopped; the job in hand is finished first."""
    with common.one_sentence(lang) as say:
        from service.archive.worker import run

        settings, stop = Settings(), threading.Event()
        log_to_stderr()
        shop = Workshop(archive_of(settings), blobs_of(settings), settings)

        def end(_signal: int, _frame: Any) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        print(say.text("cli.working"), file=sys.stderr, flush=True)
        run(shop, stop=stop)
        shop.archive.close()


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    lang: common.LangOption = None,
) -> None:
    """Remove what has been kept as long as it may."""
    with common.one_sentence(lang) as say:
        from service.archive.retention import purge as purge_archive

        settings = Settings()
        archive = archive_of(settings)
        gone = purge_archive(archive, blobs_of(settings), now=time.time(), dry_run=dry_run)
        code = "cli.purge_trial" if dry_run else "cli.purge_done"
        print(say.text(code, recordings=gone.recordings, calls=gone.calls))
