from __future__ import annotations

import itertools

import pytest

from service.words.tokens import content_stems, fold, is_filler, stem, tokenise


def norms(text: str, language: str | None) -> list[str]:
    return [t.norm for t in tokenise(text, language)]


def test_fold_drops_case_accents_and_kinds_of_apostrophes():
    assert fold("L\u2019Été, Cœur\u00a0! ALLEZ\u2010VOUS") == "l'ete, coeur ! allez-vous"
    assert fold("cafe\u0301") == fold("café")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("j'ai", "j' ai"),
        ("J\u2019AI", "j' ai"),
        ("j\u02bcai", "j' ai"),
        ("Comment allez-vous ?", "comment allez vous"),
        ("qu'est-ce que c'est", "qu' est ce que c' est"),
        ("jusqu'à l'agence", "jusqu' a l' agence"),
        ("aujourd'hui quelqu'un", "aujourd'hui quelqu'un"),
        ("y'a un souci", "y a un souci"),
        ("d'accord", "d' accord"),
        ("v- là 12,50 € à 10h30", "v la 12,50 a 10h30"),
    ],
)
def test_french_is_cut_at_elisions_and_hyphens(text: str, expected: str):
    assert norms(text, "fr") == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm", "i am"),
        ("I\u2019ll", "i will"),
        ("don't cant won't cannot", "do not can not will not can not"),
        ("it's Bob's", "it is bob 's"),
        ("gonna let's", "going to let us"),
        ("mustn't needn't mightn't", "must not need not might not"),
        ("dinnae cannae wasnae", "do not can not was not"),
        ("d'you gimme", "do you give me"),
        ("ma'am, o'clock", "ma'am o'clock"),
    ],
)
def test_english_contractions_read_as_written_out(text: str, expected: str):
    assert norms(text, "en") == expected.split()


@pytest.mark.parametrize("language", ["fr", "en", None])
def test_offsets_point_into_the_original(language: str | None):
    text = "  J\u2019ai «\u00a0l'œuf\u00a0» — you can't, cafe\u0301-crème n'est-ce pas' 3.5 <v Agent>"
    tokens = tokenise(text, language)
    assert [text[t.start : t.end] for t in tokens] == [t.text for t in tokens]
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
    assert "cafe\u0301" in [t.text for t in tokens]


def test_another_language_keeps_whole_words():
    assert norms("l'acqua don't", None) == ["l'acqua", "don't"]


@pytest.mark.parametrize(
    "family", [("payer", "payé", "payée", "payées"), ("inquiet", "inquiète"), ("remboursement", "rembourser")]
)
def test_french_stems_do_not_depend_on_accents_or_endings(family: tuple[str, ...]):
    assert len({stem(fold(w), "fr") for w in family}) == 1


@pytest.mark.parametrize(
    ("mine", "yours"),
    [
        ("prends", "prenez"),
        ("dors", "dormez"),
        ("sens", "sentez"),
        ("bois", "buvez"),
        ("respire", "respirez"),
        ("viens", "venue"),
        ("mets", "mis"),
        ("reçois", "reçu"),
        ("perds", "perdu"),
        ("pars", "partie"),
        ("tire", "tirez"),
    ],
)
def test_what_i_do_and_what_you_do_are_one_word(mine: str, yours: str):
    assert stem(fold(mine), "fr") == stem(fold(yours), "fr")


def test_other_words_are_left_to_the_stemmer():
    assert len({stem(fold(w), "fr") for w in ("partirez", "lit", "facture", "ouverture", "tiroir")}) == 5


def test_content_leaves_out_function_words_and_hesitations():
    assert content_stems("euh je suis très inquiète pour ma facture", "fr") == {"inquiet", "factur"}
    assert content_stems("um I'm worried about the invoice", "en") == {"worri", "invoic"}
    assert is_filler("euh", "fr") and not is_filler("facture", "fr")


def test_a_megabyte_on_one_line_is_cut_without_trouble():
    text = "l'eau " * 180_000
    assert len(tokenise(text, "fr")) == 360_000
