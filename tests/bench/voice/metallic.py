"""Metallic windows where there should be some, and where there should be none (about two minutes on one core).

natural   both parties of a service call, the agent of another told apart on one channel, French read aloud; as
          recorded and through the telephone; read against the fixed limits, as on a first call.
evened    the same voices with a quarter of their pitch excursions and evenly timed syllables.
one_note  espeak-ng in two languages without intonation: flat and even, against the fixed limits.
flat      a made-up agent who speaks lively, three minutes flat and even, lively again; against the fixed limits
          (`cold`), and against twelve lively calls of the same voice (`baseline`). `halved`: half as lively only.
chance    hits: windows found on the lively calls of the same voice. Edges: both drawn at random over the call.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.metallic import Metallic, apart, find_metallic
from audio.metallic_baseline import Baseline, CallKind, EarlierCall, find_baseline
from audio.metallic_floors import FLOORS
from audio.quality import measure_quality
from audio.regions import find_regions
from audio.timeline import Span, total_s
from audio.voice import VoiceTracks, track_voice
from audio.word_tempo import count_stretches
from models.pitch_swiftf0 import SwiftF0Tracker
from models.vad_silero import SileroDetector
from service.demo.speak import RATE_HZ as SPOKEN_HZ
from service.demo.speak import VoiceStyle, speak
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, telephone, voice
from tests.bench.voice.evened import evened
from tests.bench.voice.lines import LINES
from tests.bench.voice.pitch_sounds import CALLS, read
from tests.bench.voice.rows import Row

Samples = NDArray[np.float32]
CHANNELS: Mapping[str, Callable[[Samples], tuple[Samples, int]]] = {
    "wideband": lambda samples: (samples, RATE_HZ),
    "telephone": LINES["mu_law"],
}
KIND = CallKind("", "made", "nuclei")
LIVELY = VoicePlan(duration_s=80.0, median_hz=260.0, spread_st=2.8, tempo_jitter=0.45, rate_jitter=0.12)
HALVED = replace(LIVELY, duration_s=200.0, spread_st=1.4, tempo_jitter=0.22, rate_jitter=0.06)
FLAT = replace(LIVELY, duration_s=200.0, spread_st=0.2, tempo_jitter=0.02, rate_jitter=0.0)
EARLIER, HELD_OUT = 12, 2
AROUND_S, HELD_OUT_S = 50.0, 160.0
SENTENCES = Path(__file__).parent
NO_FOLDER, NO_PROGRAM = "no recordings here", "no espeak-ng here"


@dataclass(frozen=True, eq=False)
class Heard:
    """One voice as the product hears it."""

    tracks: VoiceTracks
    speech: list[Span]
    snr_db: float | None

    def judged(self, baseline: Baseline | None = None) -> Metallic:
        """Against earlier calls, or against the fixed limits."""
        counted = count_stretches(self.speech, self.tracks.nuclei_s, None, None)
        return find_metallic(self.tracks, self.speech, counted, snr_db=self.snr_db, baseline=baseline)


@lru_cache(maxsize=1)
def _tools() -> tuple[SileroDetector, SwiftF0Tracker]:
    return SileroDetector(), SwiftF0Tracker()


def hear(samples: Samples, rate_hz: int) -> Heard:
    """Speech found and tracked."""
    channel, (detector, tracker) = as_channel(samples, rate_hz), _tools()
    speech = list(find_regions(detector.probabilities(channel), channel).tight)
    tracks = track_voice(channel, speech, tracker, others=())
    return Heard(tracks, speech, measure_quality(channel, speech).snr_db)


def _metallic(found: Metallic) -> list[bool]:
    """The windows that could be judged."""
    return [w.metallic for w in found.windows if w.metallic is not None]


def rows() -> list[Row]:
    """The part's rows."""
    return [*_natural(), *_one_note(), *_made()]


def _row(what: str, on: str, figure: float | None, unit: str, n: int, **more: object) -> Row:
    return Row("metallic", what, on, figure, unit, n, **more)  # type: ignore[arg-type]  # chance and why


def _percent(found: Sequence[bool]) -> float | None:
    return 100 * float(np.mean(found)) if len(found) else None


def _natural() -> Iterator[Row]:
    if not CALLS.is_dir():
        for on in CHANNELS:
            yield _row("false_windows", on, None, "%", 0, why=NO_FOLDER)
        return
    voices = list(natural_voices())
    heard = {on: [hear(*code(samples)) for samples in voices] for on, code in CHANNELS.items()}
    found = {on: [h.judged() for h in every] for on, every in heard.items()}
    for on, results in found.items():
        yield _share("false_windows", on, results)
    windows = [w for results in found.values() for f in results for w in f.windows]
    yield _row("judged_windows", "natural", _percent([w.metallic is not None for w in windows]), "%", len(windows))
    for name in FLOORS:
        low = [read for w in windows if (read := w.component(name).low) is not None]
        yield _row(f"low_{name}", "natural", _percent(low), "%", len(low))
    wide = zip(voices, heard["wideband"], strict=True)
    copies = (evened(samples, h.tracks, h.speech, pitch=0.25, time=0.0) for samples, h in wide)
    yield _share("hits", "evened", [hear(copy, RATE_HZ).judged() for copy in copies], chance=0.0)


def _share(what: str, on: str, found: Sequence[Metallic], *, chance: float | None = None) -> Row:
    windows = [metallic for f in found for metallic in _metallic(f)]
    return _row(what, on, _percent(windows), "%", len(windows), chance=chance)


def natural_voices() -> Iterator[Samples]:
    """16 kHz sound, one voice each."""
    from models.diarize_mixture import MixtureDiarizer

    for channel in (0, 1):
        yield read(CALLS / "call40_stereo_L-agent_R-caller.wav", channel)
    yield np.concatenate([read(CALLS / "fr_read" / f"audio{i}.wav") for i in (1, 2)])
    lone = read(next(CALLS.glob("Auto0*_Mono.wav")))
    channel = as_channel(lone)
    tight = find_regions(_tools()[0].probabilities(channel), channel).tight
    spans = MixtureDiarizer().diarize(channel, tight, n_speakers=2).spans
    yield _only(lone, max(spans.values(), key=total_s))


def _only(samples: Samples, spans: Sequence[Span]) -> Samples:
    """One voice of a mixture: the rest is a faint noise."""
    kept = (1e-4 * np.random.default_rng(1).normal(size=len(samples))).astype(np.float32)
    for span in spans:
        part = slice(int(span.start_s * RATE_HZ), int(span.end_s * RATE_HZ))
        kept[part] = samples[part]
    return kept


def _one_note() -> Iterator[Row]:
    if not shutil.which("espeak-ng"):
        yield _row("hits", "one_note", None, "%", 0, why=NO_PROGRAM)
        return
    found = [hear(_spoken(name, file), SPOKEN_HZ).judged() for name, file in (("fr", "fr"), ("en-us", "en"))]
    yield _share("hits", "one_note", found, chance=0.0)


def _spoken(name: str, file: str) -> Samples:
    """Some two minutes, a pause of half a second after each sentence."""
    text = (SENTENCES / f"sentences_{file}.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.split("\t")[-1] for line in text if line.strip() and not line.startswith("#")][:40]
    style, pause = VoiceStyle(name, words_per_min=150, pitch_range_percent=0), np.zeros(SPOKEN_HZ // 2, np.float32)
    sound = np.concatenate([part for line in lines for part in (speak(line, style), pause)])
    return sound + (1e-4 * np.random.default_rng(2).normal(size=len(sound))).astype(np.float32)


def _manner(seed: int) -> VoicePlan:
    """Nobody is the same from call to call."""
    rng = np.random.default_rng(seed)
    return replace(
        LIVELY,
        spread_st=LIVELY.spread_st * float(rng.normal(1, 0.1)),
        tempo_jitter=LIVELY.tempo_jitter * float(rng.normal(1, 0.1)),
        rate_jitter=LIVELY.rate_jitter * float(rng.normal(1, 0.15)),
        level_jitter_db=float(rng.uniform(1.5, 3.5)),
        seed=seed,
    )


def _telephoned(*plans: VoicePlan) -> Samples:
    return np.concatenate([telephone(voice(plan).samples) for plan in plans])


def _made() -> Iterator[Row]:
    earlier = [hear(_telephoned(_manner(100 + i)), RATE_HZ // 2).judged() for i in range(EARLIER)]
    calls = [EarlierCall(float(i), KIND, apart(found.windows)) for i, found in enumerate(earlier)]
    known = find_baseline(calls, KIND, started_at_s=float(EARLIER))
    longer = [replace(_manner(200 + i), duration_s=HELD_OUT_S) for i in range(HELD_OUT)]
    held_out = [hear(_telephoned(plan), RATE_HZ // 2).judged(known) for plan in longer]
    lively = _share("false_windows", "lively_baseline", held_out)
    yield lively
    flat, halved = (hear(_telephoned(_around(300), middle, _around(302)), RATE_HZ // 2) for middle in (FLAT, HALVED))
    for on, heard, baseline in (
        ("flat_cold", flat, None),
        ("flat_baseline", flat, known),
        ("halved_baseline", halved, known),
    ):
        yield from _against_truth(on, heard, heard.judged(baseline), lively.figure)


def _around(seed: int) -> VoicePlan:
    return replace(_manner(seed), duration_s=AROUND_S)


def _against_truth(on: str, heard: Heard, found: Metallic, chance: float | None) -> Iterator[Row]:
    flat = Span(AROUND_S, AROUND_S + FLAT.duration_s)
    inside = [bool(w.metallic) for w in found.windows if flat.overlap(w.span) == w.span]
    yield _row("hits", on, _percent(inside), "%", len(inside), chance=chance)
    spans, error_s = found.spans, None
    if spans:
        error_s = (abs(spans[0].start_s - flat.start_s) + abs(spans[-1].end_s - flat.end_s)) / 2
    why = "" if spans else "no stretch found"
    yield _row("edge_error", on, error_s, "s", 2 * bool(spans), chance=_random_edges_s(heard, flat), why=why)


def _random_edges_s(heard: Heard, flat: Span) -> float:
    """Mean error of two times drawn over the call, in order."""
    end_s = heard.speech[-1].end_s
    drawn = np.sort(np.random.default_rng(4).uniform(0, end_s, size=(4000, 2)), axis=1)
    return float(np.abs(drawn - [flat.start_s, flat.end_s]).mean())
