"""The stages of a call's work: listen, copy for browsers, score, announce. Each reads what it needs by id, and its
result is kept in the transaction that ends its job.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from audio.listening import MIME, encode
from audio.timeline import FrameTrack
from service.archive.blobs import Blob, Blobs
from service.archive.earlier import across_calls, earlier_of
from service.archive.engine import Archive
from service.archive.events import tell
from service.archive.jobs import Stage, Taken
from service.archive.outward import Outward
from service.archive.pitch_track import keep_pitch
from service.archive.results import keep_evidence, keep_judgement, stored_result
from service.archive.scratch import scratch
from service.archive.tables import Campaign, Person
from service.archive.tables_calls import Call, RecordingFile
from service.archive.webhooks import announce
from service.baselines import NONE_EARLIER, Earlier
from service.calls import CallFiles, Choices, OnStep, opened
from service.metadata import Metadata
from service.outputs import muted
from service.pipeline import analysed
from service.rescoring import Asked, rescored
from service.scoring.evidence import Evidence, Policy
from service.scoring.judgement import Judgement
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.scoring.views import stricter
from service.settings import Settings
from service.wiring import Tools, build_tools, limits_of
from service.words.imported import read_transcript
from service.words.rules import named_pack

Keep = Callable[[Session], None]
"""Writes a stage's result, in the transaction that ends its job."""
LISTEN = "listen"
TRANSCRIPT = "transcript"
MOST_COPY_BYTES = 1 << 30


@dataclass(frozen=True)
class Workshop:
    """What a worker works with. The tools are built when the first call needs them, and once."""

    archive: Archive
    blobs: Blobs
    settings: Settings
    outward: Outward = field(default_factory=Outward)

    @cached_property
    def tools(self) -> Tools:
        """Recogniser, diarizer, trackers."""
        return build_tools(self.settings)


@dataclass(frozen=True)
class Facts:
    """A call's rows, read in one go."""

    call: Call
    campaign: Campaign
    agent: Person | None
    files: Mapping[str, RecordingFile]


def facts_of(archive: Archive, call_id: str) -> Facts:
    """The rows a stage needs."""
    with archive.reading() as session:
        call = session.get_one(Call, call_id)
        agent = session.get(Person, call.agent_id) if call.agent_id else None
        files = session.scalars(select(RecordingFile).where(RecordingFile.call_id == call_id))
        return Facts(call, session.get_one(Campaign, call.campaign_id), agent, {f.kind: f for f in files})


def work(shop: Workshop, job: Taken, on_step: OnStep) -> Keep:
    """Do a stage; what it found is kept by the answer."""
    return _WORK[job.stage](shop, facts_of(shop.archive, job.call_id), on_step)


def rubric_of(campaign: Campaign) -> Rubric:
    """The campaign's rubric. Raises RubricError."""
    return load_rubric(campaign.rubric)


def policy_of(facts: Facts, rubric: Rubric, settings: Settings) -> Policy:
    """The strictest of rubric, campaign, settings, and the agent's own wish that their voice is not analysed."""
    found = rubric.policy
    for more in (cast(Policy | None, facts.campaign.policy), settings.policy):
        found = stricter(found, more) if more else found
    return "no_voice" if facts.agent is not None and not facts.agent.analyse_voice else found


def _analyse(shop: Workshop, facts: Facts, on_step: OnStep) -> Keep:
    rubric, limits = rubric_of(facts.campaign), limits_of(shop.settings)
    choices, earlier = _choices(shop, facts, rubric), _earlier(shop, facts, rubric)
    with (
        on_disk(shop, facts) as files,
        analysed(
            replace(files, earlier=earlier), shop.tools, rubric, choices, limits=limits, on_step=on_step
        ) as analysis,
    ):
        heard, voice = analysis.evidence, analysis.voices.get("agent")
        pitch = voice.tracks.pitch if voice else None
    with shop.archive.reading() as session:
        evidence = heard.model_copy(update={"across": across_calls(session, facts.call, heard)})
    return lambda session: _keep_heard(session, facts.call.id, evidence, pitch)


def _keep_heard(session: Session, call_id: str, evidence: Evidence, pitch: FrameTrack | None) -> None:
    keep_evidence(session, call_id, evidence)
    keep_pitch(session, call_id, pitch)


def _earlier(shop: Workshop, facts: Facts, rubric: Rubric) -> Earlier:
    """The agent's earlier calls; nobody's where no voice is measured."""
    if policy_of(facts, rubric, shop.settings) == "no_voice":
        return NONE_EARLIER
    with shop.archive.reading() as session:
        return earlier_of(session, facts.call)


def _choices(shop: Workshop, facts: Facts, rubric: Rubric) -> Choices:
    call = facts.call
    return Choices(
        agent_channel=call.agent_channel,
        language=call.language or None,
        direction=cast(Literal["inbound", "outbound"], call.direction),
        policy=policy_of(facts, rubric, shop.settings),
        packs=tuple(named_pack(name) for name in facts.campaign.packs),
    )


@contextmanager
def on_disk(shop: Workshop, facts: Facts) -> Iterator[CallFiles]:
    """The call's files in a folder of their own, which is gone afterwards. Names are ours, never the sender's."""
    with scratch() as folder:
        paths = {kind: _fetched(shop.blobs, row, folder / kind) for kind, row in facts.files.items()}
        transcript = paths.get(TRANSCRIPT)
        yield CallFiles(
            paths["recording"] if "recording" in paths else paths["agent_leg"],
            paths.get("customer_leg"),
            facts.call.leg_offset_s,
            read_transcript(transcript) if transcript else None,
            name=facts.call.name,
            metadata=Metadata(
                agent=facts.call.agent_name, external_id=facts.call.external_id, direction=facts.call.direction
            ),
        )


def _fetched(blobs: Blobs, row: RecordingFile, target: Path) -> Path:
    with blobs.open(row.place) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return target


def _copy(shop: Workshop, facts: Facts, on_step: OnStep) -> Keep:
    """What browsers play: Opus, private passages silent where the result says so."""
    with shop.archive.reading() as session:
        evidence = stored_result(session, facts.call.id).evidence
    with on_disk(shop, facts) as files, opened(files, limits_of(shop.settings)) as recording:
        on_step("copy", 0.0)
        sound = encode(recording.channels[:2], muted=muted(evidence)).data
    blob = shop.blobs.put(io.BytesIO(sound), limit_bytes=MOST_COPY_BYTES, suffix=".webm")
    return lambda session: _keep_copy(session, facts, blob)


def _keep_copy(session: Session, facts: Facts, blob: Blob) -> None:
    old = facts.files.get(LISTEN)
    if old is not None:
        session.delete(session.merge(old))
        session.flush()
    session.add(
        RecordingFile(
            call_id=facts.call.id,
            kind=LISTEN,
            sha256=blob.sha256,
            size_bytes=blob.size_bytes,
            media_type=MIME.partition(";")[0],
            place=blob.place,
        )
    )


def _score(shop: Workshop, facts: Facts, on_step: OnStep) -> Keep:
    """The first scoring, or a new one with the rubric and packs that the campaign has now."""
    on_step("score", 0.0)
    rubric = rubric_of(facts.campaign)
    with shop.archive.reading() as session:
        stored = stored_result(session, facts.call.id)
    if stored.evidence.outcome.kind != "conversation":
        return lambda session: _done(session, facts.call.id, None, stored.evidence)
    if stored.judgement is None:
        first = judge(stored.evidence, rubric)
        return lambda session: _done(session, facts.call.id, first, stored.evidence)
    again = rescored(stored, Asked(rubric=rubric, audience="coach")).result
    return lambda session: _done(session, facts.call.id, again.judgement, again.evidence)


def _done(session: Session, call_id: str, judgement: Judgement | None, evidence: Evidence) -> None:
    keep_judgement(session, call_id, judgement, evidence=evidence)
    call = session.get_one(Call, call_id)
    call.state, call.problem = "done", None
    tell(session, call_id, "done")


def _announce(shop: Workshop, facts: Facts, on_step: OnStep) -> Keep:
    """Webhooks hear how it ended. The call waits for none of them."""
    announce(shop.archive, shop.outward, facts.call.id)
    return lambda session: None


_WORK: Mapping[Stage, Callable[[Workshop, Facts, OnStep], Keep]] = {
    "analyse": _analyse,
    "copy": _copy,
    "score": _score,
    "announce": _announce,
}
