"""The real faster-whisper inside the command: words spoken on two channels arrive on the right party at their second.

The model is built here from numpy weights (tests/tiny_whisper.py): it writes the words whose pilot tones it hears, each
from half-way to the tone before until half-way to the next one, and faster-whisper shortens what lasts over 1.4 s. So
every utterance here is short and carries one tone. Its voice is the shipped English call's, made quiet and low-passed,
so that speech detection keeps the stretch and no voice lights a tone's band by itself.
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
SPEECH_GAIN = 0.3
SPEECH_BELOW_HZ = 600.0  # the lexicon's tones lie at 700 Hz and above
TONE_LEVEL = 0.2
TONE_S = 0.5
UTTERANCE_S, APART_S = 1.3, 3.0
WORD_TOLERANCE_S = 0.5  # of the tone's middle to the word's span; the times of the tiny model are no better
SAID = (("agent", "hello"), ("customer", "wait"), ("agent", "thanks"), ("customer", "please"), ("agent", "goodbye"))
PARTIES = ("agent", "customer")


@dataclass(frozen=True)
class Pilot:
    """A word in the sound: whose channel, and the middle of its tone."""

    party: str
    word: str
    middle_s: float


def pilots() -> list[Pilot]:
    """The words in time order, one in each utterance."""
    return [
        Pilot(party, word, 1.0 + i * (UTTERANCE_S + APART_S) + UTTERANCE_S / 2) for i, (party, word) in enumerate(SAID)
    ]


def words_said(party: str) -> list[str]:
    return [word for who, word in SAID if who == party]


def voices(party: str) -> list[np.ndarray]:
    """Stretches of a party's own speech, UTTERANCE_S each: of each long line the one that never falls silent."""
    rate = rate_hz(CALL)
    low = butter(8, SPEECH_BELOW_HZ, "low", fs=rate, output="sos")
    channel = np.asarray(sosfilt(low, sound(CALL)[PARTIES.index(party)] * SPEECH_GAIN), dtype=np.float32)
    n = round(UTTERANCE_S * rate)
    lines = read_transcript(SHIPPED / f"{CALL}.vtt").lines
    spans = [line.span for line in lines if (line.speaker == "Agent") == (party == "agent") and line.span]
    found = []
    for span in spans:
        if span.duration_s > 1.5:
            starts = range(round(span.start_s * rate), round(span.end_s * rate) - n, rate // 10)
            at = max(starts, key=lambda first: _quietest(channel[first : first + n], rate // 10))
            found.append(channel[at : at + n])
    return found


def _quietest(samples: np.ndarray, size: int) -> float:
    """Power of the quietest tenth of a second."""
    return float(np.square(samples[: len(samples) // size * size].reshape(-1, size)).mean(axis=1).min())


def with_tones() -> np.ndarray:
    """A call of short utterances, shape (2, n_samples), each with its pilot tone."""
    rate = rate_hz(CALL)
    spoken = {party: iter(voices(party)) for party in PARTIES}
    samples = np.zeros((2, round((pilots()[-1].middle_s + APART_S) * rate)), np.float32)
    samples += 1e-4 * np.random.default_rng(3).normal(size=samples.shape).astype(np.float32)
    fade = np.minimum(1, np.minimum(np.arange(n := round(UTTERANCE_S * rate)), np.arange(n)[::-1]) / (0.02 * rate))
    for pilot in pilots():
        middle, channel = round(pilot.middle_s * rate), samples[PARTIES.index(pilot.party)]
        channel[middle - n // 2 : middle - n // 2 + n] += next(spoken[pilot.party]) * fade.astype(np.float32)
        heard = tone(pilot.word, 0.0, TONE_S, rate_hz=rate, level=TONE_LEVEL, dur_s=TONE_S)
        channel[middle - len(heard) // 2 : middle - len(heard) // 2 + len(heard)] += heard
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
        assert end_s - start_s < 3.0


@pytest.mark.parametrize("party", PARTIES)
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
    assert [w["text"] for w in words_of(evidence, "agent")] == words_said("customer")
    assert [w["text"] for w in words_of(evidence, "customer")] == words_said("agent")


def test_a_transcript_beside_the_call_wins_over_the_recogniser(tmp_path, weights, samples):
    (tmp_path / "call.vtt").write_bytes((SHIPPED / f"{CALL}.vtt").read_bytes())
    _, evidence = analysed(tmp_path, samples, weights)
    assert evidence["words"]["source"] == "imported webvtt"


def test_on_one_channel_words_keep_their_second_and_go_to_whoever_speaks_there(tmp_path, weights, samples):
    said = pilots()[:3]  # with more in one window the tiny model loses the order
    end = round((said[-1].middle_s + APART_S / 2) * rate_hz(CALL))
    mono = samples[:, :end].sum(axis=0, keepdims=True)
    _, evidence = analysed(tmp_path, mono, weights, "--language", "en", "--speakers", "2")
    assert evidence["source"] == "diarized mono"
    turns = [turn for turn in evidence["turns"] if turn["words"]]
    everything = sorted((w for t in turns for w in t["words"]), key=lambda w: w["span"]["start_s"])
    assert_at_their_second(everything, said)
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
