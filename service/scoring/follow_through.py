"""Follow-through: the words and acts that come after a gesture and show that it was meant for this customer.

One function per kind of `catalog.FollowKind`, each `(Scene) -> Finding`. A scene without an act asks for the
evidence alone (a free gesture).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from audio.floor import WAITING
from audio.timeline import Span
from service.scoring.catalog import ASKING_ACTS, QUESTION_ACTS, RESPONSE_ACTS, FollowKind
from service.scoring.echo import echo_in, related
from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.findings import Finding, not_applicable
from service.scoring.occasions import Occasion
from service.scoring.rubric import Rubric
from service.words.tokens import fold

WITHIN_TURNS = 2
"""Design: a related question or act within two agent turns."""
TOPIC_TURNS = 20
"""How many customer turns back a reason may reach for what it is about."""


_AGREES = re.compile(
    r"(oui|ouais|voila|exactement|absolument|effectivement|tout a fait|c'est (bien )?ca|yes|yeah|yep|exactly|absolutely"
    r"|correct|right|that's (right|it|correct))\b(?!\W+(mais|but)\b)"
)


@dataclass(frozen=True, eq=False)
class Scene:
    """A gesture at its place: the act that made it (None: none), and the occasion that asked for it."""

    facts: Facts
    rubric: Rubric
    occasion: Occasion
    forms: tuple[str, ...]
    act: Act | None = None

    @cached_property
    def form_acts(self) -> list[Act]:
        """Every act that is a form of this gesture: its words never count as evidence."""
        return self.facts.acts(self.forms)


def follow_through(kind: FollowKind, scene: Scene) -> Finding:
    """The follow-through family of one gesture."""
    return _KINDS[kind](scene)


def _none(scene: Scene) -> Finding:
    return not_applicable("follow_through")


def _found(scene: Scene, variant: str, position: int, n: int, act: Act | None = None) -> Finding:
    turn = scene.facts.turns[position]
    kind = "echo" if act is None else act.id
    span, quote = (act.span, act.quote) if act else (turn.span, turn.text[:200])
    params = {"n": n, "at_s": span.start_s}
    return Finding("follow_through", "present", variant, params, (f"turn:{turn.index}:{kind}",), span, quote)


def _nothing(variant: str = "nothing") -> Finding:
    return Finding("follow_through", "absent", variant)


def _answer_taken_up(scene: Scene) -> Finding:
    """The agent's next turn takes up a word of the customer's answer."""
    if scene.act is None:
        return not_applicable("follow_through")
    facts = scene.facts
    answer = facts.next_after(scene.act.span.end_s, "customer")
    if answer is None or _asked_again(scene, answer):
        return _nothing("no_answer")
    if not facts.stems(answer):
        return not_applicable("follow_through")
    reply = facts.after(answer, "agent")
    if not reply:
        return _nothing()
    shared = related(facts, reply[0], [answer], scene.form_acts, scene.rubric.echo)
    return _found(scene, "echo", reply[0], len(shared)) if shared else _nothing()


def _asked_again(scene: Scene, answer: int) -> bool:
    """True when the agent asked something else before the customer spoke: the answer is not to this question."""
    act = scene.act
    if act is None:
        return False
    between = Span(act.span.end_s, max(act.span.end_s, scene.facts.turns[answer].span.start_s))
    return any(
        a is not act and a.span.start_s > act.span.start_s for a in scene.facts.acts(ASKING_ACTS, within=between)
    )


def _related_or_echo(scene: Scene) -> Finding:
    """Within two agent turns after the answer: a question about it, or an echo of it."""
    if scene.act is None:
        return not_applicable("follow_through")
    facts = scene.facts
    answer = facts.next_after(scene.act.span.end_s, "customer")
    if answer is None or _asked_again(scene, answer):
        return _nothing("no_answer")
    for position in facts.after(answer, "agent", WITHIN_TURNS):
        taken = echo_in(facts, position, scene.form_acts, scene.rubric.echo)
        if taken.is_echo:
            return _found(scene, "echo", position, taken.n)
        about = related(facts, position, [answer], scene.form_acts, scene.rubric.echo)
        question = next(iter(facts.acts_in(QUESTION_ACTS, [position])), None)
        if about and question is not None and question is not scene.act:
            return _found(scene, "acted", position, len(about), question)
    return _nothing()


def _echo(scene: Scene) -> Finding:
    """The customer's own words in the turn of the formula; without one, in any turn of the window."""
    facts = scene.facts
    best = None
    for position in [facts.position(scene.act)] if scene.act else _agent_turns(facts, scene.occasion.window):
        taken = echo_in(facts, position, scene.form_acts, scene.rubric.echo)
        if taken.is_echo and (best is None or taken.n > best[1]):
            best = (position, taken.n)
    if best is None:
        return _nothing("not_echoed")
    return _confirmed(scene, _found(scene, "echo", *best), best[0])


def _confirmed(scene: Scene, echo: Finding, position: int) -> Finding:
    """The same echo, with the second at which the customer's next words agree with it; silence changes nothing."""
    facts, reply = scene.facts, scene.facts.after(position, "customer")
    if scene.act is None or not reply:
        return echo
    turn = facts.turns[reply[0]]
    consents = facts.acts_in(("c_consent",), reply, "customer")
    if not consents and not _AGREES.match(fold(turn.text)):
        return echo
    return replace(echo, variant="confirmed", params={**echo.params, "confirmed_s": turn.span.start_s})


def _agent_turns(facts: Facts, window: Span) -> Iterator[int]:
    for position, turn in enumerate(facts.turns):
        if turn.party == "agent" and window.start_s <= turn.span.start_s <= window.end_s:
            yield position


def _act_or_question(scene: Scene) -> Finding:
    """Within two agent turns: a question or an act about what the customer signalled; brushing it off is contrary."""
    facts, about = scene.facts, _topic(scene)
    if not about:
        return not_applicable("follow_through")
    first = facts.position(scene.act) if scene.act else about[-1]
    positions = [first] if scene.act else []
    positions += facts.after(first, "agent", WITHIN_TURNS)
    brushed_off = next(iter(facts.acts_in(("dismissal",), positions)), None)
    if brushed_off is not None:
        at_s, event = brushed_off.span.start_s, f"turn:{brushed_off.turn}:dismissal"
        params = {"n": 0, "at_s": at_s}
        return Finding("follow_through", "contrary", "contrary", params, (event,), brushed_off.span, brushed_off.quote)
    return next((f for p in positions if (f := _answers_at(scene, p, about)) is not None), _nothing("not_acted"))


def _topic(scene: Scene) -> tuple[int, ...]:
    """What the gesture answers: the turns of its occasion, else the customer's last turn before it."""
    if scene.occasion.about or scene.act is None:
        return scene.occasion.about
    return tuple(scene.facts.before(scene.facts.position(scene.act), "customer"))


def _answers_at(scene: Scene, position: int, about: tuple[int, ...]) -> Finding | None:
    facts = scene.facts
    shared = related(facts, position, about, scene.form_acts, scene.rubric.echo)
    needed = 1 if scene.act else scene.rubric.echo.min_stems  # without the formula one shared word may be chance
    for act in facts.acts(RESPONSE_ACTS, within=facts.turns[position].span):
        if facts.position(act) != position or (scene.act and act.span.start_s < scene.act.span.start_s):
            continue
        dated = act.id == "action_commitment" and _time_given(facts, act) is not None
        if len(shared) >= needed or dated:
            return _found(scene, "acted", position, len(shared), act)
    return None


def _linked_reason(scene: Scene) -> Finding:
    """A word of the customer's last turns in the reason, after its formula; without the formula, the benefit named."""
    facts = scene.facts
    if scene.act is None:
        benefit = facts.acts(("mutual_benefit",), within=scene.occasion.window)
        return _found(scene, "benefit", facts.position(benefit[0]), 0, benefit[0]) if benefit else _nothing()
    position = facts.position(scene.act)
    about = facts.before(position, "customer", TOPIC_TURNS)
    topic = frozenset[str]().union(*(facts.stems(turn) for turn in about))
    reason = facts.stems_since(scene.act, scene.form_acts, scene.rubric.echo.formula_words)
    shared = reason & topic
    return _found(scene, "linked", position, len(shared)) if shared else _nothing("unlinked")


def _refusal_respected(scene: Scene) -> Finding:
    """Applies when the customer refuses: no new proposal and no pressure in the next two agent turns.

    A refusal counts whether or not a choice was offered in words.
    """
    facts, about = scene.facts, scene.occasion.about
    if scene.act is None and not about:
        return not_applicable("follow_through")
    said_s = scene.act.span.end_s if scene.act else facts.turns[about[0]].span.start_s
    start_s = min(said_s, scene.occasion.window.end_s)
    refusals = facts.acts(("c_refusal",), "customer", within=Span(start_s, scene.occasion.window.end_s))
    if not refusals:
        return not_applicable("follow_through")
    after = facts.after(facts.position(refusals[0]), "agent", WITHIN_TURNS)
    pushed = facts.acts_in(("proposal", "pressure"), after)
    if pushed:
        params = {"n": len(pushed), "at_s": pushed[0].span.start_s}
        event = f"turn:{pushed[0].turn}:{pushed[0].id}"
        return Finding("follow_through", "contrary", "pushed", params, (event,), pushed[0].span, pushed[0].quote)
    return _found(scene, "respected", facts.position(refusals[0]), 1, refusals[0])


def _time_given(facts: Facts, act: Act) -> Act | None:
    position = facts.position(act)
    near = [*facts.before(position, "agent"), position, *facts.after(position, "agent")]
    return next(iter(facts.acts_in(("time_commitment",), near)), None)


def _by_when(scene: Scene) -> Finding:
    """A time beside the commitment, or its result given in the call; otherwise it stays open, never broken."""
    if scene.act is None:
        return not_applicable("follow_through")
    facts, when = scene.facts, _time_given(scene.facts, scene.act)
    after = Span(scene.act.span.end_s, max(scene.act.span.end_s, facts.call.end_s))
    returned = facts.acts(("answer_returned",), within=after)
    if when is not None and not _due_in_call(facts, when):
        return _found(scene, "by_when", facts.position(when), 1, when)
    if returned:
        return _found(scene, "returned", facts.position(returned[0]), 1, returned[0])
    return _nothing("open") if when is None else _found(scene, "due_open", facts.position(when), 1, when)


def _due_in_call(facts: Facts, when: Act) -> bool:
    """A time in seconds or minutes that ends before the call does."""
    return when.span.end_s + announced_s(when.quote, math.inf) <= facts.call.end_s


_UNITS_S = {"second": 1.0, "minute": 60.0}
_NUMBERS = {
    **{"une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dix": 10, "quinze": 15, "trente": 30},
    **{"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15, "thirty": 30},
}
_ANNOUNCED = re.compile(r"\b(\d{1,3}|" + "|".join(_NUMBERS) + r")\s+(?:petites?\s+)?(second|minute)")


def announced_s(text: str, default_s: float) -> float:
    """How long a hold notice says it will take; `default_s` when it gives no figure."""
    match = _ANNOUNCED.search(fold(text))
    if match is None:
        return default_s
    number, unit = match.groups()
    return float(_NUMBERS[number] if number in _NUMBERS else int(number)) * _UNITS_S[unit]


def _back_in_time(scene: Scene) -> Finding:
    if scene.act is None or scene.occasion.silence is None:
        return not_applicable("follow_through")
    silence = scene.occasion.silence
    text = scene.facts.turn_of(scene.act).text
    limit_s = announced_s(text, scene.rubric.limits.hold_announced_s)
    params = {"waited_s": silence.duration_s, "limit_s": limit_s}
    events = tuple(
        f"floor:{i}" for i, e in enumerate(scene.facts.evidence.floor) if e.kind in WAITING and e.span == silence
    )
    late = silence.duration_s > limit_s
    return Finding(
        "follow_through", "contrary" if late else "present", "late" if late else "in_time", params, events, silence
    )


_KINDS: Mapping[FollowKind, Callable[[Scene], Finding]] = {
    "none": _none,
    "answer_taken_up": _answer_taken_up,
    "related_or_echo": _related_or_echo,
    "echo": _echo,
    "act_or_question": _act_or_question,
    "linked_reason": _linked_reason,
    "refusal_respected": _refusal_respected,
    "by_when": _by_when,
    "back_in_time": _back_in_time,
}
