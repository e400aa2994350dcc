"""From speech to words: whose, in which language, decided how; and no words without a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, Word
from models.protocols import Recognised
from service.hearing import Heard, Voice
from service.wording import from_recogniser, from_transcript, without_words
from service.words.transcript import Line, Transcript

FRENCH = "bonjour je vous écoute et nous allons voir ce que vous avez dit"
DURATION_S = 20.0


def heard(*, mono: bool = False) -> Heard:
    channel = Channel(0, np.zeros(8000 * 20, np.float32), 8000)
    kind = "speaker" if mono else "channel"
    speech = ([Span(0, 5)], [Span(6, 12)])
    voices = tuple(Voice(f"{kind}_{i}", channel, s, s) for i, s in enumerate(speech))
    return Heard(voices, "diarized mono" if mono else "two channels", "x" if mono else None, ())


def transcript(text: str = FRENCH, language: str | None = None) -> Transcript:
    return Transcript(
        (Line(text, span=Span(0, 5), speaker="agent"), Line("oui", span=Span(6, 7), speaker="client")), "srt", language
    )


@dataclass
class Recogniser:
    """Says one word per region it is given, and remembers which language it was asked for."""

    language: str = "fr"
    name: str = "fake 1"
    asked: list[str | None] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def transcribe(self, channel, speech, *, language, hotwords=None, on_progress=None):
        self.asked.append(language)
        if on_progress:
            on_progress(1.0)
        words = tuple(Word(f"mot{s.start_s:.0f}", Span(s.start_s, s.start_s + 1), 0.8) for s in speech)
        return Recognised(words, language or self.language, 1.0, self.name)


def recognised(recogniser: Recogniser, *, language: str | None = None, mono: bool = False):
    shares = recogniser.shares
    return from_recogniser(
        recogniser, heard(mono=mono), duration_s=DURATION_S, language=language, on_progress=shares.append
    )


@pytest.mark.parametrize(
    ("asked", "said", "language", "by"),
    [
        ("en", "fr", "en", "option"),
        (None, "fr-CA", "fr", "transcript"),
        (None, None, "fr", "words"),
        (None, "de", "fr", "words"),
    ],
)
def test_an_option_wins_then_the_transcript_then_its_words(asked, said, language, by):
    info = from_transcript(transcript(language=said), heard(), duration_s=DURATION_S, language=asked).info
    assert (info.language, info.language_decided_by) == (language, by)


def test_words_in_no_known_language_are_not_assessable_and_say_so():
    info = from_transcript(transcript("xyzzy plugh"), heard(), duration_s=DURATION_S, language=None).info
    assert not info.available and info.reason is not None and info.reason.code == "cli.language_unknown"


def test_a_transcript_of_another_stretch_leaves_no_words_and_says_so():
    beyond = Transcript((Line("bonjour", span=Span(100, 101)),), "srt", "fr")
    found = from_transcript(beyond, heard(), duration_s=DURATION_S, language=None)
    assert not found.info.available and found.info.reason == Note("cli.no_words") and found.notes


def test_each_channel_is_recognised_apart_and_the_language_is_decided_once():
    recogniser = Recogniser()
    found = recognised(recogniser)
    assert {label: [w.text for w in said] for label, said in found.words.items()} == {
        "channel_0": ["mot0"],
        "channel_1": ["mot6"],
    }
    assert recogniser.asked == [None, "fr"]
    assert (found.info.source, found.info.median_confidence, found.info.word_times) == ("fake 1", 0.8, True)
    assert found.info.language_decided_by == "audio"


def test_a_language_that_was_given_is_never_asked_of_the_sound():
    recogniser = Recogniser()
    assert recognised(recogniser, language="en").info.language == "en" and recogniser.asked == ["en", "en"]


def test_on_mono_the_sound_is_recognised_once_and_words_go_where_somebody_speaks():
    recogniser = Recogniser()
    found = recognised(recogniser, mono=True)
    assert len(recogniser.asked) == 1
    assert [w.text for w in found.words["speaker_0"]] == ["mot0"]
    assert [w.text for w in found.words["speaker_1"]] == ["mot6"]


@pytest.mark.parametrize("mono", [False, True])
def test_progress_grows_to_the_end(mono):
    recogniser = Recogniser()
    recognised(recogniser, mono=mono)
    assert recogniser.shares == sorted(recogniser.shares) and recogniser.shares[-1] == 1.0


def test_a_recogniser_that_hears_nothing_is_a_reason():
    class Deaf(Recogniser):
        def transcribe(self, channel, speech, *, language, hotwords=None, on_progress=None):
            return Recognised((), "", 0.0, self.name)

    info = recognised(Deaf()).info
    assert not info.available and info.reason == Note("cli.no_words")


def test_without_transcript_and_recogniser_the_reason_is_kept():
    assert without_words(Note("cli.transcriber_off")).info.reason == Note("cli.transcriber_off")
