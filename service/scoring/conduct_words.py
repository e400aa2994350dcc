"""Conduct lines that rest on words and acts. Formulas: docs/gestures.md."""

from __future__ import annotations

from audio.notes import Note
from audio.timeline import Span
from service.scoring.drawn import Drawn, act_key, occurrence
from service.scoring.echo import echo_in, related
from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.gestures import Court
from service.scoring.judgement import Occurrence
from service.scoring.occasions import occasions
from service.scoring.rubric import GestureAsked
from service.words.tokens import tokenise

ANSWERS = ("explanation_why", "answer_returned", "admits_limit", "hold_notice", "action_commitment", "reassurance")
YES_NO = {
    "fr": frozenset({"oui", "non", "si", "absolument", "exactement", "effectivement", "certainement"}),
    "en": frozenset({"yes", "no", "yeah", "absolutely", "exactly", "certainly", "sure"}),
}
"""A reply that begins so answers a question even without a shared word."""
LEARNT_AFTER_S = 60.0
MIN_FACT_LETTERS = 4


def _near(facts: Facts, act: Act, ids: tuple[str, ...]) -> list[Act]:
    """The agent's acts in the same turn or the agent's next one."""
    position = facts.position(act)
    return facts.acts_in(ids, [position, *facts.after(position, "agent")])


def questions_answered(court: Court) -> Drawn:
    """Share of the customer's questions taken up within two agent turns: a shared word, or an act that answers."""
    facts = court.facts
    questions = {a.turn: a for a in facts.acts(("c_question",), "customer")}
    asked = [a for a in questions.values() if facts.after(facts.position(a), "agent")]
    if not asked:
        return Drawn.no_occasion("questions_answered")
    open_ones = [a for a in asked if not _answered(court, a)]
    given = len(asked) - len(open_ones)
    note = Note("scoring.questions_answered", {"given": given, "n": len(asked)})
    counted = tuple(sorted(f"turn:{a.turn}:c_question" for a in asked))
    return Drawn(100.0 * given / len(asked), note, tuple(a.span for a in open_ones), counted)


def _answered(court: Court, question: Act) -> bool:
    facts, position = court.facts, court.facts.position(question)
    places = facts.after(position, "agent", 2)
    if _first_word(facts, places) in YES_NO.get(facts.language or "", frozenset()):
        return True
    shared = any(related(facts, p, [position], [], court.rubric.echo) for p in places)
    return shared or bool(facts.acts_in(ANSWERS, places))


def _first_word(facts: Facts, places: list[int]) -> str:
    words = tokenise(facts.turns[places[0]].text[:80], facts.language) if places else []
    return words[0].norm if words else ""


def honest_limit(court: Court) -> Drawn:
    """Limits admitted and followed by the answer, or by who gets it and when; a hedge counts as one without."""
    facts = court.facts
    admitted, hedged = facts.acts(("admits_limit",)), facts.acts(("hedged_bluff",))
    if not admitted and not hedged:
        return Drawn.no_occasion("honest_limit")
    kept = [a for a in admitted if _returned(facts, a)]
    n = len(admitted) + len(hedged)
    note = Note("scoring.honest_limit", {"kept": len(kept), "n": n, "hedged": len(hedged)})
    counted = tuple(act_key(a) for a in (*admitted, *hedged))
    spans = tuple(sorted(a.span for a in (*admitted, *hedged)))
    return Drawn(100.0 * len(kept) / n, note, spans, counted, free=tuple(occurrence(a) for a in kept))


def _returned(facts: Facts, act: Act) -> bool:
    later = Span(act.span.end_s, max(act.span.end_s, facts.call.end_s))
    if facts.acts(("answer_returned",), within=later):
        return True
    return bool(_near(facts, act, ("action_commitment",)) and _near(facts, act, ("time_commitment",)))


def _counted_acts(found: list[Act], criterion: str) -> Drawn:
    code = f"scoring.{criterion}.some" if found else f"scoring.{criterion}.none"
    spans, keys = tuple(a.span for a in found), tuple(act_key(a) for a in found)
    return Drawn(float(len(found)), Note(code, {"n": len(found)}), spans, keys)


def pressure(court: Court) -> Drawn:
    """Fear, guilt, false urgency, everyone-does-it, flattery: how many times. Pressure that a refusal met with is left
    out: the proposal's own line counts it.
    """
    found = [a for a in court.facts.acts(("pressure",)) if court.ledger.free([f"turn:{a.turn}:{a.id}"])]
    return _counted_acts(found, "pressure")


def plain_speech(court: Court) -> Drawn:
    """Condescension, brushing off, and terms of the trade left unexplained: how many times."""
    facts = court.facts
    unexplained = [a for a in facts.acts(("jargon",)) if not _near(facts, a, ("explanation_why",))]
    spoken_down = facts.acts(("condescension", "dismissal"))
    found = [a for a in (*spoken_down, *unexplained) if court.ledger.free([f"turn:{a.turn}:{a.id}"])]
    return _counted_acts(sorted(found, key=lambda a: a.span), "plain_speech")


def promises(court: Court) -> Drawn:
    """Vague promises with no act and no time beside them: how many."""
    facts = court.facts
    empty = [
        a
        for a in facts.acts(("vague_promise",))
        if not (_near(facts, a, ("action_commitment",)) and _near(facts, a, ("time_commitment",)))
    ]
    return _counted_acts(empty, "promises")


def _proposal_windows(court: Court) -> list[Span]:
    asked = GestureAsked(id="offer_choice", expected="with_proposal", weight=0.0)
    return [o.window for o in occasions(asked, court.facts, court.rubric)]


def free_care(court: Court) -> Drawn:
    """Care outside the script: a reason nobody asked for in the customer's words, a choice offered unasked."""
    facts, windows = court.facts, _proposal_windows(court)
    found = [a for a in facts.acts(("offer_choice", "freedom_phrase")) if not _inside(a, windows)]
    echoes = {f"turn:{a.turn}:echo": a for a in facts.acts(("explanation_why",)) if not _inside(a, windows)}
    reasons = {
        key: act
        for key, act in echoes.items()
        if court.ledger.free([key]) and echo_in(facts, facts.position(act), [act], court.rubric.echo).is_echo
    }
    keys = (*(act_key(a) for a in found), *reasons)
    found = sorted([*found, *reasons.values()], key=lambda a: a.span)
    code = "scoring.free_care.some" if found else "scoring.free_care.none"
    note, spans = Note(code, {"n": len(found)}), tuple(a.span for a in found)
    return Drawn(float(len(found)), note, spans, keys, free=tuple(occurrence(a) for a in found))


def _inside(act: Act, windows: list[Span]) -> bool:
    return any(w.start_s <= act.span.start_s <= w.end_s for w in windows)


def taught_and_learnt(court: Court) -> Drawn:
    """Words the customer said first and the agent first used 60 s or more later, in turns no other line counts."""
    facts, found = court.facts, {}
    for position, turn in enumerate(facts.turns):
        if turn.party != "agent" or not court.ledger.free([f"turn:{turn.index}:echo"]):
            continue
        if old := learnt_in(facts, position):
            found[position] = old
    n = sum(len(stems) for stems in found.values())
    turns = [facts.turns[p] for p in found]
    code = "scoring.taught_and_learnt.some" if n else "scoring.taught_and_learnt.none"
    free = tuple(Occurrence(turn=t.index, span=t.span, quote=t.text[:200], rule="") for t in turns)
    counted = tuple(f"turn:{t.index}:echo" for t in turns)
    note = Note(code, {"n": n, "after_s": LEARNT_AFTER_S})
    return Drawn(float(n), note, tuple(t.span for t in turns), counted, free=free)


def learnt_in(facts: Facts, position: int) -> set[str]:
    """The customer's words of a while ago that an agent's turn is the first of the agent's to use."""
    now_s, stems = facts.turns[position].span.start_s, facts.customer_first(facts.stems(position), position)
    return {s for s in stems if len(s) >= MIN_FACT_LETTERS and _is_old(facts, s, now_s)}


def _is_old(facts: Facts, word: str, now_s: float) -> bool:
    return now_s - facts.first_said_s(word) >= LEARNT_AFTER_S


def choice_and_reason(court: Court) -> Drawn:
    """Share of proposals with a reason and a choice near them. Shown only: the two gestures count them."""
    windows = _proposal_windows(court)
    if not windows:
        return Drawn.no_occasion("choice_and_reason")
    both = sum(
        _has(court, w, ("explanation_why",)) and _has(court, w, ("offer_choice", "freedom_phrase")) for w in windows
    )
    note = Note("scoring.choice_and_reason", {"given": both, "n": len(windows)})
    return Drawn(100.0 * both / len(windows), note)


def _has(court: Court, window: Span, ids: tuple[str, ...]) -> bool:
    return bool(court.facts.acts(ids, within=window))
