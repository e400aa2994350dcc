"""A rubric drafted from a grid: weights and sections are the grid's, windows, families and curves a shipped rubric's.

Every row is told, with what it matched or why only a person can judge it: a draft is for its author to correct.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import yaml

from audio.notes import Note, Param
from service.grids.errors import GridError
from service.grids.layout import Grid, GridLine
from service.grids.matching import Matched, match
from service.say import Lang, Say
from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.rubric import CriterionAsked, GestureAsked, Rubric
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from service.words.language import guess_language
from service.words.tokens import fold

DRAFT_VERSION = "0.1"
MAX_LINES = 100
MAX_SECTIONS = 30
MAX_WEIGHT = 100.0
WITHOUT_NUMBER = 1.0


@dataclass(frozen=True)
class Draft:
    """The draft's text, what became of every row, and the counts."""

    text: str
    told: tuple[tuple[Note, ...], ...]
    summary: Note


@dataclass
class _Making:
    """A draft while its rows are read."""

    like: Rubric
    language: Lang
    sections: dict[str, str] = field(default_factory=dict)
    gestures: dict[str, dict[str, Any]] = field(default_factory=dict)
    criteria: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    origins: dict[str, list[GridLine]] = field(default_factory=dict)


def draft_rubric(grid: Grid, *, name: str, like: Rubric) -> Draft:
    """Draft a rubric named `name` from a grid, with the windows and curves of `like`.

    Raises GridError: no line, or more lines or sections than a rubric may have.
    """
    if not grid.lines:
        raise GridError("rubric.grid.no_lines", file=name)
    if len(grid.lines) > MAX_LINES or len({x.section for x in grid.lines}) > MAX_SECTIONS:
        raise GridError("rubric.grid.too_many_lines", file=name, limit=MAX_LINES, sections=MAX_SECTIONS)
    titles = [line.title for line in grid.lines]
    making = _Making(like, guess_language(titles)[0] or "fr")
    factor = _factor(grid)
    told: list[tuple[int, tuple[Note, ...]]] = [(0, (_sheet_note(grid),))]
    told += [(h.row, (_row_note("section", h.row, h.title),)) for h in grid.headings]
    told += [(x.row, (_row_note(f"left_{x.kind}", x.row, x.title),)) for x in grid.left_out]
    told += [(line.row, tuple(_take(line, making, factor))) for line in grid.lines]
    if factor != 1.0:
        told.append((10**6, (Note("rubric.grid.scaled", {"factor": factor}),)))
    counts = {"n": len(grid.lines), "gestures": len(making.gestures), "criteria": len(making.criteria)}
    summary = Note("rubric.grid.summary", {**counts, "people": len(making.people), "left": len(grid.left_out)})
    return Draft(_text(making, _slug(name, ()), name), tuple(notes for _, notes in sorted(told, key=_row)), summary)


def _row(told: tuple[int, tuple[Note, ...]]) -> int:
    return told[0]


def _factor(grid: Grid) -> float:
    """What weights are multiplied by, so that the largest is one a rubric may have."""
    largest = max((line.weight for line in grid.lines if line.weight is not None), default=0.0)
    return MAX_WEIGHT / largest if largest > MAX_WEIGHT else 1.0


def _sheet_note(grid: Grid) -> Note:
    code = "rubric.grid.sheet" if grid.header_row else "rubric.grid.sheet_no_header"
    return Note(code, {"sheet": grid.sheet[:60], "row": grid.header_row, "n": len(grid.lines)})


def _row_note(code: str, row: int, title: str) -> Note:
    return Note(f"rubric.grid.{code}", {"row": row, "title": title[:120]})


def _take(line: GridLine, making: _Making, factor: float) -> list[Note]:
    """Put one line into the draft; what to tell of it."""
    found = match(line.title)
    weight = round(factor * line.weight, 3) if line.weight is not None else WITHOUT_NUMBER
    place: dict[str, Param] = {"row": line.row, "title": line.title[:120]}
    taken = making.origins.get(found.line)
    if found.line and taken:
        asked = making.gestures.get(found.line) or making.criteria[found.line]
        _reweigh(asked, min(MAX_WEIGHT, asked["weight"] + weight), making)
        notes = [Note("rubric.grid.added", {**place, "line": found.line, "words": found.words, "first": taken[0].row})]
        taken.append(line)
    elif found.line:
        making.origins[found.line] = [line]
        _add(found.line, line, weight, making)
        notes = [Note("rubric.grid.matched", {**place, "line": found.line, "words": found.words})]
    else:
        code = "rubric.grid.person" if found.words else "rubric.grid.person_unknown"
        notes = [Note(code, {**place, "words": found.words}), Note(f"rubric.grid.why.{found.reason}")]
        _add_person(line, weight, found, making)
    return [*notes, *_more(line, weight, found)]


def _more(line: GridLine, weight: float, found: Matched) -> list[Note]:
    notes = [Note(f"rubric.grid.weight_{line.why}" if line.why else "rubric.grid.weight", {"weight": weight})]
    if found.also:
        notes.append(Note("rubric.grid.also", {"lines": ", ".join(found.also)}))
    if line.fatal:
        notes.append(Note("rubric.grid.fatal"))
    return notes


def _add(name: str, line: GridLine, weight: float, making: _Making) -> None:
    model = _like(name, making.like)
    plain = model.model_dump(mode="json", exclude_defaults=True, exclude={"id", "section", "weight", "families"})
    held = making.gestures if name in GESTURES else making.criteria
    held[name] = {"id": name, **_common(line, making), "weight": weight, **plain}
    _reweigh(held[name], weight, making)


def _common(line: GridLine, making: _Making) -> dict[str, Any]:
    common: dict[str, Any] = {}
    if line.section:
        common["section"] = _section(line.section, making)
    if line.fatal:
        common["auto_fail"] = "outcome"
    return common


def _reweigh(asked: dict[str, Any], weight: float, making: _Making) -> None:
    """The grid's weight; what surrounds a gesture keeps its proportion to it."""
    model = _like(asked["id"], making.like)
    asked["weight"] = round(weight, 3)
    if isinstance(model, GestureAsked) and model.families and model.weight > 0:
        scale = weight / model.weight
        asked["families"] = {f: round(min(MAX_WEIGHT, w * scale), 3) for f, w in model.families.items() if w > 0}


def _like(name: str, like: Rubric) -> GestureAsked | CriterionAsked:
    """The line as the shipped rubric has it, else as any shipped one, else plain."""
    for rubric in (like, *(load_rubric(n) for n in shipped_rubrics())):
        lines: tuple[GestureAsked | CriterionAsked, ...] = (*rubric.gestures, *rubric.criteria)
        if (found := next((x for x in lines if x.id == name), None)) is not None:
            return found
    raise KeyError(name)


def _add_person(line: GridLine, weight: float, found: Matched, making: _Making) -> None:
    name = _slug(line.title, {*making.people, *GESTURES, *CRITERIA})
    asked = {"id": name, "by": "person", **_common(line, making)}
    asked |= {
        "title": {making.language: line.title[:200]},
        "weight": weight,
        "reason": Say(making.language).text(f"rubric.grid.why.{found.reason}"),
    }
    making.people[name] = asked
    making.origins[name] = [line]


def _section(title: str, making: _Making) -> str:
    known = next((name for name, held in making.sections.items() if held == title), None)
    if known is None:
        known = _slug(title, making.sections)
        making.sections[known] = title
    return known


def _slug(text: str, taken: Collection[str]) -> str:
    """An id from a title, told apart from those taken by a number."""
    slug = re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")[:48].strip("_") or "line"
    slug = slug if slug[0].isalpha() else f"line_{slug}"
    return next(s for n in range(1, 10_000) if (s := slug if n == 1 else f"{slug}_{n}") not in taken)


def _text(making: _Making, identifier: str, name: str) -> str:
    head: dict[str, Any] = {"id": identifier, "version": DRAFT_VERSION, "title": {making.language: name[:200]}}
    kept = making.like.model_dump(mode="json", exclude_defaults=True)
    head |= {key: kept[key] for key in ("policy", "call_types", "hotwords") if key in kept}
    claims = [g for g in kept.get("claims_first", ()) if g in making.gestures]
    head |= {"claims_first": claims} if claims else {}
    lists = {
        "sections": [{"id": k, "title": {making.language: v}} for k, v in making.sections.items()],
        "gestures": list(making.gestures.values()),
        "criteria": list(making.criteria.values()),
        "lines": list(making.people.values()),
    }
    tail = {key: kept[key] for key in ("echo", "limits", "cuts", "floors") if key in kept}
    blocks = [_entry(k, v) for k, v in head.items()]
    blocks += [_rows(k, v, making) for k, v in lists.items() if v or k in ("gestures", "criteria")]
    return "".join([*blocks, "\n", *(_entry(k, v) for k, v in tail.items())])


def _dumped(value: Any, *, flow: bool | None) -> str:
    text: str = yaml.safe_dump(_short(value), allow_unicode=True, sort_keys=False, width=1000, default_flow_style=flow)
    return text


def _short(value: Any) -> Any:
    """Whole numbers without their .0."""
    if isinstance(value, dict):
        return {k: _short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_short(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _entry(key: str, value: Any) -> str:
    return _dumped({key: value}, flow=None if isinstance(value, dict | list) else False)


def _rows(key: str, rows: list[dict[str, Any]], making: _Making) -> str:
    """A list of lines, each below a comment with the row of the grid it comes from."""
    if not rows:
        return f"\n{key}: []\n"
    written = (f"{_origin(row['id'], making)}  - {_dumped(row, flow=True).rstrip()}\n" for row in rows)
    return f"\n{key}:\n" + "".join(written)


def _origin(name: str, making: _Making) -> str:
    titles = [f"{line.row}: {line.title}" for line in making.origins.get(name, ())]
    kept = ("".join(c for c in title if c.isprintable()) for title in titles)
    return "".join(f"  # {title}\n" for title in kept)
