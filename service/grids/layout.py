"""Where a grid keeps its titles, sections and weights, and what each row is: read from its own header, in French or
English. What could not be found is said in the line itself, never filled in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from service.grids.workbook import Cell, Sheet
from service.words.tokens import fold

Column = Literal["title", "weight", "section", "fatal"]
HEADER_WITHIN_ROWS = 40
TITLE_CHARACTERS = 200
MAX_WEIGHT = 1000.0
LEAST_TITLE_LETTERS = 3
ONE = 1.02
"""Weights that add up to this or less are parts of one."""

_HEADERS: dict[Column, re.Pattern[str]] = {
    "section": re.compile(
        r"^(sections?|themes?|thematiques?|rubriques?|categor(y|ies|ies?)|phases?|etapes?|domaines?|topics?|areas?"
        r"|blocs?|parties?|chapitres?|stage|competences?|skills?)\b"
    ),
    "title": re.compile(
        r"^(criteres?|criteria|criterion|items?|questions?|libelles?|intitules?|lignes?|points? (de controle|d'ecoute)"
        r"|elements?|attributes?|comportements?|behaviou?rs?|standards?|attendus?|lines?|indicateurs?|description)\b"
    ),
    "weight": re.compile(
        r"^(poids|ponderations?|coefs?|coefficients?|points?|pts|baremes?|notes? max|weights?|weighting|weightage"
        r"|max(imum)? (score|points)|available points|score max|bareme|%)"
    ),
    "fatal": re.compile(
        r"^(eliminatoires?|critiques?|critical|fatal|auto[- ]?fail|knock[- ]?out|ko|bloquants?|redhibitoires?)\b"
    ),
}
_TOTAL = re.compile(
    r"^(sous[- ]?)?(total|totaux)|^sub[- ]?total|^(overall|final|grand) (score|total|result)"
    r"|^(note|score|resultat|result|moyenne|average) ?(finale?|globale?|total|overall|final)?( |$)"
)
_FIELD = re.compile(
    r"^(commentaires?|comments?|observations?|remarques?|notes?|points? forts?|axes? (de progres|d'amelioration)"
    r"|strengths?|date|agent|evaluateur|evaluator|superviseur|supervisor|client|customer|signature|conseiller"
    r"|call id|id appel|duree|duration)\b[^a-z]*$"
)
_NUMBER = re.compile(r"^(?:/ ?)?(\d{1,4}(?:[.,]\d{1,3})?) ?(%|pts?\.?|points?)?$")
_NUMBERING = re.compile(r"^(\d{1,2}(?:\.\d{1,2})+[.)]?|\d{1,2}[.)\-:]) ?(?=\S)")
_YES = frozenset({"oui", "yes", "x", "o", "y", "true", "vrai", "1", "ko", "eliminatoire", "critique", "critical"})
_Style = Literal["numbered", "weighed", "alone"]
_Why = Literal["", "none", "formula", "odd", "shared"]


@dataclass(frozen=True)
class GridLine:
    """One line of the grid.

    `why`: no number was found for its weight (`none`), only a formula without its value (`formula`) or something that
    is no weight (`odd`); or the number is its part of the section's (`shared`).
    """

    row: int
    title: str
    section: str = ""
    weight: float | None = None
    why: _Why = ""
    fatal: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A row that is no line: a total, a field to fill in, or a title that is a formula without its value."""

    row: int
    title: str
    kind: Literal["total", "field", "formula"]


@dataclass(frozen=True)
class Heading:
    """A row that begins a section; `weight` when it has a number."""

    row: int
    title: str
    weight: float | None = None


@dataclass(frozen=True)
class Grid:
    """What a sheet holds. `header_row` 0: none was found, and the columns were told by what they hold."""

    sheet: str
    header_row: int
    lines: tuple[GridLine, ...]
    left_out: tuple[LeftOut, ...] = ()
    headings: tuple[Heading, ...] = ()


def read_grid(sheets: Sequence[Sheet]) -> Grid:
    """The sheet with the most lines, understood."""
    return max((_grid(sheet) for sheet in sheets), key=lambda g: len(g.lines))


def _grid(sheet: Sheet) -> Grid:
    header_row, columns = _columns(sheet)
    lines: list[GridLine] = []
    left_out: list[LeftOut] = []
    headings: list[Heading] = []
    section, style = "", _style(sheet, header_row, columns)
    for at, row in enumerate(sheet.rows[header_row:], start=header_row + 1):
        title = _title(row, columns)
        if (named := _text(row, columns.get("section"))) and named != title:
            section = named  # a merged cell holds its text once, above the rows it spans
        if _at(row, columns.get("title")).unknown:
            left_out.append(LeftOut(at, "", "formula"))
        if sum(c.isalpha() for c in title) < LEAST_TITLE_LETTERS:
            continue
        kind, (weight, why) = _no_line(title), _weight(row, columns)
        if kind is not None:
            left_out.append(LeftOut(at, title, kind))
        elif _is_heading(row, columns, style, sheet.rows[at:]):
            section = _unnumbered(title)
            headings.append(Heading(at, section, weight))
        else:
            lines.append(GridLine(at, _unnumbered(title), section, weight, why, _is_fatal(row, columns)))
    weighed = _as_percent(_shared(lines, headings))
    return Grid(sheet.name, header_row, tuple(weighed), tuple(left_out), tuple(headings))


def _shared(lines: Sequence[GridLine], headings: Sequence[Heading]) -> list[GridLine]:
    """Where only sections have a number, each of its lines has an equal part of it."""
    if any(line.weight is not None for line in lines):
        return list(lines)
    weights = {h.title: h.weight for h in headings if h.weight is not None}
    held = Counter(line.section for line in lines)
    return [
        replace(x, weight=weights[x.section] / held[x.section], why="shared") if x.section in weights else x
        for x in lines
    ]


def _columns(sheet: Sheet) -> tuple[int, dict[Column, int]]:
    """The header's row (1-based; 0: none) and where its columns are."""
    best: tuple[int, dict[Column, int]] = (0, {})
    for at, row in enumerate(sheet.rows[:HEADER_WITHIN_ROWS], start=1):
        found: dict[Column, int] = {}
        for i, cell in enumerate(row):
            name = next((n for n, p in _HEADERS.items() if n not in found and p.search(fold(cell.text).strip())), None)
            if name is not None and len(cell.text) <= 60:
                found[name] = i
        if "title" not in found and "section" in found and len(found) > 1:
            found["title"] = found.pop("section")  # a grid of sections and points only
        if "title" in found and len(found) > len(best[1]) and sum(bool(c.text) for c in row) > 1:
            best = (at, found)
    return best if best[0] else (0, _by_content(sheet))


def _by_content(sheet: Sheet) -> dict[Column, int]:
    """Without a header: titles where the longest texts are, weights in the first column of numbers to their right."""
    width = max((len(row) for row in sheet.rows), default=0)
    lengths = [sum(len(row[i].text[:TITLE_CHARACTERS]) for row in sheet.rows if i < len(row)) for i in range(width)]
    if not any(lengths):
        return {}
    title = lengths.index(max(lengths))
    numbers = [sum(_number(row[i]) is not None for row in sheet.rows if i < len(row)) for i in range(width)]
    weight = next((i for i in range(title + 1, width) if numbers[i] >= 2), None)
    return {"title": title} if weight is None else {"title": title, "weight": weight}


def _at(row: Sequence[Cell], column: int | None) -> Cell:
    return row[column] if column is not None and column < len(row) else Cell()


def _text(row: Sequence[Cell], column: int | None) -> str:
    return _at(row, column).text[:TITLE_CHARACTERS]


def _title(row: Sequence[Cell], columns: dict[Column, int]) -> str:
    """The title; a heading may stand in an earlier column."""
    found = _text(row, columns.get("title"))
    if found or "section" in columns:
        return found
    return next((_text(row, i) for i in range(columns.get("title", 0)) if _text(row, i)), "")


def _no_line(title: str) -> Literal["total", "field"] | None:
    folded = fold(title)
    if _TOTAL.search(folded):
        return "total"
    return "field" if _FIELD.search(folded) else None


def _style(sheet: Sheet, header_row: int, columns: dict[Column, int]) -> _Style:
    """How this sheet tells sections from lines: by numbers, by rows that have a weight alone, or that have none."""
    rows = [row for row in sheet.rows[header_row:] if _title(row, columns) and not _no_line(_title(row, columns))]
    if any(_depth(_title(row, columns)) > 1 for row in rows):
        return "numbered"
    weighed = sum(_weight(row, columns)[1] != "none" for row in rows)
    return "weighed" if 0 < weighed < len(rows) / 2 else "alone"


def _is_heading(
    row: Sequence[Cell], columns: dict[Column, int], style: _Style, following: Sequence[Sequence[Cell]]
) -> bool:
    """A row that begins a section: its number (`2.`) goes deeper in the next row (`2.1`); it alone has a weight; its
    capitals have the weight that the next rows add up to; or it stands alone."""
    title, below = _title(row, columns), following[0] if following else ()
    if style == "numbered":
        return 0 < _depth(title) < _depth(_title(below, columns))
    if style == "weighed":
        return _weight(row, columns)[0] is not None and bool(_title(below, columns)) and not _weight(below, columns)[0]
    if title.isupper() and _is_sum(row, columns, following):
        return True
    others = [c for c in row if (c.text and c.text[:TITLE_CHARACTERS] != title) or _number(c) is not None or c.unknown]
    return not others and "section" not in columns and ("weight" in columns or title.isupper())


def _is_sum(row: Sequence[Cell], columns: dict[Column, int], following: Sequence[Sequence[Cell]]) -> bool:
    whole, total = _weight(row, columns)[0], 0.0
    for n, below in enumerate(following, start=1):
        part = _weight(below, columns)[0]
        if whole is None or part is None or total > whole:
            return False
        total += part
        if n > 1 and abs(total - whole) < 1e-6:
            return True
    return False


def _depth(title: str) -> int:
    """`2. Accueil` 1, `2.1 Saluer` 2, no number 0."""
    found = _NUMBERING.match(title)
    return 0 if found is None else len(re.findall(r"\d+", found[1]))


def _unnumbered(title: str) -> str:
    return _NUMBERING.sub("", title, count=1)


def _number(cell: Cell) -> float | None:
    """A number, or a text that is one: `10 %`, `/5`, `2,5 pts`."""
    if cell.number is not None:
        return 100.0 * cell.number if cell.percent else cell.number
    found = _NUMBER.match(cell.text.lower())
    return float(found[1].replace(",", ".")) if found else None


def _weight(
    row: Sequence[Cell], columns: dict[Column, int]
) -> tuple[float | None, Literal["", "none", "formula", "odd"]]:
    cell = _at(row, columns.get("weight"))
    number = _number(cell)
    if number is None:
        return None, "formula" if cell.unknown else "odd" if cell.text else "none"
    return (number, "") if 0 <= number <= MAX_WEIGHT else (None, "odd")


def _is_fatal(row: Sequence[Cell], columns: dict[Column, int]) -> bool:
    if "fatal" not in columns:
        return False
    cell = _at(row, columns["fatal"])
    return fold(cell.text).strip() in _YES or cell.number == 1.0


def _as_percent(lines: Sequence[GridLine]) -> list[GridLine]:
    """Weights as parts of one (0.05) become percent."""
    weights = [line.weight for line in lines if line.weight is not None]
    if len(weights) < 2 or not 0 < sum(weights) <= ONE:
        return list(lines)
    return [line if line.weight is None else replace(line, weight=100.0 * line.weight) for line in lines]
