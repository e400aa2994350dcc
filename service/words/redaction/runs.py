"""Numbers dictated piece by piece, strung together: card, account, telephone, social security, any long reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.words.masks import Kind
from service.words.redaction.kinds import is_iban, kind_of_digits
from service.words.redaction.spoken_numbers import MOST_CHARACTERS, Item, is_written_date, number_items
from service.words.tokens import fold

LONG_DIGITS = 8
"""A string of so many digits is masked whatever it is."""
DICTATED_DIGITS, DICTATED_ITEMS = 6, 3
"""And so is a shorter one that was dictated in pieces: a price or a date is said in one or two."""
MOST_ITEMS = 40
_BETWEEN = frozenset(
    [
        *("euh", "heu", "hum", "alors", "et", "puis", "ensuite", "donc", "tiret", "espace", "c'est"),
        *("uh", "um", "er", "and", "then", "dash", "space", "hyphen", "slash"),
    ]
)
_MOST_BETWEEN = 2
_LETTERS = re.compile(r"[a-z]{1,2}\d*|[a-z0-9]{2,34}")
_IBAN_CHARACTERS = range(15, 35)
Stops = frozenset[int]


@dataclass(frozen=True)
class Passage:
    """Tokens first to last (inclusive) that hold something private."""

    first: int
    last: int
    kind: Kind


def number_passages(tokens: Sequence[str], language: str, stops: Stops) -> list[Passage]:
    """Private numbers in the tokens. `stops`: tokens before which a long silence lies; no number runs over one."""
    items = [i for i in number_items(tokens, language) if not is_written_date(tokens[i.first])]
    found = [p for run in _runs(items, tokens, stops) for p in _of_run(run, language)]
    return [*found, *_ibans(tokens, items, stops)]


def _runs(items: Sequence[Item], tokens: Sequence[str], stops: Stops) -> Iterator[list[Item]]:
    """Items with nothing but hesitations and the like between them."""
    run: list[Item] = []
    for item in items:
        if run and not (len(run) < MOST_ITEMS and _goes_on(run[-1].last, item.first, tokens, stops)):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _goes_on(before: int, after: int, tokens: Sequence[str], stops: Stops) -> bool:
    between = range(before + 1, after)
    if any(i in stops for i in range(before + 1, after + 1)) or len(between) > _MOST_BETWEEN:
        return False
    return all(fold(tokens[i]).strip(".,;:!?") in _BETWEEN for i in between)


def _of_run(run: Sequence[Item], language: str) -> Iterator[Passage]:
    """The whole run, when it is something known or long: a part that happens to pass a check would leave the rest."""
    digits = "".join(item.digits for item in run)
    kind = kind_of_digits(digits, language, international=run[0].international)
    long = len(digits) >= LONG_DIGITS or (len(digits) >= DICTATED_DIGITS and len(run) >= DICTATED_ITEMS)
    if kind is not None or long:
        yield Passage(run[0].first, run[-1].last, kind or "number")


def _ibans(tokens: Sequence[str], items: Sequence[Item], stops: Stops) -> Iterator[Passage]:
    """Two letters, two digits and up to 30 more characters, written or spelled, whose check digits hold."""
    written = _alphanumeric(tokens, items)
    at = 0
    while at < len(written):
        passage = _iban_at(written, at, stops)
        if passage is not None:
            yield passage
        at += 1


def _alphanumeric(tokens: Sequence[str], items: Sequence[Item]) -> list[tuple[int, int, str]]:
    """(first token, last token, characters) of everything that may be part of an account number, in order."""
    spoken = {item.first: item for item in items}
    found: list[tuple[int, int, str]] = []
    i = 0
    while i < len(tokens):
        item = spoken.get(i)
        if item is not None:
            found.append((i, item.last, item.digits))
            i = item.last + 1
            continue
        plain = re.sub(r"[\s.\-]", "", fold(tokens[i])).strip(",;:!?") if len(tokens[i]) <= MOST_CHARACTERS else ""
        if _LETTERS.fullmatch(plain) and (len(plain) <= 4 or any(c.isdigit() for c in plain)):
            found.append((i, i, plain))
        i += 1
    return found


def _iban_at(written: Sequence[tuple[int, int, str]], at: int, stops: Stops) -> Passage | None:
    first, last, text = written[at]
    if not text[0].isalpha():
        return None
    for next_first, next_last, more in [*written[at + 1 : at + 1 + MOST_ITEMS], (-1, -1, "")]:
        if len(text) in _IBAN_CHARACTERS and is_iban(text.upper()):
            return Passage(first, last, "iban")
        if len(text) >= _IBAN_CHARACTERS.stop or next_first - last > 1 + _MOST_BETWEEN or next_first in stops:
            return None
        text, last = text + more, next_last
    return None
