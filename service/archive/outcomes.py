"""What became of every entry of a batch at its end, and how a batch is sampled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audio.notes import Note
from service.archive.batch import Outcome, states_of
from service.archive.configuration import Configuration, made_otherwise
from service.archive.engine import Archive
from service.archive.sampling import Sample, read_sample
from service.archive.tables import Campaign
from service.settings import Settings

OTHERWISE = "done_otherwise"
"""The state of a call that was done under another rubric, other packs, another policy or another recogniser."""
DONE = ("done", OTHERWISE)


@dataclass(frozen=True)
class Row:
    """One entry at the end: done (under what would be used now, or otherwise), waiting, skipped, not sampled, growing,
    refused or failed, with the reason.
    """

    name: str
    state: str
    call_id: str | None
    outcome: Outcome
    problem: Note | None = None


def table(archive: Archive, outcomes: Sequence[Outcome], wanted: Configuration | None = None) -> list[Row]:
    """What became of every entry. `wanted`: what a call is done with now; None: not looked at."""
    ids = {o.call_id for o in outcomes if o.call_id}
    states = states_of(archive, ids)
    otherwise = made_otherwise(archive, ids, wanted) if wanted else set()
    rows = []
    for outcome in outcomes:
        state, problem = states.get(outcome.call_id or "", (outcome.state, outcome.problem))
        if outcome.call_id in otherwise:
            state, problem = OTHERWISE, Note("batch.done_otherwise")
        rows.append(Row(outcome.name, state, outcome.call_id, outcome, problem))
    return rows


def counts_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many of each state, in the order of their names."""
    return dict(sorted(Counter(row.state for row in rows).items()))


def sample_of(asked: str | None, campaign: Campaign, settings: Settings) -> Sample | None:
    """What was asked for; else what the campaign says, else the settings. None: every call. Raises ArchiveError."""
    if asked is not None:
        return read_sample(asked)
    per_week = campaign.sample_per_agent_week or settings.sample_per_agent_week
    return Sample(per_week=per_week) if per_week else None
