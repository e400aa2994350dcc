"""The text of each measure in the docstring of the function that computes it: `python -m tests.docstrings` writes them.

The text is the page's own (`service/reference.yaml`, English, with the code's constants filled in); an entry's `where`
names the function. A paragraph begins with the measure's name in backquotes and runs to the end of the docstring or to
the next such paragraph. `test_reference` fails while a docstring says something else than the page.
"""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.reference import entries, paragraph

WIDTH = 117  # a docstring's first line has its quotes before it
ROOT = Path(__file__).parents[1]


def places() -> Iterator[tuple[str, str, str]]:
    """(module, function, paragraph) of every entry."""
    for entry in entries():
        module, _, function = str(entry["where"]).rpartition(".")
        yield module, function, paragraph(entry)


def docstring_of(module: str, function: str) -> str:
    """What the function says of itself, on one line."""
    found: Any = getattr(importlib.import_module(module), function)
    return " ".join((found.__doc__ or "").split())


def main() -> None:
    """Write every paragraph into its docstring, all of a function's at its end, in the order of the page."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for module, function, text in places():
        wanted.setdefault((module, function), []).append(text)
    for (module, function), texts in wanted.items():
        _write(ROOT / f"{module.replace('.', '/')}.py", function, texts)


def _write(path: Path, function: str, texts: list[str]) -> None:
    source = path.read_text(encoding="utf-8")
    node = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == function)
    first = node.body[0]
    old = ast.get_docstring(node, clean=True) or ""
    kept = re.split(r"(?:^|\n\n)`[a-z0-9_]+`(?:, `[a-z0-9_]+`)* \(", old)[0].rstrip()
    indent = " " * first.col_offset
    body = "\n\n".join([*filter(None, [textwrap.indent(kept, indent)]), *(_wrapped(text, indent) for text in texts)])
    lines = source.splitlines(keepends=True)
    stop = first.end_lineno if old else first.lineno - 1
    lines[first.lineno - 1 : stop] = [f'{indent}"""{body.lstrip()}\n{indent}"""\n']
    path.write_text("".join(lines), encoding="utf-8")


def _wrapped(text: str, indent: str) -> str:
    wrap = textwrap.TextWrapper(
        WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return wrap.fill(text)


if __name__ == "__main__":
    main()
