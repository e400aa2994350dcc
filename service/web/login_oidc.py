"""The two addresses of logging in by OpenID Connect: off to the provider, and back into a session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.archive.access import not_there
from service.archive.logins import SESSION_S, LoginRefused, TooManyTries, count_try, log_in_as
from service.settings import Settings
from service.web.guard import COOKIE, Here
from service.web.oidc import BEGUN_S, Provider
from service.web.site import login_refused

router = APIRouter(include_in_schema=False)
PATH = "/login/oidc"
BEGUN = "timbre_oidc"


@router.get(PATH)
def begin(request: Request, here: Here) -> Response:
    """Off to the provider. Not there when the settings name none."""
    provider = _provider(request, here.settings)
    try:
        count_try(here.archive, _address(request))
        begun = provider.begin(_back(request, here.settings))
    except (LoginRefused, TooManyTries) as exc:
        return login_refused(request, here.settings, exc)
    answer = RedirectResponse(begun.url, 303)
    answer.set_cookie(
        BEGUN, begun.cookie, max_age=BEGUN_S, path=PATH, httponly=True, samesite="lax", secure=here.settings.https
    )
    return answer


@router.get(f"{PATH}/back")
def back(
    request: Request,
    here: Here,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    timbre_oidc: Annotated[str, Cookie(max_length=2000)] = "",
) -> Response:
    """Into a session of the person whose login the provider vouches for."""
    provider = _provider(request, here.settings)
    try:
        count_try(here.archive, _address(request))
        found = log_in_as(here.archive, provider.logins(_back(request, here.settings), timbre_oidc, state, code))
    except (LoginRefused, TooManyTries) as exc:
        return login_refused(request, here.settings, exc)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE, found.cookie, max_age=int(SESSION_S), httponly=True, samesite="lax", secure=here.settings.https
    )
    answer.delete_cookie(BEGUN, path=PATH)
    return answer


def _provider(request: Request, settings: Settings) -> Provider:
    if not settings.oidc_issuer:
        raise not_there()
    return Provider(settings, transport=getattr(request.app.state, "oidc_transport", None))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _back(request: Request, settings: Settings) -> str:
    """Our own address as the provider knows it; a host that somebody made up is refused there."""
    url = request.url.replace(path=f"{PATH}/back", query="", fragment="")
    return str(url.replace(scheme="https") if settings.https else url)
