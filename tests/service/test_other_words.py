"""The same sound with other words: nothing of pitch, loudness, pause or overlap may move."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path

import pytest

from audio.decode import DecodeLimits
from service.calls import CallFiles, Choices
from service.demo.site import shipped_calls
from service.pipeline import analysed
from service.scoring.evidence import Evidence
from service.scoring.rubric_file import load_rubric
from service.words.imported import read_transcript
from tests.calls import rate_hz, sound, tools, wav

PART_S = 24
OF_WORDS = {"wpm", "fillers", "articulation_rate", "rate_cv", "rate_ratio"}
"""Measures that count words, or syllables where there are words."""
OTHER = "river window garden lamp corner paper music stone ladder orange basket table".split()  # noqa: SIM905 - words


def heard(folder: Path, transcript: str) -> Evidence:
    recording, words = folder / "call.wav", folder / "call.vtt"
    recording.write_bytes(wav(sound("en_recited")[:, : PART_S * rate_hz("en_recited")], rate_hz=rate_hz("en_recited")))
    words.write_text(transcript, encoding="utf-8")
    files = CallFiles(recording, transcript=read_transcript(words))
    choices = Choices(agent_channel=0, language="en")
    with analysed(files, tools(), load_rubric("inbound_service"), choices, limits=DecodeLimits()) as analysis:
        return analysis.evidence


def with_other_words(transcript: str) -> str:
    """Every spoken line with as many other words; cues and names of speakers stay."""
    others = cycle(OTHER)

    def line(text: str) -> str:
        spoken = re.fullmatch(r"(<v [^>]*>)(.*)", text)
        if spoken is None:
            return text
        return spoken[1] + " ".join(next(others) for _ in spoken[2].split())

    return "\n".join(map(line, transcript.splitlines())) + "\n"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, Evidence]:
    (path,) = [p for p in shipped_calls() if p.stem == "en_recited"]
    said = path.with_suffix(".vtt").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("words")
    return heard(folder, said), heard(folder, with_other_words(said))


def test_the_words_are_others(pair: tuple[Evidence, Evidence]) -> None:
    one, other = ([t.text for t in e.turns if t.text] for e in pair)
    assert len(one) > 3 and not set(one) & set(other)
    assert len(pair[0].acts) > len(pair[1].acts)


def test_speech_turns_and_floor_stay(pair: tuple[Evidence, Evidence]) -> None:
    one, other = pair
    assert one.speech == other.speech and one.floor == other.floor
    assert [(t.party, t.span, t.ipus) for t in one.turns] == [(t.party, t.span, t.ipus) for t in other.turns]


def test_pitch_and_loudness_of_every_turn_stay(pair: tuple[Evidence, Evidence]) -> None:
    def voices(evidence: Evidence) -> list[object]:
        found = (t.voice for t in evidence.turns if t.voice is not None)
        return [
            (v.voiced_s, v.pitch_spread_st, v.loudness_spread_db, v.endings, v.pitch_z, v.loudness_z) for v in found
        ]

    one, other = map(voices, pair)
    assert one == other and one


def test_every_measure_stays_but_those_that_count_words(pair: tuple[Evidence, Evidence]) -> None:
    def values(evidence: Evidence) -> dict[tuple[str, str], float | None]:
        found = [*evidence.measures.items(), ("call", evidence.call_measures)]
        return {(str(p), m.name): m.value for p, ms in found for m in ms if m.name not in OF_WORDS}

    one, other = map(values, pair)
    assert one == other and any(value is not None for value in one.values())
