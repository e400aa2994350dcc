"""Invented text goes, speech stays, and the reader is told how much went."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.whisper_guards import Guards, compression_ratio, without_loops


def segment(text: str, *, no_speech: float = 0.1, logprob: float = -0.3) -> Any:
    words = [SimpleNamespace(word=f" {w}", start=0.0, end=0.1, probability=0.9) for w in text.split()]
    return SimpleNamespace(text=text, words=words, no_speech_prob=no_speech, avg_logprob=logprob, compression_ratio=1.0)


def kept(text: str) -> str:
    words = text.split()
    return " ".join(words[i] for i in without_loops(words))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("je vois le je vois le je vois le je vois le dossier", "je vois le dossier"),
        ("oui " * 20 + "bon", "oui bon"),
        ("non non non non", "non non non non"),  # people say that
        ("Merci. merci, merci merci merci merci merci merci", "Merci."),
        ("deux deux un deux deux un", "deux deux un deux deux un"),
        ("", ""),
    ],
)
def test_loops_are_kept_once(said: str, expected: str) -> None:
    assert kept(said) == expected


@given(st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=60))
def test_what_stays_is_in_order_and_has_no_loop_left_at_its_start(words: list[str]) -> None:
    indexes = without_loops(words)
    assert indexes == sorted(set(indexes))
    assert not words or indexes[0] == 0


def test_a_loop_is_cut_and_counted_and_the_rest_is_kept() -> None:
    guards = Guards()
    words = guards.words_of(segment("bonjour madame " + "je vérifie le " * 9 + "contrat"))
    assert "".join(w.word for w in words) == " bonjour madame je vérifie le contrat"
    assert [(n.code, n.params["count"]) for n in guards.notes()] == [("store.loops_dropped", 1)]


def test_what_still_compresses_too_well_is_dropped() -> None:
    text = " ".join(f"la la {'lo' * (i % 3)} la li la la" for i in range(40))
    assert compression_ratio(text) > 2.4
    guards = Guards()
    assert guards.words_of(segment(text)) == [] and guards.loops == 1


def test_silence_with_unsure_words_is_dropped() -> None:
    guards = Guards()
    assert guards.words_of(segment("merci", no_speech=0.9, logprob=-1.5)) == []
    assert guards.words_of(segment("merci", no_speech=0.9, logprob=-0.2)) and guards.silent == 1


@pytest.mark.parametrize(
    "line", ["Sous-titres réalisés par la communauté d'Amara.org", "Sous-titrage ST' 501", "Thanks for watching!"]
)
def test_film_credits_are_dropped_when_they_are_all_there_is(line: str) -> None:
    guards = Guards()
    assert guards.words_of(segment(line)) == [] and guards.credits == 1


@pytest.mark.parametrize("line", ["les sous-titres de la télé ne marchent plus", "thanks", "thank you for waiting"])
def test_ordinary_lines_are_no_credits(line: str) -> None:
    assert Guards().words_of(segment(line))
