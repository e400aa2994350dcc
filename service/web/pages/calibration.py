"""Calibration sessions: begun by QA, scored blind by each member, compared once they are closed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from service.archive.calibrating import Compared, Sitting, begin, calibrations, close, compared, score, sitting
from service.archive.lines import GESTURE
from service.labels import Labels
from service.scoring.catalog import level_of
from service.web.figures_told import coefficient
from service.web.guard import Here, Visitor, may
from service.web.pages.call_forms import value_of
from service.web.pages.dates import day_of, line_name
from service.web.pages.shell import labels_of, posted, seen_next, shown

router = APIRouter(include_in_schema=False)
VERDICTS = ("lived", "mechanical", "done", "free", "missing", "not_expected", "not_assessable")
READINGS = (0.0, 0.4, 0.65, 1.0)
"""A score inside each of the four words of a reading (`service.scoring.catalog.LEVEL_CUTS`)."""
MOST_LINES = 200
Text = Annotated[str, Form(max_length=400)]


@router.get("/calibrations")
def calibrations_page(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("review"))],
    here: Here,
    call: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Those one leads or takes part in; `call`: for a new one."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        found = calibrations(session, visitor.viewer)
    rows = [{"id": c.id, "title": c.title, "day": day_of(c.created_at, labels), "open": c.closed_at is None}
            for c, _ in found]  # fmt: skip
    may_begin = visitor.viewer.may("rescore")
    return shown(request, visitor, "calibrations.html", rows=rows, may_begin=may_begin, call=call)


@router.post("/calibrations")
def begin_one(
    visitor: Annotated[Visitor, Depends(posted("rescore"))],
    here: Here,
    call: Annotated[str, Form(max_length=16)] = "",
    title: Text = "",
    members: Annotated[str, Form(max_length=4000)] = "",
    reference: Text = "",
) -> Response:
    """`members`: logins, one a line or parted by commas."""
    logins = [part.strip() for part in members.replace(",", "\n").splitlines()]
    with here.archive.writing() as session:
        found = begin(session, visitor.viewer, call.strip(), title, logins, reference.strip())
    return seen_next(f"/calibrations/{found.id}")


@router.get("/calibrations/{calibration_id}")
def calibration_page(
    calibration_id: str, request: Request, visitor: Annotated[Visitor, Depends(may("review"))], here: Here
) -> Response:
    """The lines to score; once closed, how they compare."""
    labels = labels_of(visitor)
    with here.archive.writing() as session:
        now = sitting(session, visitor.viewer, calibration_id)
        over = compared(session, visitor.viewer, calibration_id) if now.calibration.closed_at is not None else None
    return shown(
        request, visitor, "calibration.html", now=now, lines=[_line(line, now, labels) for line in now.lines],
        over=_over(over, labels) if over else None, verdicts=[(v, labels.say.text(f"verdict.{v}")) for v in VERDICTS],
        readings=[(f"{v:g}", labels.say.text(f"page.level_{level_of(v)}")) for v in READINGS],
        day=day_of(now.calibration.created_at, labels),
    )  # fmt: skip


def _line(line: str, now: Sitting, labels: Labels) -> dict[str, Any]:
    kept = now.own.get(line)
    value = next(iter(kept.value.values()), None) if kept else None
    told = f"{value:g}" if isinstance(value, int | float) else value
    return {"id": line, "name": line_name(line, labels), "gesture": line.startswith(GESTURE), "value": told}


def _said(value: object, labels: Labels) -> str:
    if isinstance(value, str):
        return labels.say.text(f"verdict.{value}")
    return labels.say.text(f"page.level_{value}") if isinstance(value, int) else "\u2013"


def _over(found: Compared, labels: Labels) -> dict[str, Any]:
    rows = [
        {"name": line_name(one.line, labels), "reference": _said(one.reference, labels), "own": _said(one.own, labels),
         "same": one.same, "n": one.n, "spread": ", ".join(f"{_said(v, labels)} \u00d7 {k}" for v, k in one.spread)}
        for one in found.lines
    ]  # fmt: skip
    return {
        "rows": rows,
        "gestures": coefficient(found.gestures, labels),
        "criteria": coefficient(found.criteria, labels),
        "own": found.own_unlike,
        "distances": found.distances,
    }


@router.post("/calibrations/{calibration_id}")
def score_one(
    calibration_id: str,
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    line: Annotated[list[str], Form(max_length=MOST_LINES)] = [],  # noqa: B006 - FastAPI copies it
    value: Annotated[list[str], Form(max_length=MOST_LINES)] = [],  # noqa: B006
    finish: Annotated[bool, Form()] = False,
) -> Response:
    """One's values; `finish`: nothing is changed after."""
    values = {}
    for target, chosen in zip(line, value, strict=False):
        given = value_of(*((chosen, "") if target.startswith(GESTURE) else ("", chosen)))
        if given is not None:
            values[target] = given
    with here.archive.writing() as session:
        score(session, visitor.viewer, calibration_id, values, finish=finish)
    return seen_next(f"/calibrations/{calibration_id}")


@router.post("/calibrations/{calibration_id}/close")
def close_one(calibration_id: str, visitor: Annotated[Visitor, Depends(posted("review"))], here: Here) -> Response:
    """Ends it: the values are compared."""
    with here.archive.writing() as session:
        close(session, visitor.viewer, calibration_id)
    return seen_next(f"/calibrations/{calibration_id}")
