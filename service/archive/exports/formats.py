"""Tables as files: CSV, JSON lines, a workbook, Parquet. Each is written row by row.

Text that a spreadsheet would take for a formula is made harmless in CSV and in workbooks; programs that read JSON lines
and Parquet get it as it is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from service.archive.errors import ArchiveError
from service.archive.exports.columns import Cell, Column, date_of, harmless, written_date
from service.archive.exports.rows import Row

Format = Literal["csv", "jsonl", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
BOM = "\ufeff"
CHUNK_ROWS = 500
GROUP_ROWS = 20_000
MOST_SHEET_ROWS, MOST_CELL_CHARACTERS = 1_048_576, 32_767
"""What a worksheet holds."""


@dataclass(frozen=True)
class Dialect:
    """How CSV is written. French spreadsheets want `;`, a decimal comma and a byte order mark."""

    separator: Literal[",", ";"] = ","
    decimal_comma: bool = False
    bom: bool = False


def as_csv(columns: Iterable[Column], rows: Iterable[Row], dialect: Dialect) -> Iterator[bytes]:
    """UTF-8, a line a row, ended as RFC 4180 has it. Raises ArchiveError for a comma that means two things."""
    if dialect.decimal_comma and dialect.separator == ",":
        raise ArchiveError("export.two_commas")
    columns = tuple(columns)
    yield ((BOM if dialect.bom else "") + _csv_lines([[c.name for c in columns]], dialect)).encode()
    written = ([_csv_cell(c, value, dialect) for c, value in zip(columns, row, strict=True)] for row in rows)
    while chunk := list(islice(written, CHUNK_ROWS)):
        yield _csv_lines(chunk, dialect).encode()


def _csv_lines(rows: Iterable[list[str]], dialect: Dialect) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=dialect.separator, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()


def _csv_cell(column: Column, value: Cell, dialect: Dialect) -> str:
    """Numbers are ours and stay numbers, a minus in front of them too."""
    if value is None:
        return ""
    if column.kind == "time":
        return written_date(float(value))
    if column.kind == "flag":
        return "true" if value else "false"
    if column.kind in ("number", "whole"):
        return str(value).replace(".", ",") if dialect.decimal_comma else str(value)
    return harmless(_storable(str(value)))


def _storable(text: str) -> str:
    """Without half characters and NUL, which no file of text can hold."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def as_jsonl(columns: Iterable[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """An object a line; times as ISO 8601 in UTC."""
    columns = tuple(columns)
    told = (json.dumps(_record(columns, row), ensure_ascii=False) + "\n" for row in rows)
    while chunk := "".join(islice(told, CHUNK_ROWS)):
        yield chunk.encode("utf-8", "replace")


def _record(columns: tuple[Column, ...], row: Row) -> dict[str, Cell]:
    return {
        c.name: written_date(float(value)) if c.kind == "time" and value is not None else value
        for c, value in zip(columns, row, strict=True)
    }


def write_workbook(columns: Iterable[Column], rows: Iterable[Row], target: Path) -> None:
    """One sheet, another where it is full; numbers, dates and yes/no as what they are."""
    from openpyxl import Workbook

    columns = tuple(columns)
    book = Workbook(write_only=True)
    rows = iter(rows)
    first = next(rows, None)
    while True:
        sheet = book.create_sheet()
        sheet.append([c.name for c in columns])
        if first is None:
            break
        sheet.append(_sheet_row(columns, first))
        for row in islice(rows, MOST_SHEET_ROWS - 2):
            sheet.append(_sheet_row(columns, row))
        first = next(rows, None)
        if first is None:
            break
    book.save(target)


def _sheet_row(columns: tuple[Column, ...], row: Row) -> list[Any]:
    return [_sheet_cell(c, value) for c, value in zip(columns, row, strict=True)]


def _sheet_cell(column: Column, value: Cell) -> Any:
    """Dates without their zone, which worksheets don't know: UTC."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if column.kind == "time" and value is not None:
        return date_of(float(value)).replace(tzinfo=None, microsecond=0)
    if column.kind == "text" and value is not None:
        return harmless(ILLEGAL_CHARACTERS_RE.sub("\ufffd", _storable(str(value))))[:MOST_CELL_CHARACTERS]
    return value


def write_parquet(columns: Iterable[Column], rows: Iterable[Row], target: Path) -> None:
    """Groups of rows with a schema of their own. Raises ArchiveError where the extra is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as exc:
        raise ArchiveError("export.no_parquet") from exc
    columns, rows = tuple(columns), iter(rows)
    kinds = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}
    schema = pa.schema([(c.name, kinds.get(c.kind, pa.timestamp("ms", tz="UTC"))) for c in columns])
    with pq.ParquetWriter(target, schema) as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            cells = ([_parquet_cell(c, row[n]) for row in group] for n, c in enumerate(columns))
            arrays = [pa.array(column, type=field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _parquet_cell(column: Column, value: Cell) -> Any:
    if value is None:
        return None
    if column.kind == "time":
        return date_of(float(value))
    return _storable(str(value)) if column.kind == "text" else value


def write_table(columns: Iterable[Column], rows: Iterable[Row], target: Path, form: Format, dialect: Dialect) -> None:
    """The table as a file of that format."""
    if form in ("xlsx", "parquet"):
        (write_workbook if form == "xlsx" else write_parquet)(columns, rows, target)
        return
    with target.open("wb") as stream:
        stream.writelines(as_csv(columns, rows, dialect) if form == "csv" else as_jsonl(columns, rows))
