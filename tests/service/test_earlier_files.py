"""Earlier results from disk: whatever lies there, the call goes on and its reader is told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from service import earlier_files
from service.earlier_files import read_earlier, result_files
from service.errors import ServiceError
from service.metadata import Metadata
from service.say import LANGS, Say
from service.scoring.documents import to_json
from tests.service.earlier_results import result

KNOWN = Metadata(agent="Camille", started_at="2026-04-01T10:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(1, 13):
        (tmp_path / f"{number:02d}.json").write_bytes(to_json(result(number), None))
    return tmp_path


def codes(notes: tuple) -> list[str]:
    return [note.code for note in notes]


def test_a_folder_a_file_and_both_hold_each_result_once(folder: Path) -> None:
    files = result_files([folder, folder / "03.json", folder])
    assert len(files) == 12
    earlier, notes = read_earlier(files, KNOWN)
    assert len(earlier.calls) == 12 and notes == ()
    assert len(read_earlier(result_files([folder / "03.json"]), KNOWN)[0].calls) == 1


def test_nothing_given_says_nothing() -> None:
    earlier, notes = read_earlier((), Metadata())
    assert earlier.calls == () and notes == ()


def test_what_is_no_result_is_left_out_and_counted(folder: Path) -> None:
    aliens = {
        "text.json": b"Dear all",
        "empty.json": b"",
        "list.json": b"[1, 2]",
        "deep.json": b"[" * 100_000,
        "other.json": json.dumps({"schema_version": "timbre.voice/1"}).encode(),
        "nan.json": to_json(result(1), None).replace(b'"duration_s": 300.0', b'"duration_s": NaN'),
        "key.json": to_json(result(1), None).replace(b'"duration_s"', b'"how_long"'),
    }
    for name, content in aliens.items():
        (folder / name).write_bytes(content)
    earlier, notes = read_earlier(result_files([folder]), KNOWN)
    assert len(earlier.calls) == 12
    assert codes(notes) == ["cli.earlier_left_out"] and notes[0].params["n"] == len(aliens)


def test_a_folder_is_read_flat_and_without_what_belongs_to_recordings(folder: Path) -> None:
    (folder / "call.meta.json").write_text("{}")
    (folder / "call.tracks.npz").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "sub" / "more.json").write_bytes(to_json(result(20), None))
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")  # reading it would wait for ever
    assert len(result_files([folder])) == 12


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (Metadata(started_at="2026-04-01"), "cli.earlier_no_agent"),
        (Metadata(agent="Camille"), "cli.earlier_no_start"),
        (Metadata(agent="Camille", started_at="last week"), "cli.earlier_no_start"),
        (Metadata(agent="Dominique", started_at="2026-04-01"), "cli.earlier_none"),
        (Metadata(agent="Camille", started_at="2026-02-01"), "cli.earlier_none"),
    ],
)
def test_without_whom_or_when_or_earlier_calls_there_is_a_note_and_no_baseline(
    folder: Path, known: Metadata, code: str
) -> None:
    earlier, notes = read_earlier(result_files([folder]), known)
    assert earlier.calls == () and codes(notes) == [code]
    assert all(len(Say(lang)(notes[0])) > 40 for lang in LANGS)


def test_what_is_not_there_is_an_error_before_any_work(tmp_path: Path) -> None:
    for wrong in (tmp_path / "none.json", tmp_path / "none"):
        with pytest.raises(ServiceError) as found:
            result_files([wrong])
        assert found.value.note.code == "cli.no_such_file"


def test_a_pipe_named_by_hand_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ServiceError):
        result_files([tmp_path / "pipe.json"])


def test_too_many_files_are_refused_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_files, "MAX_FILES", 11)
    with pytest.raises(ServiceError) as found:
        result_files([folder])
    assert found.value.note.code == "cli.earlier_too_many"
