"""E-mail addresses, written (`a.b@c.fr`) or said (`jean point dupont arobase exemple point fr`, `at ... dot com`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from service.words.redaction.runs import Passage, Stops
from service.words.tokens import fold

_WRITTEN = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@]{2,24}")
_AT = {"fr": frozenset(["arobase", "arobas", "at", "@"]), "en": frozenset(["at", "@", "arobase"])}
_DOTS = {"fr": frozenset(["point", "."]), "en": frozenset(["dot", "point", "."])}
_JOINTS = frozenset(
    [
        *("point", "dot", "tiret", "dash", "underscore", "hyphen", "barre", "trait", "bas", "du", "six", "huit", "en"),
        *("minuscules", "6", "8", ".", "-", "_"),
    ]
)
_TOPS = frozenset(
    [
        *(
            "com",
            "fr",
            "org",
            "net",
            "eu",
            "be",
            "ch",
            "ca",
            "uk",
            "co",
            "io",
            "info",
            "edu",
            "gouv",
            "gov",
            "ie",
            "us",
        ),
        *("au", "de", "es", "it", "lu", "in"),
    ]
)
_AFTER_AT, _BEFORE_AT = 8, 14
MOST_CHARACTERS = 300


def email_passages(tokens: Sequence[str], language: str, stops: Stops) -> Iterator[Passage]:
    """Passages that are e-mail addresses."""
    norms = [fold(t[:MOST_CHARACTERS]).strip(',;:!?«»"()') for t in tokens]
    for i, norm in enumerate(norms):
        if _WRITTEN.search(norm):
            yield Passage(i, i, "email")
        elif norm.strip(".") in _AT[language]:
            last = _domain_end(norms, i, language, stops)
            if last is not None:
                yield Passage(_name_start(norms, i, stops), last, "email")


def _domain_end(norms: Sequence[str], at: int, language: str, stops: Stops) -> int | None:
    """The last token of the domain after the at sign: up to a dot and a top-level name; None when there is none."""
    found = None
    for i in range(at + 1, min(len(norms), at + 1 + _AFTER_AT)):
        if i in stops:
            break
        dotted = norms[i].rpartition(".")[2] if "." in norms[i].strip(".") else None
        said = norms[i - 1] in _DOTS[language] and norms[i].strip(".")
        if (dotted or said or "") in _TOPS:
            found = i
            if i + 1 >= len(norms) or norms[i + 1] not in _DOTS[language]:  # co.uk goes on
                break
    return found


def _name_start(norms: Sequence[str], at: int, stops: Stops) -> int:
    """Backwards over what is joined by dots and dashes, or spelled letter by letter; one word at least."""
    first = max(0, at - 1) if at not in stops else at
    while first > 0 and first not in stops and at - first < _BEFORE_AT:
        joined = norms[first] in _JOINTS or norms[first - 1] in _JOINTS
        spelled = len(norms[first - 1]) == 1 and (len(norms[first]) == 1 or first == at - 1)
        if not (joined or spelled or norms[first - 1].isdigit()):
            break
        first -= 1
    return first
