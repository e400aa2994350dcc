"""What must surround a match: place in the call, words near it, turns before and after, room, floor and voice.

A condition holds, does not hold, or can't be assessed (None): there are no times, no sound, or too little of it. A
match counts when all of its conditions hold; `not` turns a block round and leaves what can't be assessed as it is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from audio.timeline import Party
from service.words.rules.across import is_answered, is_as_often, is_between, is_said
from service.words.rules.pack import Across, Conditions, Limits, Near, Neighbour, Where
from service.words.rules.questions import ends_in_spoken_tag, has_question_form, has_tag
from service.words.rules.scene import Key, Scene, Stretch
from service.words.rules.script import Script, ScriptText, ScriptTurn
from service.words.rules.sound import VoiceValue

ASKING_WORDS = 25
"""Words around a match in which the form of a question is its own."""


@dataclass(frozen=True)
class Stop:
    """The condition that keeps a match from counting. `assessable` False: nothing is known that would decide it."""

    condition: str
    assessable: bool = True


def stopped(conditions: Conditions, at: Stretch, scene: Scene) -> Stop | None:
    """The first condition that does not hold, else the first that can't be assessed; None when all hold."""
    unknown: Stop | None = None
    for name in conditions.given:
        holds = _CHECKS[name](conditions, at, scene)
        if holds is False:
            return Stop(_KEYS.get(name, name))
        if holds is None and unknown is None:
            unknown = Stop(_KEYS.get(name, name), assessable=False)
    return unknown


def sentence(at: Stretch, text: ScriptText) -> tuple[int, int]:
    """The pieces [first, stop) of the match's sentence: up to the marks around it, or the turn's ends."""
    low, stop = text.bounds(text.owners[at.first])
    before, after = bisect_left(text.marks, at.first), bisect_right(text.marks, at.last)
    first = text.marks[before - 1] + 1 if before else low
    end = text.marks[after] if after < len(text.marks) else stop
    return max(low, first), min(stop, end)


def _where(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    text, owner = scene.script.texts[at.party], scene.owner(at)
    return conditions.where is None or _is_there(
        conditions.where, text.turns[owner], owner, len(text.turns), scene.script
    )


def _is_there(where: Where, turn: ScriptTurn, rank: int, n_turns: int, script: Script) -> bool:
    span = turn.turn.span
    limits = (
        where.first_turns is not None and rank < where.first_turns,
        where.last_turns is not None and rank >= n_turns - where.last_turns,
        where.first_s is not None and script.has_times and span.start_s <= where.first_s,
        where.last_s is not None and script.has_times and span.end_s >= script.end_s - where.last_s,
    )
    return any(limits)


def _max_words(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    first, stop = sentence(at, scene.script.texts[at.party])
    return conditions.max_words is None or stop - first <= conditions.max_words


def _asks(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    """True: the sentence ends in a question mark, where the transcript has marks. False: it does not."""
    if conditions.asks and not scene.script.punctuated:
        return True
    return (_mark(at, scene) == "Q") is conditions.asks


def _mark(at: Stretch, scene: Scene) -> str | None:
    """The mark that ends the match's sentence."""
    text = scene.script.texts[at.party]
    _, stop = sentence(at, text)
    return text.norms[stop] if stop < text.bounds(scene.owner(at))[1] else None


def _unless(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return conditions.unless is None or not _stands_near(conditions.unless, at, scene.script.texts[at.party])


def _needs(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return conditions.needs is None or _stands_near(conditions.needs, at, scene.script.texts[at.party])


def _stands_near(near: Near, at: Stretch, text: ScriptText) -> bool:
    """The first place that does not end too early is the one to look at: places are in order and never overlap."""
    firsts, lasts = text.hits(near.forms, text.owners[at.first])
    if near.at_start:
        low, high = at.first - 1, at.first
    else:
        reach = len(text.norms) if near.within_words is None else near.within_words
        low, high = at.first - reach, at.last + reach
    place = bisect_left(lasts, low)
    return place < len(firsts) and firsts[place] <= high


def _previous(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return _neighbours(conditions.previous, (at.party, scene.owner(at)), -1, scene)


def _next(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return _neighbours(conditions.next, (at.party, scene.owner(at)), +1, scene)


def _unless_previous(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    unless = conditions.unless_previous
    return unless is None or not _neighbours(unless, (at.party, scene.owner(at)), -1, scene)


def _neighbours(neighbour: Neighbour | None, key: Key, step: int, scene: Scene) -> bool:
    if neighbour is None:
        return True
    near = islice(scene.others(*key, step), neighbour.turns)
    return any(_holds(neighbour.forms, neighbour.acts, other, scene) for other in near)


def _holds(forms: Any | None, acts: frozenset[str], key: Key, scene: Scene) -> bool:
    if acts & scene.acts.get(key, frozenset()):
        return True
    return forms is not None and scene.says(forms, key)


def _echo(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    """How many of the match's content stems the other party said in its last turns, and how many not: in the limits.

    `echo_own`: only those the other party said first, and no hotwords: design's echo (`service.scoring.echo`).
    """
    key = (at.party, scene.owner(at))
    said = scene.stems(at)
    heard = [scene.stems_of(other) for other in islice(scene.others(*key, -1), conditions.echo_turns)]
    shared = {stem for stem in said if any(stem in turn for turn in heard)}
    new = said - shared
    if conditions.echo_own:
        new -= conditions.hotwords
        shared = {s for s in shared - conditions.hotwords if _is_first(s, at.party, scene)}
    return (
        conditions.echo <= len(shared)
        and _at_most(len(shared), conditions.echo_max)
        and _at_most(len(new), conditions.new_max)
    )


def _again(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    """At least so many content stems of the match the speaker had said in the last turns before the other party's
    last turn, which holds none of them: nobody asked, and it is said once more. At most so many others.
    """
    last = next(scene.others(at.party, scene.owner(at), -1), None)
    if last is None:
        return False
    n_own = bisect_left(scene.own_places[at.party], scene.place[last])
    own = range(max(0, n_own - conditions.again_turns), n_own)
    before = set().union(*(scene.stems_of((at.party, owner)) for owner in own))
    said = scene.stems(at)
    n_again = len(said & before - scene.stems_of(last))
    return n_again >= conditions.again and _at_most(len(said) - n_again, conditions.again_new_max)


def _fresh(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    """Whether the speaker had not said all content stems of the match in earlier turns; one without any is new."""
    place, first = scene.place[(at.party, scene.owner(at))], scene.first_said[at.party]
    said = scene.stems(at)
    return (not said or any(first[stem] >= place for stem in said)) is conditions.fresh


def _is_first(stem: str, party: Party, scene: Scene) -> bool:
    """Whether somebody else said the stem before the party ever did."""
    first = scene.first_said
    never = len(scene.script.order)
    others = min((words.get(stem, never) for p, words in first.items() if p not in (party, "unknown")), default=never)
    return others < first[party].get(stem, never)


def _at_most(count: int, limit: int | None) -> bool:
    return limit is None or count <= limit


def _answered(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return is_answered(at, scene) is conditions.answered


def _then(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    then: Across | None = conditions.then
    return then is None or is_said(then.said, "after", then.reach, at, scene)


def _after(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    after: Across | None = conditions.after
    return after is None or is_said(after.said, "before", after.reach, at, scene)


def _count(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    count = conditions.count
    return count is None or is_as_often(count.said, count.side, count.reach, count.limits, at, scene)


def _question(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    return _is_question(at, scene) is conditions.question


def _is_question(at: Stretch, scene: Scene) -> bool:
    """A question mark, the form of a question, or without a mark a tag or a rise where the turn ends.

    French rises in the middle of a turn too, to say that more is to come: only the turn's last breath can ask.
    """
    mark = _mark(at, scene)
    if mark == "Q":
        return True
    text, language = scene.script.texts[at.party], scene.script.language
    _, stop = sentence(at, text)
    said = _said_around(at, text)
    if has_question_form(said, language):
        return True
    turn, low = scene.turn((at.party, scene.owner(at))), text.firsts[scene.owner(at)]
    if mark is not None:
        return False
    if has_tag(said, language) or ends_in_spoken_tag(turn, stop - 1 - low, language):
        return True
    span = scene.span(at)
    return scene.sound.contour(turn.turn, span) == "rise" and scene.sound.ends_turn(turn.turn, span)


def _said_around(at: Stretch, text: ScriptText) -> str:
    """The match's sentence as far as it is near: a turn without marks may hold many. `…` stands for the rest."""
    first, stop = sentence(at, text)
    low, high = max(first, at.first - ASKING_WORDS, at.last - 2 * ASKING_WORDS), min(stop, at.last + ASKING_WORDS)
    cut = ["…"] * (low > first), ["…"] * (high < stop)
    return " ".join([*cut[0], *text.norms[low:high], *cut[1]])


def _rises(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    contour = scene.sound.contour(scene.turn((at.party, scene.owner(at))).turn, scene.span(at))
    return None if contour is None else (contour == "rise") is conditions.rises


def _room(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    turn = scene.turn((at.party, scene.owner(at))).turn
    return conditions.room is None or scene.sound.room(turn, scene.span(at), conditions.room)


def _interrupted(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    cut = scene.sound.interrupted(scene.turn((at.party, scene.owner(at))).turn)
    return None if cut is None else cut is conditions.interrupted


def _ratio(value: VoiceValue, limits: Limits | None, at: Stretch, scene: Scene) -> bool | None:
    if limits is None:
        return True
    found = scene.sound.ratio(scene.turn((at.party, scene.owner(at))).turn, value)
    return None if found is None else is_between(found, limits)


def _negated(conditions: Conditions, at: Stretch, scene: Scene) -> bool | None:
    if conditions.negated is None:
        return True
    stop = stopped(conditions.negated, at, scene)
    return stop is not None if stop is None or stop.assessable else None


_KEYS = {"negated": "not"}
"""As a pack spells them, where that is no name for Python."""
Check = Callable[[Conditions, Stretch, Scene], bool | None]
_CHECKS: Mapping[str, Check] = {
    "where": _where,
    "max_words": _max_words,
    "asks": _asks,
    "unless": _unless,
    "needs": _needs,
    "previous": _previous,
    "next": _next,
    "unless_previous": _unless_previous,
    "echo": _echo,
    "again": _again,
    "fresh": _fresh,
    "answered": _answered,
    "then": _then,
    "after": _after,
    "count": _count,
    "question": _question,
    "rises": _rises,
    "room": _room,
    "interrupted": _interrupted,
    "rate_ratio": lambda c, at, scene: _ratio("articulation_rate_per_s", c.rate_ratio, at, scene),
    "pitch_spread_ratio": lambda c, at, scene: _ratio("pitch_spread_st", c.pitch_spread_ratio, at, scene),
    "loudness_spread_ratio": lambda c, at, scene: _ratio("loudness_spread_db", c.loudness_spread_ratio, at, scene),
    "negated": _negated,
}
