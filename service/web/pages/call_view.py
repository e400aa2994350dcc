"""What a served call shows beside its scorecard: what people said, disputes, examples, who listened, the ways on.

What the machine said and what people said stand apart: a person's word never replaces the machine's on the page.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.audit import who_heard
from service.archive.calls import neighbours
from service.archive.disputes import LINES, disputes_of
from service.archive.examples import examples_of, has_acknowledged
from service.archive.reviewing import reviews_of
from service.archive.tables import Person
from service.archive.tables_calls import Call, ReviewRow
from service.archive.tables_reviews import Dispute, Example
from service.labels import VERDICTS, Labels, plain
from service.scoring.catalog import GESTURES
from service.scoring.edits import Edits
from service.web.page_lines import level
from service.web.pages.call_state import CallState, wanted_of
from service.web.pages.dates import Day, day_of, line_name

LEVELS = (0.0, 0.4, 0.65, 1.0)
"""A score a person gives, by the four words of a reading: inside each step (`service.scoring.catalog.LEVEL_CUTS`)."""
MOST_LISTENS = 40


@dataclass(frozen=True)
class ReviewShown:
    """One thing somebody said. `value`, `machine`: in words; empty where there is none to tell."""

    who: str
    day: Day
    said: str
    reason: str
    value: str
    machine: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class DisputeShown:
    """A dispute; `due` while it is open, `answer` once it is not. `own`: this reader's."""

    id: str
    target: str
    line: str
    who: str
    day: Day
    reason: str
    state: str
    open: bool
    due: Day
    late: bool
    answer: str
    own: bool


@dataclass(frozen=True)
class ExampleShown:
    """A call or moment proposed as a good example."""

    id: str
    moment: str
    comment: str
    state: str
    open: bool


@dataclass(frozen=True)
class MendShown:
    """One thing put right, and how to take it back: its kind and number in the edits."""

    kind: str
    number: int
    said: str
    by: str
    reason: str


@dataclass(frozen=True)
class Choice:
    """An option of a form: what is sent, what is read."""

    value: str
    said: str


@dataclass(frozen=True)
class BlindLine:
    """A line to judge before the machine's is shown; `own` and `machine` once it is judged."""

    target: str
    name: str
    choices: tuple[Choice, ...]
    own: str = ""
    machine: str = ""


@dataclass(frozen=True)
class ServedCall:
    """All of it. The template asks by line: `reviews`, `disputes` by target, `examples` by moment (or empty)."""

    state: CallState
    csrf: str
    may_review: bool
    may_release: bool
    is_agent: bool
    released: Day | None
    acknowledged: Day | None
    before: str | None
    after: str | None
    reviews: Mapping[str, Sequence[ReviewShown]]
    disputes: Mapping[str, Sequence[DisputeShown]]
    examples: Mapping[str, Sequence[ExampleShown]]
    mends: Sequence[MendShown]
    listens: Sequence[tuple[Day, str, str, str]]
    verdicts: Sequence[Choice]
    levels: Sequence[Choice]
    swapped: bool = False
    can_swap: bool = False
    turn_text: str = ""
    blind: Sequence[BlindLine] | None = None
    seen_before: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def open_disputes(self) -> list[DisputeShown]:
        """Those that wait for an answer."""
        return [d for found in self.disputes.values() for d in found if d.open]

    def acts(self, target: str) -> list[Choice]:
        """The acts that make a gesture: what can have been said here."""
        kind, _, gesture = target.partition(":")
        acts = GESTURES[gesture].acts if kind == "gesture" and gesture in GESTURES else ()
        return [Choice(act, self.names.get(act, act)) for act in acts]

    def may_dispute(self, target: str) -> bool:
        """Whether this reader, the agent, may dispute the line now."""
        open_ = any(d.open for d in self.disputes.get(target, ()))
        return self.is_agent and target.partition(":")[0] in LINES and not open_


def served_call(
    session: Session, viewer: Viewer, call: Call, state: CallState, csrf: str, labels: Labels, edits: Edits | None
) -> ServedCall:
    """What this viewer may see and do beside the scorecard. Raises nothing of its own."""
    before, after = neighbours(session, viewer, wanted_of(state.source), call)
    acknowledged = has_acknowledged(session, call)
    return ServedCall(
        state=state,
        csrf=csrf,
        may_review=viewer.may("review"),
        may_release=viewer.may("release"),
        is_agent=viewer.may("acknowledge") and call.agent_id == viewer.person_id,
        released=day_of(call.released_at, labels) if call.released_at is not None else None,
        acknowledged=day_of(acknowledged, labels) if acknowledged is not None else None,
        before=state.of(before) if before else None,
        after=state.of(after) if after else None,
        reviews=_by_target(session, viewer, call, labels),
        disputes=_disputes(session, viewer, call, labels),
        examples=_examples(session, call, labels),
        mends=tuple(mends_of(edits, labels)) if edits and viewer.role != "auditor" else (),
        listens=_listens(session, call, labels) if viewer.role != "auditor" else (),
        verdicts=verdict_choices(labels),
        levels=level_choices(labels),
        swapped=bool(edits and edits.swapped_roles),
        names={act: labels.of("act", act) for rule in GESTURES.values() for act in rule.acts},
    )


def verdict_choices(labels: Labels) -> tuple[Choice, ...]:
    """A gesture's verdicts, in reading order."""
    return tuple(Choice(verdict, labels.verdict(verdict)) for verdict in VERDICTS)


def level_choices(labels: Labels) -> tuple[Choice, ...]:
    """A score by the word that reads it."""
    return tuple(Choice(str(score), labels.say.text(f"page.level_{level(score)}")) for score in LEVELS)


def who_of(person: Person, viewer: Viewer, labels: Labels) -> str:
    """Name and role; auditors learn no name."""
    role = labels.say.text(f"me.role_{person.role}")
    return role if viewer.role == "auditor" or not person.name else f"{plain(person.name)}, {role}"


def _by_target(session: Session, viewer: Viewer, call: Call, labels: Labels) -> Mapping[str, Sequence[ReviewShown]]:
    found: dict[str, list[ReviewShown]] = defaultdict(list)
    for row, person in reviews_of(session, viewer, call):
        found[row.target].append(review_shown(row, who_of(person, viewer, labels), labels))
    return found


def review_shown(row: ReviewRow, who: str, labels: Labels) -> ReviewShown:
    """One review in words."""
    text, value = labels.say.text, value_said(row.value, labels)
    told = row.says in ("override", "blind")
    marks = [text(f"review.mark_{name}") for name in ("blind", "heard") if getattr(row, name)]
    return ReviewShown(
        who=who,
        day=day_of(row.created_at, labels),
        said=text(f"review.says_{row.says}"),
        reason=plain(row.reason),
        value=value if told else "",
        machine=value_said(row.machine, labels) if told else "",
        marks=tuple(marks),
    )


def value_said(value: Mapping[str, Any] | None, labels: Labels) -> str:
    """A verdict or a score in words; empty for neither."""
    if not value:
        return ""
    if "verdict" in value:
        return labels.of("verdict", str(value["verdict"]))
    if "score" in value:
        score = value["score"]
        return labels.say.text("page.level_none" if score is None else f"page.level_{level(float(score))}")
    return ""


def _disputes(session: Session, viewer: Viewer, call: Call, labels: Labels) -> Mapping[str, Sequence[DisputeShown]]:
    rows = disputes_of(session, call)
    people = {p.id: p for p in session.scalars(select(Person).where(Person.id.in_({r.person_id for r in rows})))}
    found: dict[str, list[DisputeShown]] = defaultdict(list)
    for row in rows:
        found[row.target].append(_dispute(row, who_of(people[row.person_id], viewer, labels), viewer, labels))
    return found


def _dispute(row: Dispute, who: str, viewer: Viewer, labels: Labels) -> DisputeShown:
    return DisputeShown(
        id=row.id,
        target=row.target,
        line=line_name(row.target, labels),
        who=who,
        day=day_of(row.opened_at, labels),
        reason=plain(row.reason),
        state=labels.say.text(f"review.dispute_{row.state}"),
        open=row.state == "open",
        due=day_of(row.deadline_at, labels),
        late=row.state == "open" and row.deadline_at < time.time(),
        answer=plain(row.answer),
        own=row.person_id == viewer.person_id,
    )


def _examples(session: Session, call: Call, labels: Labels) -> Mapping[str, Sequence[ExampleShown]]:
    found: dict[str, list[ExampleShown]] = defaultdict(list)
    for row in examples_of(session, call):
        found[row.moment].append(_example(row, labels))
    return found


def _example(row: Example, labels: Labels) -> ExampleShown:
    state = labels.say.text(f"me.example_{row.state}")
    return ExampleShown(row.id, row.moment, plain(row.comment), state, row.state == "proposed")


def mends_of(edits: Edits, labels: Labels) -> list[MendShown]:
    """Everything put right, in words; a decided line stands at its line already, and here to be taken back."""
    text, found = labels.say.text, []
    if edits.swapped_roles:
        found.append(
            MendShown("swapped", 0, text("review.mend_swapped"), edits.swapped_roles.by, edits.swapped_roles.reason)
        )
    for n, line in enumerate(edits.lines):
        found.append(MendShown("lines", n, text("review.mend_line", turn=line.turn), line.by, line.reason))
    for kind, acts in (("said_here", edits.said_here), ("not_that", edits.not_that)):
        for n, one in enumerate(acts):
            said = text(f"review.mend_{kind}", act=labels.of("act", one.act))
            found.append(MendShown(kind, n, said, one.by, one.reason))
    for n, decision in enumerate(edits.overrides):
        name = labels.of("gesture act criterion measure", decision.line)
        found.append(MendShown("overrides", n, text("review.mend_override", line=name), decision.by, decision.reason))
    return [MendShown(m.kind, m.number, m.said, plain(m.by), plain(m.reason)) for m in found]


def _listens(session: Session, call: Call, labels: Labels) -> list[tuple[Day, str, str, str]]:
    """Day, who, role, what they did; the same of one day once."""
    rows = who_heard(session, call.id)
    people = {p.id: p for p in session.scalars(select(Person).where(Person.id.in_({r.person_id for r in rows})))}
    found: dict[tuple[Day, str, str, str], None] = {}
    for row in rows:
        person = people.get(row.person_id)
        role = labels.say.text(f"me.role_{person.role}") if person else labels.say.text("me.on_the_machine")
        what = labels.say.text(f"me.did_{row.action}")
        found[(day_of(row.at, labels), plain(person.name) if person else "", role, what)] = None
    return list(found)[:MOST_LISTENS]
