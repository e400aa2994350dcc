"""Rubrics: what a call of one kind is asked for, with weights, windows, curves and cuts. Data, never code.

`rubric_file` reads them from YAML. A rubric names gestures and criteria of `service.scoring.catalog`; unknown
names are refused, so that a typo is an error and not a line that silently never counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.evidence import Document, Language, Policy
from service.scoring.judgement import FamilyName

Weight = Annotated[float, Field(ge=0, le=100)]
Expected = Literal[
    "always",
    "inbound",
    "outbound",
    "on_signal",
    "with_proposal",
    "on_hold",
    "after_explanation",
    "if_made",
    "not_asked",
]
Signal = Literal["c_distress", "c_problem", "c_repeat_unheard", "c_confusion", "c_refusal", "c_question"]
Title = dict[Language, Annotated[str, Field(max_length=200)]]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Point = tuple[float, float]
Where = tuple[str | int, ...]
"""A place in the file: keys and positions from the top."""
OWN_ERRORS = frozenset({"line_twice", "section_unknown"})
ScoreName = Literal["script", "intention"]
NotApplicable = Literal["leave_out", "count_full"]
AutoFail = Literal["zero", "outcome"]


class Within(Document):
    """Where a gesture is expected. Seconds count from the first and to the last word or sound of the call."""

    first_s: float | None = Field(default=None, gt=0)
    last_s: float | None = Field(default=None, gt=0)
    before: Literal["proposal", "closing"] | None = Field(
        default=None, description="the first proposal, or the end of the turn in which the agent takes leave"
    )
    from_customer: bool = Field(default=False, description="not before the customer's first turn of substance")
    agent_turns: int = Field(default=2, ge=1, le=10, description="for occasions: how many agent turns count")


class Section(Document):
    """A part of the grid with a subtotal of its own.

    `shares`: its part of the script or the intention score, in percent; the weights of its lines are scaled to it.
    """

    id: Identifier
    title: Title
    shares: dict[ScoreName, Weight] = Field(default_factory=dict)


class Asked(Document):
    """What every line of a rubric may say.

    `na`: without an occasion a line is left out, or counts in full. `auto_fail`: at `fails_at` or under, the score the
    line feeds becomes 0 (`zero`), or the scores stay and the call fails the rubric (`outcome`).
    """

    weight: Weight
    section: Identifier | None = None
    na: NotApplicable = "leave_out"
    auto_fail: AutoFail | None = None


class GestureAsked(Asked):
    """One gesture the rubric asks for. `families`: those that apply, each with its weight in the intention score."""

    id: str
    expected: Expected
    within: Within = Within()
    families: dict[FamilyName, Weight] = Field(default_factory=dict)
    signals: tuple[Signal, ...] = ("c_distress", "c_problem", "c_repeat_unheard")
    wording_mandatory: bool = False

    @field_validator("id")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in GESTURES:
            raise ValueError("unknown gesture")
        return value


class CriterionAsked(Asked):
    """One conduct line: weight, the idea it serves, and a piecewise-linear curve from its value to 0..1."""

    id: str
    fails_at: float = Field(default=0.0, ge=0, lt=1, description="score at or under which `auto_fail` acts")
    idea: Literal["I1", "I2", "I3", "I4", "I5"]
    curve: tuple[Point, ...] = Field(default=((0.0, 0.0), (1.0, 1.0)), min_length=2, max_length=20)

    @field_validator("id")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CRITERIA:
            raise ValueError("unknown criterion")
        return value

    @field_validator("curve")
    @classmethod
    def _rising_x(cls, value: tuple[Point, ...]) -> tuple[Point, ...]:
        xs = [x for x, _ in value]
        if any(b <= a for a, b in pairwise(xs)) or any(not 0 <= y <= 1 for _, y in value):
            raise ValueError("a curve needs rising x and y from 0 to 1")
        return value


class PersonAsked(Asked):
    """A line no machine can measure (right answer, form filled): it waits for the reviewer, in neither score."""

    id: Identifier
    by: Literal["person"]
    title: Title
    fails_at: float = Field(default=0.0, ge=0, lt=1, description="score at or under which `auto_fail` acts")
    reason: str = Field(default="", max_length=300, description="why no machine measures it")


class Echo(Document):
    """When words count as taken up (design: at least 2 and 25 % of the customer's last turn; to calibrate)."""

    min_stems: int = Field(default=2, ge=1, le=20)
    min_share: float = Field(default=0.25, ge=0, le=1)
    cap_stems: int = Field(default=12, ge=1, description="a longer turn counts as this many words of content")
    substance_stems: int = Field(default=3, ge=1, description="a customer turn with fewer is skipped as an answer word")
    formula_words: int = Field(default=6, ge=0, description="words at the start of the matched quote that never count")


class Limits(Document):
    """When words are reliable enough to say that something was not said, and the steps of confidence."""

    min_word_confidence: float = Field(default=0.5, ge=0, le=1)
    min_covered: float = Field(default=0.7, ge=0, le=1, description="share of the agent's speech that has words")
    min_assessed: float = Field(default=0.6, ge=0, le=1, description="share of the weight a score needs")
    solid: float = Field(default=0.75, ge=0, le=1)
    fair: float = Field(default=0.45, ge=0, le=1)
    hold_s: float = Field(default=10.0, gt=0, description="an agent-led silence from which a notice is expected")
    hold_announced_s: float = Field(default=60.0, gt=0, description="'one moment' without a figure means at most this")
    explanation_s: float = Field(default=20.0, gt=0)


class Cuts(Document):
    """Where the quadrant is cut, on both scores (0 to 100)."""

    script: float = Field(default=70.0, ge=0, le=100)
    intention: float = Field(default=60.0, ge=0, le=100)


class Floors(Document):
    """Curves of the physical components of a lively delivery, used until a metallic share is measured."""

    pitch_spread: tuple[Point, ...] = ((1.0, 0.0), (1.5, 0.4), (2.5, 1.0))
    pitch_range: tuple[Point, ...] = ((2.5, 0.0), (4.0, 0.4), (7.0, 1.0))
    rate_cv: tuple[Point, ...] = ((0.05, 0.0), (0.10, 0.4), (0.15, 1.0))


class Rubric(Document):
    """A whole rubric."""

    id: Identifier
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$")
    title: Title = Field(default_factory=dict)
    policy: Policy = "combined"
    call_types: tuple[Literal["inbound", "outbound"], ...] = ("inbound", "outbound")
    hotwords: dict[Language, tuple[Annotated[str, Field(max_length=60)], ...]] = Field(default_factory=dict)
    sections: tuple[Section, ...] = Field(default=(), max_length=30)
    gestures: tuple[GestureAsked, ...] = Field(max_length=50)
    criteria: tuple[CriterionAsked, ...] = Field(max_length=50)
    lines: tuple[PersonAsked, ...] = Field(default=(), max_length=100, description="lines `by: person`")
    claims_first: tuple[str, ...] = Field(
        default=(), description="gestures that take their evidence before the others, most specific first"
    )
    echo: Echo = Echo()
    limits: Limits = Limits()
    cuts: Cuts = Cuts()
    floors: Floors = Floors()

    @model_validator(mode="after")
    def _nothing_twice(self) -> Rubric:
        for places in (self._line_places(), [(("sections", i, "id"), s.id) for i, s in enumerate(self.sections)]):
            seen: set[str] = set()
            for where, identifier in places:
                if identifier in seen:
                    raise _own_error("line_twice", where, identifier)
                seen.add(identifier)
        return self

    @model_validator(mode="after")
    def _known_sections(self) -> Rubric:
        known = {None, *(s.id for s in self.sections)}
        for (where, _), asked in zip(self._line_places(), self.asked, strict=True):
            if asked.section not in known:
                raise _own_error("section_unknown", (*where[:2], "section"), str(asked.section))
        return self

    def _line_places(self) -> list[tuple[Where, str]]:
        """Where every line stands in the file, with its id."""
        counts = (("gestures", len(self.gestures)), ("criteria", len(self.criteria)), ("lines", len(self.lines)))
        places: list[Where] = [(name, i, "id") for name, n in counts for i in range(n)]
        return list(zip(places, (x.id for x in self.asked), strict=True))

    @property
    def asked(self) -> tuple[GestureAsked | CriterionAsked | PersonAsked, ...]:
        """Every line: gestures, criteria, then those for a person."""
        return (*self.gestures, *self.criteria, *self.lines)

    @property
    def name(self) -> str:
        """Id and version, as a judgement quotes it."""
        return f"{self.id} {self.version}"

    def in_claim_order(self) -> list[GestureAsked]:
        """Gestures in the order in which they take evidence."""
        rank = {gesture: i for i, gesture in enumerate(self.claims_first)}
        return sorted(self.gestures, key=lambda g: rank.get(g.id, len(rank)))


def _own_error(kind: str, where: Where, name: str) -> PydanticCustomError:
    """An error of the rubric as a whole, with its place: pydantic knows none."""
    return PydanticCustomError(kind, "refused", {"where": where, "name": name})


def on_curve(curve: Sequence[Point], x: float) -> float:
    """Piecewise-linear value at `x`; flat outside the curve's ends."""
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]
