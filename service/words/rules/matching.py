"""Where a rule's forms occur: patterns by one pass over a party's text, phrases around their rarest words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from service.words.rules.forms import Phrase, negations
from service.words.rules.mending import Mend
from service.words.rules.pack import Rule
from service.words.rules.script import ScriptText

MARKS = ("Q", "P")
MENDED_SCORE = 0.8
"""Of a match with a word put back: any that stands as it is goes before it."""
REACH_WORDS = 12
"""Words on each side of a mended word in which its pattern is looked for."""
CUT = "Z"
"""Stands for what lies beyond: no pattern asks for it."""


@dataclass(frozen=True, order=True)
class Match:
    """Pieces first..last (inclusive) of a party's text, and how alike they are to the rule's form (0 to 1)."""

    first: int
    last: int
    score: float


def matches_of(rule: Rule, text: ScriptText, mends: Sequence[Mend] = ()) -> list[Match]:
    """All places of a rule's forms in one party's text, in order; conditions are not looked at.

    `mends`: words that may be put back for this rule (`mending.py`).
    """
    found = set(_of_patterns(rule, text))
    for phrase in rule.phrases:
        found.update(_of_phrase(phrase, text))
    return sorted(found | set(_of_mended(rule, text, mends, found)))


def _of_patterns(rule: Rule, text: ScriptText) -> Iterator[Match]:
    if rule.patterns is None:
        return
    written, starts = (text.text, text.starts) if rule.until is None else _in_clauses(rule.until, text)
    for hit in rule.patterns.finditer(written):
        start, end = hit.span()
        if start == end:
            continue
        first, last = bisect_right(starts, start) - 1, bisect_left(starts, end) - 1
        first, last = _without_marks(text, first, last)
        if first <= last and text.owners[first] == text.owners[last]:
            yield Match(first, last, 1.0)


def _in_clauses(until: Any, text: ScriptText) -> tuple[bytes, list[int]]:
    """The text with a cut before each place of `until`, and where its pieces start: no pattern gets across a cut."""
    if id(until) not in text.clauses:
        openings = {first for owner in range(len(text.turns)) for first in text.hits(until, owner)[0]}
        openings -= set(text.firsts)
        written = [f"{CUT} {norm}" if i in openings else norm for i, norm in enumerate(text.norms)]
        lengths = accumulate((len(word.encode()) + 1 for word in written), initial=0)
        starts = [at + (len(CUT) + 1) * (i in openings) for i, at in zip(range(len(written)), lengths, strict=False)]
        bounds = [text.bounds(owner) for owner in range(len(text.turns))]
        lines = "\n".join(" ".join(written[low:stop]) for low, stop in bounds)
        text.clauses[id(until)] = (until, lines.encode(), starts)  # `until` beside it keeps its id its own
    return text.clauses[id(until)][1:]


def _of_mended(rule: Rule, text: ScriptText, mends: Sequence[Mend], found: set[Match]) -> Iterator[Match]:
    """The patterns in the words around each mend, the mended word among those that match.

    What matches as it stands needs no mending, so nothing is given there.
    """
    if rule.patterns is None or not mends:
        return
    windows = [_window(rule, text, mend) for mend in mends]
    starts = [0, *accumulate(len(w.text) + 1 for w in windows)]
    standing = sorted(found)
    lasts = list(accumulate((m.last for m in standing), max))
    for hit in rule.patterns.finditer(b"\n".join(w.text for w in windows)):
        at = bisect_right(starts, hit.start()) - 1
        pieces = windows[at].pieces(hit.start() - starts[at], hit.end() - starts[at])
        if pieces is None:
            continue
        first, last = _without_marks(text, *pieces)
        place = bisect_left(lasts, first)
        if first <= last and not (place < len(standing) and standing[place].first <= last):
            yield Match(first, last, MENDED_SCORE)


@dataclass(frozen=True)
class _Window:
    """Words around a mend. `start`, `end`: the mended word among them (bytes); it stands for piece `place`, or before.

    `replaces`: the piece at `place` is heard as that word.
    """

    text: bytes
    start: int
    end: int
    place: int
    replaces: bool

    def pieces(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last piece of a stretch; None where the mended word is not in it, or nothing else is."""
        if not (start <= self.start and self.end <= end):
            return None
        first = self.place - self.text[start : self.start].count(b" ")
        last = self.place - 1 + self.replaces + self.text[self.end : end].rstrip(b" ").count(b" ")
        return (first, last) if first <= last else None


def _window(rule: Rule, text: ScriptText, mend: Mend) -> _Window:
    low, stop = _clause(rule, text, mend)
    after = mend.place + mend.replaces
    first, last = max(low, mend.place - REACH_WORDS), min(stop, after + REACH_WORDS)
    head = "".join(f"{word} " for word in ([CUT] * (first > low) + list(text.norms[first : mend.place]))).encode()
    word = mend.word.encode()
    tail = "".join(f" {word}" for word in (*text.norms[after:last], *[CUT] * (last < stop))).encode()
    return _Window(head + word + tail, len(head), len(head) + len(word), mend.place, mend.replaces)


def _clause(rule: Rule, text: ScriptText, mend: Mend) -> tuple[int, int]:
    """The pieces [low, stop) in which a pattern must stay: the turn, or its clause."""
    low, stop = text.bounds(mend.owner)
    openings = text.hits(rule.until, mend.owner)[0] if rule.until is not None else []
    low = max([low, *(o for o in openings if o <= mend.place)])
    return low, min([stop, *(o for o in openings if o > mend.place)])


def _without_marks(text: ScriptText, first: int, last: int) -> tuple[int, int]:
    while first < last and text.norms[first] in MARKS:
        first += 1
    while last > first and text.norms[last] in MARKS:
        last -= 1
    return first, last


def _of_phrase(phrase: Phrase, text: ScriptText) -> Iterator[Match]:
    """The best window around each anchor word; windows are as long as the phrase, or one word off."""
    n = len(phrase.words)
    wanted, known = phrase.text, frozenset(phrase.words)
    seen: set[int] = set()
    for anchor in phrase.anchors:
        for place in text.places.get(anchor, ()):
            low, stop = text.bounds(text.owners[place])
            # Half of the words nearby are needed for any likeness worth the name, and quick to count.
            if 2 * len(known.intersection(text.norms[max(low, place - n) : min(stop, place + n + 1)])) < len(known):
                continue
            starts = range(max(low, place - n), min(place, stop - 1) + 1)
            best = max((_scored(phrase, wanted, text, s, stop) for s in starts if s not in seen), default=None)
            seen.update(starts)
            if best is not None and best[0] > 0:
                score, _, first, last = best
                yield Match(first, last, score / 100.0)


def _scored(phrase: Phrase, wanted: str, text: ScriptText, first: int, stop: int) -> tuple[float, int, int, int]:
    """The best of the windows that start at a piece: score, shorter first, earlier first."""
    n = len(phrase.words)
    best = (0.0, 0, 0, 0)
    if text.norms[first] in MARKS:
        return best
    for length in (n,) if phrase.score_min >= 100 or n < 3 else (n - 1, n, n + 1):
        end = first + length
        if end > stop:
            break
        if text.norms[end - 1] in MARKS or not _turns_alike(phrase, text, first, end):
            continue
        words = text.norms[first:end]
        score = fuzz.ratio(" ".join(words), wanted, score_cutoff=phrase.score_min)
        if not score and phrase.may_lose:
            score = _but_for_lost(phrase, words)
        if score:
            best = max(best, (score, -length, first, end - 1))
    return best


def _turns_alike(phrase: Phrase, text: ScriptText, first: int, end: int) -> bool:
    """Whether pieces [first, end) hold the negations of the phrase and no other."""
    if not phrase.negations:
        return text.negations[first] == text.negations[end]
    return negations(text.norms[first:end]) == phrase.negations


def _but_for_lost(phrase: Phrase, words: Sequence[str]) -> float:
    """The share of the phrase's words that is there in order, in percent; 0 when too many or the wrong ones miss."""
    n = len(phrase.words)
    if len(words) > n or not phrase.content.issubset(words):
        return 0.0
    there = LCSseq.similarity(words, phrase.words)
    return 100.0 * there / n if n - there <= phrase.may_lose else 0.0
