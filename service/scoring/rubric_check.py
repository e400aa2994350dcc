"""What the schema can't refuse in a rubric: sums that don't add up, lines that never apply, windows that exclude each
other, weights that never count. A problem makes the rubric wrong; a remark says what it does, in case nobody meant it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from audio.notes import Note, Param
from service.scoring.catalog import CRITERIA, never_applies
from service.scoring.evidence import Language
from service.scoring.rubric import CriterionAsked, GestureAsked, PersonAsked, Rubric, ScoreName, Where
from service.scoring.rubric_file import Read, checked, locate, read_yaml
from service.scoring.rubric_outcome import can_fail
from service.scoring.scores import NON_VERBAL, planned_weights
from service.scoring.sections import planned_in, weights_in

SHARE_TOLERANCE = 0.1
"""Percent points: three sections of 33.3 are meant to be all."""
NEVER_MISSING = frozenset({"not_asked", "if_made"})


@dataclass(frozen=True)
class Finding:
    """One thing to say, and where it stands in the file."""

    where: Where
    code: str
    problem: bool
    params: tuple[tuple[str, Param], ...] = ()

    def note(self, read: Read, file: str) -> Note:
        """As a sentence with file and line."""
        line, _ = locate(read.root, self.where)
        return Note(f"rubric.check.{self.code}", {"file": file, "line": line, **dict(self.params)})


@dataclass(frozen=True)
class Checked:
    """The rubric when the schema takes it, with what is wrong and what is only worth saying."""

    rubric: Rubric | None
    problems: tuple[Note, ...]
    remarks: tuple[Note, ...] = ()


def check_rubric(content: bytes, *, file: str) -> Checked:
    """All of it, with file and line. Raises RubricError when `content` is no YAML of ours at all."""
    read = read_yaml(content, file=file)
    rubric, refusals = checked(read, file)
    if rubric is None:
        return Checked(None, tuple(refusals))
    found = sorted(findings(rubric), key=lambda f: locate(read.root, f.where)[0])
    problems = tuple(f.note(read, file) for f in found if f.problem)
    return Checked(rubric, problems, tuple(f.note(read, file) for f in found if not f.problem))


def findings(rubric: Rubric) -> Iterator[Finding]:
    """Everything there is to say about a rubric the schema takes."""
    for at, gesture in enumerate(rubric.gestures):
        yield from _of_gesture(gesture, rubric, ("gestures", at))
    for at, criterion in enumerate(rubric.criteria):
        yield from _of_criterion(criterion, ("criteria", at))
    for at, line in enumerate(rubric.lines):
        yield from _titles(line.title, ("lines", at), line.id)
        if line.weight == 0:
            yield _remark(("lines", at), "weight_zero", name=line.id)
        if "na" in line.model_fields_set:
            yield _remark(("lines", at, "na"), "unread", name=line.id, key="na")
    yield from _of_sections(rubric)
    yield from _of_sums(rubric)
    yield from _of_names(rubric)


def _problem(where: Where, code: str, **params: Param) -> Finding:
    return Finding(where, code, True, tuple(params.items()))


def _remark(where: Where, code: str, **params: Param) -> Finding:
    return Finding(where, code, False, tuple(params.items()))


def _of_gesture(asked: GestureAsked, rubric: Rubric, where: Where) -> Iterator[Finding]:
    if asked.expected in ("inbound", "outbound") and asked.expected not in rubric.call_types:
        yield _problem((*where, "expected"), "never_in_direction", name=asked.id, value=asked.expected)
    if asked.expected == "on_signal" and not asked.signals:
        yield _problem((*where, "signals"), "no_signals", name=asked.id)
    for family, weight in asked.families.items():
        if weight > 0 and never_applies(asked.id, family):
            yield _problem((*where, "families", family), "family_never", name=asked.id, family=family)
    if asked.weight == 0 and not any(asked.families.values()):
        yield _remark((*where, "weight"), "weight_zero", name=asked.id)
    if asked.auto_fail and not can_fail(asked):
        yield _problem((*where, "auto_fail"), "never_fails", name=asked.id)
    if asked.na == "count_full" and asked.expected in NEVER_MISSING:
        yield _remark((*where, "na"), "na_unread", name=asked.id)
    if "signals" in asked.model_fields_set and asked.expected != "on_signal":
        yield _remark((*where, "signals"), "unread", name=asked.id, key="signals")
    yield from _of_window(asked, (*where, "within"))


def _of_window(asked: GestureAsked, where: Where) -> Iterator[Finding]:
    within, given = asked.within, asked.within.model_fields_set
    if within.first_s is not None and within.last_s is not None:
        length_s = within.first_s + within.last_s
        yield _problem((*where, "last_s"), "window_first_and_last", name=asked.id, length_s=length_s)
    if within.last_s is not None and within.before == "proposal":
        yield _problem((*where, "before"), "window_last_and_before", name=asked.id)
    for key in sorted(given - _read_keys(asked)):
        yield _remark((*where, key), "unread", name=asked.id, key=key)


def _read_keys(asked: GestureAsked) -> set[str]:
    """The keys of a window that count for this kind of expectation."""
    if asked.expected == "on_signal":
        return {"before"} if asked.within.before == "closing" else {"agent_turns"}
    if asked.expected in ("with_proposal", "on_hold"):
        return {"agent_turns"}
    if asked.expected in ("after_explanation", "not_asked"):
        return set()
    return {"first_s", "last_s", "before", "from_customer"}


def _of_criterion(asked: CriterionAsked, where: Where) -> Iterator[Finding]:
    kind = CRITERIA[asked.id].kind
    lowest = min(y for _, y in asked.curve)
    if kind == "context" and asked.weight > 0:
        yield _problem((*where, "weight"), "context_weight", name=asked.id)
    if kind != "context" and asked.weight == 0:
        yield _remark((*where, "weight"), "weight_zero", name=asked.id)
    if lowest == max(y for _, y in asked.curve):
        yield _problem((*where, "curve"), "curve_flat", name=asked.id, percent=100 * lowest)
    if asked.auto_fail and not can_fail(asked):
        yield _problem((*where, "auto_fail"), "never_fails", name=asked.id)
    if "fails_at" in asked.model_fields_set and asked.auto_fail is None:
        yield _remark((*where, "fails_at"), "unread", name=asked.id, key="fails_at")


def _titles(title: dict[Language, str], where: Where, name: str) -> Iterator[Finding]:
    for lang in get_args(Language):
        if not title.get(lang, "").strip():
            yield _remark((*where, "title"), "no_title", name=name, lang=lang)


def _of_sections(rubric: Rubric) -> Iterator[Finding]:
    held = {x.section for x in rubric.asked}
    for at, section in enumerate(rubric.sections):
        yield from _titles(section.title, ("sections", at), section.id)
        if section.id not in held:
            yield _remark(("sections", at), "section_empty", name=section.id)
    if rubric.sections:
        for place, asked in _placed(rubric):
            if asked.section is None:
                yield _remark(place, "section_none", name=asked.id)
    for score in get_args(ScoreName):
        yield from _of_shares(rubric, score)


def _placed(rubric: Rubric) -> Iterable[tuple[Where, GestureAsked | CriterionAsked | PersonAsked]]:
    yield from ((("gestures", i), x) for i, x in enumerate(rubric.gestures))
    yield from ((("criteria", i), x) for i, x in enumerate(rubric.criteria))
    yield from ((("lines", i), x) for i, x in enumerate(rubric.lines))


def _of_shares(rubric: Rubric, score: ScoreName) -> Iterator[Finding]:
    """Shares of one score: of all its lines or of none, of sections that have such lines, and 100 in all."""
    shares = {s.id: s.shares[score] for s in rubric.sections if score in s.shares}
    if not shares:
        return
    for at, section in enumerate(rubric.sections):
        weight = planned_in(rubric, score, section.id)
        if section.id in shares and weight == 0 and shares[section.id] > 0:
            yield _problem(("sections", at, "shares"), "share_of_nothing", name=section.id, score=score)
        if section.id not in shares and weight > 0:
            yield _problem(("sections", at), "share_missing", name=section.id, score=score)
    machine: tuple[GestureAsked | CriterionAsked, ...] = (*rubric.gestures, *rubric.criteria)
    loose = [x.id for x in machine if x.section is None and weights_in(x)[score] > 0]
    if loose:
        yield _problem(("sections",), "share_loose", name=loose[0], score=score)
    total = math.fsum(shares.values())
    if abs(total - 100.0) > SHARE_TOLERANCE:
        yield _problem(("sections",), "share_sum", score=score, percent=total)


def _of_sums(rubric: Rubric) -> Iterator[Finding]:
    for score in get_args(ScoreName):
        if planned_in(rubric, score) == 0:
            yield _problem(("gestures",), f"no_{score}")
    if rubric.limits.fair > rubric.limits.solid:
        yield _problem(("limits", "fair"), "confidence_order", fair=rubric.limits.fair, solid=rubric.limits.solid)
    weights = planned_weights(rubric)
    total = math.fsum(weights.values())
    share = math.fsum(weights[group] for group in NON_VERBAL) / total if total else 1.0
    if share < 0.5:
        yield _remark(("criteria",), "non_verbal", percent=100 * share)


def _of_names(rubric: Rubric) -> Iterator[Finding]:
    asked = {g.id for g in rubric.gestures}
    for at, name in enumerate(rubric.claims_first):
        if name not in asked:
            yield _problem(("claims_first", at), "claims_unknown", name=name[:64])
    if not rubric.title:
        yield _remark(("id",), "no_rubric_title")
