"""Calls in the archive: added once, listed by pages, found by their words, seen by those who may."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.archive.access import agent_shown, audience_of, viewer_of
from service.archive.calls import Wanted, folded, get_call, keep_words, list_calls
from service.archive.errors import ArchiveError, NotAllowed, NotThere
from service.archive.tables import AuditRow
from service.archive.tables_calls import Call, Job, MomentRow
from tests.service.archive.fixtures import add


def viewer(cast, name):
    teams = {"coach": cast.team.id, "other_coach": cast.other_team.id}
    return viewer_of(getattr(cast, name), frozenset({teams[name]} if name in teams else ()))


def release(archive, call):
    with archive.writing() as session:
        session.get_one(Call, call.id).released_at = 1.0


def seen_by(archive, cast, name):
    with archive.reading() as session:
        return {c.id for c in list_calls(session, viewer(cast, name), Wanted()).calls}


def test_the_same_call_twice_is_one_call(archive, blobs, cast):
    first, new = add(archive, blobs, cast)
    again, new_again = add(archive, blobs, cast, name="renamed.wav")
    assert (new, new_again) == (True, False) and again.id == first.id
    other, new_other = add(archive, blobs, cast, started_at=2000.0)
    assert new_other and other.id != first.id


def test_the_same_call_sent_by_many_at_once_is_one_call(archive, blobs, cast):
    start, got = threading.Barrier(6), []

    def send():
        start.wait()
        got.append(add(archive, blobs, cast))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({call.id for call, _ in got}) == 1 and sorted(new for _, new in got) == [False] * 5 + [True]
    with archive.reading() as session:
        assert len(session.scalars(sa.select(Call)).all()) == len(session.scalars(sa.select(Job)).all()) == 1


def test_do_not_analyse_is_kept_and_not_worked_on(archive, blobs, cast):
    from service.archive.jobs import take

    call, _ = add(archive, blobs, cast, do_not_analyse=True)
    assert call.state == "skipped" and take(archive, "w") is None


WHO_SEES = {
    "admin": (True, True),
    "qa": (True, True),
    "coach": (True, True),
    "other_coach": (False, False),
    "agent": (False, True),
    "other_agent": (False, False),
    "auditor": (False, True),
    "other_auditor": (False, False),
}


@pytest.mark.parametrize("name", list(WHO_SEES))
def test_who_sees_a_call_before_and_after_its_release(archive, blobs, cast, name):
    call, _ = add(archive, blobs, cast)
    before, after = WHO_SEES[name]
    assert (call.id in seen_by(archive, cast, name)) == before
    release(archive, call)
    assert (call.id in seen_by(archive, cast, name)) == after


def test_what_is_not_theirs_is_not_there(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    with archive.writing() as session:
        with pytest.raises(NotThere) as theirs:
            get_call(session, viewer(cast, "other_coach"), call.id)
        with pytest.raises(NotThere) as nobodys:
            get_call(session, viewer(cast, "other_coach"), "x" * 16)
        with pytest.raises(NotAllowed):
            get_call(session, viewer(cast, "agent"), call.id, "delete")
    assert theirs.value.note == nobodys.value.note


def test_reading_and_listening_leave_one_row_each(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    for action in ("read", "listen"):
        with archive.writing() as session:
            get_call(session, viewer(cast, "qa"), call.id, action)
    with archive.reading() as session:
        rows = [(r.action, r.person_id, r.call_id) for r in session.scalars(sa.select(AuditRow))]
    assert rows == [("read", cast.qa.id, call.id), ("listen", cast.qa.id, call.id)]


def test_a_fetch_that_fails_leaves_no_row(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    with pytest.raises(NotThere), archive.writing() as session:
        get_call(session, viewer(cast, "other_coach"), call.id)
    with archive.reading() as session:
        assert session.scalars(sa.select(AuditRow)).all() == []


def test_the_voice_is_for_the_agent_and_their_coach_and_never_for_a_program(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    told = {name: audience_of(viewer(cast, name), call) for name in WHO_SEES}
    assert {name for name, audience in told.items() if audience == "coach"} == {"coach", "agent"}
    program = viewer_of(cast.coach, frozenset({cast.team.id}), frozenset({"read"}))
    assert audience_of(program, call) == "others"


def test_auditors_see_a_pseudonym(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    assert agent_shown(viewer(cast, "qa"), call) == "Agent"
    shown = agent_shown(viewer(cast, "auditor"), call)
    assert shown.startswith("agent-") and "Agent" not in shown


def test_pages_hold_every_call_once_newest_first(archive, blobs, cast):
    for n in range(7):
        add(archive, blobs, cast, content=b"%d" % n, started_at=float(n // 2))
    seen, cursor = [], ""
    while cursor is not None:
        with archive.reading() as session:
            page = list_calls(session, viewer(cast, "qa"), Wanted(), cursor=cursor, limit=3)
        seen += [(c.started_at, c.id) for c in page.calls]
        cursor = page.next
    assert len(seen) == 7 and seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "é", "W10=", "bnVsbA==", "eyJ9"])
def test_a_cursor_that_is_none_is_one_sentence(archive, cast, cursor):
    with archive.reading() as session, pytest.raises(ArchiveError, match="bad_cursor"):
        list_calls(session, viewer(cast, "qa"), Wanted(), cursor=cursor)


def test_filters_narrow_and_combine(archive, blobs, cast):
    one, _ = add(archive, blobs, cast, content=b"1", language="fr", started_at=10.0)
    two, _ = add(archive, blobs, cast, content=b"2", language="en", started_at=20.0)
    with archive.writing() as session:
        moment = {"good": False, "severity": 0.5, "start_s": 1.0, "end_s": 2.0}
        session.add(MomentRow(call_id=two.id, moment="m", kind="interruptions", **moment))
        session.get_one(Call, two.id).open_moments = 1
    cases = {
        one.id: [Wanted(language="fr"), Wanted(until=15.0), Wanted(until=20.0, since=10.0)],
        two.id: [Wanted(since=15.0), Wanted(moment="interruptions"), Wanted(to_review=True, language="en")],
    }
    for call_id, wants in cases.items():
        for wanted in wants:
            with archive.reading() as session:
                assert [c.id for c in list_calls(session, viewer(cast, "qa"), wanted).calls] == [call_id]


def test_words_are_found_without_accents_and_in_any_order(archive, blobs, cast):
    one, _ = add(archive, blobs, cast, content=b"1")
    two, _ = add(archive, blobs, cast, content=b"2")
    with archive.writing() as session:
        keep_words(session, one.id, "Le colis est arrivé cassé hier")
        keep_words(session, two.id, "La facture est arrivée")

    def found(words):
        with archive.reading() as session:
            return {c.id for c in list_calls(session, viewer(cast, "qa"), Wanted(words=words)).calls}

    assert found("colis CASSÉ") == found("casse colis") == {one.id}
    assert found("est") == {one.id, two.id} and found("colis facture") == set()
    with archive.writing() as session:
        keep_words(session, one.id, "autre chose")
    assert found("colis") == set()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_no_search_is_a_command(archive, cast, words):
    with archive.reading() as session:
        list_calls(session, viewer(cast, "qa"), Wanted(words=words))


def test_searching_shows_nobody_more_than_listing(archive, blobs, cast):
    call, _ = add(archive, blobs, cast)
    with archive.writing() as session:
        keep_words(session, call.id, "secret")
    with archive.reading() as session:
        assert list_calls(session, viewer(cast, "other_coach"), Wanted(words="secret")).calls == []


def test_folding():
    assert folded("Été, ÇA va-t-il ?") == ["ete", "ca", "va", "t", "il"]
