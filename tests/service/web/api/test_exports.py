"""Exports over the API: streamed, by the reader's rights, written down; and a vCon that comes back as the same call."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from service.archive.blobs import Blobs
from service.archive.engine import open_archive
from service.archive.exports import vcon
from service.archive.exports.call_vcon import bring_in
from service.archive.jobs import take
from service.archive.results import keep_judgement, stored_result
from service.archive.stages import Facts, facts_of
from service.archive.tables import AuditRow
from service.archive.tables_calls import Call, RecordingFile
from service.scoring.views import WITHOUT_VOICE
from tests.calls import read_json, timbre
from tests.service.archive.exports.vcon_schema import VCON
from tests.service.archive.fixtures import Cast


def audit(archive, action="export"):
    with archive.reading() as session:
        return session.scalars(sa.select(AuditRow).where(AuditRow.action == action)).all()


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_a_table_is_streamed_and_written_down(somebody, archive, cast, done, form):
    got = somebody("qa").get("/api/v1/exports/lines", params={"format": form})
    assert got.status_code == 200 and f'filename="lines.{form}"' in got.headers["content-disposition"]
    assert len(got.content) > 500
    (row,) = audit(archive)
    assert (row.person_id, row.detail) == (cast.qa.id, {"table": "lines", "format": form})


def test_what_is_wrong_is_said_before_anything_is_sent(somebody, done):
    got = somebody("qa").get("/api/v1/exports/calls", params={"decimal_comma": True})
    assert got.status_code == 422 and got.json()["type"] == "urn:timbre:export.two_commas"
    assert somebody("qa").get("/api/v1/exports/people").status_code == 422


def test_a_vcon_holds_to_the_draft_and_others_get_no_voice(somebody, archive, cast, done):
    got = somebody("qa").get(f"/api/v1/calls/{done.id}/vcon")
    assert got.status_code == 200 and got.headers["content-type"] == vcon.MEDIA_TYPE
    document = got.json()
    Draft202012Validator(VCON).validate(document)
    assert document["dialog"][0]["parties"] in ([0, 1], [1, 0])
    assert [a["schema"] for a in document["analysis"]][:2] == ["timbre.call/1", "whisperx"]
    assert [row.call_id for row in audit(archive)] == [done.id]
    with archive.writing() as session:
        found = stored_result(session, done.id)
        keep_judgement(session, done.id, found.judgement.model_copy(update={"policy": "words_and_turns"}))
    quiet = somebody("admin").get(f"/api/v1/calls/{done.id}/vcon", params={"sound": False})
    assert voiced(got) and not voiced(quiet)
    assert "body" not in quiet.json()["dialog"][0]


def voiced(response):
    """What stands under names of the voice anywhere in the analyses, but for the names alone."""
    evidence, judgement = (a["body"] for a in response.json()["analysis"][2:])
    measured = {m["name"] for party in evidence["measures"].values() for m in party} - WITHOUT_VOICE
    delivery = [e for g in judgement["gestures"] for e in g["evidence"] if e["family"] == "delivery"]
    return measured or evidence["metallic"] or evidence["deliveries"] or delivery


def test_it_comes_back_as_the_same_call(somebody, archive, blobs, cast, done, tmp_path):
    content = somebody("qa").get(f"/api/v1/calls/{done.id}/vcon").content
    again = open_archive(str(tmp_path / "again.db"))
    store, people = Blobs(str(tmp_path / "again")), Cast(again)
    call_id, new = bring_in(again, store, people.campaign.id, content, name="x.vcon", max_bytes=1 << 28)
    before, after = facts_of(archive, done.id), facts_of(again, call_id)
    assert new and same(before) == same(after)
    assert after.files["transcript"] and take(again, "w").call_id == call_id
    assert bring_in(again, store, people.campaign.id, content, name="y.vcon", max_bytes=1 << 28) == (call_id, False)
    again.close()


def same(facts: Facts):
    """What a vCon can hold of a call: its sound, whose it is, when, and what names it."""
    call = facts.call
    sound = {kind: row.sha256 for kind, row in facts.files.items() if kind not in ("listen", "transcript")}
    return sound, call.agent_name, int(call.started_at), call.external_id, call.direction, call.agent_channel


def test_a_vcon_with_nothing_to_hear_and_one_with_too_much(archive, blobs, cast):
    from service.archive.errors import ArchiveError

    def conversation(n, **more):
        one = vcon.Recording(b"RIFF....WAVE", "audio/x-wav", "a.wav", "2026-11-26T08:00:00Z", 1.0, ((0,),))
        return vcon.written(vcon.Conversation("u", "2026-11-26T08:00:00Z", recordings=(one,) * n, **more))

    for n, code in ((0, "nothing_to_hear"), (2, "several"), (3, "several")):
        with pytest.raises(ArchiveError, match=code):
            bring_in(archive, blobs, cast.campaign.id, conversation(n), name="x", max_bytes=1 << 20)


def test_the_commands(somebody, archive, blobs, cast, done, tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_DATABASE", str(archive.engine.url))
    monkeypatch.setenv("TIMBRE_RECORDINGS", str(tmp_path / "blobs"))
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path))
    folder = tmp_path / "vcons"
    folder.mkdir()
    assert timbre("export", folder, "--vcon", "--lang", "en").out.startswith("1 vCon documents written; 0 calls")
    document = read_json(folder / f"{done.id}.vcon.json")
    document["dialog"][0]["url"] = "http://127.0.0.1:1/x"
    (folder / "bad.vcon").write_text(json.dumps(document))
    ran = timbre("import", folder, "--campaign", "brought", "--lang", "en")
    assert ran.code == 1 and "bad.vcon: The sound of dialog 0 is an address" in ran.out
    assert f"{done.id}.vcon.json: received" in ran.out
    with archive.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 2
        assert session.scalar(sa.select(sa.func.count()).select_from(RecordingFile)) >= 3
