"""`timbre rubric`: check a rubric, read it, compare two, and draft one from an existing grid."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table

from audio.notes import Note
from service.cli import common
from service.earlier_files import result_files
from service.files import check_writable, write_whole
from service.grids.draft import Draft, draft_rubric
from service.grids.layout import read_grid
from service.grids.workbook import read_workbook
from service.labels import Labels, plain
from service.paragraphs import paragraph, print_blocks, title
from service.rubric_shown import Change, ShownSection, changes, heading, shown_sections
from service.rubric_used import Used, used_in
from service.say import Lang, Say
from service.scoring.rubric_check import Checked, check_rubric
from service.scoring.rubric_file import load_rubric, rubric_content
from service.settings import system_language

EXIT_PROBLEMS = 1
WIDEST = 110
RubricArgument = Annotated[str, typer.Argument(metavar="NAME|FILE")]


def check(
    rubric: RubricArgument,
    used: Annotated[list[Path] | None, typer.Option("--used", metavar="RESULT|FOLDER")] = None,
    lang: common.LangOption = None,
) -> None:
    """Say what is wrong in a rubric; exit code 1 when something is."""
    with common.one_sentence(lang) as say:
        common.chosen_lang(lang)
        content, file = rubric_content(rubric)
        found = check_rubric(content, file=file)
        counted = used_in(result_files(used or ()), found.rubric) if found.rubric else Used()
        problems = (*found.problems, *(counted.problems(found.rubric) if found.rubric else ()))
        _print_notes(problems, say, "problem")
        _print_notes((*found.remarks, *counted.remarks()), say, "remark")
        print(_verdict(found, problems, file, say))
        if problems:
            raise typer.Exit(EXIT_PROBLEMS)


def _print_notes(notes: Iterable[Note], say: Say, kind: str) -> None:
    for note in notes:
        print(f"{say.text(f'rubric.check.{kind}')}: {common.one_line(say(note))}")


def _verdict(found: Checked, problems: tuple[Note, ...], file: str, say: Say) -> str:
    rubric = found.rubric
    if problems or rubric is None:
        return say.text("rubric.check.problems", n=len(problems))
    counts = {
        "gestures": len(rubric.gestures),
        "criteria": len(rubric.criteria),
        "lines": len(rubric.lines),
        "sections": len(rubric.sections),
    }
    return common.one_line(say.text("rubric.check.fine", name=file, **counts))


def show(rubric: RubricArgument, lang: common.LangOption = None) -> None:
    """A rubric as a person reads it."""
    with common.one_sentence(lang):
        read, labels = load_rubric(rubric), Labels(_lang(lang))
        head = Group(*(paragraph(line) for line in heading(read, labels)))
        _print([head, *(_section(section) for section in shown_sections(read, labels))])


def _section(section: ShownSection) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for ratio in (4, 5, 5):
        table.add_column(ratio=ratio)
    for line in section.lines:
        name = Group(paragraph(line.name), paragraph(line.id, "dim"))
        weighs = Group(*(paragraph(t) for t in (line.weighs, line.rule) if t))
        table.add_row(name, paragraph(line.when), weighs)
    return Group(title(section.title), table) if section.title else table


def diff(
    before: RubricArgument,
    after: RubricArgument,
    lang: common.LangOption = None,
) -> None:
    """What differs between two rubrics, line by line."""
    with common.one_sentence(lang):
        labels = Labels(_lang(lang))
        told = [_told(change, labels) for change in changes(load_rubric(before), load_rubric(after))]
        _print([paragraph(line) for line in told or [labels.say.text("rubric.diff.same")]], gap=False)


def _told(change: Change, labels: Labels) -> str:
    name = labels.of("gesture criterion measure", change.line) if change.line else ""
    key = "changed" if change.key else ("removed" if change.before else "added")
    where = f"{change.line} ({name})" if name else labels.say.text("rubric.diff.whole")
    nothing = labels.say.text("rubric.diff.nothing")
    values = {"before": plain(change.before) or nothing, "after": plain(change.after) or nothing}
    return labels.say.text(f"rubric.diff.{key}", line=where, key=change.key, **values)


def import_grid(
    grid: Annotated[Path, typer.Argument(metavar="GRID.xlsx")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DRAFT.yaml")] = None,
    like: Annotated[str, typer.Option("--like", metavar="NAME|FILE")] = "inbound_service",
    lang: common.LangOption = None,
) -> None:
    """Draft a rubric from an existing grid; what became of each row goes where the draft does not."""
    with common.one_sentence(lang):
        labels = Labels(_lang(lang))
        if out is not None:
            check_writable(out, inputs=(grid, Path(like)))
        model = load_rubric(like)
        draft = draft_rubric(read_grid(read_workbook(common.existing(grid))), name=grid.stem, like=model)
        told = _told_of(draft, labels, out.name if out else "-")
        if out is None:
            sys.stdout.write(draft.text)
        else:
            write_whole(out, draft.text)
            told.append(labels.say.text("rubric.grid.written", file=out.name))
        for line in told:
            print(common.one_line(line), file=sys.stderr if out is None else sys.stdout)


def _told_of(draft: Draft, labels: Labels, file: str) -> list[str]:
    """A line per row of the grid, the counts, and what is still wrong in the draft."""
    problems = check_rubric(draft.text.encode("utf-8"), file=file).problems
    rows = [*draft.told, (draft.summary,), *((problem,) for problem in problems)]
    return [" ".join(labels.note(note) for note in notes) for notes in rows]


def _lang(lang: str | None) -> Lang:
    return common.chosen_lang(lang) or system_language()


def _print(blocks: Sequence[RenderableType], *, gap: bool = True) -> None:
    console = Console(file=sys.stdout)
    print_blocks(blocks, console, width=min(console.width, WIDEST), gap=gap)
