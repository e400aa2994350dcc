"""Sections of a rubric: weights scaled to their shares, and a subtotal per section beside the two scores.

A section has one subtotal per score it feeds, never one for both. Lines without a section are in the scores alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.scoring.catalog import CRITERIA, Group, never_applies
from service.scoring.evidence import Policy
from service.scoring.judgement import PersonLine, SectionTotal, Subtotal
from service.scoring.once import per_policy, per_rubric
from service.scoring.rubric import CriterionAsked, GestureAsked, Rubric, ScoreName, Section
from service.scoring.scores import GROUP_OF_FAMILY, Line, group_factors

Factors = Mapping[Group, float]
COMBINED: Factors = {"room": 1.0, "floor": 1.0, "delivery": 1.0, "words": 1.0}


def weights_in(asked: GestureAsked | CriterionAsked, factors: Factors = COMBINED) -> dict[ScoreName, float]:
    """What a line weighs in each score, if it has its occasion; `factors`: what the policy makes of each group."""
    if isinstance(asked, CriterionAsked):
        rule = CRITERIA[asked.id]
        intention = 0.0 if rule.kind == "context" else asked.weight * factors[rule.group]
        return {"script": 0.0, "intention": intention}
    if asked.expected == "not_asked":
        return {"script": 0.0, "intention": 0.0}
    families = [w * factors[GROUP_OF_FAMILY[f]] for f, w in asked.families.items() if not never_applies(asked.id, f)]
    return {"script": asked.weight, "intention": math.fsum(families)}


def planned_in(rubric: Rubric, score: ScoreName, section: str | None = None, factors: Factors = COMBINED) -> float:
    """Weight of a score's lines, or of one section's."""
    lines: tuple[GestureAsked | CriterionAsked, ...] = (*rubric.gestures, *rubric.criteria)
    return math.fsum(weights_in(x, factors)[score] for x in lines if section is None or x.section == section)


@per_rubric
def with_shares(rubric: Rubric) -> Rubric:
    """The rubric with the weights its lines have in the end: those of a section with a share scaled to that share."""
    if not any(s.shares for s in rubric.sections):
        return rubric
    scales = {s.id: {score: _scale(rubric, s, score) for score in s.shares} for s in rubric.sections}
    gestures = tuple(_scaled_gesture(g, scales.get(g.section or "", {})) for g in rubric.gestures)
    criteria = tuple(_scaled_criterion(c, scales.get(c.section or "", {})) for c in rubric.criteria)
    return rubric.model_copy(update={"gestures": gestures, "criteria": criteria})


def _scale(rubric: Rubric, section: Section, score: ScoreName) -> float:
    held = planned_in(rubric, score, section.id)
    return planned_in(rubric, score) * section.shares[score] / 100.0 / held if held > 0 else 1.0


def _scaled_gesture(asked: GestureAsked, scale: Mapping[ScoreName, float]) -> GestureAsked:
    families = {name: w * scale.get("intention", 1.0) for name, w in asked.families.items()}
    return asked.model_copy(update={"weight": asked.weight * scale.get("script", 1.0), "families": families})


def _scaled_criterion(asked: CriterionAsked, scale: Mapping[ScoreName, float]) -> CriterionAsked:
    return asked.model_copy(update={"weight": asked.weight * scale.get("intention", 1.0)})


def section_totals(
    rubric: Rubric, policy: Policy, script: Sequence[Line], intention: Sequence[Line], people: Sequence[PersonLine]
) -> tuple[SectionTotal, ...]:
    """One entry per section of the rubric, in its order; shares are those under the policy."""
    return tuple(
        SectionTotal(
            id=plan.id,
            title=dict(plan.title),
            lines=plan.lines,
            script=_machine(plan, "script", script),
            intention=_machine(plan, "intention", intention),
            person=person_subtotal([p for p in people if p.id in plan.lines], people),
        )
        for plan in _plans(policy, rubric)
    )


@dataclass(frozen=True)
class _Plan:
    """What the rubric alone says of a section. `shares`: percent of each score's weight; no entry where it has none."""

    id: str
    title: Mapping[str, str]
    lines: tuple[str, ...]
    shares: Mapping[ScoreName, float]


@per_policy
def _plans(policy: Policy, rubric: Rubric) -> tuple[_Plan, ...]:
    factors = group_factors(policy, rubric)
    scores: tuple[ScoreName, ...] = ("script", "intention")
    totals = {score: planned_in(rubric, score, None, factors) for score in scores}
    plans = []
    for section in rubric.sections:
        planned = {score: planned_in(rubric, score, section.id, factors) for score in scores}
        lines = tuple(x.id for x in rubric.asked if x.section == section.id)
        shares = {score: 100.0 * planned[score] / totals[score] for score in scores if planned[score] > 0}
        plans.append(_Plan(section.id, {str(lang): text for lang, text in section.title.items()}, lines, shares))
    return tuple(plans)


def _machine(plan: _Plan, score: ScoreName, lines: Sequence[Line]) -> Subtotal | None:
    if score not in plan.shares:
        return None
    return subtotal([x for x in lines if x.id.split(".")[0] in plan.lines], plan.shares[score])


def subtotal(lines: Sequence[Line], share: float) -> Subtotal:
    """Weighted mean of the assessed lines, 0 to 100; no value when none weighs."""
    assessed = [(x.score, x.weight) for x in lines if x.score is not None]
    total = math.fsum(w for _, w in assessed)
    value = 100.0 * math.fsum(s * w for s, w in assessed) / total if total > 0 else None
    return Subtotal(value=value, share=share, lines=len(lines), assessed=len(assessed))


def person_subtotal(lines: Sequence[PersonLine], of: Sequence[PersonLine]) -> Subtotal | None:
    """Subtotal of the lines a person judges; None when there is none."""
    if not lines:
        return None
    planned = math.fsum(p.weight for p in of)
    share = 100.0 * math.fsum(p.weight for p in lines) / planned if planned > 0 else 0.0
    return subtotal([Line(p.id, "words", p.score, p.weight, p.weight) for p in lines], share)
