"""The smaller verbs: RTTM lines, floor and voice documents, acts of a transcript, the schema, the store, the demo."""

from __future__ import annotations

import json
import re

import pytest

from service.words.rules.vocabulary import ACTS
from tests.calls import SHIPPED, names_in, rate_hz, read_json, sound, timbre, wav

CALL = SHIPPED / "fr_vecu.ogg"
RTTM = re.compile(r"SPEAKER (\S+) 1 (\d+\.\d{3}) (\d+\.\d{3}) <NA> <NA> (\S+) <NA> <NA>")


def test_turns_are_rttm_lines_in_time_order(tmp_path):
    assert timbre("turns", CALL, "--rttm", tmp_path / "o.rttm").code == 0
    rows = [RTTM.fullmatch(line) for line in (tmp_path / "o.rttm").read_text().splitlines()]
    assert len(rows) > 20 and all(rows)
    starts = [float(row[2]) for row in rows if row]
    assert starts == sorted(starts) and min(float(row[3]) for row in rows if row) > 0
    assert {row[4] for row in rows if row} == {"channel_0", "channel_1"}
    assert {row[1] for row in rows if row} == {"fr_vecu"}
    assert timbre("turns", CALL).out == (tmp_path / "o.rttm").read_text()


def test_a_blank_in_a_file_name_is_none_in_rttm(tmp_path):
    call = tmp_path / "a call.wav"
    rate = rate_hz("fr_vecu")
    call.write_bytes(wav(sound("fr_vecu")[:, : 12 * rate], rate_hz=rate))
    lines = timbre("turns", call).out.splitlines()
    assert lines and all(RTTM.fullmatch(line) and line.split()[1] == "a_call" for line in lines)


def test_floor_is_one_document_with_events_and_measures(tmp_path):
    assert timbre("floor", CALL, "--json", tmp_path / "o.json", "--agent-channel", "left").code == 0
    found = read_json(tmp_path / "o.json")
    assert found["schema_version"] == "timbre.floor/1" and found["source"] == "two channels"
    assert {event["kind"] for event in found["events"]} >= {"gap", "backchannel"}
    assert {"talk_share", "interruptions"} <= {m["name"] for m in found["measures"]["agent"]}
    shares = [
        next(m["value"] for m in found["measures"][p] if m["name"] == "talk_share") for p in ("agent", "customer")
    ]
    assert sum(shares) == pytest.approx(100.0, abs=0.1)
    assert json.loads(timbre("floor", CALL, "--agent-channel", "left").out) == found


def short(folder):
    """Eighteen seconds of the call: too little material for most measures of the voice."""
    rate = rate_hz("fr_vecu")
    path = folder / "short.wav"
    path.write_bytes(wav(sound("fr_vecu")[:, : 18 * rate], rate_hz=rate))
    return path


def test_voice_says_why_a_value_is_withheld_and_no_gates_gives_it_marked(tmp_path):
    call = short(tmp_path)
    gated = json.loads(timbre("voice", call).out)["parties"]["agent"]["measures"]
    free = json.loads(timbre("voice", call, "--no-gates").out)["parties"]["agent"]["measures"]
    assert not any(m["below_gate"] for m in gated)
    withheld = {m["name"]: m["reason"] for m in gated if m["value"] is None}
    assert withheld and all(withheld.values())
    given = {m["name"]: m for m in free if m["below_gate"]}
    assert given and set(given) <= set(withheld)
    assert all(m["value"] is not None and m["reason"] for m in given.values())
    assert {m["name"]: m["value"] for m in gated if m["value"] is not None}.items() <= {
        m["name"]: m["value"] for m in free
    }.items()


def test_voice_measures_both_parties_with_their_source(tmp_path):
    assert timbre("voice", CALL, "--json", tmp_path / "o.json").code == 0
    parties = read_json(tmp_path / "o.json")["parties"]
    assert set(parties) == {"agent", "customer"}
    for facts in parties.values():
        assert facts["label"] in ("channel_0", "channel_1") and facts["quality"]["snr_db"] > 20
        assert {m["source"].split(",")[0] for m in facts["measures"]} == {"two channels"}


def test_acts_are_one_line_per_turn_as_agreed(tmp_path):
    ran = timbre("acts", SHIPPED / "fr_vecu.vtt", "--language", "fr", "--jsonl", tmp_path / "o.jsonl")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["turn"] for row in rows] == list(range(len(rows))) and len(rows) == 24
    for row in rows:
        assert set(row) == {"turn", "party", "acts"} and row["party"] in ("agent", "customer", "unknown")
        assert all(set(act) == {"act", "quote"} and act["act"] in ACTS and act["quote"] for act in row["acts"])
    assert {"courtesy_question", "reformulation"} <= {a["act"] for row in rows for a in row["acts"]}


def test_the_doctor_and_the_patient_of_a_table_are_agent_and_customer(tmp_path):
    table = "medecin\t0.0\t2.0\tBonjour, comment allez-vous ?\npatient\t2.5\t4.0\tBonjour, j’ai mal au ventre.\n"
    (tmp_path / "t.tsv").write_text("role\tstart\tend\ttext\n" + table, encoding="utf-8")
    ran = timbre("acts", tmp_path / "t.tsv", "--language", "fr")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["party"] for row in rows] == ["agent", "customer"]
    assert "courtesy_question" in {act["act"] for act in rows[0]["acts"]}


def test_the_language_of_a_transcript_is_guessed():
    told, guessed = (timbre("acts", SHIPPED / "en_lived.vtt", *given).out for given in (("--language", "en"), ()))
    assert told == guessed and "courtesy_question" in told


def test_a_transcript_in_no_known_language_asks_for_it(tmp_path):
    (tmp_path / "t.tsv").write_text("role\tstart\tend\ttext\nagent\t0.0\t1.0\txyzzy\n", encoding="utf-8")
    ran = timbre("acts", tmp_path / "t.tsv")
    assert ran.code == 2 and "--language" in ran.err and len(ran.err_lines) == 1


def test_the_schema_is_json_schema():
    schema = json.loads(timbre("schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/") and {"evidence", "judgement"} <= set(
        schema["properties"]
    )


def test_the_store_lists_its_models_and_has_none_to_verify(tmp_path):
    listed = timbre("models", "list", "--models-dir", tmp_path)
    assert listed.code == 0 and re.search(r"^small +\d+ MB", listed.out, re.M)
    verified = timbre("models", "verify", "--models-dir", tmp_path)
    assert verified.code == 0 and "timbre models fetch" in verified.out
    unknown = timbre("models", "verify", "enormous", "--models-dir", tmp_path)
    assert unknown.code == 2 and len(unknown.err_lines) == 1
    assert names_in(tmp_path) == set()


@pytest.mark.slow
def test_the_demo_writes_one_page_per_call_and_an_index(tmp_path):
    ran = timbre("demo", "--out", tmp_path / "pages", "--no-serve", "--lang", "en")
    assert (ran.code, ran.err) == (0, "")
    pages = {"index.html", *(f"{name}.html" for name in ("en_lived", "en_recited", "fr_recite", "fr_vecu"))}
    assert names_in(tmp_path / "pages") == pages
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert all(page in index for page in pages - {"index.html"}) and "ynthetic" in index + ran.out


def test_the_demo_without_pages_to_serve_says_so(tmp_path):
    ran = timbre("demo", "--out", tmp_path / "absent", "--pages-only", "--no-serve")
    assert ran.code == 2 and len(ran.err_lines) == 1 and names_in(tmp_path) == set()
