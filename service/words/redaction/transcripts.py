"""An imported transcript with its private passages masked, line by line."""

from __future__ import annotations

from dataclasses import replace

from service.words.redaction.masking import mask_text, mask_words
from service.words.transcript import Line, Transcript


def mask_transcript(transcript: Transcript, language: str | None) -> Transcript:
    """The same lines; a number dictated over several lines is found in each line alone."""
    return replace(transcript, lines=tuple(_masked(line, language) for line in transcript.lines))


def _masked(line: Line, language: str | None) -> Line:
    return replace(line, text=mask_text(line.text, language), words=mask_words(line.words, language).words)
