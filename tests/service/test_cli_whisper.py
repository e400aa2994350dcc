"""The real faster-whisper inside the command: words spoken on two channels arrive on the right party at their second.

The model is built here from numpy weights (tests/tiny_whisper.py): it writes the words whose pilot tones it hears.
The tones lie under the shipped English call, whose voices are made quiet and low-passed, so that speech detection
keeps the stretch and no voice lights a tone's band by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from service.words.imported import read_transcript
from tests.calls import SHIPPED, Ran, rate_hz, read_json, sound, timbre, wav
from tests.tiny_whisper import build, tone

CALL = "en_lived"
SPEECH_GAIN = 0.1
SPEECH_BELOW_HZ = 1200.0  # the tones used lie at 1700 Hz and above
TONE_LEVEL = 0.2
TONE_S = 0.5
BEFORE_THE_END_S = 1.0
"""A tone's middle lies this long before its line ends: the tiny model puts a last word's end half-way to the end."""
APART_S = 2.5
"""Lines with this much silence of their party behind them end a window of the recogniser."""
LONGEST_S = 5.5  # the tiny model loses the time of a lone tone that comes later in its window
WORD_TOLERANCE_S = 0.5  # borders fall half-way between a tone and the end of its window, 1 s later: half of that
SAID = {"agent": ("hello", "thanks", "goodbye"), "customer": ("wait", "please")}


@dataclass(frozen=True)
class Pilot:
    """A word in the sound: whose channel, and the middle of its tone."""

    party: str
    word: str
    middle_s: float


def pilots() -> list[Pilot]:
    """Each party's words, in its longest lines that end a stretch of its speech, in time order."""
    lines = read_transcript(SHIPPED / f"{CALL}.vtt").lines
    found: list[Pilot] = []
    for party, words in SAID.items():
        spans = sorted(line.span for line in lines if (line.speaker == "Agent") == (party == "agent"))
        nexts = [span.start_s for span in spans[1:]] + [np.inf]
        ending = [span for span, after_s in zip(spans, nexts, strict=True) if after_s - span.end_s > APART_S]
        ending = [span for span in ending if span.duration_s < LONGEST_S]
        chosen = sorted(sorted(ending, key=lambda span: -span.duration_s)[: len(words)])
        found += [Pilot(party, w, s.end_s - BEFORE_THE_END_S) for w, s in zip(words, chosen, strict=True)]
    return found


def with_tones() -> np.ndarray:
    """The call's two channels, quiet and dull, with a pilot tone for each word; shape (2, n_samples)."""
    rate = rate_hz(CALL)
    low = butter(8, SPEECH_BELOW_HZ, "low", fs=rate, output="sos")
    samples = np.asarray(sosfilt(low, sound(CALL) * SPEECH_GAIN), dtype=np.float32)
    for pilot in pilots():
        start_s = pilot.middle_s - TONE_S / 2
        heard = tone(pilot.word, 0.0, TONE_S, rate_hz=rate, level=TONE_LEVEL, dur_s=TONE_S)
        first = round(start_s * rate)
        samples[0 if pilot.party == "agent" else 1, first : first + len(heard)] += heard
    return samples


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return with_tones()


def analysed(folder: Path, samples: np.ndarray, weights: Path, *args: str) -> tuple[Ran, Any]:
    call = folder / "call.wav"
    call.write_bytes(wav(samples, rate_hz=rate_hz(CALL)))
    ran = timbre("analyse", call, "--transcriber", weights, "--json", folder / "o.json", "--lang", "en", *args)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran, read_json(folder / "o.json")["evidence"]


@pytest.fixture(scope="module")
def heard(tmp_path_factory, weights, samples) -> tuple[Ran, Any]:
    return analysed(tmp_path_factory.mktemp("heard"), samples, weights, "--agent-channel", "left")


def words_of(evidence: Any, party: str) -> list[Any]:
    return [word for turn in evidence["turns"] if turn["party"] == party for word in turn["words"]]


def assert_at_their_second(words: list[Any], expected: list[Pilot]) -> None:
    assert [w["text"] for w in words] == [p.word for p in expected]
    for word, pilot in zip(words, expected, strict=True):
        start_s, end_s = word["span"]["start_s"], word["span"]["end_s"]
        assert start_s - WORD_TOLERANCE_S <= pilot.middle_s <= end_s + WORD_TOLERANCE_S, (word, pilot)
        assert end_s - start_s < 3.0  # a word may reach half-way to the next tone


@pytest.mark.parametrize("party", SAID)
def test_each_channel_s_words_arrive_on_its_party_at_their_second(heard, party):
    assert_at_their_second(words_of(heard[1], party), [p for p in pilots() if p.party == party])


def test_the_words_say_where_they_come_from(heard):
    words = heard[1]["words"]
    assert words["available"] and words["word_times"]
    assert words["source"].startswith("faster-whisper tiny sha256:") and words["source"].endswith("int8")
    assert heard[1]["tools"]["words"] == words["source"]
    assert words["median_confidence"] > 0.5


def test_the_language_is_heard_once_when_nobody_tells(heard):
    words = heard[1]["words"]
    assert (words["language"], words["language_decided_by"]) == ("en", "audio")


def test_their_acts_are_found_on_the_party_that_said_them(heard):
    acts = {(act["party"], act["id"]) for act in heard[1]["acts"]}
    assert ("agent", "thanks") in acts or ("agent", "greeting") in acts
    assert not {act for party, act in acts if party == "customer"} & {"greeting", "thanks", "closing"}


def test_crossed_channels_cross_the_words(tmp_path, weights, samples):
    _, evidence = analysed(tmp_path, samples[::-1], weights, "--agent-channel", "left", "--language", "en")
    assert [w["text"] for w in words_of(evidence, "agent")] == list(SAID["customer"])
    assert [w["text"] for w in words_of(evidence, "customer")] == list(SAID["agent"])


def test_a_transcript_beside_the_call_wins_over_the_recogniser(tmp_path, weights, samples):
    (tmp_path / "call.vtt").write_bytes((SHIPPED / f"{CALL}.vtt").read_bytes())
    _, evidence = analysed(tmp_path, samples, weights)
    assert evidence["words"]["source"] == "imported webvtt"


def laid_apart(samples: np.ndarray) -> tuple[np.ndarray, list[Pilot]]:
    """One channel, shape (1, n_samples): the short lines one after the other, each a window of the recogniser."""
    rate, pause = rate_hz(CALL), np.zeros(round(APART_S * rate_hz(CALL)), np.float32)
    pieces, moved, at_s = [pause], [], APART_S
    for line in read_transcript(SHIPPED / f"{CALL}.vtt").lines:
        if not 1.0 < line.span.duration_s < LONGEST_S:
            continue
        party = "agent" if line.speaker == "Agent" else "customer"
        channel = samples[0 if party == "agent" else 1]
        pieces += [channel[round(line.span.start_s * rate) : round(line.span.end_s * rate)], pause]
        by_s = at_s - line.span.start_s
        moved += [
            Pilot(party, p.word, p.middle_s + by_s)
            for p in pilots()
            if p.party == party and line.span.contains(p.middle_s)
        ]
        at_s += line.span.duration_s + APART_S
    return np.concatenate(pieces)[np.newaxis], moved


def test_on_one_channel_words_keep_their_second_and_go_to_whoever_speaks_there(tmp_path, weights, samples):
    mono, expected = laid_apart(samples)
    assert sorted(p.word for p in expected) == sorted(word for words in SAID.values() for word in words)
    _, evidence = analysed(tmp_path, mono, weights, "--language", "en")
    assert evidence["source"] == "diarized mono"
    turns = [turn for turn in evidence["turns"] if turn["words"]]
    everything = sorted((w for t in turns for w in t["words"]), key=lambda w: w["span"]["start_s"])
    assert_at_their_second(everything, expected)
    for turn in turns:
        assert turn["span"]["start_s"] - WORD_TOLERANCE_S <= turn["words"][0]["span"]["end_s"]
        assert turn["words"][-1]["span"]["start_s"] <= turn["span"]["end_s"] + WORD_TOLERANCE_S


def test_a_folder_that_holds_no_weights_is_one_sentence(tmp_path, samples):
    (tmp_path / "call.wav").write_bytes(wav(samples[:, :80000], rate_hz=rate_hz(CALL)))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.bin").write_bytes(b"no weights at all")
    ran = timbre("analyse", tmp_path / "call.wav", "--transcriber", tmp_path / "model")
    assert ran.code == 2 and len(ran.err_lines) == 1 and "Traceback" not in ran.err
    assert str(tmp_path) not in ran.err
