"""Syllables of a written word, French and English, by rule.

French: a mute final e is not counted, nor an inner one between single consonants (`médecin` 2, `maintenant` 2); a
glide before a vowel makes no syllable (`hier` 1, `nuit` 1) unless two consonants lead into it (`client` 2).
English: silent e and -ed are not counted, vowels that meet are told apart by ending and by a short list. Numbers in
figures count as they are read. Rules and lists are our own; tests hold them to hand-counted words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from audio.syllable_words import EN_WORDS, FR_SOUNDED_ENT, FR_VERBAL_MENT, FR_WORDS

LANGUAGES = ("fr", "en")
FILLED_PAUSES = frozenset(["euh", "heu", "hum", "hmm", "hm", "mm", "mmh", "uh", "um", "er", "erm", "uhm"])

_FR_VOWELS = "aàâeéèêëiîïoôuùûüAUN"


def bare(text: str) -> str:
    """Lower case, composed, typographic apostrophes made plain, outer punctuation removed."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("œ", "oe").replace("æ", "ae")
    return plain.strip(" \t\n.,;:!?…«»\"'()[]-–—")


@lru_cache(maxsize=20_000)
def count_syllables(text: str, language: str) -> int:
    """Syllables of one written token (it may hold hyphens, apostrophes, figures). 0 when there is nothing to say.

    Raises ValueError for a language other than `fr` and `en`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"syllables are counted in fr and en, not {language!r}")
    parts = re.findall(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*", bare(text)[:200])
    return sum(_part(part, language) for part in parts)


def _part(part: str, language: str) -> int:
    if part.isdigit():
        return _figures(part, language)
    return _french(part) if language == "fr" else _english(part)


def _french(word: str) -> int:
    """Elided heads (`l'`, `qu'`) have no syllable of their own."""
    *heads, last = word.split("'")
    return sum(_french_vowels(h, elided=True) for h in heads) + _french_vowels(last)


def _french_vowels(word: str, *, elided: bool = False) -> int:
    if word in FR_WORDS:
        return FR_WORDS[word]
    sounds = _french_glides(_french_inner_e(_french_ending(_french_consonants(word), word)))
    count = sum(c in _FR_VOWELS for c in sounds)
    return count if count or elided else _spelled(word)


def _french_consonants(word: str) -> str:
    """One letter per consonant sound where it matters for what follows."""
    for pattern, sound in (
        (r"ch", "c"), (r"ph", "f"), (r"th", "t"), (r"gn", "n"), (r"qu", "k"), (r"gu(?=[eéèêiîy])", "g"),
        (r"ge(?=[aoâôu])", "j"), (r"(?<=[aeou])ill", "jj"), (r"(?<=[aeu])il$", "j"), (r"(?<=[aeu])ils$", "j"),
        (r"(?<=[aeéou])y(?=[aeéèêiou])", "j"), (r"y", "i"),
    ):  # fmt: skip
        word = re.sub(pattern, sound, word)
    return word


def _french_ending(sounds: str, word: str) -> str:
    """Without a mute -e, -es or verbal -ent, as long as a vowel is left."""
    cut = sounds[:-3] if word.endswith("ent") and _mute_ent(word) else re.sub(r"es?$", "", sounds)
    return cut if any(c in _FR_VOWELS for c in cut) else sounds


def _mute_ent(word: str) -> bool:
    if word.endswith("ment"):
        return word in FR_VERBAL_MENT
    return word not in FR_SOUNDED_ENT


def _french_inner_e(sounds: str) -> str:
    """Drops the e of `paiement` and `médecin`: after a vowel, or between single consonants past the first syllable."""
    sounds = re.sub(r"(?<=[iuyéo])e(?=ment$|r(?:a|ai|as|ons|ez|ont|ais|ait|aient)$)", "", sounds)
    sounds = re.sub(r"(?:ai|ei|oi|ui|[aeiouâ])[nm](?=[bcdfgjklpqrstvxz])", "N", sounds)
    vowel = f"[{_FR_VOWELS}]"
    consonant = "[bcçdfgjklmnpqrstvwz]"
    return re.sub(rf"(?<={vowel})(({consonant})\2?)e(?={consonant}{vowel})", r"\1", sounds)


def _french_glides(sounds: str) -> str:
    """Vowel letters that make one sound become one; i, u, ou before a vowel lose theirs unless a cluster leads in."""
    for pattern, sound in (
        (r"oeu|eau|au|eu|eû|ai|aî|ei|oi|oî|oe(?=u)", "A"), (r"ou|où|oû", "U"), (r"ue(?=j)", "A"), (r"ui|uî", "A"),
    ):  # fmt: skip
        sounds = re.sub(pattern, sound, sounds)
    return re.sub(rf"(?<![bcdfgkptv][lr])[iuU](?=[{_FR_VOWELS}])", "", sounds)


def _spelled(word: str) -> int:
    """A word without a vowel is spelled letter by letter (`sncf` 4), or is one sound (`tss`)."""
    return len(word) if len(word) > 1 and len(set(word)) > 1 else 1


_EN_NT_ADDS_NONE = frozenset({"ca", "do", "wo", "are", "were", "ai", "sha"})


def _english(word: str) -> int:
    if word in EN_WORDS:
        return EN_WORDS[word]
    head, _, tail = word.partition("'")
    if word.endswith("n't"):
        stem = word[:-3]
        return _english_vowels(stem) + (stem not in _EN_NT_ADDS_NONE)
    extra = (tail == "s" and bool(re.search(r"(?:s|x|z|ch|sh|ce|ge|se)$", head))) or (
        tail in ("ll", "d", "ve") and head[-1:] in "tdfkpbs"
    )
    return _english_vowels(head) + extra


def _english_vowels(word: str) -> int:
    if word in EN_WORDS:
        return EN_WORDS[word]
    groups = re.findall(r"[aeiouyéèïö]+", _english_silent(word))
    count = len(groups) + sum(len(re.findall(p, word)) for p in _EN_MORE)
    return max(1, count) if groups else _spelled(word)


_EN_MORE = (  # vowels that meet and stay two syllables, and endings that sound one without a vowel letter
    r"[aeiouy]ing(?:s|ly)?$", r"(?:is|th)ms?$", r"yee", r"[^aeiouycstgx](?!ions?$|iar)i[aou](?!u)",
    r"[^aeiou]ya[^aeiouy]?$", r"eo(?!u|p|n$)", r"[^gqaeiou]u[ao](?!$)", r"ie(?=ty$|nces?$|nts?$)",
    r"[^aeiou]ier$", r"[^aeiou]iest$", r"[aeou]ya", r"(?:cre|rhe|^re)a(?:c|t)",
)  # fmt: skip


def _english_silent(word: str) -> str:
    """Without silent e: at the end, before a joined ending, in -es and -ed."""
    word = re.sub(r"e(?=(?:ment|ments|ful|fully|less|ly|ness|thing|things|times?|body|where|how|one)$)", "", word)
    word = re.sub(r"(?<=[^aeiouy])(?:les?|(?<![lr])led|(?<!r)res?)$", "el", word)
    if re.search(r"(?:[sxz]|ch|sh|c|g)es$", word):
        return word
    if re.search(r"[^aeiouytd]ed$", word) or re.search(r"[aeou]yed$|[^aeiou]ied$|[aeiou]wed$", word):
        return word[:-2]
    return re.sub(r"(?<=[^aeiouy])es?$", "", word) if re.search(r"[aeiouy].*[^aeiouy]es?$", word) else word


_EN_UNITS = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2)


def _figures(digits: str, language: str) -> int:
    """Syllables of a number as it is read: up to 999 as a number, longer ones in pairs (fr) or digit by digit (en)."""
    value = int(digits[:15])
    if len(digits) <= 3:
        return _below_1000(value, language)
    if len(digits) == 4 and digits[1:] != "000":
        return _below_1000(int(digits[:2]), language) + _below_1000(int(digits[2:]), language) + (language == "fr")
    size = 2 if language == "fr" else 1
    return sum(_below_1000(int(digits[i : i + size]), language) for i in range(0, min(len(digits), 30), size))


def _below_1000(value: int, language: str) -> int:
    hundreds, rest = divmod(value, 100)
    below = _fr_below_100 if language == "fr" else _en_below_100
    if not hundreds:
        return below(rest)
    named = (1 if language == "fr" else 3) if hundreds == 1 else below(hundreds) + (1 if language == "fr" else 2)
    return named + (below(rest) + (language == "en") if rest else 0)


def _fr_below_100(value: int) -> int:
    if value < 20:
        return 2 if value in (0, 17, 18, 19) else 1
    tens, unit = divmod(value, 10)
    if tens in (7, 9):
        return {7: 3, 9: 3}[tens] + _fr_below_100(10 + unit) - (tens == 7)
    return {2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 8: 3}[tens] + (_fr_below_100(unit) + (unit == 1 and tens != 8) if unit else 0)


def _en_below_100(value: int) -> int:
    if value < 20:
        return _EN_UNITS[value]
    tens, unit = divmod(value, 10)
    return (3 if tens == 7 else 2) + (_EN_UNITS[unit] if unit else 0)
