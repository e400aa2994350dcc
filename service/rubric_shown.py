"""A rubric as a person reads it: sections, lines, when each is expected, what it weighs, its curve; and what differs
between two rubrics, line by line. Pure text; `service.cli.rubric` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from service.labels import Labels
from service.scoring.catalog import CRITERIA, never_applies
from service.scoring.evidence import Document
from service.scoring.rubric import CriterionAsked, GestureAsked, PersonAsked, Point, Rubric, ScoreName, Within
from service.scoring.rubric_lock import hash_of
from service.scoring.scores import NON_VERBAL, planned_weights
from service.scoring.sections import planned_in
from service.web.page_sections import titled

AnyAsked = GestureAsked | CriterionAsked | PersonAsked
HASH_SHOWN = 12


@dataclass(frozen=True)
class ShownLine:
    """One line of the rubric in words: `id` for the author, the rest for everybody."""

    id: str
    name: str
    when: str
    weighs: str
    rule: str


@dataclass(frozen=True)
class ShownSection:
    """Lines under one title, with the section's part of each score."""

    title: str
    lines: tuple[ShownLine, ...]


@dataclass(frozen=True)
class Change:
    """What differs in one line; an added line has no `before`, a removed one no `after`."""

    line: str
    key: str
    before: str
    after: str


def heading(rubric: Rubric, labels: Labels) -> tuple[str, ...]:
    """Name, lock and what the scores rest on."""
    text = labels.say.text
    weights = planned_weights(rubric)
    total = sum(weights.values())
    share = 100.0 * sum(weights[g] for g in NON_VERBAL) / total if total else 0.0
    return (
        f"{titled(rubric.title, rubric.id, labels)} ({rubric.name})",
        text("rubric.show.lock", hash=hash_of(rubric)[:HASH_SHOWN]),
        text("rubric.show.policy", policy=labels.of("policy", rubric.policy)),
        text("rubric.show.calls", calls=labels.joined(labels.of("direction", c) for c in rubric.call_types)),
        text("rubric.show.non_verbal", percent=share),
        text("rubric.show.cuts", script=rubric.cuts.script, intention=rubric.cuts.intention),
    )


def shown_sections(rubric: Rubric, labels: Labels) -> Iterator[ShownSection]:
    """The sections in order, then the lines in none."""
    for section in rubric.sections:
        lines = [x for x in rubric.asked if x.section == section.id]
        shares = [
            labels.say.text("rubric.show.share", score=labels.say.text(f"page.{name}"), percent=share)
            for name in get_args(ScoreName)
            if (share := _share(rubric, name, section.id)) > 0
        ]
        title = titled(section.title, section.id, labels)
        yield ShownSection(", ".join([title, *shares]), tuple(shown_line(x, labels) for x in lines))
    rest = tuple(shown_line(x, labels) for x in rubric.asked if x.section is None)
    if rest:
        yield ShownSection(labels.say.text("rubric.show.no_section") if rubric.sections else "", rest)


def _share(rubric: Rubric, score: ScoreName, section: str) -> float:
    given = next(s.shares for s in rubric.sections if s.id == section).get(score)
    total = planned_in(rubric, score)
    return given if given is not None else 100.0 * planned_in(rubric, score, section) / total if total else 0.0


def shown_line(asked: AnyAsked, labels: Labels) -> ShownLine:
    """One line in words."""
    if isinstance(asked, GestureAsked):
        return ShownLine(
            asked.id, labels.gesture(asked.id), _when(asked, labels), _weighs(asked, labels), _rule(asked, labels)
        )
    text = labels.say.text
    if isinstance(asked, CriterionAsked):
        kind = text(f"rubric.kind.{CRITERIA[asked.id].kind}")
        weighs = text("rubric.show.intention_weight", weight=asked.weight)
        context = CRITERIA[asked.id].kind == "context"
        curve = "" if context else text("rubric.show.curve", points=curve_text(asked.curve, labels))
        rule = _joined(curve, _rule(asked, labels))
        return ShownLine(asked.id, labels.of("criterion measure", asked.id), kind, weighs, rule)
    name = titled(asked.title, asked.id, labels)
    weighs = text("rubric.show.person_weight", weight=asked.weight)
    return ShownLine(asked.id, name, text("rubric.show.by_person"), weighs, _joined(asked.reason, _rule(asked, labels)))


def _joined(*parts: str) -> str:
    return "; ".join(p for p in parts if p)


def _when(asked: GestureAsked, labels: Labels) -> str:
    text = labels.say.text
    expected = text(f"rubric.expected.{asked.expected}")
    if asked.expected == "on_signal":
        expected = f"{expected} ({labels.joined(labels.of('act', s) for s in asked.signals)})"
    if asked.expected in ("on_signal", "with_proposal", "on_hold") and asked.within.before != "closing":
        return _joined(expected, text("rubric.window.agent_turns", n=asked.within.agent_turns))
    return _joined(expected, *window_texts(asked.within, labels))


def window_texts(within: Within, labels: Labels) -> Iterator[str]:
    """Where a gesture is looked for, in words."""
    text = labels.say.text
    if within.first_s is not None:
        yield text("rubric.window.first", seconds=within.first_s)
    if within.last_s is not None:
        yield text("rubric.window.last", seconds=within.last_s)
    if within.from_customer:
        yield text("rubric.window.from_customer")
    if within.before is not None:
        yield text(f"rubric.window.before_{within.before}")


def _weighs(asked: GestureAsked, labels: Labels) -> str:
    text = labels.say.text
    families = [
        text("rubric.show.family", name=labels.of("family", name).lower(), weight=weight)
        for name, weight in asked.families.items()
        if weight > 0 and not never_applies(asked.id, name)
    ]
    script = text("rubric.show.script_weight", weight=asked.weight)
    return _joined(script, text("rubric.show.families", families=", ".join(families)) if families else "")


def _rule(asked: AnyAsked, labels: Labels) -> str:
    text = labels.say.text
    na = text("rubric.show.na_full") if asked.na == "count_full" else ""
    fails = text(f"rubric.show.auto_fail_{asked.auto_fail}") if asked.auto_fail else ""
    mandatory = text("rubric.show.wording") if isinstance(asked, GestureAsked) and asked.wording_mandatory else ""
    return _joined(mandatory, na, fails)


def curve_text(curve: tuple[Point, ...], labels: Labels) -> str:
    """`0 > 100%, 3 > 60%`: straight between its points, flat beyond them."""
    return ", ".join(
        labels.say.text("rubric.show.point", x=labels.number(x, 2 if x % 1 else 0), percent=100 * y) for x, y in curve
    )


def changes(before: Rubric, after: Rubric) -> Iterator[Change]:
    """Line by line: what was added, removed, or has another value; then the rest of the rubric."""
    for name in ("sections", "gestures", "criteria", "lines"):
        old, new = ({x.id: x for x in getattr(r, name)} for r in (before, after))
        for line in dict.fromkeys([*old, *new]):
            yield from _of_line(line, old.get(line), new.get(line))
        if list(old) != list(new) and set(old) == set(new):
            yield Change("", f"{name} (order)", ", ".join(old), ", ".join(new))
    left = {"sections", "gestures", "criteria", "lines"}
    olds, news = (r.model_dump(mode="json", exclude=left) for r in (before, after))
    yield from _of_values("", olds, news)


def _of_line(line: str, old: Document | None, new: Document | None) -> Iterator[Change]:
    if old is None or new is None:
        told = (x and x.model_dump(mode="json", exclude_defaults=True, exclude={"id"}) for x in (old, new))
        yield Change(line, "", *(_value(x) for x in told))
        return
    yield from _of_values(line, old.model_dump(mode="json"), new.model_dump(mode="json"))


def _of_values(line: str, old: Mapping[str, object], new: Mapping[str, object], under: str = "") -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            yield from _of_values(line, a, b, f"{under}{key}.")
        elif a != b:
            yield Change(line, f"{under}{key}", _value(a), _value(b))


def _value(value: object) -> str:
    """As the file writes it: numbers without a needless .0, lists in brackets."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_value(v)}" for k, v in value.items() if v not in (None, "", {}, []))
    return str(value)
