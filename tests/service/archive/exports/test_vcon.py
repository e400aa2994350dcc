"""vCon: what is written reads back and holds to the draft; a hostile one comes to a sentence and no further."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.archive.errors import ArchiveError
from service.archive.exports import vcon
from tests.service.archive.exports.vcon_schema import VCON

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
places = st.integers(0, vcon.MOST_PARTIES - 1)
# one party alone in a channel is written as a number: a channel of nobody as an empty list
channels = st.lists(st.lists(places, max_size=3).map(tuple), max_size=4).map(tuple)
body = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
recordings = st.builds(
    vcon.Recording,
    content=st.none() | st.binary(max_size=60),
    media_type=st.sampled_from(["audio/ogg", "audio/x-wav", "application/octet-stream"]),
    filename=text,
    start=st.just("2026-11-26T08:00:00+00:00"),
    duration_s=st.none() | st.floats(0, 1e6),
    channels=channels,
)
conversations = st.builds(
    vcon.Conversation,
    uuid=st.builds(vcon.new_uuid, text, st.floats(0, 4e9)),
    created_at=st.just("2026-11-26T08:00:00Z"),
    subject=text,
    parties=st.lists(st.builds(vcon.Party, text, st.sampled_from(["", "agent", "customer"])), max_size=4).map(tuple),
    recordings=st.lists(recordings, max_size=3).map(tuple),
    analyses=st.lists(
        st.builds(vcon.Analysis, text, text, text, text, body, st.lists(places, max_size=3).map(tuple)), max_size=3
    ).map(tuple),
    redacted=text,
)


@given(conversations)
def test_what_is_written_reads_back_as_it_was(found):
    assert vcon.read(vcon.written(found)) == found


@given(conversations)
def test_what_is_written_holds_to_the_draft(found):
    Draft202012Validator(VCON).validate(json.loads(vcon.written(found)))


def test_the_schema_finds_what_the_draft_forbids():
    document = json.loads(vcon.written(vcon.Conversation(vcon.new_uuid("x", 1.0), "2026-11-26T08:00:00Z")))
    for wrong in (
        {"dialog": [{"type": "song", "start": "2026-11-26T08:00:00Z"}]},
        {"dialog": [{"type": "recording"}]},
        {"dialog": [{"type": "recording", "start": "2026-11-26T08:00:00Z", "url": "https://x.example"}]},
        {"analysis": [{"type": "report"}]},
        {"uuid": "12"},
    ):
        assert not Draft202012Validator(VCON).is_valid({**document, **wrong})


def document(**changes):
    whole = {
        "vcon": "0.4.0", "uuid": "u", "created_at": "2026-11-26T08:00:00Z",
        "dialog": [{"type": "recording", "start": "2026-11-26T08:00:00Z", "body": "UklGRg", "encoding": "base64url"}],
    }  # fmt: skip
    return json.dumps({**whole, **changes}).encode()


def dialog(**changes):
    return document(dialog=[{"type": "recording", "start": "2026-11-26T08:00:00Z", **changes}])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "vcon.not_json"),
        (b"\xff\xfe", "vcon.not_json"),
        (b"[" * 200_000, "vcon.not_json"),
        (b"[]", "vcon.refused"),
        (b"{}", "vcon.refused"),
        (document(parties=[{}] * 65), "vcon.refused"),
        (document(parties={"0": "x"}), "vcon.refused"),
        (document(uuid="u" * 1000), "vcon.refused"),
        (document(dialog=[{"type": "recording", "duration": -1}]), "vcon.refused"),
        (document(dialog=[{"type": "recording", "parties": [10**30]}]), "vcon.refused"),
        (b'{"payload": "x", "signatures": []}', "vcon.sealed"),
        (b'{"ciphertext": "x"}', "vcon.sealed"),
        (dialog(url="http://127.0.0.1/secret", content_hash="sha512-x"), "vcon.by_address"),
        (dialog(url="file:///etc/passwd"), "vcon.by_address"),
        (dialog(body="!!", encoding="base64url"), "vcon.no_sound"),
        (dialog(body="UklGRg", encoding="none"), "vcon.no_sound"),
        (dialog(body={"a": 1}, encoding="base64url"), "vcon.no_sound"),
        (dialog(body="UklGRg", encoding="base64url", content_hash="sha512-abc"), "vcon.other_hash"),
    ],
)
def test_a_hostile_document_is_one_sentence_and_no_address_is_asked(content, code, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *a, **k: pytest.fail("a socket was opened"))
    with pytest.raises(ArchiveError) as caught:
        vcon.read(content)
    assert caught.value.note.code == code


def test_too_large_is_said_before_it_is_read(monkeypatch):
    monkeypatch.setattr(vcon, "MOST_BYTES", 10)
    with pytest.raises(ArchiveError, match="too_large"):
        vcon.read(document())


def test_a_foreign_document_with_more_in_it_is_read_for_what_we_know():
    more = json.loads(document(group=[1], meta={"x": 1}, parties=[{"tel": "+1", "name": "Bob", "validation": "x"}]))
    more["analysis"] = [
        {"type": "transcript", "vendor": "v", "dialog": 0, "body": '{"segments": []}', "encoding": "none"},
        {"type": "summary", "vendor": "v", "url": "https://x.example/s"},
    ]
    found = vcon.read(json.dumps(more).encode())
    assert found.parties == (vcon.Party("Bob"),) and found.recordings[0].content == b"RIFF"
    (kept,) = found.analyses
    assert kept.body == {"segments": []} and kept.dialogs == (0,)
