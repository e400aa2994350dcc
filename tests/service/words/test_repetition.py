"""Wording that comes back: keys of phrases, and the share of words inside runs that several calls hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.say import LANGS, Lang, Say
from service.words.repetition import (
    LEAST_CALLS,
    NGRAM_WORDS,
    phrase_key,
    plain_words,
    scripted_share,
    scripted_words,
)

FORMULA = "bonjour sonia du service technique en quoi puis-je vous aider"


def call(text: str) -> tuple[str, ...]:
    return plain_words(text, "fr")


def test_the_same_words_have_the_same_key_however_they_are_written() -> None:
    assert phrase_key("Bonjour, euh, Sonia du service technique !", "fr") == phrase_key(
        "bonjour sonia du SERVICE technique", "fr"
    )
    assert phrase_key("I'm sorry to hear that.", "en") == phrase_key("I am sorry to hear that", "en")
    assert phrase_key("bonjour", "fr") != phrase_key("bonsoir", "fr")


def test_a_key_shows_no_word_and_no_words_have_none() -> None:
    key = phrase_key("Bonjour Madame Dupont", "fr")
    assert len(key) == 16 and int(key, 16) >= 0
    assert phrase_key("", "fr") == phrase_key("euh, ...", "fr") == ""


def test_a_formula_in_five_calls_is_counted_and_the_rest_is_not() -> None:
    calls = [call(f"{FORMULA} {free}") for free in ("un", "deux deux", "trois", "quatre", "cinq")]
    length = len(call(FORMULA))
    assert scripted_words(calls) == [length] * 5
    assert scripted_words(calls[:4]) == [0] * 4


def test_five_words_are_no_formula() -> None:
    calls = [call(f"un deux trois quatre cinq {x * 7}") for x in "abcde"]
    assert scripted_words(calls) == [0] * 5


def test_overlapping_and_separate_runs_count_each_word_once() -> None:
    words = tuple("abcdefgh")
    twice = (*words, "x", *words)
    assert scripted_words([twice] * 5) == [17] * 5
    others = [(*words, str(i), *words) for i in range(5)]
    assert scripted_words(others) == [16] * 5


def test_a_run_said_five_times_in_one_call_is_held_by_one_call() -> None:
    assert scripted_words([tuple("abcdef") * 5, (), (), (), ()]) == [0] * 5


def test_the_share_is_over_all_words() -> None:
    calls = [(*"abcdef", *(f"{i}{j}" for j in range(6))) for i in range(5)]
    found = scripted_share(calls, source="imported")
    assert found.value == pytest.approx(50.0) and (found.unit, found.material) == ("%", 60)


@pytest.mark.parametrize("lang", LANGS)
def test_too_few_calls_and_no_words_are_reasons(lang: Lang) -> None:
    few, none = scripted_share([("a",)] * 4, source="x"), scripted_share([], source="x")
    assert few.value is None and few.reason is not None and few.reason.code == "words.scripted_few_calls"
    assert none.value is None and none.reason is not None
    assert "{" not in Say(lang)(few.reason) and "4" in Say(lang)(few.reason)


words = st.lists(st.sampled_from("abc"), max_size=25).map(tuple)


@given(st.lists(words, max_size=8))
def test_no_call_has_more_scripted_words_than_words(calls: list[tuple[str, ...]]) -> None:
    assert all(0 <= n <= len(c) for n, c in zip(scripted_words(calls), calls, strict=True))


@given(st.lists(words, max_size=8), words)
def test_another_call_never_makes_a_call_less_scripted(calls: list[tuple[str, ...]], more: tuple[str, ...]) -> None:
    before, after = scripted_words(calls), scripted_words([*calls, more])
    assert all(b <= a for b, a in zip(before, after[:-1], strict=True))


@given(st.lists(words, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_calls_plays_no_part(calls: list[tuple[str, ...]], random: object) -> None:
    order = list(range(len(calls)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    counted = scripted_words(calls)
    assert scripted_words([calls[i] for i in order]) == [counted[i] for i in order]


@given(words, st.integers(LEAST_CALLS, 8))
def test_the_same_call_again_and_again_is_all_script(said: tuple[str, ...], times: int) -> None:
    assert scripted_words([said] * times) == [len(said) if len(said) >= NGRAM_WORDS else 0] * times


@given(st.lists(words, max_size=6))
def test_slow_and_plain_counting_agrees(calls: list[tuple[str, ...]]) -> None:
    def runs(c: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [c[i : i + NGRAM_WORDS] for i in range(len(c) - NGRAM_WORDS + 1)]

    for said, found in zip(calls, scripted_words(calls), strict=True):
        inside = {
            i + k
            for i, run in enumerate(runs(said))
            if sum(run in runs(other) for other in calls) >= LEAST_CALLS
            for k in range(NGRAM_WORDS)
        }
        assert found == len(inside)
