"""Errors of the words.

    ServiceError
      WordsError
        UnreadableTranscript     not a transcript, or none of the formats that are read
        TranscriptOverLimit      larger, longer or deeper than the limits allow

Each holds a `Note` without path, names or words of the call.
"""

from __future__ import annotations

from service.errors import ServiceError


class WordsError(ServiceError):
    """An error about words that a user may read; `note` holds its code and numbers."""


class UnreadableTranscript(WordsError):
    """The file is no transcript, or of no known format."""


class TranscriptOverLimit(WordsError):
    """A limit on size, lines, words or nesting was passed."""
