"""Pack files into plain values that remember their lines. Nothing is built before size, aliases and depth are checked.

Packs are written by users, so a file may be hostile: 5 MB of text, aliases that multiply ("billion laughs"), brackets
nested a thousand deep. Aliases are refused altogether (lists of the pack do their job), which leaves nothing to
multiply.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from service.words.rules.errors import PackError, shown

MAX_BYTES = 1_000_000
MAX_DEPTH = 8

# libyaml reads the packs ten times faster; it is in the wheels, the pure parser stands in elsewhere.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Field:
    """A value of the file and where it stands. `value`: str (also for numbers), list of Field, or dict of Field."""

    value: str | tuple[Field, ...] | Mapping[str, Field]
    file: str
    line: int
    key: str

    def error(self, code: str, **more: str | int | float) -> PackError:
        """A PackError that names this place."""
        return PackError(code, file=self.file, line=self.line, field=self.key or "pack", **more)

    def text(self) -> str:
        """The value as text; PackError for anything else, as in the next two."""
        if not isinstance(self.value, str):
            raise self.error("acts.pack_not_text")
        return self.value

    def items(self) -> tuple[Field, ...]:
        """The value as a list."""
        if not isinstance(self.value, tuple):
            raise self.error("acts.pack_not_list")
        return self.value

    def mapping(self) -> Mapping[str, Field]:
        """The value as keys and values."""
        if not isinstance(self.value, Mapping):
            raise self.error("acts.pack_not_mapping")
        return self.value


def read_fields(data: bytes, file: str) -> Field:
    """The document of one file. Raises PackError when it is too large, not YAML, too deep, or has aliases."""
    if len(data) > MAX_BYTES:
        raise _too_large(file, len(data))
    try:
        text = data.decode("utf-8-sig")
        _refuse_aliases_and_depth(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError:
        raise PackError("acts.pack_not_utf8", file=file) from None
    except yaml.YAMLError as error:
        raise PackError("acts.pack_not_yaml", file=file, line=_line_of(error)) from None
    if root is None:
        raise PackError("acts.pack_empty", file=file)
    return _field(root, file, "")


def read_file(path: Path) -> Field:
    """Like `read_fields`, reading at most one byte over the limit. Plain files only: a pipe would be waited for."""
    try:
        if path.exists() and not path.is_file():
            raise PackError("acts.pack_no_file", file=shown(path.name))
        with path.open("rb") as stream:
            size, data = os.fstat(stream.fileno()).st_size, stream.read(MAX_BYTES + 1)
    except (OSError, ValueError):  # ValueError: a name with a zero byte
        raise PackError("acts.pack_unreadable", file=shown(path.name)) from None
    if len(data) > MAX_BYTES:
        raise _too_large(shown(path.name), max(size, len(data)))
    return read_fields(data, shown(path.name))


def _too_large(file: str, n_bytes: int) -> PackError:
    return PackError("acts.pack_too_large", file=file, size_kb=n_bytes // 1000, limit_kb=MAX_BYTES // 1000)


def _refuse_aliases_and_depth(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise PackError("acts.pack_alias", file=file, line=_line(event.start_mark))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise PackError("acts.pack_too_deep", file=file, line=_line(event.start_mark), limit=MAX_DEPTH)


def _line(mark: Any) -> int:
    """Counted from 1; libyaml gives every event a mark, its types say it might not."""
    return int(mark.line) + 1 if mark is not None else 1


def _line_of(error: yaml.YAMLError) -> int:
    return _line(getattr(error, "problem_mark", None))


def _field(node: yaml.Node, file: str, key: str) -> Field:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Field(dict(_pairs(node, file)), file, line, key)
    if isinstance(node, yaml.SequenceNode):
        return Field(tuple(_field(n, file, key) for n in node.value), file, line, key)
    return Field(str(node.value), file, line, key)


def _pairs(node: yaml.MappingNode, file: str) -> Iterator[tuple[str, Field]]:
    seen: set[str] = set()
    for name, value in node.value:
        key = shown(name.value) if isinstance(name, yaml.ScalarNode) else "?"
        field = _field(value, file, key)
        if key in seen:
            raise PackError("acts.pack_key_twice", file=file, line=name.start_mark.line + 1, field=key)
        seen.add(key)
        yield key, field
