"""Results on disk: one JSON file with the two documents, sorted keys, floats rounded once.

Scoring runs on rounded values, so that judging a stored result again gives the same bytes. Reading is strict:
at most 64 MiB, no unknown key, no NaN, and errors name the place in the document, never its content.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from service.scoring.errors import ResultError
from service.scoring.evidence import EVIDENCE_SCHEMA, Document, Evidence
from service.scoring.judgement import JUDGEMENT_SCHEMA, Judgement

RESULT_SCHEMA: Literal["timbre.result/1"] = "timbre.result/1"
DECIMALS = 3
MAX_BYTES = 64 * 1024 * 1024
_DocumentT = TypeVar("_DocumentT", bound=BaseModel)


class Result(Document):
    """The envelope: what was heard, and what it is worth under one rubric (null when there was no conversation)."""

    schema_version: Literal["timbre.result/1"] = RESULT_SCHEMA
    evidence: Evidence
    judgement: Judgement | None = None


def rounded(document: _DocumentT) -> _DocumentT:
    """The same document with every float at three decimals, as it will be read back."""
    return type(document).model_validate(_rounded(document.model_dump()))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0  # + 0.0: no -0.0 in a file
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value


def to_json(evidence: Evidence, judgement: Judgement | None) -> bytes:
    """The result as UTF-8 JSON, the same bytes for the same documents."""
    content = Result(evidence=evidence, judgement=judgement).model_dump(mode="json")
    text = json.dumps(_rounded(content), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode("utf-8")


def read_result(path: Path) -> Result:
    """A stored result. Raises ResultError: unreadable, too large, not JSON, another schema, a refused value."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        raise ResultError("scoring.result_unreadable") from exc
    return parse_result(content)


def parse_result(content: bytes) -> Result:
    """The result in `content`. Raises ResultError."""
    if len(content) > MAX_BYTES:
        raise ResultError("scoring.result_too_large", limit_mib=MAX_BYTES // 2**20)
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise ResultError("scoring.result_not_json") from exc
    if not isinstance(data, dict):
        raise ResultError("scoring.result_not_json")
    _check_schemas(data)
    try:
        return Result.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        raise ResultError("scoring.result_refused", name=_key(known)) from exc


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _key(where: tuple[int | str, ...]) -> str:
    """The place in the document: names of our own fields and positions only."""
    return ".".join(str(part) for part in where[:6])[:80] or "-"


def _check_schemas(data: dict[str, Any]) -> None:
    expected = {"": RESULT_SCHEMA, "evidence": EVIDENCE_SCHEMA, "judgement": JUDGEMENT_SCHEMA}
    for part, schema in expected.items():
        document = data.get(part) if part else data
        if part == "judgement" and document is None:
            continue
        if not isinstance(document, dict) or document.get("schema_version") != schema:
            raise ResultError("scoring.result_other_schema", expected=schema)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the result, as `timbre schema` prints it."""
    schema = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": RESULT_SCHEMA, **schema}
