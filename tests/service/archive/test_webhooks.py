"""What webhooks are told, when, how often, and that no call waits for them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from ipaddress import ip_address

import pytest
import sqlalchemy as sa

from audio.notes import Note
from service.archive.errors import ArchiveError
from service.archive.events import tell
from service.archive.jobs import ANNOUNCE_BACK_OFF_S, enqueue, fail, take
from service.archive.outward import Outward
from service.archive.stages import Workshop
from service.archive.tables_calls import Call, Event, Job, Webhook
from service.archive.webhooks import MOST_PER_ACCOUNT, SIGNATURE, add_webhook, signature
from service.archive.worker import work_once
from service.settings import Settings
from tests.service.archive.fixtures import add
from tests.service.archive.receivers import NAME, Receiver, listening, outward_to
from tests.service.archive.test_worker import shipped_call


def webhook(archive, account, port, path="/hook"):
    with archive.writing() as session:
        return add_webhook(session, account.id, f"https://{NAME}:{port}{path}")


def work_now(archive, blobs, outward):
    """Every job there is, those that wait for another try as well, each once more at most."""
    shop = Workshop(archive, blobs, Settings(transcriber="none"), outward)
    with archive.writing() as session:
        session.execute(sa.update(Job).values(not_before=0.0))
    while work_once(shop, "test"):
        pass


def done_call(archive, blobs, cast):
    """A call whose scoring has just ended."""
    call, _ = add(archive, blobs, cast)
    with archive.writing() as session:
        session.get_one(Call, call.id).state = "done"
        tell(session, call.id, "done")
        session.execute(sa.delete(Job).where(Job.call_id == call.id))
        enqueue(session, call.id, stage="announce")
    return call


def kinds(archive):
    with archive.reading() as session:
        return [event.kind for event in session.scalars(sa.select(Event).order_by(Event.id))]


def state(archive, call_id):
    with archive.reading() as session:
        return session.get_one(Call, call_id).state


def test_a_call_that_is_done_is_told_once_signed_and_with_ids_only(archive, blobs, cast, certificates):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        hook = webhook(archive, cast.here, port)
        call = shipped_call(archive, blobs, cast)
        work_now(archive, blobs, outward_to(certificates))
    [(path, headers, body)] = receiver.got
    said = json.loads(body)
    assert path == "/hook" and set(said) == {"id", "type", "call"}
    assert (said["type"], said["call"]) == ("call.done", call.id) and said["id"].startswith(call.id)
    at, given = (part.partition("=")[2] for part in headers[SIGNATURE].split(","))
    assert hmac.compare_digest(given, hmac.new(hook.secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest())
    assert kinds(archive)[-1] == "webhook_sent"


def test_a_signature_covers_time_and_body():
    right = signature("secret", b"{}", 1000)
    assert right == f"t=1000,v1={hmac.new(b'secret', b'1000.{}', hashlib.sha256).hexdigest()}"
    assert (
        len({right, signature("secret", b"{ }", 1000), signature("secret", b"{}", 1001), signature("s", b"{}", 1000)})
        == 4
    )


def test_a_call_that_failed_is_told_too(archive, blobs, cast, certificates):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        webhook(archive, cast.here, port)
        call, _ = add(archive, blobs, cast, content=b"dear diary")
        work_now(archive, blobs, outward_to(certificates))
    assert [json.loads(body)["type"] for _, _, body in receiver.got] == ["call.failed"]
    assert state(archive, call.id) == "failed"


def test_other_accounts_and_disabled_webhooks_hear_nothing(archive, blobs, cast, certificates):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        webhook(archive, cast.there, port)
        off = webhook(archive, cast.here, port)
        with archive.writing() as session:
            session.get_one(Webhook, off.id).disabled_at = 1.0
        done_call(archive, blobs, cast)
        work_now(archive, blobs, outward_to(certificates))
    assert receiver.got == []


def test_a_receiver_that_is_down_holds_no_call_up_and_hears_it_later(archive, blobs, cast, certificates):
    down, up = Receiver(503), Receiver()
    outward = outward_to(certificates)
    with listening(down, certificates) as port, listening(up, certificates) as other_port:
        webhook(archive, cast.here, port)
        webhook(archive, cast.here, other_port)
        call = done_call(archive, blobs, cast)
        work_now(archive, blobs, outward)
        assert state(archive, call.id) == "done" and kinds(archive)[-1] == "retry"
        work_now(archive, blobs, outward)
        down.status = 200
        work_now(archive, blobs, outward)
    assert (len(down.got), len(up.got)) == (3, 1)
    assert len({json.loads(body)["id"] for _, _, body in (*down.got, *up.got)}) == 1
    assert kinds(archive).count("done") == 1 and kinds(archive)[-1] == "webhook_sent"


def test_after_the_last_try_the_call_is_still_done(archive, blobs, cast, certificates):
    outward = outward_to(certificates, deadline_s=0.5)
    with listening(Receiver(), certificates) as gone:
        webhook(archive, cast.here, gone)
    call = done_call(archive, blobs, cast)
    for _ in range(len(ANNOUNCE_BACK_OFF_S) + 2):
        work_now(archive, blobs, outward)
    assert state(archive, call.id) == "done"
    assert kinds(archive)[-1] == "webhook_failed" and kinds(archive).count("webhook_failed") == 1
    assert kinds(archive).count("retry") == len(ANNOUNCE_BACK_OFF_S)
    with archive.reading() as session:
        assert session.get_one(Call, call.id).problem is None


def test_a_receiver_may_be_away_for_a_night(archive, blobs, cast, certificates):
    assert sum(ANNOUNCE_BACK_OFF_S) > 12 * 3600
    call, _ = add(archive, blobs, cast)
    with archive.writing() as session:
        session.execute(sa.update(Job).values(stage="announce"))
    now = 1e10
    for wait_s in ANNOUNCE_BACK_OFF_S:
        fail(archive, take(archive, "w", now=now), Note("archive.webhook_unreachable"), again=True, now=now)
        assert take(archive, "w", now=now + wait_s - 1) is None
        now += wait_s
    assert take(archive, "w", now=now) is not None and state(archive, call.id) == "waiting"


def test_scoring_again_is_news_again(archive, blobs, cast, certificates):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        webhook(archive, cast.here, port)
        call = shipped_call(archive, blobs, cast)
        work_now(archive, blobs, outward_to(certificates))
        with archive.writing() as session:
            enqueue(session, call.id, stage="score")
        work_now(archive, blobs, outward_to(certificates))
    assert len({json.loads(body)["id"] for _, _, body in receiver.got}) == 2


def test_a_redirect_to_a_closed_address_leads_nowhere(archive, blobs, cast, certificates):
    inner = Receiver()
    with listening(inner, certificates, address="127.0.0.2") as inner_port:
        receiver = Receiver(307, location=f"https://127.0.0.2:{inner_port}/")
        with listening(receiver, certificates) as port:
            webhook(archive, cast.here, port)
            done_call(archive, blobs, cast)
            work_now(archive, blobs, outward_to(certificates))
    assert len(receiver.got) == 1 and inner.names == [] and kinds(archive)[-1] == "retry"


def test_the_worker_as_it_ships_reaches_no_private_address(archive, blobs, cast, certificates, caplog):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        webhook(archive, cast.here, port, "/path-of-theirs")
        done_call(archive, blobs, cast)
        work_now(archive, blobs, Outward(resolve=lambda host, port: [ip_address("127.0.0.1")]))
    assert receiver.names == [] and kinds(archive)[-1] == "retry"
    said = " ".join(str(vars(record)) for record in caplog.records)
    assert "archive.webhook_address" in said and NAME not in said and "path-of-theirs" not in said


def test_an_account_has_so_many_webhooks_and_no_more(archive, cast):
    for n in range(MOST_PER_ACCOUNT):
        webhook(archive, cast.here, 9000 + n)
    with pytest.raises(ArchiveError) as refused:
        webhook(archive, cast.here, 9999)
    assert refused.value.note.code == "archive.webhooks_many"
    webhook(archive, cast.there, 9000)


def test_a_proxy_of_the_environment_is_not_asked(archive, blobs, cast, certificates, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert os.environ["HTTPS_PROXY"]
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        webhook(archive, cast.here, port)
        done_call(archive, blobs, cast)
        work_now(archive, blobs, outward_to(certificates))
    assert len(receiver.got) == 1
