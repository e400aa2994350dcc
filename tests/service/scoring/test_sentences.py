from __future__ import annotations

import re
import string
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from service.say import LANGS, Lang, catalogue
from service.scoring.catalog import CRITERIA, GESTURES

EMOTION_WORDS: dict[Lang, str] = {
    "fr": """agac anxi angoiss bonheur chagrin chaleureu colère content dégoût déprim ému émoti enjou ennui ennuy énerv
        enthousias fâch fatigu fier froideur frustr furieu gaiet heureu humeur hypocri indifféren inquièt joie joyeu
        las lasse malheureu mécontent motivé nerveu passionn peur plaisir ressent sentiment sincèr stress surpris
        tendu triste""",
    "en": """anger angry annoy anxi bored boredom calm cheerful cold disgust emotion empath enthusias excite fear feel
        friendly frustrat furious glad happy happi hypocri indifferen irritat joy mood motivat nervous passion pleased
        sad sadness scared sincer stress surprise tense tired unhappy upset warm worried worry""",
}


def sentences(lang: Lang) -> dict[str, str]:
    path = resources.files("service") / "locale" / lang / "scoring.po"
    with path.open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream, locale=lang) if m.id}


def emotion_words_in(text: str, lang: Lang) -> list[str]:
    words = re.findall(r"[^\W\d_]+", text.lower())
    stems = EMOTION_WORDS[lang].split()
    whole = {"las", "sad", "feel", "cold", "fear", "joy", "mood", "calm", "fier", "peur"}
    return [w for w in words for s in stems if (w == s if s in whole else w.startswith(s))]


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_names_an_emotion_of_anyone(lang: Lang) -> None:
    found = {key: words for key, text in sentences(lang).items() if (words := emotion_words_in(text, lang))}
    assert not found


def test_the_list_catches_what_it_should() -> None:
    assert emotion_words_in("L’agent semble énervé et stressé", "fr") == ["énervé", "stressé"]
    assert emotion_words_in("The agent sounds bored and sad", "en") == ["bored", "sad"]


def test_both_languages_have_the_same_keys_and_fields() -> None:
    french, english = sentences("fr"), sentences("en")
    assert set(french) == set(english)
    for key in french:
        fields = [{f for _, f, _, _ in string.Formatter().parse(t[key]) if f} for t in (french, english)]
        assert fields[0] == fields[1], key


def test_french_has_its_no_break_spaces_and_apostrophes() -> None:
    for key, text in sentences("fr").items():
        assert not re.search(r"(?<![\u00a0])[:;?!%]", re.sub(r"\{[^}]*\}", "0", text)), key
        assert "'" not in text, key


@pytest.mark.parametrize("lang", LANGS)
def test_every_gesture_and_criterion_has_a_name(lang: Lang) -> None:
    keys = catalogue(lang)
    assert [g for g in GESTURES if f"gesture.{g}" not in keys] == []
    assert [c for c in CRITERIA if f"criterion.{c}" not in keys] == []
