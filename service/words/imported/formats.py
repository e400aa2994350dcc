"""Which format a file is in: by content, never by its ending."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from service.words.errors import UnreadableTranscript
from service.words.imported.limits import ImportLimits, parse_json
from service.words.imported.raw import RawTranscript
from service.words.imported.services import (
    kind_of_service,
    read_amazon_transcribe,
    read_call_analytics,
    read_deepgram,
)
from service.words.imported.subtitles import looks_like_srt, looks_like_webvtt, read_srt, read_webvtt
from service.words.imported.tables import looks_like_ctm, looks_like_tsv, read_ctm, read_tsv, read_whisper_tsv
from service.words.imported.whisper import kind_of, read_whisper

JSON_READERS: Mapping[str, Callable[[object], RawTranscript]] = {
    "whisper": read_whisper,
    "whisperx": read_whisper,
    "faster-whisper": read_whisper,
    "whisper-timestamped": read_whisper,
    "amazon-transcribe": read_amazon_transcribe,
    "amazon-call-analytics": read_call_analytics,
    "deepgram": read_deepgram,
}
TEXT_READERS: Mapping[str, Callable[[str], RawTranscript]] = {
    "webvtt": read_webvtt,
    "srt": read_srt,
    "ctm": read_ctm,
    "tsv": read_tsv,
    "whisper-tsv": read_whisper_tsv,
}
FORMATS: tuple[str, ...] = (*TEXT_READERS, *JSON_READERS)
"""Names that `format` may have; `vtt` and `json` are understood too."""
_ALIASES: Mapping[str, str] = {"vtt": "webvtt", "json": "json"}
_OWN_RESULT = re.compile(r'"schema(?:_version)?"\s*:\s*"timbre\b')
_SNIFFERS: Mapping[str, Callable[[str], bool]] = {
    "webvtt": looks_like_webvtt,
    "srt": looks_like_srt,
    "tsv": looks_like_tsv,
    "ctm": looks_like_ctm,
}


def is_json(text: str) -> bool:
    """By its first character."""
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def is_own_result(text: str) -> bool:
    """True for documents this program wrote."""
    return is_json(text) and _OWN_RESULT.search(text) is not None


def read_text(text: str, name: str | None, limits: ImportLimits) -> tuple[str, RawTranscript]:
    """(format, raw lines) of a file's text; `name` None: found by content."""
    if name is not None and name not in (*FORMATS, *_ALIASES):
        raise UnreadableTranscript("words.no_such_format", known=", ".join(FORMATS))
    known = _ALIASES.get(name, name) if name else None
    if known is not None and known in TEXT_READERS:
        return known, TEXT_READERS[known](text)
    if known is not None or is_json(text):
        return _read_json(text, None if known == "json" else known, limits)
    found = next((kind for kind, looks_like in _SNIFFERS.items() if looks_like(text)), None)
    if found is None:
        raise UnreadableTranscript("words.unknown_format", known=", ".join(FORMATS))
    return found, TEXT_READERS[found](text)


def _read_json(text: str, known: str | None, limits: ImportLimits) -> tuple[str, RawTranscript]:
    if is_own_result(text):
        raise UnreadableTranscript("words.own_result")
    content = parse_json(text.lstrip("\ufeff"), limits)
    found = known or kind_of_service(content) or kind_of(content)
    if found is None:
        raise UnreadableTranscript("words.unknown_format", known=", ".join(FORMATS))
    return found, JSON_READERS[found](content)
