"""Earlier results from disk: files and folders named by a person, read one after the other.

A folder gives its `*.json` files (not those of its sub-folders, and not recordings' `*.meta.json`). What is no result
of ours, or can't be read, is counted and left out, and the call goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from audio.notes import Note
from service.baselines import Earlier, earlier_calls, started_at_s
from service.errors import ServiceError
from service.metadata import Metadata
from service.scoring.documents import read_result
from service.scoring.errors import ResultError
from service.scoring.evidence import Evidence

MAX_FILES = 5000
_NO_RESULT = ".meta.json"


def result_files(
    paths: Sequence[Path], *, limit: int | None = None, too_many: str = "cli.earlier_too_many"
) -> tuple[Path, ...]:
    """The files that `paths` name or hold. Raises ServiceError: nothing there, an unreadable folder, too many.

    `too_many`: the sentence about more than `limit` (of earlier calls).
    """
    found = tuple(dict.fromkeys(file for path in paths for file in _files_of(path)))
    most = MAX_FILES if limit is None else limit
    if len(found) > most:
        raise ServiceError(too_many, limit=most)
    return found


def _files_of(path: Path) -> list[Path]:
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise ServiceError("cli.no_such_file", name=path.name)
    try:
        return sorted(
            f for f in path.iterdir() if f.suffix == ".json" and not f.name.endswith(_NO_RESULT) and f.is_file()
        )
    except OSError as exc:
        raise ServiceError("cli.earlier_unreadable", name=path.name) from exc


def read_earlier(files: Sequence[Path], known: Metadata) -> tuple[Earlier, tuple[Note, ...]]:
    """Earlier calls of the agent of the call that `known` describes, and what to tell its reader."""
    if not files:
        return Earlier(), ()
    now_s = started_at_s(known.started_at)
    if not known.agent.strip() or now_s is None:
        missing = "start" if known.agent.strip() else "agent"
        return Earlier(), (Note(f"cli.earlier_no_{missing}"),)
    refused: list[Path] = []
    calls = earlier_calls(_results(files, refused), known.agent)
    before = tuple(call for call in calls if call.started_at_s < now_s)
    notes = [Note("cli.earlier_left_out", {"n": len(refused)})] if refused else []
    if not before:
        notes.append(Note("cli.earlier_none", {"n": len(files) - len(refused)}))
    return Earlier(before, now_s), tuple(notes)


def _results(files: Sequence[Path], refused: list[Path]) -> Iterator[Evidence]:
    """What each file heard; those that are no result are added to `refused`."""
    for file in files:
        try:
            yield read_result(file).evidence
        except ResultError:
            refused.append(file)
