"""Results are written whole or not at all, and never over what they came from."""

from __future__ import annotations

import os

import pytest

from service.errors import ServiceError
from service.files import check_writable, write_whole
from tests.calls import names_in


def code_of(caught) -> str:
    return str(caught.value.note.code)


def test_text_and_bytes_arrive_as_they_are(tmp_path):
    write_whole(tmp_path / "a", "é\n")
    write_whole(tmp_path / "b", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == "é\n".encode() and (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert names_in(tmp_path) == {"a", "b"}


def test_an_older_result_is_replaced_whole(tmp_path):
    (tmp_path / "a").write_text("old " * 1000)
    write_whole(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"


def test_a_failure_leaves_the_old_result_and_nothing_half_written(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ServiceError) as caught:
        write_whole(tmp_path / "a", "new")
    assert code_of(caught) == "cli.cannot_write"
    assert (tmp_path / "a").read_text() == "old" and names_in(tmp_path) == {"a"}


def test_a_folder_that_went_away_is_one_of_our_sentences(tmp_path):
    with pytest.raises(ServiceError) as caught:
        write_whole(tmp_path / "gone" / "a", "new")
    assert code_of(caught) == "cli.cannot_write"


def test_targets_are_refused_before_the_work(tmp_path):
    original = tmp_path / "call.wav"
    original.write_text("sound")
    os.link(original, tmp_path / "hard.wav")
    (tmp_path / "soft.wav").symlink_to(original)
    for target in ("call.wav", "hard.wav", "soft.wav"):
        with pytest.raises(ServiceError) as caught:
            check_writable(tmp_path / target, inputs=(original,))
        assert code_of(caught) == "cli.target_is_input"
    with pytest.raises(ServiceError) as caught:
        check_writable(tmp_path / "absent" / "x")
    assert code_of(caught) == "cli.no_folder"
    with pytest.raises(ServiceError) as caught:
        check_writable(tmp_path)
    assert code_of(caught) == "cli.target_is_folder"
    check_writable(tmp_path / "new.json", inputs=(original,))
