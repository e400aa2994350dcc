"""Logging in: by password into a session of the browser, by token for a program.

Wrong login, wrong password, locked and not active give one answer, so that nobody learns who has an account. After
five wrong passwords a person is locked for a quarter of an hour, longer each time; an address may try thirty times in
five minutes, whoever it tries to be.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.archive.access import MAY, Action, Viewer, viewer_of
from service.archive.audit import note_down
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.passwords import hash_key, new_key, right_password
from service.archive.tables import Coaching, LoginSession, LoginTry, Person, Role, Token

SESSION_S = 12 * 3600.0
TRIES_BEFORE_LOCK = 5
LOCK_S, LONGEST_LOCK_S = 15 * 60.0, 24 * 3600.0
ADDRESS_TRIES, ADDRESS_WINDOW_S = 30, 300.0
TOKEN_PREFIX = "timbre_"  # noqa: S105 - what tokens begin with


class LoginRefused(ArchiveError):
    """No: and nothing about why."""


class TooManyTries(ArchiveError):
    """This address has to wait."""


@dataclass(frozen=True)
class LoggedIn:
    """What the browser gets: its cookie and the token its forms carry."""

    cookie: str
    csrf: str


def log_in(archive: Archive, login: str, password: str, address: str, *, now: float | None = None) -> LoggedIn:
    """A session for the right password. Raises LoginRefused, TooManyTries."""
    now = time.time() if now is None else now
    count_try(archive, address, now=now)
    with archive.reading() as session:
        person = session.scalars(select(Person).where(Person.login == login[:200])).one_or_none()
    right = right_password(password, person.password_hash if person else None)
    with archive.writing() as session:
        logged_in = _answered(session, person, right, now)
    if logged_in is None:
        raise LoginRefused("people.login_refused")
    return logged_in


def count_try(archive: Archive, address: str, *, now: float | None = None) -> None:
    """One more try from an address. Raises TooManyTries."""
    now = time.time() if now is None else now
    with archive.writing() as session:
        too_many = _tries(session, address, now) >= ADDRESS_TRIES
        if not too_many:
            session.add(LoginTry(address=address[:64], at=now))
    if too_many:
        raise TooManyTries("people.too_many_tries", minutes=ADDRESS_WINDOW_S / 60)


def log_in_as(archive: Archive, names: Sequence[str], *, now: float | None = None) -> LoggedIn:
    """A session for the one person with a login among `names`, for whom somebody else vouches.

    Raises LoginRefused: nobody, somebody who left, or two.
    """
    now = time.time() if now is None else now
    with archive.writing() as session:
        found = list(session.scalars(select(Person).where(Person.login.in_([name[:200] for name in names]))))
        if len(found) != 1 or not is_active(found[0], now):
            raise LoginRefused("people.oidc_unknown")
        note_down(session, found[0].id, "login", by="oidc")
        return open_session(session, found[0].id, now)


def _tries(session: Session, address: str, now: float) -> int:
    session.execute(delete(LoginTry).where(LoginTry.at < now - ADDRESS_WINDOW_S))
    tried = select(func.count()).select_from(LoginTry).where(LoginTry.address == address[:64])
    return session.scalar(tried) or 0


def _answered(session: Session, found: Person | None, right: bool, now: float) -> LoggedIn | None:
    if found is None:
        return None
    person = session.get_one(Person, found.id)
    if person.locked_until > now or not is_active(person, now):
        return None
    if not right:
        _count_failure(person, now)
        return None
    person.failed_logins = 0
    note_down(session, person.id, "login")
    return open_session(session, person.id, now)


def _count_failure(person: Person, now: float) -> None:
    person.failed_logins += 1
    over = person.failed_logins - TRIES_BEFORE_LOCK
    if over >= 0:
        person.locked_until = now + min(LOCK_S * 2**over, LONGEST_LOCK_S)


def open_session(session: Session, person_id: str, now: float) -> LoggedIn:
    """A new session; sessions that ran out are swept on the way."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now))
    logged_in = LoggedIn(new_key(), new_key())
    session.add(
        LoginSession(
            key_hash=hash_key(logged_in.cookie), person_id=person_id, csrf=logged_in.csrf, expires_at=now + SESSION_S
        )
    )
    return logged_in


def is_active(person: Person, now: float) -> bool:
    """Between the dates the staff list gives."""
    begun = person.active_from is None or person.active_from <= now
    return begun and (person.active_until is None or now < person.active_until)


@dataclass(frozen=True)
class LiveSession:
    """A live session: who, and the token their forms must carry."""

    viewer: Viewer
    person: Person
    csrf: str


def session_of(session: Session, cookie: str, *, now: float | None = None) -> LiveSession | None:
    """The session a cookie opens; None for none, one that ran out, or somebody who left."""
    now = time.time() if now is None else now
    kept = session.get(LoginSession, hash_key(cookie))
    person = session.get(Person, kept.person_id) if kept and kept.expires_at > now else None
    if kept is None or person is None or not is_active(person, now):
        return None
    return LiveSession(viewer_of(person, teams_of(session, person.id)), person, kept.csrf)


def log_out(session: Session, cookie: str) -> None:
    """The session is gone."""
    session.execute(delete(LoginSession).where(LoginSession.key_hash == hash_key(cookie)))


def teams_of(session: Session, person_id: str) -> frozenset[str]:
    """Teams a coach coaches."""
    return frozenset(session.scalars(select(Coaching.team_id).where(Coaching.person_id == person_id)))


def make_token(
    session: Session, person: Person, name: str, scopes: Iterable[str], *, days: float | None = None
) -> tuple[Token, str]:
    """A token and its secret, which is shown this once. Scopes the role does not have are refused."""
    asked = frozenset(scopes)
    allowed = MAY[cast(Role, person.role)]
    if not asked or not asked <= allowed:
        raise ArchiveError("people.scopes", known=", ".join(sorted(allowed)))
    key = new_key()
    expires_at = time.time() + days * 86400 if days is not None else None
    token = Token(
        person_id=person.id, name=name[:200], key_hash=hash_key(key), scopes=sorted(asked), expires_at=expires_at
    )
    session.add(token)
    note_down(session, person.id, "token")
    session.flush()
    return token, TOKEN_PREFIX + key


def viewer_of_token(session: Session, secret: str, *, now: float | None = None) -> Viewer | None:
    """Who a token acts for; None when it is unknown, revoked, run out, or its person left."""
    now = time.time() if now is None else now
    if not secret.startswith(TOKEN_PREFIX):
        return None
    kept = session.scalars(select(Token).where(Token.key_hash == hash_key(secret.removeprefix(TOKEN_PREFIX)))).first()
    if kept is None or kept.revoked_at is not None or (kept.expires_at is not None and kept.expires_at <= now):
        return None
    person = session.get(Person, kept.person_id)
    if person is None or not is_active(person, now):
        return None
    scopes = cast(frozenset[Action], frozenset(kept.scopes))
    return viewer_of(person, teams_of(session, person.id), scopes)
