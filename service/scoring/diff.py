"""What changed between two judgements, line by line and moment by moment, as data.

Nothing is left out: the difference is empty exactly when both judgements are the same. Lines and moments are matched by
their ids; everything else is compared as a whole, field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, JsonValue

from audio.timeline import Span
from service.scoring.evidence import Document
from service.scoring.judgement import Judgement

DIFF_SCHEMA: Literal["timbre.diff/1"] = "timbre.diff/1"
Status = Literal["added", "gone", "changed"]
LINES: Mapping[str, str] = {
    "gestures": "gesture",
    "criteria": "criterion",
    "person_lines": "person",
    "sections": "section",
}
"""Parts of a judgement that are lists of lines, and what a line of each is."""
_MOMENTS = "moments"
Plain = Mapping[str, Any]


class FieldChange(Document):
    """One field, as it was and as it is; null also where it was not there."""

    name: str
    before: JsonValue = None
    after: JsonValue = None


class LineChange(Document):
    """A line of the scorecard that came, went or changed. `fields`: of a changed line, only those that differ."""

    kind: str = Field(description="gesture, criterion, person or section")
    id: str
    status: Status
    title: dict[str, str] = Field(default_factory=dict, description="of a line the rubric names itself, by language")
    fields: tuple[FieldChange, ...]

    def field(self, name: str) -> FieldChange | None:
        """The change of one field, or None."""
        return next((f for f in self.fields if f.name == name), None)


class MomentChange(Document):
    """A moment that came, went or changed. `kind` and `span` are those of the newer one where there are two."""

    id: str
    kind: str
    span: Span
    status: Status
    fields: tuple[FieldChange, ...] = ()


class Difference(Document):
    """Everything in which two judgements of a call differ."""

    schema_version: Literal["timbre.diff/1"] = DIFF_SCHEMA
    fields: tuple[FieldChange, ...] = Field(default=(), description="of the scorecard as a whole: scores, policy ...")
    lines: tuple[LineChange, ...] = ()
    moments: tuple[MomentChange, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing changed."""
        return not (self.fields or self.lines or self.moments)


def difference(before: Judgement | None, after: Judgement | None) -> Difference:
    """From one judgement to the next; None is a scorecard with nothing on it."""
    if before == after:
        return Difference()
    old, new = _plain(before), _plain(after)
    whole = [name for name in dict.fromkeys((*old, *new)) if name not in LINES and name != _MOMENTS]
    order = _in_another_order(old, new)
    return Difference(
        fields=(*_fields(old, new, whole), *order),
        lines=tuple(change for part, kind in LINES.items() for change in _lines(part, kind, old, new)),
        moments=tuple(_moments(old, new)),
    )


def _plain(judgement: Judgement | None) -> Plain:
    return {} if judgement is None else judgement.model_dump(mode="json")


def _fields(old: Plain, new: Plain, names: Sequence[str]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name=name, before=old.get(name), after=new.get(name))
        for name in names
        if old.get(name) != new.get(name) or (name in old) != (name in new)
    )


def _in_another_order(old: Plain, new: Plain) -> Iterator[FieldChange]:
    """The same lines in another order are a change of their own."""
    for part in (*LINES, _MOMENTS):
        was, now = ([line["id"] for line in document.get(part, ())] for document in (old, new))
        if was != now and sorted(was) == sorted(now):
            yield FieldChange(name=part, before=was, after=now)


def _pairs(part: str, old: Plain, new: Plain) -> Iterator[tuple[Status, Plain, Plain]]:
    was, now = ({line["id"]: line for line in document.get(part, ())} for document in (old, new))
    for identifier in dict.fromkeys((*was, *now)):
        before, after = was.get(identifier), now.get(identifier)
        if before is None or after is None:
            yield ("added" if before is None else "gone"), before or {}, after or {}
        elif before != after:
            yield "changed", before, after


def _lines(part: str, kind: str, old: Plain, new: Plain) -> Iterator[LineChange]:
    for status, before, after in _pairs(part, old, new):
        fields = _fields(before, after, list(dict.fromkeys((*before, *after))))
        shown = after or before
        yield LineChange(kind=kind, id=shown["id"], status=status, title=shown.get("title", {}), fields=fields)


def _moments(old: Plain, new: Plain) -> Iterator[MomentChange]:
    for status, before, after in _pairs(_MOMENTS, old, new):
        shown = after or before
        fields = _fields(before, after, list(dict.fromkeys((*before, *after)))) if before and after else ()
        yield MomentChange(id=shown["id"], kind=shown["kind"], span=Span(**shown["span"]), status=status, fields=fields)
