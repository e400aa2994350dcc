"""A workbook as plain cells: checked as a zip archive before anything in it is parsed, then read cell by cell.

Limits are on the file, on what it says it unpacks to (which is also what the reader stops at), on rows, columns and the
length of a cell. No macro, formula or link is followed: a formula counts with the value stored beside it, and a part
that declares a document type is refused, so no entity is ever expanded.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.grids.errors import GridError

MAX_BYTES = 5 * 2**20
MAX_PARTS = 200
MAX_PART_BYTES = 8 * 2**20
MAX_XML_BYTES = 3 * 2**20
"""Of one part that will be parsed: a sheet of two thousand full rows has about one. Pictures may be larger."""
MAX_UNPACKED_BYTES = 24 * 2**20
MAX_SHEETS = 30
MAX_ROWS = 2000
MAX_COLUMNS = 60
MAX_CELL_CHARACTERS = 4000
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = 0x1
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding=["']([\w.-]{1,20})["']""")
_KNOWN_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii"})

Value = str | float | None


@dataclass(frozen=True)
class Cell:
    """One cell: text, number or nothing. `percent`: shown as one; `unknown`: a formula without a stored value."""

    value: Value = None
    percent: bool = False
    unknown: bool = False

    @property
    def text(self) -> str:
        """The text on one line; empty for a number."""
        return " ".join(self.value.split()) if isinstance(self.value, str) else ""

    @property
    def number(self) -> float | None:
        """The number, when the cell holds one."""
        return self.value if isinstance(self.value, float) else None


@dataclass(frozen=True)
class Sheet:
    """A visible sheet: its name and its rows from the first one on, each as long as its last filled cell."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]


def read_workbook(path: Path) -> tuple[Sheet, ...]:
    """The visible sheets. Raises GridError: unreadable, no workbook, over a limit, hostile, or empty."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        raise GridError("rubric.grid.unreadable", file=path.name) from exc
    return parse_workbook(content, file=path.name)


def parse_workbook(content: bytes, *, file: str) -> tuple[Sheet, ...]:
    """The visible sheets of a workbook in memory; `file` is the name errors give."""
    if len(content) > MAX_BYTES:
        raise GridError("rubric.grid.too_large", file=file, limit_mib=MAX_BYTES // 2**20)
    try:
        _check_archive(content, file)
        with warnings.catch_warnings():  # about styles and extensions we don't read
            warnings.simplefilter("ignore")
            sheets = _sheets(content, file)
    except GridError:
        raise
    except Exception as exc:  # unpacking and reading raise whatever they stumble on; to the person each means the same
        raise GridError("rubric.grid.no_workbook", file=file) from exc
    if not any(sheet.rows for sheet in sheets):
        raise GridError("rubric.grid.empty", file=file)
    return sheets


def _check_archive(content: bytes, file: str) -> None:
    """Refuse before parsing: no zip, old Excel, encrypted, too many or too large parts, document types."""
    if content.startswith(_OLE_MAGIC):
        raise GridError("rubric.grid.old_or_locked", file=file)
    if not content.startswith(_ZIP_MAGIC):
        raise GridError("rubric.grid.no_workbook", file=file)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        _check_sizes(parts, file)
        for part in parts:
            _check_part(archive.read(part), file)


def _check_sizes(parts: list[zipfile.ZipInfo], file: str) -> None:
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise GridError("rubric.grid.old_or_locked", file=file)
    names = {part.filename for part in parts}
    if len(names) != len(parts) or len(parts) > MAX_PARTS or "xl/workbook.xml" not in names:
        raise GridError("rubric.grid.no_workbook", file=file)
    largest, total = max(p.file_size for p in parts), sum(p.file_size for p in parts)
    if largest > MAX_PART_BYTES or total > MAX_UNPACKED_BYTES:
        raise GridError("rubric.grid.unpacks_too_large", file=file, limit_mib=MAX_UNPACKED_BYTES // 2**20)


def _check_part(content: bytes, file: str) -> None:
    """No document type in any part, whatever its name; XML is UTF-8, or a `<!DOCTYPE` could hide from this look."""
    if len(content) > MAX_XML_BYTES and content[:64].lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(b"<"):
        raise GridError("rubric.grid.unpacks_too_large", file=file, limit_mib=MAX_XML_BYTES // 2**20)
    declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf")[:200])
    odd = declared is not None and declared[1].lower() not in _KNOWN_ENCODINGS
    narrow = content.replace(b"\x00", b"")  # two bytes a letter, read as one
    if odd or b"<!DOCTYPE" in narrow or b"<!ENTITY" in narrow:
        raise GridError("rubric.grid.hostile", file=file)


def _sheets(content: bytes, file: str) -> tuple[Sheet, ...]:
    from openpyxl import load_workbook  # only an import needs it

    options: dict[str, Any] = {"read_only": True, "keep_links": False, "keep_vba": False}
    stored = load_workbook(io.BytesIO(content), data_only=True, **options)
    written = load_workbook(io.BytesIO(content), data_only=False, **options)
    try:
        if len(stored.worksheets) > MAX_SHEETS:
            raise GridError("rubric.grid.too_many_sheets", file=file, limit=MAX_SHEETS)
        pairs = zip(stored.worksheets, written.worksheets, strict=True)
        return tuple(
            Sheet(str(sheet.title), tuple(_rows(sheet, formulas, file)))
            for sheet, formulas in pairs
            if sheet.sheet_state == "visible"
        )
    finally:
        stored.close()
        written.close()


def _rows(sheet: Any, formulas: Any, file: str) -> Iterator[tuple[Cell, ...]]:
    """All rows up to the limits, whatever size the sheet says it has; one cell beyond them is an error."""
    reach = {"max_row": MAX_ROWS + 1, "max_col": MAX_COLUMNS + 1}
    blank: list[tuple[Cell, ...]] = []
    for at, (values, texts) in enumerate(zip(sheet.iter_rows(**reach), formulas.iter_rows(**reach), strict=False)):
        row = [_cell(value, text, file) for value, text in zip(values, texts, strict=False)]
        while row and row[-1] == Cell():
            row.pop()
        if len(row) > MAX_COLUMNS or (row and at >= MAX_ROWS):
            raise GridError("rubric.grid.too_long", file=file, rows=MAX_ROWS, columns=MAX_COLUMNS)
        blank.append(tuple(row))
        if row:
            yield from blank
            blank.clear()


def _cell(stored: Any, written: Any, file: str) -> Cell:
    value = stored.value
    if value is None:
        return Cell(unknown=written.value is not None)
    if isinstance(value, bool):
        return Cell(str(value).lower())
    if isinstance(value, int | float):
        number = float(value)
        return Cell(number, "%" in str(stored.number_format)) if abs(number) < 1e9 else Cell()
    text = str(value)
    if len(text) > MAX_CELL_CHARACTERS:
        raise GridError("rubric.grid.cell_too_long", file=file, cell=stored.coordinate, limit=MAX_CELL_CHARACTERS)
    return Cell(text)
