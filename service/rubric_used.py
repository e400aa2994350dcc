"""Which stored results a rubric was used for: a used version is locked, and an edit of it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audio.notes import Note
from service.scoring.documents import read_result
from service.scoring.errors import ResultError
from service.scoring.rubric import Rubric
from service.scoring.rubric_lock import edit_warning, edited_since, hash_of


@dataclass(frozen=True)
class Used:
    """How many results of this id and version: with this content, with another, with no trace of it."""

    same: int = 0
    other: int = 0
    no_hash: int = 0
    unreadable: int = 0

    def problems(self, rubric: Rubric) -> tuple[Note, ...]:
        """The edit of a used version, when there is one."""
        return (edit_warning(self.other, rubric),) if self.other else ()

    def remarks(self) -> tuple[Note, ...]:
        """What else the results say."""
        counts = {"used_same": self.same, "used_no_hash": self.no_hash, "used_unreadable": self.unreadable}
        return tuple(Note(f"rubric.check.{name}", {"n": n}) for name, n in counts.items() if n)


def used_in(files: Iterable[Path], rubric: Rubric) -> Used:
    """Reads results one after the other; what is no result is counted and left out."""
    same = other = no_hash = unreadable = 0
    for file in files:
        try:
            judgement = read_result(file).judgement
        except ResultError:
            unreadable += 1
            continue
        if judgement is None or judgement.rubric != rubric.name:
            continue
        same += judgement.rubric_hash == hash_of(rubric)
        other += edited_since(judgement, rubric)
        no_hash += not judgement.rubric_hash
    return Used(same, other, no_hash, unreadable)
