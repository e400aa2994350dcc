"""The voice bench's limits are data, and a limit that nobody answers to is said."""

from __future__ import annotations

import pytest

from tests.bench.report import Report
from tests.bench.voice import rows as bench_rows
from tests.bench.voice.rows import Limit, Row, _limit, limits, state, unlisted


def test_every_limit_can_be_read() -> None:
    assert all(isinstance(limit, Limit) for limit in limits().values())


def test_a_limit_is_a_most_or_a_least() -> None:
    assert _limit("a.b.c", {"most": 0.2, "reason": "r"}).holds(0.2)
    assert not _limit("a.b.c", {"least": 0.95, "reason": "r"}).holds(0.949)
    with pytest.raises(ValueError, match=r"a\.b\.c .* most, least"):
        _limit("a.b.c", {"moost": 0.2, "reason": "r"})


def test_the_table_says_what_is_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench_rows, "limits", lambda: {"a.b.c": Limit(1.0, False), "a.b.d": Limit(1.0, False)})
    state(
        Report(), [Row("a", "b", "c", 0.5, "st", 3), Row("a", "b", "d", 1.5, "st", 3), Row("a", "x", "y", 9.0, "", 1)]
    )
    said = capsys.readouterr().out
    assert "1 of 2 limits kept; NOT a.b.d" in said
    assert "NOT KEPT" in said


def test_a_limit_without_a_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_rows, "limits", lambda: {"a.b.c": Limit(1.0, False), "z.b.c": Limit(1.0, False)})
    assert unlisted([Row("a", "other", "c", 0.5, "st", 3)]) == ["a.b.c"]
