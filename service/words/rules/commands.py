"""What `timbre rules` says: a pack's examples, run, and why a sentence matches. Lines are notes, so both languages."""

from __future__ import annotations

from audio.notes import Note, Param
from audio.timeline import Party
from service.words.rules.examples import ExampleFailure, failures
from service.words.rules.pack import Pack
from service.words.rules.trying import Explanation, explain


def run_examples(pack: Pack) -> list[Note]:
    """One line per example that does not do what its rule says, then one that counts them: the last line.

    The pack is sound when there is one line. Examples are shown as the pack has them: they are the author's words.
    """
    wrong = [_failure(f) for f in failures(pack)]
    n_examples = sum(len(r.match) + len(r.no_match) for r in pack.rules)
    params: dict[str, Param] = {
        "pack": pack.name,
        "n_rules": len(pack.rules),
        "n_examples": n_examples,
        "n_wrong": len(wrong),
    }
    return [*wrong, Note("acts.test_some_wrong" if wrong else "acts.test_all_right", params)]


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
    told = [_told(e) for e in explain(pack, text, party)]
    return told or [Note("acts.try_nothing", {"pack": pack.name})]


def _told(told: Explanation) -> Note:
    params: dict[str, Param] = {"rule": told.rule, "act": told.act, "quote": told.quote}
    if told.failed_condition is not None:
        return Note("acts.try_condition", {**params, "condition": told.failed_condition})
    if told.yielded:
        return Note("acts.try_yielded", params)
    return Note("acts.try_matches", {**params, "score": told.score})
