"""Rows of a manifest as texts by column, whatever it is written in: CSV, JSON lines, Parquet (extra `parquet`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from service.archive.delimited import rows_of
from service.archive.errors import ArchiveError

MOST_BYTES, MOST_ROWS = 256 << 20, 2_000_000
MOST_UNPACKED_BYTES = 1 << 30
ROWS_AT_ONCE = 10_000
ENDINGS = (".csv", ".jsonl", ".parquet")
COLUMNS = (
    *("recording", "agent_leg", "customer_leg", "transcript", "agent", "external_id", "started_at", "direction"),
    *("language", "agent_channel", "leg_offset_s", "do_not_analyse"),
)
Rows = Iterator[tuple[int, dict[str, str]]]
"""Number and texts of each row; empty for one that can't be read."""


def manifest_rows(content: bytes, ending: str) -> Rows:
    """Raises ArchiveError: too large, unknown columns, no Parquet here."""
    if len(content) > MOST_BYTES:
        raise ArchiveError("batch.manifest_too_large", limit_mib=MOST_BYTES >> 20)
    return {".jsonl": _json_rows, ".parquet": _parquet_rows}.get(ending, csv_rows)(content)


def csv_rows(content: bytes) -> Rows:
    """A row with more cells than columns is empty: its cells stand under the wrong names. A line that is no CSV hides
    where the next one begins, so it ends the manifest.
    """
    reader = rows_of(content)
    _check_columns([name.strip() for name in reader.fieldnames or ()])
    try:
        for row in reader:
            moved = None in row
            yield reader.line_num, {} if moved else {k.strip(): (v or "").strip() for k, v in row.items()}
    except csv.Error as exc:
        raise ArchiveError("batch.row", line=reader.line_num) from exc


def _check_columns(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not names:
        raise ArchiveError("batch.columns", name=unknown[0][:40] if unknown else "-", known=", ".join(COLUMNS))


def _json_rows(content: bytes) -> Rows:
    for line, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        plain = isinstance(row, dict) and set(row) <= set(COLUMNS)
        yield line, {k: "" if v is None else str(v) for k, v in row.items()} if plain else {}


def _parquet_rows(content: bytes) -> Rows:
    rows = (row for batch in _parquet_batches(content) for row in batch)
    yield from ((line, _texts(row)) for line, row in enumerate(rows, 1))


def _parquet_batches(content: bytes) -> Iterator[list[dict[str, Any]]]:
    """Rows as Python values. A damaged file raises any of the errors below, at its head or in the middle."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as exc:
        raise ArchiveError("batch.no_parquet") from exc
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        _check_columns(list(file.schema_arrow.names))
        _check_unpacked(file.metadata)
        for batch in file.iter_batches(ROWS_AT_ONCE):
            yield batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        raise ArchiveError("batch.not_parquet") from exc


def _check_unpacked(metadata: Any) -> None:
    """A small file may swell: what it says of itself is looked at before it is unpacked."""
    size = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or size > MOST_UNPACKED_BYTES:
        raise ArchiveError("batch.manifest_too_large", limit_mib=MOST_UNPACKED_BYTES >> 20)


def _texts(row: dict[str, Any]) -> dict[str, str]:
    """Empty when a value is none that a cell could hold."""
    plain = all(v is None or isinstance(v, str | bool | int | float | datetime | date) for v in row.values())
    return {name: _text(value) for name, value in row.items()} if plain else {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
