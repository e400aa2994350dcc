"""Under what a call was analysed, against what would be used now: rubric, packs, policy, recogniser.

A call that was done under another configuration is not done again by a batch; it is not counted as done either. Read
from the call's series, so a call that was scored again counts as what it was scored with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from models.store import ModelStore, revision_of
from service.archive.engine import Archive
from service.archive.tables import Campaign
from service.archive.tables_calls import Call, Series
from service.scoring.evidence import Policy
from service.scoring.rubric_file import load_rubric
from service.scoring.rubric_lock import hash_of
from service.scoring.views import stricter
from service.settings import Settings
from service.words.rules import named_pack, packs_of

IMPORTED = "imported"
PORTION = 500


@dataclass(frozen=True)
class Configuration:
    """What a call would be analysed with. `words`: how the recogniser's name begins; empty: there is none."""

    rubric_hash: str
    policy: str
    packs: frozenset[tuple[str, ...]]
    words: str

    def made(self, detail: Mapping[str, Any]) -> bool:
        """Whether a call of that series was. Words that came with it are no setting; a stricter policy may be its
        agent's own wish.
        """
        words = str(detail["words"])
        same_words = words.startswith(IMPORTED) or (words.startswith(self.words) if self.words else not words)
        same_policy = detail["policy"] in (self.policy, "no_voice")
        same_packs = not detail["packs"] or tuple(detail["packs"]) in self.packs
        return same_words and same_policy and same_packs and detail["rubric_hash"] == self.rubric_hash


def configuration_of(settings: Settings, campaign: Campaign) -> Configuration:
    """Of a campaign under these settings. Raises RubricError, PackError, ModelError."""
    rubric, own = load_rubric(campaign.rubric), tuple(named_pack(name) for name in campaign.packs)
    policy = rubric.policy
    for more in (cast(Policy | None, campaign.policy), settings.policy):
        policy = stricter(policy, more) if more else policy
    names = frozenset(tuple(sorted(pack.name for pack in packs_of(lang, own))) for lang in ("fr", "en"))
    return Configuration(hash_of(rubric), policy, names, _recogniser(settings))


def _recogniser(settings: Settings) -> str:
    """Without loading it."""
    if settings.transcriber == "none":
        return ""
    store = ModelStore(settings.models_dir)
    auto = settings.transcriber == "auto"
    folder: Path | None = store.find(settings.default_model if auto else settings.transcriber)
    return f"faster-whisper {folder.name} {revision_of(folder)} " if folder else ""


def made_otherwise(archive: Archive, call_ids: Iterable[str], wanted: Configuration) -> set[str]:
    """Those of the calls that were done under another configuration."""
    ids, found, known = list(call_ids), set[str](), dict[str, bool]()
    for first in range(0, len(ids), PORTION):
        some = ids[first : first + PORTION]
        rows = select(Call.id, Call.series).where(Call.id.in_(some), Call.state == "done", Call.series.is_not(None))
        with archive.reading() as session:
            for call_id, series in ((row.id, row.series or "") for row in session.execute(rows)):
                if series not in known:
                    row = session.get(Series, series)
                    known[series] = row is None or wanted.made(row.detail)
                if not known[series]:
                    found.add(call_id)
    return found
