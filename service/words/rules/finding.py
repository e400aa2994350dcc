"""From turns to acts: every rule over every turn, in two passes, then one act for the same or nearly the same words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from audio.timeline import Party
from service.scoring.evidence import Act, SpokenTurn
from service.words.rules.conditions import Scene, failed
from service.words.rules.matching import Match, matches_of
from service.words.rules.merging import Found, merged
from service.words.rules.pack import Pack, Rule, waits
from service.words.rules.script import Script, read_script


def find_acts(turns: Sequence[SpokenTurn], pack: Pack) -> list[Act]:
    """The acts of a call, by turn and place in it. The same turns and pack give the same list.

    An act is given once for the same words: of overlapping matches of one act the most alike, then the longest
    stays. A rule that yields to other acts loses its matches where those stand on the same words. What is left of an
    act within a few words is one act (`merging`).
    """
    script = read_script(turns, pack.language)
    found = find(script, pack)
    acts = [_act(f, script, pack) for f in found]
    return sorted(acts, key=lambda a: (a.turn, a.span.start_s, a.span.end_s, a.id, a.rule))


def find(script: Script, pack: Pack) -> list[Found]:
    """All matches that count, one for the same words of an act, neighbours as one."""
    return merged(standing(script, pack), script)


def standing(script: Script, pack: Pack) -> list[Found]:
    """The same with neighbours apart, each as its rule found it."""
    return _settled(find_all(script, pack))


def find_all(script: Script, pack: Pack) -> list[Found]:
    """Every match whose conditions hold. Rules that look at neighbouring acts run after those that don't."""
    numbered = list(enumerate(pack.rules))
    first = _pass([(i, r) for i, r in numbered if not waits(r)], Scene.of(script, {}))
    scene = Scene.of(script, _by_turn(_settled(first)))
    second = _pass([(i, r) for i, r in numbered if waits(r)], scene)
    return first + second


def _pass(rules: Sequence[tuple[int, Rule]], scene: Scene) -> list[Found]:
    found: list[Found] = []
    for order, rule in rules:
        text = scene.script.texts[rule.party]
        for match in matches_of(rule, text):
            if failed(rule.conditions, match, rule.party, scene) is None:
                found.append(Found(rule, match, text.owners[match.first], order))
    return found


def _by_turn(found: Sequence[Found]) -> dict[tuple[Party, int], frozenset[str]]:
    acts: dict[tuple[Party, int], set[str]] = {}
    for f in found:
        acts.setdefault((f.rule.party, f.owner), set()).add(f.rule.act)
    return {key: frozenset(names) for key, names in acts.items()}


def _once(found: Sequence[Found]) -> list[Found]:
    """Of overlapping matches of one act, the most alike, then the longest, then the earliest rule."""
    kept: dict[tuple[str, Party, int], list[Found]] = {}
    for f in sorted(found, key=lambda f: (-f.match.score, f.match.first - f.match.last, f.match.first, f.order)):
        same = kept.setdefault((f.rule.act, f.rule.party, f.owner), [])
        at = bisect_left(same, f.match.first, key=lambda other: other.match.first)  # kept in order, never overlapping
        if not any(f.overlaps(other) for other in same[max(0, at - 1) : at + 1]):
            same.insert(at, f)
    return [f for same in kept.values() for f in same]


def _settled(found: Sequence[Found]) -> list[Found]:
    """One match for the same words of an act, without those that yield to an act found on the same words.

    A long match that yields may cover a short one whose rule does not: the short one stands where it has words of its
    own, beyond those of the act yielded to.
    """
    standing: dict[tuple[str, Party, int], list[Match]] = {}
    for f in _once(found):
        standing.setdefault(_key(f), []).append(f.match)
    for matches in standing.values():
        matches.sort()
    kept: list[Found] = []
    taken: dict[tuple[str, Party, int], list[Match]] = {}
    for f in found:
        others = [m for act in f.rule.yields_to for m in _on(standing.get((act, *_key(f)[1:]), []), f.match)]
        taken.setdefault(_key(f), []).extend(others)
        if not others:
            kept.append(f)
    return _once(
        [f for f in kept if not any(m.first <= f.match.first and f.match.last <= m.last for m in taken[_key(f)])]
    )


def _key(found: Found) -> tuple[str, Party, int]:
    return found.rule.act, found.rule.party, found.owner


def _on(matches: Sequence[Match], match: Match) -> Iterator[Match]:
    """Those that share words with `match`; they are in order and never overlap."""
    for other in matches[bisect_left(matches, match.first, key=lambda m: m.last) :]:
        if other.first > match.last:
            return
        yield other


def _act(found: Found, script: Script, pack: Pack) -> Act:
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
        rule=f"{pack.id}/{found.rule.act}/{found.rule.id}",
        score=round(found.match.score, 3),
        by_echo=found.rule.conditions.echo > 0,
    )
