"""A rule's patterns read as words: a recogniser loses words, not letters.

A pattern (`forms.py`) is cut where its words end, with its lists as they are named: each is read once. A pattern that
can't be cut (a group glued to half a word, a rarer construct) is matched as it stands and no other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from service.words.rules.forms import unaccented

MAX_SPELLINGS = 400
"""Of one word written with groups and lists; with more it is an open word."""
MAX_DEPTH = 40
MOST_TIMES = 2
"""A group of letters that may come more often makes an open word."""


@dataclass(frozen=True, eq=False)
class Word:
    """One word, or inside `_Letters` one letter. `spellings`: all it may be; none for an open one (`{word}`)."""

    spellings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Edge:
    """`^`: start of the turn; `$`: its end, or a sentence's."""

    side: str


@dataclass(frozen=True, eq=False)
class Row:
    """One after the other."""

    items: tuple[Wording, ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """One of them."""

    options: tuple[Wording, ...]


@dataclass(frozen=True, eq=False)
class Repeat:
    """Some times; `most` None: any number."""

    item: Wording
    least: int
    most: int | None


Wording = Word | Edge | Row | Choice | Repeat
_SPACE = Word((" ",))
_ANY = Word(())
_GAPS = {"~": 3, "~~": 6}


class _Unreadable(Exception):
    """The expression is none that can be cut into words."""


@dataclass(frozen=True, eq=False)
class Written:
    """Patterns as a pack writes them, with its lists."""

    patterns: tuple[str, ...]
    lists: Lists

    @cached_property
    def wordings(self) -> tuple[Wording, ...]:
        """Those that can be cut, in words."""
        return tuple(self._read())

    def _read(self) -> Iterator[Wording]:
        for pattern in self.patterns:
            try:
                yield worded(_Letters(pattern, self.lists, 0).read())
            except _Unreadable:
                continue


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of a pack, each read when it is first named."""

    items: Mapping[str, Sequence[str]]
    _read: dict[str, Wording] = field(default_factory=dict)

    def named(self, name: str, depth: int) -> Wording:
        """The letters of a list's items."""
        if name not in self._read:
            if depth > MAX_DEPTH or name not in self.items:
                raise _Unreadable
            self._read[name] = Choice(tuple(_Letters(item, self, depth + 1).read() for item in self.items[name]))
        return self._read[name]


_QUANTIFIER = re.compile(r"[?*+]|\{(\d+)(,(\d*))?\}")
_TOKEN = re.compile(
    r"\(\?:|[|()^$]|[?*+]|\{\d+(?:,\d*)?\}|\{[a-z_]+\}|~~?|\\[wd]|\[(?:[^\]\\]|\\.)+\]"
    r"|[a-z0-9]+(?![?*+{])|[a-zA-Z0-9 %€]"
)


class _Letters:
    """A reader of one expression; a `Word` stands for a letter here."""

    def __init__(self, pattern: str, lists: Lists, depth: int) -> None:
        plain = unaccented(pattern).replace("'", " ")
        self._marks: list[str] = _TOKEN.findall(plain)
        if "".join(self._marks) != plain:
            raise _Unreadable
        self._at, self._lists, self._depth = 0, lists, depth

    def read(self) -> Wording:
        tree = self._choice()
        if self._at < len(self._marks):
            raise _Unreadable
        return tree

    def _choice(self) -> Wording:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Unreadable
        rows = [self._row()]
        while self._next() == "|":
            self._at += 1
            rows.append(self._row())
        self._depth -= 1
        return rows[0] if len(rows) == 1 else Choice(tuple(rows))

    def _row(self) -> Row:
        items: list[Wording] = []
        while self._next() not in ("", "|", ")"):
            mark = self._marks[self._at]
            self._at += 1
            item = self._group() if mark == "(?:" else self._letter(mark)
            items.append(self._repeated(item))
        return Row(tuple(items))

    def _group(self) -> Wording:
        inside = self._choice()
        if self._next() != ")":
            raise _Unreadable
        self._at += 1
        return inside

    def _letter(self, mark: str) -> Wording:
        if mark in _GAPS:
            return Repeat(Row((_ANY, _SPACE)), 0, _GAPS[mark])
        if mark in ("^", "$"):
            return Edge(mark)
        if mark in ("{asked}", "{stop}", "[QP]", "Q", "P"):
            return Edge("$")
        if mark == "{word}":
            return _ANY
        if mark == "(" or _QUANTIFIER.fullmatch(mark):
            raise _Unreadable
        if len(mark) > 2 and mark[0] == "{":
            return self._lists.named(mark[1:-1], self._depth)
        if re.fullmatch(r"\[[a-z]+\]", mark):
            return Word(tuple(mark[1:-1]))
        return _ANY if mark[0] in "\\[" else Word((mark,))

    def _repeated(self, item: Wording) -> Wording:
        times = _QUANTIFIER.fullmatch(self._next())
        if times is None:
            return item
        self._at += 1
        if times.group(1) is None:
            return Repeat(item, int(times.group() == "+"), 1 if times.group() == "?" else None)
        least = int(times.group(1))
        return Repeat(item, least, least if times.group(2) is None else int(times.group(3) or 0) or None)

    def _next(self) -> str:
        return self._marks[self._at] if self._at < len(self._marks) else ""


def worded(node: Wording) -> Wording:
    """Letters as words; the spaces between them go."""
    if isinstance(node, Choice):
        return Choice(tuple(worded(option) for option in node.options))
    if isinstance(node, Repeat):
        return Repeat(worded(node.item), node.least, node.most)
    return Row(tuple(_words(node.items if isinstance(node, Row) else (node,))))


def _words(items: Sequence[Wording]) -> Iterator[Wording]:
    """A run of letters without a space is a word; what is glued to a group that has one can't be told."""
    run: list[Wording] = []
    is_open = False
    for item in items:
        if not _has_space(item):
            if is_open:
                raise _Unreadable
            run.append(item)
            continue
        if (run or is_open) and not _is_space_at(item, 0):
            raise _Unreadable
        if run:
            yield _word(run)
            run = []
        if isinstance(item, Edge):
            yield item
        elif not _is_space(item):
            yield worded(item)
        is_open = not _is_space_at(item, -1)
    if run:
        yield _word(run)


def _has_space(node: Wording) -> bool:
    if isinstance(node, Row):
        return any(map(_has_space, node.items))
    if isinstance(node, Choice):
        return any(map(_has_space, node.options))
    return _has_space(node.item) if isinstance(node, Repeat) else isinstance(node, Edge) or " " in node.spellings


def _is_space(node: Wording) -> bool:
    bare = node.items[0] if isinstance(node, Row) and len(node.items) == 1 else node
    return _is_space(bare.item) if isinstance(bare, Repeat) else isinstance(bare, Word) and " " in bare.spellings


def _is_space_at(node: Wording, end: int) -> bool:
    """Whether no letter stands at that end (0 the first, -1 the last), whichever way it is read."""
    if isinstance(node, Row):
        return not node.items or _is_space_at(node.items[end], end)
    if isinstance(node, Choice):
        return all(_is_space_at(option, end) for option in node.options)
    if isinstance(node, Repeat):
        return _is_space_at(node.item, end)
    return isinstance(node, Edge) or " " in node.spellings


def _word(run: Sequence[Wording]) -> Word:
    spelled = _spellings(Row(tuple(run)))
    return Word(tuple(dict.fromkeys(s for s in spelled if s)) if spelled is not None else ())


def _spellings(node: Wording) -> list[str] | None:
    """All that a run of letters may be; None for what can't be listed, or is too much. Every part is listed once."""
    if isinstance(node, Choice):
        return _listed(_spellings(option) for option in node.options)
    if isinstance(node, Repeat):
        once = _spellings(node.item)
        if once is None or node.most is None or node.most > MOST_TIMES:
            return None
        return _listed(_joined([once] * n) for n in range(node.least, node.most + 1))
    if isinstance(node, Row):
        return _joined([_spellings(item) for item in node.items])
    return list(node.spellings) or None if isinstance(node, Word) else None


def _listed(parts: Iterable[list[str] | None]) -> list[str] | None:
    found: list[str] = []
    for part in parts:
        if part is None or len(found) + len(part) > MAX_SPELLINGS:
            return None
        found += part
    return found


def _joined(parts: Sequence[list[str] | None]) -> list[str] | None:
    """Every part followed by every next one."""
    found = [""]
    for part in parts:
        if part is None or len(found) * len(part) > MAX_SPELLINGS:
            return None
        found = [a + b for a in found for b in part]
    return found
