"""The rest of the API: ranges, events, reviews, release, re-scoring, deleting, tokens, health."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from audio.decode import decoded
from audio.notes import Note
from service.archive.jobs import fail, take
from service.archive.tables import AuditRow
from service.archive.tables_calls import Call, Job, MomentRow
from service.web.api.audio import range_of
from tests.service.archive.test_worker import shipped_call, work_all


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-200", (90, 99)),
        ("bytes=-5", (95, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes=100-", None),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
        ("bytes=-0", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_ranges(asked, span):
    assert range_of(asked, 100) == span


def test_the_sound_comes_whole_and_in_ranges_that_join(somebody, done):
    client, url = somebody("qa"), f"/api/v1/calls/{done.id}/audio"
    whole = client.get(url)
    first, rest = (client.get(url, headers={"range": r}) for r in ("bytes=0-999", "bytes=1000-"))
    assert (whole.status_code, first.status_code, rest.status_code) == (200, 206, 206)
    assert first.content + rest.content == whole.content
    assert client.get(url, headers={"range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_events_are_told_once_and_from_where_one_was(somebody, done):
    client, url = somebody("qa"), f"/api/v1/calls/{done.id}/events"
    told = [block for block in client.get(url).text.split("\n\n") if block.startswith("id:")]
    assert "event: received" in told[0] and "event: done" in told[-1]
    middle = told[0].splitlines()[0].removeprefix("id: ")
    again = client.get(url, headers={"last-event-id": middle}).text
    assert told[1] in again and told[0] not in again


def test_moments_speak_the_readers_language_and_reviews_close_them(somebody, archive, done):
    client = somebody("qa")
    url = f"/api/v1/calls/{done.id}"
    french, english = (client.get(f"{url}/moments", headers={"accept-language": x}).json() for x in ("fr-FR", "en"))
    assert french[0]["id"] == english[0]["id"] and french[0]["why"] != english[0]["why"]
    for one in english:
        assert one["measures"] and all(set(m) == {"name", "value", "unit"} for m in one["measures"])
        assert one["compared"] and one["baseline"] in ("call", "none")
    before = client.get(url).json()["open_moments"]
    said = {"target": f"moment:{french[0]['id']}", "says": "disagree"}
    assert client.post(f"{url}/reviews", json=said).json()["type"].endswith("web.reason_needed")
    assert client.post(f"{url}/reviews", json={**said, "reason": "no"}).status_code == 201
    assert client.get(url).json()["open_moments"] == before - 1
    assert client.post(f"{url}/reviews", json={**said, "says": "agree"}).status_code == 201
    assert client.get(url).json()["open_moments"] == before - 1
    assert [r["says"] for r in client.get(f"{url}/reviews").json()] == ["disagree", "agree"]
    other = {"target": "moment:nothere", "says": "agree"}
    assert client.post(f"{url}/reviews", json=other).json()["type"].endswith("web.no_such_moment")


def test_rescoring_works_on_the_evidence_alone(somebody, archive, blobs, done):
    client, url = somebody("qa"), f"/api/v1/calls/{done.id}"
    before = client.get(f"{url}/result").json()
    assert client.post(f"{url}/rescore").status_code == 202
    with archive.reading() as session:
        assert [j.stage for j in session.scalars(sa.select(Job).where(Job.state == "ready"))] == ["score"]
    work_all(archive, blobs)
    assert client.get(f"{url}/result").json() == before


def test_deleting_takes_rows_and_files(somebody, archive, blobs, done):
    assert somebody("admin").delete(f"/api/v1/calls/{done.id}").status_code == 204
    with archive.reading() as session:
        assert not session.scalars(sa.select(Call)).all() and not session.scalars(sa.select(MomentRow)).all()
    assert list(blobs.places()) == []


def test_a_call_under_legal_hold_stays(somebody, archive, done):
    with archive.writing() as session:
        session.get_one(Call, done.id).legal_hold = True
    answer = somebody("admin").delete(f"/api/v1/calls/{done.id}")
    assert answer.json()["type"].endswith("archive.legal_hold")
    assert somebody("admin").get(f"/api/v1/calls/{done.id}").status_code == 200


def test_nothing_is_released_before_its_result(somebody, archive, done):
    with archive.writing() as session:
        session.get_one(Call, done.id).state = "waiting"
    answer = somebody("qa").post(f"/api/v1/calls/{done.id}/release")
    assert answer.status_code == 422 and answer.json()["type"].endswith("web.not_done")


def test_tokens_are_made_by_people_shown_once_and_taken_back(app, somebody):
    person = somebody("qa")
    made = person.post("/api/v1/tokens", json={"name": "t", "scopes": ["list"]}).json()
    program = somebody(None)
    program.client.headers["authorization"] = f"Bearer {made['secret']}"
    assert program.get("/api/v1/calls").status_code == 200
    assert program.post("/api/v1/tokens", json={"name": "t", "scopes": ["list"]}).status_code == 403
    assert program.delete("/api/v1/calls/x").status_code == 403
    assert "secret" not in json.dumps([t for t in person.get("/api/v1/tokens").json() if t["secret"]])
    assert person.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert program.get("/api/v1/calls").status_code == 401


def test_health_and_metrics_hold_nothing_of_a_call(somebody, done):
    client = somebody(None)
    assert client.get("/healthz").text == "ok" and client.get("/readyz").json() == {"database": True}
    somebody("qa").get(f"/api/v1/calls/{done.id}")
    text = client.get("/metrics").text
    assert 'timbre_jobs{state="done"} 4.0' in text and done.id not in text and done.name not in text


def test_every_answer_forbids_framing_and_sniffing(somebody):
    for url in ("/api/v1/calls", "/login", "/healthz", "/nowhere"):
        headers = somebody("qa").get(url).headers
        assert (
            headers["x-content-type-options"] == "nosniff"
            and "frame-ancestors 'none'" in headers["content-security-policy"]
        )


def test_a_clip_holds_the_seconds_of_its_moment(somebody, done, tmp_path):
    client = somebody("qa")
    moment = client.get(f"/api/v1/calls/{done.id}/moments").json()[0]
    clip = client.get(f"/api/v1/calls/{done.id}/moments/{moment['id']}/clip")
    (tmp_path / "clip.webm").write_bytes(clip.content)
    with decoded(tmp_path / "clip.webm") as recording:
        heard = [float(np.abs(channel.read()).max()) for channel in recording.channels]
        assert recording.duration_s == pytest.approx(moment["end_s"] - moment["start_s"], abs=0.1)
    assert clip.headers["content-type"] == "audio/webm" and max(heard) > 0.01
    assert client.get(f"/api/v1/calls/{done.id}/moments/nothere/clip").status_code == 404


def test_what_is_put_right_is_signed_and_scored_at_once(somebody, archive, cast, done):
    client, url = somebody("qa"), f"/api/v1/calls/{done.id}"
    result = client.get(f"{url}/result").json()
    line = next(g for g in result["judgement"]["gestures"] if g["verdict"] == "mechanical")
    decision = {"line": line["id"], "verdict": "lived", "reason": "I heard the customer agree.", "by": "somebody else"}
    answer = client.put(f"{url}/edits", json={"schema_version": "timbre.edits/1", "overrides": [decision]})
    assert answer.status_code == 200 and line["id"] in answer.text
    after = client.get(f"{url}/result").json()
    assert after["evidence"] == result["evidence"]
    assert [g["verdict"] for g in after["judgement"]["gestures"] if g["id"] == line["id"]] == ["lived"]
    assert client.get(f"{url}/edits").json()["overrides"][0]["by"] == cast.qa.name
    coach = somebody("coach")
    kept = coach.get(f"{url}/edits").json()
    assert coach.put(f"{url}/edits", json=kept).status_code == 200
    assert coach.get(f"{url}/edits").json()["overrides"][0]["by"] == cast.qa.name  # not new, not theirs
    with archive.reading() as session:
        rows = session.scalars(sa.select(AuditRow.action).where(AuditRow.action == "override")).all()
    assert len(rows) == 2


def test_taking_an_edit_back_gives_the_first_result(somebody, done):
    client, url = somebody("qa"), f"/api/v1/calls/{done.id}"
    before = client.get(f"{url}/result").json()["judgement"]
    swap = {"schema_version": "timbre.edits/1", "swapped_roles": {"by": "x", "reason": "wrong side"}}
    assert client.put(f"{url}/edits", json=swap).status_code == 200
    assert client.get(f"{url}/result").json()["judgement"] != before
    assert client.put(f"{url}/edits", json={"schema_version": "timbre.edits/1"}).status_code == 200
    assert client.get(f"{url}/result").json()["judgement"] == before


@pytest.mark.parametrize(
    "edits", [{"schema_version": "x"}, {"overrides": [{"line": "x"}]}, {"schema_version": "timbre.edits/1", "more": 1}]
)
def test_edits_that_are_none_are_refused(somebody, done, edits):
    assert somebody("qa").put(f"/api/v1/calls/{done.id}/edits", json=edits).status_code == 422


def test_an_agent_sees_who_listened_to_them(somebody, archive, cast, done):
    with archive.writing() as session:
        session.get_one(Call, done.id).released_at = 1.0
    somebody("coach").get(f"/api/v1/calls/{done.id}/audio")
    somebody("qa").get(f"/api/v1/calls/{done.id}/result")
    heard = somebody("agent").get(f"/api/v1/calls/{done.id}/listeners").json()
    assert [(h["action"], h["role"]) for h in heard] == [("read", "qa"), ("listen", "coach")]


def test_a_call_that_failed_begins_anew_when_asked(somebody, archive, blobs, cast):
    call = shipped_call(archive, blobs, cast)
    fail(archive, take(archive, "w"), Note("archive.worker_died", {"n": 4}), again=False)
    client, url = somebody("qa"), f"/api/v1/calls/{call.id}"
    failed = client.get(url).json()
    assert failed["state"] == "failed" and "scored again" in failed["problem"]
    assert client.post(f"{url}/rescore").json()["state"] == "waiting"
    work_all(archive, blobs)
    assert client.get(url).json()["state"] == "done" and client.get(url).json()["problem"] is None


def test_a_full_database_is_said_and_is_nobodys_bug(somebody, archive, done):
    quality = somebody("qa")
    archive.engine.dispose()
    event.listen(archive.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    comment = {"target": "call:whole", "says": "comment", "reason": "x" * 400}
    answers = (quality.post(f"/api/v1/calls/{done.id}/reviews", json=comment) for _ in range(200))
    refused = next(answer for answer in answers if answer.status_code >= 300)
    assert (refused.status_code, refused.json()["type"]) == (507, "urn:timbre:web.no_room")
