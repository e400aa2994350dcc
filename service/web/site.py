"""Log in and out, our own style and scripts, the list of calls. French and English."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.calls import Wanted, list_calls
from service.archive.logins import SESSION_S, LoginRefused, TooManyTries, log_in, log_out
from service.archive.tables import Campaign
from service.labels import Labels
from service.say import Lang, Say
from service.settings import Settings
from service.web.api.calls import problem_of
from service.web.api.models import CallOut, call_out
from service.web.guard import COOKIE, Here, Visitor, may, require_csrf, visitor_of
from service.web.packed import packed
from service.web.page import environment
from service.web.pages.shell import START, labels_of, shown
from service.web.problems import POLICY, lang_of

router = APIRouter(include_in_schema=False)
STATIC = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """Our own styles and scripts, by name: those that lie in the folder, and nothing else."""
    found = next((f for f in resources.files("service.web").joinpath("static").iterdir() if f.name == name), None)
    kind = STATIC.get(PurePosixPath(name).suffix)
    if found is None or kind is None:
        return Response(status_code=404)
    return packed(request, found.read_bytes(), {"cache-control": "public, max-age=300"}, kind)


@router.get("/login")
def login_page(request: Request, here: Here) -> Response:
    """The form, and the way to the identity provider where there is one."""
    return _page(request, "login.html", lang_of(request), problem="", oidc=bool(here.settings.oidc_issuer))


def login_refused(request: Request, settings: Settings, exc: LoginRefused | TooManyTries) -> Response:
    """The form again, with the one sentence."""
    status, lang = 429 if isinstance(exc, TooManyTries) else 401, lang_of(request)
    problem = Say(lang)(exc.note)
    return _page(request, "login.html", lang, status=status, problem=problem, oidc=bool(settings.oidc_issuer))


@router.post("/login")
def do_login(
    request: Request,
    here: Here,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Into a session, or the form again with one sentence for every refusal."""
    try:
        found = log_in(here.archive, login, password, request.client.host if request.client else "")
    except (LoginRefused, TooManyTries) as exc:
        return login_refused(request, here.settings, exc)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE, found.cookie, max_age=int(SESSION_S), httponly=True, samesite="lax", secure=here.settings.https
    )
    return answer


@router.post("/logout")
def do_logout(request: Request, here: Here, csrf: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Out of the session."""
    visitor = visitor_of(request)
    if visitor is not None:
        require_csrf(visitor, csrf)
        with here.archive.writing() as session:
            log_out(session, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/")
def home(request: Request) -> Response:
    """To where one's day begins."""
    visitor = visitor_of(request)
    return RedirectResponse(START[visitor.viewer.role] if visitor else "/login", 303)


@router.get("/calls")
def calls(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("list"))],
    here: Here,
    words: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The calls one may see, newest first, and the form to send more."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        page = list_calls(session, visitor.viewer, Wanted(words=words), cursor=cursor)
        campaigns = _campaigns(session, visitor.viewer)
    rows = [_row(call_out(c, visitor.viewer, problem_of(c, labels.say)), labels) for c in page.calls]
    return shown(
        request, visitor, "list.html", rows=rows, next=page.next, words=words, campaigns=campaigns,
        may_upload=visitor.viewer.may("upload"), source=_source(request),
    )  # fmt: skip


def _source(request: Request) -> str:
    """The list as it stands, for the pages it leads to; empty when it is the whole list."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else ""


def _campaigns(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    if not viewer.may("upload"):
        return []
    wanted = select(Campaign.id, Campaign.name).order_by(Campaign.name)
    own = wanted.where(Campaign.account_id == viewer.account_id) if viewer.account_id else wanted
    return [(campaign_id, name) for campaign_id, name in session.execute(own)]


def _row(call: CallOut, labels: Labels) -> dict[str, object]:
    at = datetime.fromtimestamp(call.started_at, UTC)
    return {
        "id": call.id,
        "name": call.name,
        "agent": call.agent,
        "at": at.strftime("%d/%m/%Y %H:%M" if labels.lang == "fr" else "%Y-%m-%d %H:%M"),
        "iso": at.isoformat(),
        "length": labels.clock(call.duration_s) if call.duration_s is not None else "",
        "state": call.state,
        "state_said": labels.say.text(f"site.state_{call.state}"),
        "problem": call.problem or "",
        "open": call.open_moments,
    }


def _page(request: Request, template: str, lang: Lang, *, status: int = 200, **more: object) -> Response:
    html = environment().get_template(template).render(lang=lang, t=Say(lang).text, nav=(), visitor=None, **more)
    return HTMLResponse(html, status, headers={"content-security-policy": POLICY})
