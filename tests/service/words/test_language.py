from __future__ import annotations

import pytest

from service.words.language import guess_language

FRENCH = "bonjour je vous appelle parce que j'ai reçu une facture que je ne comprends pas et je voudrais savoir"
ENGLISH = "hello I'm calling because I received a bill that I don't understand and I would like to know why it is"
OTHERS = [
    "hola buenos días llamo porque he recibido una factura que no entiendo y quisiera saber por qué es tan alta",
    "guten Tag ich rufe an weil ich eine Rechnung bekommen habe die ich nicht verstehe und ich möchte wissen warum",
    "buongiorno chiamo perché ho ricevuto una fattura che non capisco e vorrei sapere perché è così alta",
    "bom dia estou a ligar porque recebi uma fatura que não entendo e gostaria de saber por que é tão alta",
    "goedemorgen ik bel omdat ik een rekening heb gekregen die ik niet begrijp en ik wil weten waarom het zo hoog is",
    "dzień dobry dzwonię ponieważ dostałem rachunek którego nie rozumiem i chciałbym wiedzieć dlaczego jest wysoki",
    "こんにちは 請求書 について お電話 しました よろしく お願い します",
]


def test_french_and_english_as_text_or_as_words():
    for text, language in ((FRENCH, "fr"), (ENGLISH, "en"), (FRENCH.upper(), "fr")):
        for texts in ([text], text.split()):
            guessed, confidence = guess_language(texts)
            assert guessed == language
            assert 0.3 < confidence <= 1.0


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_not_forced(text: str):
    assert guess_language([text]) == (None, 0.0)
    assert guess_language([text] * 40) == (None, 0.0)


@pytest.mark.parametrize(
    "texts", [[], [""], ["oui"], ["12 34 56 78 90 11 22"], ["facture", "contrat", "numéro", "Paris", "Durand"]]
)
def test_too_little_is_undecided(texts: list[str]):
    assert guess_language(texts) == (None, 0.0)


def test_half_and_half_is_undecided():
    assert guess_language([FRENCH, ENGLISH]) == (None, 0.0)


def test_the_shared_calls_are_french(shared_calls):
    for file in sorted((shared_calls / "fr_transcripts").glob("*.tsv")):
        rows = file.read_text(encoding="utf-8").split("\n")
        guessed, confidence = guess_language(row.split("\t")[3] for row in rows if row)
        assert (guessed, confidence > 0.5) == ("fr", True)
