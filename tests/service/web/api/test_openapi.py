"""The description of the API is complete, and whatever it allows and whatever it does not comes to an answer."""

from __future__ import annotations

import base64
import json
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.web.api import events, models
from service.web.problems import MEDIA_TYPE
from tests.service.archive.fixtures import fresh_database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

EXAMPLES = 10
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["\0", "a\0b", "\ufeff", "1e400", "nan", "'; --", '"', "*", "\U0010ffff"]
)
VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def schema(app, monkeypatch):
    monkeypatch.setattr(events, "LONGEST_S", 0.05)
    found = schemathesis.openapi.from_asgi("/openapi.json", app)
    found.config.generation.with_security_parameters = False
    return found


def operations(schema):
    """Those that delete come last."""
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def cases(operation, call_id):
    """Requests as the description allows them and as it does not, about a call that is there and about others."""
    if "{call_id}" in operation.path:
        there = operation.as_strategy(GenerationMode.POSITIVE).map(lambda case: about(case, call_id))
        return there | operation.as_strategy(GenerationMode.NEGATIVE)
    return operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)


def about(case, call_id):
    case.path_parameters = {**case.path_parameters, "call_id": call_id}
    return case


@pytest.mark.parametrize("bearer", [False, True], ids=["session", "token"])
def test_whatever_is_sent_gets_an_answer_as_described(schema, somebody, done, bearer):
    client = somebody("admin", bearer=bearer)
    headers = {k: v for k, v in client.client.headers.items() if k in ("authorization", "x-csrf-token")}
    cookies = dict(client.client.cookies)
    asked = 0
    for operation in operations(schema):

        @QUICK
        @given(cases(operation, done.id))
        def answered(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(headers=headers, cookies=cookies, checks=CHECKS)

        answered()
    assert asked > 5 * len(operations(schema))


def bodies(app):
    """Every body that is taken, and every JSON document that is given, by route."""
    found = app.openapi()
    for path, item in found["paths"].items():
        for verb, operation in ((v, o) for v, o in item.items() if v in VERBS):
            for media in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{verb} {path} takes", media
            for media in operation["responses"].get("4XX", {}).get("content", {}).values():
                yield f"{verb} {path} refuses", media


def has_example(media, schemas):
    shown = media["schema"]
    named = schemas[shown["$ref"].rpartition("/")[2]] if "$ref" in shown else shown
    return bool(media.get("examples") or shown.get("examples") or named.get("examples"))


def test_every_body_and_every_refusal_has_an_example(app):
    schemas = app.openapi()["components"]["schemas"]
    assert [where for where, media in bodies(app) if not has_example(media, schemas)] == []
    assert len([where for where, _ in bodies(app) if where.endswith("takes")]) > 4
    ours = {name: schemas[name] for name in vars(models) if name in schemas and name not in ("PageOut",)}
    assert [name for name, schema in ours.items() if not schema.get("examples")] == [] and len(ours) > 8


def test_every_route_says_how_it_refuses(app):
    silent = [
        (verb, path)
        for path, item in app.openapi()["paths"].items()
        for verb, operation in item.items()
        if MEDIA_TYPE not in operation["responses"].get("4XX", {}).get("content", {})
    ]
    assert silent == []


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request, tmp_path):
    yield from fresh_database(request, tmp_path)


class TestOnBothDatabases:
    """What one database stores and the other refuses is an answer on both."""

    @pytest.fixture
    def address(self, both):
        return both

    def test_texts_in_the_query_of_a_list(self, somebody):
        client = somebody("admin")
        names = st.sampled_from(["campaign", "team", "agent", "moment", "words", "cursor", "state", "since", "limit"])

        @settings(QUICK, max_examples=60)
        @given(st.dictionaries(names, TEXTS, max_size=4))
        def answered(query):
            assert client.get("/api/v1/calls", params=query).status_code in (200, 422)

        answered()

    def test_cursors_nobody_gave_out(self, somebody):
        client = somebody("admin")
        inside = st.none() | st.booleans() | st.floats() | st.integers() | TEXTS

        @settings(QUICK, max_examples=60)
        @given(st.lists(inside, max_size=3) | inside)
        def answered(said):
            cursor = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
            assert client.get("/api/v1/calls", params={"cursor": cursor}).status_code in (200, 422)

        answered()

    @pytest.mark.parametrize(
        ("method", "url"),
        [
            ("GET", "/api/v1/calls/%00"),
            ("GET", "/api/v1/calls/a%00b/result"),
            ("GET", "/api/v1/calls/x/moments/%00/clip"),
            ("GET", "/calls/%00"),
            ("GET", "/calls?words=%00&cursor=%00"),
            ("DELETE", "/api/v1/calls/%00"),
            ("DELETE", "/api/v1/tokens/%00"),
            ("DELETE", "/api/v1/webhooks/%00"),
        ],
    )
    def test_a_nul_in_an_address(self, somebody, method, url):
        assert somebody("admin").request(method, url).status_code in (200, 404, 422)

    def test_a_nul_and_half_a_character_in_a_body(self, somebody, cast):
        client = somebody("admin")
        for text in ("\\u0000", "\\ud800"):
            for url, body in (
                ("/api/v1/tokens", '{"name": "%s", "scopes": ["list"]}'),
                ("/api/v1/webhooks", '{"url": "https://qa.example.com/", "account": "%s"}'),
            ):
                sent = client.post(url, content=body % text, headers={"content-type": "application/json"})
                assert sent.status_code < 500, (url, text)
        for form in ({"login": "\0", "password": "\0"}, {"login": "\ud800".encode("utf-8", "surrogatepass")}):
            assert client.post("/login", data=form).status_code < 500
        files = [("recordings", ("\0.wav", b"RIFF"))]
        assert client.post("/api/v1/calls", data={"campaign": "\0"}, files=files).status_code < 500
