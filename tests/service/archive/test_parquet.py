"""Manifests in Parquet."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.archive.errors import ArchiveError
from service.archive.manifests import _parquet_rows
from service.archive.sources import Entry, Refused, entries, zone_named

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

PARIS = zone_named("Europe/Paris")


def written(folder, table):
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(b"RIFF")
    parquet.write_table(table, folder / "calls.parquet")
    return list(entries([str(folder / "calls.parquet")], PARIS))


def test_columns_of_their_own_types(tmp_path):
    at = [datetime(2024, 12, 25, 8, 30), None]
    told = {
        "recording": ["a.wav", "b.wav"],
        "agent": ["Zoé", None],
        "started_at": pa.array(at, pa.timestamp("us")),
        "agent_channel": pa.array([1.0, None]),
        "leg_offset_s": [0.0, 1.5],
        "do_not_analyse": [False, True],
    }
    first, second = written(tmp_path, pa.table(told))
    assert (first.agent, first.started_at, first.agent_channel) == ("Zoé", 1735111800.0, 1)
    assert second.do_not_analyse and second.agent_channel is None and second.leg_offset_s == 1.5


def test_a_time_with_its_zone_keeps_it(tmp_path):
    at = pa.array([datetime(2024, 7, 1, 10, tzinfo=UTC)], pa.timestamp("ms", "UTC"))
    (entry,) = written(tmp_path, pa.table({"recording": ["a.wav"], "started_at": at}))
    assert entry.started_at == 1719828000.0


def test_a_row_that_is_no_call_is_refused_and_the_next_goes_on(tmp_path):
    told = {"recording": ["../a.wav", "b.wav"], "agent": ["x", "y"]}
    bad, good = written(tmp_path, pa.table(told))
    assert isinstance(bad, Refused) and isinstance(good, Entry)
    (nested,) = written(tmp_path, pa.table({"recording": ["a.wav"], "agent": [["x"]]}))
    assert isinstance(nested, Refused)


def test_what_is_no_parquet_or_has_other_columns_is_one_sentence(tmp_path):
    with pytest.raises(ArchiveError, match=r"batch\.columns"):
        written(tmp_path, pa.table({"recording": ["a.wav"], "surprise": [1]}))
    whole = (tmp_path / "calls.parquet").read_bytes()
    for content in (b"", b"PAR1", whole[:-9], whole[:40] + b"\xff" * 40 + whole[80:]):
        (tmp_path / "calls.parquet").write_bytes(content)
        with pytest.raises(ArchiveError):
            list(entries([str(tmp_path / "calls.parquet")]))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**60], pa.int64()).cast(pa.date64()),
        pa.array([0], pa.timestamp("us", "Nowhere/Land")),
        pa.array([1], pa.timestamp("ns")),
        pa.Array.from_buffers(pa.utf8(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]),
    ],
    ids=["a day no calendar has", "a zone nobody has", "nanoseconds", "text that is none"],
)
def test_a_value_that_can_not_be_had_is_one_sentence(tmp_path, column):
    with pytest.raises(ArchiveError, match=r"batch\.not_parquet"):
        written(tmp_path, pa.table({"recording": ["a.wav"], "started_at": column}))


def whole_file():
    """With the kinds of columns a manifest has."""
    told = {
        "recording": ["a.wav", "bé.wav"] * 20,
        "agent": pa.array(["Zoé", None] * 20).dictionary_encode(),
        "started_at": pa.array([datetime(2024, 12, 25, 8, 30), None] * 20, pa.timestamp("us")),
        "leg_offset_s": [0.0, 1.5] * 20,
    }
    content = io.BytesIO()
    parquet.write_table(pa.table(told), content)
    return content.getvalue()


WHOLE = whole_file()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_file_is_read_or_is_one_sentence(damage):
    content = bytearray(WHOLE)
    for place, byte in damage:
        content[place % len(content)] = byte
    with suppress(ArchiveError):
        list(_parquet_rows(bytes(content)))


def test_a_small_file_that_swells_is_refused_before_it_does(tmp_path, monkeypatch):
    monkeypatch.setattr("service.archive.manifests.MOST_UNPACKED_BYTES", 100_000)
    table = pa.table({"recording": ["a.wav"] * 3, "agent": [chr(97 + n) * 100_000 for n in range(3)]})
    with pytest.raises(ArchiveError, match="too_large"):
        written(tmp_path, table)


def test_without_the_package_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "calls.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArchiveError, match="no_parquet"):
        list(entries([str(tmp_path / "calls.parquet")]))
