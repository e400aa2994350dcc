"""A finding: what one family of evidence shows around one gesture, before it becomes a line of the scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from audio.notes import Note, Param
from audio.timeline import Span
from service.scoring.judgement import Family, FamilyName, FamilyState


@dataclass(frozen=True)
class Finding:
    """`variant` names the sentence (`short`, `answered`, `echo` ...); `events` what the line would count.

    `reason` replaces the sentence when something could not be measured.
    """

    name: FamilyName
    state: FamilyState
    variant: str
    params: Mapping[str, Param] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    span: Span | None = None
    quote: str = ""
    reason: Note | None = None

    @property
    def why(self) -> Note:
        """The sentence, with its numbers."""
        return self.reason or Note(f"scoring.{self.name}.{self.variant}", self.params)

    def as_family(self) -> Family:
        """The document's form."""
        return Family(
            name=self.name, state=self.state, why=self.why, span=self.span, quote=self.quote, counted=self.events
        )


def counted_elsewhere(finding: Finding, owner: str) -> Finding:
    """The same finding, left out because another line already counts its event."""
    return Finding(finding.name, "not_applicable", "elsewhere", {"line": owner}, (), finding.span, finding.quote)


@lru_cache
def not_applicable(name: FamilyName) -> Finding:
    """This family says nothing about this gesture here."""
    return Finding(name, "not_applicable", "na")
