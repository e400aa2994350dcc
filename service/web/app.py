"""The web application: API, pages, health and metrics on one archive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service.archive.tables_calls import Job
from service.web import login_oidc, problems, site
from service.web.api import audio, calls, edits, events, exports, holds, reviews, tokens, uploads, webhooks
from service.web.body_limit import BodyLimit
from service.web.guard import Rooms
from service.web.pages import (
    audit,
    calibration,
    call_forms,
    call_page,
    coaching,
    heard,
    inbox,
    listening,
    own,
    rules,
    settings,
    team,
    upload,
)

FORM_BYTES = 1 << 20
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Meters:
    """Counts and times without ids, names or paths of anybody: routes are counted by their pattern."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "timbre_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram("timbre_request_seconds", "Time to answer", ["route"], registry=self.registry)
        self.jobs = Gauge("timbre_jobs", "Jobs by state", ["state"], registry=self.registry)


def create_app(rooms: Rooms) -> FastAPI:
    """The application on `rooms`."""
    app = FastAPI(
        title="timbre",
        version=version("timbre"),
        description="Recorded service calls: the script beside the intention, with the seconds to listen to.",
        docs_url=None,  # its page would load scripts from elsewhere; /openapi.json is enough for every tool
        redoc_url=None,
        responses=problems.DOCUMENTED,
    )
    app.state.rooms, app.state.meters = rooms, Meters()
    for part in (uploads, calls, events, audio, reviews, edits, exports, holds, tokens, webhooks, site, login_oidc):
        app.include_router(part.router)
    for pages in (
        call_page,
        call_forms,
        heard,
        coaching,
        own,
        inbox,
        upload,
        rules,
        settings,
        audit,
        team,
        calibration,
        listening,
    ):
        app.include_router(pages.router)
    _add_health(app)
    problems.install(app)
    app.middleware("http")(_measured)
    app.add_middleware(BodyLimit, most_bytes=rooms.settings.max_bytes + FORM_BYTES)
    return app


async def _measured(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    meters: Meters = request.app.state.meters
    with meters.seconds.labels(_route(request)).time():
        response = await call_next(request)
    meters.requests.labels(request.method, _route(request), response.status_code).inc()
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("content-security-policy", NO_CONTENT_POLICY)
    response.headers.setdefault("cache-control", "private, no-store")
    return response


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", "other"))


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", tags=["health"], response_class=PlainTextResponse)
    def healthz() -> str:
        """The process answers."""
        return "ok"

    @app.get("/readyz", tags=["health"])
    def readyz(request: Request) -> Response:
        """The database answers too."""
        try:
            _jobs_by_state(request)
        except SQLAlchemyError:
            return JSONResponse({"database": False}, 503)
        return JSONResponse({"database": True})

    @app.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    def metrics(request: Request) -> Response:
        """Prometheus text: numbers of the service, none of a call."""
        meters: Meters = request.app.state.meters
        counted = _jobs_by_state(request)
        for state in ("ready", "running", "done", "failed"):
            meters.jobs.labels(state).set(counted.get(state, 0))
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)


def _jobs_by_state(request: Request) -> dict[str, int]:
    with request.app.state.rooms.archive.reading() as session:
        return {state: n for state, n in session.execute(select(Job.state, func.count()).group_by(Job.state))}
