"""The scorecard in a terminal: headline first, two scores side by side, then what they rest on.

Everything is printed as `rich.text.Text`, so no markup in a name or a quote is ever read, and `plain` drops
control characters, so no escape sequence reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.labels import Labels, plain
from service.paragraphs import paragraph as _line
from service.paragraphs import print_blocks
from service.paragraphs import title as _title
from service.say import Lang
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement, Moment, Verdict
from service.web.page_body import MeasureTable, measure_tables
from service.web.page_head import Absence, Bar, Head, Scores, build_head, voice_hidden
from service.web.page_lines import (
    CriterionRow,
    Decision,
    GestureGroup,
    GestureRow,
    criterion_rows,
    free_rows,
    gesture_groups,
    moment_cards,
)
from service.web.page_metallic import MetallicBlock, metallic_block
from service.web.page_sections import SectionBlock, section_block

WIDEST = 100
"""Columns used at most: longer lines are hard to read, even on a wide terminal."""
BAR_COLUMNS = 30
NAME_COLUMNS, TIME_COLUMNS = 22, 9
QUOTE_CHARACTERS = 110
_STYLES: dict[Verdict, str] = {
    "lived": "green",
    "mechanical": "yellow",
    "done": "blue",
    "free": "magenta",
    "missing": "red",
    "not_assessable": "dim",
    "not_expected": "dim",
}
_GLYPHS: dict[Verdict, tuple[str, str]] = {
    "lived": ("●", "*"),
    "mechanical": ("○", "o"),
    "done": ("■", "#"),
    "free": ("◆", "+"),
    "missing": ("×", "x"),
    "not_assessable": ("?", "?"),
    "not_expected": ("–", "-"),
}


def print_scorecard(evidence: Evidence, judgement: Judgement | None, *, lang: Lang, console: Console) -> None:
    """Prints the scorecard, at most WIDEST columns wide, readable at 80.

    Raises KeyError when a note has no sentence in `lang`: that is a bug of ours.
    """
    labels = Labels(lang)
    fancy = console.encoding.lower().startswith("utf")
    blocks = [*_head(build_head(evidence, judgement, labels), fancy)]
    if judgement is not None:
        blocks += _sections(section_block(judgement, labels), labels)
        blocks += _judged(judgement, labels, fancy)
    blocks += _metallic(metallic_block(evidence, judgement, labels), labels)
    blocks += _measures(measure_tables(evidence, judgement, labels), labels)
    responsible = "page.responsible_words" if voice_hidden(judgement) else "page.responsible"
    blocks.append(_line(labels.say.text(responsible), "dim"))
    width = min(console.width, WIDEST)
    print_blocks(blocks, console, width=width)


def _indented(block: RenderableType, columns: int = 2) -> Padding:
    return Padding(block, (0, 0, 0, columns))


def _glyph(verdict: Verdict, fancy: bool) -> Text:
    return Text(_GLYPHS[verdict][0 if fancy else 1], style=_STYLES[verdict])


def _head(head: Head, fancy: bool) -> Iterator[RenderableType]:
    facts = Table.grid(padding=(0, 2))
    for fact in head.facts:
        facts.add_row(_line(fact.label, "dim"), _line(fact.value))
    policy = [_line(head.policy, "dim")] if head.policy else []
    yield Group(_line(head.name, "bold"), facts, *policy)
    absences = [_absence(a) for a in head.absences]
    yield from () if head.highlights else absences
    if head.headline:
        yield Group(_line(head.headline, "bold"), *_counts(head, fancy), *_highlights(head))
    yield from absences if head.highlights else ()
    if head.scores is not None:
        yield _scores(head.scores, fancy)
    if head.warnings:
        yield Group(*(_bullet("!", _line(w)) for w in head.warnings))


def _highlights(head: Head) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 2))
    for fact in head.highlights:
        grid.add_row(_line(fact.label, "dim"), _line(fact.value))
    if head.highlights:
        yield grid


def _absence(absence: Absence) -> RenderableType:
    lines = [_line(t) for t in (absence.reason, absence.text) if t]
    if absence.command:
        lines.append(_line(f"{absence.way} {absence.command}"))
    return Group(_title(absence.title), *lines)


def _counts(head: Head, fancy: bool) -> Iterable[Text]:
    parts = [Text.assemble(_glyph(c.verdict, fancy), f" {c.n} {c.label}") for c in head.counts]
    if parts:
        yield Text("   ").join(parts)


def _bullet(mark: str | Text, block: RenderableType) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_row(mark, block)
    return row


def _scores(scores: Scores, fancy: bool) -> RenderableType:
    side_by_side = Table.grid(padding=(0, 3), expand=True)
    side_by_side.add_column(ratio=1)
    side_by_side.add_column(ratio=1)
    side_by_side.add_row(*(_score(bar, fancy) for bar in scores.bars))
    solid = scores.solidity
    words = [solid.title + ".", solid.share, *solid.would_raise]
    return Group(side_by_side, Text(), _line(scores.placed, "bold"), _line(" ".join(words), "dim"))


def _score(bar: Bar, fancy: bool) -> RenderableType:
    return Group(_line(bar.name, "bold"), _bar(bar, fancy), _line(bar.text), _line(bar.why), _line(bar.assessed, "dim"))


def _bar(bar: Bar, fancy: bool) -> Text:
    """The band on a scale of 0 to 100."""
    full, empty = ("█", "·") if fancy else ("#", ".")
    if bar.low is None or bar.high is None:
        return Text(empty * BAR_COLUMNS, style="dim")
    first, last = (round(BAR_COLUMNS * edge / 100) for edge in (bar.low, bar.high))
    return Text(empty * first + full * (last - first) + empty * (BAR_COLUMNS - last))


def _sections(block: SectionBlock, labels: Labels) -> Iterator[RenderableType]:
    """A subtotal per section and score, then what waits for a person."""
    text = labels.say.text
    if block.outcome:
        yield _line(f"{block.outcome} {block.outcome_why}", "bold red" if block.failed else "bold")
    if block.rows:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(*(_line(text(key), "dim") for key in ("page.section", "page.script", "page.intention")))
        for row in block.rows:
            grid.add_row(_line(row.name), _line(row.script), _line(row.intention))
        yield Group(_title(text("page.sections_title")), grid)
    if block.people:
        lines = (_line(f"{labels.pair(row.name, row.state)}. {row.reason}") for row in block.people)
        intro = f"{text('page.person_intro')} {block.people_total}"
        yield Group(_title(text("page.person_title")), _line(intro, "dim"), *lines)


def _judged(judgement: Judgement, labels: Labels, fancy: bool) -> Iterator[RenderableType]:
    groups = [g for g in gesture_groups(judgement.gestures, labels) if g.verdict != "not_expected"]
    if any(g.verdict != "not_assessable" for g in groups):
        yield Group(_title(labels.say.text("page.gestures_title")), *(_group(g, labels, fancy) for g in groups))
    if judgement.free_gestures:
        yield _free(judgement, labels, fancy)
    criteria = criterion_rows(judgement.criteria, labels)
    if criteria:
        yield Group(_title(labels.say.text("page.criteria_title")), *_criteria(criteria, labels, fancy))
    if judgement.moments:
        yield Group(_title(labels.say.text("page.moments_title")), *_moments(judgement.moments, labels, fancy))


def _group(group: GestureGroup, labels: Labels, fancy: bool) -> RenderableType:
    """A verdict and its gestures; those that can't be assessed for one same reason share one line."""
    head = Text.assemble(_glyph(group.verdict, fancy), " ", (f"{len(group.rows)} {group.label}", "bold"))
    if group.verdict == "not_assessable":
        return Group(head, *(_indented(line) for line in _by_reason(group.rows, labels)))
    rows = Table.grid(padding=(0, 2))
    rows.add_column(width=NAME_COLUMNS)
    rows.add_column(no_wrap=True, style="cyan", min_width=TIME_COLUMNS)
    rows.add_column(ratio=1)
    for row in group.rows:
        at = row.occurrences[0].place.text if row.occurrences else ""
        rows.add_row(_line(row.name), at, _line(_why(row), "dim"))
    if any(row.would_count for row in group.rows):
        head.append(" ").append_text(_line(labels.say.text("page.would_count_arrow"), "dim"))
    return Group(head, _indented(rows))


def _why(row: GestureRow) -> str:
    """Nothing where the sentence would only say the second once more."""
    repeats = row.verdict == "done" and len(row.occurrences) == 1 and row.decision is None
    would = f"→ {row.would_count}" if row.would_count else ""
    parts = (_decided(row.decision), row.why, *row.notes, would)
    return "" if repeats else " ".join(p for p in parts if p)


def _decided(decision: Decision | None) -> str:
    return f"{decision.by} ({decision.reason}). {decision.before}" if decision else ""


def _by_reason(rows: Sequence[GestureRow], labels: Labels) -> Iterator[Text]:
    for reason in dict.fromkeys(row.why for row in rows):
        names = labels.joined(row.name for row in rows if row.why == reason)
        yield Text.assemble(_line(names), ". ", _line(reason, "dim"))


def _free(judgement: Judgement, labels: Labels, fancy: bool) -> RenderableType:
    rows = free_rows(judgement.free_gestures, labels)
    lines = (Text.assemble((row.place.text, "cyan"), " ", _line(row.name), " ", _quote(row.quote)) for row in rows)
    head = Text.assemble(_glyph("free", fancy), " ", (labels.say.text("page.free_title"), "bold"))
    return Group(head, *(_indented(line) for line in lines))


def _quote(quote: str) -> Text:
    text = _line(quote, "italic")
    if len(text) > QUOTE_CHARACTERS:
        text.truncate(QUOTE_CHARACTERS)
        text.append("...")
    return text


def _criteria(rows: Sequence[CriterionRow], labels: Labels, fancy: bool) -> Iterator[RenderableType]:
    """A table of what was assessed, and one line for the rest."""
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=3)
    table.add_column(ratio=2)
    table.add_column(width=4)
    table.add_column(ratio=2)
    full, empty = ("■", "□") if fancy else ("#", ".")
    for row in (r for r in rows if r.assessed):
        steps = full * row.level + empty * (4 - row.level) if row.level else ""
        table.add_row(_line(row.name), _line(row.value), steps, _line(row.reading))
    yield table
    for row in rows:
        if row.decision:
            yield _line(labels.pair(row.name, _decided(row.decision)))
    others = labels.joined(row.name for row in rows if not row.assessed)
    if others:
        yield _line(labels.say.text("card.not_assessable", names=others), "dim")


def _moments(moments: Sequence[Moment], labels: Labels, fancy: bool) -> Iterator[RenderableType]:
    """The same question is asked once: two promises need it as much as one."""
    asked: set[str] = set()
    for card in moment_cards(moments, labels):
        mark = _glyph("lived" if card.good else "missing", fancy)
        about = f", {card.situation}" if card.situation else ""
        head = Text.assemble((f"{card.place.text}  ", "cyan"), _line(card.name, "bold"), f"{about}  ")
        head.append(_kept(card.good, labels), "dim")
        lines = [head]
        if card.quote:
            lines.append(Text.assemble((f"{card.party}, {card.when}", "dim"), "  ", _quote(card.quote)))
        lines.append(_line(card.why))
        if card.compared:
            lines.append(_line(card.compared, "" if card.is_compared else "dim"))
        if card.hint not in asked:
            lines.append(_line(labels.say.text("card.ask", question=card.hint), "dim"))
        asked.add(card.hint)
        yield _bullet(mark, Group(*lines))


def _kept(good: bool, labels: Labels) -> str:
    return labels.say.text("page.good" if good else "page.to_work")


def _metallic(block: MetallicBlock | None, labels: Labels) -> Iterator[RenderableType]:
    """The share with its five numbers, their limits, and where to listen; a short call has none (`_withheld`)."""
    if block is None or not block.share:
        return
    grid = Table.grid(padding=(0, 2))
    for row in block.rows:
        limit = labels.say.text("page.metallic_limit") if row.limit else ""
        reading = row.reading or labels.say.text("page.level_none")
        grid.add_row(
            _line(row.name),
            _line(row.value or "–"),
            _line(f"{limit} {row.limit}", "dim"),
            _line(row.against, "dim"),
            _line(reading, "bold" if row.low else ""),
        )
    places = [p.text for p in block.places]
    where = [labels.say.text("page.metallic_places"), f"{labels.joined(places)}."] if places else []
    worst = [labels.say.text("page.metallic_worst"), f"{block.clip.text}."] if block.clip else []
    says = (block.share, block.flag, *where, *worst)
    yield Group(_title(labels.say.text("page.metallic_title")), _line(" ".join(s for s in says if s)), grid)


def _measures(tables: Sequence[MeasureTable], labels: Labels) -> Iterator[RenderableType]:
    """One line per measure, one column per party; then what is withheld. Metallic has a block of its own."""
    if not tables:
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(ratio=3)
    for _ in tables:
        grid.add_column(ratio=2)
    grid.add_row("", *(Text(plain(t.title), style="dim") for t in tables))
    for name in dict.fromkeys(row.name for t in tables for row in t.rows if not row.beside):
        values = [next((r.value for r in t.rows if r.name == name), "") for t in tables]
        if any(values):
            grid.add_row(_line(name), *(_line(value) for value in values))
    yield Group(_title(labels.say.text("page.measures_title")), grid, *_withheld(tables, labels))


def _withheld(tables: Sequence[MeasureTable], labels: Labels) -> Iterator[Text]:
    """How many only: a short call withholds many values, and their reasons would bury the rest."""
    n = sum(not row.value for t in tables for row in t.rows)
    if n:
        yield _line(labels.say.text("card.withheld", n=n), "dim")
