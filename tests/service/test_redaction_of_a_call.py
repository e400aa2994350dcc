"""A call in which a number is dictated: nothing written holds it, no measure changes, and its sound can be silenced."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import av
import numpy as np
import pytest

from audio.timeline import Span
from tests.calls import read_json, timbre, write_shipped

SAID = "au zéro six douze trente-quatre cinquante-six soixante-dix-huit"
WRITTEN = "carte 4970 1010 3456 7895"
SECRETS = ("zéro six", "trente-quatre", "cinquante-six", "4970", "3456")
LINE = "ma box clignote en rouge depuis lundi"
QUIET = 0.02  # of the loudest sample: Opus leaves a little of the edges
EDGE_S = 0.4


@pytest.fixture
def call(tmp_path: Path) -> Path:
    path = write_shipped(tmp_path, "fr_recite", transcript=True)
    words = path.with_suffix(".vtt")
    text = words.read_text(encoding="utf-8")
    assert LINE in text
    words.write_text(text.replace(LINE, f"rappelez {SAID} {WRITTEN}"), encoding="utf-8")
    return path


def analysed(call: Path, *options: str) -> dict[str, object]:
    target = call.with_name("result.json")
    ran = timbre("analyse", call, "--json", target, "--html", call.with_name("page.html"), "--quiet", *options)
    assert ran.code == 0, ran.err
    found: dict[str, object] = read_json(target)
    return found


def measures(result: dict[str, object]) -> object:
    return result["evidence"]["measures"]  # type: ignore[index]


def test_nothing_that_is_written_holds_the_number(call: Path) -> None:
    result = analysed(call, "--audio", "none")
    for name in ("result.json", "page.html"):
        text = call.with_name(name).read_text(encoding="utf-8")
        assert not [secret for secret in SECRETS if secret in text]
    evidence = result["evidence"]
    assert "[téléphone]" in json.dumps(evidence, ensure_ascii=False)
    assert {r["kind"] for r in evidence["redactions"]} == {"phone", "card"}  # type: ignore[index]
    assert evidence["redaction"] == "text"  # type: ignore[index]
    assert any(n["code"] == "cli.redacted" for n in evidence["notes"])  # type: ignore[index]


def test_the_terminal_does_not_show_it_either(call: Path) -> None:
    ran = timbre("analyse", call, "--lang", "fr")
    assert ran.code == 0 and not [secret for secret in SECRETS if secret in ran.out + ran.err]


def test_masks_change_no_measure(call: Path) -> None:
    masked = measures(analysed(call, "--audio", "none"))
    plain = analysed(call, "--audio", "none", "--redact", "none")
    assert measures(plain) == masked
    assert "trente-quatre" in json.dumps(plain, ensure_ascii=False)


def sound_of(page: str) -> tuple[np.ndarray, int]:
    island = re.search(r'id="sound-0"[^>]*>([^<]+)<', page)
    assert island is not None
    with av.open(io.BytesIO(base64.b64decode(island.group(1)))) as container:
        frames = [f.to_ndarray() for f in container.decode(audio=0)]
        return np.concatenate(frames, axis=1), container.streams.audio[0].rate


def test_its_sound_can_be_silenced(call: Path) -> None:
    result = analysed(call, "--redact", "text_and_sound")
    spans = [Span(**r["span"]) for r in result["evidence"]["redactions"]]  # type: ignore[index]
    samples, rate_hz = sound_of(call.with_name("page.html").read_text(encoding="utf-8"))
    for span in spans:
        part = samples[:, round((span.start_s - 0.1) * rate_hz) : round((span.end_s + 0.1) * rate_hz)]
        assert np.abs(part).max() < QUIET * np.abs(samples).max()
    loud = analysed(call, "--redact", "text")
    assert loud["evidence"]["redactions"] == result["evidence"]["redactions"]  # type: ignore[index]
    heard, _ = sound_of(call.with_name("page.html").read_text(encoding="utf-8"))
    at = slice(round(spans[0].start_s * rate_hz), round(spans[0].end_s * rate_hz))
    assert np.abs(heard[:, at]).max() > QUIET * np.abs(heard).max()


def test_acts_of_a_transcript_are_masked_too(call: Path) -> None:
    words = call.with_suffix(".vtt")
    masked, plain = (timbre("acts", words, "--redact", choice) for choice in ("text", "none"))
    assert masked.code == plain.code == 0
    assert not [secret for secret in SECRETS if secret in masked.out]


def test_a_wrong_choice_is_one_sentence(call: Path) -> None:
    ran = timbre("analyse", call, "--redact", "names")
    assert ran.code == 2 and len(ran.err_lines) == 1 and "text_and_sound" in ran.err
