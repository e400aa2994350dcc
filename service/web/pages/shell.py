"""What all served pages share: who may open them, the way around, forms that carry their session's token.

Pages are rendered here and work without scripts: a form is posted, and answered with a redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service.archive.access import Action, Viewer
from service.archive.tables import Role
from service.labels import Labels
from service.say import Lang
from service.web.guard import Visitor, may, require_csrf
from service.web.page import environment
from service.web.problems import POLICY


@dataclass(frozen=True)
class NavItem:
    """A way to an area, for those whose work is there. `key`: its name. `also`: other addresses of the same area."""

    path: str
    key: str
    roles: frozenset[Role]
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page is in the area."""
        return any(path == own or path.startswith(own + "/") for own in (self.path, *self.also))


NAV: tuple[NavItem, ...] = (
    NavItem("/week", "nav.week", frozenset({"coach"}), also=("/sessions",)),
    NavItem("/inbox", "nav.inbox", frozenset({"admin", "qa", "coach"})),
    NavItem("/me", "nav.me", frozenset({"agent"})),
    NavItem("/calls", "nav.calls", frozenset({"admin", "qa", "coach", "auditor", "agent"})),
    NavItem("/team", "nav.team", frozenset({"admin", "qa", "coach"})),
    NavItem("/agreement", "nav.agreement", frozenset({"admin", "qa", "coach"}), also=("/calibrations", "/listening")),
    NavItem("/upload", "nav.upload", frozenset({"admin", "qa"})),
    NavItem("/rules", "nav.rules", frozenset({"admin", "qa", "coach"})),
    NavItem("/audit", "nav.audit", frozenset({"admin"})),
    NavItem("/settings", "nav.settings", frozenset({"admin"})),
    NavItem("/preferences", "nav.my_settings", frozenset({"admin", "qa", "coach", "agent", "auditor"})),
)
START: dict[Role, str] = {"admin": "/inbox", "qa": "/inbox", "coach": "/week", "agent": "/me", "auditor": "/calls"}
"""Where somebody's day begins."""


def lang_of_visitor(visitor: Visitor) -> Lang:
    """The language a person reads."""
    return "fr" if visitor.lang == "fr" else "en"


def labels_of(visitor: Visitor) -> Labels:
    """Words and numbers in the language a person reads."""
    return Labels(lang_of_visitor(visitor))


def posted(action: Action) -> Callable[..., Visitor]:
    """A dependency of a page's form: somebody who may do `action`, with the token of their session in the form."""
    guard = may(action, form=True)

    def checked(
        visitor: Visitor = Depends(guard),  # noqa: B008 - FastAPI reads it; `guard` is no name it could look up
        csrf: Annotated[str, Form(max_length=200)] = "",
    ) -> Visitor:
        require_csrf(visitor, csrf)
        return visitor

    checked.action = action  # type: ignore[attr-defined] # as `may` does
    return checked


def shown(
    request: Request,
    visitor: Visitor,
    template: str,
    *,
    status: int = 200,
    policy: str = POLICY,
    **more: object,
) -> HTMLResponse:
    """A page in the visitor's language, with the way around."""
    labels = labels_of(visitor)
    html = (
        environment()
        .get_template(template)
        .render(
            lang=labels.lang,
            t=labels.say.text,
            labels=labels,
            visitor=visitor,
            nav=nav_of(visitor.viewer, request.url.path),
            **more,
        )
    )
    return HTMLResponse(html, status, headers={"content-security-policy": policy})


def nav_of(viewer: Viewer, path: str) -> list[tuple[str, str, bool]]:
    """Path, key, and whether one is there, of the areas of this role."""
    return [(item.path, item.key, item.holds(path)) for item in NAV if viewer.role in item.roles]


def seen_next(path: str) -> RedirectResponse:
    """To the page that shows what a form did; `path` is one of ours."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        path = "/"
    return RedirectResponse(path, 303)
