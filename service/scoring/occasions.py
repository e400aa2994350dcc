"""Occasions: on which stretches of the call a gesture is expected, and whether they were heard well enough.

An always-expected gesture has one occasion (its window); a triggered one has one per trigger, neighbouring
triggers being one occasion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from audio.floor import WAITING
from audio.notes import Note
from audio.timeline import HAIR_S, Span, intersect, total_s
from service.scoring.catalog import GESTURES
from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.rubric import GestureAsked, Limits, Rubric

_HAIR = 1e-9  # sums of float times: a share that should be the limit is the limit
STOPS_IN_SPEECH_S = 0.1
"""A recording whose speech runs into its last tenth of a second was cut: its end may be missing."""


@dataclass(frozen=True)
class Occasion:
    """Where the form is looked for; `about`: positions of the turns that gave rise to it."""

    window: Span
    about: tuple[int, ...] = ()
    silence: Span | None = None


def occasions(asked: GestureAsked, facts: Facts, rubric: Rubric) -> list[Occasion]:
    """All occasions of a gesture in this call; none means it is not expected here."""
    direction = facts.evidence.call.direction
    if asked.expected == "not_asked" or asked.expected in {"inbound", "outbound"} - {direction}:
        return []
    if asked.expected in ("always", direction):
        return [Occasion(_window(asked, facts))]
    if asked.expected == "if_made":
        window = _window(asked, facts)
        return [Occasion(window)] if facts.acts(GESTURES[asked.id].acts, within=window) else []
    find: dict[str, Callable[[GestureAsked, Facts, Rubric], list[Occasion]]] = {
        "on_signal": _on_signal,
        "with_proposal": _with_proposal,
        "on_hold": _on_hold,
        "after_explanation": _after_explanation,
    }
    return find[asked.expected](asked, facts, rubric)


def _window(asked: GestureAsked, facts: Facts) -> Span:
    call, within = facts.call, asked.within
    start_s, end_s = call.start_s, call.end_s
    if within.first_s is not None:
        end_s = min(end_s, start_s + within.first_s)
    if within.last_s is not None:
        start_s = max(start_s, call.end_s - within.last_s)
    if within.from_customer and facts.first_substance_s is not None:
        start_s = max(start_s, facts.first_substance_s)
    if within.before == "proposal" and facts.proposals:
        end_s = min(end_s, facts.turn_of(facts.proposals[0]).span.end_s)
    if within.before == "closing":
        end_s = min(end_s, _leave_s(facts))
    return Span(min(start_s, end_s), end_s)


def _leave_s(facts: Facts) -> float:
    """End of the turn in which the agent takes leave; the end of the call when nobody did."""
    taken = facts.acts(("closing",))
    return facts.turn_of(taken[-1]).span.end_s if taken else facts.call.end_s


def _grouped(acts: Sequence[Act], facts: Facts, near_turns: int) -> list[list[int]]:
    """Positions of the acts' turns; those within `near_turns` agent turns of each other are one group."""
    groups: list[list[int]] = []
    for position in sorted({facts.position(a) for a in acts}):
        if groups and position in _reach(facts, groups[-1][0], near_turns):
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def _reach(facts: Facts, position: int, n_turns: int) -> range:
    following = facts.after(position, "agent", n_turns)
    return range(position, (following[-1] if following else position) + 1)


def _on_signal(asked: GestureAsked, facts: Facts, rubric: Rubric) -> list[Occasion]:
    if asked.within.before == "closing":
        return _until_leave(asked, facts)
    n = asked.within.agent_turns
    found = []
    for group in _grouped(facts.acts(asked.signals, "customer"), facts, n):
        reach = _reach(facts, group[-1], n)
        if facts.after(group[0], "agent", 1):  # a signal in the last words of a call leaves nobody time to answer
            last = facts.turns[reach[-1]].span
            start_s = facts.turns[group[0]].span.start_s
            found.append(Occasion(Span(start_s, max(start_s, last.end_s)), tuple(group)))
    return found


def _until_leave(asked: GestureAsked, facts: Facts) -> list[Occasion]:
    """One occasion for all signals: from the first one until the agent takes leave."""
    about = tuple(sorted({facts.position(a) for a in facts.acts(asked.signals, "customer")}))
    if not about or not facts.after(about[0], "agent", 1):
        return []
    start_s = facts.turns[about[0]].span.start_s
    return [Occasion(Span(start_s, max(start_s, _leave_s(facts))), about)]


def _with_proposal(asked: GestureAsked, facts: Facts, rubric: Rubric) -> list[Occasion]:
    n = asked.within.agent_turns
    found = []
    for group in _grouped(facts.proposals, facts, n):
        before, after = facts.before(group[0], "agent", n), facts.after(group[-1], "agent", n)
        spans = [facts.turns[p].span for p in (*before, *group, *after)]
        found.append(Occasion(Span(min(s.start_s for s in spans), max(s.end_s for s in spans)), tuple(group)))
    return found


def _on_hold(asked: GestureAsked, facts: Facts, rubric: Rubric) -> list[Occasion]:
    """Silences the agent leads: the agent speaks first after them, and the recorder was not paused."""
    found = []
    for event in facts.evidence.floor:
        silence = event.span
        if event.kind not in WAITING or silence.duration_s < rubric.limits.hold_s:
            continue
        paused = any(silence.overlap(p) for p in facts.evidence.layout.recorder_paused)
        back, other = facts.next_after(silence.end_s, "agent"), facts.next_after(silence.end_s, "customer")
        if not paused and back is not None and (other is None or back < other):
            found.append(Occasion(_around(asked, facts, silence, back), silence=silence))
    return found


def _around(asked: GestureAsked, facts: Facts, silence: Span, back: int) -> Span:
    """Before the silence for the notice, after it for the thanks."""
    if asked.id == "hold_thanks":
        return Span(silence.end_s - 0.5, facts.turns[back].span.end_s)
    ahead = facts.before(back, "agent", asked.within.agent_turns)
    start_s = facts.turns[ahead[-1]].span.start_s if ahead else silence.start_s
    return Span(min(start_s, silence.start_s), silence.start_s)


def _after_explanation(asked: GestureAsked, facts: Facts, rubric: Rubric) -> list[Occasion]:
    found = []
    for position, turn in enumerate(facts.turns):
        if turn.party == "agent" and turn.span.duration_s >= rubric.limits.explanation_s:
            following = facts.after(position, "agent", 1)
            end_s = facts.turns[following[0]].span.end_s if following else turn.span.end_s
            found.append(Occasion(Span(turn.span.start_s, max(end_s, turn.span.end_s)), (position,)))
    return found


def not_heard(window: Span, facts: Facts, limits: Limits) -> Note | None:
    """Why nothing can be said about the words of a window; None when it was heard well enough."""
    evidence = facts.evidence
    if not evidence.words.available:
        return evidence.words.reason or Note("scoring.no_transcript")
    if evidence.layout.starts_in_speech and window.start_s <= facts.call.start_s and window.end_s < facts.call.end_s:
        return Note("scoring.starts_in_speech")
    stops_in_speech = evidence.call.duration_s - facts.call.end_s < STOPS_IN_SPEECH_S
    if stops_in_speech and window.end_s >= facts.call.end_s and window.start_s > facts.call.start_s:
        return Note("scoring.stops_in_speech")
    if total_s(intersect(list(evidence.layout.recorder_paused), [window])) > 0:
        return Note("scoring.recorder_paused", {"start_s": window.start_s, "end_s": window.end_s})
    return uncovered(window, facts, limits)


def uncovered(window: Span, facts: Facts, limits: Limits) -> Note | None:
    """Why the agent's words in a window can't be relied on: too little of the speech has words, or unsure ones.

    Many lines ask for the same windows: each is looked at once per call.
    """
    key = (window, limits.min_covered, limits.min_word_confidence)
    if key not in facts.unreliable:
        facts.unreliable[key] = _uncovered(window, facts, limits)
    return facts.unreliable[key]


def _uncovered(window: Span, facts: Facts, limits: Limits) -> Note | None:
    speech_s = facts.agent_speech.within_s(window)
    share = facts.agent_speech_with_words.within_s(window) / speech_s if speech_s > HAIR_S else 1.0
    if share < limits.min_covered - _HAIR:
        return Note("scoring.window_uncovered", {"share": 100 * share, "limit": 100 * limits.min_covered})
    if not facts.has_confidence:
        return None
    inside = facts.turns_in("agent", window)
    heard = [t.confidence for t in inside if t.confidence is not None for _ in t.text.split()]  # once per word
    if heard and median(heard) < limits.min_word_confidence:
        return Note("scoring.window_unsure", {"value": median(heard), "limit": limits.min_word_confidence})
    return None
