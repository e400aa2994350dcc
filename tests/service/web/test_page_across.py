"""One gesture beside earlier calls on the page: numbers as context, wording alone where the voice is not shown."""

from __future__ import annotations

import re

import pytest

from audio.notes import Measure
from audio.timeline import Span
from service.labels import Labels
from service.say import LANGS, Lang
from service.scoring.evidence import AcrossCalls, Evidence, Repeat
from service.scoring.judgement import Occurrence
from service.scoring.rounding import rounded
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge_rounded
from service.scoring.views import shown_to, without_other_calls
from service.web.page import render_page
from service.web.page_across import repeat_sentence
from tests import sample_result as sample
from tests.service.earlier_results import result
from tests.service.scoring.builder import robot_call

HEARD = Repeat(
    act="offer_help", turn=2, span=Span(6.8, 10.2), calls=12, same_words=10, compared=9, alike=8, apart_st=0.42,
    apart_gaps=0.06, others=14, others_st=1.3, others_gaps=0.18, others_differ_more=True,
)  # fmt: skip
ONE = Occurrence(turn=2, span=Span(6.8, 10.2), quote="", rule="")
SHARE = Measure("scripted_share", 34.0, "%", "imported WebVTT", 812.0, "n")
VOICE = {"fr": r"mélodie|demi-ton|durées", "en": r"melody|semitone|timing"}


def across(*repeats: Repeat) -> AcrossCalls:
    return AcrossCalls(used=("call1",), scripted_share=SHARE, repeats=repeats)


def said(repeat: Repeat, lang: Lang) -> str:
    return repeat_sentence(across(repeat), ONE, Labels(lang))


def test_it_says_how_often_how_near_and_what_others_do() -> None:
    assert said(HEARD, "en") == (
        "Same words in 10 of the agent's last 12 calls. Melody and timing nearly the same in 8 of 9 that could be "
        "compared (median 0.4 semitones and 6% apart). 14 readings of these words by other people differ more "
        "(1.3 semitones, 18%)."
    )


@pytest.mark.parametrize("lang", LANGS)
def test_without_the_voice_the_wording_is_left(lang: Lang) -> None:
    text = said(HEARD.without_voice(), lang)
    assert "10" in text and "12" in text and not re.search(VOICE[lang], text, re.I)


@pytest.mark.parametrize("lang", LANGS)
def test_few_readings_and_near_ones_are_said(lang: Lang) -> None:
    near = said(HEARD.model_copy(update={"others_differ_more": False}), lang)
    few = said(HEARD.model_copy(update={"others_differ_more": None}), lang)
    assert len({near, few, said(HEARD, lang)}) == 3
    pairs = HEARD.model_copy(update={"compared": 4})
    assert not re.search(VOICE[lang], said(pairs, lang), re.I)  # four sayings are too few to speak of


def test_another_saying_and_no_archive_say_nothing() -> None:
    elsewhere = ONE.model_copy(update={"span": Span(20.0, 22.0)})
    assert repeat_sentence(across(HEARD), elsewhere, Labels("en")) == ""
    assert repeat_sentence(None, ONE, Labels("en")) == ""


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_it_beside_its_gesture_to_those_who_may(monkeypatch, lang: Lang) -> None:
    sample.speak_sample(monkeypatch)
    evidence = sample.evidence(policy="words_and_turns", across=across(HEARD))
    judgement = sample.judgement(policy="words_and_turns")
    coach = render_page(evidence, judgement, lang=lang)
    others = render_page(*shown_to("others", evidence, judgement), lang=lang)
    gesture = coach[coach.index('id="gesture-4"') :].split("</details>")[0]
    assert said(HEARD, lang) in gesture.replace("&#39;", "'")
    assert said(HEARD.without_voice(), lang) in others.replace("&#39;", "'")
    assert said(HEARD, lang) not in others.replace("&#39;", "'")
    assert Labels(lang).of("measure", "scripted_share") in others


def test_no_verdict_no_score_and_no_moment_rests_on_it() -> None:
    evidence, rubric = rounded(robot_call().build()), load_rubric("inbound_service")
    acts = [a for a in evidence.acts if a.party == "agent"]
    told = across(*(HEARD.model_copy(update={"act": a.id, "turn": a.turn, "span": a.span}) for a in acts))
    assert judge_rounded(evidence.model_copy(update={"across": told}), rubric) == judge_rounded(evidence, rubric)


def test_ids_of_other_calls_are_for_those_who_may_know_of_them() -> None:
    found = result(1).metallic["agent"]
    compared = found.compared.model_copy(update={"used": ("call1",)})
    evidence: Evidence = result(1).model_copy(
        update={"across": across(HEARD), "metallic": {"agent": found.model_copy(update={"compared": compared})}}
    )
    assert "call1" in evidence.model_dump_json() and "call1" not in without_other_calls(evidence).model_dump_json()
