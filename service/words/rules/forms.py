"""Forms: how a rule's phrases and patterns meet folded speech.

Folded speech (`script.py`) is lower-case words without accents or apostrophes, one space apart (`j'ai` is `j ai`,
English contractions are written out: `I'll` is `i will`), hesitations and stutters gone; `Q` stands for a question
mark and `P` for the end of another sentence. A pattern is a google-re2 expression over that text, with

    ~        up to 3 words       ~~     up to 6 words      (none across a sentence end)
    {name}   one of the pack's list of that name; {asked} a question mark, {stop} any sentence end
    ^  $     start of the turn; end of the turn or of a sentence

It always starts and ends on a word's edge. re2 runs in time linear in the text, so no pattern can hang.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from service.words.tokens import is_content, is_filler, tokenise

MAX_PATTERN_CHARS = 60_000
MAX_PROGRAM = 25_000
"""Instructions of one machine: the largest of the packs supplied has 7,300, and time is text times instructions."""
LARGE_PROGRAM, LARGE_MEMORY_BYTES = 4_000, 1 << 25
"""Where re2's own 8 MiB for the states it has met are too few: it would forget them and search three times slower."""
_WORD = "[^ A-Z\n]+"
_BUILT_IN = {"asked": "Q", "stop": "[QP]", "word": _WORD}
_LIST_NAME = re.compile(r"\{([a-z_]+)\}")
_END = re.compile(r"(?<!\\)\$")
# Words whose presence turns a sentence round: a fuzzy match may not add or lose one.
NEGATIONS = frozenset(
    [
        "pas",
        "plus",
        "jamais",
        "rien",
        "aucun",
        "aucune",
        "sans",
        "ni",
        "not",
        "never",
        "no",
        "none",
        "nothing",
        "without",
    ]
)


class FormError(Exception):
    """A phrase or pattern that can't be compiled; the schema adds file, line and key."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(code, what)
        self.code, self.what = code, what


@dataclass(frozen=True)
class Phrase:
    """Words to find as spoken, or nearly: `score_min` (0 to 100) is the least similarity of a window of words.

    `anchors`: its (at most three) longest words; a window is looked at when it holds one of them as written.
    `score_min` is 100 for phrases too short to be told from their neighbours. However alike the letters are, `may_lose`
    of its words may be lost or replaced (one of up to seven, two of more), as long as all of `content` is there.
    """

    words: tuple[str, ...]
    anchors: tuple[str, ...]
    score_min: float
    negations: frozenset[str]
    content: frozenset[str] = frozenset()
    may_lose: int = 0

    @property
    def text(self) -> str:
        """As found in folded speech."""
        return " ".join(self.words)


def folded_words(text: str, language: str) -> list[str]:
    """The words of a text as patterns see them (no sentence marks, hesitations kept)."""
    return [norm for t in tokenise(text, language) for norm in t.norm.replace("'", " ").split()]


def negations(words: Sequence[str]) -> frozenset[str]:
    """Those of the words that turn a sentence round."""
    return NEGATIONS.intersection(words)


def phrase_of(text: str, language: str, score_min: float) -> Phrase:
    """Raises FormError when the text holds no word."""
    words = tuple(w for w in folded_words(text, language) if not is_filler(w, language))
    if not words:
        raise FormError("acts.pack_no_word", text)
    anchors = tuple(sorted(dict.fromkeys(words), key=lambda w: (-len(w), w))[:3])
    fuzzy = len(words) >= 2 and sum(map(len, words)) >= 9
    content = frozenset(w for w in words if is_content(w, language) and is_content(f"{w}'", language))
    enough = len(words) >= 4 if len(content) == 1 else len(words) >= 3 and bool(content)
    may_lose = 0 if not enough or score_min >= 100 else 1 if len(words) < 8 else 2
    return Phrase(words, anchors, score_min if fuzzy else 100.0, negations(words), content, may_lose)


def gapped(text: str, language: str) -> str:
    """A phrase with `*` (up to three words) as a pattern."""
    parts = [" ".join(folded_words(part, language)) for part in text.split("*")]
    return " ~".join(re.escape(p) for p in parts if p).replace("\\ ", " ")


def expand(pattern: str, lists: Mapping[str, Sequence[str]], depth: int = 0) -> str:
    """A pattern with its accents and apostrophes folded, its lists and gaps written out."""
    if depth > 4:
        raise FormError("acts.pack_list_loop", pattern)
    plain = unaccented(pattern).replace("'", " ")

    def listed(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        if name not in lists:
            raise FormError("acts.pack_unknown_list", name)
        items: list[str] = []
        for item in lists[name]:
            items.append(expand(item, lists, depth + 1))
            if sum(map(len, items)) > MAX_PATTERN_CHARS:
                raise FormError("acts.pack_pattern_too_long", pattern)
        return "(?:" + "|".join(items) + ")"

    written = _END.sub(r"(?: [QP]|$)", _LIST_NAME.sub(listed, plain)) if depth == 0 else _LIST_NAME.sub(listed, plain)
    if len(written) > MAX_PATTERN_CHARS:
        raise FormError("acts.pack_pattern_too_long", pattern)
    return written.replace("~~", f"(?:{_WORD} ){{0,6}}").replace("~", f"(?:{_WORD} ){{0,3}}")


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """The re2 machine of an expanded pattern, over bytes. Raises FormError when re2 refuses it."""
    machine = _machine(pattern, None)
    if machine.programsize > MAX_PROGRAM:
        raise FormError("acts.pack_pattern_too_long", pattern)
    return machine if machine.programsize <= LARGE_PROGRAM else _machine(pattern, LARGE_MEMORY_BYTES)


def _machine(pattern: str, memory_bytes: int | None) -> Any:
    options = re2.Options()
    options.longest_match = True
    options.log_errors = False
    options.never_capture = True
    if memory_bytes is not None:
        options.max_mem = memory_bytes
    try:
        return re2.compile(rf"(?m)\b(?:{pattern})\b", options)
    except re2.error as error:
        raise FormError(*_refusal(error, pattern)) from None


def _refusal(error: Exception, pattern: str) -> tuple[str, str]:
    """re2's reason is bytes when it comes from its own code."""
    reason = error.args[0] if error.args else ""
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return ("acts.pack_pattern_too_long", pattern) if "too large" in text else ("acts.pack_bad_pattern", text)


def program_size(machine: Any | None) -> int:
    """Instructions of a machine; 0 for none."""
    return 0 if machine is None else int(machine.programsize)


def any_of(patterns: Sequence[str], lists: Mapping[str, Sequence[str]]) -> Any | None:
    """One machine for several patterns, None for none. Raises FormError when one of them, or all, can't be compiled."""
    written = [expand(p, lists) for p in patterns]
    return compiled("|".join(f"(?:{p})" for p in written)) if written else None


def unaccented(text: str) -> str:
    """Accents, ligatures and curly apostrophes away; case kept, since `\\S` and `\\s` differ."""
    spelled = text.replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", spelled) if not unicodedata.combining(c))
