"""What people say about lines, as it is kept: the machine's value beside it, heard and blind as they really were."""

from __future__ import annotations

import pytest

from service.archive.access import viewer_of
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.results import keep_judgement, stored_result
from service.archive.reviewing import Said, line_of, reviews_of, say, shown_judgement
from service.archive.tables_calls import Call


@pytest.fixture
def says(archive, cast, done):
    """Says something as one of the cast; gives the row."""

    def said(target, how, reason="", value=None, who="qa"):
        with archive.writing() as session:
            call = session.get_one(Call, done.id)
            row = say(session, viewer_of(cast.people[who]), call, Said(target, how, reason, value or {}))
            session.expunge(row)
            return row

    return said


@pytest.fixture
def judgement(archive, done):
    with archive.reading() as session:
        return stored_result(session, done.id).judgement


def test_agreeing_repeats_the_machines_value_and_disagreeing_gives_none(says, judgement):
    line, criterion = judgement.gestures[0], judgement.criteria[0]
    agreed = says(f"gesture:{line.id}", "agree")
    assert agreed.value == agreed.machine == {"verdict": line.verdict} and not agreed.blind
    other = says(f"criterion:{criterion.id}", "disagree", "It was not.")
    assert other.value == {} and other.machine == {"score": criterion.score}


@pytest.mark.parametrize(
    ("target", "how", "reason", "value", "code"),
    [
        ("gesture:greeting", "disagree", "  ", {}, "web.reason_needed"),
        ("gesture:greeting", "override", "", {"verdict": "lived"}, "web.reason_needed"),
        ("gesture:greeting", "override", "x", {"verdict": "splendid"}, "web.value_needed"),
        ("gesture:greeting", "override", "x", {"score": 1.0}, "web.value_needed"),
        ("gesture:greeting", "blind", "", {}, "web.value_needed"),
        ("criterion:choice", "override", "x", {"score": 1.5}, "web.value_needed"),
        ("criterion:choice", "override", "x", {"score": None}, "web.value_needed"),
        ("call:whole", "comment", " ", {}, "web.comment_empty"),
        ("gesture:nothing", "agree", "", {}, "web.no_such_line"),
        ("moment:nothing", "agree", "", {}, "web.no_such_moment"),
        ("person:nothing", "override", "x", {"score": 1.0}, "web.no_such_line"),
    ],
)
def test_what_can_not_be_said_is_refused_with_a_sentence(says, judgement, target, how, reason, value, code):
    target = target.replace("choice", judgement.criteria[0].id)
    with pytest.raises(ArchiveError) as refused:
        says(target, how, reason, value)
    assert refused.value.note.code == code


def test_heard_is_what_was_played_not_what_is_claimed(somebody, says, judgement, done):
    line = next(g for g in judgement.gestures if g.occurrences)
    span, client = line.occurrences[0].span, somebody("qa")
    assert not says(f"gesture:{line.id}", "agree").heard
    told = {"played": [[span.start_s - 0.5, span.end_s + 0.5]]}
    assert client.post(f"/calls/{done.id}/heard", json=told).status_code == 204
    assert not says(f"gesture:{line.id}", "agree").heard  # the sound was never asked for
    client.get(f"/api/v1/calls/{done.id}/audio", headers={"range": "bytes=0-99"})
    assert client.post(f"/calls/{done.id}/heard", json=told).status_code == 204
    assert says(f"gesture:{line.id}", "agree").heard
    assert not says(f"gesture:{line.id}", "agree", who="coach").heard
    assert client.post(f"/calls/{done.id}/heard", json={"played": [[0, "x"]]}).status_code == 422
    assert client.post(f"/calls/{done.id}/heard", json={"played": [[0, 1]] * 101}).status_code == 422


def test_blind_is_only_who_had_not_seen(says, archive, cast, done, judgement):
    target, value = f"gesture:{judgement.gestures[0].id}", {"verdict": "mechanical"}
    with archive.writing() as session:
        note_down(session, cast.qa.id, "read", call_id=done.id, blind=1)
        note_down(session, cast.coach.id, "read", call_id=done.id)
    blind = says(target, "blind", value=value)
    assert blind.blind and blind.value == value and blind.machine == {"verdict": judgement.gestures[0].verdict}
    assert not says(target, "blind", value=value, who="coach").blind
    assert says(f"criterion:{judgement.criteria[0].id}", "blind", value={"score": None}).blind


def test_under_words_and_turns_what_is_said_of_the_voice_is_for_coach_and_agent(says, archive, cast, done, judgement):
    spoken = next(c for c in judgement.criteria if c.group == "delivery")
    says(f"criterion:{spoken.id}", "comment", "Flat.", who="coach")
    with archive.writing() as session:
        strict = judgement.model_copy(update={"policy": "words_and_turns"})
        keep_judgement(session, done.id, strict)
    with archive.reading() as session:
        call = session.get_one(Call, done.id)
        seen = {who: len(reviews_of(session, viewer_of(cast.people[who]), call)) for who in ("admin", "qa")}
        assert seen == {"admin": 0, "qa": 0}
        coach = viewer_of(cast.coach, frozenset({cast.team.id}))
        assert len(reviews_of(session, coach, call)) == 1
        with pytest.raises(ArchiveError):
            line_of(shown_judgement(session, viewer_of(cast.qa), call), f"criterion:{spoken.id}")
    with pytest.raises(ArchiveError):
        says(f"criterion:{spoken.id}", "agree")
