"""Sending recordings by page: one by one with progress where scripts run, whole in one form where they don't."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.manifests import COLUMNS
from service.archive.tables import Campaign
from service.web.api.uploads import UploadForm, received
from service.web.guard import Here, Visitor, may, require_csrf
from service.web.pages.shell import labels_of, shown

router = APIRouter(include_in_schema=False)


class PageForm(UploadForm):
    """The page's form carries its session's token."""

    csrf: str = Field(default="", max_length=100)


@router.get("/upload")
def upload_page(request: Request, visitor: Annotated[Visitor, Depends(may("upload"))], here: Here) -> Response:
    """The form."""
    return _page(request, visitor, here)


@router.post("/upload")
def upload_whole(
    request: Request,
    form: Annotated[PageForm, Form()],
    visitor: Annotated[Visitor, Depends(may("upload", form=True))],
    here: Here,
) -> Response:
    """Everything at once, answered with what became of each file."""
    require_csrf(visitor, form.csrf)
    labels = labels_of(visitor)
    calls = received(form, visitor.viewer, here, labels.say)
    good = sum(call.problem is None for call in calls)
    said = labels.say.text("upload.sum", good=good, all=len(calls))
    return _page(request, visitor, here, received=calls, sum=said)


def _page(request: Request, visitor: Visitor, here: Here, **more: Any) -> Response:
    with here.archive.reading() as session:
        campaigns = campaigns_for(session, visitor.viewer)
    kept = {"received": [], "sum": "", **more}
    return shown(request, visitor, "upload.html", campaigns=campaigns, columns=COLUMNS, **kept)


def campaigns_for(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Campaigns this viewer may send calls to, by name."""
    wanted = select(Campaign.id, Campaign.name).order_by(Campaign.name)
    own = wanted.where(Campaign.account_id == viewer.account_id) if viewer.account_id else wanted
    return [(campaign_id, name) for campaign_id, name in session.execute(own)]
