"""Metallic: flat pitch, even loudness, even rate, uniform endings, even rhythm, counted over one voice.

Not a voice quality and not a judgement: a count of five measures that are low at the same time (measures.md 2.3, [P]:
proposed there, checked against no listener yet). Always shown with its five numbers and its seconds.

Windows     60 s of the speaker's own speech (others and pauses of 250 ms or more left out), one every 10 s.
Components  pitch spread (st), loudness spread (dB), variation of the rate (SD / mean), entropy of the final contours
            (bit), nPVI of the syllable nuclei. Each needs its own material and noise gate (`audio.voice.MINIMUM`).
Low         With ten or more earlier calls of the same speaker (same language, channel class and syllable source,
            only calls that started before): robust z = (x - median) / (1.4826 MAD) under -1.5 against their windows.
            Without them: under a fixed floor (`audio.metallic_floors`), which the loudness spread has not.
            A component with neither is not assessable.
Metallic    a window with at least 4 assessable components of which at least 3 are low.
Stretch     10 s of speech are metallic when at least half of the windows that hold them are: windows merged whole
            would claim most of a minute too much on either side. A stretch much shorter than 60 s is diluted.
Share       metallic speech / assessable speech, %.
Flag        one metallic run of 2 minutes of speech.

Limits. Against their own calls nobody who always speaks alike is ever low. Literal metal in the sound (codec, packet
loss, noise suppression) is a matter of `audio.quality`, not of this. No population norm exists for any of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audio import loudness, pitch, tempo
from audio.metallic_baseline import BASELINE_CALLS, COMPONENTS, Baseline
from audio.metallic_floors import FLOORS
from audio.notes import Measure, Note
from audio.sheet import Sheet, short_of, under_snr
from audio.timeline import Span, intersect, runs, total_s
from audio.voice import MINIMUM, VoiceTracks
from audio.word_tempo import Counted

WINDOW_S, HOP_S = 60.0, 10.0
LOW_Z = -1.5
LEAST_ASSESSABLE, LEAST_LOW = 4, 3
FLAG_S = 120.0
CLIP_S, CLIP_VOICED_S = 20.0, 5.0
_EDGE_S = 1e-6
_APART = round(WINDOW_S / HOP_S)


@dataclass(frozen=True)
class Component:
    """One of the five. `low` None: not assessable, and `reason` says why; `value` None: not even measured.

    limit  the value under which it is low
    z      robust z against the earlier calls; None where the fixed floor decided
    """

    name: str
    value: float | None
    limit: float | None = None
    z: float | None = None
    low: bool | None = None
    reason: Note | None = None


@dataclass(frozen=True)
class MetallicWindow:
    """60 s of speech that lie in `span` of the call; `first_s`: where they begin in the speaker's own speech."""

    first_s: float
    span: Span
    components: tuple[Component, ...]

    @property
    def n_assessable(self) -> int:
        """Components that could be read against a floor or a baseline."""
        return sum(c.low is not None for c in self.components)

    @property
    def n_low(self) -> int:
        """Components found low."""
        return sum(c.low is True for c in self.components)

    def component(self, name: str) -> Component:
        """One of the five."""
        return self.components[COMPONENTS.index(name)]

    @property
    def metallic(self) -> bool | None:
        """None: fewer than four components were assessable."""
        return self.n_low >= LEAST_LOW if self.n_assessable >= LEAST_ASSESSABLE else None


@dataclass(frozen=True)
class Metallic:
    """The measure over one call.

    share_percent  metallic part of the assessable speech; None with `reason`
    components     the five: medians over the windows (over all speech when it is shorter than one), judged alike
    spans          metallic stretches in call time, sorted, disjoint: from the first to the last word of each run
    longest_s      speech in the longest metallic run
    flagged        a run of 2 minutes or more; None when not assessable
    worst          the worst 20 s of the call to listen to; None without a metallic window
    worst_window   the window they lie in
    baseline       version of the baseline used, empty when there was none
    """

    share_percent: float | None
    reason: Note | None
    components: tuple[Component, ...]
    windows: tuple[MetallicWindow, ...] = ()
    assessable_s: float = 0.0
    spans: tuple[Span, ...] = ()
    longest_s: float = 0.0
    flagged: bool | None = None
    worst: Span | None = None
    worst_window: MetallicWindow | None = None
    baseline: str = ""

    def windows_low(self, name: str) -> tuple[int, int]:
        """(windows in which a component is low, windows in which it was assessable)."""
        read = [low for w in self.windows if (low := w.component(name).low) is not None]
        return sum(read), len(read)


@dataclass(frozen=True, eq=False)
class _Voice:
    """All that the components are read from, looked up once per call."""

    tracks: VoiceTracks
    counted: Counted
    endings: tuple[pitch.Ending, ...]
    snr_db: float | None


def find_metallic(
    tracks: VoiceTracks,
    speech: Sequence[Span],
    counted: Counted,
    *,
    snr_db: float | None = None,
    baseline: Baseline | None = None,
) -> Metallic:
    """The metallic part of one voice. `speech`: sorted, disjoint, nobody else speaking; `counted`: its syllables.

    `metallic_share` (%): Share of the speech in which at least 3 of five components are low at once: pitch spread,
    loudness spread, variation of the rate, variety of the endings, irregularity of the rhythm. A physical count,
    shown with its five numbers. Formula: windows of 60 s of speech every 10 s; 10 s are metallic when at least half
    of the windows that hold them are; low = robust z under -1.5 against 10 or more earlier calls (same agent,
    language, channel and way of counting syllables), else under the fixed limits 1.5 st, 0.1 (rate), 0.6 bit, 30
    (rhythm); loudness has no fixed limit. Needs: 60 s of speech and 4 components that can be read: without 10
    earlier calls these are pitch, rate, endings and rhythm. Withheld without: signal-to-noise ratio of 20 dB for
    pitch and endings, 25 dB for loudness. Source: our own proposal; a flag needs 120 s in one run. Published
    figures: No listener has checked it yet. The fixed limits were held against 53 windows of natural speech (4
    voices, telephone and wideband: none metallic; lowest pitch spread 2.1 st, endings 1.0 bit, rhythm 37; a quarter
    of them under the limit of the rate, which alone says nothing) and against speech made flat and even. Limits:
    Against their own calls nobody who always speaks alike is ever low. The fixed limits find only what is very flat
    and very even. Read speech need not be flat. Codecs and noise suppression can sound metallic without any of this.
    """
    pieces = tempo.phonation(speech)
    voice = _Voice(tracks, counted, tuple(pitch.endings(tracks.pitch, speech)), snr_db)
    known = baseline or Baseline()
    windows = tuple(
        MetallicWindow(HOP_S * i, Span(part[0].start_s, part[-1].end_s), _components(voice, part, known))
        for i, part in enumerate(_windows(pieces))
    )
    overall = _medians(windows, known) if windows else _components(voice, pieces, known)
    judged = [w for w in windows if w.metallic is not None]
    if not judged:
        return Metallic(None, _why_not(pieces, windows, known, snr_db), overall, windows, baseline=known.version)
    return _summed(voice, pieces, windows, overall, known.version)


def _summed(
    voice: _Voice,
    pieces: Sequence[Span],
    windows: tuple[MetallicWindow, ...],
    overall: tuple[Component, ...],
    version: str,
) -> Metallic:
    steps = _steps(windows)
    assessable_s = HOP_S * sum(step is not None for step in steps)
    metallic = _runs(steps)
    longest_s = max((b - a for a, b in metallic), default=0.0)
    found = [_cut(pieces, a, b) for a, b in metallic]
    spans = tuple(Span(part[0].start_s, part[-1].end_s) for part in found)
    window = _worst_window(windows, spans)
    return Metallic(
        share_percent=100 * sum(b - a for a, b in metallic) / assessable_s,
        reason=None,
        components=overall,
        windows=windows,
        assessable_s=assessable_s,
        spans=spans,
        longest_s=longest_s,
        flagged=longest_s >= FLAG_S - _EDGE_S,
        worst=None if window is None else _worst(voice.tracks, pieces, window, spans),
        worst_window=window,
        baseline=version,
    )


def measure_metallic(found: Metallic, sheet: Sheet) -> None:
    """Adds `metallic_share` to the sheet: % of the assessable speech; its source names the baseline."""
    by = sheet.by(f"baseline {found.baseline}" if found.baseline else "").on(found.assessable_s, "s")
    by.add("metallic_share", found.share_percent, "%", found.reason)


def metallic_measures(found: Metallic, *, source: str, spoken: bool) -> list[Measure]:
    """`metallic_share` alone, as a list of measures."""
    sheet = Sheet(source, gates=True, spoken=spoken)
    measure_metallic(found, sheet)
    return sheet.measures


def _windows(pieces: Sequence[Span]) -> Iterator[list[Span]]:
    """Every 60 s of speech, 10 s apart: the spans of the call they lie in. A rest under 10 s starts no window."""
    spoken_s = total_s(pieces)
    for i in range(int((spoken_s - WINDOW_S + _EDGE_S) // HOP_S) + 1 if spoken_s + _EDGE_S >= WINDOW_S else 0):
        yield _cut(pieces, HOP_S * i, HOP_S * i + WINDOW_S)


def _cut(pieces: Sequence[Span], from_s: float, to_s: float) -> list[Span]:
    """The part of the pieces between two times of their own speech: [from_s, to_s) counted along the speech."""
    found: list[Span] = []
    for piece, begins_s in zip(pieces, itertools.accumulate((p.duration_s for p in pieces), initial=0.0), strict=False):
        a, b = max(0.0, from_s - begins_s), min(piece.duration_s, to_s - begins_s)
        if b - a > _EDGE_S:
            found.append(Span(piece.start_s + a, piece.start_s + b))
    return found


def _steps(windows: Sequence[MetallicWindow]) -> list[bool | None]:
    """For each 10 s of speech, the vote of the windows that hold it; None where none was assessable."""
    votes = [[w.metallic for w in windows[max(0, k - _APART + 1) : k + 1]] for k in range(len(windows) + _APART - 1)]
    cast = [[v for v in held if v is not None] for held in votes]
    return [2 * sum(held) >= len(held) if held else None for held in cast]


def _runs(steps: Sequence[bool | None]) -> list[tuple[float, float]]:
    """Merged metallic steps, seconds of the speaker's own speech."""
    mask = np.array([step is True for step in steps], dtype=np.bool_)
    return [(float(s.start_s), float(s.end_s)) for s in runs(mask, first_s=0.0, step_s=HOP_S)]


def _components(voice: _Voice, part: Sequence[Span], baseline: Baseline) -> tuple[Component, ...]:
    if not part:
        return tuple(Component(name, None, reason=Note("voice.no_speech")) for name in COMPONENTS)
    values = {**_pitch_and_level(voice, part), **_rate_and_rhythm(voice, part)}
    return tuple(_judged(name, *values[name], baseline) for name in COMPONENTS)


Measured = tuple[float | None, Note | None]


def _pitch_and_level(voice: _Voice, part: Sequence[Span]) -> dict[str, Measured]:
    f0 = pitch.voiced_hz(voice.tracks.pitch, part)
    frames = loudness.loud_frames_db(voice.tracks.loudness, part)
    voiced_s, loud_s = len(f0) * voice.tracks.pitch.step_s, len(frames) * voice.tracks.loudness.step_s
    pitch_noise = under_snr(voice.snr_db, MINIMUM.pitch_snr_db)
    within = Span(part[0].start_s, part[-1].end_s + _EDGE_S)
    contours = [e.contour for e in voice.endings if within.contains(e.end_s)]
    few_voiced = short_of("voice.too_little_voiced", voiced_s, MINIMUM.voiced_s)
    few_loud = short_of("voice.too_little_speech", loud_s, MINIMUM.loud_s)
    few_endings = short_of("voice.too_few_endings", len(contours), MINIMUM.endings)
    level_noise = under_snr(voice.snr_db, MINIMUM.loudness_snr_db)
    return {
        "pitch_spread": (pitch.pitch_spread_st(f0), pitch_noise or few_voiced),
        "loudness_spread": (loudness.loudness_spread_db(frames), level_noise or few_loud),
        "final_contour_entropy": (pitch.contour_entropy_bits(contours), pitch_noise or few_endings),
    }


def _rate_and_rhythm(voice: _Voice, part: Sequence[Span]) -> dict[str, Measured]:
    within = Span(part[0].start_s, part[-1].end_s)
    inside = [p for p in voice.counted.pieces if within.contains(p.start_s + p.duration_s / 2)]
    rated = tempo.long_enough(inside)
    rhythm = tempo.npvi(tempo.nucleus_intervals_s(part, voice.tracks.nuclei_s))
    few = short_of("voice.too_few_stretches", len(rated), MINIMUM.cv_stretches)
    short = short_of("voice.too_little_speech", total_s(part) + _EDGE_S, MINIMUM.npvi_s)
    return {"rate_cv": (tempo.rate_cv(rated), few), "syllable_npvi": (rhythm, short)}


def _judged(name: str, value: float | None, unmet: Note | None, baseline: Baseline) -> Component:
    """Low against the baseline when it has the component, else against its floor, else not assessable."""
    if unmet is not None or value is None:
        return Component(name, None, reason=unmet or Note("voice.not_measurable"))
    norm = baseline.norms.get(name)
    if norm is not None:
        z = (value - norm.median) / norm.scale
        return Component(name, value, norm.median + LOW_Z * norm.scale, z, z < LOW_Z)
    floor = FLOORS.get(name)
    if floor is None:
        return Component(name, value, reason=Note("voice.no_floor", {"need": BASELINE_CALLS}))
    return Component(name, value, floor, None, value < floor)


def _medians(windows: Sequence[MetallicWindow], baseline: Baseline) -> tuple[Component, ...]:
    return tuple(_median([w.component(name) for w in windows], baseline) for name in COMPONENTS)


def _median(found: Sequence[Component], baseline: Baseline) -> Component:
    """One component over all windows; where no window could measure it, the first one's reason."""
    values = [c.value for c in found if c.value is not None]
    return _judged(found[0].name, float(np.median(values)), None, baseline) if values else found[0]


def _why_not(
    pieces: Sequence[Span], windows: Sequence[MetallicWindow], baseline: Baseline, snr_db: float | None
) -> Note:
    """The first thing that stands in the way: speech, noise, a baseline, material."""
    spoken_s = total_s(pieces)
    if not windows:
        return Note("voice.metallic_short", {"have": spoken_s, "need": WINDOW_S}) if pieces else Note("voice.no_speech")
    noise = under_snr(snr_db, MINIMUM.pitch_snr_db)
    have = max(w.n_assessable for w in windows)
    needs: dict[str, int | float] = {"have": have, "need": LEAST_ASSESSABLE}
    if noise is not None:
        return noise
    if baseline.n_calls < BASELINE_CALLS:
        return Note("voice.metallic_no_baseline", {**needs, "calls": baseline.n_calls, "need_calls": BASELINE_CALLS})
    return Note("voice.metallic_few_components", needs)


def _worst_window(windows: Sequence[MetallicWindow], spans: Sequence[Span]) -> MetallicWindow | None:
    """Most components low, then the lowest values against their limits."""
    held = [w for w in windows if w.metallic and intersect(spans, [w.span])]
    return min(held, key=_badness) if held else None


def _worst(tracks: VoiceTracks, pieces: Sequence[Span], window: MetallicWindow, spans: Sequence[Span]) -> Span:
    """20 s of the call in the window, inside the spans, where pitch and loudness move least.

    Clips start with a stretch of speech; one with under 5 s voiced is no example.
    """
    part = intersect(pieces, intersect(spans, [window.span]))
    latest_s = window.span.end_s - CLIP_S
    clips = [Span(start_s, start_s + CLIP_S) for start_s in sorted({min(s.start_s, latest_s) for s in part})]
    moved = [_movement(tracks, intersect(part, [clip])) for clip in clips]
    return min(zip(moved, clips, strict=True))[1]


def _badness(window: MetallicWindow) -> tuple[int, float]:
    ratios = [c.value / c.limit for c in window.components if c.low and c.value is not None and c.limit]
    return -window.n_low, float(np.mean(ratios)) if ratios else 0.0


def _movement(tracks: VoiceTracks, speech: Sequence[Span]) -> float:
    """Pitch spread (st) plus loudness spread (dB over 3, their usual ratio); infinite with under 5 s voiced."""
    f0 = pitch.voiced_hz(tracks.pitch, speech)
    if len(f0) * tracks.pitch.step_s < CLIP_VOICED_S:
        return float("inf")
    level_db = loudness.loudness_spread_db(loudness.loud_frames_db(tracks.loudness, speech))
    return (pitch.pitch_spread_st(f0) or 0.0) + (level_db or 0.0) / 3


def apart(windows: Sequence[MetallicWindow]) -> tuple[Mapping[str, float | None], ...]:
    """The values of every sixth window: those that share no speech. What an `EarlierCall` keeps."""
    return tuple({c.name: c.value for c in w.components} for w in windows[::_APART])
