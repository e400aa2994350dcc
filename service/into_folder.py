"""`timbre batch --into FOLDER`: a result and a page for each call in a folder, without an archive to run or to keep.

What is known of the night lies in `FOLDER/.timbre`: the same database, the same work, so that a batch which was stopped
goes on, and one under another rubric, other packs, another policy or another recogniser begins anew. Recordings lie
there only until their call is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, exists, select

from service.archive.batch import Into
from service.archive.configuration import configuration_of
from service.archive.engine import Archive
from service.archive.people import campaign_named
from service.archive.removal import remove_call, remove_orphans
from service.archive.results import stored_result
from service.archive.stages import Facts, Workshop, facts_of, on_disk
from service.archive.tables import Campaign
from service.archive.tables_calls import Call, RecordingFile
from service.calls import Analysis, opened
from service.errors import ServiceError
from service.files import write_whole
from service.outputs import html_page, page_lang, shown
from service.say import Lang
from service.scoring.documents import to_json
from service.settings import Settings
from service.wiring import limits_of

HIDDEN = ".timbre"
ACCOUNT = "folder"
_PLAIN = re.compile(r"[^\w.-]+")


def settings_into(settings: Settings, folder: Path) -> Settings:
    """With the archive in the folder. Raises ServiceError when it is none."""
    if not folder.is_dir():
        raise ServiceError("morning.no_folder", name=folder.name)
    own = {"data_dir": (folder / HIDDEN).absolute(), "database": "", "recordings": ""}
    return settings.model_copy(update=own)


def campaign_into(archive: Archive, settings: Settings) -> Campaign:
    """One campaign for each configuration: its calls are calls of their own."""
    asked = Campaign(rubric=settings.rubric, packs=[], policy=settings.policy)
    wanted = configuration_of(settings, asked)
    said = [wanted.rubric_hash, wanted.policy, sorted(wanted.packs), wanted.words, settings.diarizer]
    with archive.writing() as session:
        found = campaign_named(session, hashlib.sha256(repr(said).encode()).hexdigest()[:12], ACCOUNT)
        found.rubric, found.policy = settings.rubric, settings.policy
    return found


def forget_missing(into: Into, folder: Path) -> None:
    """Calls that were written and whose result somebody removed are unknown again."""
    written = ~exists().where(RecordingFile.call_id == Call.id)
    with into.archive.reading() as session:
        done = select(Call).where(Call.campaign_id == into.campaign_id, Call.state == "done", written)
        gone = [call.id for call in session.scalars(done) if not _target(call, folder).is_file()]
    for call_id in gone:
        with into.archive.writing() as session:
            remove_call(session, session.get_one(Call, call_id))


def write_results(into: Into, settings: Settings, folder: Path, ids: Iterable[str], lang: Lang | None) -> int:
    """`NAME-KEY.html` and `.json` of every call that is done and was not written; how many."""
    shop, n = Workshop(into.archive, into.blobs, settings), 0
    for call_id in ids:
        facts = facts_of(into.archive, call_id)
        if facts.call.state == "done" and facts.files:
            _write(shop, facts, folder, lang)
            n += 1
    return n


def _write(shop: Workshop, facts: Facts, folder: Path, lang: Lang | None) -> None:
    with shop.archive.reading() as session:
        stored = stored_result(session, facts.call.id)
    target = _target(facts.call, folder)
    with on_disk(shop, facts) as files, opened(files, limits_of(shop.settings)) as recording:
        found = shown(Analysis(stored.evidence, stored.judgement, {}, recording), "others")
        page = html_page(found, lang=page_lang(found.evidence, lang), audio="full")
    write_whole(target.with_suffix(".html"), page)
    write_whole(target, to_json(found.evidence, found.judgement))
    with shop.archive.writing() as session:
        places = [row.place for row in facts.files.values()]
        session.execute(delete(RecordingFile).where(RecordingFile.call_id == facts.call.id))
    remove_orphans(shop.archive, shop.blobs, places)


def _target(call: Call, folder: Path) -> Path:
    """A name of ours: what was sent, made plain, and what tells it from others of that name."""
    stem = _PLAIN.sub("_", Path(call.name).stem).strip("._-")[:80] or "call"
    return folder / f"{stem}-{call.content_key[:12]}.json"
