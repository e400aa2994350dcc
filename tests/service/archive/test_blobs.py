"""The blob store: by content, whole or not at all, inside its folder."""

from __future__ import annotations

import io
import subprocess

import pytest

from service.archive.blobs import Blobs
from service.archive.errors import ArchiveError, NotThere


def put(blobs, content=b"sound", **more):
    return blobs.put(io.BytesIO(content), **{"limit_bytes": 1 << 20, "suffix": ".wav", **more})


def test_the_same_content_is_stored_once(blobs):
    assert put(blobs) == put(blobs)
    assert len(list(blobs.places())) == 1


def test_what_was_put_is_read(blobs):
    blob = put(blobs, b"abc")
    with blobs.open(blob.place) as stream:
        stream.seek(1)
        assert stream.read() == b"bc"
    assert blobs.size(blob.place) == blob.size_bytes == 3


def test_over_the_limit_leaves_nothing(blobs):
    with pytest.raises(ArchiveError, match="too_large"):
        put(blobs, b"x" * 11, limit_bytes=10)
    assert list(blobs.places()) == []


def test_a_source_that_breaks_off_leaves_nothing(blobs):
    class Broken(io.BytesIO):
        def read(self, n=-1):
            if self.tell() > 0:
                raise ConnectionError
            return super().read(2)

    with pytest.raises(ArchiveError, match="no_room"):
        blobs.put(Broken(b"abcdef"), limit_bytes=100)
    assert list(blobs.places()) == []


OUTSIDE = ["../../etc/passwd", "/etc/passwd", "ab/../../x", "", "ab/" + "0" * 63, "zz/" + "g" * 64]


@pytest.mark.parametrize("place", OUTSIDE)
def test_no_place_outside_the_store(blobs, place):
    with pytest.raises(NotThere), blobs.open(place):
        pass


@pytest.mark.parametrize("address", ["http://x/y", "memory://x", "file::s3://x", "simplecache::s3://b", "ftp://h/p"])
def test_other_schemes_and_chains_are_refused(address):
    with pytest.raises(ArchiveError, match="bad_store"):
        Blobs(address)


def test_removing_twice_is_no_error(blobs):
    blob = put(blobs)
    blobs.remove(blob.place)
    blobs.remove(blob.place)
    with pytest.raises(NotThere):
        blobs.size(blob.place)


def test_what_a_killed_writer_left_is_swept(blobs, tmp_path):
    (tmp_path / "blobs" / "parts").mkdir(parents=True)
    (tmp_path / "blobs" / "parts" / "left").write_bytes(b"x")
    assert blobs.sweep_parts(3600, now=0.0) == 0
    assert blobs.sweep_parts(0, now=1e12) == 1 and list(blobs.places()) == []


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        store = Blobs(str(small))
        with pytest.raises(ArchiveError, match="no_room"):
            put(store, b"x" * (3 << 20), limit_bytes=1 << 30)
        assert list(store.places()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
