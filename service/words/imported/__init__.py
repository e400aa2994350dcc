"""Imported transcripts: files other tools wrote, read into `Transcript`.

`read_transcript` finds the format by content. `transcript_beside` finds a transcript next to a recording.
"""

from __future__ import annotations

import os
from pathlib import Path

from service.words.errors import TranscriptOverLimit, UnreadableTranscript, WordsError
from service.words.imported.assemble import assemble
from service.words.imported.formats import FORMATS, is_json, read_text
from service.words.imported.limits import ImportLimits, decode_text, read_bytes
from service.words.transcript import Transcript

__all__ = ["ENDINGS", "FORMATS", "ImportLimits", "read_transcript", "transcript_beside"]

ENDINGS = (".vtt", ".srt", ".json", ".ctm", ".tsv")
"""Endings looked for beside a recording, the most telling first."""


def read_transcript(path: Path, *, format: str | None = None, limits: ImportLimits | None = None) -> Transcript:
    """A transcript file, times in seconds. `format`: one of FORMATS, when its content doesn't tell.

    Errors: `UnreadableTranscript` (no transcript, unknown format, nothing in it), `TranscriptOverLimit`.
    """
    limits = limits or ImportLimits()
    text, notes = decode_text(read_bytes(Path(path), limits))
    try:
        source, raw = read_text(text, format, limits)
        transcript = assemble(raw, source, limits)
    except RecursionError as exc:  # nested just less than what the JSON parser refuses
        raise TranscriptOverLimit("words.nested_too_deep") from exc
    return Transcript(transcript.lines, transcript.source, transcript.language, (*notes, *transcript.notes))


def transcript_beside(recording: Path) -> Path | None:
    """The transcript next to a recording: `call.vtt` or `call.wav.vtt` for `call.wav`, first of ENDINGS.

    JSON files that are no transcript (our own results, a recorder's notes) are passed over.
    """
    for ending in ENDINGS:
        for name in (recording.stem + ending, recording.name + ending):
            candidate = recording.with_name(name)
            if (
                candidate != recording
                and os.path.isfile(candidate)
                and not (ending == ".json" and _is_foreign(candidate))
            ):
                return candidate
    return None


def _is_foreign(path: Path) -> bool:
    """True for JSON without a transcript in it. One over the limits is no reason to pass it over in silence."""
    try:
        text, _ = decode_text(read_bytes(path, ImportLimits()))
        if not is_json(text):
            return True
        read_text(text, None, ImportLimits())
    except UnreadableTranscript as exc:
        return exc.note.code in ("words.unknown_format", "words.own_result")
    except (WordsError, RecursionError):
        return False
    return False
