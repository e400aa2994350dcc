"""docs/measures.md: the page is the one the text gives, and names what the code emits, no more and no less."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

from audio.accommodation import measure_accommodation
from audio.floor import find_events, measure_floor
from audio.metallic import find_metallic, metallic_measures
from audio.notes import Measure, Note
from audio.phrase import measure_phrase, read_rest
from audio.quality import ChannelQuality
from audio.quality_measures import quality_measures
from audio.rate_ratio import measure_rate_ratio
from audio.repetition import contour_repetition
from audio.timeline import FrameTrack, Party, Span
from audio.voice import VoiceTracks, measure_voice
from audio.word_tempo import count_stretches
from service.asking import measure_room
from service.measuring import measure_together
from service.reference import ASPECTS, GROUPS, PAGE, constants, described, entries, page
from service.say import LANGS, Lang, Say
from service.words.repetition import scripted_share
from tests.audio.test_metallic import LIVELY
from tests.audio.test_metallic import made as long_voice
from tests.docstrings import docstring_of, places
from tests.sample_result import evidence as sample_evidence
from tests.service.scoring.test_sentences import emotion_words_in

SPEECH: dict[Party, list[Span]] = {"agent": [Span(0, 3), Span(8, 9)], "customer": [Span(3.5, 6)]}


def voice() -> VoiceTracks:
    nothing = np.full(600, np.nan)
    pitch, level = FrameTrack(nothing, 0.0, 0.016, "Hz"), FrameTrack(nothing, 0.0, 0.01, "dB")
    return VoiceTracks(pitch, level, np.zeros(0), tuple(SPEECH["agent"]), (), "tracker")


def emitted() -> Iterator[Measure]:
    """Every measure of the voice and of the floor; their names don't depend on what was heard."""
    counted = count_stretches(SPEECH["agent"], np.zeros(0), None, None)
    yield from measure_voice(voice(), SPEECH["agent"], source="two channels")
    yield from metallic_measures(find_metallic(voice(), SPEECH["agent"], counted), source="two channels", spoken=True)
    yield from quality_measures(ChannelQuality(None, 0.0, None, 0.0, 0.0), source="two channels")
    yield from measure_rate_ratio({}, source="two channels")
    rest = read_rest(voice(), SPEECH["agent"])
    yield from measure_phrase(voice(), SPEECH["agent"][0], rest, source="two channels").measures
    yield from contour_repetition([], source="two channels")
    yield scripted_share([], source="words")
    yield measure_room(sample_evidence())
    yield from measure_accommodation([], {}, source="two channels", mono=False)
    for mono in (False, True):
        floor = measure_floor(SPEECH, find_events(SPEECH, mono=mono), duration_s=10.0, mono=mono, source="two channels")
        yield from (m for measures in (floor.call, *floor.by_party.values()) for m in measures)


def test_every_measure_is_on_the_page_with_its_unit_and_no_other_is() -> None:
    assert {m.name: m.unit for m in emitted()} == described()
    assert len(described()) == sum(len(entry["names"]) for entry in entries())  # none stands twice


def test_the_service_adds_the_measures_of_both_voices_to_the_call() -> None:
    together = {m.name for m in measure_together([], {}, source="two channels", mono=True)}
    assert together == {name for entry in entries() if entry["group"] == "together" for name in entry["names"]}


def test_the_page_on_disk_is_the_one_the_text_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m service.reference > docs/measures.md"


@pytest.mark.parametrize("lang", LANGS)
def test_every_entry_is_whole(lang: Lang) -> None:
    for entry in entries():
        assert entry["group"] in GROUPS
        assert set(entry[lang]) == set(ASPECTS), entry["names"]
        assert all(str(text).strip() for text in entry[lang].values()), entry["names"]


@pytest.mark.parametrize(("module", "function", "text"), list(places()), ids=lambda value: str(value)[:40])
def test_the_docstring_of_its_function_says_the_same(module: str, function: str, text: str) -> None:
    assert text in docstring_of(module, function), "write them again: python -m tests.docstrings"


def test_both_languages_quote_the_same_numbers() -> None:
    quoted = set()
    for entry in entries():
        for aspect in ASPECTS:
            english, french = (_fields(str(entry[lang][aspect])) for lang in ("en", "fr"))
            assert english == french, (entry["names"], aspect)
            quoted |= english
    assert quoted <= set(constants())
    assert "{" not in page()


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_page_names_no_inner_state() -> None:
    english, french = page().split("\n---\n")
    assert emotion_words_in(re.sub(r"`[^`]*`", "", english), "en") == []
    assert emotion_words_in(re.sub(r"`[^`]*`", "", french), "fr") == []


def test_french_is_typeset() -> None:
    french = re.sub(r"`[^`]*`|\]\(.*?\)", "X", page().split("\n---\n")[1])
    assert not re.findall(r"\w'\w", french)
    assert not re.findall(r"[^\s:] ?(?<!\u00a0)[;?!%»](?!\w)", french)
    assert not re.findall(r"\d\.\d", french)  # decimal commas


GATES: Mapping[str, str] = {
    "{pitch_snr_db}": "voice.too_noisy",
    "{loudness_snr_db}": "voice.too_noisy",
    "words that cover": "voice.no_words",
    "when anybody else": "voice.others_unknown",
}
"""What a gate is called on the page, and the reason a result gives when it is not met."""


def _gated(gate: str) -> set[str]:
    """Measures of one voice that are withheld by it, as the page has it; `snr` states gates and has none."""
    voiced = ("pitch", "loudness", "rate")
    return {n for e in entries() if e["group"] in voiced and gate in str(e["en"]["gate"]) for n in e["names"]}


def _withheld(snr_db: float | None, *, known: bool = True) -> dict[str, Note]:
    made = long_voice([LIVELY] * 60)
    tracks = replace(made.tracks, others=() if known else None)
    measures = measure_voice(tracks, made.speech, snr_db=snr_db, source="two channels")
    return {m.name: m.reason for m in measures if m.value is None and m.reason is not None}


def test_the_page_names_the_gates_the_code_has_and_results_say_them_with_their_value() -> None:
    plain = _withheld(60.0)
    assert set(plain) == _gated("words that cover") and {n.code for n in plain.values()} == {GATES["words that cover"]}
    assert set(_withheld(60.0, known=False)) - set(plain) == _gated("when anybody else")
    loud, both = _withheld(22.0), _withheld(15.0)
    assert set(loud) - set(plain) == _gated("{loudness_snr_db}")
    assert set(both) - set(plain) == _gated("{loudness_snr_db}") | _gated("{pitch_snr_db}")
    for name in _gated("{pitch_snr_db}"):
        assert both[name].code == "voice.too_noisy" and both[name].params == {"snr_db": 15.0, "limit_db": 20.0}
    for lang in LANGS:
        said = Say(lang)(both["pitch_spread"])
        assert "15" in said and "20" in said


def test_measures_that_need_two_channels_are_withheld_on_one() -> None:
    asked = {n for e in entries() if str(e["en"]["gate"]).startswith("two channels") for n in e["names"]}
    mono = measure_floor(SPEECH, find_events(SPEECH, mono=True), duration_s=10.0, mono=True, source="diarized mono")
    floor = {m.name: m for ms in (mono.call, *mono.by_party.values()) for m in ms}
    together = {m.name: m for m in measure_accommodation([], {}, source="diarized mono", mono=True)}
    line = {m.name: m for m in quality_measures(ChannelQuality(40.0, 0.0, 3400.0, 0.0, 60.0), source="diarized mono")}
    found = {**floor, **together, **line}
    assert asked <= set(found) and all(found[name].value is None for name in asked)
