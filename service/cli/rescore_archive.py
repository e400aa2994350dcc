"""`timbre rescore --archive`: a campaign under another rubric or other packs, counted before anything changes."""

from __future__ import annotations

import gc
import json as json_lib
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from service.archive.audit import CLI, note_down
from service.archive.engine import Archive
from service.archive.people import HOUSE, campaign_there
from service.archive.rescore import NONE, Tally, already_done, applied, count_calls, previewed
from service.archive.tables import Campaign
from service.cli import common
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.labels import Labels
from service.opening import archive_of
from service.rescoring import Asked
from service.say import Say
from service.scoring.rubric_file import load_rubric

TELL_S = 10.0


@dataclass(frozen=True)
class ArchiveAsked:
    """The options that only an archive has; `rubric` None: the campaign's own, as it is now."""

    campaign: str | None
    account: str
    rubric: str | None
    packs: list[str] | None
    dry_run: bool
    json: Path | None


def rescore_archive(asked: ArchiveAsked, say: Say) -> None:
    """Count what would change, or change it; print the counts and the speed."""
    if not asked.campaign:
        raise ServiceError("rescore.archive_campaign")
    if asked.json is not None:
        check_writable(asked.json)
    archive = archive_of(common.settings_with())
    with archive.reading() as session:
        campaign = campaign_there(session, asked.campaign, asked.account or HOUSE)
        total = count_calls(session, campaign.id)
    wanted = _wanted(asked, campaign)
    gc.freeze()  # what is loaded by now stays: not worth looking through at every call
    tally = _run(archive, campaign, wanted, asked, say, total)
    if asked.json is not None:
        write_whole(asked.json, json_lib.dumps(tally.document(), ensure_ascii=False, indent=1) + "\n")
    for line in told(tally, Labels(say.lang), dry_run=asked.dry_run):
        print(common.one_line(line))


def _wanted(asked: ArchiveAsked, campaign: Campaign) -> Asked:
    rubric = load_rubric(asked.rubric or campaign.rubric)
    return Asked(rubric=rubric, packs=None if asked.packs is None else common.own_packs(asked.packs), audience="coach")


def _run(archive: Archive, campaign: Campaign, wanted: Asked, asked: ArchiveAsked, say: Say, total: int) -> Tally:
    if asked.dry_run:
        return _last(previewed(archive, campaign.id, wanted), total, say)
    done = already_done(archive, campaign.id, wanted)
    if done:
        print(say.text("rescore.archive_resumes", n=done), file=sys.stderr)
    with archive.writing() as session:
        note_down(
            session, CLI, "rescore_archive", campaign=campaign.id, rubric=wanted.rubric.name if wanted.rubric else ""
        )
    return _last(applied(archive, campaign.id, wanted), total - done, say)


def _last(tallies: Iterable[Tally], total: int, say: Say) -> Tally:
    """The count at the end; how far it is goes to standard error."""
    tally, told_s = Tally(), time.monotonic()
    for tally in tallies:
        if time.monotonic() - told_s >= TELL_S:
            told_s = time.monotonic()
            n = tally.n + tally.failed.total()
            print(say.text("rescore.archive_progress", n=n, total=total, per_s=tally.per_s), file=sys.stderr)
    return tally


def told(tally: Tally, labels: Labels, *, dry_run: bool) -> Iterator[str]:
    """The counts as lines to print: lines by their name, never people."""
    text = labels.say.text
    yield text("rescore.archive_would" if dry_run else "rescore.archive_did", n=tally.n, changed=tally.changed)
    for (line, was, now), n in sorted(tally.verdicts.items()):
        what = labels.pair(labels.gesture(line), f"{_verdict(was, labels)} \u2192 {_verdict(now, labels)}")
        yield text("rescore.archive_line", what=what, n=n)
    for name, n in sorted(tally.criteria.items()):
        yield text("rescore.archive_criterion", what=labels.of("criterion measure act", name), n=n)
    for (a, b), n in sorted(tally.quadrants.items()):
        if n:
            what = labels.pair(
                labels.of("diff_field", "quadrant"), f"{_quadrant(a, labels)} \u2192 {_quadrant(b, labels)}"
            )
            yield text("rescore.archive_line", what=what, n=n)
    yield text("rescore.archive_moments", n=tally.moments)
    for code, n in sorted(tally.failed.items()):
        yield text("rescore.archive_failed", code=code, n=n)
    yield text("rescore.archive_speed", took_s=tally.took_s, per_s=tally.per_s)


def _verdict(verdict: str, labels: Labels) -> str:
    return "\u2013" if verdict == NONE else labels.of("verdict", verdict)


def _quadrant(quadrant: str, labels: Labels) -> str:
    return "\u2013" if quadrant == NONE else labels.of("quadrant", quadrant)
