"""The morning report as files in a folder: the page in both languages, and the data."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path

from service.archive.morning import Morning
from service.errors import ServiceError
from service.files import write_whole
from service.say import LANGS, Lang
from service.web.page_morning import morning_document, render_morning


def morning_folder(folder: Path) -> Path:
    """The folder, when it is one. Raises ServiceError."""
    if not folder.is_dir():
        raise ServiceError("morning.no_folder", name=folder.name)
    return folder


def write_morning(found: Morning, folder: Path, *, zone: tzinfo, site: str = "", lang: Lang = "fr") -> tuple[Path, ...]:
    """`CAMPAIGN-DATE.fr.html`, `.en.html` and `.json`; the sentences of the data are in `lang`.

    The campaign is named by its id: its name is anybody's text and no name of a file.
    """
    stem = f"{found.campaign_id}-{found.night.day.isoformat()}"
    pages = {folder / f"{stem}.{page}.html": render_morning(found, lang=page, zone=zone, site=site) for page in LANGS}
    data = json.dumps(morning_document(found, lang=lang, site=site), ensure_ascii=False, indent=1) + "\n"
    files = {**pages, folder / f"{stem}.json": data}
    for file, content in files.items():
        write_whole(file, content)
    return tuple(files)
