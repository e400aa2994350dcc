"""Conduct lines that rest on the floor, on room and on the voice. Formulas: docs/gestures.md."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from audio.notes import Measure, Note, Param
from audio.timeline import Span, total_s
from service.scoring.catalog import QUESTION_ACTS, GestureRule
from service.scoring.drawn import Drawn, act_key, measure, of_measure
from service.scoring.echo import echo_in, related
from service.scoring.evidence import Act, ComponentFound, SpokenTurn
from service.scoring.facts import Facts
from service.scoring.gestures import Court
from service.scoring.rooms import room_of
from service.scoring.rubric import Floors, on_curve

MIN_CUSTOMER_S = 10.0
RATE_BASE_S = 120.0
"""A rate per 10 min is taken over at least this much customer speech, so that one event in a short call is one."""
PULSE_S = 30.0
SHORT_REPLY_WORDS = 2
RED_SIGNS = 2
RAISED_Z, RAISED_TURNS = 1.5, 2
MIN_QUESTIONS = 2
MIN_COMPONENTS = 2
AT_FLOOR = 0.4
"""Where the default curves put the floors of measures.md 11 (flag values)."""
_QUESTION = GestureRule((), "after_question")


def _cuts(court: Court, within: Span | None = None) -> list[int]:
    """Indexes of the agent's interruptions that no other line counts."""
    inside = [i for i, start_s in court.facts.cuts if within is None or within.contains(start_s)]
    return [i for i in inside if court.ledger.free([f"floor:{i}"])]


def interruptions(court: Court) -> Drawn:
    """Floor taken by the agent, per 10 min of customer speech; those another line counts are left out."""
    facts = court.facts
    if facts.mono:
        return Drawn.not_assessable(Note("scoring.mono_floor"))
    customer_s = total_s(facts.evidence.speech.get("customer", ()))
    if customer_s < MIN_CUSTOMER_S:
        return Drawn.not_assessable(Note("scoring.little_customer_speech", {"value_s": customer_s}))
    cuts = _cuts(court)
    rate = 600.0 * len(cuts) / max(customer_s, RATE_BASE_S)
    spans = tuple(facts.evidence.floor[i].span for i in cuts)
    params: dict[str, Param] = {"n": len(cuts), "customer_s": customer_s, "rate": rate}
    return Drawn(rate, Note("scoring.interruptions", params), spans, tuple(f"floor:{i}" for i in cuts))


def listened_first(court: Court) -> Drawn:
    """Half for taking no floor during the exposition, half for an echo or a question about it before proposing."""
    facts = court.facts
    if facts.mono:
        return Drawn.not_assessable(Note("scoring.mono_floor"))
    if not facts.proposals or facts.first_substance_s is None:
        return Drawn.no_occasion("listened_first")
    proposal_s = facts.proposals[0].span.start_s
    exposition = Span(facts.first_substance_s, max(facts.first_substance_s, proposal_s))
    cuts = _cuts(court, exposition)
    asked = _asked_or_echoed(court, exposition)
    spans = (exposition, *(facts.evidence.floor[i].span for i in cuts))
    params: dict[str, Param] = {"n": len(cuts), "length_s": exposition.duration_s}
    code = "scoring.listened_first.asked" if asked else "scoring.listened_first.not_asked"
    return Drawn(0.5 * (not cuts) + 0.5 * asked, Note(code, params), spans, tuple(f"floor:{i}" for i in cuts))


def _asked_or_echoed(court: Court, exposition: Span) -> bool:
    facts = court.facts
    positions = facts.beginning_in("agent", exposition)
    forms, echo = facts.acts(("reformulation",)), court.rubric.echo
    asking = {facts.position(a) for a in facts.acts(QUESTION_ACTS, within=exposition)}
    return any(
        echo_in(facts, p, forms, echo).is_echo
        or (p in asking and related(facts, p, facts.before(p, "customer", 3), forms, echo))
        for p in positions
    )


def room_after_question(court: Court) -> Drawn:
    """Share of the agent's questions (those no gesture counts) after which the customer had room."""
    found = {}
    for act in court.facts.acts(QUESTION_ACTS):
        finding = room_of(court.facts, act, _QUESTION)
        if finding.state in ("present", "absent", "contrary") and not court.ledger.owner(
            finding.events, other_than="room_after_question"
        ):
            found[finding.events] = finding
    if len(found) < MIN_QUESTIONS:
        return Drawn.no_occasion("room_after_question")
    given = sum(f.state == "present" for f in found.values())
    spans = tuple(f.span for f in found.values() if f.span is not None and f.state != "present")
    counted = tuple(sorted({key for events in found for key in events}))
    note = Note("scoring.room_after_question", {"given": given, "n": len(found)})
    return Drawn(100.0 * given / len(found), note, spans, counted)


def longest_monologue(court: Court) -> Drawn:
    """Longest stretch of the agent without a word of the customer but backchannels."""
    return of_measure(court.facts, "longest_monologue", "agent", "value_s")


def talk_share(court: Court) -> Drawn:
    """Agent speech over the speech of both."""
    return of_measure(court.facts, "talk_share", "agent", "percent")


def dead_air(court: Court) -> Drawn:
    """Mutual silence of 5 s or more over the call, without the holds that were announced and kept."""
    facts = court.facts
    drawn = of_measure(facts, "dead_air_share", None, "percent")
    if drawn.value is None:
        return drawn
    events = [(f"floor:{i}", e.span) for i, e in enumerate(facts.evidence.floor) if e.kind == "dead_air"]
    kept = [(key, span) for key, span in events if court.ledger.free([key])]
    announced_s = total_s(s for _, s in events) - total_s(s for _, s in kept)
    found = measure(facts, "dead_air_share", None)
    length_s = (found.material if found else None) or facts.evidence.call.duration_s
    percent = max(0.0, drawn.value - 100.0 * announced_s / length_s)
    note = Note("scoring.dead_air_share", {"percent": percent, "n": len(kept)})
    return Drawn(percent, note, tuple(s for _, s in kept), tuple(key for key, _ in kept))


def pulse(court: Court) -> Drawn:
    """Share of proposals made on red: two or more signs of the customer in the 30 s before, and no check-in."""
    facts = court.facts
    if not facts.proposals:
        return Drawn.no_occasion("pulse")
    red = [a for a in facts.proposals if _on_red(facts, a, voice=court.policy == "combined")]
    note = Note("scoring.pulse", {"red": len(red), "n": len(facts.proposals), "window_s": PULSE_S})
    counted = tuple(act_key(a) for a in facts.proposals)
    return Drawn(100.0 * len(red) / len(facts.proposals), note, tuple(a.span for a in red), counted)


def _on_red(facts: Facts, proposal: Act, *, voice: bool) -> bool:
    before = _just_before(proposal)
    return not facts.acts(("check_in",), within=before) and signs_before(facts, proposal, voice=voice) >= RED_SIGNS


def _just_before(proposal: Act) -> Span:
    end_s = proposal.span.start_s
    return Span(max(0.0, end_s - PULSE_S), end_s)


def signs_before(facts: Facts, proposal: Act, *, voice: bool) -> int:
    """Signs of the customer's before a proposal. `voice`: whether their own pitch and loudness may count as one."""
    before = _just_before(proposal)
    signs = len(facts.acts(("c_distress", "c_confusion", "c_repeat_unheard"), "customer", within=before))
    inside = [facts.turns[p] for p in facts.beginning_in("customer", before)]
    signs += sum(0 < len(t.text.split()) <= SHORT_REPLY_WORDS for t in inside) >= RED_SIGNS
    signs += sum(before.contains(start_s) for _, start_s in facts.customer_cuts)
    return signs + (voice and _are_raised(inside))


def _are_raised(turns: Sequence[SpokenTurn]) -> bool:
    """Higher or louder, on the whole, than this customer's other turns; one turn alone is so too often by chance."""
    voices = [t.voice for t in turns if t.voice is not None]
    pitch, loudness = [v.pitch_z for v in voices], [v.loudness_z for v in voices]
    known = ([z for z in found if z is not None] for found in (pitch, loudness))
    return any(len(z) >= RAISED_TURNS and median(z) > RAISED_Z for z in known)


def out_of_the_metal(court: Court) -> Drawn:
    """Share of the agent's speech that is not metallic; until it is measured, the floors of its components."""
    share = measure(court.facts, "metallic_share", "agent")
    if share is not None and share.value is not None:
        percent = share.value if share.unit == "%" else 100.0 * share.value
        found = court.facts.evidence.metallic.get("agent")
        numbers = five_numbers(found.components if found else ())
        note = Note("scoring.out_of_the_metal.share", {"percent": percent, **numbers})
        spans = found.spans if found else ()
        return Drawn(1.0 - percent / 100.0, note, spans, counted=("measure:agent/metallic_share",))
    floors = court.rubric.floors
    read = [m for name in Floors.model_fields if (m := measure(court.facts, name, "agent")) and m.value is not None]
    if len(read) < MIN_COMPONENTS:
        return Drawn.not_assessable(_why_not_measured(court.facts))
    scores = {m.name: on_curve(getattr(floors, m.name), m.value or 0.0) for m in read}
    low = [name for name, score in scores.items() if score <= AT_FLOOR]
    params: dict[str, Param] = {"n": len(read), "low": len(low)} | _numbers(read)
    code = (
        "scoring.out_of_the_metal.floors" if len(read) == len(Floors.model_fields) else "scoring.out_of_the_metal.some"
    )
    counted = tuple(f"measure:agent/{name}" for name in scores)
    return Drawn(sum(scores.values()) / len(scores), Note(code, params), counted=counted)


def five_numbers(components: Sequence[ComponentFound]) -> dict[str, Param]:
    """The metallic components by name, for a sentence; one without a value is left out, and the sentence has a dash."""
    return {c.name: c.value for c in components if c.value is not None}


def _numbers(found: list[Measure]) -> dict[str, Param]:
    return {m.name: m.value for m in found if m.value is not None}


def _why_not_measured(facts: Facts) -> Note:
    spread = measure(facts, "pitch_spread", "agent")
    return spread.reason if spread is not None and spread.reason is not None else Note("scoring.not_measured")


def accommodation(court: Court) -> Drawn:
    """The two voices moving together, exchange by exchange: mean r of what was measured. Context, weight 0."""
    names = ("sync_pitch", "sync_loudness", "sync_rate")
    found = {n: m.value for n in names if (m := measure(court.facts, n, None)) is not None and m.value is not None}
    if not found:
        return Drawn.not_assessable(Note("scoring.accommodation_one_call"))
    r = sum(found.values()) / len(found)
    params: dict[str, Param] = {"r": r, **found}
    return Drawn(r, Note("scoring.accommodation", params), counted=tuple(f"measure:call/{n}" for n in found))


def automatism(court: Court) -> Drawn:
    """The same melody and wording call after call: one call alone can't show it. Context, weight 0."""
    return Drawn.not_assessable(Note("scoring.automatism_one_call"))
