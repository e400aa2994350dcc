"""The calls that ship are what the generator makes, small, and their transcripts fit their sound."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pytest

from service.demo.dialogue import SpokenCall
from service.demo.make_calls import SHIPPED as WANTED
from service.demo.make_calls import opus
from service.demo.site import shipped_calls
from service.demo.speak import RATE_HZ, available
from service.demo.variants import Variant, lines, speak_variant
from service.words.imported import read_transcript
from tests.calls import NAMES, SHIPPED, rate_hz, sound

TIME_TOLERANCE_S = 0.05  # another build of the synthesisers moves a line by some milliseconds
MAX_BYTES = 500_000
needs_voices = pytest.mark.skipif(not available(), reason="espeak-ng and flite are not on this machine")


@lru_cache
def spoken(variant: Variant) -> SpokenCall:
    return speak_variant(variant)


def test_four_calls_ship_one_recited_and_one_lived_in_each_language():
    assert [path.stem for path in shipped_calls()] == list(NAMES)
    assert {(v.kind, v.language) for _, v in WANTED} == {(k, la) for k in ("recited", "lived") for la in ("fr", "en")}
    assert {name for name, _ in WANTED} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_call_is_small(name):
    assert 50_000 < (SHIPPED / f"{name}.ogg").stat().st_size < MAX_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_recited_and_lived_are_two_channels_with_a_voice_each(name):
    loudness_db = 20 * np.log10(np.sqrt(np.mean(np.square(sound(name)), axis=1)))
    assert sound(name).shape[0] == 2 and (loudness_db > -40).all()


@pytest.mark.parametrize(("name", "variant"), WANTED)
def test_the_transcript_says_the_script_word_by_word(name, variant):
    said = sorted((said.side, said.text) for said in lines(variant))
    read = read_transcript(SHIPPED / f"{name}.vtt")
    sides = {"Agent": "agent", "Client": "customer", "Customer": "customer"}
    assert sorted((sides[line.speaker], line.text) for line in read.lines) == said
    assert read.language == variant.language


@pytest.mark.parametrize("name", NAMES)
def test_the_transcript_lies_on_the_sound(name):
    """In each cue its party is louder than over its own silences, by far more than line noise."""
    for line in read_transcript(SHIPPED / f"{name}.vtt").lines:
        channel = sound(name)[0 if line.speaker == "Agent" else 1]
        first, last = round(line.span.start_s * rate_hz(name)), round(line.span.end_s * rate_hz(name))
        assert np.sqrt(np.mean(np.square(channel[first:last]))) > 0.02, line.text


@pytest.mark.espeak
@needs_voices
@pytest.mark.parametrize(("name", "variant"), WANTED)
def test_the_generator_makes_the_shipped_calls_again(name, variant):
    made, shipped = spoken(variant), read_transcript(SHIPPED / f"{name}.vtt")
    duration_s = sound(name).shape[1] / rate_hz(name)
    assert made.samples.shape[1] / RATE_HZ == pytest.approx(duration_s, abs=TIME_TOLERANCE_S)
    assert [cue.text for cue in made.cues] == [line.text for line in shipped.lines]
    for cue, line in zip(made.cues, shipped.lines, strict=True):
        assert cue.span.start_s == pytest.approx(line.span.start_s, abs=TIME_TOLERANCE_S)
        assert cue.span.end_s == pytest.approx(line.span.end_s, abs=TIME_TOLERANCE_S)


@pytest.mark.espeak
@needs_voices
def test_the_coded_call_is_the_same_twice_and_small():
    call = spoken(WANTED[0][1])
    assert opus(call) == opus(call)
    assert len(opus(call)) < MAX_BYTES


@pytest.mark.espeak
@needs_voices
@pytest.mark.parametrize(("name", "variant"), WANTED)
def test_nobody_speaks_on_the_other_channel(name, variant):
    """Each line is on its own party's channel only: the other holds line noise or that party's own line."""
    call = spoken(variant)
    for cue in call.cues:
        alone = not any(c.side != cue.side and c.span.overlap(cue.span) for c in call.cues)
        if alone:
            other = call.samples[1 if cue.side == "agent" else 0]
            stretch = other[round(cue.span.start_s * RATE_HZ) : round(cue.span.end_s * RATE_HZ)]
            assert np.abs(stretch).max() < 0.01


def test_the_demo_says_that_its_voices_are_synthetic():
    from service.say import Say

    for lang, word in (("fr", "synthèse"), ("en", "synth")):
        assert re.search(word, Say(lang).text("cli.demo_note"), re.I)
