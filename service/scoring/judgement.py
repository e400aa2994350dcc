"""The judgement document: what the evidence is worth under one rubric. Recomputed at will, from evidence alone.

Two scores side by side, never one number; every line carries its evidence or says why it is not assessable.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from audio.notes import Note
from audio.timeline import Party, Span
from service.scoring.evidence import Document, Policy

JUDGEMENT_SCHEMA = "timbre.judgement/1"

Verdict = Literal["lived", "mechanical", "done", "free", "missing", "not_expected", "not_assessable"]
Quadrant = Literal["script_and_intention", "script_only", "intention_only", "neither"]
FamilyName = Literal["room", "follow_through", "delivery"]
FamilyState = Literal["present", "absent", "contrary", "not_assessable", "not_applicable"]
Baseline = Literal["call", "earlier_calls", "none"]


class Family(Document):
    """One family of evidence around one occurrence of a gesture; `why` says it with numbers."""

    name: FamilyName
    state: FamilyState
    why: Note
    span: Span | None = None
    quote: str = ""
    counted: tuple[str, ...] = Field(default=(), description="events this line counts, and no other: room:12.30 ...")


class Occurrence(Document):
    """One time the gesture was made (or its evidence found without the form)."""

    turn: int
    span: Span
    quote: str
    rule: str
    families: tuple[Family, ...] = ()


class EvidenceLine(Document):
    """What one family of a gesture adds to the intention score: `score` 0 to 1, None when not assessed."""

    family: FamilyName
    score: float | None
    weight: float


class Overridden(Document):
    """A person's decision on a line, with what the rules had said kept beside it."""

    by: str
    reason: str
    verdict: Verdict | None = Field(default=None, description="the rules' verdict, for a gesture")
    score: float | None = Field(default=None, description="the rules' score, for a criterion; null: none")
    why: Note | None = Field(default=None, description="the rules' sentence")


class GestureLine(Document):
    """One expected gesture and its verdict. `window`: where it was expected, when that is one stretch."""

    id: str
    verdict: Verdict
    why: Note
    expected: bool
    weight: float
    occurrences: tuple[Occurrence, ...] = ()
    window: Span | None = None
    evidence: tuple[EvidenceLine, ...] = Field(default=(), description="what its families add to the intention score")
    notes: tuple[Note, ...] = Field(default=(), description="on how many occasions; said outside its window ...")
    counted_full: bool = Field(default=False, description="no occasion, and the rubric counts that in full")
    overridden: Overridden | None = None


class Criterion(Document):
    """One call-long line of conduct. `score` 0 to 1 from the rubric's curve, None when not assessable."""

    id: str
    idea: str
    value: float | None
    unit: str
    score: float | None
    weight: float
    why: Note
    spans: tuple[Span, ...] = ()
    group: Literal["room", "floor", "delivery", "words"] = "floor"
    kind: Literal["line", "guard", "gift", "context"] = Field(
        default="line",
        description="guard: counts as 0 with weight x (1 - score); gift: counts as 1 with weight x score",
    )
    counted: tuple[str, ...] = Field(default=(), description="events this line counts, and no other")
    applies: bool = Field(default=True, description="False when the call gave no occasion for it")
    counted_full: bool = Field(default=False, description="no occasion, and the rubric counts that in full")
    notes: tuple[Note, ...] = ()
    overridden: Overridden | None = None


class PersonLine(Document):
    """A line only a person judges: `score` 0 to 1, None while it waits; in neither of the two scores."""

    id: str
    title: dict[str, str]
    weight: float
    score: float | None = None
    by: str = ""
    reason: str = ""


class Score(Document):
    """One of the two scores, 0 to 100, shown as a band; None below the share of weight it needs."""

    value: float | None
    low: float | None = None
    high: float | None = None
    assessed_share: float
    why: Note


class Subtotal(Document):
    """Weighted mean of some lines of one score, 0 to 100; None while none is assessed. `share`: percent of the score's
    weight the rubric gives them."""

    value: float | None
    share: float
    lines: int
    assessed: int


class SectionTotal(Document):
    """A section of the rubric, with a subtotal per score, never one for both; None where it feeds none."""

    id: str
    title: dict[str, str]
    lines: tuple[str, ...]
    script: Subtotal | None = None
    intention: Subtotal | None = None
    person: Subtotal | None = None


class RubricOutcome(Document):
    """Pass or fail by the rubric's `auto_fail` lines; none when it has no such line, or one can't be told yet."""

    kind: Literal["pass", "fail", "none"]
    why: Note
    lines: tuple[str, ...] = Field(default=(), description="the lines that failed, or that can't be told")


class Confidence(Document):
    """How much the scorecard rests on: solid, fair or thin, with what would raise it."""

    word: Literal["solid", "fair", "thin"]
    share: float
    would_raise: tuple[Note, ...] = ()


class MomentMeasure(Document):
    """One value of a moment. The name says what it is and ends in the unit where it has one (`silence_after_s`)."""

    name: str
    value: float
    unit: str = Field(description="s, n, st, syll/s ...")


class Moment(Document):
    """A stretch worth a coach's ear. `hint` is a question to ask the agent.

    `listen` holds what led there and the reply that came. `situation` is what happened around a gesture (`no_room`,
    `taken_up` ...), empty for conduct.
    """

    id: str
    kind: str
    party: Party
    span: Span
    listen: Span
    severity: float
    good: bool
    why: Note
    hint: Note
    quote: str = ""
    situation: str = ""
    measures: tuple[MomentMeasure, ...] = Field(default=(), description="the values of the moment itself")
    compared: Note | None = Field(
        default=None, description="sets it against what the agent usually does, or says why nothing can"
    )
    baseline: Baseline = Field(default="none", description="what `compared` rests on")


class Headline(Document):
    """Counts first: gestures expected and made, then by verdict."""

    expected: int
    made: int
    by_verdict: dict[Verdict, int]


class QuadrantCuts(Document):
    """Where the rubric cuts the quadrant, 0 to 100 each."""

    script: float
    intention: float


class Judgement(Document):
    """The scorecard of one call under one rubric."""

    schema_version: str = JUDGEMENT_SCHEMA
    timbre_version: str
    rubric: str = Field(description="id and version of the rubric")
    rubric_hash: str = Field(default="", description="SHA-256 of its content: a used version is locked")
    policy: Policy
    headline: Headline
    gestures: tuple[GestureLine, ...]
    free_gestures: tuple[Occurrence, ...] = ()
    criteria: tuple[Criterion, ...]
    script: Score
    intention: Score
    person_lines: tuple[PersonLine, ...] = ()
    person: Subtotal | None = Field(default=None, description="of the lines a person has judged")
    sections: tuple[SectionTotal, ...] = ()
    outcome_of_rubric: RubricOutcome | None = None
    quadrant: Quadrant | None
    cuts: QuadrantCuts | None = Field(default=None, description="the quadrant's cuts, as the rubric has them")
    confidence: Confidence
    moments: tuple[Moment, ...]
    notes: tuple[Note, ...] = ()
