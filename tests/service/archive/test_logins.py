"""Logging in, and who is told nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from service.archive import passwords
from service.archive.errors import ArchiveError
from service.archive.logins import (
    ADDRESS_TRIES,
    LOCK_S,
    SESSION_S,
    TRIES_BEFORE_LOCK,
    LoginRefused,
    TooManyTries,
    log_in,
    log_out,
    make_token,
    session_of,
    viewer_of_token,
)
from service.archive.passwords import hash_password, right_password
from service.archive.tables import AuditRow, LoginSession, Person, Token

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Argon2 at its least: these tests try many passwords."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def qa(archive, cast):
    with archive.writing() as session:
        session.get_one(Person, cast.qa.id).password_hash = hash_password(PASSWORD)
    return cast.qa


def found(archive, cookie, now=1.0):
    with archive.reading() as session:
        return session_of(session, cookie, now=now)


def test_the_right_password_opens_a_session_that_ends(archive, qa):
    logged_in = log_in(archive, "qa", PASSWORD, "1.2.3.4", now=0.0)
    live = found(archive, logged_in.cookie)
    assert (live.viewer.person_id, live.viewer.role, live.csrf) == (qa.id, "qa", logged_in.csrf)
    assert found(archive, logged_in.cookie, now=SESSION_S + 1) is None
    with archive.writing() as session:
        log_out(session, logged_in.cookie)
    assert found(archive, logged_in.cookie) is None


def test_nothing_that_was_given_out_is_kept(archive, qa):
    logged_in = log_in(archive, "qa", PASSWORD, "1.2.3.4")
    with archive.writing() as session:
        _, secret = make_token(session, session.get_one(Person, qa.id), "t", ["read"])
    with archive.reading() as session:
        kept = [
            str(row.__dict__) for table in (LoginSession, Token, Person) for row in session.scalars(sa.select(table))
        ]
    assert not [row for row in kept if logged_in.cookie in row or secret[7:] in row or PASSWORD in row]


@pytest.mark.parametrize(("login", "password"), [("qa", "wrong"), ("nobody", PASSWORD), ("agent", ""), ("", "")])
def test_every_refusal_is_the_same(archive, qa, login, password):
    with pytest.raises(LoginRefused) as refused:
        log_in(archive, login, password, "1.2.3.4")
    assert refused.value.note.code == "people.login_refused" and not refused.value.note.params


def test_wrong_passwords_lock_and_the_lock_ends(archive, qa):
    for _ in range(TRIES_BEFORE_LOCK):
        with pytest.raises(LoginRefused):
            log_in(archive, "qa", "wrong", "1.2.3.4", now=0.0)
    with pytest.raises(LoginRefused):
        log_in(archive, "qa", PASSWORD, "1.2.3.4", now=LOCK_S - 1)
    assert log_in(archive, "qa", PASSWORD, "1.2.3.4", now=LOCK_S + 1)


def test_an_address_that_tries_everybody_has_to_wait(archive, qa):
    for n in range(ADDRESS_TRIES):
        with pytest.raises(LoginRefused):
            log_in(archive, f"nobody{n}", "wrong", "6.6.6.6", now=0.0)
    with pytest.raises(TooManyTries):
        log_in(archive, "qa", PASSWORD, "6.6.6.6", now=1.0)
    assert log_in(archive, "qa", PASSWORD, "1.2.3.4", now=1.0)
    assert log_in(archive, "qa", PASSWORD, "6.6.6.6", now=1000.0)


def test_who_left_is_out_at_once(archive, qa):
    logged_in = log_in(archive, "qa", PASSWORD, "1.2.3.4", now=0.0)
    with archive.writing() as session:
        session.get_one(Person, qa.id).active_until = 10.0
    assert found(archive, logged_in.cookie, now=9.0) and found(archive, logged_in.cookie, now=11.0) is None
    with pytest.raises(LoginRefused):
        log_in(archive, "qa", PASSWORD, "1.2.3.4", now=11.0)


def test_a_login_leaves_one_row(archive, qa):
    log_in(archive, "qa", PASSWORD, "1.2.3.4")
    with archive.reading() as session:
        assert [r.action for r in session.scalars(sa.select(AuditRow))] == ["login"]


def test_a_token_does_what_its_scopes_say_until_it_ends(archive, cast, qa):
    with archive.writing() as session:
        token, secret = make_token(session, session.get_one(Person, qa.id), "nightly", ["list"], days=1)
    with archive.reading() as session:
        viewer = viewer_of_token(session, secret)
        assert viewer.may("list") and not viewer.may("listen") and not viewer.may("people")
        assert viewer_of_token(session, secret, now=token.expires_at + 1) is None
        assert viewer_of_token(session, secret + "x") is None and viewer_of_token(session, "") is None
    with archive.writing() as session:
        session.get_one(Token, token.id).revoked_at = 1.0
    with archive.reading() as session:
        assert viewer_of_token(session, secret) is None


@pytest.mark.parametrize("scopes", [[], ["everything"], ["people"]])
def test_a_token_can_do_no_more_than_its_person(archive, qa, scopes):
    with archive.writing() as session, pytest.raises(ArchiveError, match="scopes"):
        make_token(session, session.get_one(Person, qa.id), "x", scopes)


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_passwords_have_a_length(password):
    with pytest.raises(ArchiveError, match="password_length"):
        hash_password(password)


def test_somebody_without_password_has_no_right_one():
    assert not right_password("", None) and not right_password("x", "no hash")
