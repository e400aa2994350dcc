"""Errors of the sound layer.

    AudioError
      UnreadableAudio    not a recording, or one we refuse to open
      EmptyAudio         no sample in it
      OverLimit          longer, larger or wider than the limits allow
      BadParameter       a caller's mistake (our bug or a wrong option)

Every message names what, which value, the limit and the way out, carries no path and nobody's words,
and is a `Note` so that it can be said in French or English.
"""

from __future__ import annotations

from audio.notes import Note, Param


class AudioError(Exception):
    """An error a user may read. `note` holds the sentence's code and its numbers."""

    def __init__(self, code: str, **params: Param) -> None:
        self.note = Note(code, params)
        super().__init__(f"{code} {dict(params)}" if params else code)


class UnreadableAudio(AudioError):
    """The bytes are not a recording, or a kind of file that is not opened."""


class EmptyAudio(AudioError):
    """The file holds no sample."""


class OverLimit(AudioError):
    """A limit on length, channels or size was passed."""


class BadParameter(AudioError):
    """An argument outside its range."""
