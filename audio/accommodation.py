"""Accommodation: do two voices move together, exchange by exchange?

An exchange is the place where one party ends a turn and the other begins one. At each, both voices are read close to
it: the last 3 s of speech of the turn that ends, the first 3 s of the one that begins. Three features: pitch (median,
st against the voice's own median in the call), loudness (mean, dB against its own loud level), rate (syllable nuclei
of the signal per second). Exchanges of both directions count, in the order of the call.

sync_<feature>         Pearson r of the two voices over exchanges, each voice's straight trend over the call taken out.
                       1: up and down together; -1: against each other.
convergence_<feature>  Pearson r of -|a - b| with the number of the exchange. Over 0: closer as the call goes on.
Unit r. Needs two channels (a diarized voice has the wrong edges) and 30 exchanges at which both sides were read.

p by circular shift: one voice is moved against the other by whole exchanges, around the end of the call, and p is the
share of shifts that give as strong an r. A shift keeps each voice's own slow changes, which chance also has. Shifts by
one are left out: they pair the same turns again. A call of n exchanges has n - 3 different shifts; all of them are
used up to 1000, of more a thousand drawn with a fixed seed.

Source: Levitan & Hirschberg 2011 (formulas recalled); population: task dialogues in American English, and mixed
results since (measures.md 6). 30 exchanges show r of 0.49 or more, 85 show 0.30: most calls say nothing. Loudness is
confounded by automatic gain. Nothing is scored on one call, and going along with a customer who gets louder and
faster is not a good thing by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import loudness, pitch, tempo
from audio.notes import Measure, Note
from audio.sheet import Sheet, short_of
from audio.timeline import Party, Span, Turn, intersect, total_s
from audio.turns import floor_turns
from audio.voice import VoiceTracks

MIN_EXCHANGES = 30
SHIFTS, SEED, NEAREST_SHIFT = 1000, 20, 2
CHANCE_P = 0.05
EDGE_S = 3.0
EDGE_VOICED_S, EDGE_LOUD_S, EDGE_SPOKEN_S, EDGE_NUCLEI = 0.3, 0.5, 0.8, 4
FEATURES = ("pitch", "loudness", "rate")
PARTIES: tuple[Party, Party] = ("agent", "customer")
Series = NDArray[np.float64]


@dataclass(frozen=True)
class Exchange:
    """One party ends, the other begins: the stretch of each that is read, in call time."""

    time_s: float
    edges: Mapping[Party, Span]


@dataclass(frozen=True)
class Correlation:
    """r and its p by circular shift over n exchanges."""

    r: float
    p: float
    n: int


def find_exchanges(turns: Sequence[Turn]) -> list[Exchange]:
    """Changes of the floor between agent and customer, in order; `turns` as `audio.turns.build_turns` sorts them."""
    held = [t for t in floor_turns(turns) if t.party in PARTIES]
    return [
        Exchange(after.span.start_s, {before.party: before.span, after.party: after.span})
        for before, after in itertools.pairwise(held)
        if before.party != after.party and before.span.start_s < after.span.start_s
    ]


def edge_values(tracks: VoiceTracks, turn: Span, *, ending: bool) -> dict[str, float]:
    """pitch (st), loudness (dB), rate (syll/s) of the last or first 3 s of a turn's speech; NaN where too short.

    Pitch is against the voice's own median in the call.
    """
    edge = _edge(intersect(tracks.speech, [turn]), ending=ending)
    f0 = pitch.voiced_hz(tracks.pitch, edge)
    frames = loudness.loud_frames_db(tracks.loudness, edge)
    nuclei, spoken_s = sum(tempo.count_inside(tracks.nuclei_s, edge)), total_s(edge)
    voiced = len(f0) * tracks.pitch.step_s >= EDGE_VOICED_S
    loud = len(frames) * tracks.loudness.step_s >= EDGE_LOUD_S
    rated = nuclei >= EDGE_NUCLEI and spoken_s >= EDGE_SPOKEN_S
    return {
        "pitch": float(12 * np.log2(np.median(f0) / np.nanmedian(tracks.pitch.values))) if voiced else np.nan,
        "loudness": float(frames.mean()) if loud else np.nan,
        "rate": nuclei / spoken_s if rated else np.nan,
    }


def _edge(speech: Sequence[Span], *, ending: bool) -> list[Span]:
    """The last (or first) 3 s of the spans, counted along them."""
    kept: list[Span] = []
    left_s = EDGE_S
    for span in reversed(speech) if ending else speech:
        take_s = min(left_s, span.duration_s)
        if take_s <= 0:
            break
        kept.append(Span(span.end_s - take_s, span.end_s) if ending else Span(span.start_s, span.start_s + take_s))
        left_s -= take_s
    return sorted(kept)


def synchrony(a: Series, b: Series) -> Correlation | None:
    """Pearson r of two detrended series, shape (n,), with its p. None under 4 values or when one never moves.

    `sync_pitch`, `sync_loudness`, `sync_rate` (r): Whether the two voices move together from exchange to exchange: 1
    together, -1 against each other. Formula: Pearson r of both voices over the changes of the floor (last and first
    3 s of speech), each voice's straight trend taken out; p by circular shift, at most 1000 shifts. Needs: 30
    exchanges at which both voices could be read. Withheld without: two channels. Source: Levitan & Hirschberg 2011
    (formula recalled). Published figures: American English task dialogues; mixed results since. Limits: 30 exchanges
    show r of 0.49 or more, 85 show 0.30. One call says little, and nothing is scored on it. Automatic gain disturbs
    loudness. Going along with a customer who gets louder is not a good thing by itself.
    """
    return _correlation(_detrended(a), _detrended(b))


def convergence(a: Series, b: Series) -> Correlation | None:
    """Pearson r of -|a - b| with its place in the call: over 0 when the two come closer.

    `convergence_pitch`, `convergence_loudness`, `convergence_rate` (r): Whether the two voices come closer as the
    call goes on (over 0) or part (under 0). Formula: Pearson r of minus the distance of the two voices with the
    number of the exchange; p by circular shift. Needs: 30 exchanges at which both voices could be read. Withheld
    without: two channels. Source: Levitan & Hirschberg 2011 (formula recalled). Published figures: American English
    task dialogues; mixed results since. Limits: As above. Pitch and loudness are against each voice's own middle, so
    only movements are compared.
    """
    return _correlation(np.arange(len(a), dtype=np.float64), -np.abs(a - b))


def _detrended(x: Series) -> Series:
    if len(x) < 2:
        return x
    at = np.arange(len(x), dtype=np.float64)
    slope, level = np.polyfit(at, x, 1)
    return np.asarray(x - slope * at - level)


def _correlation(x: Series, y: Series) -> Correlation | None:
    n = len(x)
    if n <= NEAREST_SHIFT + 1 or min(np.ptp(x), np.ptp(y)) < 1e-9:
        return None
    x, y = ((v - v.mean()) / v.std() for v in (x, y))
    at_shift = np.fft.irfft(np.conj(np.fft.rfft(x)) * np.fft.rfft(y), n) / n
    shifts = np.arange(NEAREST_SHIFT, n - NEAREST_SHIFT + 1)
    if len(shifts) > SHIFTS:
        shifts = np.random.default_rng(SEED).choice(shifts, SHIFTS, replace=False)
    as_strong = np.abs(at_shift[shifts]) >= abs(at_shift[0]) - 1e-9
    return Correlation(float(at_shift[0]), float((1 + as_strong.sum()) / (1 + len(shifts))), n)


def measure_accommodation(
    turns: Sequence[Turn], voices: Mapping[Party, VoiceTracks], *, source: str, mono: bool
) -> list[Measure]:
    """The six measures of the call. `reason` gives p where there is a value, and why not where there is none."""
    exchanges = find_exchanges(turns) if all(p in voices for p in PARTIES) else []
    read = [_read(exchange, voices) for exchange in exchanges]
    sheet = Sheet(source, gates=True, spoken=True)
    for feature in FEATURES:
        pairs = np.array([[values[p][feature] for p in PARTIES] for values in read], dtype=np.float64).reshape(-1, 2)
        a, b = pairs[np.isfinite(pairs).all(axis=1)].T
        by = sheet.by("nuclei" if feature == "rate" else "").on(len(a), "n")
        for name, found in (("sync", synchrony(a, b)), ("convergence", convergence(a, b))):
            by.measures.append(_measured(by, f"{name}_{feature}", found, n=len(a), mono=mono))
    return sheet.measures


def _read(exchange: Exchange, voices: Mapping[Party, VoiceTracks]) -> dict[Party, dict[str, float]]:
    first = min(exchange.edges, key=lambda party: exchange.edges[party].start_s)
    return {party: edge_values(voices[party], turn, ending=party == first) for party, turn in exchange.edges.items()}


def _measured(sheet: Sheet, name: str, found: Correlation | None, *, n: int, mono: bool) -> Measure:
    unmet = Note("voice.accommodation_mono") if mono else short_of("voice.too_few_exchanges", n, MIN_EXCHANGES)
    if unmet is None and found is None:
        unmet = Note("voice.not_measurable")
    if unmet is not None or found is None:
        return Measure(name, None, "r", sheet.source, n, "n", unmet)
    told = "voice.accommodation_p" if found.p < CHANCE_P else "voice.accommodation_chance"
    return Measure(name, found.r, "r", sheet.source, n, "n", Note(told, {"p": found.p, "n": n}))
