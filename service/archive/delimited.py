"""Lists as offices write them: CSV with `;` or `,`, in UTF-8 or cp1252."""

from __future__ import annotations

import csv
import io


def rows_of(content: bytes) -> csv.DictReader[str]:
    """The rows by the names of their columns; none are named where the first line is no CSV.

    Iterating may raise csv.Error. A row with more cells than there are columns has the key None: a separator stood
    inside a value, and every cell after it is one to the right.
    """
    text = _text(content)
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        rows.fieldnames  # noqa: B018 - reads the first line
    except csv.Error:
        rows.fieldnames = []
    return rows


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
