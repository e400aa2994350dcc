"""Webhooks of an account: addresses that are told when a call is done or failed. Their secret is shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.people import HOUSE, account_named
from service.archive.tables import Account
from service.archive.tables_calls import Webhook
from service.archive.webhooks import add_webhook
from service.web.api.models import WebhookIn, WebhookOut
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Admin = Annotated[Visitor, Depends(may("webhooks"))]


@router.post("", status_code=201, response_model=WebhookOut)
def post_webhook(new: WebhookIn, visitor: Admin, here: Here) -> WebhookOut:
    """From now on this address is told when a call of the account is done or failed.

    It gets `{"id", "type": "call.done" or "call.failed", "call"}`, signed in the header `timbre-signature: t=..,v1=..`:
    v1 is the HMAC-SHA256 of `t`, a dot and the body. Refuse an old `t`; an `id` that came before is the same news.
    """
    with here.archive.writing() as session:
        account = _account(session, visitor.viewer, new.account)
        hook = add_webhook(session, account.id, new.url)
        note_down(session, visitor.viewer.person_id, "webhook", webhook=hook.id)
        return _out(hook, account, secret=hook.secret)


@router.get("", response_model=list[WebhookOut])
def get_webhooks(visitor: Admin, here: Here) -> list[WebhookOut]:
    """Those of one's account; of every account for an admin of the house."""
    with here.archive.reading() as session:
        return [_out(hook, account) for hook, account in session.execute(_of(visitor.viewer))]


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(webhook_id: str, visitor: Admin, here: Here) -> Response:
    """It is told nothing any more."""
    with here.archive.writing() as session:
        found = session.execute(_of(visitor.viewer).where(Webhook.id == webhook_id)).one_or_none()
        if found is None:
            raise not_there()
        session.delete(found[0])
        note_down(session, visitor.viewer.person_id, "webhook_deleted", webhook=webhook_id)
    return Response(status_code=204)


def _of(viewer: Viewer) -> Select[Webhook, Account]:
    """The webhooks this viewer may see: the account is part of the fetch."""
    found = select(Webhook, Account).join(Account, Account.id == Webhook.account_id).order_by(Webhook.created_at)
    return found.where(Webhook.account_id == viewer.account_id) if viewer.account_id else found


def _account(session: Session, viewer: Viewer, name: str) -> Account:
    """One's own account; for an admin of the house the one named. Raises ArchiveError for any other."""
    if viewer.account_id is None and not name:
        return account_named(session, HOUSE)
    own = select(Account).where(Account.id == viewer.account_id) if viewer.account_id else select(Account)
    account = session.scalars(own.where(Account.name == name) if name else own).one_or_none()
    if account is None:
        raise ArchiveError("archive.no_account")
    return account


def _out(hook: Webhook, account: Account, *, secret: str | None = None) -> WebhookOut:
    return WebhookOut(id=hook.id, account=account.name, url=hook.url, created_at=hook.created_at, secret=secret)
