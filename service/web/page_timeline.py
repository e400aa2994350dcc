"""Geometry of the timeline: the call in rows, like lines of a score. Numbers only; the template draws.

Widths are shares of a row (percent for marks, 0 to WIDE for stretched shapes), so that one drawing fits any
screen. Heights are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from audio.floor import SILENCES, FloorEvent
from audio.timeline import FloatArray, FrameTrack, Party, Span
from service.labels import Labels
from service.scoring.evidence import Evidence
from service.scoring.judgement import GestureLine, Judgement, Moment
from service.web.page_head import voice_hidden
from service.web.page_metallic import metallic_of

WIDE = 10_000
ROWS_BY_DURATION_S = ((100.0, 1), (200.0, 2), (600.0, 3), (1200.0, 4), (math.inf, 6))
TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_TICKS = 7
MARK_GAP_PERCENT = 7.0
"""Two marks nearer than this go on two levels: 24 px of a 350 px row, the narrowest screen."""
MAX_LEVELS = 4
LEVEL_PX, LANE_PX, GLYPHS_PX, PITCH_PX, PACE_PX, AXIS_PX = 26, 14, 18, 64, 36, 20
METALLIC_PX = 3
PITCH_REACH_ST = 8.0
"""Semitones shown on each side of the agent's median; what lies beyond is drawn at the edge."""
PITCH_POINTS_PER_ROW = 1200
PACE_LOW_PER_S, PACE_HIGH_PER_S = 2.0, 8.0
"""Syllables per second at the foot and the head of the pace lane; what lies beyond is drawn at the edge."""
LANES: tuple[Party, ...] = ("agent", "customer", "unknown")
LINKED_KINDS = frozenset({"interruption", "failed_interruption", "dead_air"})
MAX_LINKED_PER_ROW = 40


@dataclass(frozen=True, eq=False)
class PageTracks:
    """Tracks a page can draw. `agent_pitch`: F0 in Hz, NaN where unvoiced or not the agent. `agent_pace`: syllables per
    second of the agent's turns.
    """

    agent_pitch: FrameTrack | None = None
    agent_pace: tuple[tuple[Span, float], ...] = ()


@dataclass(frozen=True)
class Mark:
    """A gesture, a moment or a floor event one can click. `shape` names the glyph; `number` stands on a moment."""

    x: float
    level: int
    shape: str
    time_s: float
    label: str
    number: int | None = None
    target: str = ""
    end_s: float | None = None


@dataclass(frozen=True)
class Lane:
    """One party's speech: an SVG path in a WIDE x LANE_PX box."""

    party: Party
    name: str
    path: str


@dataclass(frozen=True)
class Tick:
    """A time on the axis; `anchor` keeps its label inside the row."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Row:
    """One line of the score."""

    start_s: float
    end_s: float
    label: str
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    floor: tuple[Mark, ...]
    overlaps: str
    silences: tuple[tuple[float, float, str], ...]
    metallic: str
    pitch: str
    ticks: tuple[Tick, ...]
    levels: int
    pace: str = ""


@dataclass(frozen=True)
class Timeline:
    """All rows, and what to say about the pitch lane."""

    rows: tuple[Row, ...]
    has_pitch: bool
    pitch_note: str
    floor_kinds: tuple[str, ...]
    verdicts: tuple[str, ...]
    has_moments: bool
    has_metallic: bool
    has_pace: bool = False


def build_timeline(
    evidence: Evidence, judgement: Judgement | None, tracks: PageTracks | None, labels: Labels
) -> Timeline:
    """The whole call, 0 to its end."""
    silent = voice_hidden(judgement)
    pitch = None if tracks is None or silent else tracks.agent_pitch
    semitones = None if pitch is None else _semitones(pitch, evidence.speech.get("agent", ()))
    spans = row_spans(evidence.call.duration_s)
    pace = () if tracks is None or silent else tracks.agent_pace
    rows = tuple(
        replace(_row(span, evidence, judgement, semitones, labels), pace=pace_path(pace, span)) for span in spans
    )
    return Timeline(
        rows=rows,
        has_pitch=semitones is not None,
        pitch_note="" if silent else _pitch_note(semitones, spans, labels),
        floor_kinds=tuple(dict.fromkeys(e.kind for e in evidence.floor if e.kind != "gap")),
        verdicts=tuple(dict.fromkeys(g.verdict for g in judgement.gestures if g.occurrences)) if judgement else (),
        has_moments=bool(judgement and judgement.moments),
        has_metallic=bool(_metallic(evidence, judgement)),
        has_pace=bool(pace),
    )


def row_spans(duration_s: float) -> list[Span]:
    """Equal rows: one for a short call, at most six."""
    n = next(n for limit_s, n in ROWS_BY_DURATION_S if duration_s <= limit_s)
    step_s = max(duration_s, 1.0) / n
    return [Span(i * step_s, (i + 1) * step_s) for i in range(n)]


def _pitch_note(semitones: FrameTrack | None, spans: Sequence[Span], labels: Labels) -> str:
    if semitones is None:
        return labels.say.text("page.pitch_missing")
    step_s = _bin_size(semitones, spans[0]) * semitones.step_s
    return labels.say.text("page.pitch_point", step=step_s)


def _row(
    span: Span, evidence: Evidence, judgement: Judgement | None, semitones: FrameTrack | None, labels: Labels
) -> Row:
    gestures = judgement.gestures if judgement else ()
    moments = judgement.moments if judgement else ()
    marks = place([*_gesture_marks(gestures, span, labels), *_moment_marks(moments, span, labels)])
    events = [e for e in evidence.floor if e.kind != "gap" and e.span.overlap(span)]
    return Row(
        start_s=round(span.start_s, 3),
        end_s=round(span.end_s, 3),
        label=labels.say.text("page.timeline_alt", start=labels.clock(span.start_s), end=labels.clock(span.end_s)),
        lanes=tuple(_lanes(evidence.speech, span, labels)),
        marks=tuple(marks),
        floor=tuple(_floor_marks(events, span, labels)),
        overlaps=boxes([e.span for e in events if e.kind in {"interruption", "failed_interruption"}], span, 1),
        silences=tuple(_silences(events, span, labels)),
        metallic=boxes(_metallic(evidence, judgement), span, METALLIC_PX),
        pitch=pitch_path(semitones, span) if semitones is not None else "",
        ticks=tuple(_ticks(span, labels)),
        levels=1 + max((m.level for m in marks), default=-1),
    )


def _metallic(evidence: Evidence, judgement: Judgement | None) -> Sequence[Span]:
    found = metallic_of(evidence, judgement)
    return found.spans if found else ()


def _x(time_s: float, row: Span) -> float:
    return round(100 * (time_s - row.start_s) / row.duration_s, 3)


def boxes(spans: Iterable[Span], row: Span, height: int) -> str:
    """A path of boxes over the spans, x from 0 to WIDE."""
    parts: list[str] = []
    for span in spans:
        seen = span.overlap(row)
        if seen is not None:
            x = round(WIDE * (seen.start_s - row.start_s) / row.duration_s)
            width = max(1, round(WIDE * seen.duration_s / row.duration_s))
            parts.append(f"M{x} 0h{width}v{height}h-{width}z")
    return "".join(parts)


def _lanes(speech: Mapping[Party, Sequence[Span]], row: Span, labels: Labels) -> Iterable[Lane]:
    for party in LANES:
        if party != "unknown" or speech.get(party):
            yield Lane(party, labels.say.text(f"page.lane_{party}"), boxes(speech.get(party, ()), row, LANE_PX))


def _gesture_marks(gestures: Sequence[GestureLine], row: Span, labels: Labels) -> Iterable[Mark]:
    for line in gestures:
        for occurrence in line.occurrences:
            if row.contains(occurrence.span.start_s):
                at_s = occurrence.span.start_s
                label = labels.say.text(
                    "page.mark_gesture",
                    name=labels.gesture(line.id),
                    verdict=labels.verdict(line.verdict),
                    time=labels.clock(at_s),
                )
                yield Mark(_x(at_s, row), 0, line.verdict, at_s, label)


def _moment_marks(moments: Sequence[Moment], row: Span, labels: Labels) -> Iterable[Mark]:
    for number, moment in enumerate(moments, start=1):
        if row.contains(moment.span.start_s):
            label = labels.say.text(
                "page.mark_moment",
                n=number,
                name=labels.of("moment gesture act criterion", moment.kind),
                time=labels.clock(moment.span.start_s),
            )
            shape, x, heard = "good" if moment.good else "work", _x(moment.span.start_s, row), moment.listen
            yield Mark(x, 0, shape, heard.start_s, label, number, f"moment-{number}", heard.end_s)


def place(marks: Iterable[Mark]) -> list[Mark]:
    """Marks from left to right, each on the lowest level where it touches no other."""
    last_x: list[float] = []
    placed: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.x, m.number or 0)):
        free = [i for i, x in enumerate(last_x) if mark.x - x >= MARK_GAP_PERCENT]
        level = free[0] if free else min(len(last_x), MAX_LEVELS - 1)
        last_x[level : level + 1] = [mark.x]
        placed.append(replace(mark, level=level))
    return placed


def _floor_marks(events: Sequence[FloorEvent], row: Span, labels: Labels) -> Iterable[Mark]:
    linked = 0
    for event in events:
        if event.kind in SILENCES or not row.contains(event.span.start_s):
            continue
        linked += event.kind in LINKED_KINDS
        target = "link" if event.kind in LINKED_KINDS and linked <= MAX_LINKED_PER_ROW else ""
        label = labels.say.text(
            "page.mark_floor",
            name=labels.of("floor", event.kind),
            party=labels.of("party", event.by or "call"),
            time=labels.clock(event.span.start_s),
        )
        yield Mark(_x(event.span.start_s, row), 0, event.kind, event.span.start_s, label, target=target)


def _silences(events: Sequence[FloorEvent], row: Span, labels: Labels) -> Iterable[tuple[float, float, str]]:
    """(x, width, label) of long mutual silences, percent."""
    for event in events:
        seen = event.span.overlap(row)
        if event.kind in SILENCES and seen is not None:
            length = labels.quantity(event.span.duration_s, "s")
            label = length if event.kind == "dead_air" else f"{labels.of('floor', event.kind)}, {length}"
            yield _x(seen.start_s, row), round(100 * seen.duration_s / row.duration_s, 3), label


def _ticks(row: Span, labels: Labels) -> Iterable[Tick]:
    step_s = next((s for s in TICK_STEPS_S if row.duration_s / s <= MAX_TICKS), TICK_STEPS_S[-1])
    for i in range(math.ceil(row.start_s / step_s), math.floor(row.end_s / step_s) + 1):
        x = _x(i * step_s, row)
        anchor = "start" if x < 2 else "end" if x > 97 else "middle"
        yield Tick(x, labels.clock(i * step_s), anchor)


def _semitones(pitch: FrameTrack, speech: Sequence[Span]) -> FrameTrack | None:
    """Pitch around the agent's own median, semitones, inside the agent's speech; None when nothing is voiced."""
    values = np.where(pitch.mask(speech), pitch.values, np.nan).astype(np.float64)
    voiced = values[np.isfinite(values) & (values > 0)]
    if not len(voiced):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        around = 12 * np.log2(values / np.median(voiced))
    return FrameTrack(np.where(np.isfinite(around), around, np.nan), pitch.first_s, pitch.step_s, "st")


def _bin_size(track: FrameTrack, row: Span) -> int:
    return max(1, math.ceil(row.duration_s / track.step_s / PITCH_POINTS_PER_ROW))


def pitch_path(track: FrameTrack, row: Span) -> str:
    """A polyline in a WIDE x PITCH_PX box, broken where nothing is voiced; one median per bin."""
    size = _bin_size(track, row)
    first = max(0, round((row.start_s - track.first_s) / track.step_s))
    last = min(len(track.values), round((row.end_s - track.first_s) / track.step_s))
    parts: list[str] = []
    pen = "M"
    for i in range(first, last, size):
        value = _median(track.values[i : min(i + size, last)])
        if value is None:
            pen = "M"
            continue
        at_s = track.first_s + (i + min(size, last - i) / 2) * track.step_s
        x = round(WIDE * (at_s - row.start_s) / row.duration_s)
        y = PITCH_PX / 2 * (1 - max(-1.0, min(1.0, value / PITCH_REACH_ST)))
        # a lone point needs a stroke of some length to be seen
        parts.append(f"{pen}{x} {y:.1f}" + ("h6" if pen == "M" else ""))
        pen = "L"
    return "".join(parts)


def pace_path(pace: Iterable[tuple[Span, float]], row: Span) -> str:
    """A level line per turn in a WIDE x PACE_PX box."""
    parts = []
    for span, per_s in pace:
        seen = span.overlap(row)
        if seen is not None:
            x, width = (round(WIDE * part / row.duration_s) for part in (seen.start_s - row.start_s, seen.duration_s))
            share = (per_s - PACE_LOW_PER_S) / (PACE_HIGH_PER_S - PACE_LOW_PER_S)
            parts.append(f"M{x} {PACE_PX * (1 - max(0.0, min(1.0, share))):.1f}h{max(6, width)}")
    return "".join(parts)


def _median(values: FloatArray) -> float | None:
    voiced = values[np.isfinite(values)]
    return float(np.median(voiced)) if len(voiced) else None
