"""vCon: a conversation as one JSON document (draft-ietf-vcon-vcon-core-04, syntax 0.4.0; roles of parties from
draft-ietf-vcon-cc-extension-02, extension `CC`).

`written` and `read` are each other's inverse for what `Conversation` holds: parties with name and role, recordings with
their sound, channels, start and length, and analyses with vendor, product and schema. Anything else in a foreign
document is passed over. Sound is read from the document alone: an address in it is never asked for anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from service.archive.errors import ArchiveError
from service.metadata import unbroken

SYNTAX = "0.4.0"
EXTENSION = "CC"
MEDIA_TYPE = "application/vcon+json"
MOST_BYTES = 256 << 20
"""Of a document, its sound in base64 within."""
MOST_SOUND_BYTES = 180 << 20
MOST_PARTIES, MOST_DIALOGS, MOST_ANALYSES, MOST_CHANNELS = 64, 16, 64, 64
_HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}

Channels = tuple[tuple[int, ...], ...]
"""Per channel of a recording, the places of its parties."""


@dataclass(frozen=True)
class Party:
    """Somebody who speaks. `role`: agent, customer or empty."""

    name: str = ""
    role: str = ""


@dataclass(frozen=True)
class Recording:
    """Sound, or where it was left out None. `start` as RFC 3339."""

    content: bytes | None
    media_type: str
    filename: str
    start: str
    duration_s: float | None
    channels: Channels


@dataclass(frozen=True)
class Analysis:
    """What somebody made of the dialogs at these places. `body`: any JSON."""

    type: str
    vendor: str
    product: str
    schema: str
    body: Any
    dialogs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """What this reader and writer hold of a vCon."""

    uuid: str
    created_at: str
    subject: str = ""
    parties: tuple[Party, ...] = ()
    recordings: tuple[Recording, ...] = ()
    analyses: tuple[Analysis, ...] = ()
    redacted: str = ""


# -- writing -----------------------------------------------------------------------------------------------------------


def written(found: Conversation) -> bytes:
    """The document, UTF-8."""
    document: dict[str, Any] = {
        "vcon": SYNTAX,
        "uuid": found.uuid,
        "created_at": found.created_at,
        **({"extensions": [EXTENSION]} if any(p.role for p in found.parties) else {}),
        **({"subject": found.subject} if found.subject else {}),
        **({"redacted": {"type": found.redacted}} if found.redacted else {}),
        "parties": [{k: v for k, v in (("name", p.name), ("role", p.role)) if v} for p in found.parties],
        "dialog": [_dialog(r) for r in found.recordings],
        "analysis": [_analysis(a) for a in found.analyses],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _dialog(found: Recording) -> dict[str, Any]:
    several = [list(parties) if len(parties) != 1 else parties[0] for parties in found.channels]
    told: dict[str, Any] = {"type": "recording", "start": found.start, "parties": several}
    if found.duration_s is not None:
        told["duration"] = found.duration_s
    told |= {"mediatype": found.media_type, "filename": found.filename}
    if found.content is not None:
        told |= {"encoding": "base64url", "body": _base64url(found.content), "content_hash": hash_of(found.content)}
    return told


def hash_of(content: bytes) -> str:
    """`sha512-...`, as section 2.2 has it."""
    return f"sha512-{_base64url(hashlib.sha512(content).digest())}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _analysis(found: Analysis) -> dict[str, Any]:
    return {
        "type": found.type,
        "dialog": list(found.dialogs),
        "mediatype": "application/json",
        "vendor": found.vendor,
        "product": found.product,
        "schema": found.schema,
        "encoding": "json",
        "body": found.body,
    }


def new_uuid(call_id: str, at: float) -> str:
    """A version 8 UUID: milliseconds, then bits of the call's public id (RFC 9562, 5.8)."""
    own = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:10])
    bits = (int(at * 1000) & (2**48 - 1)) << 80 | 0x8 << 76 | (own >> 68) << 64 | 0b10 << 62 | own & (2**62 - 1)
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


# -- reading -----------------------------------------------------------------------------------------------------------

Text = Annotated[str, Field(max_length=400)]
Place = Annotated[int, Field(ge=0, lt=MOST_PARTIES, strict=True)]


class _Loose(BaseModel):
    """Foreign: what isn't known is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Party(_Loose):
    name: Text = ""
    role: Text = ""


class _Content(_Loose):
    encoding: Literal["base64url", "json", "none"] = "none"
    body: Any = None
    url: str | None = None
    content_hash: str | list[str] = Field(default_factory=list)


class _Dialog(_Content):
    type: Text
    start: Text = ""
    duration: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    parties: Place | Annotated[list[Place | list[Place] | None], Field(max_length=MOST_CHANNELS)] = []
    mediatype: Text = ""
    filename: Text = ""

    @property
    def channels(self) -> Channels:
        told = [self.parties] if isinstance(self.parties, int) else self.parties
        return tuple((one,) if isinstance(one, int) else tuple(one or ()) for one in told)


class _Analysis(_Content):
    type: Text
    vendor: Text = ""
    product: Text = ""
    schema_: Text = Field(default="", alias="schema")
    dialog: int | list[int] = Field(default_factory=list)

    @field_validator("dialog")
    @classmethod
    def _places(cls, told: int | list[int]) -> list[int]:
        return told if isinstance(told, list) else [told]


class _Document(_Loose):
    vcon: str | None = None
    uuid: Text
    created_at: Text
    subject: Text = ""
    redacted: dict[str, Any] = Field(default_factory=dict)
    parties: list[_Party] = Field(default_factory=list, max_length=MOST_PARTIES)
    dialog: list[_Dialog] = Field(default_factory=list, max_length=MOST_DIALOGS)
    analysis: list[_Analysis] = Field(default_factory=list, max_length=MOST_ANALYSES)


def read(content: bytes) -> Conversation:
    """The conversation in a document. Raises ArchiveError: too large, no vCon, sealed, sound by address."""
    if len(content) > MOST_BYTES:
        raise ArchiveError("vcon.too_large", limit_mib=MOST_BYTES >> 20)
    try:
        data = msgspec.json.decode(content)
    except (ValueError, RecursionError) as exc:
        raise ArchiveError("vcon.not_json") from exc
    if isinstance(data, dict) and ({"payload", "ciphertext"} & set(data)):
        raise ArchiveError("vcon.sealed")
    try:
        found = _Document.model_validate(data)
    except (ValidationError, RecursionError) as exc:
        raise ArchiveError("vcon.refused", where=_where(exc)) from exc
    return _conversation(found)


def _where(exc: Exception) -> str:
    """Names of the draft's fields and places; nothing that stood there."""
    if not isinstance(exc, ValidationError):
        return "-"
    place = exc.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
    return ".".join(str(part) for part in place[:3])[:60] or "-"


def _conversation(found: _Document) -> Conversation:
    kind = found.redacted.get("type")
    return Conversation(
        uuid=found.uuid,
        created_at=found.created_at,
        subject=unbroken(found.subject),
        parties=tuple(Party(unbroken(p.name), unbroken(p.role)) for p in found.parties),
        recordings=tuple(_recording(d, n) for n, d in enumerate(found.dialog) if d.type == "recording"),
        analyses=tuple(_read_analysis(a) for a in found.analysis if a.url is None),
        redacted=kind[:400] if isinstance(kind, str) else "",
    )


def _recording(found: _Dialog, place: int) -> Recording:
    if found.url is not None:
        raise ArchiveError("vcon.by_address", place=place)
    content = None if found.body is None else _sound(found, place)
    return Recording(content, found.mediatype, found.filename, found.start, found.duration, found.channels)


def _sound(found: _Dialog, place: int) -> bytes:
    if found.encoding != "base64url" or not isinstance(found.body, str):
        raise ArchiveError("vcon.no_sound", place=place)
    try:
        content = base64.b64decode(found.body + "=" * (-len(found.body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ArchiveError("vcon.no_sound", place=place) from exc
    for told in [found.content_hash] if isinstance(found.content_hash, str) else found.content_hash:
        _require_hash(content, told, place)
    return content


def _require_hash(content: bytes, told: str, place: int) -> None:
    """One we can't compute says nothing."""
    name, _, digest = told.partition("-")
    of = _HASHES.get(name)
    if of is not None and _base64url(of(content).digest()) != digest.rstrip("="):
        raise ArchiveError("vcon.other_hash", place=place)


def _read_analysis(found: _Analysis) -> Analysis:
    body = found.body
    if found.encoding == "none" and isinstance(body, str):  # how many writers put JSON there
        try:
            body = msgspec.json.decode(body)
        except (ValueError, RecursionError):
            body = found.body
    places = tuple(found.dialog) if isinstance(found.dialog, list) else (found.dialog,)
    return Analysis(found.type, found.vendor, found.product, found.schema_, body, places)
