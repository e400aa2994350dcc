"""Telling a client's own address that a call is done or failed.

What is sent holds ids only and is signed: `timbre-signature: t=SECONDS,v1=HEX`, HEX being the HMAC-SHA256 of
`SECONDS.BODY` under the webhook's secret. Each webhook that has taken an announcement is written down as it does, so
that another try goes to the others alone. A receiver may still hear one twice, when we are stopped in between: `id`
stays the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.events import tell
from service.archive.outward import Outward, parse
from service.archive.tables_calls import Call, Event, Webhook

SIGNATURE = "timbre-signature"
MOST_PER_ACCOUNT = 10
ENDS = ("done", "failed")
SENT = "webhook_sent"


@dataclass(frozen=True)
class Announcement:
    """How a call's work ended: what is sent, and to which webhooks it still has to go."""

    call_id: str
    event_id: int
    kind: str
    to: tuple[Webhook, ...]

    @property
    def body(self) -> bytes:
        """Ids only."""
        said = {"id": f"{self.call_id}.{self.event_id}", "type": f"call.{self.kind}", "call": self.call_id}
        return json.dumps(said).encode()


def add_webhook(session: Session, account_id: str, url: str) -> Webhook:
    """A webhook with a secret of its own. Raises ArchiveError: no https address, not a public one, too many."""
    parse(url)
    own = select(func.count()).select_from(Webhook).where(Webhook.account_id == account_id)
    if (session.scalar(own) or 0) >= MOST_PER_ACCOUNT:
        raise ArchiveError("archive.webhooks_many", limit=MOST_PER_ACCOUNT)
    hook = Webhook(account_id=account_id, url=url, secret=secrets.token_urlsafe(32))
    session.add(hook)
    session.flush()
    return hook


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for a body sent at `at` (Unix seconds)."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def announce(archive: Archive, outward: Outward, call_id: str) -> None:
    """Tell all webhooks that have not heard it yet. Raises ArchiveError, after the last, when one did not take it."""
    with archive.reading() as session:
        news = announcement(session, call_id)
    problems = [problem for hook in news.to if (problem := _tried(archive, outward, news, hook)) is not None]
    if problems:
        raise problems[0]


def announcement(session: Session, call_id: str) -> Announcement:
    """How the work on a call ended last, and who has not heard it."""
    ended = select(Event).where(Event.call_id == call_id, Event.kind.in_(ENDS)).order_by(Event.id.desc()).limit(1)
    end = session.scalars(ended).one()
    sent = session.scalars(select(Event).where(Event.call_id == call_id, Event.id > end.id, Event.kind == SENT))
    heard = {event.detail["webhook"] for event in sent}
    hooks = session.scalars(webhooks_of(call_id))
    return Announcement(call_id, end.id, end.kind, tuple(hook for hook in hooks if hook.id not in heard))


def webhooks_of(call_id: str) -> Select[Webhook]:
    """The webhooks of a call's account."""
    own = select(Call.account_id).where(Call.id == call_id).scalar_subquery()
    return select(Webhook).where(Webhook.account_id == own, Webhook.disabled_at.is_(None)).order_by(Webhook.id)


def _tried(archive: Archive, outward: Outward, news: Announcement, hook: Webhook) -> ArchiveError | None:
    try:
        _send(outward, news, hook)
    except ArchiveError as exc:
        return exc
    with archive.writing() as session:
        tell(session, news.call_id, SENT, webhook=hook.id)
    return None


def _send(outward: Outward, news: Announcement, hook: Webhook) -> None:
    headers = {
        "content-type": "application/json",
        "user-agent": "timbre",
        SIGNATURE: signature(hook.secret, news.body, int(time.time())),
    }
    status = outward.post(parse(hook.url), news.body, headers)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise ArchiveError("archive.webhook_status", status=status)
