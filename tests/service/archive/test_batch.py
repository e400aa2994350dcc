"""Batches: every file one outcome, nothing lost or doubled, resumed by running them again."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import time

import pytest
import sqlalchemy as sa

from service.archive.batch import SETTLED_S, Into, receive
from service.archive.jobs import UPLOAD, take
from service.archive.sampling import read_sample
from service.archive.sources import entries
from service.archive.tables_calls import Call, RecordingFile
from tests.calls import SHIPPED, read_json, timbre
from tests.service.archive.fixtures import add

LATER = 10 * SETTLED_S


def bring(archive, blobs, cast, *sources, now=None, sample=None):
    """As a batch does, when the files have settled."""
    into = Into(archive, blobs, cast.campaign.id, 1 << 24, read_sample(sample or "all"), now or time.time() + LATER)
    return list(receive(into, entries([str(s) for s in sources])))


def lay(folder, n=3):
    """Calls that differ by a byte at their end, which no decoder minds."""
    for i in range(n):
        (folder / f"call{i}.ogg").write_bytes((SHIPPED / "en_recited.ogg").read_bytes() + bytes([i]))
    (folder / "diary.wav").write_text("dear diary")
    (folder / "empty.wav").write_bytes(b"")


@pytest.fixture
def folder(tmp_path):
    """Apart from where the blobs lie."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def calls(archive):
    with archive.reading() as session:
        return session.scalars(sa.select(Call)).all()


def test_every_file_has_one_outcome_and_a_bad_one_stops_nothing(archive, blobs, cast, folder):
    lay(folder)
    told = {o.name: (o.state, o.problem is not None) for o in bring(archive, blobs, cast, folder)}
    good = {f"call{i}.ogg": ("received", False) for i in range(3)}
    assert told == {**good, "diary.wav": ("refused", True), "empty.wav": ("refused", True)}
    with archive.reading() as session:
        assert set(blobs.places()) == set(session.scalars(sa.select(RecordingFile.place)))


def test_running_it_again_doubles_nothing_and_reads_nothing_again(archive, blobs, cast, folder, monkeypatch):
    lay(folder)
    first = {o.name: o.call_id for o in bring(archive, blobs, cast, folder) if o.call_id}
    monkeypatch.setattr(blobs, "put", lambda *a, **k: pytest.fail("read again"))
    again = bring(archive, blobs, cast, folder)
    assert {o.name: o.call_id for o in again if o.call_id} == first
    assert [o.state for o in again if o.call_id] == ["known"] * 3 and len(calls(archive)) == 3


def test_a_renamed_copy_is_the_same_call(archive, blobs, cast, folder):
    lay(folder, n=1)
    bring(archive, blobs, cast, folder)
    shutil.copy(folder / "call0.ogg", folder / "copy.ogg")
    assert [o.state for o in bring(archive, blobs, cast, folder / "copy.ogg")] == ["known"]
    assert len(calls(archive)) == 1


def test_a_file_that_still_grows_waits_for_the_next_run(archive, blobs, cast, folder):
    lay(folder, n=1)
    (o,) = bring(archive, blobs, cast, folder / "call0.ogg", now=time.time())
    assert o.state == "growing" and calls(archive) == []
    assert [o.state for o in bring(archive, blobs, cast, folder / "call0.ogg")] == ["received"]


def test_uploads_go_before_the_archive(archive, blobs, cast, folder):
    lay(folder, n=2)
    bring(archive, blobs, cast, folder)
    urgent, _ = add(archive, blobs, cast, content=b"urgent")
    job = take(archive, "w")
    assert job.call_id == urgent.id and job.priority == UPLOAD


def test_do_not_analyse_is_counted_and_not_worked_on(archive, blobs, cast, folder):
    lay(folder, n=1)
    (folder / "m.csv").write_text("recording,do_not_analyse\ncall0.ogg,oui\n")
    assert [o.state for o in bring(archive, blobs, cast, folder / "m.csv")] == ["skipped"]
    assert take(archive, "w") is None


def test_names_no_database_could_keep_are_kept_all_the_same(archive, blobs, cast, folder):
    lay(folder, n=1)
    row = {"recording": "call0.ogg", "agent": "a\x00b\ud800", "external_id": "=1+1\x00" + "x" * 500}
    (folder / "m.jsonl").write_text(json.dumps(row))
    assert [o.state for o in bring(archive, blobs, cast, folder / "m.jsonl")] == ["received"]
    assert len(calls(archive)[0].external_id) == 200


def test_no_room_stops_the_batch_with_its_sentence(archive, cast, folder):
    from service.archive.errors import ArchiveError

    class Full:
        def put(self, *_args, **_more):
            raise ArchiveError("archive.no_room", why="x")

    lay(folder, n=1)
    with pytest.raises(ArchiveError, match="no_room"):
        bring(archive, Full(), cast, folder)


@pytest.fixture
def nights(tmp_path, monkeypatch):
    """A folder of two calls and two bad files, and an archive of its own for the command."""
    folder = tmp_path / "calls"
    folder.mkdir()
    lay(folder, n=2)
    old = time.time() - LATER
    for path in folder.iterdir():
        os.utime(path, (old, old))
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMBRE_TRANSCRIBER", "none")
    monkeypatch.chdir(tmp_path)
    return folder


def run(folder, *more):
    return timbre("batch", folder, "--campaign", "nightly", "--lang", "en", *more)


def test_a_night_from_the_command_and_the_next_one(nights, tmp_path):
    ran = run(nights, "--report", tmp_path / "out.json")
    report = read_json(tmp_path / "out.json")
    assert ran.code == 1 and report["counts"] == {"done": 2, "refused": 2}
    assert all(row["problem"] for row in report["files"] if row["state"] == "refused")
    for bad in ("diary.wav", "empty.wav"):
        (nights / bad).unlink()
    again = run(nights, "--report", tmp_path / "out.json")
    assert again.code == 0 and read_json(tmp_path / "out.json")["counts"] == {"done": 2}


def test_the_morning_report_comes_with_the_night(nights, tmp_path):
    folder = tmp_path / "mornings"
    folder.mkdir()
    assert run(nights, "--morning", folder, "--site", "https://timbre.example").code == 1
    (data,) = folder.glob("*.json")
    report = read_json(data)
    assert report["calls"] == {"received": 2, "done": 2} and sum(r["files"] for r in report["refused"]) == 2
    assert sorted(f.name.split(".", 1)[1] for f in folder.iterdir()) == ["en.html", "fr.html", "json"]
    assert all(m["page"].startswith("https://timbre.example/calls/") for m in report["moments"])
    for more in (["--morning", tmp_path / "nowhere"], ["--site", "javascript:x"]):
        ran = run(nights, *more)
        assert ran.code == 2 and ran.err.count("\n") == 1


def test_until_stops_with_work_left_and_says_so_by_its_code(nights, monkeypatch):
    command = importlib.import_module("service.cli.batch")
    monkeypatch.setattr(command, "_until", lambda text: time.time() - 1 if text else None)
    assert run(nights, "--until", "06:00").code == 3
    assert "waiting" in run(nights, "--workers", "0").out


def test_a_file_still_being_written_is_come_back_to_before_the_end(nights, tmp_path, monkeypatch):
    monkeypatch.setattr("service.archive.batch.SETTLED_S", 2.0)
    monkeypatch.setattr(importlib.import_module("service.cli.batch"), "GROWING_LOOK_S", 0.5)
    os.utime(nights / "call0.ogg")
    ran = run(nights / "call0.ogg", "--report", tmp_path / "out.json")
    assert ran.code == 0 and read_json(tmp_path / "out.json")["counts"] == {"done": 1}
    monkeypatch.setattr("service.archive.batch.SETTLED_S", 3600.0)
    monkeypatch.setattr(importlib.import_module("service.cli.batch"), "GROWING_S", 0.0)
    (nights / "late.ogg").write_bytes((nights / "call0.ogg").read_bytes() + b"more")
    ran = run(nights / "late.ogg", "--report", tmp_path / "out.json")
    assert ran.code == 0 and read_json(tmp_path / "out.json")["counts"] == {"growing": 1} and "late.ogg" in ran.out


def test_what_was_done_under_another_configuration_is_not_called_done(nights, tmp_path):
    one, report = nights / "call0.ogg", tmp_path / "out.json"
    assert run(one, "--report", report).code == 0 and read_json(report)["counts"] == {"done": 1}
    assert timbre("campaigns", "add", "nightly", "--policy", "words_and_turns").code == 0
    ran = run(one, "--report", report)
    assert ran.code == 0 and read_json(report)["counts"] == {"done_otherwise": 1}
    assert "another configuration" in ran.out and all("rescore" in row["problem"] for row in read_json(report)["files"])
    assert timbre("rescore", "--archive", "--campaign", "nightly").code == 0
    assert timbre("campaigns", "add", "nightly", "--rubric", "outbound_sales").code == 0
    run(one, "--report", report)
    assert read_json(report)["counts"] == {"done_otherwise": 1}
    assert timbre("rescore", "--archive", "--campaign", "nightly").code == 0
    run(one, "--report", report)
    assert read_json(report)["counts"] == {"done": 1}


def test_the_profile_and_the_campaign_turn_sampling_on_and_an_option_off(nights, tmp_path):
    report = tmp_path / "out.json"
    assert timbre("init", "--profile", "fr").code == 0
    ran = run(nights, "--workers", "0", "--report", report)
    said = read_json(report)
    assert said["sample"]["rule"] == "5/week" and said["sample"]["seed"] in ran.out
    assert timbre("campaigns", "add", "nightly", "--sample-per-week", "2").code == 0
    run(nights, "--workers", "0", "--report", report)
    assert read_json(report)["sample"]["rule"] == "2/week"
    run(nights, "--workers", "0", "--report", report, "--sample", "all")
    assert read_json(report)["sample"] is None


def into(nights, folder, *more, **env):
    return timbre("batch", nights, "--into", folder, "--lang", "en", *more, env=env)


def test_into_a_folder_each_call_a_result_and_a_page_and_again_only_what_is_missing(nights, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    (nights / "a ..%2f ..<b>.ogg").write_bytes((nights / "call0.ogg").read_bytes() + b"another")
    os.utime(nights / "a ..%2f ..<b>.ogg", (1e9, 1e9))
    (nights / "call1.ogg").unlink()
    assert into(nights, folder).code == 1
    results = sorted(folder.glob("*.json"))
    assert len(results) == 2 and all(r.with_suffix(".html").is_file() for r in results)
    assert read_json(results[0])["schema_version"] and not (tmp_path / "data").exists()
    assert not list((folder / ".timbre" / "recordings").rglob("*.ogg"))
    before = {r: r.stat().st_mtime_ns for r in results}
    results[0].unlink()
    again = into(nights, folder, "--report", tmp_path / "out.json")
    assert again.code == 1 and read_json(tmp_path / "out.json")["counts"] == {"done": 2, "refused": 2}
    assert sorted(folder.glob("*.json")) == results and results[1].stat().st_mtime_ns == before[results[1]]
    other = into(nights / "call0.ogg", folder, TIMBRE_POLICY="no_voice")
    assert other.code == 0 and len(list(folder.glob("*.json"))) == 3


def test_what_was_removed_by_its_days_does_not_come_back_from_its_folder(nights, tmp_path):
    (nights / "m.csv").write_text("recording;started_at\ncall0.ogg;2024-01-02\ncall1.ogg;\n")
    report = tmp_path / "out.json"
    assert run(nights / "m.csv", "--workers", "0", "--report", report).code == 0
    assert read_json(report)["counts"] == {"too_old": 1, "waiting": 1}
    assert timbre("campaigns", "add", "nightly", "--analysis-days", "3660").code == 0
    run(nights / "m.csv", "--workers", "0", "--report", report)
    assert read_json(report)["counts"] == {"waiting": 2}
    assert timbre("campaigns", "add", "nightly", "--analysis-days", "365").code == 0
    assert timbre("purge").code == 0
    run(nights / "m.csv", "--workers", "0", "--report", report)
    assert read_json(report)["counts"] == {"too_old": 1, "waiting": 1}


def test_an_archive_or_a_folder_and_one_that_is_there(nights, tmp_path):
    for more in (["--campaign", "x", "--into", tmp_path], [], ["--into", tmp_path / "nowhere"]):
        ran = timbre("batch", nights, *more)
        assert ran.code == 2 and ran.err.count("\n") == 1


def test_the_table_names_every_file_and_no_name_commands_a_terminal(nights):
    (nights / "\x1b[31mred\n.wav").write_text("no sound")
    os.utime(nights / "\x1b[31mred\n.wav", (1e9, 1e9))
    ran = run(nights, "--workers", "0")
    assert all(name in ran.out for name in ("call0.ogg", "call1.ogg", "diary.wav", "empty.wav", "red .wav"))
    assert "\x1b" not in ran.out
    assert "refused: 3" in ran.out


def test_bad_options_are_one_sentence(nights, tmp_path):
    for more in (["--until", "6h"], ["--zone", "Mars"], ["--sample", "5/day"]):
        ran = run(nights, *more)
        assert ran.code == 2 and ran.err.count("\n") == 1
    ran = run(tmp_path / "nowhere")
    assert ran.code == 2 and "nowhere" in ran.err
