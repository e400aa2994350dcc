"""A candidate: a stretch that may become a moment, with what is needed to rank it, to say why and to compare it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from audio.notes import Note
from audio.timeline import Party, Span
from service.scoring.judgement import MomentMeasure, Occurrence

Rank = tuple[float, float, float, str]


@dataclass(frozen=True)
class Candidate:
    """`kind`: a verdict, a criterion, `free_care` or `metallic`; `rule`: the gesture, the criterion or the pack's rule.

    severity    how much it is worth hearing, whatever a rubric weighs
    sureness    0 to 1: how sure the evidence is
    bonus       what the rubric's weight adds: it moves a moment up, and never decides which of two that overlap stays
    one         the gesture it is about, when it is about one
    """

    kind: str
    rule: str
    span: Span
    severity: float
    good: bool
    why: Note
    hint: Note
    measures: tuple[MomentMeasure, ...] = ()
    quote: str = ""
    situation: str = ""
    party: Party = "agent"
    sureness: float = 1.0
    bonus: float = 0.0
    one: Occurrence | None = None

    @cached_property
    def id(self) -> str:
        """The same for the same stretch under every rubric that reads the same thing in it."""
        name = f"{self.kind}|{self.rule}|{self.span.start_s:.1f}|{self.span.end_s:.1f}"
        return hashlib.sha256(name.encode()).hexdigest()[:12]

    @property
    def worth(self) -> float:
        """What moments are ranked by: severity with the rubric's weight, times sureness."""
        return (self.severity + self.bonus) * self.sureness

    @cached_property
    def rank(self) -> Rank:
        """Best first."""
        return (-self.worth, self.span.start_s, self.span.end_s, self.id)

    @cached_property
    def rank_unweighted(self) -> Rank:
        """Best first, the same under all weights."""
        return (-self.severity * self.sureness, self.span.start_s, self.span.end_s, self.id)

    def value(self, name: str) -> float | None:
        """One of its measures."""
        return next((m.value for m in self.measures if m.name == name), None)
