"""`timbre report`: the morning after a night of calls, as a page and as data."""

from __future__ import annotations

import json as json_lib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from service.archive.morning import morning_of, night_of
from service.archive.people import HOUSE, campaign_there
from service.archive.sources import zone_named
from service.cli import common
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.opening import archive_of
from service.web.page_morning import checked_site, morning_document, render_morning


def report(
    campaign: Annotated[str, typer.Option("--campaign", metavar="NAME")],
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    night: Annotated[str | None, typer.Option("--night", metavar="YYYY-MM-DD")] = None,
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE")] = "UTC",
    html: Annotated[Path | None, typer.Option("--html", metavar="OUT")] = None,
    json: common.JsonOut = None,
    site: Annotated[str, typer.Option("--site", metavar="URL")] = "",
    lang: common.LangOption = None,
) -> None:
    """The morning report."""
    with common.one_sentence(lang) as say:
        if html is None and json is None:
            raise ServiceError("morning.nowhere")
        for target in (path for path in (html, json) if path is not None):
            check_writable(target)
        address, clock = checked_site(site), zone_named(zone)
        wanted = night_of(night or datetime.now(clock).date().isoformat(), clock)
        with archive_of(common.settings_with()).reading() as session:
            found = morning_of(session, campaign_there(session, campaign, account or HOUSE), wanted)
        if html is not None:
            write_whole(html, render_morning(found, lang=say.lang, zone=clock, site=address))
        if json is not None:
            data = morning_document(found, lang=say.lang, site=address)
            write_whole(json, json_lib.dumps(data, ensure_ascii=False, indent=1) + "\n")
        counts = {state: found.states.get(state, 0) for state in ("done", "failed")}
        print(say.text("morning.written", received=found.received, moments=len(found.to_open), **counts))
