"""Syllables of a French word. See `audio.syllables`."""

from __future__ import annotations

import re

from audio.syllable_words import FR_SOUNDED_ENT, FR_SPELLED, FR_VERBAL_MENT, FR_WORDS

ELIDED = {head: 0 for head in ("c", "d", "j", "l", "m", "n", "s", "t", "qu")} | {
    "jusqu": 1, "lorsqu": 1, "puisqu": 1, "quoiqu": 1, "presqu": 1, "quelqu": 1,
}  # fmt: skip
"""Words that have lost their e to the next one (`l'`, `qu'`), and their syllables."""
_VOWELS = "aàâeéèêëiîïoôuùûüAUN"
_LONG_NAMES = {"w": 3, "y": 2}


def french(word: str) -> int:
    """Syllables of a lower-case word; elided heads (`l'`, `qu'`) have none of their own."""
    *heads, last = word.split("'")
    return sum(_vowels(h, elided=True) for h in heads) + _vowels(last)


def _vowels(word: str, *, elided: bool = False) -> int:
    if word in FR_SPELLED:
        return _spelled(word)
    for form in (word, word.removesuffix("s")):
        if form in FR_WORDS:
            return FR_WORDS[form]
    sounds = _glides(_inner_e(_ending(_consonants(word), word)))
    count = sum(c in _VOWELS for c in sounds)
    return count if count or elided else _spelled(word)


def _consonants(word: str) -> str:
    """One letter per consonant sound where it matters for what follows."""
    for pattern, sound in (
        (r"ch", "c"), (r"ph", "f"), (r"th", "t"), (r"gn", "n"), (r"qu", "k"), (r"gu(?=[eéèêiîy])", "g"),
        (r"ge(?=[aoâôu])", "j"), (r"(?<=[aeou])ill", "jj"), (r"(?<=[aeu])il$", "j"), (r"(?<=[aeu])ils$", "j"),
        (r"(?<=[aeéou])y(?=[aeéèêiou])", "j"), (r"y", "i"),
    ):  # fmt: skip
        word = re.sub(pattern, sound, word)
    return word


def _ending(sounds: str, word: str) -> str:
    """Without a mute -e, -es or verbal -ent, as long as a vowel is left."""
    cut = sounds[:-3] if word.endswith("ent") and _mute_ent(word) else re.sub(r"es?$", "", sounds)
    return cut if any(c in _VOWELS for c in cut) else sounds


def _mute_ent(word: str) -> bool:
    if word.endswith("ment"):
        return word in FR_VERBAL_MENT
    return word not in FR_SOUNDED_ENT


def _inner_e(sounds: str) -> str:
    """Drops the e of `paiement` and `médecin`: after a vowel, or between single consonants past the first syllable."""
    sounds = re.sub(r"(?<=[iuyéo])e(?=ment$|r(?:a|ai|as|ons|ez|ont|ais|ait|aient)$)", "", sounds)
    sounds = re.sub(r"(?:ai|ei|oi|ui|[aeiouâ])[nm](?=[bcdfgjklpqrstvxz])", "N", sounds)
    vowel = f"[{_VOWELS}]"
    consonant = "[bcçdfgjklmnpqrstvwz]"
    return re.sub(rf"(?<={vowel})(({consonant})\2?)e(?={consonant}{vowel})", r"\1", sounds)


def _glides(sounds: str) -> str:
    """Vowel letters that make one sound become one; i, u, ou before a vowel lose theirs unless a cluster leads in."""
    for pattern, sound in (
        (r"(?<!^c)oo", "U"), (r"ee", "i"), (r"eoi|oeu|eau|au|eu|eû|ai|aî|ei|oi|oî|oe(?=[uj])", "A"),
        (r"ou|où|oû", "U"), (r"ue(?=j)", "A"), (r"ui|uî", "A"),
    ):  # fmt: skip
        sounds = re.sub(pattern, sound, sounds)
    return re.sub(rf"(?<![bcdfgkptv][lr])[iuU](?=[{_VOWELS}])", "", sounds)


def _spelled(word: str) -> int:
    """Initials are said letter by letter (`sncf` 4); one consonant repeated is one sound."""
    if len(word) > 1 and len(set(word)) == 1:
        return 1
    return sum(_LONG_NAMES.get(letter, 1) for letter in word)
