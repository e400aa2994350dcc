"""Reading a stored result only as far as scoring needs, for many results under another rubric.

A file as `documents.as_json` writes it can be cut at its judgement: the evidence is carried over byte for byte, and
only what scoring reads of it is built (no words, no signatures, no contours). The types are made from those of
`evidence`, so that there is one definition of each. Whatever does not look like our own writing comes back as None, to
be read in full by `documents`, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from service.scoring.documents import MAX_BYTES, RESULT_SCHEMA, rounded_as_json
from service.scoring.evidence import EVIDENCE_SCHEMA, Evidence, Policy
from service.scoring.judgement import JUDGEMENT_SCHEMA, Judgement

_START = b'{\n "edits": null,\n "evidence": '
_BETWEEN = b',\n "judgement": '
_END = f',\n "schema_version": "{RESULT_SCHEMA}"\n}}\n'.encode()
_POINT, _MINUS, _E, _ZERO = b".-e0"
_LOWER_CASE = 0x20
_DECIMALS = 4
"""More than a rounded number has."""
_ESTIMATED = b'"time_is_estimated": true'
UNREAD: Mapping[str, frozenset[str]] = {
    "Evidence": frozenset(["files", "tools", "redactions", "across"]),
    "SpokenTurn": frozenset(["words"]),
    "TurnVoice": frozenset(["voiced_s", "loudness_spread_db", "endings"]),
    "GestureDelivery": frozenset(["signature"]),
    "MetallicFound": frozenset(["windows"]),
}
"""What scoring never reads, by the document that holds it; of words only whether their times are estimates."""


class Judged(msgspec.Struct, frozen=True):
    """What a re-score asks of the judgement it replaces."""

    schema_version: str
    rubric: str
    policy: Policy
    rubric_hash: str = ""


class _Flagged(msgspec.Struct, frozen=True, gc=False):
    """A word whose time may be an estimate."""

    time_is_estimated: bool = False


@dataclass(frozen=True, eq=False)
class Carried:
    """A result cut at its judgement. `evidence` can be scored, and has nothing else."""

    evidence: Evidence
    judged: Judged
    _before: bytes

    def with_judgement(self, judgement: Judgement) -> bytes:
        """The same file with another judgement, whose floats are rounded."""
        written = rounded_as_json(judgement).rstrip(b"\n").replace(b"\n", b"\n ")
        return b"".join((self._before, written, _END))


def carried(content: bytes) -> Carried | None:
    """The cut of a file that we wrote, that holds no edits, and whose numbers are rounded; None for any other."""
    at = content.rfind(_BETWEEN, len(_START))  # from the end: the judgement is the shorter part
    if len(content) > MAX_BYTES or at < 0 or not (content.startswith(_START) and content.endswith(_END)):
        return None
    if not surely_rounded(content):
        return None
    found = _read(content[len(_START) : at], content[at + len(_BETWEEN) : -len(_END)])
    return None if found is None else Carried(*found, content[: at + len(_BETWEEN)])


def lean(heard: bytes, judgement: bytes) -> tuple[Evidence, Judged] | None:
    """What scoring reads of a result whose two documents lie apart, `heard` as a result without a judgement.

    None for what we did not write, for floats that are not rounded, for edits.
    """
    at = heard.rfind(_BETWEEN, len(_START))
    whole = heard.startswith(_START) and heard[at + len(_BETWEEN) :] == b"null" + _END
    if at < 0 or not whole or not surely_rounded(heard):
        return None
    return _read(heard[len(_START) : at], judgement)


def _read(evidence: bytes, judgement: bytes) -> tuple[Evidence, Judged] | None:
    try:
        judged = _judged().decode(judgement)
        read = _decoder(flags=_ESTIMATED in evidence).decode(evidence)
    except (ValueError, RecursionError):
        return None
    if read.schema_version != EVIDENCE_SCHEMA or judged.schema_version != JUDGEMENT_SCHEMA:
        return None
    return cast(Evidence, read), judged


def surely_rounded(content: bytes) -> bool:
    """True when no number of a document can have more than three decimals; words may look like one that has."""
    read = np.frombuffer(content, np.uint8)
    points = _places(read, _POINT, ahead=_DECIMALS)
    for ahead in range(_DECIMALS, 0, -1):  # the last first: few points have four characters of a number after them
        points = points[_is_digit(read[points + ahead])]
    minuses = _places(read[1:], _MINUS, ahead=1)
    exponents = minuses[(read[minuses] | _LOWER_CASE) == _E] + 1
    return not (len(points) or _is_digit(read[exponents + 1]).any())


def _places(read: NDArray[np.uint8], byte: int, *, ahead: int) -> NDArray[np.intp]:
    """Where a byte stands with at least `ahead` more after it."""
    return np.flatnonzero(read[: max(0, len(read) - ahead)] == byte)


def _is_digit(read: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return read - np.uint8(_ZERO) < 10  # what lies below "0" wraps round


@lru_cache
def _judged() -> msgspec.json.Decoder[Judged]:
    return msgspec.json.Decoder(Judged)


@lru_cache
def _decoder(*, flags: bool) -> msgspec.json.Decoder[Any]:
    """For evidence with (`flags`) and without words whose times are estimates."""
    return msgspec.json.Decoder(_lean(Evidence, flags))


@lru_cache
def _lean(model: type[BaseModel], flags: bool) -> type[msgspec.Struct]:
    """A document's type in which what scoring never reads is skipped over: only that it is JSON is looked at."""
    unread = UNREAD.get(model.__name__, frozenset())
    fields: list[Any] = []
    for name, field in model.model_fields.items():
        if name in unread:
            skipped = name == "words" and flags
            kind: Any = tuple[_Flagged, ...] if skipped else msgspec.Raw
            fields.append((name if skipped else f"_{name}", kind, msgspec.field(name=name, default=())))
        elif field.is_required():
            fields.append((name, _type(field.annotation, flags)))
        else:
            fields.append(
                (name, _type(field.annotation, flags), _default(field.get_default(call_default_factory=True)))
            )
    without = {} if flags else {name: () for name in unread}
    return msgspec.defstruct(
        f"Lean{model.__name__}",
        fields,
        frozen=True,
        kw_only=True,
        gc=False,
        forbid_unknown_fields=True,
        namespace=without,
    )


def _default(value: Any) -> Any:
    return msgspec.field(default_factory=dict) if value == {} else value


def _type(kind: Any, flags: bool) -> Any:
    """The same type with every document in it made lean."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _lean(kind, flags)
    origin = get_origin(kind)
    if origin is None or origin is Literal:
        return kind
    parts = tuple(part if part is Ellipsis else _type(part, flags) for part in get_args(kind))
    return Union[parts] if origin in (Union, UnionType) else origin[parts]  # noqa: UP007 - made at run time
