"""Rules by hand: the acts of a transcript turn by turn, and why a sentence matches or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.timeline import Party
from service.scoring.evidence import SpokenTurn
from service.words.rules.conditions import Scene, failed
from service.words.rules.examples import dialogue
from service.words.rules.finding import find_acts, standing
from service.words.rules.matching import matches_of
from service.words.rules.pack import Pack
from service.words.rules.script import read_script


@dataclass(frozen=True)
class Explanation:
    """One rule whose form occurs. `failed_condition`: the first that does not hold, None when the rule matches.

    `yielded`: all conditions hold, but another act or rule has these words.
    """

    act: str
    rule: str
    quote: str
    score: float
    failed_condition: str | None
    yielded: bool = False


def acts_of_transcript(turns: Sequence[SpokenTurn], pack: Pack) -> list[list[dict[str, str]]]:
    """Per turn, in the order given: its acts as `{"act": id, "quote": words}`. `index` must number the turns."""
    by_turn: dict[int, list[dict[str, str]]] = {turn.index: [] for turn in turns}
    for act in find_acts(turns, pack):
        by_turn[act.turn].append({"act": act.id, "quote": act.quote})
    return [by_turn[turn.index] for turn in turns]


def explain(pack: Pack, text: str, party: Party) -> list[Explanation]:
    """Every rule whose form occurs in the text's last turn (`C: ... // A: ...` gives it a conversation)."""
    turns, target = dialogue(text, party)
    script = read_script(turns, pack.language)
    found = standing(script, pack)
    # Conditions on neighbouring acts need what is found without them; what was found in the end stands in for it.
    acts = {(f.rule.party, f.owner): frozenset(g.rule.act for g in found if g.owner == f.owner) for f in found}
    scene, kept = Scene.of(script, acts), {(f.rule.id, f.rule.act, f.match) for f in found}
    told: list[Explanation] = []
    for rule in pack.rules:
        spoken = script.texts[rule.party]
        for match in matches_of(rule, spoken):
            turn, low = spoken.turns[spoken.owners[match.first]], spoken.firsts[spoken.owners[match.first]]
            if turn.turn.index != target:
                continue
            why = failed(rule.conditions, match, rule.party, scene)
            lost = why is None and (rule.id, rule.act, match) not in kept
            quote = turn.quote(match.first - low, match.last - low)
            told.append(Explanation(rule.act, f"{pack.id}/{rule.act}/{rule.id}", quote, match.score, why, lost))
    return told
