"""Secrets: passwords by argon2, keys of sessions and tokens by SHA-256 of 256 random bits. None is ever kept itself."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from service.archive.errors import ArchiveError

SHORTEST, LONGEST = 12, 1024
"""Characters. Length is what makes a password hard; over the longest only the server would sweat."""


@lru_cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """What is kept of a password. Raises ArchiveError: too short, too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ArchiveError("people.password_length", shortest=SHORTEST, longest=LONGEST)
    return _hasher().hash(password)


def right_password(password: str, kept: str | None) -> bool:
    """Whether `password` is the one `kept` was made of. Takes as long for somebody who has none."""
    try:
        matches = _hasher().verify(kept or _nobodys(), password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False
    return matches and kept is not None


def new_key() -> str:
    """A key nobody can guess."""
    return secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """What is kept of a key: its bits are random, so one round is enough."""
    return hashlib.sha256(key.encode()).hexdigest()
