"""What is masked, what is not, and where the masks stand. The numbers are made up; their check digits are right."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.timeline import Span, Word
from service.words.masks import MASKED, MASKS
from service.words.redaction import mask_text, mask_words

CARD = "4970 1010 3456 7895"
IBAN = "FR14 2004 1010 0505 0001 3M02 606"
NIR = "1 85 05 78 006 084 91"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", f"ma carte c'est {CARD} voilà", "ma carte c'est [carte] voilà"),
        ("fr", f"ma carte {CARD.replace(' ', '')}", "ma carte [carte]"),
        ("fr", f"ma carte {CARD.replace(' ', '-')}.", "ma carte [carte]"),
        ("en", f"it is {CARD} thanks", "it is [card] thanks"),
        ("en", "four nine seven oh one oh one oh three four five six seven eight nine five", "[card]"),
        ("fr", f"mon compte {IBAN} merci", "mon compte [iban] merci"),
        ("fr", f"mon compte {IBAN.replace(' ', '')}", "mon compte [iban]"),
        ("en", "GB82 WEST 1234 5698 7654 32", "[iban]"),
        ("fr", f"mon numéro de sécu {NIR}", "mon numéro de sécu [sécu]"),
        ("fr", "un quatre-vingt-cinq zéro cinq soixante-dix-huit zéro zéro six zéro quatre-vingt-quatre", "[sécu]"),
        ("fr", "c'est le zéro six euh douze trente-quatre cinquante-six soixante-dix-huit", "c'est le [téléphone]"),
        ("fr", "rappelez au 06 12 34 56 78 demain", "rappelez au [téléphone] demain"),
        ("fr", "depuis la Belgique +32470123456", "depuis la Belgique [téléphone]"),
        ("en", "it's oh seven seven double zero nine hundred one two three", "it's [phone]"),
        ("en", "call (212) 555-0123 or", "call [phone] or"),
        ("fr", "écrivez à j.dupont@exemple.fr merci", "écrivez à [courriel] merci"),
        ("fr", "jean point dupont arobase exemple point fr merci", "[courriel] merci"),
        ("en", "john dot smith at example dot co dot uk please", "[email] please"),
        ("en", "j s m i t h at example dot com", "[email]"),
        ("fr", "je suis né le douze mars mille neuf cent quatre-vingt à Lyon", "je suis né le [naissance] à Lyon"),
        ("fr", "date de naissance 12/03/80", "date de naissance [naissance]"),
        ("fr", "née le premier mai 1975", "née le [naissance]"),
        ("en", "born on the twelfth of march nineteen eighty two", "born on the [birthdate]"),
        ("en", "march 12th 1980", "[birthdate]"),
        ("en", "my dob is the twenty first of may 2001", "my dob is the [birthdate]"),
        ("fr", "dossier deux quatre huit sept neuf un", "dossier [numéro]"),
        ("fr", "contrat 123456789", "contrat [numéro]"),
    ],
)
def test_masked(language: str, text: str, expected: str) -> None:
    assert mask_text(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "ça coûte deux cent trente euros pour trois personnes pendant deux jours"),
        ("fr", "livré le 12/11/2026 entre 14 h 30 et 16 h"),
        ("fr", "il y a deux trois choses à voir lundi 3 novembre"),
        ("fr", "75011 Paris, au 12 rue des Lilas"),
        ("fr", "un deux trois on y va"),
        ("fr", "on se retrouve à l'arobase, le café au coin"),
        ("en", "we open at nine and close at five thirty on the first of may"),
        ("en", "that is 1,250 pounds over 24 months"),
        ("en", "born ready"),
        ("en", "meet me at the shop. Dot said so"),
        ("en", "one of the two hundred people"),
    ],
)
def test_not_masked(language: str, text: str) -> None:
    assert mask_text(text, language) == text


def spoken(text: str, *, gap_s: float = 0.1, pause_before: dict[int, float] | None = None) -> list[Word]:
    words, at_s = [], 0.0
    for i, token in enumerate(text.split()):
        at_s += (pause_before or {}).get(i, gap_s)
        words.append(Word(token, Span(at_s, at_s + 0.3), 0.9 - 0.01 * i))
        at_s += 0.3
    return words


def test_a_mask_keeps_the_time_of_its_words() -> None:
    words = spoken("mon numéro 06 12 34 56 78 merci")
    masked = mask_words(words, "fr")
    assert [w.text for w in masked.words] == ["mon", "numéro", "[téléphone]", "merci"]
    assert masked.words[2].span == Span(words[2].span.start_s, words[6].span.end_s)
    assert masked.words[2].confidence == words[6].confidence  # the least sure of them
    assert [(r.kind, r.span) for r in masked.redactions] == [("phone", masked.words[2].span)]


def test_a_number_dictated_over_pauses_is_one_number_and_several_masks() -> None:
    words = spoken("06 12 34 56 78", pause_before={2: 3.0, 4: 3.0})
    masked = mask_words(words, "fr")
    assert [w.text for w in masked.words] == ["[téléphone]"] * 3
    assert all(r.kind == "phone" for r in masked.redactions)


def test_a_long_silence_ends_a_number() -> None:
    words = spoken("06 12 34 56", pause_before={2: 20.0})
    assert mask_words(spoken("06 12 34 56"), "fr").redactions != ()
    assert mask_words(words, "fr").redactions == ()


def test_estimated_times_are_said() -> None:
    words = [Word(w.text, w.span, None, True) for w in spoken("au 06 12 34 56 78")]
    assert [r.estimated for r in mask_words(words, "fr").redactions] == [True]


@pytest.mark.parametrize("language", [*MASKS, None, "de"])
def test_nothing_private_changes_nothing(language: str | None) -> None:
    words = spoken("bonjour je vous écoute")
    assert mask_words(words, language).words == tuple(words)


TOKENS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["zéro", "six", "double", "vingt", "quatre-vingt", "mille", "cent", "oh", "nine", "hundred", "com"]
    ),
    st.sampled_from(["@", "arobase", "at", "point", "dot", "fr"]),
    st.integers(0, 10**9).map(str),
)


@given(st.lists(TOKENS, max_size=40), st.sampled_from(["fr", "en"]))
def test_any_words_come_back_in_order_and_never_with_a_long_number(tokens: list[str], language: str) -> None:
    words = [Word(t, Span(i * 0.4, i * 0.4 + 0.3)) for i, t in enumerate(tokens)]
    masked = mask_words(words, language)
    assert all(a.span.start_s <= b.span.start_s for a, b in pairwise(masked.words))
    kept = [w for w in masked.words if not MASKED.fullmatch(w.text)]
    assert set(kept) <= set(words)
    assert not any(w.text.isdecimal() and w.text.isascii() and len(w.text) >= 8 for w in kept)
    again = mask_words(masked.words, language)
    assert again.words == masked.words  # what is masked stays masked, and nothing new appears
