"""What each learned model must do: one method each. A model knows nothing of calls, coaches or databases.

Tests run every adapter against these; fakes live in tests only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audio.notes import Note
from audio.pitch import PitchTrack
from audio.recording import Channel
from audio.timeline import FrameTrack, Span, Word

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""


class SpeechDetector(Protocol):
    """Frame-wise probability of speech."""

    name: str

    def probabilities(self, channel: Channel) -> FrameTrack:
        """Probability of speech in [0, 1], step 32 ms, unit `p`; bounded memory for any length."""
        ...


class PitchTracker(Protocol):
    """Fundamental frequency of one voice."""

    name: str

    def track(self, samples: NDArray[np.float32], rate_hz: int, *, first_s: float = 0.0) -> PitchTrack:
        """F0 in Hz of a block, NaN where unvoiced. samples: shape (n_samples,), `first_s`: time of sample 0."""
        ...


@dataclass(frozen=True)
class Diarization:
    """Who spoke when on one channel: per speaker label (`speaker_0` ...) sorted, disjoint spans.

    `together`: speech of several at once, where the model can tell: in no speaker's spans.
    """

    spans: dict[str, list[Span]]
    source: str
    notes: tuple[Note, ...] = ()
    together: tuple[Span, ...] = ()


class Diarizer(Protocol):
    """Splits the speech of one channel into speakers."""

    name: str

    def diarize(self, channel: Channel, speech: Sequence[Span], *, n_speakers: int | None = None) -> Diarization:
        """`speech`: tight speech regions (sorted, disjoint); `n_speakers`: when the caller knows it."""
        ...


@dataclass(frozen=True)
class Recognised:
    """What a recogniser heard on one channel."""

    words: tuple[Word, ...]
    language: str
    language_confidence: float
    source: str
    notes: tuple[Note, ...] = ()


class Transcriber(Protocol):
    """Speech to words."""

    name: str

    def transcribe(
        self,
        channel: Channel,
        speech: Sequence[Span],
        *,
        language: str | None,
        hotwords: Mapping[str, Sequence[str]] | None = None,
        on_progress: Progress | None = None,
    ) -> Recognised:
        """Words inside the (padded) `speech` regions, times in call seconds. `language` None: detected.

        `hotwords`: per language, names and terms that are likely in these calls: a hint, never a filter.
        """
        ...
