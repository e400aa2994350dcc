"""Sampling: the same calls whatever the order, never more than was said, and what is left out is counted."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.errors import ArchiveError
from service.archive.morning import morning_of, night_at
from service.archive.sampling import Sample, chosen, drawn, read_sample, ticket_of
from service.archive.sources import zone_named
from service.archive.tables_nights import PassedOver
from service.archive.weeks import WEEK_S, starts_at
from tests.service.archive.test_batch import bring, calls, lay

WEEK = 2950
OVER = starts_at(WEEK + 3)
FRIDAY = starts_at(WEEK) + 4.5 * 86400.0


def call(n, agent="a", at=None):
    return drawn(f"k{n}", ticket_of(str(n)), agent, at, FRIDAY)


weeks = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, WEEK_S - 1), st.integers(0, 1)), max_size=60).map(
    lambda rows: [call(n, agent, starts_at(WEEK + w) + s) for n, (agent, s, w) in enumerate(rows)]
)


@given(weeks, st.integers(1, 7), st.randoms())
def test_some_of_each_agent_and_week_in_any_order(found, n, rng):
    once = chosen(Sample(per_week=n), found, {}, OVER)
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert chosen(Sample(per_week=n), shuffled, {}, OVER) == once
    there = Counter((c.agent, c.week) for c in found)
    taken = Counter((c.agent, c.week) for c in found if c.key in once)
    assert taken == {key: min(n, m) for key, m in there.items()}


@given(weeks, st.integers(1, 7))
def test_night_after_night_comes_to_what_one_batch_takes(found, n):
    """Whole days, in their order: what each night took is what the whole week at once would take."""
    taken, got = {}, set()
    for day in range(15):
        now = starts_at(WEEK) + (day + 1) * 86400.0
        tonight = [c for c in found if (c.week - WEEK) * 7 + c.day <= day and c.key not in got]
        new = chosen(Sample(per_week=n), tonight, taken, now)
        for c in tonight:
            if c.key in new:
                taken.setdefault((c.agent, c.week), []).append(c.day)
        got |= new
    assert got == chosen(Sample(per_week=n), found, {}, OVER)


def test_a_week_is_not_used_up_on_its_monday():
    monday, friday = ([call(f"{d}{i}", at=starts_at(WEEK) + d * 86400.0 + i) for i in range(40)] for d in (0, 4))
    assert len(chosen(Sample(per_week=5), monday, {}, FRIDAY)) == 1
    assert len(chosen(Sample(per_week=5), monday + friday, {}, FRIDAY)) == 5
    assert len(chosen(Sample(per_week=5), monday, {}, OVER)) == 5
    assert len(chosen(Sample(per_week=5), [call(i) for i in range(40)], {}, FRIDAY)) == 5  # nobody stated a time


def test_a_fraction_is_about_that_share_and_a_larger_one_holds_the_smaller():
    found = [call(n) for n in range(4000)]
    few, more = (chosen(Sample(fraction=f), found, {}, FRIDAY) for f in (0.1, 0.3))
    assert 300 < len(few) < 500 and few < more
    assert chosen(Sample(fraction=1.0), found, {}, FRIDAY) == {c.key for c in found}


@pytest.mark.parametrize(
    ("text", "rule"),
    [("0.1", "0.1"), ("0,25", "0.25"), ("10%", "0.1"), ("5/week", "5/week"), (" 3/semaine ", "3/week")],
)
def test_how_a_sample_is_written(text, rule):
    assert read_sample(text).rule == rule


@pytest.mark.parametrize("text", ["0", "1.5", "101%", "0/week", "1001/week", "5/day", "", "-0.1", "nan", "1e-3"])
def test_what_is_no_sample_is_one_sentence(text):
    assert read_sample("all") is None
    with pytest.raises(ArchiveError, match=r"batch\.sample"):
        read_sample(text)


@pytest.fixture
def folder(tmp_path):
    """Apart from where the blobs lie."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def manifest(folder, n, agents=("zo", "al")):
    """Calls of a week that is over, each other bytes; the names of files say nothing of them."""
    lay(folder, n=0)
    (folder / "diary.wav").unlink(), (folder / "empty.wav").unlink()
    lay(folder, n=n)
    rows = [f"call{i}.ogg;{agents[i % len(agents)]};2026-09-0{1 + i % 4}T10:00:00" for i in range(n)]
    random.Random(n).shuffle(rows)  # noqa: S311 - the order of a list
    path = folder / "m.csv"
    path.write_text("recording;agent;started_at\n" + "\n".join(rows))
    return path


def test_a_batch_takes_its_sample_once_and_counts_what_it_leaves(archive, blobs, cast, folder, monkeypatch):
    source = manifest(folder, 12)
    told = bring(archive, blobs, cast, source, sample="2/week")
    assert Counter(o.state for o in told) == {"received": 4, "not_sampled": 8}
    assert Counter(c.agent_name for c in calls(archive)) == {"zo": 2, "al": 2}
    first = {c.name for c in calls(archive)}
    monkeypatch.setattr("service.archive.batch._ticket", lambda *_: pytest.fail("read again"))
    again = bring(archive, blobs, cast, source, sample="2/week")
    assert Counter(o.state for o in again) == {"known": 4, "not_sampled": 8}
    with archive.reading() as session:
        night = night_at(session.query(PassedOver).first().at, zone_named("UTC"))
        assert morning_of(session, cast.campaign, night).not_sampled == {"2/week": 8}
    monkeypatch.undo()
    assert {o.state for o in bring(archive, blobs, cast, source)} == {"known", "received"}
    assert len(calls(archive)) == 12 and first < {c.name for c in calls(archive)}
    with archive.reading() as session:
        assert session.query(PassedOver).count() == 0


def test_another_name_draws_the_same_ticket_and_a_file_that_is_none_takes_no_place(archive, blobs, cast, folder):
    source = manifest(folder, 6, agents=("zo",))
    bring(archive, blobs, cast, source, sample="2/week")
    first = {c.started_at for c in calls(archive)}
    other = folder.parent / "other"
    other.mkdir()
    text = source.read_text()
    for i in range(6):
        (other / f"renamed{i}.ogg").write_bytes((folder / f"call{i}.ogg").read_bytes())
        text = text.replace(f"call{i}.ogg", f"renamed{i}.ogg")
    (other / "bad.wav").write_text("dear diary")
    (other / "m.csv").write_text(text + "\nbad.wav;zo;2026-09-01T10:00:00\n")
    told = Counter(o.state for o in bring(archive, blobs, cast, other / "m.csv", sample="2/week"))
    assert told == {"known": 2, "not_sampled": 4, "refused": 1} or told == {"not_sampled": 6, "refused": 1}
    assert {c.started_at for c in calls(archive)} == first
