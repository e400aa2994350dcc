"""What the voice bench is made of: lines, damaged words, and what luck gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audio.timeline import Span, Word
from tests.audio.signals import mu_law
from tests.bench.voice.fairness import by_luck
from tests.bench.voice.lines import a_law
from tests.bench.voice.rate import DAMAGES, SHARE
from tests.bench.voice.spoken import is_syllable

WORDS = [Word(f"mot{i}", Span(i, i + 1)) for i in range(100)]


@pytest.mark.parametrize("law", [a_law, mu_law])
def test_a_companded_sine_keeps_its_level_and_38_db(law: object) -> None:
    assert callable(law)
    sine = (0.3 * np.sin(np.arange(8000) / 3.7)).astype(np.float32)
    error = law(sine) - sine
    assert 10 * np.log10(np.mean(sine**2) / np.mean(error**2)) == pytest.approx(38, abs=2)  # dB, 8-bit G.711


def test_a_law_is_odd_and_keeps_silence() -> None:
    x = np.linspace(-1, 1, 101, dtype=np.float32)
    np.testing.assert_allclose(a_law(x), -a_law(-x), atol=1e-6)
    assert a_law(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("name", "n", "n_changed"), [("wrong", 100, 15), ("missing", 85, 0), ("mixed", 92, 7)])
def test_damaged_words_are_as_many_as_they_say(name: str, n: int, n_changed: int) -> None:
    found = DAMAGES[name](WORDS, np.random.default_rng(1), ["autre"])
    assert (len(found), sum(w.text == "autre" for w in found)) == (n, n_changed)


def test_absorbed_words_leave_no_hole_behind_the_first_kept_one() -> None:
    found = DAMAGES["absorbed"](WORDS, np.random.default_rng(1), [])
    assert len(found) == round((1 - SHARE) * len(WORDS))
    assert all(a.span.end_s == b.span.start_s for a, b in pairwise(found))


def test_luck_gives_small_groups_more_than_large_ones_and_a_flag_that_never_falls_nothing() -> None:
    assert by_luck(0.0, [10, 10]) == 0.0
    assert by_luck(0.1, [1000, 1000]) < by_luck(0.1, [10, 10])
    assert by_luck(0.5, [100, 100]) == pytest.approx(14, abs=2)  # 1.96 * sqrt(2 * 0.25 / 100)


@pytest.mark.parametrize(("ipa", "syllable"), [("ɑ̃", True), ("n̩", True), ("eɪ", True), ("(en)", False), ("", False)])
def test_vowels_and_syllabic_consonants_are_syllables(ipa: str, syllable: bool) -> None:
    assert is_syllable(ipa) == syllable
