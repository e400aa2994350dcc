"""Everything heard in a call, gathered into the evidence document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audio.channels import LayoutFacts
from audio.floor import FloorEvent
from audio.notes import Measure, Note
from audio.outcome import CallOutcome
from audio.recording import Recording
from audio.timeline import Party, Span
from service.calls import CallFiles, Choices
from service.hearing import Heard
from service.measuring import VoiceFacts
from service.metadata import unbroken
from service.parties import party_of
from service.scoring.evidence import (
    CallInfo,
    Evidence,
    Layout,
    Outcome,
    Policy,
    Redaction,
    Roles,
    SpokenTurn,
)
from service.version import timbre_version
from service.wiring import Tools
from service.wording import Worded

STARTS_IN_SPEECH_S = 0.1
"""Speech this close to the first sample: the recording began in mid-speech."""


@dataclass(frozen=True, eq=False)
class Conversation:
    """What the parties did, once roles are known."""

    speech: Mapping[Party, list[Span]]
    turns: tuple[SpokenTurn, ...]
    floor: tuple[FloorEvent, ...]
    measures: Mapping[Party, tuple[Measure, ...]]
    call_measures: tuple[Measure, ...]
    voices: Mapping[Party, VoiceFacts]
    outcome: CallOutcome


@dataclass(frozen=True, eq=False)
class Facts:
    """All that one pass over the sound found."""

    recording: Recording
    layout: LayoutFacts
    heard: Heard
    worded: Worded
    roles: Roles | None
    conversation: Conversation


def _layout(facts: Facts) -> Layout:
    first_s = min((s.start_s for v in facts.heard.voices for s in v.speech), default=STARTS_IN_SPEECH_S)
    return Layout(
        kind=facts.layout.kind,
        n_channels=len(facts.recording.channels),
        recorder_paused=tuple(facts.layout.paused),
        starts_in_speech=first_s < STARTS_IN_SPEECH_S,
    )


def _call_info(files: CallFiles, choices: Choices, recording: Recording) -> CallInfo:
    known = files.metadata
    return CallInfo(
        name=unbroken(files.name or files.recording.name),
        duration_s=recording.duration_s,
        agent_name=unbroken(known.agent),
        external_id=unbroken(known.external_id),
        started_at=unbroken(known.started_at),
        direction=choices.direction,
    )


def _role_notes(roles: Roles | None, files: CallFiles) -> tuple[Note, ...]:
    if roles is None or roles.decided_by != "assumed":
        return ()
    kind, _, number = roles.agent.partition("_")
    assumed = Note(f"cli.roles_assumed.{kind}", {"number": int(number) + 1})
    return (assumed, Note("cli.earlier_assumed")) if files.earlier.calls else (assumed,)


def _quality_notes(voices: Mapping[Party, VoiceFacts], *, mono: bool) -> tuple[Note, ...]:
    """Warnings about the channels; on mono both voices are on one, and the first says it."""
    found = list(voices.values())[:1] if mono else list(voices.values())
    return tuple(note for facts in found for note in facts.quality.notes)


def _notes(facts: Facts, files: CallFiles) -> tuple[Note, ...]:
    """Every loss or guess on the way, each once, in the order of the flow."""
    said = (
        *files.notes,
        *facts.recording.notes,
        *facts.layout.notes,
        *facts.heard.notes,
        *_quality_notes(facts.conversation.voices, mono=facts.heard.mono),
        *facts.worded.notes,
        *_role_notes(facts.roles, files),
    )
    return tuple(note for i, note in enumerate(said) if note not in said[:i])


def _tools(facts: Facts, tools: Tools) -> dict[str, str]:
    used = {"speech": tools.detector.name, "pitch": tools.tracker.name}
    if facts.heard.diarized_by:
        used["diarization"] = facts.heard.diarized_by
    if facts.worded.info.source:
        used["words"] = facts.worded.info.source
    return used


def _redactions(facts: Facts) -> tuple[Redaction, ...]:
    roles = facts.roles
    found = [
        Redaction(kind=r.kind, party=party_of(label, roles) if roles else "unknown", span=r.span, estimated=r.estimated)
        for label, masked in facts.worded.masked.items()
        for r in masked.redactions
    ]
    return tuple(sorted(found, key=lambda r: (r.span, r.party)))


def gather(facts: Facts, files: CallFiles, choices: Choices, tools: Tools, policy: Policy) -> Evidence:
    """The evidence document of one call, before any act is found in it (`service.refinding`)."""
    said = facts.conversation
    return Evidence(
        timbre_version=timbre_version(),
        call=_call_info(files, choices, facts.recording),
        files=facts.recording.files,
        layout=_layout(facts),
        outcome=Outcome(
            kind="conversation" if said.outcome.conversation else "no_conversation", reason=said.outcome.reason
        ),
        source=facts.heard.source,
        policy=policy,
        roles=facts.roles,
        words=facts.worded.info,
        speech={party: tuple(spans) for party, spans in said.speech.items()},
        turns=said.turns,
        floor=said.floor,
        measures=dict(said.measures),
        call_measures=said.call_measures,
        metallic={party: facts.metallic for party, facts in said.voices.items()},
        acts=(),
        redactions=_redactions(facts),
        redaction=choices.redact,
        notes=_notes(facts, files),
        tools=_tools(facts, tools),
    )
