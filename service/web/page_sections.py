"""Sections of the rubric with their subtotals, lines for a person, and the outcome by the rubric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audio.notes import Note
from service.labels import Labels, band_of, plain
from service.scoring.judgement import Judgement, PersonLine, Subtotal


@dataclass(frozen=True)
class SectionRow:
    """One section: a band per score it feeds, empty where it feeds none."""

    name: str
    script: str
    intention: str
    person: str


@dataclass(frozen=True)
class PersonRow:
    """One line that only a person judges."""

    name: str
    state: str
    reason: str
    waits: bool
    line: str = ""


@dataclass(frozen=True)
class SectionBlock:
    """All of it; `outcome` is empty when no line of the rubric can fail a call.

    `people_total`: what the lines of a person come to, and how many still wait.
    """

    rows: tuple[SectionRow, ...]
    people: tuple[PersonRow, ...]
    people_total: str
    outcome: str
    outcome_why: str
    failed: bool


def section_block(judgement: Judgement, labels: Labels) -> SectionBlock:
    """What a rubric with sections, lines for a person or lines that can fail a call adds to the two scores."""
    outcome, why = _outcome(judgement, labels)
    return SectionBlock(
        rows=tuple(
            SectionRow(
                titled(section.title, section.id, labels),
                subtotal(section.script, labels),
                subtotal(section.intention, labels),
                _waiting(section.person, labels),
            )
            for section in judgement.sections
        ),
        people=tuple(_person(line, labels) for line in judgement.person_lines),
        people_total=people_total(judgement.person, labels),
        outcome=outcome,
        outcome_why=why,
        failed=judgement.outcome_of_rubric is not None and judgement.outcome_of_rubric.kind == "fail",
    )


def titled(title: Mapping[Any, str], identifier: str, labels: Labels) -> str:
    """A rubric's own title in the reader's language, else in the other one, else its id."""
    return plain(title.get(labels.lang) or next(iter(title.values()), "")) or labels.of("", identifier)


def subtotal(found: Subtotal | None, labels: Labels) -> str:
    """A subtotal as a band, with its part of the score's weight."""
    if found is None:
        return ""
    reach = band_of(found.value)
    if reach is None:
        return labels.say.text("page.section_none", share=found.share)
    return labels.say.text("page.section_band", low=reach[0], high=reach[1], share=found.share)


def _waiting(found: Subtotal | None, labels: Labels) -> str:
    if found is None:
        return ""
    if found.assessed < found.lines:
        return labels.say.text("page.section_waits", n=found.lines - found.assessed)
    return subtotal(found, labels)


def _person(line: PersonLine, labels: Labels) -> PersonRow:
    text = labels.say.text
    judged = line.score is not None
    state = text("page.person_judged", percent=100 * (line.score or 0.0), by=plain(line.by)) if judged else ""
    name, waits = titled(line.title, line.id, labels), text("page.person_waits")
    return PersonRow(name, state or waits, plain(line.reason), waits=not judged, line=f"person:{line.id}")


def people_total(found: Subtotal | None, labels: Labels) -> str:
    """The person's own subtotal as a band, and how many of their lines still wait."""
    if found is None:
        return ""
    said, reach = [], band_of(found.value)
    if reach is not None:
        said.append(labels.say.text("page.person_subtotal", low=reach[0], high=reach[1]))
    if found.assessed < found.lines:
        said.append(labels.say.text("page.person_still", waiting=found.lines - found.assessed, n=found.lines))
    return " ".join(said)


def _outcome(judgement: Judgement, labels: Labels) -> tuple[str, str]:
    """Pass or fail, and the reason; nothing where no line of the rubric can fail a call."""
    found = judgement.outcome_of_rubric
    if found is None or found.why.code == "scoring.outcome_of_rubric.no_line":
        return "", ""
    said = labels.say.text("page.outcome_of_rubric", outcome=labels.of("outcome_of_rubric", found.kind))
    return said, labels.note(_with_title(found.why, judgement, labels))


def _with_title(why: Note, judgement: Judgement, labels: Labels) -> Note:
    """A line for a person has no label but the title its rubric gives it."""
    titles = {p.id: titled(p.title, p.id, labels) for p in judgement.person_lines}
    line = str(why.params.get("line", ""))
    return Note(why.code, {**why.params, "line": titles[line]}) if line in titles else why
