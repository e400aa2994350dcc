"""Text on a terminal: paragraphs and titles whose no-break spaces hold, in what the terminal can write.

Everything is printed as `rich.text.Text`, so no markup in a name or a quote is ever read, and `plain` drops
control characters, so no escape sequence reaches the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from service.labels import plain

NO_BREAK, _KEPT_TOGETHER = "\u00a0", "\ue000"
"""Rich breaks lines at a no-break space like at any other: it is kept as a private character until printed."""
_PLAINER = {ord("’"): "'", ord("–"): "-", ord("—"): "-", ord("→"): ">"}


def print_blocks(blocks: Iterable[RenderableType], console: Console, *, width: int, gap: bool = True) -> None:
    """Block after block, at most `width` columns wide, an empty line after each."""
    for block in blocks:
        console.print(_Unbroken(block), width=width, markup=False, highlight=False, emoji=False)
        if gap:
            console.print()


@dataclass(frozen=True)
class _Unbroken:
    """A block whose no-break spaces come back once its lines are broken."""

    block: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in console.render(self.block, options):
            yield Segment(_written(part.text, console.encoding), part.style, part.control)


def _written(text: str, encoding: str) -> str:
    """As the terminal can write it: plainer dashes and apostrophes where it knows no others, `?` for the rest."""
    if encoding.lower().startswith("utf"):
        return text.replace(_KEPT_TOGETHER, NO_BREAK)
    return text.replace(_KEPT_TOGETHER, " ").translate(_PLAINER).encode(encoding, "replace").decode(encoding)


def paragraph(text: str, style: str = "") -> Text:
    """One paragraph of text from anywhere, made plain."""
    words = re.split(r"[ \t\n\r\f\v]+", plain(text).replace(NO_BREAK, _KEPT_TOGETHER))
    return Text(" ".join(words).strip(), style=style)


def title(text: str) -> Text:
    """A heading."""
    return paragraph(text, "bold underline")
