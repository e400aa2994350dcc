"""A difference between two judgements, as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from audio.notes import Note
from service.labels import Labels, band, plain
from service.scoring.catalog import CRITERIA
from service.scoring.diff import Difference, FieldChange, LineChange, MomentChange
from service.scoring.judgement import Score

_SCORES = ("script", "intention")
_SAID_BY_OTHERS = frozenset(["headline", "rubric_hash", "cuts", "why", "occurrences", "notes"])
"""What changes along with a verdict, a value or a rubric's name, and needs no sentence of its own beside one."""


def difference_sentences(found: Difference, labels: Labels) -> list[str]:
    """What changed: the scorecard as a whole, then its lines, then its moments; one sentence when nothing did."""
    if found.empty:
        return [labels.say.text("diff.nothing")]
    return [
        *_of_the_whole(found, labels),
        *(_line(change, labels) for change in found.lines),
        *(_moment(change, labels) for change in found.moments),
    ]


def _of_the_whole(found: Difference, labels: Labels) -> Iterator[str]:
    rest = []
    for change in found.fields:
        if change.name in _SCORES:
            yield _changed(labels.say.text(f"page.{change.name}"), (_band(v, labels) for v in _both(change)), labels)
        elif change.name == "quadrant":
            yield _changed(_name("quadrant", labels), (_label("quadrant", v, labels) for v in _both(change)), labels)
        elif change.name in ("rubric", "policy"):
            yield _changed(_name(change.name, labels), (_text(v) for v in _both(change)), labels)
        elif change.name == "confidence":
            words = [v.get("word") if isinstance(v, dict) else None for v in _both(change)]
            yield _changed(_name("confidence", labels), (_label("confidence", w, labels) for w in words), labels)
        else:
            rest.append(change.name)
    others = [name for name in rest if name not in _SAID_BY_OTHERS] or (rest if len(rest) == len(found.fields) else [])
    if others:
        yield labels.say.text("diff.others", names=labels.joined(_name(name, labels) for name in others))


def _both(change: FieldChange) -> tuple[Any, Any]:
    return change.before, change.after


def _name(field: str, labels: Labels) -> str:
    return labels.of("diff_field", field)


def _text(value: Any) -> str:
    return "\u2013" if value is None else plain(str(value))


def _label(kind: str, value: Any, labels: Labels) -> str:
    return "\u2013" if value is None else labels.of(kind, str(value))


def _changed(name: str, sides: Iterable[str], labels: Labels) -> str:
    """`Script: 40-50 -> 60-70`; what reads the same on both sides changed in what it rests on."""
    before, after = sides
    if before == after:
        return labels.say.text("diff.rests_on", name=name, value=after)
    return labels.say.text("diff.changed", name=name, before=before, after=after)


def _band(value: Any, labels: Labels) -> str:
    edges = None if value is None else band(Score.model_validate(value))
    return labels.say.text("page.band_none") if edges is None else f"{edges[0]}\u2013{edges[1]}"


def _line(change: LineChange, labels: Labels) -> str:
    name = _line_name(change, labels)
    if change.status != "changed":
        return labels.say.text(f"diff.line_{change.status}", name=name)
    verdict, value, score = (change.field(f) for f in ("verdict", "value", "score"))
    if verdict is not None:
        told = _changed(name, (_label("verdict", v, labels) for v in _both(verdict)), labels)
    elif value is not None:
        told = _changed(name, (_quantity(v, change.id, labels) for v in _both(value)), labels)
    elif score is not None:
        told = _changed(name, (_percent(v, labels) for v in _both(score)), labels)
    else:
        names = labels.joined(_name(f.name, labels) for f in change.fields)
        return labels.say.text("diff.line_rests_on", name=name, names=names)
    return " ".join((told, *_why(change, labels)))


def _line_name(change: LineChange, labels: Labels) -> str:
    if change.kind == "gesture":
        return labels.gesture(change.id)
    title = plain(change.title.get(labels.lang, "")) or labels.of("criterion", change.id)
    return labels.say.text("diff.section", title=title) if change.kind == "section" else title


def _quantity(value: Any, criterion: str, labels: Labels) -> str:
    if not isinstance(value, int | float):
        return labels.say.text("diff.no_value")
    rule = CRITERIA.get(criterion)
    return labels.quantity(float(value), rule.unit if rule else "")


def _percent(value: Any, labels: Labels) -> str:
    return labels.quantity(100.0 * value, "%") if isinstance(value, int | float) else labels.say.text("diff.no_value")


def _why(change: LineChange, labels: Labels) -> Iterator[str]:
    """The newer sentence, when it is another one."""
    why = change.field("why")
    if why is not None and isinstance(why.after, dict) and labels.say.has(str(why.after.get("code"))):
        params = why.after.get("params")
        yield labels.note(Note(str(why.after["code"]), params if isinstance(params, dict) else {}))  # type: ignore[arg-type]  # read back from our own dump


def _moment(change: MomentChange, labels: Labels) -> str:
    name, at = labels.of("gesture moment criterion", change.kind), labels.stretch(change.span)
    if change.status != "changed":
        return labels.say.text(f"diff.moment_{change.status}", name=name, at=at)
    names = labels.joined(_name(f.name, labels) for f in change.fields)
    return labels.say.text("diff.moment_changed", name=name, at=at, names=names)
