"""Turn-taking: what happens at the borders of the floor, and its measures.

Turns are built in `audio.turns`, overlaps told apart in `audio.overlaps`; this page makes events and measures of
them. Floor transfer offset (FTO) = onset of the next party minus the end of the previous one; negative in overlap.

Formulas of measures.md 4.3, 5 and 11 (rows 12, 14 to 19). Each measure states its unit, its source (`two
channels`, `diarized mono`), the material it rests on and, when it is withheld, why. Measures of a party are kept
under that party and named alike for all, so that swapping the parties swaps them exactly.

talk_share         % of the speech of agent and customer; overlap counts for both. Context: Gong's sales calls
                   (43 % for the best closers), not service calls.
longest_monologue  s; longest stretch without speech of the other except backchannels; dead air ends it. [P]
latency_p50, _p90  ms; floor transfer offset from another party to this one, backchannels left out, transfers
                   over a paused recorder or hold music too; at least 8. Population: English telephone conversation,
                   median 168 ms (Roberts, Torreira & Levinson 2015). A recorder at the agent's end hears the customer
                   late by a round trip: the customer's latency is biased upwards, and its `reason` says so.
interruptions      per 10 min of the others' speech, rule of `audio.overlaps`; two channels; at least 30 s of
                   the others' speech. [P] after Yuan, Liberman & Cieri 2007.
backchannels       per min of the others' speech; two channels; at least 30 s of it. [P], same source.
yield_latency      ms; median time from another's interrupting onset until this party stops; at least 3. [P]
floor_runs         s; mean length of the turns that held the floor. Context, no flag. [P]
turns              n; turns that held the floor.
silence_share      % of the recording (paused stretches left out) in which nobody speaks. Context (AWS non-talk time).
dead_air_share, _max   % of the conversation (first to last speech, paused recording left out), and s; mutual
                   silence of 5 s or more (Google CCAI) that is no hold, music or tone of the line.
overlap_share      % of the conversation in which two parties speak; two channels. [P]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from audio.notes import Measure, Note
from audio.overlaps import Overlap, find_ipus, find_overlaps
from audio.timeline import Party, Span, Turn, complement, intersect, merge, subtract, total_s
from audio.turns import (
    Speech,
    build_turns,
    conversation_span,
    dead_air,
    floor_turns,
    ipus_by_party,
    overlapped,
)

__all__ = [
    "FloorEvent",
    "FloorKind",
    "FloorMeasures",
    "build_turns",
    "find_events",
    "find_ipus",
    "measure_floor",
    "transfers",
]

SilenceKind = Literal["dead_air", "hold", "hold_music", "ring_tone"]
FloorKind = Literal[
    "gap", "backchannel", "terminal_overlap", "dual_start", "interruption", "failed_interruption", SilenceKind
]
SILENCES: tuple[SilenceKind, ...] = get_args(SilenceKind)
"""Long mutual silences, told apart: nothing heard, announced by words (`announced`), music, tones of the line."""
WAITING: tuple[SilenceKind, ...] = ("dead_air", "hold", "hold_music")
"""Those in which the customer waits for the agent."""

MONO_BLIND_S = 0.5
"""On diarized mono, offsets under this are not trusted: diarizers smooth short gaps and overlaps away."""
MIN_TRANSFERS = 8
MIN_OTHER_SPEECH_S = 30.0
MIN_YIELDS = 3
MS_PER_S = 1000.0
FILLED_SHARE = 0.5
"""Of a long silence: what music or ringing fills by half is that."""
NOTICE_S, NOTICE_SLACK_S = 15.0, 1.0
"""A silence that begins this long after the words of announcement was announced; words end up to a second late."""
DEAD_AIR_UNITS = {"dead_air_share": "%", "dead_air_max": "s"}


@dataclass(frozen=True)
class FloorEvent:
    """Something that happened to the floor.

    `by`       the party that caused it: who took the floor after a gap, who started the overlap.
               None for long silences.
    `span`     the gap, the mutual silence, or the overlap; for a backchannel its IPU.
    `value_s`  gap: the floor transfer offset; overlap: its length; interruption and failed
               interruption: seconds from onset until one side stopped; else the duration.

    A transfer in overlap is a gap with a negative value, and its span is the overlap. `by` is None too when
    two parties started an overlap on the same instant.
    """

    kind: FloorKind
    by: Party | None
    span: Span
    value_s: float


@dataclass(frozen=True)
class FloorMeasures:
    """Measures of each party, and of the call as a whole."""

    by_party: dict[Party, list[Measure]]
    call: list[Measure]


def transfers(turns: Sequence[Turn]) -> list[FloorEvent]:
    """A `gap` event for each change of the party that holds the floor."""
    found: list[FloorEvent] = []
    holder: Turn | None = None
    for turn in floor_turns(turns):
        if holder is not None and turn.party != holder.party and turn.span != holder.span:
            found.append(_gap(holder, turn))
        tied = holder is not None and turn.party != holder.party and turn.span == holder.span
        holder = None if tied else turn
    return found


def find_events(
    speech: Speech, *, mono: bool, paused: Sequence[Span] = (), music: Sequence[Span] = (), ringing: Sequence[Span] = ()
) -> list[FloorEvent]:
    """All floor events, sorted by time. `paused`, `music`, `ringing`: what the line did, each sorted and disjoint.

    On `mono` only gaps of 0.5 s or more and long silences are told: one voice per frame hides overlaps. A long silence
    that music or ringing fills by half is `hold_music` or `ring_tone`; whether one was announced only words can tell.
    """
    gaps = [g for g in transfers(build_turns(speech)) if not mono or g.value_s >= MONO_BLIND_S]
    silences = [FloorEvent(_heard_in(s, music, ringing), None, s, s.duration_s) for s in dead_air(speech, paused)]
    overlaps = [] if mono else [_event(o) for o in find_overlaps(ipus_by_party(speech))]
    return sorted([*gaps, *silences, *overlaps], key=lambda e: (e.span, e.kind, e.by or ""))


def _heard_in(silence: Span, music: Sequence[Span], ringing: Sequence[Span]) -> SilenceKind:
    kinds: tuple[tuple[SilenceKind, Sequence[Span]], ...] = (("hold_music", music), ("ring_tone", ringing))
    for kind, spans in kinds:
        if total_s(intersect([silence], spans)) >= FILLED_SHARE * silence.duration_s:
            return kind
    return "dead_air"


def announced(events: Sequence[FloorEvent], notices_s: Sequence[float]) -> list[FloorEvent]:
    """The events with those silences named `hold` that begin within 15 s after the end of a notice ("one moment ...").

    `notices_s`: when the agent's words of announcement end. Speech of the agent may lie between, of nobody else's turn.
    """
    return [
        replace(e, kind="hold")
        if e.kind == "dead_air" and any(-NOTICE_SLACK_S <= e.span.start_s - end_s <= NOTICE_S for end_s in notices_s)
        else e
        for e in events
    ]


def measure_silences(
    speech: Speech, events: Sequence[FloorEvent], *, source: str, paused: Sequence[Span] = (), words: bool = False
) -> list[Measure]:
    """`dead_air_share` and `dead_air_max`: from the silences that are `dead_air`, holds and the line's sounds left out.

    `words` False: no announcement could be heard, and where there is dead air the reason says so.

    `dead_air_share` (%): How much of the conversation is long silence. Formula: mutual silences of 5 s or more that
    are no announced hold, no hold music and no tone of the line / from first to last speech, paused stretches left
    out. Needs: any speech. Withheld without: nothing else. Source: Google CCAI, the 5 s. Published figures: none.
    Limits: A hold is announced when the words of a notice end within 15 s before the silence; without words it
    counts here, and the reason says so. Music whose pitch bends (singing, a solo with a wide vibrato), drums alone
    and music squeezed to 5 kbit/s are not told from silence.

    `dead_air_max` (s): The longest of these silences. Formula: longest such silence of 5 s or more; 0 when there is
    none. Needs: any speech. Withheld without: nothing else. Source: Google CCAI, the 5 s. Published figures: none.
    Limits: As above.
    """
    length_s = total_s(subtract([conversation_span(speech)], merge(paused)))
    if length_s <= 0:
        reason = Note("floor.no_speech")
        return [Measure(n, None, u, source, 0.0, reason=reason) for n, u in DEAD_AIR_UNITS.items()]
    silences_s = [e.span.duration_s for e in events if e.kind == "dead_air"]
    unheard = Note("floor.announcements_unheard") if silences_s and not words else None
    values = {"dead_air_share": 100 * sum(silences_s) / length_s, "dead_air_max": max(silences_s, default=0.0)}
    return [Measure(n, values[n], u, source, length_s, reason=unheard) for n, u in DEAD_AIR_UNITS.items()]


def measure_floor(
    speech: Speech,
    events: Sequence[FloorEvent],
    *,
    duration_s: float,
    mono: bool,
    source: str,
    paused: Sequence[Span] = (),
) -> FloorMeasures:
    """All floor measures; `events` from `find_events` on the same speech. Gates and reasons: top of this page."""
    facts = _Facts(speech, tuple(events), duration_s, mono, source, tuple(merge(paused)))
    return FloorMeasures({party: _party_measures(facts, party) for party in speech}, _call_measures(facts))


def _gap(before: Turn, after: Turn) -> FloorEvent:
    offset_s = after.span.start_s - before.span.end_s
    span = Span(min(before.span.end_s, after.span.start_s), max(before.span.end_s, after.span.start_s))
    return FloorEvent("gap", after.party, span, offset_s)


def _event(overlap: Overlap) -> FloorEvent:
    span = overlap.ipu if overlap.kind == "backchannel" else overlap.span
    return FloorEvent(overlap.kind, overlap.by, span, span.duration_s)


@dataclass(frozen=True)
class _Facts:
    """What all floor measures are computed from."""

    speech: Speech
    events: tuple[FloorEvent, ...]
    duration_s: float
    mono: bool
    source: str
    paused: tuple[Span, ...] = ()

    def others(self, party: Party) -> list[Span]:
        """Speech of everybody else, merged."""
        return merge(s for p, spans in self.speech.items() if p != party for s in spans)

    def of_kind(self, kind: FloorKind, *, by: Party) -> list[FloorEvent]:
        """Events of a kind that the party caused."""
        return [e for e in self.events if e.kind == kind and e.by == by]


def _party_measures(facts: _Facts, party: Party) -> list[Measure]:
    """Measures of one party."""
    return [
        _talk_share(facts, party),
        _longest_monologue(facts, party),
        *_latencies(facts, party),
        _rate(facts, party, "interruption", "interruptions", per_s=600.0, unit="/10 min"),
        _rate(facts, party, "backchannel", "backchannels", per_s=60.0, unit="/min"),
        _yield_latency(facts, party),
        *_turn_measures(facts, party),
    ]


def _call_measures(facts: _Facts) -> list[Measure]:
    """Measures of the call as a whole."""
    conversation = conversation_span(facts.speech)
    length_s = total_s(subtract([conversation], facts.paused))
    if length_s <= 0:
        names = (("silence_share", "%"), *DEAD_AIR_UNITS.items(), ("overlap_share", "%"))
        return [Measure(n, None, u, facts.source, 0.0, reason=Note("floor.no_speech")) for n, u in names]
    silences = measure_silences(facts.speech, facts.events, source=facts.source, paused=facts.paused)
    return [_silence_share(facts), *silences, _overlap_share(facts, length_s)]


def _silence_share(facts: _Facts) -> Measure:
    """`silence_share` (%): How much of the recording holds nobody's speech. Formula: time without speech / recording,
    paused stretches left out. Needs: any speech. Withheld without: nothing else. Source: AWS non-talk time.
    Published figures: none. Limits: Hold music and tones of the line count as time without speech. Singing may be
    taken for speech.
    """
    recorded = subtract([Span(0.0, max(facts.duration_s, conversation_span(facts.speech).end_s))], facts.paused)
    recorded_s = total_s(recorded)
    silent_s = recorded_s - total_s(intersect(recorded, merge(s for spans in facts.speech.values() for s in spans)))
    return Measure("silence_share", 100 * silent_s / recorded_s, "%", facts.source, recorded_s)


def _overlap_share(facts: _Facts, length_s: float) -> Measure:
    """`overlap_share` (%): How much of the conversation two people speak at once. Formula: time with two parties
    speaking / from first to last speech, paused stretches left out. Needs: any speech. Withheld without: two
    channels. Source: our own. Published figures: overlap is frequent in telephone talk (Shriberg et al. 2001).
    Limits: Normal, and no fault by itself.
    """
    if facts.mono:
        return Measure("overlap_share", None, "%", facts.source, length_s, reason=Note("floor.mono_overlap"))
    return Measure("overlap_share", 100 * total_s(overlapped(facts.speech)) / length_s, "%", facts.source, length_s)


def _talk_share(facts: _Facts, party: Party) -> Measure:
    """`talk_share` (%): How much of the speech of both parties is this party's. Formula: own speech / (agent + customer
    speech); overlap counts for both. Needs: any speech. Withheld without: nothing else. Source: Gong. Published
    figures: Sales calls between firms: 43 % for the best closers. Not service calls. Limits: Depends on the kind of
    call.
    """
    own_s = total_s(merge(facts.speech[party]))
    all_s = sum(total_s(merge(spans)) for p, spans in facts.speech.items() if p != "unknown" or p == party)
    if all_s <= 0:
        return Measure("talk_share", None, "%", facts.source, 0.0, reason=Note("floor.no_speech"))
    return Measure("talk_share", 100 * own_s / all_s, "%", facts.source, all_s)


def _longest_monologue(facts: _Facts, party: Party) -> Measure:
    """`longest_monologue` (s): Longest stretch of talk without a word of the other but listening signs. Formula: from
    the first to the last own speech between two contributions of the other; a silence of 5 s ends it. Needs: any
    speech. Withheld without: nothing else. Source: Gong, the idea; our own rule. Published figures: none. Limits:
    Some explanations must be long.
    """
    stretches = _monologues(facts, party)
    own_s = total_s(merge(facts.speech[party]))
    if not stretches:
        return Measure("longest_monologue", None, "s", facts.source, own_s, reason=Note("floor.no_speech"))
    return Measure("longest_monologue", max(s.duration_s for s in stretches), "s", facts.source, own_s)


def _monologues(facts: _Facts, party: Party) -> list[Span]:
    """Stretches of own speech between the others' IPUs (backchannels left out) and dead air."""
    ipus = ipus_by_party(facts.speech)
    quiet = {(o.by, ipu) for o in find_overlaps(ipus) if o.kind == "backchannel" for ipu in o.ipus}
    barriers = [s for p, spans in ipus.items() if p != party for s in spans if (p, s) not in quiet]
    if not ipus[party]:
        return []
    windows = complement(
        merge([*barriers, *dead_air(facts.speech)]), Span(ipus[party][0].start_s, ipus[party][-1].end_s)
    )
    inside = [intersect([window], ipus[party]) for window in windows]
    return [Span(own[0].start_s, own[-1].end_s) for own in inside if own]


def _latencies(facts: _Facts, party: Party) -> list[Measure]:
    """`latency_p50`, `latency_p90` (ms): How long after the other's last sound this party begins; half of the time,
    nine times in ten, it is no more. Formula: median and 90th percentile of onset minus the other's end, negative in
    overlap; listening signs left out. Needs: 8 changes of the floor. Withheld without: on mono, values under 500 ms
    are withheld. Source: Roberts, Torreira & Levinson 2015. Published figures: English telephone conversation
    (Switchboard): median 168 ms. Limits: A recorder at the agent's end hears the customer late by a round trip of
    100 to 500 ms. Differences of 200 ms say nothing.
    """
    waiting = merge([*facts.paused, *(e.span for e in facts.events if e.kind in ("hold_music", "ring_tone"))])
    offsets_s = [
        e.value_s for e in transfers(build_turns(facts.speech)) if e.by == party and not intersect([e.span], waiting)
    ]
    return [_latency(facts, party, offsets_s, percentile) for percentile in (50, 90)]


def _latency(facts: _Facts, party: Party, offsets_s: Sequence[float], percentile: int) -> Measure:
    name, n = f"latency_p{percentile}", len(offsets_s)
    if n < MIN_TRANSFERS:
        reason: Note | None = Note("floor.too_few_transfers", {"n": n, "minimum": MIN_TRANSFERS})
        return Measure(name, None, "ms", facts.source, n, "n", reason)
    value_s = float(np.percentile(offsets_s, percentile))
    if facts.mono and value_s < MONO_BLIND_S:
        reason = Note("floor.mono_latency", {"limit_ms": round(MS_PER_S * MONO_BLIND_S)})
        return Measure(name, None, "ms", facts.source, n, "n", reason)
    reason = Note("floor.customer_latency_biased") if party == "customer" else None
    return Measure(name, MS_PER_S * value_s, "ms", facts.source, n, "n", reason)


def _rate(facts: _Facts, party: Party, kind: FloorKind, name: str, *, per_s: float, unit: str) -> Measure:
    """Events caused by the party per `per_s` of the others' speech.

    `interruptions` (/10 min): How often this party takes the floor while the other is in mid-speech. Formula: starts
    in the other's speech that last at least 1 s and make the other, who had spoken 1 s, stop within 2 s, outside the
    last 0.5 s; per 10 min of the others' speech. Needs: 30 s of the others' speech. Withheld without: two channels.
    Source: after Yuan, Liberman & Cieri 2007; thresholds our own. Published figures: none. Limits: A helping word
    and an urgent correction look the same. Listen before any use.

    `backchannels` (/min): Short listening signs (`mm`, `I see`) inside the other's speech. Formula: units of at most
    1 s inside the other's turn, who goes on for 0.5 s or more; per min of the others' speech. Needs: 30 s of the
    others' speech. Withheld without: two channels. Source: Yuan, Liberman & Cieri 2007; thresholds our own.
    Published figures: none. Limits: Line gating and conferencing erase them.
    """
    other_s = total_s(facts.others(party))
    if facts.mono:
        return Measure(name, None, unit, facts.source, other_s, reason=Note("floor.mono_overlap"))
    if other_s < MIN_OTHER_SPEECH_S:
        reason = Note("floor.too_little_other_speech", {"speech_s": other_s, "minimum_s": MIN_OTHER_SPEECH_S})
        return Measure(name, None, unit, facts.source, other_s, reason=reason)
    n = len(facts.of_kind(kind, by=party))
    return Measure(name, per_s * n / other_s, unit, facts.source, other_s)


def _yield_latency(facts: _Facts, party: Party) -> Measure:
    """How fast the party gives way when another takes the floor from it.

    `yield_latency` (ms): How soon this party stops when the other takes the floor. Formula: median time from the
    other's interrupting onset to the own stop. Needs: 3 such moments. Withheld without: two channels. Source: a
    public voice-agent specification. Published figures: none. Limits: Few calls hold enough of them.
    """
    name = "yield_latency"
    if facts.mono:
        return Measure(name, None, "ms", facts.source, None, "n", Note("floor.mono_overlap"))
    yields_s = [e.value_s for e in facts.events if e.kind == "interruption" and e.by not in (None, party)]
    if len(yields_s) < MIN_YIELDS:
        reason = Note("floor.too_few_yields", {"n": len(yields_s), "minimum": MIN_YIELDS})
        return Measure(name, None, "ms", facts.source, len(yields_s), "n", reason)
    return Measure(name, MS_PER_S * float(np.median(yields_s)), "ms", facts.source, len(yields_s), "n")


def _turn_measures(facts: _Facts, party: Party) -> list[Measure]:
    """`floor_runs` (s): Usual length of a turn. Formula: mean length of the turns that held the floor, listening signs
    ignored. Needs: one turn. Withheld without: nothing else. Source: our own. Published figures: none. Limits:
    Context, no limit.

    `turns` (n): How many turns held the floor. Formula: count. Needs: none. Withheld without: nothing else. Source:
    our own. Published figures: none. Limits: Context, no limit.
    """
    lengths_s = [t.span.duration_s for t in floor_turns(build_turns(facts.speech)) if t.party == party]
    n = len(lengths_s)
    name = "floor_runs"
    if not n:
        runs = Measure(name, None, "s", facts.source, 0, "n", Note("floor.no_speech"))
    else:
        runs = Measure(name, float(np.mean(lengths_s)), "s", facts.source, n, "n")
    return [runs, Measure("turns", float(n), "n", facts.source, n, "n")]
