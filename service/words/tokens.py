"""Tokens: one way to cut and fold text, for echoes and for rules.

Conventions
    A token keeps the text as it was and its character offsets [start, end) in the original; `norm` is folded.
    French elisions are tokens of their own with their apostrophe (`j'ai` -> `j'` `ai`), hyphens separate
    (`allez-vous` -> `allez` `vous`); `aujourd'hui` and `quelqu'un` stay whole. `y'a` reads as `y` `a`.
    English contractions are cut and their norm written out (`I'm` -> `i` `am`, `won't` -> `will` `not`), so that
    a rule written in full finds the spoken form. `'s` is `is` after a pronoun or question word, else `'s`.
    Stems are Snowball's, on folded words: recognisers lose accents, so a stem never depends on one. French verbs
    whose forms it keeps apart (`prends`, `prenez`) have a table of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from service.words.french_verbs import STEMS as FRENCH_VERBS
from service.words.function_words import FILLERS, FUNCTION_WORDS
from service.words.masks import unmasked

_APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u02b9\u00b4\u0060\u2032\uff07"
_UNIFIED = str.maketrans(
    {
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\uff0d", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009\u2007", " "),
        "\u0153": "oe",
        "\u0152": "oe",
        "\u00e6": "ae",
        "\u00c6": "ae",
        "\u00df": "ss",
        "\u00ad": None,  # soft hyphen
    }
)

_LETTER = r"[^\W_\u0300-\u036f][\u0300-\u036f\u00ad]*"
_RAW_WORD = re.compile(rf"\d+(?:[.,:]\d+)+|{_LETTER}(?:{_LETTER}|[{_APOSTROPHES}](?={_LETTER}))*[{_APOSTROPHES}]?")

_ELISIONS = frozenset(["c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "y"])
_WHOLE_IN_FRENCH = frozenset({"quelqu'un", "quelqu'une"})  # the others (aujourd'hui) have no clitic before the mark

_ENGLISH_ENDINGS = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_IS_AFTER = frozenset(
    ["he", "she", "it", "that", "this", "there", "here", "what", "who", "where", "how", "when", "why", "everything"]
)
_NEGATED_VERBS = ("do", "did", "does", "is", "was", "were", "are", "have", "has", "had", "could", "would", "should")
_SELDOM_NEGATED = ("must", "need", "might", "dare", "ought")
_CONTRACTIONS: dict[str, tuple[int, str, str]] = {
    # where the word is cut, and what its halves stand for
    **{f"{verb}n't": (len(verb), verb, "not") for verb in _NEGATED_VERBS},
    **{f"{verb}nt": (len(verb), verb, "not") for verb in _NEGATED_VERBS},
    **{f"{verb}n't": (len(verb), verb, "not") for verb in _SELDOM_NEGATED},
    **{f"{verb}nae": (len(verb), verb, "not") for verb in (*_NEGATED_VERBS, "can")},  # Scots
    **{"dinnae": (2, "do", "not"), "dinna": (2, "do", "not"), "d'you": (2, "do", "you"), "gimme": (3, "give", "me")},
    **{"can't": (2, "can", "not"), "cant": (2, "can", "not"), "cannot": (3, "can", "not")},
    **{"won't": (2, "will", "not"), "shan't": (3, "shall", "not"), "ain't": (2, "is", "not")},
    **{"im": (1, "i", "am"), "ive": (1, "i", "have"), "youre": (3, "you", "are")},
    **{"thats": (4, "that", "is"), "whats": (4, "what", "is"), "let's": (3, "let", "us"), "lemme": (3, "let", "me")},
    **{"gonna": (3, "going", "to"), "wanna": (3, "want", "to"), "gotta": (3, "got", "to")},
}

Cut = tuple[int, int, str]
"""Offsets in a raw word, and the norm."""


@dataclass(frozen=True)
class Token:
    """A word of a text: as written, folded, and where it stands (character offsets, half-open)."""

    text: str
    norm: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents, one kind of apostrophe, hyphen and space. Length may change."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNIFIED)).translate(_UNIFIED)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def tokenise(text: str, language: str | None) -> list[Token]:
    """The words of `text` in order; punctuation and masks fall away. Other languages than fr and en: whole words."""
    tokens: list[Token] = []
    for match in _RAW_WORD.finditer(unmasked(text)):
        at = match.start()
        raw = match.group()[:_MOST_CHARACTERS]
        tokens += [Token(text[at + a : at + b], norm, at + a, at + b) for a, b, norm in _cut(raw, language)]
    return tokens


@lru_cache(maxsize=65536)
def stem(norm: str, language: str | None) -> str:
    """Snowball stem of a folded word; the word itself in languages without a stemmer here."""
    name = {"fr": "french", "en": "english"}.get(language or "")
    if name is None or not norm.isalpha():
        return norm
    if language == "fr" and norm in FRENCH_VERBS:
        return FRENCH_VERBS[norm]
    # Folded feminine participles (payée) end in "ee", which the French rules only know with an accent.
    word = re.sub(r"ees?$", "e", norm) if language == "fr" and len(norm) > 4 else norm
    found = str(snowballstemmer.stemmer(name).stemWord(word))  # a stemmer of its own: they keep state per word
    return f"{found[:-1]}i" if language == "fr" and found.endswith("y") else found  # payer and paye agree


def is_filler(norm: str, language: str | None) -> bool:
    """True for hesitations (euh, um)."""
    return norm in FILLERS.get(language or "", frozenset())


def is_content(norm: str, language: str | None) -> bool:
    """False for function words, hesitations, lone letters."""
    return (
        len(norm) > 1 and norm not in FUNCTION_WORDS.get(language or "", frozenset()) and not is_filler(norm, language)
    )


def content_stems(text: str, language: str | None) -> set[str]:
    """Stems of the words that carry content, for echoes."""
    return set().union(*(_content_of(raw, language) for raw in set(_RAW_WORD.findall(unmasked(text)))))


def norms_of(text: str, language: str | None) -> list[str]:
    """The folded words of `text` in order, as `tokenise` gives them."""
    raws = _RAW_WORD.findall(unmasked(text))
    return [norm for raw in raws for _, _, norm in _cut(raw[:_MOST_CHARACTERS], language)]


@lru_cache(maxsize=65536)
def _content_of(raw: str, language: str | None) -> frozenset[str]:
    """The content stems in one word as it was written: calls repeat their words."""
    norms = (norm for _, _, norm in _cut(raw[:_MOST_CHARACTERS], language))
    return frozenset(stem(norm, language) for norm in norms if is_content(norm, language))


@lru_cache(maxsize=65536)
def _cut(raw: str, language: str | None) -> tuple[Cut, ...]:
    cut = {"fr": _cut_french, "en": _cut_english}.get(language or "", _cut_plain)
    return tuple(cut(raw))


def _cut_plain(raw: str) -> Iterator[Cut]:
    body = raw.rstrip(_APOSTROPHES)
    yield 0, len(body), fold(body)


_MOST_CHARACTERS = 300
"""Of one word: more is no word, and stemmers are made for words."""
_MOST_ELISIONS = 8
"""In one word: French has four at most (`j't'l'ai`); each is looked for in all that is left."""


def _cut_french(raw: str) -> Iterator[Cut]:
    """Elided clitics one by one, then what is left."""
    start = 0
    for _ in range(_MOST_ELISIONS):
        rest = raw[start:]
        clitic = re.match(rf"[^{_APOSTROPHES}]+(?=[{_APOSTROPHES}])", rest)
        if clitic is None or fold(rest).rstrip("'") in _WHOLE_IN_FRENCH or fold(clitic.group()) not in _ELISIONS:
            yield from ((start + a, start + b, norm) for a, b, norm in _cut_plain(rest))
            return
        name, end = fold(clitic.group()), start + clitic.end() + 1
        yield (start, end - 1, name) if name == "y" else (start, end, f"{name}'")
        start = end
        if start == len(raw):
            return
    yield from ((start + a, start + b, norm) for a, b, norm in _cut_plain(raw[start:]))


def _cut_english(raw: str) -> Iterator[Cut]:
    body = raw.rstrip(_APOSTROPHES)
    parts = _english_parts(fold(body))
    if parts is None or not 0 < parts[0] < len(body):
        yield from _cut_plain(body)
        return
    at, first, second = parts
    yield 0, at, first
    yield at, len(body), second


def _english_parts(word: str) -> tuple[int, str, str] | None:
    """Where a contraction is cut and what its halves stand for; None when it is none."""
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    head, mark, tail = word.rpartition("'")
    if head and tail == "s":
        return len(head), head, "is" if head in _IS_AFTER else "'s"
    ending = _ENGLISH_ENDINGS.get(mark + tail)
    return (len(head), head, ending) if head and ending else None
