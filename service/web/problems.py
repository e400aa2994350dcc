"""Errors as RFC 9457 problem documents: a type, a sentence in the reader's language, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from audio.errors import AudioError
from audio.notes import Note
from models.errors import ModelError
from service.archive.errors import NotAllowed, NotThere
from service.archive.logins import LoginRefused, TooManyTries
from service.archive.room import is_full
from service.errors import ServiceError
from service.say import Lang, Say
from service.web.page import environment
from service.words.rules import PackError


class Problem(BaseModel):
    """What every refusal looks like (RFC 9457): `title` is the sentence, `type` the code of what is wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "urn:timbre:web.not_done", "title": "The call has no result yet.", "status": 422}]
        }
    )
    type: str = Field(pattern="^urn:timbre:")
    title: str
    status: int


log = logging.getLogger("timbre.web")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of our pages; a scorecard has its own."""
MEDIA_TYPE = "application/problem+json"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused, with one sentence in the reader's language",
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
}
"""For the description of every route."""
NO_SUCH_CHARACTER = "22021"
"""PostgreSQL's code for a character that it does not store."""
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotThere, 404),
    (NotAllowed, 403),
    (LoginRefused, 401),
    (TooManyTries, 429),
)
_BY_CODE = {"archive.too_large": 413, "archive.no_room": 507, "web.log_in_first": 401, "web.csrf": 403}


def lang_of(request: Request) -> Lang:
    """French or English, as the browser prefers; English when it asks for neither."""
    asked = request.headers.get("accept-language", "").lower()
    french, english = asked.find("fr"), asked.find("en")
    return "fr" if french >= 0 and (english < 0 or french < english) else "en"


def status_of(exc: Exception) -> int:
    """The HTTP status of an error a person may read."""
    note = getattr(exc, "note", None)
    if isinstance(note, Note) and note.code in _BY_CODE:
        return _BY_CODE[note.code]
    return next((status for kind, status in _STATUS if isinstance(exc, kind)), 422)


def problem(request: Request, status: int, note: Note, **more: Any) -> Response:
    """A problem document; for somebody who follows a link, a page, and the login page when that is what is missing."""
    say = Say(lang_of(request))
    sentence = say(note)
    if _is_a_page(request):
        if note.code == "web.log_in_first":
            return RedirectResponse("/login", 303)
        html = (
            environment()
            .get_template("problem.html")
            .render(lang=say.lang, t=say.text, nav=(), visitor=None, problem=sentence)
        )
        return HTMLResponse(html, status, headers={"content-security-policy": POLICY})
    content = {"type": f"urn:timbre:{note.code}", "title": sentence, "status": status, **more}
    return JSONResponse(content, status, media_type=MEDIA_TYPE)


def _is_a_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def install(app: FastAPI) -> None:
    """Every error of ours and of the framework becomes a problem document."""
    for kind in (ServiceError, AudioError, ModelError, PackError):
        app.add_exception_handler(kind, _readable)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(DBAPIError, _of_database)
    app.add_exception_handler(Exception, _bug)


async def _readable(request: Request, exc: Exception) -> Response:
    note = getattr(exc, "note", None)
    return problem(request, status_of(exc), note if isinstance(note, Note) else Note("web.refused"))


async def _of_framework(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    code = {404: "archive.not_there", 405: "web.method", 413: "web.too_large"}.get(status, "web.refused")
    return problem(request, status, Note(code))


async def _refused(request: Request, exc: Exception) -> Response:
    """Which field, and never what it held."""
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    where = ".".join(str(part) for part in errors[0]["loc"][:4])[:80] if errors else "-"
    return problem(request, 422, Note("web.field", {"name": where}))


async def _of_database(request: Request, exc: Exception) -> Response:
    """A full disk; or a NUL, which PostgreSQL keeps in no text, whichever field it came in."""
    if is_full(exc):
        return problem(request, 507, Note("web.no_room"))
    said = getattr(getattr(exc, "orig", None), "args", ())
    if said and isinstance(said[0], dict) and said[0].get("C") == NO_SUCH_CHARACTER:
        return problem(request, 422, Note("web.character"))
    return await _bug(request, exc)


async def _bug(request: Request, exc: Exception) -> Response:
    from service.archive.worker import problem_of

    note = problem_of(exc)
    log.error("bug", extra={"kind": type(exc).__name__, "place": str(note.params.get("place", ""))})
    return problem(request, 500, Note("web.our_bug", {"place": str(note.params.get("place", "?"))}))
