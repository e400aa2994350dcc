"""Notes into sentences: French and English, from the gettext catalogues in `service/locale`.

Each language has one folder of `.po` files, split by the part of the program that speaks. Message ids are
keys (`sound.too_long`), sentences are `str.format` templates over a note's params; floats take the language's
decimal mark, `{at_s:clock}` is a place in the call as its marks show it (`1:05`), and `{rate_cv:known.2f}` is a number
that may not be known: a dash stands for it. A missing key, or any other missing number, is a bug of ours and raises;
tests hold both languages to the same keys and fields.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from babel.messages.pofile import read_po

from audio.notes import Note, Param

Lang = Literal["fr", "en"]
LANGS: tuple[Lang, ...] = ("fr", "en")
_DECIMAL_MARK: Mapping[Lang, str] = {"fr": ",", "en": "."}


@lru_cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """All sentences of one language by key."""
    sentences: dict[str, str] = {}
    for file in sorted((resources.files("service") / "locale" / lang).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".po"):
            with file.open("rb") as stream:
                messages = read_po(stream, locale=lang)
            sentences.update({str(m.id): str(m.string) for m in messages if m.id})
    return sentences


def clock(time_s: float) -> str:
    """`1:05`, or `1:02:05` from one hour on: whole seconds, rounded down as a player does."""
    whole = max(0, math.floor(time_s))
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


_KNOWN, _DASH = "known", "\u2013"


@dataclass(frozen=True)
class _Unknown:
    """Stands for a param the note does not have."""

    name: str


class _Formatter(string.Formatter):
    def __init__(self, mark: str) -> None:
        self.mark = mark

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, _Unknown):
            if format_spec.startswith(_KNOWN):
                return _DASH
            raise KeyError(value.name)
        if format_spec == "clock":
            return clock(float(value))
        format_spec = format_spec.removeprefix(_KNOWN)
        text: str = super().format_field(value, format_spec)
        return text.replace(".", self.mark) if isinstance(value, float) else text

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(field_name, _Unknown(field_name)), field_name


class Say:
    """Sentences in one language: `say(note)` or `say.text("key", x=1.5)`."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._sentences = catalogue(lang)
        self._format = _Formatter(_DECIMAL_MARK[lang])

    def __call__(self, note: Note) -> str:
        """The sentence of a note."""
        return self.text(note.code, **note.params)

    def text(self, key: str, /, **params: Param) -> str:
        """The sentence of a key, its fields filled (one may be named `key`); KeyError for a key no catalogue has."""
        return self._format.vformat(self._sentences[key], (), params)

    def has(self, key: str) -> bool:
        """Whether a catalogue has the key."""
        return key in self._sentences
