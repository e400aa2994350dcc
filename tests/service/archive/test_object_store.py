"""Recordings in an object store: a real S3 server on this machine, spoken to over http."""

from __future__ import annotations

import os
import time

import pytest
import sqlalchemy as sa

from service.archive.batch import Into, receive
from service.archive.blobs import Blobs
from service.archive.errors import ArchiveError
from service.archive.remote import Listed, is_remote
from service.archive.sources import Refused, entries
from service.archive.tables_calls import Call, RecordingFile
from tests.calls import SHIPPED, timbre

pytest.importorskip("s3fs")
server = pytest.importorskip("moto.server")
CALL = SHIPPED / "en_recited.ogg"
GENESYS = "org/year=2025/month=02/day=19/hour=06/conversation_id=c1"


@pytest.fixture(scope="module")
def endpoint():
    """A server that ends with these tests, and keys that only it takes."""
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    before = {name: os.environ.get(name) for name in keys}
    os.environ.update(keys)
    running = server.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture
def bucket(endpoint):
    """The file system, with an empty bucket."""
    import s3fs

    store = s3fs.S3FileSystem(endpoint_url=endpoint, use_listings_cache=False, skip_instance_cache=True)
    name = f"calls{time.monotonic_ns()}"
    store.mkdir(name)
    return store, name


def put(store, key, content):
    with store.open(key, "wb") as stream:
        stream.write(content)


def test_a_prefix_a_pattern_and_one_object(bucket, endpoint):
    store, name = bucket
    for key in ("n/b.wav", "n/a.mp3", "n/.hidden.wav", "n/notes.txt", "n/1-agent.wav", "n/1-customer.wav", "m/z.wav"):
        put(store, f"{name}/{key}", b"RIFF")
    put(store, f"{name}/{GENESYS}/r1.ogg", b"OggS")
    put(store, f"{name}/{GENESYS}/r1_metadata.json", b'{"conversationId": "c1", "userIds": ["u7"]}')
    put(store, f"{name}/{GENESYS}/r1.vtt", b"WEBVTT")
    put(store, f"{name}/{GENESYS}/r2.ogg", b"OggS")
    put(store, f"{name}/{GENESYS}/r2.meta.json", b"[")

    def found(source):
        return list(entries([f"s3://{name}/{source}"], endpoint=endpoint))

    assert [e.name for e in found("n")] == ["1-agent.wav", "a.mp3", "b.wav"]
    assert sorted(found("n")[0].files) == ["agent_leg", "customer_leg"]
    assert [e.name for e in found("*/[bz].wav")] == ["z.wav", "b.wav"]
    assert [e.name for e in found("n/b.wav")] == ["b.wav"]
    first, second = found("org")
    assert (first.external_id, first.agent, first.started_at) == ("c1", "u7", 1739944800.0)
    assert "transcript" in first.files and isinstance(second, Refused)
    with pytest.raises(ArchiveError, match="no_source"):
        found("nothing/here")


def test_a_manifest_beside_its_recordings(bucket, endpoint):
    store, name = bucket
    put(store, f"{name}/n/a.wav", b"RIFF")
    put(store, f"{name}/secret.wav", b"RIFF")
    rows = "recording;agent\na.wav;zo\n../secret.wav;zo\ngone.wav;zo\ns3://other/x.wav;zo\n/etc/passwd;zo\n"
    put(store, f"{name}/n/list.csv", rows.encode("cp1252"))
    good, *bad = entries([f"s3://{name}/n/list.csv"], endpoint=endpoint)
    assert good.agent == "zo" and str(good.files["recording"]) == f"s3://{name}/n/a.wav"
    assert len(bad) == 4 and all(isinstance(b, Refused) for b in bad)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_batch_from_one_store_into_another_and_again(archive, cast, bucket, endpoint, tmp_path):
    store, name = bucket
    for n in range(2):
        put(store, f"{name}/in/c{n}.ogg", CALL.read_bytes() + bytes([n]))
    put(store, f"{name}/in/diary.wav", b"dear diary")
    put(store, f"{name}/in/long.ogg", CALL.read_bytes() + bytes(1 << 20))
    blobs = Blobs(f"s3://{name}/kept", endpoint=endpoint)
    into = Into(archive, blobs, cast.campaign.id, 1 << 20, now=time.time() + 3600)
    sources = [f"s3://{name}/in"]
    told = {o.name: o.state for o in receive(into, entries(sources, endpoint=endpoint))}
    assert told == {"c0.ogg": "received", "c1.ogg": "received", "diary.wav": "refused", "long.ogg": "refused"}
    with archive.reading() as session:
        place = session.scalars(sa.select(RecordingFile.place)).first()
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 2
    with blobs.open(place) as stream:
        assert stream.read().startswith(b"OggS")
    assert not [p for p in blobs.places() if p.startswith("parts/")]
    put(store, f"{name}/in/late.ogg", CALL.read_bytes() + b"late")
    now = Into(archive, blobs, cast.campaign.id, 1 << 24)
    states = {o.name: o.state for o in receive(now, entries([f"s3://{name}/in/late.ogg"], endpoint=endpoint))}
    assert states == {"late.ogg": "growing"}
    again = [o.state for o in receive(into, entries(sources, endpoint=endpoint)) if o.call_id]
    assert again == ["known", "known", "received"]


@pytest.mark.parametrize(
    "source",
    ["http://127.0.0.1/x.wav", "https://example.com/", "ftp://x/y", "s3::file:///etc", "zip://a.wav::s3://b/c.zip",
     "simplecache::s3://b/c", "file://x::s3://b", "memory://x", "S3://b/c"],
)  # fmt: skip
def test_no_other_place_and_no_chain_of_places(source, tmp_path):
    if "://" in source:
        with pytest.raises(ArchiveError, match="scheme"):
            is_remote(source)
        ran = timbre("batch", source, "--campaign", "x", env={"TIMBRE_DATA_DIR": str(tmp_path)})
        assert ran.code == 2 and ran.err.count("\n") == 1


def test_a_store_that_does_not_answer_is_one_sentence(endpoint):
    with pytest.raises(ArchiveError, match="object_store"):
        Listed("s3://bucket/x", "http://127.0.0.1:9").found()
    assert is_remote("file:///x") is False and is_remote("a::b.wav") is False


def test_without_the_package_a_sentence_says_how_to_get_it(monkeypatch):
    import fsspec

    def missing(*_args, **_more):
        raise ImportError("s3fs")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(ArchiveError, match="no_s3"):
        Listed("s3://bucket/x")
