"""`timbre listening`: what a closed listening test came to."""

from __future__ import annotations

from typing import Annotated

import typer

from service.archive.errors import ArchiveError
from service.archive.listening import result
from service.archive.tables_reviews import ListeningTest
from service.cli import common
from service.labels import Labels
from service.opening import archive_of
from service.web.figures_told import figures


def listening(
    test: Annotated[str, typer.Argument(metavar="TEST")],
    lang: common.LangOption = None,
) -> None:
    """Its figures."""
    with common.one_sentence(lang) as say:
        with archive_of(common.settings_with()).reading() as session:
            found = session.get(ListeningTest, test)
            if found is None:
                raise ArchiveError("archive.not_there")
            if found.closed_at is None:
                raise ArchiveError("listening.not_closed")
            told = figures(result(session, test), Labels(say.lang))
        print(say.text("listening.printed", **{name: value or "-" for name, value in told.items()}))
