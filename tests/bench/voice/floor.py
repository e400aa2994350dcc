"""Floor events on built dialogues whose truth is known to the sample, on good and bad lines.

Dialogues are placed utterance by utterance from two single voices (`tests.audio.dialogues`): espeak-ng's, and real ones
cut out of recordings (`casts`). An event counts when the same party causes it within 0.3 s; a gap that is not found
counts as 0.3 s of error. Lines: clean; white noise at -45 dBFS; the other party 30 dB under; breaths of 0.4 s, 22 dB
under the voice; hold music while both are silent; G.711 mu-law; all at once (noise at -50 dBFS). Chance moves every
event that was found by 7 s. Last, what the shared recordings hold of music and tones that nobody played there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import soxr

from audio.floor import FloorEvent, find_events
from audio.leak import remove_leak
from audio.line_sounds import find_line_sounds
from audio.recording import Channel
from audio.regions import find_regions
from audio.timeline import Party, Span, total_s
from models.vad_silero import SileroDetector
from tests.audio.dialogues import Cast, Dialogue, Event, Sound, espeak_cast, random_dialogue
from tests.audio.line_sounds import MUSIC, music
from tests.bench.voice.casts import CALLS, real_casts
from tests.bench.voice.rows import Row

SEEDS = range(40, 46)
MATCH_S, CHANCE_SHIFT_S, MUSIC_S = 0.3, 7.0, 14.0
KINDS = ("interruption", "backchannel")
CONDITIONS = ("clean", "noise", "leak", "breaths", "music", "mu_law", "all")
REAL_CONDITIONS = ("clean", "music", "all")
NAMES = {"call, 8 kHz": "call_8k", "French reading, 16 kHz": "reading_16k", "French reading, 8 kHz": "reading_8k"}
NO_RECORDINGS = "shared recordings absent"
Speech = dict[Party, list[Span]]
Heard = tuple[Dialogue, list[FloorEvent]]


def rows() -> list[Row]:
    """F1 of interruptions and backchannels and the median error of the gaps, per voices and line; false music."""
    detector = SileroDetector()
    found = [row for condition in CONDITIONS for row in _rows("espeak", espeak_cast(), condition, detector)]
    casts = real_casts()
    for title, name in NAMES.items():
        for condition in REAL_CONDITIONS:
            if title in casts:
                found += _rows(name, casts[title], condition, detector)
            else:
                found.append(Row("floor", "f1_interruption", f"{name}_{condition}", None, "", 0, why=NO_RECORDINGS))
    return [*found, _false_sounds()]


def _rows(name: str, cast: Cast, condition: str, detector: SileroDetector) -> Iterator[Row]:
    heard = [_heard(seed, cast, condition, detector) for seed in SEEDS]
    on = f"{name}_{condition}"
    for kind in KINDS:
        n = sum(e.kind == kind for dialogue, _ in heard for e in dialogue.events)
        moved = [(d, [replace(e, span=e.span.shifted(CHANCE_SHIFT_S)) for e in events]) for d, events in heard]
        yield Row("floor", f"f1_{kind}", on, f1(heard, kind), "", n, chance=f1(moved, kind))
    gaps_s = [e for dialogue, events in heard for e in gap_errors_s(dialogue.events, events)]
    yield Row("floor", "gap_error_median", on, 1000 * float(np.median(gaps_s)), "ms", len(gaps_s), chance=300.0)


def _heard(seed: int, cast: Cast, condition: str, detector: SileroDetector) -> Heard:
    played = _player(cast.rate_hz) if condition in ("music", "all") else None
    dialogue = random_dialogue(seed, cast=cast, music=played)
    tight: dict[Party, list[Span]] = {}
    channels = _line(dialogue, condition)
    for party, channel in channels.items():
        regions = find_regions(detector.probabilities(channel), channel, sounds=find_line_sounds(channel))
        tight[party] = regions.tight
    agent, customer, _ = remove_leak(channels["agent"], channels["customer"], tight["agent"], tight["customer"])
    return dialogue, find_events({"agent": agent, "customer": customer}, mono=False)


def _player(rate_hz: int) -> Callable[[int], Sound]:
    """Hold music of another kind for each seed."""

    def played(seed: int) -> Sound:
        sound = music(list(MUSIC)[seed % len(MUSIC)], MUSIC_S, seed)
        return sound if rate_hz == 8000 else np.asarray(soxr.resample(sound, 8000, rate_hz), dtype=np.float32)

    return played


def _line(dialogue: Dialogue, condition: str) -> dict[Party, Channel]:
    leak_db = -30.0 if condition in ("leak", "all") else None
    channels = dialogue.channels(leak_db=leak_db, noise_dbfs={"noise": -45.0, "all": -50.0}.get(condition))
    for changes, change in (({"breaths", "all"}, _breathing), ({"mu_law", "all"}, _mu_law)):
        if condition in changes:
            channels = {p: replace(c, samples=change(c.samples, c.rate_hz)) for p, c in channels.items()}
    return channels


def _mu_law(sound: Sound, rate_hz: int) -> Sound:
    """Through G.711 mu-law (8 bit) and back."""
    squeezed = np.sign(sound) * np.log1p(255 * np.abs(np.clip(sound, -1, 1))) / np.log(256)
    steps = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255, dtype=np.float32)


def _breathing(sound: Sound, rate_hz: int) -> Sound:
    """A breath of 0.4 s every 3 s, 22 dB under the voice."""
    rng, breathed, n = np.random.default_rng(1), np.array(sound), round(0.4 * rate_hz)
    breath = (rng.standard_normal(n) * np.hanning(n) * 0.0055).astype(np.float32)
    for first in range(rate_hz, len(sound) - n, 3 * rate_hz):
        breathed[first : first + n] += breath
    return breathed


def f1(heard: Sequence[Heard], kind: str) -> float:
    """F1 of one kind over all dialogues."""
    hits = size = 0
    for dialogue, events in heard:
        truth, found = ([e for e in some if e.kind == kind] for some in (dialogue.events, events))
        size += len(truth) + len(found)
        for event in truth:
            near = next((f for f in found if f.by == event.by and abs(f.span.start_s - event.time_s) < MATCH_S), None)
            if near is not None:
                found.remove(near)
                hits += 1
    return 2 * hits / size if size else 1.0


def gap_errors_s(truth: Sequence[Event], events: Sequence[FloorEvent]) -> list[float]:
    """How far each built gap was measured off; a gap that was not found counts as 0.3 s."""
    gaps = [e for e in events if e.kind == "gap"]
    errors = []
    for event in (e for e in truth if e.kind == "gap"):
        at = [g for g in gaps if g.by == event.by and abs(g.span.end_s - event.time_s) < MATCH_S]
        errors.append(min([*(abs(g.value_s - event.value_s) for g in at), MATCH_S]))
    return errors


def _false_sounds() -> Row:
    """Seconds of music and tones found in the shared calls, in which there are none."""
    from audio.decode import decoded

    found_s, heard_s = 0.0, 0.0
    for path in sorted(CALLS.glob("*.wav")) if CALLS.is_dir() else []:
        with decoded(path) as recording:
            for channel in recording.channels:
                sounds = find_line_sounds(channel)
                found_s += total_s(sounds.spans)
                heard_s += channel.span.duration_s
    if not heard_s:
        return Row("floor", "false_music_and_tones", "calls", None, "s", 0, why=NO_RECORDINGS)
    return Row("floor", "false_music_and_tones", "calls", found_s, "s", round(heard_s))
