"""Errors of rule packs: one sentence that names the file, the line and the key, and never a caller's words."""

from __future__ import annotations

from audio.notes import Note, Param


class PackError(Exception):
    """A pack that can't be used. `note` holds the sentence's code and what fills it; `file` is a bare name."""

    def __init__(self, code: str, **params: Param) -> None:
        self.note = Note(code, params)
        super().__init__(f"{code} {dict(params)}")


def shown(text: object) -> str:
    """A piece of a pack fit for an error: one line, printable, at most 60 characters."""
    flat = "".join(c if c.isprintable() else " " for c in str(text)).strip()
    return flat if len(flat) <= 60 else flat[:59] + "…"
