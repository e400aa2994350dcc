"""From turns to acts: every rule over every turn, in rounds, then one act for the same or nearly the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audio.timeline import Span
from service.scoring.evidence import Act, SpokenTurn
from service.words.rules.across import is_absent, windows
from service.words.rules.conditions import stopped
from service.words.rules.matching import matches_of
from service.words.rules.merging import Found, merged, once, settled
from service.words.rules.pack import Pack, Rule
from service.words.rules.scene import Scene, Stretch
from service.words.rules.script import Script, read_script
from service.words.rules.sound import NO_SOUND, Sound


@dataclass(frozen=True)
class Absence:
    """A window in which what the rule names is not said. `at`: the words it leads to or follows."""

    rule: Rule
    window: Span
    at: Stretch | None


@dataclass(frozen=True, eq=False)
class Searched:
    """All that the rules found. `scenes`: what each round could look at.

    found      matches whose conditions hold, each as its rule found it
    by_voice   those of rules that compare the voice: kept apart, so that they move no other act
    """

    found: list[Found]
    by_voice: list[Found]
    absences: list[Absence]
    scenes: list[Scene]


def find_acts(turns: Sequence[SpokenTurn], pack: Pack, sound: Sound = NO_SOUND) -> list[Act]:
    """The acts of a call, by turn and place in it. The same turns, pack and sound give the same list.

    An act is given once for the same words: of overlapping matches of one act the most alike, then the longest
    stays. A rule that yields to other acts loses its matches where those stand on the same words. What is left of an
    act within a few words is one act (`merging`).
    """
    script = read_script(turns, pack.language)
    searched = search(script, pack, sound)
    acts = [_act(f, script) for f in counted(searched, script)]
    acts += [_missing(a, searched.scenes[-1]) for a in searched.absences]
    return sorted(acts, key=lambda a: (a.turn, a.span.start_s, a.span.end_s, a.id, a.rule))


def counted(searched: Searched, script: Script) -> list[Found]:
    """All matches that count, one for the same words of an act, neighbours as one."""
    return merged(standing(searched), script) + merged(once(searched.by_voice), script)


def standing(searched: Searched) -> list[Found]:
    """The matches that count with neighbours apart, each as its rule found it; those of the voice left out."""
    return settled(searched.found)


def search(script: Script, pack: Pack, sound: Sound = NO_SOUND) -> Searched:
    """Every match whose conditions hold. Rules that look at other acts run after the rules of those."""
    searched = Searched([], [], [], [])
    mends = {party: pack.mender.mends(text) for party, text in script.texts.items()}
    for numbered in pack.rounds:
        scene = Scene(script, tuple(searched.found), sound, mends)
        searched.scenes.append(scene)
        found = [f for order, rule in numbered for f in _found(order, rule, scene)]
        searched.absences.extend(a for _, rule in numbered for a in _absences(rule, scene))
        searched.by_voice.extend(f for f in found if f.rule.conditions.of_voice)
        searched.found.extend(f for f in found if not f.rule.conditions.of_voice)
    return searched


def _found(order: int, rule: Rule, scene: Scene) -> Iterator[Found]:
    text = scene.script.texts[rule.party]
    for match in matches_of(rule, text, scene.mends_of(rule)):
        if stopped(rule.conditions, Stretch(rule.party, match.first, match.last), scene) is None:
            yield Found(rule, match, text.owners[match.first], order)


def _absences(rule: Rule, scene: Scene) -> Iterator[Absence]:
    if rule.absent is None:
        return
    for at, window in windows(rule.absent, scene):
        kept = at is None or stopped(rule.conditions, at, scene) is None
        if kept and is_absent(rule.absent, at, window, scene):
            yield Absence(rule, window, at)


def _act(found: Found, script: Script) -> Act:
    text = script.texts[found.rule.party]
    turn = text.turns[found.owner]
    low = text.firsts[found.owner]
    first, last = found.match.first - low, found.match.last - low
    return Act(
        id=found.rule.act,
        party=found.rule.party,
        turn=turn.turn.index,
        span=turn.span(first, last),
        quote=turn.quote(first, last),
        rule=found.rule.label,
        score=round(found.match.score, 3),
        by_echo=found.rule.by_echo,
        by_voice=found.rule.conditions.of_voice,
    )


def _missing(absence: Absence, scene: Scene) -> Act:
    """An act whose span is the window. Without words beside it, it stands in the first turn that reaches into it."""
    rule, at = absence.rule, absence.at
    return Act(
        id=rule.act,
        party=rule.party,
        turn=_first_turn(absence.window, scene) if at is None else scene.index(at),
        span=absence.window,
        quote="" if at is None else scene.quote(at),
        rule=rule.label,
        absent=True,
    )


def _first_turn(window: Span, scene: Scene) -> int:
    turns = [scene.turn(key).turn for key in scene.script.order]
    return next((t.index for t in turns if t.span.end_s > window.start_s), turns[-1].index)
