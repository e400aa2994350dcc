"""Names, units, numbers and times in the reader's language, for the page and the terminal alike.

Ids come from rubrics and packs, which anyone may write: an id without a label is shown humanised. Sentences
(notes) are ours: there a missing one raises, in `service.say`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from audio.notes import Note, Param
from audio.timeline import Span
from service.say import Lang, Say, clock
from service.scoring.judgement import Score, Verdict

VERDICTS: tuple[Verdict, ...] = ("lived", "mechanical", "done", "free", "missing", "not_assessable", "not_expected")
"""The order in which a scorecard is read."""
BAND_WIDTH = 10
_KEPT_CONTROLS = frozenset("\n\t")
_BIDI_CONTROLS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DIGITS = {
    "st": 1,
    "st/s": 1,
    "bit": 1,
    "/100 words": 1,
    "syll/s": 1,
    "dB": 1,
    "s": 1,
    "ms": 0,
    "%": 0,
    "Hz": 0,
    "n": 0,
    "count": 0,
    "words/min": 0,
    "/10 min": 1,
    "/min": 1,
}


def plain(text: str) -> str:
    """Text from outside made safe to show: no control character (ANSI escapes need one), no direction override."""
    kept = (
        c for c in text if c in _KEPT_CONTROLS or not (unicodedata.category(c) in {"Cc", "Cs"} or c in _BIDI_CONTROLS)
    )
    return "".join(kept).replace("\u2028", " ").replace("\u2029", " ")


def humanise(identifier: str) -> str:
    """`room_share` -> `Room share`: better than a key, and plainly not a translation."""
    words = plain(identifier).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def band(score: Score) -> tuple[int, int] | None:
    """The stretch of 0-100 a score is shown as: its own low and high, else the ten points it falls in."""
    ten = band_of(score.value)
    if ten is None:
        return None
    floor = ten[0]
    low = floor if score.low is None else math.floor(score.low)
    high = floor + BAND_WIDTH if score.high is None else math.ceil(score.high)
    if high - low < BAND_WIDTH:  # a sliver would read as a single number
        low, high = min(low, floor), max(high, floor + BAND_WIDTH)
    return max(0, low), min(100, high)


def band_of(value: float | None) -> tuple[int, int] | None:
    """The ten points of 0-100 a value falls in."""
    if value is None:
        return None
    floor = min(100 - BAND_WIDTH, int(value // BAND_WIDTH) * BAND_WIDTH)
    return floor, floor + BAND_WIDTH


class Labels:
    """`Say` with the few helpers every reader-facing surface needs."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self.say = Say(lang)

    def note(self, note: Note) -> str:
        """A note's sentence, with its capital. Its text params may come from outside: made plain."""
        params = {k: self._param(k, v) for k, v in note.params.items()}
        sentence = self.say(Note(note.code, params))
        return sentence[:1].upper() + sentence[1:]

    def _param(self, name: str, value: Param) -> Param:
        if not isinstance(value, str):
            return value
        if name in ("line", "lines"):  # ids of the rubric, one or several
            return self.joined(self.of("gesture act criterion measure", line) for line in value.split(", "))
        return plain(value)

    def of(self, kinds: str, identifier: str) -> str:
        """A label: `of("gesture act", id)` looks up `gesture.<id>`, then `act.<id>`, else humanises the id."""
        for kind in kinds.split():
            if self.say.has(f"{kind}.{identifier}"):
                return self.say.text(f"{kind}.{identifier}")
        return humanise(identifier)

    def gesture(self, identifier: str) -> str:
        """A gesture's name."""
        return self.of("gesture act", identifier)

    def source(self, source: str) -> str:
        """`two channels, swift-f0 0.3`: the parts we know by name in the reader's language, tools as they are."""
        return ", ".join(self._source_part(part) for part in plain(source).split(", "))

    def _source_part(self, part: str) -> str:
        if self.say.has(f"source.{part}"):
            return self.say.text(f"source.{part}")
        first, _, rest = part.partition(" ")
        return f"{self.say.text('source.imported')} {rest}" if first == "imported" and rest else part

    def verdict(self, verdict: Verdict, n: int = 1) -> str:
        """A verdict's label, in the number it is counted in."""
        return self.of("verdict_some" if n > 1 else "verdict", verdict)

    def number(self, value: float, digits: int) -> str:
        """Rounded, with the language's decimal mark; no `-0`."""
        rounded = round(value, digits) + 0.0
        text = f"{rounded:.{digits}f}"
        return text.replace(".", ",") if self.lang == "fr" else text

    def quantity(self, value: float, unit: str) -> str:
        """A value with its unit, digits as the unit deserves: `2.4 semitones`."""
        digits = _DIGITS.get(unit, 2)
        if unit in {"", "-", "ratio", "share", "r", "n", "count"} and float(value).is_integer():
            digits = 0
        name = self.of("unit", unit) if unit else ""
        gap = "" if unit == "%" and self.lang == "en" else "\u00a0"
        return f"{self.number(value, digits)}{gap}{name}" if name else self.number(value, digits)

    def clock(self, time_s: float) -> str:
        """`1:05`, or `1:02:05` from one hour on."""
        return clock(time_s)

    def stretch(self, span: Span) -> str:
        """`1:05-1:09`; one time when both fall in the same second."""
        start, end = self.clock(span.start_s), self.clock(span.end_s)
        return start if start == end else f"{start}–{end}"

    def duration(self, duration_s: float) -> str:
        """A length in words: `4 min 05 s`."""
        whole = round(duration_s)
        if whole >= 3600:
            return self.say.text("page.time_hms", h=whole // 3600, m=whole // 60 % 60)
        if whole >= 60:
            return self.say.text("page.time_ms", m=whole // 60, s=whole % 60)
        return self.say.text("page.time_s", s=whole)

    def role(self, label: str) -> str:
        """`channel_0` -> `channel 1`."""
        kind, _, number = label.partition("_")
        if kind in {"channel", "speaker"} and number.isdigit():
            return self.say.text(f"page.{kind}", n=int(number) + 1)
        return humanise(label)

    def pair(self, name: str, value: str) -> str:
        """`name: value`, in the language's typography."""
        return f"{name}\u00a0: {value}" if self.lang == "fr" else f"{name}: {value}"

    def joined(self, names: Iterable[str]) -> str:
        """Names in a row."""
        return ", ".join(names)
