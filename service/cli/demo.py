"""`timbre demo`: the shipped calls, analysed, written as pages and served on this machine only."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from service.cli import common
from service.errors import ServiceError
from service.say import Say
from service.wiring import build_tools

if TYPE_CHECKING:
    from service.demo.site import Landed

HOST = "127.0.0.1"


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER")] = Path("demo-pages"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8765,
    pages_only: Annotated[bool, typer.Option("--pages-only")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve")] = False,
    lang: common.LangOption = None,
) -> None:
    """The shipped calls, as pages on localhost."""
    with common.one_sentence(lang) as say:
        if not no_serve:
            _check_port(port)
        if not pages_only:
            _write_pages(out, say)
        elif not (out / "index.html").is_file():
            raise ServiceError("cli.demo_no_pages", folder=out.name)
        if not no_serve:
            serve(out, port, say)


def _write_pages(out: Path, say: Say) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ServiceError("cli.cannot_write", name=out.name, why=exc.strerror or "") from exc
    from service.demo.site import shipped_calls, write_call, write_index  # not for other commands

    settings = common.settings_with()
    tools = build_tools(settings, listen=False)
    landed = [write_call(recording, out, tools, settings, say) for recording in shipped_calls()]
    write_index(landed, out, say)
    _print(landed, say)
    print(say.text("cli.demo_written", count=len(landed), folder=str(out)))


def _print(landed: list[Landed], say: Say) -> None:
    table = Table(title=say.text("cli.demo_title"))
    for name in ("call", "script", "intention", "counts"):
        table.add_column(say.text(f"cli.demo_{name}"))
    for row in landed:
        table.add_row(row.name, row.script, row.intention, row.counts)
    console = Console(file=sys.stdout)
    console.print(table)
    console.print(say.text("cli.demo_note"), style="dim")


def _check_port(port: int) -> None:
    """Say so before the work when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise ServiceError("cli.demo_port", port=port) from exc


def serve(folder: Path, port: int, say: Say) -> None:
    """The pages on localhost until Ctrl+C."""
    import uvicorn

    print(say.text("cli.demo_serving", port=port), flush=True)
    uvicorn.run(site(folder), host=HOST, port=port, log_level="warning")


def site(folder: Path) -> Any:
    """The demo's own pages and nothing else of the folder, to who asks for this machine by its own name.

    Another name in the request means that a page from elsewhere had its name pointed here to read ours.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import FileResponse
    from starlette.routing import Route

    from service.demo.site import shipped_calls

    def page(name: str) -> Any:
        return lambda request: FileResponse(folder / name)

    names = ("index.html", *(f"{recording.stem}.html" for recording in shipped_calls()))
    routes = [Route("/", page("index.html")), *(Route(f"/{name}", page(name)) for name in names)]
    local = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[local])
