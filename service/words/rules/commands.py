"""What `timbre rules` says: a pack's examples, run, and why a sentence matches. Lines are notes, so both languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from audio.notes import Note, Param
from audio.timeline import Party
from service.words.rules.examples import ExampleFailure, failures
from service.words.rules.loading import packs_of, together
from service.words.rules.pack import Pack
from service.words.rules.trying import Explanation, explain


@dataclass(frozen=True)
class ActTested:
    """How many rules and examples of each kind an act has, and how many examples do not do what their rule says."""

    act: str
    n_rules: int
    n_match: int
    n_no_match: int
    n_wrong: int


@dataclass(frozen=True)
class Tested:
    """The acts of a pack in the order of their first rule, one sentence per wrong example, and one that counts."""

    acts: tuple[ActTested, ...]
    wrong: tuple[Note, ...]
    total: Note


def run_examples(pack: Pack) -> Tested:
    """Runs the examples of a pack as a call would meet them: beside the built-in pack of its language.

    Examples are shown as the pack has them: they are the author's words.
    """
    failed = list(failures(pack, beside_built_in(pack)))
    wrong = Counter(f.rule.act for f in failed)
    acts = tuple(_tested(act, pack, wrong[act]) for act in dict.fromkeys(r.act for r in pack.rules))
    params: dict[str, Param] = {
        "pack": pack.name,
        "n_rules": len(pack.rules),
        "n_examples": sum(a.n_match + a.n_no_match for a in acts),
        "n_wrong": len(failed),
    }
    total = Note("acts.test_some_wrong" if failed else "acts.test_all_right", params)
    return Tested(acts, tuple(_failure(f) for f in failed), total)


def beside_built_in(pack: Pack) -> Pack:
    """A pack with the built-in one of its language, unless it takes its place."""
    return together(packs_of(pack.language, (pack,)))


def _tested(act: str, pack: Pack, n_wrong: int) -> ActTested:
    rules = [r for r in pack.rules if r.act == act]
    return ActTested(act, len(rules), sum(len(r.match) for r in rules), sum(len(r.no_match) for r in rules), n_wrong)


def _failure(failure: ExampleFailure) -> Note:
    rule = failure.rule
    where: dict[str, Param] = {
        "file": rule.file,
        "line": rule.line,
        "rule": f"{rule.act}/{rule.id}",
        "example": failure.example,
    }
    return Note("acts.test_missed" if failure.expected else "acts.test_taken", where)


def why(pack: Pack, text: str, party: Party) -> list[Note]:
    """The rules whose form occurs in the text (or in its last turn: `C: ... // A: ...`), and what became of each."""
    told = [_told(e) for e in explain(pack, text, party, beside_built_in(pack))]
    return told or [Note("acts.try_nothing", {"pack": pack.name})]


def _told(told: Explanation) -> Note:
    params: dict[str, Param] = {"rule": told.rule, "act": told.act, "quote": told.quote}
    if told.window is not None and told.failed_condition in (None, "absent"):
        times: dict[str, Param] = {"start_s": told.window.start_s, "end_s": told.window.end_s}
        return Note("acts.try_said" if told.failed_condition else "acts.try_absent", {**params, **times})
    if told.failed_condition is not None:
        code = "acts.try_condition" if told.assessable else "acts.try_unknown"
        return Note(code, {**params, "condition": told.failed_condition})
    if told.yielded:
        return Note("acts.try_yielded", params)
    return Note("acts.try_matches", {**params, "score": told.score})
