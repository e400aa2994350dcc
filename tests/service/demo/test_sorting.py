"""The generator's calls, sorted by the unchanged default rubric, as the tables below predict.

Recited and lived use the same synthetic voices: what tells them apart is the room given and what follows, so a row
that fails here names a rule, a rubric line or a line of the generator's script, never a voice.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from audio.decode import DecodeLimits
from service.calls import CallFiles, Choices
from service.demo.dialogue import webvtt
from service.demo.make_calls import wav
from service.demo.speak import available
from service.demo.variants import CROSSES, Kind, Language, Variant, crosses, speak_variant, variants
from service.pipeline import analysed
from service.scoring.judgement import Judgement
from service.scoring.rubric_file import load_rubric
from service.words.imported import read_transcript
from tests.calls import tools

pytestmark = [
    pytest.mark.espeak,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="espeak-ng and flite are not on this machine"),
]

QUADRANTS: dict[Kind, str] = {
    "recited": "script_only",
    "lived": "script_and_intention",
    "flat_followed": "script_and_intention",
    "lively_empty": "script_only",
    "unscripted_caring": "intention_only",
}
"""Where each kind lands. `recited_with_room` is told by its order instead: between recited and lived."""
CLEARLY = 15.0
"""Points of 100 that recited and lived lie apart at least: more than a band of the page (10 points)."""
ALL = [*variants(), *crosses()]


@dataclass(frozen=True)
class Landed:
    """What the default rubric makes of a call."""

    judgement: Judgement
    acts: frozenset[str]

    @property
    def quadrant(self) -> str | None:
        return self.judgement.quadrant

    @property
    def script(self) -> float:
        assert self.judgement.script.value is not None
        return self.judgement.script.value

    @property
    def intention(self) -> float:
        assert self.judgement.intention.value is not None
        return self.judgement.intention.value

    @property
    def verdicts(self) -> dict[str, str]:
        return {line.id: line.verdict for line in self.judgement.gestures}

    def __str__(self) -> str:
        wrong = {name: verdict for name, verdict in self.verdicts.items() if verdict != "not_expected"}
        return f"script {self.script:.0f}, intention {self.intention:.0f}, {self.quadrant}: {wrong}"


@cache
def landed(kind: Kind, language: Language, situation: int) -> Landed:
    """One call of the generator from its sound to its scorecard, the agent's channel given, the words imported."""
    variant = Variant(kind, language, situation)
    call = speak_variant(variant)
    with tempfile.TemporaryDirectory() as folder:
        recording, words = Path(folder) / "call.wav", Path(folder) / "call.vtt"
        recording.write_bytes(wav(call))
        words.write_text(webvtt(call, language=language), encoding="utf-8")
        files = CallFiles(recording, transcript=read_transcript(words))
        rubric = load_rubric("inbound_service")
        with analysed(files, tools(), rubric, Choices(agent_channel=0), limits=DecodeLimits()) as analysis:
            assert analysis.judgement is not None
            return Landed(analysis.judgement, frozenset(act.id for act in analysis.evidence.acts))


def of(variant: Variant) -> Landed:
    return landed(variant.kind, variant.language, variant.situation)


def named(variant: Variant) -> str:
    return variant.name


def test_the_generator_makes_twenty_variants_and_four_crosses_in_each_language():
    made = list(variants())
    assert len(made) == 20 and len(set(made)) == 20
    assert {v.kind for v in made} == {"recited", "lived"}
    assert sorted((v.language, v.kind) for v in crosses()) == sorted((la, k) for la in ("fr", "en") for k in CROSSES)


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind in QUADRANTS], ids=named)
def test_it_lands_in_the_quadrant_of_its_kind(variant):
    found = of(variant)
    assert found.quadrant == QUADRANTS[variant.kind], str(found)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("situation", range(5))
def test_lived_lies_clearly_above_recited_in_intention(language, situation):
    recited, lived = landed("recited", language, situation), landed("lived", language, situation)
    assert lived.intention >= recited.intention + CLEARLY, f"{recited} / {lived}"


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind in ("recited", "lively_empty")], ids=named)
def test_formulas_without_anything_around_them_are_never_lived(variant):
    """Room may fall to a recited question by chance of timing; what the customer said is never taken up."""
    verdicts = of(variant).verdicts
    needs_follow_up = ("reformulation", "empathy_phrase", "reassurance", "explanation_why", "action_commitment")
    assert not {name for name in needs_follow_up if verdicts.get(name) in ("lived", "free")}, str(of(variant))


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind in ("lived", "flat_followed")], ids=named)
def test_the_same_formulas_with_room_and_follow_up_are_lived(variant):
    verdicts = of(variant).verdicts
    assert {n: verdicts[n] for n in ("courtesy_question", "reformulation")} == {
        "courtesy_question": "lived",
        "reformulation": "lived",
    }, str(of(variant))


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind == "recited_with_room"], ids=named)
def test_recited_words_with_room_lie_between_recited_and_lived(variant):
    below, above = (landed(kind, variant.language, variant.situation) for kind in ("recited", "lived"))
    assert below.intention < of(variant).intention < above.intention, f"{below} / {of(variant)} / {above}"


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind == "recited_with_room"], ids=named)
def test_room_alone_makes_no_words_more_or_less_scripted(variant):
    recited = landed("recited", variant.language, variant.situation)
    assert of(variant).acts == recited.acts
    assert of(variant).script == pytest.approx(recited.script, abs=5.0), f"{recited} / {of(variant)}"


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind == "flat_followed"], ids=named)
def test_a_flat_voice_alone_changes_no_verdict(variant):
    lived = landed("lived", variant.language, variant.situation)
    assert of(variant).quadrant == lived.quadrant
    assert of(variant).verdicts == lived.verdicts


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind == "lively_empty"], ids=named)
def test_a_lively_voice_makes_no_empty_promise_lived(variant):
    assert of(variant).intention < 50, str(of(variant))
    assert {"pressure", "vague_promise"} <= of(variant).acts


@pytest.mark.parametrize("variant", [v for v in ALL if v.kind == "unscripted_caring"], ids=named)
def test_care_without_the_script_is_intention_without_script(variant):
    found, lived = of(variant), landed("lived", variant.language, variant.situation)
    assert found.quadrant == "intention_only" and found.intention > 70, str(found)
    assert found.script + CLEARLY < lived.script, str(found)
