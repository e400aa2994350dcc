"""What a person really played: added up, bounded, and only of somebody who asked for the sound."""

from __future__ import annotations

import math

import pytest
import sqlalchemy as sa

from audio.timeline import Span
from service.archive.access import viewer_of
from service.archive.audit import note_down
from service.archive.heard import MOST_SPANS, has_covered, heard_spans, keep_heard
from service.archive.tables_calls import Call
from service.archive.tables_reviews import Heard
from tests.service.archive.fixtures import add


@pytest.fixture
def listener(archive, blobs, cast):
    """Somebody who listens to a call of 60 s: told what they played, it gives what is kept."""
    call, _ = add(archive, blobs, cast)
    with archive.writing() as session:
        session.get_one(Call, call.id).duration_s = 60.0
        note_down(session, cast.qa.id, "listen", call_id=call.id)

    def tell(*played, who=cast.qa):
        with archive.writing() as session:
            keep_heard(session, viewer_of(who), session.get_one(Call, call.id), played)
        with archive.reading() as session:
            return [(s.start_s, s.end_s) for s in heard_spans(session, who.id, call.id)]

    tell.call, tell.who = call, cast.qa
    return tell


def test_what_is_played_adds_up_in_any_order(listener):
    assert listener((10.0, 12.0)) == [(10.0, 12.0)]
    assert listener((30.0, 31.0), (12.1, 15.0)) == [(10.0, 15.0), (30.0, 31.0)]
    assert listener((0.0, 40.0)) == [(0.0, 40.0)]


def test_no_more_than_the_call_and_nothing_that_is_no_stretch(listener):
    assert listener((-5.0, 1.0), (55.0, 9e9)) == [(0.0, 1.0), (55.0, 60.0)]
    assert listener((9.0, 9.0), (8.0, 2.0), (math.nan, 4.0), (4.0, math.inf), (70.0, 80.0)) == [
        (0.0, 1.0),
        (55.0, 60.0),
    ]


def test_who_never_asked_for_the_sound_has_heard_nothing(listener, cast):
    assert listener((0.0, 60.0), who=cast.coach) == []


def test_a_flood_of_stretches_is_bounded(listener, archive):
    listener(*((i / 10, i / 10 + 0.01) for i in range(0, 600, 4)))
    for shift in range(1, 6):
        listener(*((i / 10 + shift / 100, i / 10 + shift / 100 + 0.001) for i in range(600)))
    with archive.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Heard)) <= MOST_SPANS


@pytest.mark.parametrize(("played", "covered"), [((10.0, 11.5), False), ((10.0, 11.65), True), ((0.0, 60.0), True)])
def test_a_line_is_heard_from_four_fifths_of_its_seconds_on(listener, archive, played, covered):
    listener(played)
    with archive.reading() as session:
        assert has_covered(session, listener.who.id, listener.call.id, [Span(10.0, 12.0)]) is covered
        assert not has_covered(session, listener.who.id, listener.call.id, [])
