"""Edits: what people put right in one call. The evidence never takes them in; a re-score applies them each time.

A third document beside evidence and judgement (`timbre.edits/1`). Each edit names who made it; what changes a verdict
also says why. Reading is strict: at most 1 MiB of JSON, no unknown key, and errors name the place, never the words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import Field, StringConstraints, ValidationError, model_validator

from audio.timeline import Span
from service.scoring.errors import EditsError
from service.scoring.evidence import Document
from service.scoring.judgement import Verdict
from service.scoring.overrides import Override

EDITS_SCHEMA: Literal["timbre.edits/1"] = "timbre.edits/1"
MAX_BYTES = 2**20
MAX_OF_A_KIND = 1000
MAX_LINE = 5000
Who = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Act = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Place(Document):
    """An act at a turn, or at a stretch of the call (seconds); the stretch says which words when both are given."""

    act: Act
    turn: int | None = Field(default=None, ge=0)
    span: Span | None = None
    by: Who
    reason: Reason

    @model_validator(mode="after")
    def _somewhere(self) -> Place:
        if self.turn is None and self.span is None:
            raise ValueError("a turn or a span is needed")
        return self


class SaidHere(Place):
    """The act was made here, in words no rule found."""


class NotThat(Place):
    """What a rule took for this act here is none."""


class CorrectedLine(Document):
    """What was really said in a turn; empty: nothing. Its words' times become estimates."""

    turn: int = Field(ge=0)
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_LINE)]
    by: Who
    reason: Remark = ""


class SwappedRoles(Document):
    """The agent is the other party."""

    by: Who
    reason: Remark = ""


class Decision(Document):
    """A person's decision on one line of the scorecard: a verdict or a score from 0 to 1, with its reason."""

    line: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    verdict: Verdict | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    reason: Reason
    by: Who

    @model_validator(mode="after")
    def _one_of_both(self) -> Decision:
        if (self.verdict is None) == (self.score is None):
            raise ValueError("a verdict or a score is needed")
        return self

    @property
    def override(self) -> Override:
        """As the scorecard takes it."""
        return Override(self.line, self.reason, self.by, self.verdict, self.score)


class Edits(Document):
    """All edits of one call."""

    schema_version: Literal["timbre.edits/1"] = EDITS_SCHEMA
    swapped_roles: SwappedRoles | None = None
    lines: tuple[CorrectedLine, ...] = Field(default=(), max_length=MAX_OF_A_KIND)
    not_that: tuple[NotThat, ...] = Field(default=(), max_length=MAX_OF_A_KIND)
    said_here: tuple[SaidHere, ...] = Field(default=(), max_length=MAX_OF_A_KIND)
    overrides: tuple[Decision, ...] = Field(default=(), max_length=MAX_OF_A_KIND)

    @model_validator(mode="after")
    def _each_line_once(self) -> Edits:
        turns = [line.turn for line in self.lines]
        if len(turns) != len(set(turns)):
            raise ValueError("a turn is corrected twice")
        return self

    @property
    def empty(self) -> bool:
        """Nothing to apply."""
        return self == Edits()


def read_edits(path: Path) -> Edits:
    """The edits in a file. Raises EditsError: unreadable, too large, not JSON, another schema, a refused value."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:  # ValueError: a name with a zero byte
        raise EditsError("scoring.edits_unreadable") from exc
    return parse_edits(content)


def parse_edits(content: bytes) -> Edits:
    """The edits in `content`. Raises EditsError."""
    if len(content) > MAX_BYTES:
        raise EditsError("scoring.edits_too_large", limit_kib=MAX_BYTES // 1024)
    try:
        data = msgspec.json.decode(content)
    except (ValueError, RecursionError) as exc:
        raise EditsError("scoring.edits_not_json") from exc
    if not isinstance(data, dict) or data.get("schema_version") != EDITS_SCHEMA:
        raise EditsError("scoring.edits_other_schema", expected=EDITS_SCHEMA)
    try:
        return Edits.model_validate_json(content, strict=True)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        place = ".".join(str(part) for part in known[:6])[:80] or "-"
        raise EditsError("scoring.edits_refused", name=place) from exc
