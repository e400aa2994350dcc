"""Rules by hand: the acts of a transcript turn by turn, and why a sentence matches or does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audio.timeline import Party, Span
from service.scoring.evidence import SpokenTurn
from service.words.rules.across import is_absent, windows
from service.words.rules.conditions import Stop, stopped
from service.words.rules.dialogue import read_dialogue
from service.words.rules.finding import find_acts, search, standing
from service.words.rules.matching import Match, matches_of
from service.words.rules.pack import Pack, Rule
from service.words.rules.scene import Scene, Stretch
from service.words.rules.script import read_script


@dataclass(frozen=True)
class Explanation:
    """One rule whose form occurs. `failed_condition`: the first that does not hold, None when the rule matches.

    assessable   False: nothing is known that would decide that condition (no sound, no times)
    yielded      all conditions hold, but another act or rule has these words
    window       of a rule about what is not said: where it looked; `quote` is what the window leads to or follows
    """

    act: str
    rule: str
    quote: str
    score: float
    failed_condition: str | None
    assessable: bool = True
    yielded: bool = False
    window: Span | None = None


def acts_of_transcript(turns: Sequence[SpokenTurn], pack: Pack) -> list[list[dict[str, str]]]:
    """Per turn, in the order given: its acts as `{"act": id, "quote": words}`. `index` must number the turns.

    Of what is not said, the quote is what comes after or before it, and `"absent"` its window (`12.0-42.0`, seconds).
    """
    by_turn: dict[int, list[dict[str, str]]] = {turn.index: [] for turn in turns}
    for act in find_acts(turns, pack):
        window = {"absent": f"{act.span.start_s:.1f}-{act.span.end_s:.1f}"} if act.absent else {}
        by_turn[act.turn].append({"act": act.id, "quote": act.quote, **window})
    return [by_turn[turn.index] for turn in turns]


def explain(pack: Pack, text: str, party: Party, among: Pack | None = None) -> list[Explanation]:
    """Every rule whose form occurs in the text's last turn (`C: ... // A: ...` gives it a conversation).

    `among`: the packs it works with, itself included.
    """
    everything, told = among or pack, read_dialogue(text, party)
    searched = search(read_script(told.turns, everything.language), everything, told.sound)
    # What compares the voice is kept apart and yields to nothing.
    kept = {(f.rule.label, f.match) for f in (*standing(searched), *searched.by_voice)}
    by_order = {
        order: [*_forms(rule, told.target, scene, kept), *_windows(rule, told.target, scene)]
        for numbered, scene in zip(everything.rounds, searched.scenes, strict=True)
        for order, rule in numbered
        if rule.pack == pack.id
    }
    return [explanation for order in sorted(by_order) for explanation in by_order[order]]


def _forms(rule: Rule, target: int, scene: Scene, kept: set[tuple[str, Match]]) -> Iterator[Explanation]:
    text = scene.script.texts[rule.party]
    for match in matches_of(rule, text, scene.mends_of(rule)):
        at = Stretch(rule.party, match.first, match.last)
        if scene.index(at) != target:
            continue
        stop = stopped(rule.conditions, at, scene)
        lost = stop is None and (rule.label, match) not in kept
        yield _explained(rule, scene.quote(at), match.score, stop, yielded=lost)


def _windows(rule: Rule, target: int, scene: Scene) -> Iterator[Explanation]:
    if rule.absent is None:
        return
    for at, window in windows(rule.absent, scene):
        if at is not None and scene.index(at) != target:
            continue
        stop = None if at is None else stopped(rule.conditions, at, scene)
        if stop is None and not is_absent(rule.absent, at, window, scene):
            stop = Stop("absent")
        yield _explained(rule, "" if at is None else scene.quote(at), 1.0, stop, window=window)


def _explained(
    rule: Rule, quote: str, score: float, stop: Stop | None, *, yielded: bool = False, window: Span | None = None
) -> Explanation:
    return Explanation(
        act=rule.act,
        rule=rule.label,
        quote=quote,
        score=score,
        failed_condition=None if stop is None else stop.condition,
        assessable=stop is None or stop.assessable,
        yielded=yielded,
        window=window,
    )
