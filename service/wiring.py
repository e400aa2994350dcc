"""Settings -> tools: the only place that constructs models. Heavy imports happen here, when first needed."""

from __future__ import annotations

from dataclasses import dataclass

from audio.decode import DecodeLimits
from audio.notes import Note
from models.protocols import Diarizer, PitchTracker, SpeechDetector, Transcriber
from service.settings import Settings


@dataclass(frozen=True)
class Tools:
    """Everything learned that the pipeline uses. `no_transcriber`: why there is none, for the reader."""

    detector: SpeechDetector
    diarizer: Diarizer
    tracker: PitchTracker
    transcriber: Transcriber | None
    no_transcriber: Note | None


def limits_of(settings: Settings) -> DecodeLimits:
    """The decoder's limits as set."""
    return DecodeLimits(
        max_duration_s=settings.max_duration_s, max_channels=settings.max_channels, max_bytes=settings.max_bytes
    )


def build_detector() -> SpeechDetector:
    """Speech detection that ships with the install."""
    from models.vad_silero import SileroDetector

    return SileroDetector()


def build_tracker() -> PitchTracker:
    """Pitch tracking that ships with the install."""
    from models.pitch_swiftf0 import SwiftF0Tracker

    return SwiftF0Tracker()


def build_diarizer(settings: Settings) -> Diarizer:
    """The mono diarizer the settings name."""
    if settings.diarizer == "pyannote":
        from models.diarize_pyannote import PyannoteDiarizer

        return PyannoteDiarizer(folder=settings.pyannote_dir, token=settings.hf_token or None)
    from models.diarize_mixture import MixtureDiarizer

    return MixtureDiarizer()


def build_transcriber(settings: Settings) -> tuple[Transcriber | None, Note | None]:
    """The recogniser, or why there is none. `auto` without weights is no error: the voice half stands."""
    from models.store import ModelStore

    if settings.transcriber == "none":
        return None, Note("cli.transcriber_off")
    store = ModelStore(settings.models_dir)
    name = settings.default_model if settings.transcriber == "auto" else settings.transcriber
    folder = store.find(name)
    if folder is None and settings.transcriber == "auto":
        return None, Note("cli.no_transcript", {"model": name})
    from models.transcribe_whisper import WhisperTranscriber

    return WhisperTranscriber(folder or store.require(name), device=settings.device), None


def build_tools(settings: Settings, *, listen: bool = True) -> Tools:
    """All tools. `listen` False: a transcript is given, so no recogniser is loaded."""
    transcriber, why = build_transcriber(settings) if listen else (None, None)
    return Tools(build_detector(), build_diarizer(settings), build_tracker(), transcriber, why)
