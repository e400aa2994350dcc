"""The two scores, from lines: what each line weighs, the weighted mean, its band, and the share it rests on.

script     weighted share of expected gestures whose form was made; a free gesture costs nothing unless the rubric
           makes the wording mandatory
intention  weighted mean of the assessed lines: room and follow-through of gestures, and conduct
band       what the score becomes when the one line that moves it most is judged the other way, down and up
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audio.notes import Note
from service.scoring.catalog import CRITERIA, Group, never_applies
from service.scoring.evidence import Policy
from service.scoring.gestures import MADE
from service.scoring.judgement import Criterion, FamilyName, GestureLine, Score
from service.scoring.once import per_policy
from service.scoring.rubric import Rubric

NON_VERBAL: frozenset[Group] = frozenset({"room", "floor", "delivery"})
GROUP_OF_FAMILY: dict[FamilyName, Group] = {"room": "room", "follow_through": "words", "delivery": "delivery"}


@dataclass(frozen=True)
class Line:
    """One line of a score. `score` None: not assessed; `planned` is the rubric's weight, `weight` what counts."""

    id: str
    group: Group
    score: float | None
    weight: float
    planned: float


def script_lines(gestures: Sequence[GestureLine], rubric: Rubric) -> list[Line]:
    """Expected gestures: made 1, missing 0."""
    mandatory = {g.id for g in rubric.gestures if g.wording_mandatory}
    lines = []
    for line in gestures:
        if line.counted_full:
            lines.append(Line(line.id, "words", 1.0, line.weight, line.weight))
        if not line.expected or (line.verdict == "free" and line.id not in mandatory):
            continue
        score = None if line.verdict == "not_assessable" else float(line.verdict in MADE)
        lines.append(Line(line.id, "words", score, line.weight, line.weight))
    return lines


def intention_lines(
    gestures: Sequence[GestureLine], criteria: Sequence[Criterion], policy: Policy, rubric: Rubric
) -> list[Line]:
    """Families of gestures and conduct, with the policy's weights. Lines without occasion are not there."""
    lines = [
        Line(f"{g.id}.{e.family}", GROUP_OF_FAMILY[e.family], e.score, e.weight, e.weight)
        for g in gestures
        for e in g.evidence
    ]
    lines += [_conduct(c) for c in criteria if (c.applies or c.counted_full) and c.kind != "context"]
    return [x for x in _under(policy, lines, rubric) if x.planned > 0]


def _conduct(line: Criterion) -> Line:
    if line.counted_full:
        return Line(line.id, line.group, 1.0, 0.0 if line.kind == "guard" else line.weight, line.weight)
    if line.score is None or line.kind == "line":
        return Line(line.id, line.group, line.score, line.weight, line.weight)
    if line.kind == "guard":
        return Line(line.id, line.group, 0.0, line.weight * (1.0 - line.score), line.weight)
    return Line(line.id, line.group, 1.0, line.weight * line.score, line.weight)


def _under(policy: Policy, lines: Iterable[Line], rubric: Rubric) -> list[Line]:
    """The lines with the weights they have under the policy."""
    factors = group_factors(policy, rubric)
    weights = ((x, factors[x.group]) for x in lines)
    return [Line(x.id, x.group, x.score, x.weight * factor, x.planned * factor) for x, factor in weights]


@per_policy
def group_factors(policy: Policy, rubric: Rubric) -> Mapping[Group, float]:
    """What weights are multiplied by: where delivery may not count, its share goes to room and floor."""
    if policy == "combined":
        return {"room": 1.0, "floor": 1.0, "delivery": 1.0, "words": 1.0}
    planned = planned_weights(rubric)
    takers = planned["room"] + planned["floor"]
    other = (takers + planned["delivery"]) / takers if takers else 1.0
    return {"room": other, "floor": other, "delivery": 0.0, "words": 1.0}


def planned_weights(rubric: Rubric) -> dict[Group, float]:
    """Intention weight the rubric gives to each group, if every line had its occasion."""
    sums: dict[Group, float] = {"room": 0.0, "floor": 0.0, "delivery": 0.0, "words": 0.0}
    for gesture in rubric.gestures:
        for family, weight in gesture.families.items():
            if not never_applies(gesture.id, family):
                sums[GROUP_OF_FAMILY[family]] += weight
    for criterion in rubric.criteria:
        if CRITERIA[criterion.id].kind != "context":
            sums[CRITERIA[criterion.id].group] += criterion.weight
    return sums


def score_of(name: str, lines: Sequence[Line], min_assessed: float) -> Score:
    """Weighted mean in 0..100 with its band; no value when too little of the weight could be assessed."""
    planned = math.fsum(x.planned for x in lines)
    share = math.fsum(x.planned for x in lines if x.score is not None) / planned if planned > 0 else 0.0
    counted = [(x.score, x.weight) for x in lines if x.score is not None and x.weight > 0]
    total = math.fsum(w for _, w in counted)
    if share < min_assessed or total <= 0:
        params = {"share": 100 * share, "limit": 100 * min_assessed}
        return Score(value=None, assessed_share=share, why=Note(f"scoring.{name}.too_little", params))
    points = math.fsum(s * w for s, w in counted)
    low = min(points - s * w for s, w in counted)
    high = max(points + (1 - s) * w for s, w in counted)
    return Score(
        value=_percent(points, total),
        low=_percent(low, total),
        high=_percent(high, total),
        assessed_share=share,
        why=_why(name, lines),
    )


def _percent(points: float, total: float) -> float:
    return round(min(100.0, max(0.0, 100.0 * points / total)), 3)


def _why(name: str, lines: Sequence[Line]) -> Note:
    counted = [x for x in lines if x.score is not None and x.weight > 0]
    if name == "script":
        return Note("scoring.script.why", {"n": len(counted), "made": sum(x.score == 1 for x in counted)})
    total = math.fsum(x.weight for x in counted)
    heard = math.fsum(x.weight for x in counted if x.group in NON_VERBAL)
    voiced = any(x.group == "delivery" for x in counted)
    code = "scoring.intention.why" if voiced else "scoring.intention.why_turns"
    return Note(code, {"n": len(counted), "share": 100 * heard / total})
