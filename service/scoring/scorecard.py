"""The scorecard: evidence and rubric in, judgement out. Pure, and the same bytes every time.

Script beside intention, never one number: counts first, two scores with bands, one quadrant, confidence in one
word, then every line with its evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from audio.notes import Note
from service.scoring.conduct import judge_conduct
from service.scoring.confidence import confidence_of
from service.scoring.evidence import Evidence, Policy
from service.scoring.facts import Facts, stems_of
from service.scoring.gestures import MADE, Court, judge_gestures
from service.scoring.judgement import (
    Confidence,
    GestureLine,
    Headline,
    Judgement,
    Quadrant,
    QuadrantCuts,
    Score,
    Verdict,
)
from service.scoring.ledger import Ledger
from service.scoring.moments import find_moments
from service.scoring.overrides import Lines, Override, apply_overrides, person_lines
from service.scoring.rounding import rounded
from service.scoring.rubric import Cuts, Rubric
from service.scoring.rubric_lock import hash_of
from service.scoring.rubric_outcome import failing_lines, outcome_of, zeroed
from service.scoring.scores import intention_lines, score_of, script_lines
from service.scoring.sections import person_subtotal, section_totals, with_shares
from service.scoring.usual import Scored
from service.scoring.views import policy_for
from service.version import timbre_version


def judge(
    evidence: Evidence, rubric: Rubric, *, policy: Policy | None = None, overrides: Sequence[Override] = ()
) -> Judgement:
    """What the evidence is worth under `rubric`. `policy` None: the rubric's own. Scores rounded values only.

    Never a policy laxer than the call was heard under.
    `overrides`: what a person decided on single lines; the rules' own values stay beside them.
    """
    return judge_rounded(rounded(evidence), rubric, policy=policy, overrides=overrides)


def judge_rounded(
    evidence: Evidence, rubric: Rubric, *, policy: Policy | None = None, overrides: Sequence[Override] = ()
) -> Judgement:
    """The same, of evidence whose floats are known to be rounded."""
    policy = policy_for(evidence, policy or rubric.policy)
    if evidence.outcome.kind == "no_conversation":
        return _without_conversation(evidence, rubric, policy)
    weighted = with_shares(rubric)
    court = Court(_facts(evidence, weighted), weighted, policy, Ledger())
    judgement = _judged(court, overrides)
    return rounded(judgement.model_copy(update={"rubric_hash": hash_of(rubric)}))


def _facts(evidence: Evidence, rubric: Rubric) -> Facts:
    language = evidence.words.language
    words = rubric.hotwords.get(language, ()) if language else ()
    return Facts(evidence, frozenset(s for w in words for s in stems_of(w, language)))


def _judged(court: Court, overrides: Sequence[Override]) -> Judgement:
    evidence, rubric = court.facts.evidence, court.rubric
    by_rules = judge_gestures(court)
    conduct, free = judge_conduct(court)
    lines = apply_overrides(Lines(tuple(by_rules), tuple(conduct), person_lines(rubric)), overrides, rubric)
    script_on = script_lines(lines.gestures, rubric)
    intention_on = intention_lines(lines.gestures, lines.criteria, court.policy, rubric)
    failing = failing_lines(rubric, lines.gestures, lines.criteria, lines.people)
    script = zeroed("script", score_of("script", script_on, rubric.limits.min_assessed), failing)
    intention = zeroed("intention", score_of("intention", intention_on, rubric.limits.min_assessed), failing)
    return Judgement(
        timbre_version=timbre_version(),
        rubric=rubric.name,
        policy=court.policy,
        headline=headline_of(lines.gestures),
        gestures=lines.gestures,
        free_gestures=tuple(free),
        criteria=lines.criteria,
        script=script,
        intention=intention,
        person_lines=lines.people,
        person=person_subtotal(lines.people, lines.people),
        sections=section_totals(rubric, court.policy, script_on, intention_on, lines.people),
        outcome_of_rubric=outcome_of(failing, rubric),
        quadrant=_quadrant(script, intention, rubric.cuts),
        cuts=QuadrantCuts(script=rubric.cuts.script, intention=rubric.cuts.intention),
        confidence=confidence_of(evidence, rubric, script_on, intention_on),
        moments=tuple(find_moments(court, Scored(lines.gestures, lines.criteria, free))),
        notes=(*_notes(court), *lines.notes),
    )


def headline_of(gestures: Sequence[GestureLine]) -> Headline:
    """Counts: expected and assessable gestures, those made, and every verdict."""
    counts: Counter[Verdict] = Counter(g.verdict for g in gestures)
    expected = sum(g.expected and g.verdict != "not_assessable" for g in gestures)
    return Headline(expected=expected, made=sum(counts[v] for v in MADE), by_verdict=dict(counts))


def _quadrant(script: Score, intention: Score, cuts: Cuts) -> Quadrant | None:
    if script.value is None or intention.value is None:
        return None
    said, meant = script.value >= cuts.script, intention.value >= cuts.intention
    if said:
        return "script_and_intention" if meant else "script_only"
    return "intention_only" if meant else "neither"


def _notes(court: Court) -> tuple[Note, ...]:
    notes = [Note(f"scoring.policy.{court.policy}")]
    direction = court.facts.evidence.call.direction
    if direction not in court.rubric.call_types:
        notes.append(Note(f"scoring.other_call_type.{direction}"))
    return tuple(notes)


def _without_conversation(evidence: Evidence, rubric: Rubric, policy: Policy) -> Judgement:
    why = evidence.outcome.reason or Note("scoring.no_conversation")
    none = Score(value=None, assessed_share=0.0, why=why)
    return Judgement(
        timbre_version=timbre_version(),
        rubric=rubric.name,
        policy=policy,
        headline=Headline(expected=0, made=0, by_verdict={}),
        gestures=(),
        criteria=(),
        script=none,
        intention=none,
        quadrant=None,
        confidence=Confidence(word="thin", share=0.0, would_raise=(Note("scoring.no_conversation"),)),
        moments=(),
        notes=(Note(f"scoring.policy.{policy}"),),
    )
