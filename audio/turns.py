"""Turns: who holds the floor, from the tight speech regions of each party.

Conventions
    All of it rests on *tight* speech regions (`audio.regions`), never on word times. IPUs end at silences of
    200 ms; overlaps are told apart in `audio.overlaps`.
    A turn is a stretch where one party holds the floor. Backchannels and failed interruptions of the others do
    not break it, and are short turns of their own (their words have to live somewhere); a mutual silence that
    counts as dead air (5 s) ends a turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audio.overlaps import Overlap, find_ipus, find_overlaps
from audio.timeline import Party, Span, Turn, complement, intersect, merge, subtract

Speech = Mapping[Party, Sequence[Span]]

DEAD_AIR_S = 5.0
"""Mutual silence from here on is dead air (Google CCAI counts silences over 5 s)."""


def build_turns(speech: Speech) -> list[Turn]:
    """Turns of all parties, sorted by start; turns of one party never overlap."""
    ipus = ipus_by_party(speech)
    minor = _minor(find_overlaps(ipus))
    turns = [turn for party in ipus for turn in _turns_of(party, ipus, minor)]
    return sorted(turns, key=lambda t: (t.span.start_s, -t.span.end_s))


def floor_turns(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that held the floor: without those that lie wholly inside another party's turn.

    `turns` as `build_turns` sorts them. Two turns over the very same stretch both stay.
    """
    held: list[Turn] = []
    latest: dict[Party, Span] = {}
    for turn in turns:
        rivals = [span for party, span in latest.items() if party != turn.party]
        if not any(r.end_s >= turn.span.end_s and r != turn.span for r in rivals):
            held.append(turn)
        if turn.party not in latest or turn.span.end_s > latest[turn.party].end_s:
            latest[turn.party] = turn.span
    return held


def dead_air(speech: Speech, paused: Sequence[Span] = ()) -> list[Span]:
    """Mutual silences of 5 s or more between the first and the last speech, paused recording left out."""
    silences = complement(_anyone(speech), conversation_span(speech))
    return [s for s in subtract(silences, merge(paused)) if s.duration_s >= DEAD_AIR_S - 1e-6]


def conversation_span(speech: Speech) -> Span:
    """From the first speech to the last: silence in front or behind is no part of it. Empty without speech."""
    spans = _anyone(speech)
    return Span(spans[0].start_s, spans[-1].end_s) if spans else Span(0.0, 0.0)


def overlapped(speech: Speech) -> list[Span]:
    """Stretches in which two parties or more speak."""
    parties = [merge(spans) for spans in speech.values()]
    return merge(s for i, a in enumerate(parties) for b in parties[i + 1 :] for s in intersect(a, b))


def ipus_by_party(speech: Speech) -> dict[Party, list[Span]]:
    """IPUs of each party."""
    return {party: find_ipus(spans) for party, spans in speech.items()}


def _anyone(speech: Speech) -> list[Span]:
    return merge(s for spans in speech.values() for s in spans if s.duration_s > 0)


def _minor(overlaps: Iterable[Overlap]) -> set[tuple[Party | None, Span]]:
    """(party, IPU) pairs that did not take the floor: backchannels and failed interruptions."""
    return {(o.by, ipu) for o in overlaps if o.kind in ("backchannel", "failed_interruption") for ipu in o.ipus}


def _turns_of(party: Party, ipus: Speech, minor: set[tuple[Party | None, Span]]) -> list[Turn]:
    """Groups the IPUs of one party: a pause in which somebody else takes the floor, or dead air, ends a turn."""
    others = merge(s for p, spans in ipus.items() if p != party for s in spans if (p, s) not in minor)
    groups: list[list[Span]] = []
    for ipu in ipus[party]:
        if groups and not _breaks(groups[-1][-1], ipu, others):
            groups[-1].append(ipu)
        else:
            groups.append([ipu])
    return [Turn(party, Span(g[0].start_s, g[-1].end_s), tuple(g)) for g in groups]


def _breaks(before: Span, after: Span, others: Sequence[Span]) -> bool:
    pause = Span(before.end_s, after.start_s)
    return pause.duration_s >= DEAD_AIR_S - 1e-6 or bool(intersect([pause], others))
