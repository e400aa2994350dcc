"""Syllables of a written word, French and English, by rule.

French (`audio.syllables_fr`): a mute final e is not counted, nor an inner one between single consonants (`médecin` 2,
`maintenant` 2); a glide before a vowel makes no syllable (`hier` 1, `nuit` 1) unless two consonants lead into it
(`client` 2). English (`audio.syllables_en`): silent e and -ed are not counted, vowels that meet are told apart by
ending and by a list. Numbers and signs count as they are read (`audio.syllable_numbers`), initials letter by letter.

Rules and lists are our own. Over the 12 000 most frequent words, weighted by how frequent they are, the sum is 0.1 %
over the vowels of espeak-ng's phonemes in English and 0.2 % under the syllables of a dictionary in French; one token in
a hundred is off by one. `tests/bench/voice/rate.py` prints the error on sentences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from audio.syllable_numbers import NUMBER, SIGNS, code, number, ordinal, ordinal_suffix
from audio.syllables_en import english
from audio.syllables_fr import ELIDED, french

LANGUAGES = ("fr", "en")
LONGEST = 200
FILLED_PAUSES: Mapping[str, frozenset[str]] = {
    "fr": frozenset(["euh", "heu", "heum", "euhm", "hum", "hm", "hmm"]),
    "en": frozenset(["uh", "um", "uhm", "er", "erm", "hm", "hmm", "ehm"]),
}
"""Hesitations. `mm`, `mhm` and `mmh` are left out: said alone they are signs of listening."""

_WORDS: Mapping[str, Callable[[str], int]] = {"fr": french, "en": english}
_NUMERO = 3
_FR_JOINED = re.compile(r"[bcdfgptv][rl]e-(?=[bcdfgjklmnpqrstvwxz])")
"""The e that is heard where two consonants lead to it and another follows: `quatre-vingts` 3."""


def bare(text: str) -> str:
    """Lower case, composed, typographic apostrophes made plain, outer punctuation removed."""
    return _plain(text).strip(" \t\n.,;:!?…«»\"'()[]-–—")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("œ", "oe").replace("æ", "ae")


def is_filled_pause(text: str, language: str | None) -> bool:
    """Whether a word is a hesitation, drawn out or not (`euh`, `euhhh`, `ummm`)."""
    short = re.sub(r"(.)\1+", r"\1", bare(text))
    known = FILLED_PAUSES.get(language or "", frozenset())
    return short in known or bare(text) in known


@lru_cache(maxsize=20_000)
def count_syllables(text: str, language: str) -> int:
    """Syllables of one written token (it may hold hyphens, apostrophes, figures). 0 when there is nothing to say.

    Raises ValueError for a language other than `fr` and `en`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"syllables are counted in fr and en, not {language!r}")
    word = bare(text[:LONGEST])
    if language == "fr" and word in ELIDED and _plain(text[:LONGEST]).rstrip(" ").endswith("'"):
        return ELIDED[word]
    if language == "en" and (read := code(word)) is not None:
        return read
    joined = len(_FR_JOINED.findall(word)) if language == "fr" else 0
    return joined + sum(_part(m, language) for m in _parts(language).finditer(word))


@lru_cache(maxsize=len(LANGUAGES))
def _parts(language: str) -> re.Pattern[str]:
    """What a token is made of: ordinals, times, numbers, signs, words."""
    return re.compile(
        rf"(?P<ordinal>\d+){ordinal_suffix(language)}(?![^\W\d_])"
        rf"|(?P<hour>\d{{1,2}})(?:(?P<h>h)|:)(?P<minute>\d\d)(?!\d)|(?P<number>{NUMBER})"
        rf"|(?P<numero>n°)|(?P<sign>[{re.escape(''.join(SIGNS[language]))}])|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    )


def _part(found: re.Match[str], language: str) -> int:
    part = {name: text for name, text in found.groupdict().items() if text}
    if "ordinal" in part:
        return ordinal(part["ordinal"], language)
    if "hour" in part:
        minutes = number(part["minute"], language) if int(part["minute"]) else 0
        return number(part["hour"], language) + ("h" in part) + minutes
    if "number" in part:
        return number(part["number"], language)
    if "numero" in part:
        return _NUMERO
    return SIGNS[language][part["sign"]] if "sign" in part else _WORDS[language](part["word"])
