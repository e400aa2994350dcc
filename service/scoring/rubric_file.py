"""Reading rubrics: YAML, at most 256 KiB, no aliases, checked against the schema with file, line and key.

Nothing is constructed but plain data (`SafeLoader`); nesting is limited before the tree is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from audio.notes import Note
from service.scoring.errors import RubricError
from service.scoring.rubric import OWN_ERRORS, Rubric, Where

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
MAX_REFUSALS = 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events from C, eight times faster


def load_rubric(name_or_path: str) -> Rubric:
    """A shipped rubric by name, or one from a file (`.yaml`, `.yml`, or a path with a folder).

    Raises RubricError: unknown name, unreadable file, broken YAML, a value the schema refuses.
    """
    if not _is_path(name_or_path) and name_or_path in shipped_rubrics():
        return _shipped(name_or_path)
    content, file = rubric_content(name_or_path)
    return parse_rubric(content, file=file)


@lru_cache
def shipped_rubrics() -> tuple[str, ...]:
    """Names of the rubrics that come with the program."""
    folder = resources.files("service.scoring") / "rubrics"
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


@lru_cache
def _shipped(name: str) -> Rubric:
    content, file = rubric_content(name)
    return parse_rubric(content, file=file)


def rubric_content(name_or_path: str) -> tuple[bytes, str]:
    """The bytes of a rubric and the name errors give it. Raises RubricError: unknown name, unreadable file."""
    if not _is_path(name_or_path):
        if name_or_path not in shipped_rubrics():
            raise RubricError("scoring.rubric_unknown", known=", ".join(shipped_rubrics()))
        file = f"{name_or_path}.yaml"
        return (resources.files("service.scoring") / "rubrics" / file).read_bytes(), file
    path = Path(name_or_path)
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1), path.name
    except OSError as exc:
        raise RubricError("scoring.rubric_unreadable", file=path.name) from exc


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name


def parse_rubric(content: bytes, *, file: str) -> Rubric:
    """The rubric in `content`; `file` is the name errors give. Raises RubricError."""
    rubric, refusals = checked(read_yaml(content, file=file), file)
    if rubric is None:
        raise RubricError(refusals[0].code, **refusals[0].params)
    return rubric


@dataclass(frozen=True)
class Read:
    """A rubric's YAML as plain data, and its tree with the line of every key."""

    data: dict[str, Any]
    root: yaml.Node


def read_yaml(content: bytes, *, file: str) -> Read:
    """The YAML of a rubric, within the limits, not yet checked against the schema. Raises RubricError."""
    if len(content) > MAX_BYTES:
        raise RubricError("scoring.rubric_too_large", file=file, limit_kib=MAX_BYTES // 1024)
    try:
        text = content.decode("utf-8-sig")
        _check_shape(text, file)
        root = yaml.compose(text, Loader=_LOADER)
        data = _LOADER(text).get_single_data()
    except UnicodeDecodeError as exc:
        raise RubricError("scoring.rubric_not_text", file=file) from exc
    except (yaml.YAMLError, ValueError) as exc:  # ValueError: a date or number that YAML itself can't build
        raise RubricError("scoring.rubric_not_yaml", file=file, line=_line_of_error(exc)) from exc
    if not isinstance(data, dict) or root is None:
        raise RubricError("scoring.rubric_not_mapping", file=file)
    return Read(data, root)


def checked(read: Read, file: str) -> tuple[Rubric | None, list[Note]]:
    """The rubric, or every way in which the data breaks the schema, each with file, line and key."""
    twice = next(_duplicate_keys(read.root), None)
    if twice is not None:
        return None, [Note("scoring.rubric_key_twice", {"file": file, "line": twice[0], "name": twice[1]})]
    try:
        return Rubric.model_validate(read.data), []
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        return None, [_refusal(error, read.root, file) for error in errors[:MAX_REFUSALS]]


def _refusal(error: Any, root: yaml.Node, file: str) -> Note:
    own = error.get("ctx", {}).get("where")  # our checks of the whole rubric say where themselves
    line, key = locate(root, own or error["loc"])
    name = error["ctx"]["name"] if own else key
    return Note(f"scoring.rubric_{_reason(error['type'])}", {"file": file, "line": line, "name": name})


def _line_of_error(exc: Exception) -> int:
    mark = getattr(exc, "problem_mark", None)
    return mark.line + 1 if mark is not None else 1


def _check_shape(text: str, file: str) -> None:
    """Refuse aliases, deep nesting and endless lists before anything is built from them."""
    depth, line = 0, 1
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = event.start_mark.line + 1 if event.start_mark else line
        if isinstance(event, yaml.AliasEvent):
            raise RubricError("scoring.rubric_alias", file=file, line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise RubricError("scoring.rubric_too_deep", file=file, line=line, limit=MAX_DEPTH)


def _reason(kind: str) -> str:
    known = {"extra_forbidden": "key_unknown", "missing": "key_missing"}
    return known.get(kind, kind if kind in OWN_ERRORS else "value")


def _duplicate_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if str(key.value) in seen:
                yield key.start_mark.line + 1, str(key.value)[:40]
            seen.add(str(key.value))
            yield from _duplicate_keys(child)


def locate(node: yaml.Node, where: Where) -> tuple[int, str]:
    """Line and key of the deepest part of `where` that the file has."""
    line, key = node.start_mark.line + 1, ""
    for part in where:
        key = str(part)[:40] if isinstance(part, str) else key
        child = _child(node, part)
        if child is None:
            return line, key
        line, node = child
    return line, key


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((k.start_mark.line + 1, v) for k, v in node.value if str(k.value) == str(part)), None)
    return None
