"""What the pipeline takes and gives: the files of a call, what was asked, and the analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from audio.decode import DecodeLimits, decoded, decoded_legs
from audio.notes import Note
from audio.recording import Recording
from audio.timeline import Party
from service.baselines import NONE_EARLIER, Earlier
from service.measuring import VoiceFacts
from service.metadata import Metadata
from service.scoring.evidence import Evidence, Policy
from service.scoring.judgement import Judgement
from service.words.rules import Pack
from service.words.transcript import Transcript

RedactChoice = Literal["text", "text_and_sound", "none"]
"""What is masked before anything is stored: private passages of the text, those and their sound, or nothing."""

OnStep = Callable[[str, float], None]
"""Observer: the step's name and the share of it done, 0 to 1."""
STEPS = ("decode", "speech", "words", "voice", "acts", "score")


def ignore(step: str, share: float) -> None:
    """The observer that observes nothing."""


@dataclass(frozen=True)
class CallFiles:
    """Where the call is: one recording, or one file per leg (the customer's starts `offset_s` later).

    `earlier`: the same agent's earlier calls; `notes`: what the reader of the result should know beforehand.
    """

    recording: Path
    customer_leg: Path | None = None
    offset_s: float = 0.0
    transcript: Transcript | None = None
    name: str = ""
    metadata: Metadata = field(default_factory=Metadata)
    earlier: Earlier = NONE_EARLIER
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What the person asked for; None leaves the decision to the analysis.

    `agent_speaker`: on mono, the number of the agent's label (`speaker_0` speaks first).
    `packs`: rules of the person's own, used beside the built-in ones of the call's language.
    """

    agent_channel: int | None = None
    agent_speaker: int | None = None
    language: str | None = None
    direction: Literal["inbound", "outbound"] = "inbound"
    n_speakers: int | None = None
    policy: Policy | None = None
    packs: tuple[Pack, ...] = ()
    redact: RedactChoice = "text"


@dataclass(frozen=True, eq=False)
class Analysis:
    """The two documents, and what pages need besides: voices with tracks, and the recording while it is open."""

    evidence: Evidence
    judgement: Judgement | None
    voices: Mapping[Party, VoiceFacts]
    recording: Recording


@contextmanager
def opened(files: CallFiles, limits: DecodeLimits) -> Iterator[Recording]:
    """The decoded call; its temporary files are gone afterwards."""
    if files.customer_leg is None:
        with decoded(files.recording, limits=limits) as recording:
            yield recording
    else:
        with decoded_legs(files.recording, files.customer_leg, offset_s=files.offset_s, limits=limits) as recording:
            yield recording
