"""Uploads: each file its answer, nothing left behind, no name that becomes a path."""

from __future__ import annotations

import socket
import subprocess
import threading
import time

import pytest
import sqlalchemy as sa
import uvicorn

from service.archive.blobs import Blobs
from service.archive.tables_calls import Call, RecordingFile
from service.settings import Settings
from service.web.app import FORM_BYTES, create_app
from service.web.guard import Rooms
from tests.calls import SHIPPED

SOUND = (SHIPPED / "en_recited.ogg").read_bytes()
WORDS = (SHIPPED / "en_recited.vtt").read_bytes()
HOSTILE = [
    "../../etc/passwd.ogg",
    "..\\..\\x.ogg",
    "/abs.ogg",
    "a\x00b.ogg",
    "<script>alert(1)</script>.ogg",
    "é" * 300,
]


def send(client, cast, *files, legs=None, **facts):
    parts = [("recordings", file) for file in files] + list((legs or {}).items())
    return client.post("/api/v1/calls", data={"campaign": cast.campaign.id, **facts}, files=parts)


def stored(archive, blobs):
    with archive.reading() as session:
        places = sorted(session.scalars(sa.select(RecordingFile.place)))
        return session.scalars(sa.select(Call)).all(), places, sorted(blobs.places())


def test_many_files_each_with_its_answer(somebody, archive, blobs, cast):
    files = [("a.ogg", SOUND), ("a.vtt", WORDS), ("b.wav", b"dear diary"), ("c.wav", b""), ("a2.ogg", SOUND)]
    answer = send(somebody("qa"), cast, *files).json()["calls"]
    assert [(c["name"], c["id"] is not None, c["problem"] is not None) for c in answer] == [
        ("a.ogg", True, False),
        ("b.wav", False, True),
        ("c.wav", False, True),
        ("a2.ogg", True, False),
    ]
    calls, places, blobs_there = stored(archive, blobs)
    assert len(calls) == 2 and sorted(set(places)) == blobs_there


def test_the_same_call_again_is_the_same_call(somebody, archive, blobs, cast):
    first = send(somebody("qa"), cast, ("a.ogg", SOUND)).json()["calls"][0]
    again = send(somebody("qa"), cast, ("a.ogg", SOUND)).json()["calls"][0]
    assert (again["id"], again["new"]) == (first["id"], False)
    calls, places, there = stored(archive, blobs)
    assert len(calls) == len(places) == len(there) == 1


def test_two_legs_are_one_call(somebody, archive, blobs, cast):
    legs = {"agent_leg": ("a.ogg", SOUND), "customer_leg": ("c.ogg", SOUND)}
    answer = send(somebody("qa"), cast, legs=legs, leg_offset_s="1.5").json()["calls"]
    calls, _, _ = stored(archive, blobs)
    assert len(answer) == 1 and calls[0].leg_offset_s == 1.5


def test_facts_are_kept_and_those_of_the_name_fill_the_gaps(somebody, archive, blobs, cast):
    name = "x_GUID_77_AGENT_1001_DT_2025-02-19T06-01-22.ogg"
    send(somebody("qa"), cast, (name, SOUND), language="en", direction="outbound", agent_channel="1")
    (call,), _, _ = stored(archive, blobs)
    assert (call.external_id, call.agent_id, call.team_id) == ("77", cast.agent.id, cast.team.id)
    assert (call.language, call.direction, call.agent_channel) == ("en", "outbound", 1)
    assert call.started_at == 1739944882.0


def test_do_not_analyse(somebody, archive, blobs, cast):
    send(somebody("qa"), cast, ("a.ogg", SOUND), do_not_analyse="true")
    assert stored(archive, blobs)[0][0].state == "skipped"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"started_at": "1950-01-01T00:00:00"}, "web.started_at"),
        ({"started_at": "2100-01-01T00:00:00Z"}, "web.started_at"),
        ({"campaign": "nowhere"}, "archive.no_campaign"),
    ],
)
def test_facts_that_cannot_be_are_a_sentence_and_leave_nothing(somebody, archive, blobs, cast, facts, code):
    answer = send(somebody("qa"), cast, ("a.ogg", SOUND), **facts)
    assert answer.json()["calls"][0]["problem"]
    assert stored(archive, blobs) == ([], [], [])


@pytest.mark.parametrize(
    "facts", [{"direction": "up"}, {"agent_channel": "9"}, {"surprise": "x"}, {"leg_offset_s": "nan"}]
)
def test_a_field_that_is_refused_is_named_and_its_value_is_not_said(somebody, archive, blobs, cast, facts):
    answer = send(somebody("qa"), cast, ("a.ogg", SOUND), **facts)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert next(iter(facts)) in answer.json()["title"] and 'surprise": "x' not in answer.text
    assert stored(archive, blobs) == ([], [], [])


def test_a_transcript_alone_is_refused(somebody, cast):
    assert send(somebody("qa"), cast, ("a.vtt", WORDS)).json()["type"].endswith("web.lonely_transcript")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_a_path(somebody, archive, blobs, cast, name, tmp_path):
    answer = send(somebody("qa"), cast, (name, SOUND))
    assert answer.status_code in (201, 422)
    _, places, there = stored(archive, blobs)
    assert set(places) == set(there)
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix in (".ogg", "") and "blobs" not in p.parts]
    assert not [p for p in outside if p.read_bytes() == SOUND]
    page = somebody("qa").get("/calls").text
    assert "<script>alert" not in page


def test_more_than_may_be_sent_is_stopped_while_it_comes(app, rooms, somebody, archive, blobs, cast):
    small = create_app(Rooms(archive, blobs, Settings(transcriber="none", max_bytes=1000)))
    client = somebody("qa")
    client.client.app = small
    client.client._transport.app = small  # the same person at a smaller door
    answer = send(client, cast, ("a.wav", b"RIFF" + b"x" * (FORM_BYTES + 2000)))
    assert answer.status_code == 413
    assert send(client, cast, ("a.wav", b"RIFF" + b"x" * 2000)).json()["calls"][0]["problem"]
    assert stored(archive, blobs) == ([], [], [])


def test_a_full_disk_is_said_and_leaves_nothing(somebody, archive, cast, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        store = Blobs(str(small))
        client = somebody("qa")
        client.client._transport.app = create_app(Rooms(archive, store, Settings(transcriber="none")))
        answer = send(client, cast, ("a.ogg", SOUND * 4))
        assert answer.status_code == 507 and answer.json()["type"].endswith("archive.no_room")
        assert stored(archive, store) == ([], [], [])
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_connection_that_drops_leaves_nothing(app, somebody, archive, blobs, cast):
    secret = somebody("qa", bearer=True).client.headers["authorization"]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as wire:
        head = f"POST /api/v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: {secret}\r\nContent-Length: 1000000\r\n"
        wire.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n")
        wire.sendall(b'Content-Disposition: form-data; name="recordings"; filename="a.ogg"\r\n\r\n' + SOUND[:50_000])
    time.sleep(0.5)
    server.should_exit = True
    thread.join(20)
    assert stored(archive, blobs) == ([], [], [])
