"""Logging in by OpenID Connect against a provider of our own: its keys, its codes, and what it may try."""

from __future__ import annotations

import base64
import hashlib
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.archive.tables import AuditRow, LoginSession, Person
from service.settings import Settings
from service.web.app import create_app
from service.web.guard import COOKIE, Rooms
from service.web.login_oidc import BEGUN

ISSUER = "https://idp.example.com/realm"
SECRET = "shared-secret-of-the-tests-long-enough-for-any-algorithm"  # noqa: S105
VERIFIED = {"email": "qa@example.com", "email_verified": True}


class Idp:
    """A provider: codes are good once, for whoever holds their verifier. `changes` falsifies what it signs or says."""

    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.signs_with, self.algorithm = self.key, "ES256"
        self.claims, self.says, self.codes, self.asked = dict(VERIFIED), {}, {}, []
        routes = [
            Route("/realm/.well-known/openid-configuration", self.about),
            Route("/realm/keys", self.keys),
            Route("/realm/token", self.token, methods=["POST"]),
        ]
        self.client = TestClient(Starlette(routes=routes), base_url="https://idp.example.com")

    async def about(self, request):
        ends = {f"{n}_endpoint": f"{ISSUER}/{n}" for n in ("authorization", "token")}
        return JSONResponse({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **ends, **self.says})

    async def keys(self, request):
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, url):
        """What the provider's own page does once somebody has logged in there: a code for what was asked."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def token(self, request):
        form = await request.form()
        basic = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode()
        asked = self.codes.pop(str(form["code"]), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        right = asked is not None and basic == f"timbre:{SECRET}" and form["redirect_uri"] == asked["redirect_uri"]
        if not right or challenge.decode().rstrip("=") != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant", "error_description": "theirs"}, 400)
        now = int(time.time())
        said = {"iss": ISSUER, "aud": "timbre", "sub": "1", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        signed = jwt.encode(
            {"alg": self.algorithm, "kid": "one"}, {**said, **self.claims}, self.signs_with, algorithms=[self.algorithm]
        )
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})


@pytest.fixture
def idp():
    return Idp()


@pytest.fixture
def service(archive, blobs, cast, idp):
    """The application with its provider; a person whose login is an address, without a password."""
    with archive.writing() as session:
        session.add(Person(login="qa@example.com", name="Q", role="qa"))
    named = {"oidc_issuer": ISSUER, "oidc_client_id": "timbre", "oidc_client_secret": SECRET}
    app = create_app(Rooms(archive, blobs, Settings(transcriber="none", **named)))
    app.state.oidc_transport = idp.client._transport
    return app


@pytest.fixture
def browser(service):
    return TestClient(service, raise_server_exceptions=False, follow_redirects=False)


def log_in(browser, idp, **changes):
    url = browser.get("/login/oidc").headers["location"]
    assert url.startswith(f"{ISSUER}/authorization?")
    return browser.get("/login/oidc/back", params={**idp.authorize(url), **changes})


def is_in(browser):
    return browser.get("/api/v1/calls").status_code == 200


def test_a_verified_address_opens_the_session_of_its_person(browser, idp, archive):
    answer = log_in(browser, idp)
    assert (answer.status_code, answer.headers["location"]) == (303, "/") and is_in(browser)
    assert "httponly" in answer.headers["set-cookie"].lower() and BEGUN not in browser.cookies
    with archive.reading() as session:
        rows = [(row.action, row.detail) for row in session.scalars(sa.select(AuditRow))]
    assert rows == [("login", {"by": "oidc"})]


def test_the_user_name_of_the_provider_does_too(browser, idp):
    idp.claims = {"preferred_username": "qa"}
    assert log_in(browser, idp).status_code == 303 and is_in(browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "qa@example.com"},
        {"email": "qa@example.com", "email_verified": False},
        {"email": "qa@example.com", "email_verified": "true"},
        {"email": "nobody@example.com", "email_verified": True},
        {"preferred_username": "nobody"},
        {"preferred_username": ["qa"]},
        {"email": "qa@example.com", "email_verified": True, "preferred_username": "admin"},
        {"preferred_username": ""},
        {},
    ],
)
def test_nobody_is_made_or_guessed(browser, idp, archive, claims):
    idp.claims = claims
    answer = log_in(browser, idp)
    assert answer.status_code == 401 and COOKIE not in browser.cookies and not is_in(browser)
    with archive.reading() as session:
        assert not session.scalars(sa.select(LoginSession)).all()
        assert "nobody" not in " ".join(session.scalars(sa.select(Person.login)))


def test_somebody_who_left_stays_out(browser, idp, archive):
    with archive.writing() as session:
        session.execute(sa.update(Person).where(Person.login == "qa@example.com").values(active_until=1.0))
    assert log_in(browser, idp).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "other"}, {"iss": "https://evil.example.com"}, {"exp": 1000}, {"nonce": None}],
    ids=["nonce", "audience", "issuer", "out of date", "no nonce"],
)
def test_a_token_that_is_not_for_us_is_refused(browser, idp, claims):
    idp.claims = {**VERIFIED, **claims}
    assert log_in(browser, idp).status_code == 401


def test_a_token_by_another_key_is_refused(browser, idp):
    idp.signs_with = ECKey.generate_key("P-256", {"kid": "one"})
    assert log_in(browser, idp).status_code == 401


def test_a_token_by_the_shared_secret_is_refused(browser, idp):
    idp.signs_with, idp.algorithm = OctKey.import_key(SECRET), "HS256"
    assert log_in(browser, idp).status_code == 401


def test_another_state_another_code_and_a_code_that_was_used(browser, idp):
    assert log_in(browser, idp, state="x").status_code == 401
    assert log_in(browser, idp, code="x").status_code == 401
    assert log_in(browser, idp, code="").status_code == 401
    url = browser.get("/login/oidc").headers["location"]
    answer, cookie = idp.authorize(url), browser.cookies[BEGUN]
    assert browser.get("/login/oidc/back", params=answer).status_code == 303
    browser.cookies.clear()
    browser.cookies.set(BEGUN, cookie)
    assert browser.get("/login/oidc/back", params=answer).status_code == 401


def test_a_link_from_elsewhere_logs_nobody_in(service, browser, idp):
    """The answer to another browser's request: the victim's has no cookie for it, or one of its own."""
    url = browser.get("/login/oidc").headers["location"]
    victim = TestClient(service, follow_redirects=False)
    assert victim.get("/login/oidc/back", params=idp.authorize(url)).status_code == 401
    victim.get("/login/oidc")
    assert victim.get("/login/oidc/back", params=idp.authorize(url)).status_code == 401
    victim.cookies.set(BEGUN, "forged")
    assert victim.get("/login/oidc/back", params=idp.authorize(url)).status_code == 401


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://evil.example.com"},
        {"authorization_endpoint": "http://idp.example.com/"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_is_another_or_leads_elsewhere(browser, idp, says):
    idp.says = says
    answer = browser.get("/login/oidc")
    assert answer.status_code == 401 and "location" not in answer.headers


def test_a_provider_that_is_down_is_one_sentence(browser, idp, service):
    service.state.oidc_transport = TestClient(Starlette())._transport
    answer = browser.get("/login/oidc", headers={"accept-language": "en"})
    assert answer.status_code == 401 and "could not be reached" in answer.text


def test_an_address_may_not_try_for_ever(browser):
    assert [browser.get("/login/oidc/back").status_code for _ in range(31)][-2:] == [401, 429]


def test_without_settings_there_is_no_such_thing(somebody, archive, blobs):
    client = somebody(None)
    assert client.get("/login/oidc").status_code == client.get("/login/oidc/back").status_code == 404
    assert "/login/oidc" not in client.get("/login").text
    half = create_app(Rooms(archive, blobs, Settings(transcriber="none", oidc_issuer="http://idp.example.com")))
    answer = TestClient(half).get("/login/oidc")
    assert answer.status_code == 422 and answer.json()["type"].endswith("people.oidc_settings")


def test_the_way_there_is_on_the_page_and_goes_back_by_https(archive, blobs, cast, idp):
    named = {"oidc_issuer": ISSUER, "oidc_client_id": "timbre", "oidc_client_secret": SECRET, "https": True}
    app = create_app(Rooms(archive, blobs, Settings(transcriber="none", **named)))
    app.state.oidc_transport = idp.client._transport
    browser = TestClient(app, follow_redirects=False)
    assert 'href="/login/oidc"' in browser.get("/login").text
    answer = browser.get("/login/oidc")
    assert parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"] == [
        "https://testserver/login/oidc/back"
    ]
    assert "secure" in answer.headers["set-cookie"].lower()
