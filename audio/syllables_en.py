"""Syllables of an English word. See `audio.syllables`."""

from __future__ import annotations

import re

from audio.syllable_words import EN_SPELLED, EN_WORDS

_NT_ADDS_NONE = frozenset({"ca", "do", "wo", "are", "were", "ai", "sha"})
_SIBILANT = r"(?:[sxz]|ch|sh|ce|ge|se|ze)$"
_LONG_NAMES = {"w": 3}


def english(word: str) -> int:
    """Syllables of a lower-case word with its apostrophe, if any."""
    if word in EN_WORDS:
        return EN_WORDS[word]
    head, _, tail = word.partition("'")
    if word.endswith("n't"):
        stem = word[:-3]
        return _vowels(stem) + (stem not in _NT_ADDS_NONE)
    if len(tail) > 2:  # a name (`O'Brien`), not a clitic
        return _vowels(head) + english(tail)
    extra = (tail == "s" and bool(re.search(_SIBILANT, head))) or (tail in ("ll", "d", "ve") and head[-1:] in "tdfkpbs")
    return _vowels(head) + extra


def _vowels(word: str) -> int:
    if word in EN_SPELLED:
        return _spelled(word)
    if (known := _listed(word)) is not None:
        return known
    groups = re.findall(r"[aeiouyéèïö]+", _without_silent(word))
    count = len(groups) + sum(len(re.findall(p, word)) for p in _MORE) - sum(bool(re.search(p, word)) for p in _FEWER)
    return max(1, count) if groups else _spelled(word)


def _listed(word: str) -> int | None:
    """The list's count of the word, or of the one it is a plural, a past or an adverb of."""
    if word in EN_WORDS:
        return EN_WORDS[word]
    for ending, adds_after in (
        ("s", _SIBILANT),
        ("d", r"[td]e$"),
        ("ed", r"[td]$"),
        ("ly", None),
        ("ing", ""),
        ("er", ""),
        ("est", ""),
    ):
        stem = word.removesuffix(ending)
        whole = stem if ending != "d" or stem.endswith("e") else ""
        if stem != word and whole in EN_WORDS:
            adds = adds_after is None or bool(re.search(adds_after, whole))
            return EN_WORDS[whole] + adds
    return None


_MORE = (  # vowels that meet and stay two syllables, and endings that sound one without a vowel letter
    r"[aeiouy]ing(?:s|ly)?$",
    r"(?:[aiy]s|th)ms?$",
    r"[aeou]ya|[^aeiou]ya[^aeiouy]?$|yee|[aeou]ye(?=rs?$)|[ae]yo",
    r"[^aeiouycstgxl](?!ion(?:s|ed|al|als|ally|ing|ers?)?$|iar|iage)i[aou](?!u)",
    r"li(?:a(?=ble|bil|te|tion)|o(?!ns?$))|[ct]ia(?=t(?!ive))|[dbvnr]ious",
    r"(?<!g)eo(?!u|p|n$)|^geo(?!r)",
    r"[^gqaeiou]u[ao](?!$)|[^gq]ue(?=nc|nt)",
    r"ie(?=ty$)|(?<![ct])ie(?=n(?:ce[ds]?|cing|ts?|tly)$)|[aeiouy][^aeiou]+ie(?=r$|st$)",
    r"crea(?=t(?!ure))|(?:rhe|^re)a(?=ct)|^real(?=[a-z])",
)
_FEWER = (r"ically$",)
_JOINED = (
    "ments?|ful|fully|less|ly|ness|things?|times?|body|where|how|one|book|ball|cast|hold|style|styles|works?|what|day|"
    "land|lines?|room|port|sites?|page|place|back|made|man|men|mate|paper|play|proof|sale|shot|stone|ways?|wise|by|"
    "yard|over|spread|life|care|house|some|word|side|keeper|board"
)


def _without_silent(word: str) -> str:
    """Without silent e: at the end, before a joined ending, in -es and -ed; -le and -re after a consonant sound."""
    before = r"(?:(?<=[aeiouy][^aeiouy])|(?<=[aeiouy]dg)|(?<=[aeiouy][nrsl][cgsv])|(?<=[aeiouy]st))"
    word = re.sub(rf"{before}e(?=(?:{_JOINED})$)", "", word)
    word = re.sub(r"(?<=[^aeiouy])(?:les?|(?<![lr])led|(?<!r)res?)$", "el", word)
    if re.search(r"(?:[sxz]|ch|sh|c|g)es$", word):
        return word
    if re.search(r"[aeiouy].*[^aeiouytd]ed$|[aeou]yed$|[^aeiou]ied$|[aeiou]wed$", word):
        return word[:-2]
    return re.sub(r"(?<=[^aeiouy])es?$", "", word) if re.search(r"[aeiouy].*[^aeiouy]es?$", word) else word


def _spelled(word: str) -> int:
    """Initials are said letter by letter; one consonant repeated is one sound."""
    if len(word) > 1 and len(set(word)) == 1:
        return 1
    return sum(_LONG_NAMES.get(letter, 1) for letter in word)
