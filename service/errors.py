"""Errors of the application, and the one table that says how each ends for the person who caused it.

    Exception
      audio.errors.AudioError          a recording we can't or won't open      exit 2
      ServiceError                     a wrong option, a missing file ...       exit 2

Both carry a `Note`, so each is one sentence in French or English. Anything else is our bug: exit 1, one
sentence with the place in the code and nothing of the call.
"""

from __future__ import annotations

from audio.notes import Note, Param

EXIT_BAD_INPUT = 2
EXIT_OUR_BUG = 1


class ServiceError(Exception):
    """An error a user may read: `note` holds its sentence's code and numbers."""

    def __init__(self, code: str, **params: Param) -> None:
        self.note = Note(code, params)
        super().__init__(f"{code} {dict(params)}" if params else code)
