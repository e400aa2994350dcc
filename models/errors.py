"""Errors of the model layer: weights that are absent, damaged, gated, or a library that is not installed."""

from __future__ import annotations

from audio.notes import Note, Param


class ModelError(Exception):
    """An error a user may read. `note` holds the sentence's code and its values."""

    def __init__(self, code: str, **params: Param) -> None:
        self.note = Note(code, params)
        super().__init__(f"{code} {dict(params)}" if params else code)


class UnknownModel(ModelError):
    """No card of that name, and no folder either."""


class MissingWeights(ModelError):
    """The weights are not on this machine; the note names the command that brings them."""


class DamagedWeights(ModelError):
    """A file of the weights is absent or its checksum differs."""


class DeviceUnusable(ModelError):
    """The device asked for does not work on this machine."""


class FetchFailed(ModelError):
    """The download did not work: no network, no such revision, no room."""
