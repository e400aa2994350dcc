"""Webhooks over the API: whose they are, what they show, what is written down."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Webhook
from tests.service.web.api.conftest import Somebody

URL = "/api/v1/webhooks"
THEIRS = "https://qa.example.com/timbre"


@pytest.fixture
def admins(app, archive, cast):
    """An admin of the house, one of the account `here`, one of `there`."""
    with archive.writing() as session:
        own = [
            Person(login=f"admin-{a.name}", name="A", role="admin", account_id=a.id) for a in (cast.here, cast.there)
        ]
        session.add_all(own)
    return [Somebody(app, archive, person) for person in (cast.admin, *own)]


def test_the_secret_is_shown_once_and_each_step_is_written_down(admins, archive):
    client = admins[0]
    made = client.post(URL, json={"url": THEIRS}).json()
    assert (made["account"], made["url"]) == ("house", THEIRS) and len(made["secret"]) > 40
    assert [(w["id"], w["secret"]) for w in client.get(URL).json()] == [(made["id"], None)]
    assert client.delete(f"{URL}/{made['id']}").status_code == 204 and client.get(URL).json() == []
    with archive.reading() as session:
        rows = list(session.scalars(sa.select(AuditRow)))
        assert session.scalars(sa.select(Webhook)).all() == []
    assert [row.action for row in rows] == ["webhook", "webhook_deleted"]
    assert made["secret"] not in json.dumps([row.detail for row in rows])


def test_an_admin_of_an_account_has_its_webhooks_alone(admins):
    house, here, there = admins
    made = here.post(URL, json={"url": THEIRS}).json()
    assert made["account"] == "here"
    assert here.post(URL, json={"url": THEIRS, "account": "there"}).json()["type"].endswith("archive.no_account")
    assert house.post(URL, json={"url": THEIRS, "account": "nowhere"}).json()["type"].endswith("archive.no_account")
    assert house.post(URL, json={"url": THEIRS, "account": "there"}).status_code == 201
    assert [w["account"] for w in there.get(URL).json()] == ["there"]
    assert {w["account"] for w in house.get(URL).json()} == {"here", "there"}
    assert there.delete(f"{URL}/{made['id']}").status_code == 404
    assert house.delete(f"{URL}/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://qa.example.com/", "webhook_url"),
        ("https://user:pass@qa.example.com/", "webhook_url"),
        ("https://2130706433/", "webhook_url"),
        ("https://169.254.169.254/latest/", "webhook_address"),
        ("https://[fd00:ec2::254]/", "webhook_address"),
        ("https://[::ffff:127.0.0.1]/", "webhook_address"),
        ("https://qa.example.com/" + "a" * 2000, "web.field"),
    ],
)
def test_addresses_that_are_refused_at_once(admins, url, code):
    answer = admins[0].post(URL, json={"url": url})
    assert answer.status_code == 422 and answer.json()["type"].endswith(code)
    assert admins[0].get(URL).json() == []
