"""Who asks: a program by its token, or a browser by its session. Forms of a session carry its CSRF token.

Every route names what it does (`Depends(may("read"))`); a route that names nothing is found by a test.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from service.archive.access import Action, Viewer
from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.logins import session_of, viewer_of_token
from service.settings import Settings
from service.web.packed import unmasked

COOKIE = "timbre_session"
CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = HTTPBearer(auto_error=False, description="a token of a person: timbre_...")
SESSION = APIKeyCookie(name=COOKIE, auto_error=False, description="a browser that is logged in")


@dataclass(frozen=True)
class Rooms:
    """What every route works with."""

    archive: Archive
    blobs: Blobs
    settings: Settings


@dataclass(frozen=True)
class Visitor:
    """Who asks, and the token the forms of their session must carry (None for programs)."""

    viewer: Viewer
    lang: str = "en"
    csrf: str | None = None


def rooms(request: Request) -> Rooms:
    """The archive and blobs of this app."""
    found: Rooms = request.app.state.rooms
    return found


Here = Annotated[Rooms, Depends(rooms)]


def visitor_of(request: Request) -> Visitor | None:
    """Who asks, with what this service lets agents see before a release; None for nobody we know."""
    found = _known(request)
    if found is None or rooms(request).settings.release_before_visible:
        return found
    return replace(found, viewer=replace(found.viewer, before_release=True))


def _known(request: Request) -> Visitor | None:
    archive = rooms(request).archive
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        with archive.reading() as session:
            viewer = viewer_of_token(session, token.strip())
        return Visitor(viewer) if viewer else None
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    with archive.reading() as session:
        live = session_of(session, cookie)
    return Visitor(live.viewer, live.person.lang, live.csrf) if live else None


def require_csrf(visitor: Visitor, given: str) -> None:
    """Raises ArchiveError when a form of a session does not carry the session's token."""
    if visitor.csrf is not None and not hmac.compare_digest(visitor.csrf.encode(), unmasked(given).encode()):
        raise ArchiveError("web.csrf")


def may(action: Action, *, form: bool = False) -> Callable[..., Visitor]:
    """A dependency: somebody who may do `action`. Raises ArchiveError (nobody), NotAllowed.

    `form`: the route is a page's form and checks the token among its fields itself; all others want it as a header,
    which no foreign page can send.
    """

    def guard(
        request: Request,
        _bearer: Annotated[object, Depends(BEARER)] = None,
        _session: Annotated[object, Depends(SESSION)] = None,
    ) -> Visitor:
        visitor = visitor_of(request)
        if visitor is None:
            raise ArchiveError("web.log_in_first")
        if request.method not in SAFE and not form:
            require_csrf(visitor, request.headers.get(CSRF_HEADER, ""))
        visitor.viewer.require(action)
        return visitor

    guard.action = action  # type: ignore[attr-defined] # for the test that looks for routes without one
    return guard
