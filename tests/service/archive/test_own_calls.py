"""What an agent sees of their own calls, before and after release; scores over time; their switch for the voice."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.archive import own_calls
from service.archive.audit import note_down
from service.archive.calls import Wanted, list_calls
from service.archive.errors import NotAllowed
from service.archive.own_calls import MIN_CALLS, interval, scores_over_time
from service.archive.tables import AuditRow, Person
from service.archive.tables_across import VoiceWindows
from service.archive.tables_calls import Call
from service.archive.tables_reviews import Acknowledgement, Dispute, Example
from tests.service.archive.coaching_calls import NUMBER, call_in, line, moment, viewer


@pytest.fixture
def agent(archive, cast):
    return viewer(archive, cast.agent)


def seen(archive, who):
    with archive.reading() as session:
        return [call.id for call in list_calls(session, who, Wanted()).calls]


def test_before_release_an_agent_sees_a_call_only_where_the_service_is_set_so_and_only_when_it_is_done(
    archive, blobs, cast, agent
):
    released = call_in(archive, blobs, cast, hour=1)
    done = call_in(archive, blobs, cast, hour=2, released=False)
    call_in(archive, blobs, cast, hour=3, released=False, state="running")
    call_in(archive, blobs, cast, hour=4, agent="other_agent")
    assert seen(archive, agent) == [released]
    assert seen(archive, replace(agent, before_release=True)) == [done, released]
    assert done not in seen(archive, replace(viewer(archive, cast.auditor), before_release=True))


def weeks_of(archive, blobs, cast, found):
    """(weeks back, calls, series, script)."""
    for back, n, series, script in found:
        for hour in range(n):
            facts = {"script": script, "intention": 50.0 if hour else None, "series": series}
            call_in(archive, blobs, cast, NUMBER - back, hour=hour + 20 * (series != "s"), **facts)


def over_time(archive, who):
    with archive.reading() as session:
        return [(NUMBER - p.first_week, p.weeks, p.series, p.calls, bool(p.script), bool(p.intention))
                for p in scores_over_time(session, who)]  # fmt: skip


def test_scores_are_shown_by_week_from_eight_calls_on_and_apart_where_the_rules_changed(archive, blobs, cast, agent):
    assert over_time(archive, agent) == []
    weeks_of(archive, blobs, cast, [(2, 9, "s", 40.0), (1, 8, "s", 60.0), (1, 3, "t", 80.0), (0, 2, "t", 80.0)])
    call_in(archive, blobs, cast, NUMBER, hour=90, released=False, script=1.0, series="t")
    assert over_time(archive, agent) == [
        (2, 1, "s", 9, True, True),
        (1, 1, "s", 8, True, False),
        (1, 1, "t", 3, False, False),
        (0, 1, "t", 2, False, False),
    ]


def test_few_calls_a_week_are_taken_four_weeks_together(archive, blobs, cast, agent):
    weeks_of(archive, blobs, cast, [(back, 3, "s", 40.0) for back in range(6)])
    assert over_time(archive, agent) == [(7, 4, "s", 6, False, False), (3, 4, "s", 12, True, True)]


@given(st.lists(st.floats(0, 100), min_size=MIN_CALLS, max_size=40))
def test_the_interval_is_students(values):
    found = interval(values)
    centre, spread = statistics.fmean(values), statistics.stdev(values)
    half = stats.t.ppf(0.975, len(values) - 1) * spread / len(values) ** 0.5
    assert found == pytest.approx((max(0.0, centre - half), min(100.0, centre + half)), abs=1e-6)


def test_under_eight_values_there_is_no_interval():
    assert interval([50.0] * (MIN_CALLS - 1) + [None] * 5) is None


def test_what_worked_is_the_best_of_each_call_and_where_each_gesture_was_lived_last(archive, blobs, cast, agent):
    calls = [call_in(archive, blobs, cast, NUMBER - n) for n in range(3)]
    hidden = call_in(archive, blobs, cast, hour=9, released=False)
    for n, call in enumerate([*calls, hidden]):
        moment(archive, call, f"a{n}", good=True, severity=0.2)
        moment(archive, call, f"b{n}", good=n != 1, severity=0.9)
        line(archive, call, "greeting", "lived", start_s=float(n))
        line(archive, call, "closing", "lived" if n == 1 else "done")
    line(archive, calls[0], "thanks", "lived", disputed=True)
    with archive.reading() as session:
        rows = list_calls(session, agent, Wanted()).calls
        good = own_calls.good_moments(session, agent, [*rows, session.get_one(Call, hidden)])
        lived = own_calls.lived_gestures(session, agent, NUMBER - 13)
    assert [(row.moment, call.id) for row, call in good] == [("b0", calls[0]), ("a1", calls[1]), ("b2", calls[2])]
    assert [(one.line, one.calls, one.call_id, one.start_s) for one in lived] == [
        ("gesture:greeting", 3, calls[0], 0.0),
        ("gesture:closing", 1, calls[1], 5.0),
    ]


def test_who_listened_is_everybody_else_on_ones_own_calls(archive, blobs, cast, agent):
    own, foreign = call_in(archive, blobs, cast), call_in(archive, blobs, cast, agent="other_agent")
    with archive.writing() as session:
        for who in (cast.coach.id, cast.agent.id, "cli"):
            note_down(session, who, "listen", call_id=own)
        note_down(session, cast.qa.id, "rescore", call_id=own)
        note_down(session, cast.coach.id, "listen", call_id=foreign)
        calls = [session.get_one(Call, call) for call in (own, foreign)]
        found = own_calls.listens(session, agent, calls)
    assert [(one.action, one.name, one.role) for one in found] == [("listen", "", ""), ("listen", "Coach", "coach")]


def test_what_an_agent_said_is_theirs_and_of_calls_they_may_see(archive, blobs, cast, agent):
    own, hidden = call_in(archive, blobs, cast, hour=1), call_in(archive, blobs, cast, hour=2, released=False)
    with archive.writing() as session:
        for call in (own, hidden):
            facts = {"call_id": call, "target": "gesture:greeting", "reason": "r", "deadline_at": 9.0}
            session.add_all(Dispute(person_id=p.id, **facts) for p in (cast.agent, cast.other_agent))
            session.add_all(Example(call_id=call, proposed_by=p.id) for p in (cast.agent, cast.other_agent))
            session.add(Acknowledgement(call_id=call, person_id=cast.agent.id))
        session.flush()
        said = own_calls.said_by(session, agent, [session.get_one(Call, own)])
    assert [(d.person_id, c.id) for d, c in said.disputes] == [(cast.agent.id, own)]
    assert [(e.proposed_by, c.id) for e, c in said.examples] == [(cast.agent.id, own)]
    assert said.read == {own}


def test_the_switch_is_ones_own_is_written_down_and_leaves_nothing_to_compare_with(archive, blobs, cast, agent):
    call = call_in(archive, blobs, cast)
    with archive.writing() as session:
        session.add(
            VoiceWindows(call_id=call, language="fr", channel_class="wide", syllables="words", windows=[{"x": 1.0}])
        )
    for analyse in (True, False, False, True):
        with archive.writing() as session:
            own_calls.set_voice(session, agent, analyse=analyse)
            session.flush()
            assert session.get_one(Person, cast.agent.id).analyse_voice is analyse
            assert session.get_one(Person, cast.other_agent.id).analyse_voice
    with archive.reading() as session:
        assert session.scalars(sa.select(VoiceWindows)).all() == []
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.action, row.person_id, row.detail) for row in rows] == [
        ("voice_off", cast.agent.id, {}),
        ("voice_on", cast.agent.id, {}),
    ]


@pytest.mark.parametrize("role", ["admin", "qa", "coach", "auditor"])
def test_nobody_else_has_that_switch(archive, cast, role):
    with archive.writing() as session, pytest.raises(NotAllowed):
        own_calls.set_voice(session, viewer(archive, getattr(cast, role)), analyse=False)
