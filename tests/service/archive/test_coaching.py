"""My week, sessions and what they play, goals: who is there, what is chosen, what is counted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.archive.coaching import my_week, own_session, session_for, write_note
from service.archive.errors import ArchiveError, NotAllowed, NotThere
from service.archive.goals import before_and_since, goal_before, open_goals, set_goal
from service.archive.session_moments import (
    MOST_S,
    PARTS,
    Candidate,
    accepted_examples,
    fill,
    lived_elsewhere,
    offers,
    picked,
    placed,
    swap,
)
from service.archive.tables import AuditRow, Coaching, Person
from service.archive.tables_calls import Call, MomentRow, ReviewRow
from service.archive.tables_reviews import CoachingSession, Dispute, Example, Goal
from service.archive.weeks import written
from tests.service.archive.coaching_calls import NUMBER, WEEK, call_in, line, moment, viewer


@pytest.fixture
def coach(archive, cast):
    return viewer(archive, cast.coach)


@pytest.fixture
def week_of_calls(archive, blobs, cast):
    """Four calls of the agent's, each with a good moment and one to work on, the later the graver."""
    calls = [call_in(archive, blobs, cast, hour=n) for n in range(1, 5)]
    for n, call in enumerate(calls, start=1):
        moment(archive, call, f"good{n}", good=True, severity=0.1 * n)
        moment(archive, call, f"work{n}", kind="interruptions", severity=0.1 * n)
    return calls


def begun(archive, coach, cast, week=WEEK):
    with archive.writing() as session:
        coaching = session_for(session, coach, cast.agent.id, week)
        fill(session, coach, coaching)
        return coaching.id


def played(archive, coach, session_id):
    with archive.reading() as session:
        coaching, _ = own_session(session, coach, session_id)
        return [(p.place, p.found.moment if p.found else None) for p in placed(session, coach, coaching)]


def act(archive, coach, session_id, do):
    with archive.writing() as session:
        coaching, _ = own_session(session, coach, session_id)
        return do(session, coaching)


def test_my_week_counts_calls_of_ones_own_teams_and_names_agents_by_name(archive, blobs, cast, coach):
    with archive.writing() as session:
        session.add_all(Person(login=n, name=n, role="agent", team_id=cast.team.id) for n in ("Zoé", "Abel"))
        session.add(Person(login="gone", name="Gone", role="agent", team_id=cast.team.id, active_until=1.0))
    call_in(archive, blobs, cast, hour=1, released=False)
    call_in(archive, blobs, cast, hour=2, script=100.0)
    call_in(archive, blobs, cast, NUMBER + 1)
    call_in(archive, blobs, cast, hour=3, state="failed")
    call_in(archive, blobs, cast, agent="other_agent")
    with archive.reading() as session:
        found = my_week(session, coach, NUMBER)
    assert [(a.person.name, a.calls) for a in found.agents] == [("Abel", 0), ("Agent", 2), ("Zoé", 0)]
    assert found.last_with_calls == NUMBER + 1


@pytest.mark.parametrize("role", ["admin", "qa", "agent", "auditor"])
def test_only_coaches_have_a_week(archive, cast, role):
    with archive.reading() as session, pytest.raises(NotAllowed):
        my_week(session, viewer(archive, getattr(cast, role)), NUMBER)


def test_open_disputes_stand_by_deadline_and_only_those_of_ones_teams(archive, blobs, cast, coach):
    own, others = call_in(archive, blobs, cast), call_in(archive, blobs, cast, agent="other_agent")
    with archive.writing() as session:
        for call, deadline, state in (
            (own, 9.0, "open"),
            (own, 5.0, "open"),
            (own, 1.0, "declined"),
            (others, 2.0, "open"),
        ):
            facts = {"call_id": call, "person_id": cast.agent.id, "target": "gesture:greeting", "reason": "no"}
            session.add(Dispute(deadline_at=deadline, state=state, **facts))
    with archive.reading() as session:
        assert [d.deadline_at for d, _ in my_week(session, coach, NUMBER).disputes] == [5.0, 9.0]


def test_a_session_that_took_place_makes_an_agent_coached_for_their_other_coaches_too(archive, cast, coach):
    with archive.writing() as session:
        session.add(Coaching(person_id=cast.other_coach.id, team_id=cast.team.id))
    session_id = begun(archive, coach, cast)
    second = viewer(archive, cast.other_coach)

    def states():
        with archive.reading() as session:
            rows = [my_week(session, who, NUMBER).agents[0] for who in (coach, second)]
        return [(row.own is not None, row.coached) for row in rows]

    assert states() == [(True, False), (False, False)]
    act(archive, coach, session_id, lambda s, c: write_note(s, coach, c, "went well", done=True))
    assert states() == [(True, True), (False, True)]
    act(archive, coach, session_id, lambda s, c: write_note(s, coach, c, "no", done=False))
    assert states() == [(True, False), (False, False)]
    with archive.reading() as session:
        said = [row.action for row in session.scalars(sa.select(AuditRow).order_by(AuditRow.id))]
    assert said == ["session", "session_done", "session_reopened"]


def test_a_session_is_one_per_week_and_its_coachs_alone(archive, cast, coach):
    first = begun(archive, coach, cast)
    assert begun(archive, coach, cast) == first and begun(archive, coach, cast, "2026-W48") != first
    for name in ("other_coach", "qa", "admin", "agent"):
        with archive.reading() as session, pytest.raises((NotAllowed, NotThere)):
            own_session(session, viewer(archive, getattr(cast, name)), first)
    with archive.writing() as session, pytest.raises(NotThere):
        session_for(session, coach, cast.other_agent.id, WEEK)
    with archive.writing() as session:
        session.get_one(Person, cast.agent.id).team_id = cast.other_team.id
    with archive.reading() as session, pytest.raises(NotThere):
        own_session(session, coach, first)


def test_one_good_moment_and_two_to_work_on_of_different_calls_the_gravest_first(archive, coach, cast, week_of_calls):
    session_id = begun(archive, coach, cast)
    assert played(archive, coach, session_id) == [(1, "good4"), (2, "work3"), (3, "work2")]


def test_the_goal_comes_before_the_gravest(archive, coach, cast, week_of_calls):
    moment(archive, week_of_calls[0], "own", kind="reformulation", severity=0.01)
    line(archive, week_of_calls[0], "reformulation", "missing")
    earlier = begun(archive, coach, cast, written(NUMBER - 9))
    act(archive, coach, earlier, lambda s, c: set_goal(s, coach, c, "reformulation"))
    assert played(archive, coach, begun(archive, coach, cast)) == [(1, "good4"), (2, "own"), (3, "work3")]


def test_a_poor_week_is_widened_by_the_ones_before_and_no_further_than_four(archive, blobs, cast, coach):
    for back in (0, 1, 4, 5):
        call = call_in(archive, blobs, cast, NUMBER - back)
        moment(archive, call, f"work{back}", severity=0.1 + 0.1 * back)
    assert played(archive, coach, begun(archive, coach, cast)) == [(2, "work0"), (3, "work1")]


def test_what_is_wrong_heard_before_not_ones_own_or_of_nobody_is_not_played(archive, blobs, cast, coach, week_of_calls):
    with archive.writing() as session:
        facts = {"call_id": week_of_calls[3], "person_id": cast.qa.id, "reason": "it rang"}
        session.add(ReviewRow(target="moment:good4", says="disagree", **facts))
        session.add(ReviewRow(target="moment:work4", says="agree", **facts))
    others = call_in(archive, blobs, cast, agent="other_agent")
    moment(archive, others, "foreign", severity=1.0)
    assert played(archive, coach, begun(archive, coach, cast)) == [(1, "good3"), (2, "work4"), (3, "work2")]
    assert played(archive, coach, begun(archive, coach, cast, written(NUMBER + 1))) == [
        (1, "good2"),
        (2, "work3"),
        (3, "work1"),
    ]


@pytest.mark.parametrize(
    ("target", "state", "out"),
    [
        ("moment:work4", "open", True),
        ("moment:work4", "upheld", True),
        ("criterion:interruptions", "open", True),
        ("criterion:interruptions", "upheld", False),
        ("moment:work4", "declined", False),
        ("gesture:greeting", "open", False),
    ],
)
def test_what_its_agent_disputes_is_not_played(archive, cast, coach, week_of_calls, target, state, out):
    facts = {"call_id": week_of_calls[3], "person_id": cast.agent.id, "reason": "no", "deadline_at": 9.0}
    with archive.writing() as session:
        session.execute(sa.delete(MomentRow).where(MomentRow.good.is_(True)))
        session.add(Dispute(target=target, state=state, **facts))
    first = "work3" if out else "work4"
    assert played(archive, coach, begun(archive, coach, cast))[0] == (2, first)


def test_a_moment_that_a_scoring_took_away_is_said_and_replaced(archive, coach, cast, week_of_calls):
    session_id = begun(archive, coach, cast)
    with archive.writing() as session:
        session.execute(sa.delete(MomentRow).where(MomentRow.moment == "work3"))
    assert played(archive, coach, session_id) == [(1, "good4"), (2, None), (3, "work2")]
    begun(archive, coach, cast)
    assert played(archive, coach, session_id) == [(1, "good4"), (2, "work1"), (3, "work2")]


def test_a_session_that_took_place_keeps_what_it_played(archive, blobs, cast, coach):
    moment(archive, call_in(archive, blobs, cast), "first")
    session_id = begun(archive, coach, cast)
    act(archive, coach, session_id, lambda s, c: write_note(s, coach, c, "", done=True))
    moment(archive, call_in(archive, blobs, cast, hour=9), "later")
    begun(archive, coach, cast)
    assert played(archive, coach, session_id) == [(2, "first")]


def test_others_are_offered_in_their_order_and_taken(archive, coach, cast, week_of_calls):
    session_id = begun(archive, coach, cast)
    found = act(archive, coach, session_id, lambda s, c: offers(s, coach, c, 2))
    assert [one.moment for one in found] == ["work1"]
    act(archive, coach, session_id, lambda s, c: swap(s, coach, c, 2, week_of_calls[0], "work1"))
    assert played(archive, coach, session_id) == [(1, "good4"), (2, "work1"), (3, "work2")]
    assert begun(archive, coach, cast) == session_id
    assert played(archive, coach, session_id)[1] == (2, "work1")


@pytest.mark.parametrize(
    ("place", "call", "name"),
    [(2, 0, "good1"), (1, 0, "work1"), (2, 1, "work2"), (0, 0, "work1"), (4, 0, "work1"), (2, 0, "x")],
)
def test_what_cannot_stand_at_a_place_is_refused(archive, coach, cast, week_of_calls, place, call, name):
    session_id = begun(archive, coach, cast)
    with pytest.raises(ArchiveError) as found:
        act(archive, coach, session_id, lambda s, c: swap(s, coach, c, place, week_of_calls[call], name))
    assert found.value.note.code == "coaching.no_moment"


def test_another_agents_moment_is_refused(archive, blobs, cast, coach, week_of_calls):
    with archive.writing() as session:
        session.add(Person(id="mate", login="mate", name="Mate", role="agent", team_id=cast.team.id))
    call = call_in(archive, blobs, cast, agent="other_agent", team_id=cast.team.id)
    moment(archive, call, "foreign")
    session_id = begun(archive, coach, cast)
    with pytest.raises(ArchiveError):
        act(archive, coach, session_id, lambda s, c: swap(s, coach, c, 2, call, "foreign"))


candidates = st.builds(
    lambda call, name, good, length_s: Candidate(f"c{call}", f"m{name}", "k", good, 0.0, length_s, 1),
    st.integers(0, 4), st.integers(0, 9), st.booleans(), st.floats(1.0, 200.0),
)  # fmt: skip


@given(st.lists(candidates, max_size=12))
def test_whatever_there_is_the_choice_is_short_of_different_calls_and_the_same_again(pool):
    good, work = [c for c in pool if c.good], [c for c in pool if not c.good]
    chosen = picked(good, work)
    assert sum(c.length_s for c in chosen) <= MOST_S
    assert len({c.call_id for c in chosen}) == len(chosen) <= len(PARTS)
    assert [c.part for c in chosen] == sorted((c.part for c in chosen), key=PARTS.index)
    assert sum(c.good for c in chosen) <= 1 and sum(not c.good for c in chosen) <= 2
    assert chosen == picked(good, work)


def test_a_goal_needs_a_gesture_the_calls_are_judged_on_and_one_is_open_at_a_time(archive, blobs, cast, coach):
    call = call_in(archive, blobs, cast)
    for gesture in ("greeting", "reformulation"):
        line(archive, call, gesture, "missing")
    session_id = begun(archive, coach, cast)
    with pytest.raises(ArchiveError) as found:
        act(archive, coach, session_id, lambda s, c: set_goal(s, coach, c, "singing"))
    assert found.value.note.code == "coaching.no_gesture"
    for gesture in ("greeting", "reformulation", "reformulation"):
        act(archive, coach, session_id, lambda s, c, g=gesture: set_goal(s, coach, c, g))
    with archive.reading() as session:
        goals = session.scalars(sa.select(Goal).order_by(Goal.set_at)).all()
        assert [(g.gesture, g.closed_at is None) for g in goals] == [("greeting", False), ("reformulation", True)]
        assert open_goals(session, [cast.agent.id])[cast.agent.id].gesture == "reformulation"
        assert goal_before(session, cast.agent.id, written(NUMBER + 1)).gesture == "reformulation"
        assert goal_before(session, cast.agent.id, WEEK) is None


def test_a_goal_is_counted_before_and_since_in_one_series_without_what_is_disputed(archive, blobs, cast, coach):
    verdicts = {
        -8: ["lived"],
        -1: ["lived", "missing", "not_expected"],
        0: ["mechanical"],
        1: ["lived", "done", "free"],
    }
    for week, found in verdicts.items():
        for hour, verdict in enumerate(found):
            line(archive, call_in(archive, blobs, cast, NUMBER + week, hour=hour), "greeting", verdict)
    line(archive, call_in(archive, blobs, cast, NUMBER + 1, hour=8), "greeting", "lived", disputed=True)
    line(archive, call_in(archive, blobs, cast, NUMBER - 2, series="old"), "greeting", "lived")
    line(archive, call_in(archive, blobs, cast, NUMBER + 2), "greeting", "lived")
    with archive.writing() as session:
        session.add(Goal(agent_id=cast.agent.id, coach_id=cast.coach.id, gesture="greeting", week=WEEK))
        session.flush()
        goal = open_goals(session, [cast.agent.id])[cast.agent.id]
        found = before_and_since(session, coach, goal, NUMBER + 1)
    assert (found.before.calls, found.before.said, found.before.lived) == (3, 2, 1)
    assert (found.since.calls, found.since.said, found.since.lived) == (3, 2, 1)
    assert found.other_rules == 1 and found.before.few


def test_a_goals_calls_are_those_that_one_may_see(archive, blobs, cast, coach):
    for hour in range(3):
        line(archive, call_in(archive, blobs, cast, hour=hour, released=hour == 0), "greeting", "lived")
    goal = Goal(agent_id=cast.agent.id, coach_id=cast.coach.id, gesture="greeting", week=WEEK)
    agent, stranger = viewer(archive, cast.agent), viewer(archive, cast.other_coach)
    with archive.reading() as session:
        seen = [before_and_since(session, who, goal, NUMBER).before.calls for who in (coach, agent, stranger)]
    assert seen == [3, 1, 0]


def test_the_same_gesture_lived_is_of_the_same_agent_another_call_and_not_disputed(archive, blobs, cast, coach):
    weak = call_in(archive, blobs, cast)
    line(archive, weak, "greeting", "lived")
    older, newer = (call_in(archive, blobs, cast, NUMBER - back) for back in (2, 1))
    for call in (older, newer):
        line(archive, call, "greeting", "lived")
    line(archive, call_in(archive, blobs, cast, hour=5), "greeting", "lived", disputed=True)
    line(archive, call_in(archive, blobs, cast, agent="other_agent"), "greeting", "lived")
    with archive.reading() as session:
        found = lived_elsewhere(session, coach, cast.agent.id, "greeting", weak)
        assert found.call_id == newer
        assert lived_elsewhere(session, coach, cast.agent.id, "closing", weak) is None


def test_examples_are_heard_once_they_are_accepted_and_in_ones_own_teams(archive, blobs, cast, coach):
    call, foreign = call_in(archive, blobs, cast), call_in(archive, blobs, cast, agent="other_agent")
    with archive.writing() as session:
        for where in (call, foreign):
            facts = {"call_id": where, "moment": "m", "proposed_by": cast.agent.id}
            session.add(Example(state="accepted", **facts))
        session.add(Example(call_id=call, moment="n", proposed_by=cast.agent.id))
    for where, name in ((call, "m"), (call, "n"), (foreign, "m")):
        moment(archive, where, name, good=True)
    with archive.reading() as session:
        assert accepted_examples(session, coach, "greeting", "-") == [(call, "m")]
        assert accepted_examples(session, coach, "greeting", call) == []


def test_deleting_a_call_takes_its_moments_out_of_sessions(archive, coach, cast, week_of_calls):
    session_id = begun(archive, coach, cast)
    with archive.writing() as session:
        session.execute(sa.delete(Call).where(Call.id == week_of_calls[3]))
    assert played(archive, coach, session_id) == [(2, "work3"), (3, "work2")]
    with archive.reading() as session:
        assert session.get(CoachingSession, session_id) is not None
