"""Small readers of a pack's fields: each returns a checked value or raises PackError with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Collection

from rapidfuzz import fuzz, process

from audio.timeline import Party
from service.words.rules.errors import PackError, shown
from service.words.rules.pack import Limits
from service.words.rules.reading import Field
from service.words.rules.vocabulary import ACTS

NEAR_ENOUGH = 70.0
"""Least likeness (of 100) at which a misspelt name is guessed: `patern` and `patterns` have 86."""
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known name most like a word, None when none is like it."""
    found = process.extractOne(word.lower(), sorted(known), scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH)
    return None if found is None else str(found[0])


def only(source: Field, allowed: frozenset[str]) -> None:
    """Refuses a key that is none of those allowed, with the one that was probably meant."""
    for key, f in source.mapping().items():
        if key not in allowed:
            meant = nearest(key, allowed)
            if meant is not None:
                raise f.error("acts.pack_near_key", meant=meant)
            raise f.error("acts.pack_unknown_key", allowed=", ".join(sorted(allowed)))


def need(source: Field, key: str) -> Field:
    """The value of a key that must be there."""
    found = source.mapping().get(key)
    if found is None:
        raise PackError("acts.pack_missing_key", file=source.file, line=source.line, field=key)
    return found


def get_items(source: Field, key: str) -> tuple[Field, ...]:
    """The list under a key; empty without it."""
    found = source.mapping().get(key)
    return found.items() if found else ()


def get_texts(source: Field, key: str) -> tuple[str, ...]:
    """The texts under a key; empty without it."""
    return tuple(f.text() for f in get_items(source, key))


def texts(source: Field) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(f.text() for f in source.items())


def identifier(source: Field) -> str:
    """A name: a to z, 0 to 9 and _."""
    if not _ID.fullmatch(source.text()):
        raise source.error("acts.pack_bad_id", value=shown(source.value))
    return source.text()


def act_of(source: Field) -> str:
    """An act of the list."""
    if source.text() not in ACTS:
        meant = nearest(source.text()[:60], ACTS)
        if meant is not None:
            raise source.error("acts.pack_near_act", value=shown(source.value), meant=meant)
        raise source.error("acts.pack_unknown_act", value=shown(source.value))
    return source.text()


def party(source: Field) -> Party:
    """`agent` or `customer`."""
    if source.text() == "agent":
        return "agent"
    if source.text() == "customer":
        return "customer"
    raise source.error("acts.pack_bad_party", value=shown(source.value))


def yes(source: Field) -> bool:
    """`true` or `false`."""
    if source.text() not in ("true", "false"):
        raise source.error("acts.pack_bad_flag", value=shown(source.value))
    return source.text() == "true"


def number(source: Field, low: float, high: float) -> float:
    """A number in [low, high]."""
    try:
        found = float(source.text())
    except ValueError:
        raise source.error("acts.pack_bad_number", value=shown(source.value), low=low, high=high) from None
    if not low <= found <= high:
        raise source.error("acts.pack_bad_number", value=shown(source.value), low=low, high=high)
    return found


def whole(source: Field, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    found = number(source, low, high)
    if found != int(found):
        raise source.error("acts.pack_not_whole", value=shown(source.value))
    return int(found)


def limits(source: Field, high: float) -> Limits:
    """`at_least` and `at_most`, of which one is needed and the first may not be above the second."""
    given = source.mapping()
    low = number(given["at_least"], 0, high) if "at_least" in given else None
    top = number(given["at_most"], 0, high) if "at_most" in given else None
    if low is None and top is None:
        raise source.error("acts.pack_no_limit")
    if low is not None and top is not None and low > top:
        raise source.error("acts.pack_limits_crossed")
    return Limits(low, top)
