"""Words that come back from call to call: which phrase was said, and how much of one's words are such phrases.

Words are compared as `service.words.tokens` folds them, without hesitations: `Euh, je vous écoute.` and `je vous
écoute` are the same phrase. Pure functions over the words they are given.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence, Set

from audio.notes import Measure
from audio.sheet import Sheet, short_of
from service.words.tokens import is_filler, tokenise

NGRAM_WORDS = 6
"""A longer phrase that comes back is covered by the runs of six inside it."""
LEAST_CALLS = 5
_KEY_BYTES, _MARK_BYTES = 8, 4

Words = Sequence[str]


def plain_words(text: str, language: str | None) -> tuple[str, ...]:
    """The folded words of a text in order, without hesitations."""
    return tuple(t.norm for t in tokenise(text, language) if not is_filler(t.norm, language))


def phrase_key(text: str, language: str | None) -> str:
    """Sixteen characters that are the same for the same words and show none of them; empty without words."""
    words = plain_words(text, language)
    return _digest(words, _KEY_BYTES).hex() if words else ""


def _digest(words: Words, size: int) -> bytes:
    return hashlib.blake2b(" ".join(words).encode(), digest_size=size).digest()


def scripted_words(calls: Sequence[Words]) -> list[int]:
    """For each call, how many of its words stand in a run of six that five or more of the calls hold.

    Time and memory grow with the number of words. Runs go over the turns of one speaker, as the words are given.
    """
    held_by = Counter(run for words in calls for run in set(_runs(words)))
    return [_covered([held_by[run] >= LEAST_CALLS for run in _runs(words)]) for words in calls]


def _runs(words: Words) -> Iterator[tuple[str, ...]]:
    return zip(*(words[i:] for i in range(NGRAM_WORDS)), strict=False)


def _covered(shared: Sequence[bool]) -> int:
    """How many words the shared runs hold; run i begins at word i."""
    count, end = 0, 0
    for first, is_shared in enumerate(shared):
        if is_shared:
            count += first + NGRAM_WORDS - max(end, first)
            end = first + NGRAM_WORDS
    return count


def run_marks(words: Words) -> tuple[int, ...]:
    """A number of 32 bits for each run of six, in order: the same for the same run, and the words can't be had from it.

    Two runs share a number by chance once in four thousand million; wording counts as scripted from five calls on.
    """
    return tuple(int.from_bytes(_digest(run, _MARK_BYTES), "little") for run in _runs(words))


def scripted_in_call(marks: Sequence[int], earlier: Sequence[Set[int]], n_words: int, *, source: str) -> Measure:
    """`scripted_share` of one call against the same speaker's earlier calls, each given by the marks of its runs."""
    own = set(marks)
    held_by = Counter(mark for call in earlier for mark in own & call)
    count = _covered([1 + held_by[mark] >= LEAST_CALLS for mark in marks])
    sheet = Sheet(source, gates=True, spoken=n_words > 0).on(n_words, "n")
    share = 100 * count / n_words if n_words else None
    sheet.add("scripted_share", share, "%", short_of("words.scripted_few_calls", 1 + len(earlier), LEAST_CALLS))
    return sheet.measures[0]


def scripted_share(calls: Sequence[Words], *, source: str) -> Measure:
    """`scripted_share`: % of the words of these calls (one agent's, one list a call) inside runs of six or more words
    that five or more of the calls hold.

    5 calls at least; the more calls, the more is found to come back. Context, no norm and no limit: much of a service
    call is meant to be said alike. Proposed in measures.md 8.

    `scripted_share` (%): How much of a speaker's words stand in wording that comes back from call to call. Formula:
    share of the words inside runs of 6 or more words that 5 or more of the speaker's calls hold; words folded,
    hesitations left out. Needs: 5 calls. Withheld without: words. Source: our own proposal. Published figures: none.
    Limits: Context, no limit. More calls find more wording that comes back; much of a service call is meant to be
    said alike. Words a recogniser gets wrong hide it.
    """
    n_words = sum(map(len, calls))
    sheet = Sheet(source, gates=True, spoken=n_words > 0).on(n_words, "n")
    share = 100 * sum(scripted_words(calls)) / n_words if n_words else None
    sheet.add("scripted_share", share, "%", short_of("words.scripted_few_calls", len(calls), LEAST_CALLS))
    return sheet.measures[0]
