"""Every route against the whole cast, before and after release; the voice, pseudonyms, CSRF, and the audit."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from starlette.routing import Route

from service.archive.tables import AuditRow
from service.archive.tables_calls import Call, MomentRow
from service.web.guard import CSRF_HEADER
from tests.calls import REPOSITORY
from tests.service.archive.fixtures import fresh_database
from tests.service.archive.test_worker import shipped_call, work_all
from tests.service.web.api.conftest import finish_call
from tests.who_sees_what import CAST, FOR_ALL, ON_A_CALL, ON_NONE, STATUS, page


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Who sees what is part of every fetch: on both databases."""
    yield from fresh_database(request, tmp_path)


REVIEW = {"target": "call:whole", "says": "comment", "reason": "heard"}


FORMS: dict[str, dict[str, str]] = {
    "/sessions": {"agent": "nobodys", "week": "2026-W47"},
    "/sessions/{session_id}/moments/{place}": {"call": "-", "moment": "-"},
    "/sessions/{session_id}/goal": {"gesture": "greeting"},
    "/sessions/{session_id}/note": {"note": "-"},
    "/inbox": {"does": "agree"},
    "/calibrations": {"title": "t", "call": "nobodys", "members": "a", "reference": "b"},
    "/calibrations/{calibration_id}": {},
    "/calibrations/{calibration_id}/close": {},
    "/listening": {"title": "t", "seed": "1"},
    "/listening/{test_id}": {"place": "0", "rating": "3"},
    "/listening/{test_id}/close": {},
    "/settings/campaigns/{campaign_id}": {"rubric": "inbound_service"},
    "/preferences/lang": {"lang": "en"},
    "/preferences/password": {"old": "-", "new": "-"},
    "/me/voice": {"analyse": "yes"},
    "/calls/{call_id}/say": {"target": "call:whole", "says": "comment", "reason": "heard"},
    "/calls/{call_id}/blind": {"line": "gesture:greeting", "value": "lived"},
    "/calls/{call_id}/mend": {"does": "swap"},
    "/calls/{call_id}/release": {},
    "/calls/{call_id}/decide": {"does": "decline", "dispute": "nobodys", "answer": "-"},
    "/calls/{call_id}/agent": {"does": "read"},
}
"""Fields of a page's form, by its route: whole enough to succeed where it may. Its token is added."""


def asked(client, method, path, call_id, campaign_id, moment="-"):
    """One request to a route, whole enough to succeed where it may."""
    url = path.replace("{call_id}", call_id).replace("{moment}", moment)
    url = url.replace("{token_id}", "nobodys").replace("{webhook_id}", "nobodys").replace("{campaign_id}", "nobodys")
    url = (
        url.replace("{session_id}", "nobodys")
        .replace("{place}", "1")
        .replace("{hold_id}", "nobodys")
        .replace("{table}", "calls")
    )
    url = url.replace("{calibration_id}", "nobodys").replace("{test_id}", "nobodys")
    more = {}
    if path.endswith("/reviews") and method == "POST":
        more["json"] = REVIEW
    if path.endswith("/edits") and method == "PUT":
        more["json"] = {"schema_version": "timbre.edits/1"}
    if path.endswith("/heard"):
        more["json"] = {"played": [[0.5, 2.0]]}
    if (method, path) == ("POST", "/api/v1/calls"):
        more = {"data": {"campaign": campaign_id}, "files": [("recordings", ("x.wav", b"RIFF"))]}
    if (method, path) == ("POST", "/upload"):
        csrf = getattr(client, "csrf", "")
        more = {"data": {"campaign": campaign_id, "csrf": csrf}, "files": [("recordings", ("x.wav", b"RIFF"))]}
    if (method, path) == ("POST", "/api/v1/tokens"):
        more["json"] = {"name": "t", "scopes": ["list"]}
    if (method, path) == ("POST", "/api/v1/holds"):
        more["json"] = {"kind": "call", "target": "nobodys", "reason": "-"}
    if (method, path) == ("POST", "/api/v1/webhooks"):
        more["json"] = {"url": "https://qa.example.com/timbre"}
    if method == "POST" and path in FORMS:
        more["data"] = {"csrf": getattr(client, "csrf", ""), **FORMS[path]}
    return client.request(method, url, **more)


def outcome(response):
    """200 for every success; a form is answered with the way to a page, and nobody with the way to the login."""
    status = response.status_code
    sent_on = status == 303 and response.headers["location"] != "/login"
    return 200 if 200 <= status < 300 or sent_on else status


@pytest.mark.parametrize("released", [False, True])
def test_every_route_on_a_call_against_the_whole_cast(somebody, archive, blobs, cast, analysed_once, done, released):
    if released:
        with archive.writing() as session:
            session.get_one(Call, done.id).released_at = 1.0
    wrong, moment = [], analysed_once[0].judgement.moments[0].id
    for (method, path), answers in ON_A_CALL.items():
        for name, answer in zip(CAST, answers[released].split(), strict=True):
            kept = method == "GET" or STATUS[answer] >= 400  # who is refused changes nothing
            call_id = done.id if kept else spare(archive, blobs, cast, analysed_once, released)
            got = outcome(asked(somebody(name), method, path, call_id, cast.campaign.id, moment))
            if got != STATUS[answer]:
                wrong.append((method, path, name, got, answer))
    assert wrong == []


def spare(archive, blobs, cast, analysed_once, released):
    """Another call that is done, for requests that change it."""
    call = finish_call(archive, blobs, cast, analysed_once, external_id=str(spare_number()))
    with archive.writing() as session:
        session.get_one(Call, call.id).released_at = 1.0 if released else None
    return call.id


def spare_number(count=iter(range(10**6))):  # noqa: B008 - one counter for all
    return next(count)


def test_routes_that_are_about_no_call(somebody, cast, archive):
    wrong = []
    for (method, path), answers in ON_NONE.items():
        for name, answer in zip(CAST, answers.split(), strict=True):
            got = outcome(asked(somebody(name), method, path, "-", cast.campaign.id))
            if got != STATUS[answer]:
                wrong.append((method, path, name, got, answer))
    assert wrong == []


def routes(app):
    """Those of the application and of the routers in it."""
    parts = [app, *(part for r in app.routes if (part := getattr(r, "original_router", None)))]
    return [route for part in parts for route in part.routes if isinstance(route, Route)]


def test_no_route_is_missing_from_the_table(app):
    have = {(m, r.path) for r in routes(app) for m in r.methods if m != "HEAD"}
    assert have - FOR_ALL == {*ON_A_CALL, *ON_NONE}


def test_the_page_is_the_table():
    assert (REPOSITORY / "docs" / "who-sees-what.md").read_text(encoding="utf-8") == page()


def test_a_session_needs_the_token_of_its_forms_and_a_program_does_not(somebody, cast, done):
    url = f"/api/v1/calls/{done.id}/release"
    browser = somebody("qa")
    del browser.client.headers[CSRF_HEADER]
    assert browser.post(url).status_code == 403
    assert browser.post(url, headers={CSRF_HEADER: "wrong"}).status_code == 403
    assert browser.post(url, headers={"content-type": "application/x-www-form-urlencoded"}).status_code == 403
    assert somebody("qa", bearer=True).post(url).status_code == 204


def test_reading_and_listening_leave_one_row_each_and_listing_none(somebody, archive, cast, done):
    client = somebody("qa")
    client.get("/api/v1/calls")
    client.get(f"/api/v1/calls/{done.id}")
    client.get(f"/api/v1/calls/{done.id}/result")
    client.get(f"/api/v1/calls/{done.id}/audio", headers={"range": "bytes=0-9"})
    client.get(f"/api/v1/calls/{done.id}/audio", headers={"range": "bytes=10-19"})
    with archive.reading() as session:
        rows = [r.action for r in session.scalars(sa.select(AuditRow).where(AuditRow.call_id == done.id))]
    assert rows == ["read", "listen"]


def test_the_voice_goes_to_agent_and_coach_alone(somebody, archive, blobs, cast):
    call = shipped_call(archive, blobs, cast)
    work_all(archive, blobs, policy="words_and_turns")
    with archive.writing() as session:
        session.get_one(Call, call.id).released_at = 1.0

    def voice(client):
        return bool(client.get(f"/api/v1/calls/{call.id}/result").json()["evidence"]["metallic"])

    seen = {name: voice(somebody(name)) for name in ("admin", "qa", "coach", "agent", "auditor")}
    assert seen == {"admin": False, "qa": False, "coach": True, "agent": True, "auditor": False}
    assert not voice(somebody("coach", bearer=True))


def test_auditors_learn_no_name(somebody, archive, blobs, cast):
    call = shipped_call(archive, blobs, cast, **{"agent_name": "Zebulon Quark", "external_id": "Z-77"})
    work_all(archive, blobs)
    with archive.writing() as session:
        row = session.get_one(Call, call.id)
        row.name, row.released_at = "zebulon.wav", 1.0
    client = somebody("auditor")
    said = [client.get(f"/api/v1/calls{path}").text for path in ("", f"/{call.id}", f"/{call.id}/result")]
    said += [client.get(f"/calls/{call.id}").text, client.get("/calls").text]
    assert not [text for text in said if "zebulon" in text.lower() or "Z-77" in text]
    assert "zebulon" in somebody("qa").get("/calls").text.lower()


def written(archive, call_id):
    with archive.reading() as session:
        return [r.action for r in session.scalars(sa.select(AuditRow).where(AuditRow.call_id == call_id))]


EDITS = {"lines": [{"turn": 0, "text": "Good morning.", "by": "x"}]}
ONE_ROW = [
    ("GET", "/api/v1/calls/{call}/result", None, "read"),
    ("GET", "/api/v1/calls/{call}/moments", None, "read"),
    ("GET", "/api/v1/calls/{call}/reviews", None, "read"),
    ("GET", "/api/v1/calls/{call}/edits", None, "read"),
    ("GET", "/calls/{call}", None, "read"),
    ("GET", "/api/v1/calls/{call}/audio", None, "listen"),
    ("GET", "/api/v1/calls/{call}/moments/{moment}/clip", None, "listen"),
    ("PUT", "/api/v1/calls/{call}/edits", EDITS, "override"),
    ("POST", "/api/v1/calls/{call}/reviews", REVIEW, "review"),
    ("POST", "/api/v1/calls/{call}/release", None, "release"),
    ("POST", "/api/v1/calls/{call}/rescore", None, "rescore"),
    ("DELETE", "/api/v1/calls/{call}", None, "delete"),
]


@pytest.mark.parametrize(("method", "url", "body", "action"), ONE_ROW, ids=[f"{m} {u}" for m, u, *_ in ONE_ROW])
def test_each_of_these_leaves_exactly_one_row(somebody, archive, done, method, url, body, action):
    with archive.reading() as session:
        moment = session.scalars(sa.select(MomentRow.moment).where(MomentRow.call_id == done.id)).first()
    answer = somebody("admin").request(method, url.format(call=done.id, moment=moment), json=body)
    assert answer.status_code < 300 and written(archive, done.id) == [action]


def test_no_way_to_the_sound_passes_the_audit_by(somebody, archive, done):
    """Whoever leaves the first byte out has listened too, once; who is refused or finds nothing has not."""
    client = somebody("qa")
    client.get(f"/api/v1/calls/{done.id}/moments/nothere/clip")
    somebody("other_coach").get(f"/api/v1/calls/{done.id}/audio")
    assert written(archive, done.id) == []
    for asked in ("bytes=1-", "bytes=100-199", "bytes=-50"):
        assert client.get(f"/api/v1/calls/{done.id}/audio", headers={"range": asked}).status_code == 206
    assert written(archive, done.id) == ["listen"]
    somebody("coach").get(f"/api/v1/calls/{done.id}/audio", headers={"range": "bytes=1-"})
    assert written(archive, done.id) == ["listen", "listen"]
