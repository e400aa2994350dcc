"""Question forms without punctuation: sentences labelled by hand, asked and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.timeline import Span
from service.scoring.evidence import SpokenTurn
from service.words.rules import find_acts
from service.words.rules.questions import ends_in_spoken_tag, has_question_form, has_tag
from service.words.rules.script import script_turn
from tests.service.words.rule_calls import call, made_pack

ASKED = {
    "fr": """est-ce que vous avez reçu le colis|avez-vous le numéro|d'accord et vous habitez où|vous avez quel âge|c'est
    à quel nom|comment ça se passe|y a-t-il quelqu'un|puis-je avoir votre nom|votre mari respire-t-il|vous êtes à Lille
    c'est ça|il vient demain hein|c'est cassé n'est-ce pas|vous l'avez reçu ou pas|vous habitez Lille non|qu'est-ce qui
    se passe|peux-tu me dire|pourriez-vous patienter|quel est votre nom|pourquoi ça coupe|à quelle heure ça coupe|ça
    fait combien|faut-il le rapporter|est-elle consciente|alors depuis quand ça dure|vous appelez pourquoi""",
    "en": """do you have the number|okay and is it red|what is your name|where do you live|it is broken isn't it|you
    live in Leeds right|can I have your name|so when did it start|thanks so much could you hold|how long has it been|you
    got the letter didn't you|are there any lights on|haven't you received it|how many|why is that|what's the matter""",
}
TOLD = {
    "fr": """vous avez raison|et puis je vous rappelle|c'est ce que je vous disais|vous avez vous-même signé|nous avons
    pris rendez-vous|il est parti|je vous rappelle quand c'est prêt|ah non|moi non|c'est elle qui a appelé|je sais ce
    qu'il a|vous pouvez vous asseoir|merci non|mais non|quand vous branchez la box ça clignote|on est deux|c'est ça|je
    vous écoute|elle va bien|d'accord c'est bien noté|ça va il respire|je vois qu'il est parti|on va vous aider|si vous
    voulez on regarde|il dit que non|je sais quel jour il vient|n'importe quoi|c'est n'importe quel jour""",
    "en": """you are right|that's right|so do I|I have you on the line|when you restart the box it works|what you can do
    is restart|I will send it|all right|you can hold|I can see that you have the blue box|as soon as we have it you will
    know|how kind of you|whatever you do you can call us|I know what it is|that is what I did|turn it to the right""",
}


def asks(text: str, language: str) -> bool:
    turn = script_turn(SpokenTurn(index=0, party="agent", span=Span(0, 1), text=text), language)
    said = turn.text
    form = has_question_form(said, language) or has_tag(said, language)
    return form or ends_in_spoken_tag(turn, len(turn.pieces) - 1, language)


def sentences(kind: dict[str, str]) -> list[tuple[str, str]]:
    return [(lang, " ".join(s.split())) for lang, text in kind.items() for s in text.split("|")]


@pytest.mark.parametrize(("language", "text"), sentences(ASKED))
def test_what_asks_by_its_form(language: str, text: str) -> None:
    assert asks(text, language)


@pytest.mark.parametrize(("language", "text"), sentences(TOLD))
def test_what_tells(language: str, text: str) -> None:
    assert not asks(text, language)


RULE = "  - {act: closed_question, id: r, patterns: ['la box'], question: %s}\n"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("la box clignote", False),
        ("la box clignote ?", True),
        ("est-ce que la box clignote", True),
        ("la box clignote hein", True),
        ("la box clignote, c'est ça", True),
        ("La box clignote, c'est ça.", False),  # a full stop: a tag tells, it does not ask
        ("Est-ce que la box clignote.", True),
        ("Avez-vous éteint. La box clignote.", False),  # another sentence asks
    ],
)
def test_question_is_a_condition_on_the_sentence(tmp_path: Path, text: str, asked: bool) -> None:
    for wanted in (True, False):
        pack = made_pack(tmp_path, RULE % str(wanted).lower())
        assert bool(find_acts(call(f"A: {text}"), pack)) is (asked is wanted)


def test_a_hein_elsewhere_is_no_tag(tmp_path: Path) -> None:
    assert not find_acts(call("A: hein la box clignote"), made_pack(tmp_path, RULE % "true"))
    assert not find_acts(call("A: la box. Hein quoi."), made_pack(tmp_path, RULE % "true"))


def test_an_endless_turn_is_searched_near_the_match_only(tmp_path: Path) -> None:
    """Quadratic search would take minutes here."""
    pack = made_pack(tmp_path, RULE % "true")
    for filling in ("vous la le les des ", "quand alors et mais donc "):
        assert not find_acts(call("A: est-ce que " + filling * 10_000 + "la box " + filling * 10_000), pack)
    assert find_acts(call("A: " + "alors mais donc la les " * 10_000 + "est-ce que la box marche"), pack)
    whole = made_pack(tmp_path, "  - {act: closed_question, id: r, patterns: ['la box(?: {word})+'], question: true}\n")
    assert find_acts(call("A: la box " + "alors oui donc la les " * 10_000 + "vous voyez ça hein"), whole)
