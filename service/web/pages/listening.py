"""Listening tests: one clip after the other, rated by ear and by key; figures once they are closed."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from service.archive.access import not_there
from service.archive.calls import get_call
from service.archive.listening import (
    CLIPS,
    FEWEST_RATERS,
    MOST_RATERS,
    SCALE,
    clip_there,
    close_test,
    draw,
    listening_tests,
    next_clip,
    rate,
    result,
    test_there,
)
from service.archive.stages import LISTEN
from service.archive.tables_calls import RecordingFile
from service.web.api.audio import cut
from service.web.figures_told import figures
from service.web.guard import Here, Visitor, may
from service.web.pages.dates import day_of
from service.web.pages.shell import labels_of, posted, seen_next, shown

router = APIRouter(include_in_schema=False)


@router.get("/listening")
def tests_page(request: Request, visitor: Annotated[Visitor, Depends(may("review"))], here: Here) -> Response:
    """Tests of one's account, and the form for a new one."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        rows = [{"id": t.id, "title": t.title, "day": day_of(t.created_at, labels), "open": t.closed_at is None}
                for t in listening_tests(session, visitor.viewer)]  # fmt: skip
    may_draw = visitor.viewer.may("rescore")
    return shown(request, visitor, "listening_tests.html", rows=rows, may_draw=may_draw, clips=CLIPS)


@router.post("/listening")
def draw_one(
    visitor: Annotated[Visitor, Depends(posted("rescore"))],
    here: Here,
    title: Annotated[str, Form(max_length=400)] = "",
    language: Annotated[Literal["", "fr", "en"], Form()] = "",
    seed: Annotated[int, Form(ge=0, le=2**31 - 1)] = 1,
) -> Response:
    """Draws the clips."""
    with here.archive.writing() as session:
        found = draw(session, visitor.viewer, title, language, seed)
    return seen_next(f"/listening/{found.id}")


@router.get("/listening/{test_id}")
def test_page(
    test_id: str, request: Request, visitor: Annotated[Visitor, Depends(may("review"))], here: Here
) -> Response:
    """The next clip to rate, or what the closed test came to. Until then nothing of the rules' verdict is in it."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        test = test_there(session, visitor.viewer, test_id)
        place, done, of = next_clip(session, visitor.viewer, test_id)
        heard = result(session, test_id) if test.closed_at is not None else None
    return shown(
        request, visitor, "listening.html", test=test, place=place, done=done, of=of, scale=SCALE,
        heard=figures(heard, labels) if heard else None, may_close=visitor.viewer.may("rescore"),
        few=FEWEST_RATERS, most=MOST_RATERS,
    )  # fmt: skip


@router.post("/listening/{test_id}")
def rate_one(
    test_id: str,
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    place: Annotated[int, Form(ge=0, le=CLIPS)] = 0,
    rating: Annotated[int, Form(ge=0, le=9)] = 0,
) -> Response:
    """A rating; then the next clip."""
    with here.archive.writing() as session:
        rate(session, visitor.viewer, test_id, place, rating)
    return seen_next(f"/listening/{test_id}#clip")


@router.post("/listening/{test_id}/close")
def close_one(test_id: str, visitor: Annotated[Visitor, Depends(posted("rescore"))], here: Here) -> Response:
    """Ends it; the figures are shown."""
    with here.archive.writing() as session:
        close_test(session, visitor.viewer, test_id)
    return seen_next(f"/listening/{test_id}")


@router.get("/listening/{test_id}/clips/{place}")
def clip_sound(test_id: str, place: int, visitor: Annotated[Visitor, Depends(may("listen"))], here: Here) -> Response:
    """The seconds of one clip; written down as a listen."""
    with here.archive.writing() as session:
        clip, span = clip_there(session, visitor.viewer, test_id, place)
        call = get_call(session, visitor.viewer, clip.call_id, "listen")
        wanted = select(RecordingFile).where(RecordingFile.call_id == call.id, RecordingFile.kind == LISTEN)
        row = session.scalars(wanted).one_or_none()
        if row is None:
            raise not_there()
    sound = cut(here, row.place, span)
    return Response(sound.data, media_type=row.media_type, headers={"cache-control": "private, no-store"})
