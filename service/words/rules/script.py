"""A call as rules read it: per party one folded text, one turn a line, and the way back to words and seconds.

Folding leaves out hesitations (`heu`), words broken off (`ven-`) and stutters (`il il faut il faut` -> `il faut`),
so that a rule is written for what was meant. Offsets are bytes of `ScriptText.text`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

from audio.timeline import Party, Span
from service.scoring.evidence import SpokenTurn
from service.words.rules.forms import NEGATIONS
from service.words.tokens import content_stems, is_filler, tokenise

_BROKEN_OFF = re.compile(r"\w-[.,]?$")
_MARK = re.compile(r"([?？]|[.!…;](?!\w))[\"»)\s]*$")
_PUNCTUATED_SHARE = 1 / 3
_LONG_TURN_WORDS = 4


@dataclass(frozen=True)
class Piece:
    """A folded word and the index of the turn's word it came from."""

    norm: str
    word: int


@dataclass(frozen=True, eq=False)
class ScriptTurn:
    """A turn and its folded pieces; `words` are the words as they came. `rank`: place among the party's turns."""

    turn: SpokenTurn
    words: tuple[str, ...]
    pieces: tuple[Piece, ...]

    @cached_property
    def _offsets(self) -> list[int]:
        """Characters before each word, and before what would come after the last."""
        return [0, *accumulate(len(w) + 1 for w in self.words)]

    @cached_property
    def text(self) -> str:
        """The folded turn."""
        return " ".join(p.norm for p in self.pieces)

    def said(self, first: int, last: int) -> tuple[str, ...]:
        """The words of pieces first..last (inclusive) as they came."""
        return self.words[self.pieces[first].word : self.pieces[last].word + 1]

    def quote(self, first: int, last: int) -> str:
        """The same as one text."""
        return " ".join(self.said(first, last))

    def span(self, first: int, last: int) -> Span:
        """When those words were said: their own times, else their share of the turn."""
        a, b = self.pieces[first].word, self.pieces[last].word
        if len(self.turn.words) == len(self.words):
            start_s, end_s = self.turn.words[a].span.start_s, self.turn.words[b].span.end_s
            return Span(start_s, max(start_s, end_s))
        per_char_s = self.turn.span.duration_s / self._offsets[-1]
        start_s = self.turn.span.start_s + self._offsets[a] * per_char_s
        end_s = min(self.turn.span.end_s, self.turn.span.start_s + self._offsets[b + 1] * per_char_s)
        return Span(min(start_s, end_s), end_s)


@dataclass(frozen=True, eq=False)
class ScriptText:
    """All turns of one party as one text. `starts[i]`: offset of piece i; `owners[i]`: its turn in `turns`."""

    text: bytes
    turns: tuple[ScriptTurn, ...]
    starts: tuple[int, ...]
    norms: tuple[str, ...]
    owners: tuple[int, ...]
    firsts: tuple[int, ...]

    def pieces_of(self, start: int, end: int) -> tuple[int, int]:
        """The pieces that a stretch of text covers: first and last index."""
        return bisect_right(self.starts, start) - 1, bisect_left(self.starts, end) - 1

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each folded word stands."""
        found: dict[str, list[int]] = {}
        for i, norm in enumerate(self.norms):
            found.setdefault(norm, []).append(i)
        return found

    @cached_property
    def marks(self) -> list[int]:
        """The pieces that are sentence marks, in order."""
        return [i for i, norm in enumerate(self.norms) if norm in ("Q", "P")]

    def hits(self, forms: Any, owner: int) -> tuple[list[int], list[int]]:
        """First and last pieces of every place of a pattern in a turn, in order; searched once for a turn's matches."""
        key = (id(forms), owner)
        if key not in self._hits:
            offset = self.starts[self.firsts[owner]]
            spans = [hit.span() for hit in forms.finditer(self.lines[owner])]
            pairs = [self.pieces_of(offset + start, offset + end) for start, end in spans]
            self._hits[key] = (forms, [first for first, _ in pairs], [last for _, last in pairs])
        return self._hits[key][1:]

    @cached_property
    def lines(self) -> list[bytes]:
        """Each turn's text."""
        return self.text.split(b"\n")

    @cached_property
    def negations(self) -> list[int]:
        """How many words that turn a sentence round stand before each piece, and in all."""
        return list(accumulate((norm in NEGATIONS for norm in self.norms), initial=0))

    @cached_property
    def clauses(self) -> dict[int, tuple[Any, bytes, list[int]]]:
        """What `matching` worked out of each rule's `until`."""
        return {}

    @cached_property
    def _hits(self) -> dict[tuple[int, int], tuple[Any, list[int], list[int]]]:
        """The pattern stands beside its places, so that its id stays its own."""
        return {}

    def bounds(self, owner: int) -> tuple[int, int]:
        """First piece of a turn, and one past its last."""
        first = self.firsts[owner]
        return first, first + len(self.turns[owner].pieces)

    def piece_text(self, first: int, stop: int) -> bytes:
        """The text of pieces [first, stop)."""
        return " ".join(self.norms[first:stop]).encode()


@dataclass(frozen=True, eq=False)
class Script:
    """The whole call: `order` holds (party, place in that party's turns), turns without words left out."""

    texts: dict[Party, ScriptText]
    order: tuple[tuple[Party, int], ...]
    language: str
    end_s: float
    has_times: bool
    punctuated: bool


def read_script(turns: Sequence[SpokenTurn], language: str) -> Script:
    """Fold the turns of a call, in the order given."""
    read = [s for s in (script_turn(t, language) for t in turns) if s.pieces]
    by_party: dict[Party, list[ScriptTurn]] = {"agent": [], "customer": []}
    order: list[tuple[Party, int]] = []
    for turn in read:
        own = by_party.setdefault(turn.turn.party, [])
        order.append((turn.turn.party, len(own)))
        own.append(turn)
    end_s = max((t.turn.span.end_s for t in read), default=0.0)
    start_s = min((t.turn.span.start_s for t in read), default=0.0)
    texts = {party: _text(own) for party, own in by_party.items()}
    return Script(texts, tuple(order), language, end_s, end_s > start_s, _is_punctuated(read))


def script_turn(turn: SpokenTurn, language: str) -> ScriptTurn:
    """Fold one turn."""
    words = tuple(w.text.strip() for w in turn.words) if turn.words else tuple(turn.text.split())
    return ScriptTurn(turn, words, tuple(_collapsed(list(_pieces(words, language)))))


def _pieces(words: Sequence[str], language: str) -> Iterator[Piece]:
    for i, word in enumerate(words):
        for norm in _norms(word, language):
            yield Piece(norm, i)


@lru_cache(maxsize=32768)
def _norms(word: str, language: str) -> tuple[str, ...]:
    """The folded words and the mark in one written word; calls repeat their words, so this is worth remembering."""
    norms: list[str] = []
    if not _BROKEN_OFF.search(word):
        spoken = [t.norm for t in tokenise(word, language) if not is_filler(t.norm, language)]
        norms = [part for norm in spoken for part in norm.replace("'", " ").split()]
    mark = _MARK.search(word)
    if mark:
        norms.append("Q" if mark.group(1) in "?？" else "P")
    return tuple(norms)


def stems(words: Sequence[str], language: str) -> frozenset[str]:
    """Content stems of words as they came."""
    return frozenset().union(*(_stems(word, language) for word in words))


@lru_cache(maxsize=32768)
def _stems(word: str, language: str) -> frozenset[str]:
    return frozenset(content_stems(word, language))


def _collapsed(pieces: list[Piece]) -> list[Piece]:
    """Stutters of one to three words said again at once are kept once (the last time)."""
    kept: list[Piece] = []
    norms: list[str] = []
    for piece in pieces:
        kept.append(piece)
        norms.append(piece.norm)
        for n in (3, 2, 1):
            if len(norms) >= 2 * n and norms[-1] == norms[-n - 1] and norms[-n:] == norms[-2 * n : -n]:
                del kept[-2 * n : -n], norms[-2 * n : -n]
                break
    return kept


def _text(turns: Sequence[ScriptTurn]) -> ScriptText:
    starts: list[int] = []
    norms: list[str] = []
    owners: list[int] = []
    firsts: list[int] = []
    offset = 0
    for owner, turn in enumerate(turns):
        firsts.append(len(starts))
        for piece in turn.pieces:
            starts.append(offset)
            norms.append(piece.norm)
            owners.append(owner)
            offset += len(piece.norm.encode()) + 1
    text = "\n".join(t.text for t in turns).encode()
    return ScriptText(text, tuple(turns), tuple(starts), tuple(norms), tuple(owners), tuple(firsts))


def _is_punctuated(turns: Sequence[ScriptTurn]) -> bool:
    """True when enough of the longer turns end in a mark: then a question without one is a statement."""
    long = [t for t in turns if len(t.pieces) >= _LONG_TURN_WORDS]
    marked = sum(t.pieces[-1].norm in ("Q", "P") for t in long)
    return bool(long) and marked >= _PUNCTUATED_SHARE * len(long)
