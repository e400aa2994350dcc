"""Room after the agent's questions: how many had it, of how many, and why not when nobody can tell."""

from __future__ import annotations

import pytest

from service.asking import MIN_QUESTIONS, measure_room
from service.refinding import rested
from tests.service.scoring.builder import CallBuilder

ASKED = "{closed_question:depuis quand}"


def call(*turns: str, **options: bool) -> CallBuilder:
    """Questions of the agent, each followed by an answer 0.7 s later."""
    said = CallBuilder(**options).agent("bonjour").customer("bonjour")  # type: ignore[arg-type]
    for turn in turns:
        said = said.agent(turn).customer("depuis lundi matin", gap_s=0.7)
    return said


def test_the_share_counts_questions_with_room() -> None:
    cut = f"{ASKED} | et puis je regarde votre dossier tout de suite"  # goes on after 0.4 s
    found = measure_room(call(ASKED, ASKED, cut, ASKED).build())
    assert (found.name, found.unit, found.material, found.material_unit) == ("room_after_question", "%", 4, "n")
    assert found.value == pytest.approx(75.0) and found.reason is None


def test_two_questions_in_one_breath_leave_one_without_room() -> None:
    found = measure_room(call(f"{ASKED} {{open_question:que voyez vous}}", ASKED, ASKED).build())
    assert found.material == 4 and found.value == pytest.approx(75.0)


def test_few_questions_and_no_words_have_their_reasons() -> None:
    few = measure_room(call(*[ASKED] * (MIN_QUESTIONS - 1)).build())
    assert few.value is None and few.reason is not None and few.reason.code == "floor.too_few_questions"
    assert few.material == MIN_QUESTIONS - 1
    silent = measure_room(call(ASKED, ASKED, ASKED, words=False).build())
    assert silent.value is None and silent.reason is not None


def test_the_measure_stands_with_the_agent_s_others() -> None:
    evidence = call(ASKED, ASKED, ASKED).build()
    added = rested(evidence, evidence.acts)
    assert [m.name for m in added.measures["agent"]][-1] == "room_after_question"
    assert len(added.measures["agent"]) == len(evidence.measures["agent"]) + 1
