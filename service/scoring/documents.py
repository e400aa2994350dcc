"""Results on disk: one JSON file with its documents, sorted keys, floats rounded once.

Scoring runs on rounded values, so that judging a stored result again gives the same bytes. Reading is strict:
at most 64 MiB, no unknown key, no NaN, and errors name the place in the document, never its content. Results of older
versions are brought up to date by `upgrades`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import ValidationError

from service.scoring.edits import EDITS_SCHEMA, Edits
from service.scoring.errors import ResultError
from service.scoring.evidence import EVIDENCE_SCHEMA, Document, Evidence
from service.scoring.judgement import JUDGEMENT_SCHEMA, Judgement
from service.scoring.rounding import rounded
from service.scoring.upgrades import upgraded

__all__ = ["Result", "as_json", "json_schema", "parse_result", "read_result", "rounded", "to_json"]

RESULT_SCHEMA: Literal["timbre.result/2"] = "timbre.result/2"
MAX_BYTES = 64 * 1024 * 1024


class Result(Document):
    """The envelope: what was heard, what people put right, and what both are worth under one rubric.

    No judgement when there was no conversation. The judgement is of the evidence with the edits applied.
    """

    schema_version: Literal["timbre.result/2"] = RESULT_SCHEMA
    evidence: Evidence
    edits: Edits | None = None
    judgement: Judgement | None = None


def to_json(evidence: Evidence, judgement: Judgement | None, edits: Edits | None = None) -> bytes:
    """The result as UTF-8 JSON, the same bytes for the same documents."""
    return as_json(Result(evidence=evidence, judgement=judgement, edits=edits))


def as_json(document: Document) -> bytes:
    """A document as UTF-8 JSON with a line's end: sorted keys, one value a line, floats at three decimals."""
    return rounded_as_json(rounded(document))


def rounded_as_json(document: Document) -> bytes:
    """The same, of a document whose floats are known to be rounded."""
    content = document.model_dump(mode="json")
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=1) + b"\n"


def read_result(path: Path) -> Result:
    """A stored result. Raises ResultError: unreadable, too large, not JSON, another schema, a refused value."""
    return parse_result(read_content(path))


def read_content(path: Path) -> bytes:
    """The bytes of a stored result, one over the limit at most. Raises ResultError: unreadable."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as exc:
        raise ResultError("scoring.result_unreadable") from exc


def parse_result(content: bytes) -> Result:
    """The result in `content`. Raises ResultError."""
    if len(content) > MAX_BYTES:
        raise ResultError("scoring.result_too_large", limit_mib=MAX_BYTES // 2**20)
    try:
        data = msgspec.json.decode(content)
    except (ValueError, RecursionError) as exc:  # DecodeError and bad UTF-8 are ValueErrors
        raise ResultError("scoring.result_not_json") from exc
    if not isinstance(data, dict):
        raise ResultError("scoring.result_not_json")
    data = upgraded(data)
    _check_schemas(data)
    try:
        return Result.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        raise ResultError("scoring.result_refused", name=_key(known)) from exc


def _key(where: tuple[int | str, ...]) -> str:
    """The place in the document: names of our own fields and positions only."""
    return ".".join(str(part) for part in where[:6])[:80] or "-"


def _check_schemas(data: Mapping[str, Any]) -> None:
    expected = {"": RESULT_SCHEMA, "evidence": EVIDENCE_SCHEMA, "judgement": JUDGEMENT_SCHEMA, "edits": EDITS_SCHEMA}
    for part, schema in expected.items():
        document = data.get(part) if part else data
        if part in ("judgement", "edits") and document is None:
            continue
        if not isinstance(document, Mapping) or document.get("schema_version") != schema:
            raise ResultError("scoring.result_other_schema", expected=schema)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the result, as `timbre schema` prints it."""
    schema = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": RESULT_SCHEMA, **schema}
