"""Tokens of one's own, for programs. Only a person who is logged in makes one: a token can't make another."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from service.archive.access import not_there
from service.archive.audit import note_down
from service.archive.errors import NotAllowed
from service.archive.logins import make_token
from service.archive.tables import Person, Token
from service.web.api.models import TokenIn, TokenOut
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])
Logged = Annotated[Visitor, Depends(may("list"))]


def _require_session(visitor: Visitor) -> None:
    if visitor.csrf is None:
        raise NotAllowed("archive.not_allowed", action="tokens")


@router.post("", status_code=201, response_model=TokenOut)
def add_token(new: TokenIn, visitor: Logged, here: Here) -> TokenOut:
    """A new token; its secret is shown this once."""
    _require_session(visitor)
    with here.archive.writing() as session:
        person = session.get_one(Person, visitor.viewer.person_id)
        token, secret = make_token(session, person, new.name, new.scopes, days=new.days)
        return TokenOut(id=token.id, name=token.name, scopes=token.scopes, expires_at=token.expires_at, secret=secret)


@router.get("", response_model=list[TokenOut])
def get_tokens(visitor: Logged, here: Here) -> list[TokenOut]:
    """One's tokens that may still be used."""
    _require_session(visitor)
    mine = select(Token).where(Token.person_id == visitor.viewer.person_id, Token.revoked_at.is_(None))
    with here.archive.reading() as session:
        rows = session.scalars(mine.order_by(Token.created_at))
        return [TokenOut(id=t.id, name=t.name, scopes=t.scopes, expires_at=t.expires_at) for t in rows]


@router.delete("/{token_id}", status_code=204)
def revoke_token(token_id: str, visitor: Logged, here: Here) -> Response:
    """The token is good for nothing from now on."""
    _require_session(visitor)
    with here.archive.writing() as session:
        token = session.get(Token, token_id)
        if token is None or token.person_id != visitor.viewer.person_id:
            raise not_there()
        token.revoked_at = time.time()
        note_down(session, visitor.viewer.person_id, "revoke_token")
    return Response(status_code=204)
