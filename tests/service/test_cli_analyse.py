"""`timbre analyse` on real files: what it writes, whose voice is whose, and what it says without words."""

from __future__ import annotations

import html as html_lib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from service.scoring.documents import read_result
from tests.calls import NAMES, SHIPPED, Ran, names_in, rate_hz, read_json, sha256, sound, timbre, wav, write_shipped

EDGE_TOLERANCE_S = 0.05  # regions are refined at 10 ms; the detector's blocks fall elsewhere in a shifted file
RAW_KEY = re.compile(r"\b(?:cli|page|scoring|sound|voice|floor|diarize|store|words|acts)\.[a-z_]{3,}")


@dataclass(frozen=True)
class Analysed:
    """One call, analysed by the command."""

    ran: Ran
    result: Any
    page: str
    folder: Path

    @property
    def evidence(self) -> Any:
        return self.result["evidence"]

    @property
    def judgement(self) -> Any:
        return self.result["judgement"]


def analyse(folder: Path, *args: str | Path) -> Analysed:
    """Runs `timbre analyse` with results in `folder`, and expects a scorecard."""
    ran = timbre("analyse", *args, "--json", folder / "call.json", "--html", folder / "call.html")
    assert (ran.code, ran.err) == (0, "")
    page = (folder / "call.html").read_text(encoding="utf-8")
    return Analysed(ran, read_json(folder / "call.json"), page, folder)


LANGS = {"en_lived": "fr", "en_recited": "en", "fr_recite": "fr", "fr_vecu": "en"}
"""The reader's language asked for: for two of the calls not the one they are in."""


@pytest.fixture(scope="module", params=NAMES)
def shipped(request, tmp_path_factory) -> Analysed:
    folder = tmp_path_factory.mktemp(request.param)
    return analyse(folder, SHIPPED / f"{request.param}.ogg", "--lang", LANGS[request.param], "--audio", "none")


@pytest.fixture(scope="module")
def wordless(tmp_path_factory) -> Analysed:
    """The lived French call without its transcript and without a transcriber, agent left."""
    folder = tmp_path_factory.mktemp("wordless")
    call = write_shipped(folder, "fr_vecu")
    return analyse(folder, call, "--transcriber", "none", "--agent-channel", "left", "--audio", "none")


@pytest.fixture(scope="module")
def schema() -> Any:
    ran = timbre("schema")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def name_of(shipped: Analysed) -> str:
    return Path(shipped.evidence["call"]["name"]).stem


def text_of(page: str) -> str:
    """What a reader of the page sees."""
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S)
    return html_lib.unescape(re.sub(r"<[^>]+>", " ", body))


def test_the_result_is_what_the_schema_says(shipped, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(shipped.result)


def test_the_schema_refuses_what_is_no_result(shipped, schema):
    wrong = {**shipped.result, "evidence": {**shipped.evidence, "mood": "x"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(wrong)


def test_evidence_and_judgement_are_two_documents(shipped):
    assert shipped.evidence["schema_version"].startswith("timbre.evidence/")
    assert shipped.judgement["schema_version"].startswith("timbre.judgement/")
    assert not set(shipped.evidence) & {"gestures", "script", "intention"}
    stored = read_result(shipped.folder / "call.json")
    assert stored.judgement is not None and len(stored.judgement.gestures) >= 12


def test_the_transcript_beside_the_recording_is_read(shipped):
    words = shipped.evidence["words"]
    assert words["available"] and words["source"] == "imported webvtt"
    assert words["language"] == name_of(shipped)[:2]
    assert words["speech_covered"] > 0.9


def test_the_agent_is_found_and_it_is_said_how(shipped):
    roles = shipped.evidence["roles"]
    assert (roles["agent"], roles["customer"]) == ("channel_0", "channel_1")
    assert roles["decided_by"] in ("transcript", "words") and roles["confidence"] > 0.5


def test_turns_say_what_their_party_said(shipped):
    opening = next(t for t in shipped.evidence["turns"] if t["party"] == "agent" and t["text"])
    assert opening["index"] <= 1 and re.search(r"Bienvenue|Welcome", opening["text"])


def test_every_measure_has_a_value_or_a_reason(shipped):
    measures = [m for found in shipped.evidence["measures"].values() for m in found] + shipped.evidence["call_measures"]
    assert len(measures) > 20
    assert not [m["name"] for m in measures if m["value"] is None and m["reason"] is None]
    assert not [m["name"] for m in measures if not m["source"]]


def test_the_side_file_holds_tracks_and_no_objects(shipped):
    with np.load(shipped.folder / "call.tracks.npz", allow_pickle=False) as tracks:
        assert set(tracks.files) == {
            f"{party}_{name}{clock}"
            for party in ("agent", "customer")
            for name in ("pitch_hz", "loudness_db")
            for clock in ("", "_clock_s")
        }
        first_s, step_s = tracks["agent_pitch_hz_clock_s"]
        assert first_s + step_s * len(tracks["agent_pitch_hz"]) == pytest.approx(
            shipped.evidence["call"]["duration_s"], abs=0.2
        )
        voiced = tracks["agent_pitch_hz"][np.isfinite(tracks["agent_pitch_hz"])]
        assert 60 < np.median(voiced) < 400


def test_only_the_results_are_written(shipped):
    assert names_in(shipped.folder) == {"call.json", "call.tracks.npz", "call.html"}


def test_the_page_speaks_the_language_asked_for(shipped):
    lang = LANGS[name_of(shipped)]
    assert f'<html lang="{lang}">' in shipped.page
    word = {"fr": "Les gestes", "en": "The gestures"}[lang]
    assert word in text_of(shipped.page) and word in shipped.ran.out


def test_neither_page_nor_terminal_shows_a_raw_key(shipped):
    assert not RAW_KEY.findall(text_of(shipped.page))
    assert not RAW_KEY.findall(shipped.ran.out)


def test_the_page_needs_nothing_from_anywhere(shipped):
    assert "default-src &#39;none&#39;" in shipped.page
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", shipped.page)


def test_moments_lie_in_the_call(shipped):
    duration_s = shipped.evidence["call"]["duration_s"]
    assert shipped.judgement["moments"]
    for moment in shipped.judgement["moments"]:
        assert 0 <= moment["listen"]["start_s"] <= moment["span"]["start_s"] < moment["span"]["end_s"]
        assert moment["span"]["end_s"] <= duration_s + EDGE_TOLERANCE_S


def test_the_recording_is_known_by_its_checksum(shipped):
    assert shipped.evidence["files"][0]["sha256"] == sha256(SHIPPED / f"{name_of(shipped)}.ogg")


def test_the_same_call_twice_gives_the_same_bytes(wordless, tmp_path):
    again = analyse(
        tmp_path, wordless.folder / "fr_vecu.wav", "--transcriber", "none", "--agent-channel", "left", "--audio", "none"
    )
    assert (again.folder / "call.json").read_bytes() == (wordless.folder / "call.json").read_bytes()
    assert again.page == wordless.page


def test_without_words_the_voice_half_stands(wordless):
    words = wordless.evidence["words"]
    assert not words["available"] and words["reason"]["code"] == "cli.transcriber_off"
    assert wordless.evidence["acts"] == [] and wordless.evidence["speech"]["customer"]
    spread = next(m for m in wordless.evidence["measures"]["agent"] if m["name"] == "pitch_spread")
    assert spread["value"] > 0


def test_without_words_no_gesture_is_judged_and_it_says_why(wordless):
    expected = [g for g in wordless.judgement["gestures"] if g["expected"]]
    assert not {g["verdict"] for g in expected} & {"lived", "mechanical", "done", "missing", "free"}
    assert wordless.judgement["script"]["value"] is None
    for text in (" ".join(wordless.ran.out.split()), " ".join(text_of(wordless.page).split())):
        assert re.search(r"no transcript", text), text[:2000]
        assert "not assessable" in text


def test_without_weights_the_message_names_the_one_command(tmp_path):
    call = write_shipped(tmp_path, "fr_recite")
    found = analyse(tmp_path, call, "--lang", "en")
    assert found.evidence["words"]["reason"] == {"code": "cli.no_transcript", "params": {"model": "small"}}
    assert "timbre models fetch small" in " ".join(found.ran.out.split())


def spoken(analysed: Analysed, party: str) -> list[tuple[float, float]]:
    return [(s["start_s"], s["end_s"]) for s in analysed.evidence["speech"][party]]


def values(analysed: Analysed, party: str) -> dict[str, Any]:
    """What is measured of both parties alike; the questions are the agent's alone."""
    measures = analysed.evidence["measures"][party]
    return {m["name"]: (m["value"], m["material"]) for m in measures if m["name"] != "room_after_question"}


RATIO_TOLERANCE = 0.002  # two values of about 1, each rounded to three decimals


def test_naming_the_other_channel_swaps_the_parties_exactly(wordless, tmp_path):
    call = wordless.folder / "fr_vecu.wav"
    swapped = analyse(tmp_path, call, "--transcriber", "none", "--agent-channel", "right", "--audio", "none")
    assert swapped.evidence["roles"]["agent"] == "channel_1" and swapped.evidence["roles"]["decided_by"] == "option"
    for party, other in (("agent", "customer"), ("customer", "agent")):
        assert spoken(swapped, party) == spoken(wordless, other)
        assert values(swapped, party) == values(wordless, other)
    ours, theirs = ({m["name"]: m for m in a.evidence["call_measures"]} for a in (wordless, swapped))
    ratios = [measures.pop("rate_ratio")["value"] for measures in (ours, theirs)]
    assert ours == theirs
    assert ratios[0] * ratios[1] == pytest.approx(1.0, abs=RATIO_TOLERANCE)
    assert [t["span"] for t in swapped.evidence["turns"]] == [t["span"] for t in wordless.evidence["turns"]]
    assert {t["party"] for t in swapped.evidence["turns"][:1]} == {"customer"}


def test_crossed_channels_with_the_agent_named_change_nothing(wordless, tmp_path):
    call = write_shipped(tmp_path, "fr_vecu", channels=(1, 0))
    crossed = analyse(tmp_path, call, "--transcriber", "none", "--agent-channel", "1", "--audio", "none")
    for party in ("agent", "customer"):
        assert spoken(crossed, party) == spoken(wordless, party)
        assert values(crossed, party) == values(wordless, party)
    assert crossed.judgement["criteria"] == wordless.judgement["criteria"]


LATER_S = 2.048  # the customer's file starts this much later: a whole number of the detector's frames


@pytest.fixture(scope="module")
def legs(tmp_path_factory) -> Analysed:
    folder = tmp_path_factory.mktemp("legs")
    rate, samples = rate_hz("fr_vecu"), sound("fr_vecu")
    (folder / "a.wav").write_bytes(wav(samples[:1], rate_hz=rate))
    (folder / "c.wav").write_bytes(wav(samples[1:, round(LATER_S * rate) :], rate_hz=rate))
    given = ("--agent-file", folder / "a.wav", "--customer-file", folder / "c.wav", "--offset-s", str(LATER_S))
    return analyse(folder, *given, "--transcriber", "none", "--audio", "none")


def test_two_legs_are_one_call_at_one_time(legs, wordless):
    assert legs.evidence["source"] == "two channels" and len(legs.evidence["files"]) == 2
    assert legs.evidence["roles"]["agent"] == "channel_0"
    for party in ("agent", "customer"):
        assert len(spoken(legs, party)) == len(spoken(wordless, party))
        assert np.allclose(spoken(legs, party), spoken(wordless, party), atol=EDGE_TOLERANCE_S)


def test_a_wrong_offset_moves_the_customer_by_as_much(legs, tmp_path):
    given = ("--agent-file", legs.folder / "a.wav", "--customer-file", legs.folder / "c.wav", "--offset-s", "1.024")
    shifted = analyse(tmp_path, *given, "--transcriber", "none")
    first, second = spoken(legs, "customer")[0][0], spoken(shifted, "customer")[0][0]
    assert first - second == pytest.approx(1.024, abs=EDGE_TOLERANCE_S)


def test_a_mono_mix_is_told_apart_and_every_number_says_so(tmp_path):
    rate = rate_hz("fr_vecu")
    (tmp_path / "mono.wav").write_bytes(wav(sound("fr_vecu").sum(axis=0, keepdims=True), rate_hz=rate))
    found = analyse(tmp_path, tmp_path / "mono.wav", "--transcriber", "none", "--lang", "en")
    assert found.evidence["source"] == "diarized mono" and found.evidence["layout"]["kind"] == "mono"
    assert "diarization" in found.evidence["tools"]
    sources = {m["source"].split(",")[0] for party in ("agent", "customer") for m in found.evidence["measures"][party]}
    assert sources == {"diarized mono"}
    cut = next(m for m in found.evidence["measures"]["agent"] if m["name"] == "interruptions")
    assert cut["value"] is None and cut["reason"]


def test_policy_without_voice_computes_no_delivery(tmp_path):
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    found = analyse(tmp_path, call, "--policy", "no_voice", "--lang", "en")
    assert found.judgement["policy"] == "no_voice"
    states = {
        f["state"]
        for g in found.judgement["gestures"]
        for o in g["occurrences"]
        for f in o["families"]
        if f["name"] == "delivery"
    }
    assert states <= {"not_assessable", "not_applicable"}


def test_quiet_prints_nothing(tmp_path):
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    ran = timbre("analyse", call, "--quiet", "--json", tmp_path / "out.json")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "out.json").is_file()


def test_a_pipe_on_stdout_gets_no_colour_codes(shipped):
    assert "\x1b[" not in shipped.ran.out


@pytest.mark.parametrize("audio", ["full", "moments"])
def test_the_page_carries_as_much_sound_as_asked(audio, tmp_path):
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    found = analyse(tmp_path, call, "--audio", audio)
    assert 'id="sound-0"' in found.page
    assert len(found.page) > 200_000 or audio == "moments"


def test_words_and_turns_keep_the_voice_for_the_agent_and_their_coach(tmp_path):
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    policy = ("--policy", "words_and_turns", "--lang", "en", "--audio", "none")
    coach = analyse(tmp_path, call, *policy, "--for", "coach")
    assert (tmp_path / "call.tracks.npz").exists() and coach.evidence["metallic"]
    others = analyse(tmp_path, call, *policy)
    assert not (tmp_path / "call.tracks.npz").exists() and not others.evidence["metallic"]
    shown = {m["name"] for found in others.evidence["measures"].values() for m in found}
    assert "talk_share" in shown and not shown & {"pitch_spread", "loudness_spread", "articulation_rate"}
    assert others.judgement["intention"] == coach.judgement["intention"]
    assert "Pitch spread" in coach.page and "Pitch spread" not in others.page
    assert "is for the agent and their coach" in others.page and "is for the agent" not in coach.page
    assert "Articulation rate" in coach.ran.out and "Articulation rate" not in others.ran.out
