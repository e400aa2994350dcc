"""Files and options that are wrong or hostile: one sentence, the exit code, and nothing else happens."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.scoring.documents import to_json
from tests.calls import (
    SHIPPED,
    Ran,
    names_in,
    rate_hz,
    read_json,
    sha256,
    sound,
    timbre,
    wav,
    write_shipped,
)
from tests.service.earlier_results import result

RAW_KEY = re.compile(r"\b(?:cli|page|scoring|sound|voice|floor|diarize|store|words|acts)\.[a-z_]{3,}")
PART_S = 24.0
"""A cut of a shipped call that is long enough for a conversation, and quick."""


def part(folder: Path, name: str = "call.wav", *, seconds: float = PART_S) -> Path:
    """The beginning of the lived French call."""
    rate = rate_hz("fr_vecu")
    path = folder / name
    path.write_bytes(wav(sound("fr_vecu")[:, : round(seconds * rate)], rate_hz=rate))
    return path


def part_transcript(path: Path, *, last_s: float = PART_S) -> Path:
    """The shipped transcript up to a second of the call."""
    blocks = (SHIPPED / "fr_vecu.vtt").read_text(encoding="utf-8").split("\n\n")
    kept = [b for b in blocks if "-->" not in b or float(b.split("-->")[1].split("\n")[0].split(":")[-1]) <= last_s]
    kept = [b for b in kept if "00:01:" not in b]
    path.write_text("\n\n".join(kept) + "\n", encoding="utf-8")
    return path


def assert_one_sentence(ran: Ran, *, code: int = 2) -> None:
    """Exit code, exactly one line on stderr, nothing on stdout; no traceback, no key of a catalogue."""
    assert ran.code == code, ran
    assert len(ran.err_lines) == 1 and ran.out == "", ran
    assert ran.err.startswith("timbre: ") and len(ran.err) > 40
    assert "Traceback" not in ran.err and not RAW_KEY.search(ran.err)


def mp3(folder: Path) -> bytes:
    """The cut call as MP3."""
    from tests.audio.codec_files import encode

    rate = rate_hz("fr_vecu")
    samples = np.ascontiguousarray(sound("fr_vecu")[:, : round(PART_S * rate)])
    return encode(folder / "whole.mp3", samples, rate, "libmp3lame", muxer="mp3", bit_rate=64_000).read_bytes()


def header(claimed_bytes: int, samples: np.ndarray, rate: int) -> bytes:
    """A WAV whose header announces `claimed_bytes` of sound."""
    whole = bytearray(wav(samples, rate_hz=rate))
    struct.pack_into("<I", whole, 4, claimed_bytes + 36)
    struct.pack_into("<I", whole, 40, claimed_bytes)
    return bytes(whole)


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4 RTP/AVP 0\n"
UNREADABLE: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "empty file": ("call.wav", lambda _: b""),
    "text named wav": ("call.wav", lambda _: b"Dear all,\nplease find the call attached.\n" * 40),
    "session description": ("call.sdp", lambda _: SDP.encode()),
    "session description named wav": ("call.wav", lambda _: SDP.encode()),
    "playlist to the network": ("call.m3u8", lambda _: PLAYLIST.format(target="http://127.0.0.1:1/a.ts").encode()),
    "playlist to a local file": ("call.m3u8", lambda f: PLAYLIST.format(target=part(f, "other.wav")).encode()),
    "playlist named mp3": ("call.mp3", lambda _: PLAYLIST.format(target="http://127.0.0.1:1/a.ts").encode()),
    "a header and no sample": ("call.wav", lambda _: wav(np.zeros((1, 0)))),
    "the first bytes of a header": ("call.wav", lambda _: wav(np.zeros((1, 100)))[:20]),
    "twelve channels": ("call.wav", lambda _: wav(np.zeros((12, 8000)))),
    "the first frame of an mp3": ("call.mp3", lambda f: mp3(f)[:60]),
    "noise": ("call.wav", lambda _: np.random.default_rng(0).integers(0, 256, 40_000, dtype=np.uint8).tobytes()),
    "a picture": ("call.wav", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(2000)),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_recording_is_one_sentence_and_leaves_nothing(kind, tmp_path):
    name, make = UNREADABLE[kind]
    content = make(tmp_path)
    (tmp_path / name).write_bytes(content)
    before, checksum = names_in(tmp_path), sha256(tmp_path / name)
    for lang in ("fr", "en"):
        ran = timbre(
            "analyse", tmp_path / name, "--json", tmp_path / "o.json", "--html", tmp_path / "o.html", "--lang", lang
        )
        assert_one_sentence(ran)
    assert names_in(tmp_path) == before and sha256(tmp_path / name) == checksum


@pytest.mark.parametrize("verb", ["turns", "floor", "voice"])
def test_the_smaller_verbs_refuse_in_the_same_way(verb, tmp_path):
    (tmp_path / "call.wav").write_text("not a recording at all, whatever it is called")
    target = "--rttm" if verb == "turns" else "--json"
    assert_one_sentence(timbre(verb, tmp_path / "call.wav", target, tmp_path / "out"))
    assert names_in(tmp_path) == {"call.wav"}


def analysed(folder: Path, call: Path, *args: str | Path) -> tuple[Ran, dict]:
    ran = timbre("analyse", call, "--json", folder / "o.json", "--lang", "en", *args)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran, read_json(folder / "o.json")["evidence"]


def codes(evidence: dict) -> set[str]:
    return {note["code"] for note in evidence["notes"]}


def test_a_truncated_mp3_is_analysed_as_far_as_it_goes(tmp_path):
    whole = mp3(tmp_path)
    (tmp_path / "cut.mp3").write_bytes(whole[: len(whole) // 2 + 17])
    _, evidence = analysed(tmp_path, tmp_path / "cut.mp3", "--transcriber", "none")
    assert evidence["call"]["duration_s"] == pytest.approx(PART_S / 2, abs=0.5)  # frames of up to 72 ms, and padding


def test_a_header_of_twenty_hours_on_a_short_call_is_a_warning_with_its_numbers(tmp_path):
    """At 16 bits, 8 kHz and two channels, twenty hours are 2.3 GB: more than the file has by far."""
    rate = rate_hz("fr_vecu")
    samples = sound("fr_vecu")[:, : round(PART_S * rate)]
    (tmp_path / "long.wav").write_bytes(header(20 * 3600 * rate * 4 % 2**32, samples, rate))
    ran, evidence = analysed(tmp_path, tmp_path / "long.wav", "--transcriber", "none")
    assert evidence["call"]["duration_s"] == pytest.approx(PART_S, abs=0.05)
    assert "sound.shorter_than_header" in codes(evidence)
    assert "header" in ran.out


def test_a_header_of_twenty_hours_on_one_second_is_one_second(tmp_path):
    one = header(20 * 3600 * 8000 * 2, wav_second(), 8000)
    (tmp_path / "long.wav").write_bytes(one)
    started = time.monotonic()
    _, evidence = analysed(tmp_path, tmp_path / "long.wav", "--transcriber", "none")
    assert time.monotonic() - started < 60  # nothing reads twenty hours
    assert evidence["call"]["duration_s"] == pytest.approx(1.0, abs=0.01)
    assert evidence["outcome"]["kind"] == "no_conversation"
    note = next(n for n in evidence["notes"] if n["code"] == "sound.shorter_than_header")
    assert note["params"]["claimed_s"] == pytest.approx(20 * 3600, rel=0.01)


def wav_second() -> np.ndarray:
    return 0.1 * np.random.default_rng(1).standard_normal((1, 8000))


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_all_along_is_no_conversation_and_says_why(channels, tmp_path):
    (tmp_path / "silence.wav").write_bytes(wav(np.zeros((channels, 8000 * 12))))
    ran, evidence = analysed(tmp_path, tmp_path / "silence.wav", "--html", tmp_path / "o.html")
    assert evidence["outcome"]["kind"] == "no_conversation" and evidence["outcome"]["reason"]
    assert read_json(tmp_path / "o.json")["judgement"] is None
    assert "no conversation" in " ".join(ran.out.split()).lower()
    assert (tmp_path / "o.html").stat().st_size > 1000


@pytest.mark.parametrize("verb", ["turns", "floor", "voice"])
def test_silence_gives_the_smaller_verbs_nothing_and_no_error(verb, tmp_path):
    (tmp_path / "silence.wav").write_bytes(wav(np.zeros((2, 8000 * 8))))
    ran = timbre(verb, tmp_path / "silence.wav")
    assert (ran.code, ran.err) == (0, ""), ran
    assert ran.out == "" if verb == "turns" else json.loads(ran.out)["schema_version"]


def test_a_transcript_longer_than_the_call_is_a_warning(tmp_path):
    call = part(tmp_path)
    call.with_suffix(".vtt").write_bytes((SHIPPED / "fr_vecu.vtt").read_bytes())
    ran, evidence = analysed(tmp_path, call)
    note = next(n for n in evidence["notes"] if n["code"] == "words.longer_than_call")
    assert note["params"]["last_s"] == pytest.approx(79.2, abs=0.5)
    assert max(w["span"]["end_s"] for t in evidence["turns"] for w in t["words"]) <= PART_S + 0.05
    assert "transcript" in ran.out


OPTIONS: dict[str, list[str]] = {
    "unknown language": ["--language", "xx"],
    "unknown language of messages": ["--lang", "de"],
    "unknown channel": ["--agent-channel", "middle"],
    "unknown direction": ["--direction", "sideways"],
    "unknown policy": ["--policy", "all"],
    "unknown amount of sound": ["--audio", "some"],
    "unknown rubric": ["--rubric", "nothing"],
    "rubric that is not there": ["--rubric", "absent.yaml"],
    "unknown transcriber": ["--transcriber", "enormous"],
    "transcriber without its weights": ["--transcriber", "small"],
    "unknown diarizer": ["--diarizer", "magic"],
    "unknown transcript format": ["--transcript", "{vtt}", "--transcript-format", "word"],
    "transcript that is not there": ["--transcript", "absent.vtt"],
    "only one leg": ["--agent-file", "{call}"],
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_wrong_option_is_one_sentence(kind, tmp_path):
    call = part(tmp_path, seconds=6)
    vtt = part_transcript(tmp_path / "words.vtt")
    given = [text.format(call=call, vtt=vtt) for text in OPTIONS[kind]]
    before = names_in(tmp_path)
    assert_one_sentence(timbre("analyse", call, "--json", tmp_path / "o.json", *given))
    assert names_in(tmp_path) == before


def test_the_message_of_a_wrong_option_is_in_the_language_of_the_system(tmp_path):
    call = part(tmp_path, seconds=6)
    french = timbre("analyse", call, "--language", "xx", env={"LC_ALL": "fr_FR.UTF-8"})
    english = timbre("analyse", call, "--language", "xx")
    assert "valeurs possibles" in french.err and "valeurs possibles" not in english.err
    assert "xx" in french.err and "xx" in english.err


def test_an_unknown_option_is_a_usage_message(tmp_path):
    ran = timbre("analyse", part(tmp_path, seconds=1), "--nonsense")
    assert ran.code == 2 and "--nonsense" in ran.err and "Traceback" not in ran.err


@pytest.mark.parametrize("verb", ["analyse", "turns", "floor", "voice", "acts"])
def test_a_missing_file_is_one_sentence(verb, tmp_path):
    assert_one_sentence(timbre(verb, tmp_path / "absent.wav"))
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("verb", ["analyse", "turns", "floor", "voice", "acts"])
def test_a_folder_is_no_recording(verb, tmp_path):
    assert_one_sentence(timbre(verb, tmp_path))


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_folder_that_is_not_there_is_said_before_the_work(option, tmp_path):
    call = part(tmp_path, seconds=6)
    assert_one_sentence(timbre("analyse", call, option, tmp_path / "absent" / "o"))
    assert_one_sentence(timbre("analyse", call, option, tmp_path))
    assert names_in(tmp_path) == {"call.wav"}


@pytest.mark.parametrize("verb", ["analyse", "floor", "voice"])
def test_a_result_never_replaces_its_recording(verb, tmp_path):
    call = part(tmp_path, seconds=6)
    (tmp_path / "link.wav").symlink_to(call)
    checksum = sha256(call)
    for target in (call, tmp_path / "link.wav"):
        assert_one_sentence(timbre(verb, call, "--json", target))
    assert sha256(call) == checksum and names_in(tmp_path) == {"call.wav", "link.wav"}


def test_a_result_never_replaces_the_transcript_it_was_made_from(tmp_path):
    call, words = part(tmp_path, seconds=6), part_transcript(tmp_path / "call.vtt")
    checksum = sha256(words)
    assert_one_sentence(timbre("analyse", call, "--json", words))
    assert_one_sentence(timbre("analyse", call, "--transcript", words, "--html", words))
    assert_one_sentence(timbre("acts", words, "--jsonl", words))
    assert sha256(words) == checksum


def test_the_side_file_never_replaces_a_recording(tmp_path):
    """`--json x.json` also writes `x.tracks.npz`: not over an original of that name."""
    call = part(tmp_path, "x.tracks.npz", seconds=6)
    checksum = sha256(call)
    assert_one_sentence(timbre("analyse", call, "--json", tmp_path / "x.json"))
    assert sha256(call) == checksum and names_in(tmp_path) == {"x.tracks.npz"}


def test_two_results_never_share_one_file(tmp_path):
    call = part(tmp_path, seconds=6)
    same = tmp_path / "o"
    assert_one_sentence(timbre("analyse", call, "--json", same, "--html", same))
    assert names_in(tmp_path) == {"call.wav"}


RUBRICS = {
    "broken": "gestures: [\n  {id: greeting",
    "not a mapping": "- 1\n- 2\n",
    "unknown key": "id: x\nversion: '1'\nnonsense: 1\n",
    "alias": "a: &a [1, 2]\nb: *a\n",
    "object": "!!python/object/apply:os.system ['true']\n",
    "empty": "",
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("kind", RUBRICS)
def test_a_broken_rubric_is_one_sentence_with_its_file(kind, tmp_path):
    call = part(tmp_path, seconds=6)
    (tmp_path / "mine.yaml").write_text(RUBRICS[kind], encoding="utf-8")
    ran = timbre("analyse", call, "--rubric", tmp_path / "mine.yaml", "--json", tmp_path / "o.json")
    assert_one_sentence(ran)
    assert "mine.yaml" in ran.err and str(tmp_path) not in ran.err


TRANSCRIPTS = {
    "broken.json": b'{"segments": [{"start": 0',
    "other.json": b'{"weather": "fine"}',
    "deep.json": b"[" * 100_000,
    "empty.vtt": b"",
    "binary.vtt": bytes(range(256)) * 20,
    "nothing.vtt": b"WEBVTT\n\n",
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_broken_transcript_is_one_sentence(name, tmp_path):
    call = part(tmp_path, seconds=6)
    (tmp_path / name).write_bytes(TRANSCRIPTS[name])
    assert_one_sentence(timbre("analyse", call, "--transcript", tmp_path / name, "--json", tmp_path / "o.json"))
    assert_one_sentence(timbre("acts", tmp_path / name, "--language", "fr"))
    assert names_in(tmp_path) == {"call.wav", name}


SIDECARS = {
    "broken": "{",
    "a list": "[1]",
    "unknown key": '{"colour": "red"}',
    "wrong channel": '{"agent_channel": 7}',
    "truth is no channel": '{"agent_channel": true}',
    "wrong direction": '{"direction": "sideways"}',
    "too large": '{"agent": "' + "x" * 70_000 + '"}',
    "not text": "\udcff",
}


@pytest.mark.parametrize("kind", SIDECARS)
def test_a_broken_sidecar_is_one_sentence(kind, tmp_path):
    call = part(tmp_path, seconds=6)
    (tmp_path / "call.meta.json").write_bytes(SIDECARS[kind].encode("utf-8", "surrogateescape"))
    assert_one_sentence(timbre("analyse", call, "--json", tmp_path / "o.json"))
    assert names_in(tmp_path) == {"call.wav", "call.meta.json"}


HOSTILE = "<script>alert(1)<script><img src=x onerror=alert(1)> \x1b[31m{x}"
"""As hostile as a file name can be: no slash, so the closing tag is in the agent's name only."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> tuple[Ran, dict, str]:
    folder = tmp_path_factory.mktemp("hostile")
    call = part(folder, f"{HOSTILE}.wav")
    part_transcript(call.with_suffix(".vtt"))
    text = call.with_suffix(".vtt").read_text(encoding="utf-8")
    call.with_suffix(".vtt").write_text(
        text.replace("Bienvenue", "Bienvenue &lt;/script&gt;&lt;b&gt;{x}"), encoding="utf-8"
    )
    name = "</script><img src=x onerror=alert(1)>{y}"
    out = (folder / "o.json", folder / "o.html")
    ran = timbre("analyse", call, "--agent-name", name, "--json", out[0], "--html", out[1], "--audio", "none")
    assert (ran.code, ran.err) == (0, ""), ran
    return ran, read_json(out[0])["evidence"], out[1].read_text(encoding="utf-8")


def test_hostile_names_survive_as_they_are_in_the_result(hostile):
    _, evidence, _ = hostile
    assert evidence["call"]["name"] == f"{HOSTILE}.wav"
    assert evidence["call"]["agent_name"] == "</script><img src=x onerror=alert(1)>{y}"
    assert "</script>" in " ".join(t["text"] for t in evidence["turns"])


def test_hostile_names_are_only_text_in_the_page(hostile):
    page = hostile[2]
    assert "onerror=alert(1)" in page and "<img src=x" not in page
    assert len(re.findall(r"</script", page)) == len(re.findall(r"<script", page))
    assert "&lt;/script&gt;" in page and "{y}" in page
    assert "\x1b" not in page


def test_hostile_names_send_nothing_to_the_terminal(hostile):
    assert "\x1b" not in hostile[0].out and "onerror=alert(1)" in hostile[0].out


@pytest.mark.parametrize("verb", ["analyse", "voice"])
def test_earlier_results_that_are_not_there_stop_it_before_any_work(tmp_path, verb):
    ran = timbre(verb, part(tmp_path, seconds=6), "--earlier", tmp_path / "none.json", "--json", tmp_path / "o.json")
    assert_one_sentence(ran)
    assert "none.json" in ran.err and names_in(tmp_path) == {"call.wav"}


def test_an_earlier_result_named_by_hand_is_never_written_over(tmp_path):
    earlier = tmp_path / "earlier.json"
    earlier.write_text("{}")
    call = part(tmp_path, seconds=6)
    assert_one_sentence(timbre("analyse", call, "--earlier", earlier, "--json", earlier))
    assert earlier.read_text() == "{}"


def test_earlier_files_that_are_no_results_leave_a_note_and_the_call_goes_on(tmp_path):
    folder = tmp_path / "earlier"
    folder.mkdir()
    for name, content in (("a.json", b"{"), ("b.json", b"\xff" * 100), ("c.json", b"[" * 50_000)):
        (folder / name).write_bytes(content)
    call = part(tmp_path, "AGENT_x_DT_2026-04-01T10-00-00.wav")
    ran = timbre("voice", call, "--earlier", folder, "--agent-name", "Camille", "--json", tmp_path / "o.json")
    assert ran.code == 0 and ran.err == ""
    notes = {n["code"]: n["params"] for n in read_json(tmp_path / "o.json")["notes"]}
    assert notes["cli.earlier_left_out"] == {"n": 3} and notes["cli.earlier_none"] == {"n": 0}


def test_without_the_agents_name_no_earlier_result_is_used_and_the_page_says_so(tmp_path):
    folder = tmp_path / "earlier"
    folder.mkdir()
    (folder / "1.json").write_bytes(to_json(result(1), None))
    ran = timbre("analyse", part(tmp_path), "--earlier", folder, "--json", tmp_path / "o.json", "--lang", "en")
    assert ran.code == 0 and "--agent-name" in " ".join(ran.out.split())
    evidence = read_json(tmp_path / "o.json")["evidence"]
    assert "cli.earlier_no_agent" in {n["code"] for n in evidence["notes"]}
    assert evidence["metallic"]["agent"]["compared"]["calls"] == 0


def test_the_original_is_the_same_bytes_after_every_verb(tmp_path):
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    checksums = {p: sha256(p) for p in (call, call.with_suffix(".vtt"))}
    for verb in ("analyse", "turns", "floor", "voice"):
        assert timbre(verb, call).code == 0
    assert {p: sha256(p) for p in checksums} == checksums
    assert names_in(tmp_path) == {p.name for p in checksums}


def test_an_error_of_ours_names_its_place_and_nothing_of_the_call(tmp_path, monkeypatch):
    import service.pipeline

    def broken(*args: object) -> object:
        raise RuntimeError("what the caller said")

    monkeypatch.setattr(service.pipeline, "find_layout", broken)
    ran = timbre("analyse", part(tmp_path, seconds=6), "--json", tmp_path / "o.json")
    assert_one_sentence(ran, code=1)
    assert "RuntimeError" in ran.err and "caller" not in ran.err
    assert names_in(tmp_path) == {"call.wav"}
