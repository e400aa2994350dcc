"""Floor figures: `python -m tests.bench.bench_floor` from the root of the repository.

Built dialogues (espeak-ng; exact truth) on several lines: F1 of interruptions and backchannels (an event counts when
the same party causes it within 0.3 s), error of the gaps, error of the edges. The chance row moves every event that
was found by 7 s. Then the shared two-channel call against its energy-derived turns, speed, and the memory of an hour.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from audio.decode import decoded
from audio.floor import FloorEvent, find_events, find_ipus, transfers
from audio.leak import remove_leak
from audio.recording import Channel
from audio.regions import find_regions
from audio.timeline import Party, Span, intersect, merge, total_s
from audio.turns import build_turns
from models.vad_silero import SileroDetector
from tests.audio.dialogues import RATE_HZ, Dialogue, Event, Sound, random_dialogue
from tests.bench.bench_diarize import CALLS, read_rttm

SEEDS = range(30, 40)
MATCH_S = 0.3
CHANCE_SHIFT_S = 7.0
KINDS = ("interruption", "backchannel")
Speech = dict[Party, list[Span]]
Line = Callable[[Dialogue], dict[Party, Channel]]


def main() -> None:
    """Print the table of lines, then the real call, then speed and memory."""
    detector = SileroDetector()
    print(f"{'line':22} {'F1 int':>7} {'F1 bc':>7} {'gap med':>8} {'gap p90':>8} {'start p95':>10} {'end p95':>8}")
    for name, line in LINES.items():
        print(_row(name, [_heard(detector, random_dialogue(seed), line) for seed in SEEDS]), flush=True)
    dialogues = [_heard(detector, random_dialogue(seed), LINES["clean"]) for seed in SEEDS]
    chance = [(d, speech, [_moved(e) for e in events]) for d, speech, events in dialogues]
    print(_row("chance (moved by 7 s)", chance))
    if CALLS.is_dir():
        _real_call(detector)
    _hour(detector)


def mulaw(sound: Sound) -> Sound:
    """Through G.711 mu-law (8 bit) and back."""
    squeezed = np.sign(sound) * np.log1p(255 * np.abs(np.clip(sound, -1, 1))) / np.log(256)
    steps = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255, dtype=np.float32)


def breathing(sound: Sound) -> Sound:
    """A breath of 0.4 s every 3 s, 22 dB under the voice."""
    rng, breathed = np.random.default_rng(1), np.array(sound)
    breath = rng.standard_normal(3200) * np.hanning(3200) * 0.0055
    for first in range(RATE_HZ, len(sound) - 3200, 3 * RATE_HZ):
        breathed[first : first + 3200] += breath.astype(np.float32)
    return breathed


def _line(change: Callable[[Sound], Sound], *, leak_db: float | None = None, noise_dbfs: float | None = None) -> Line:
    def made(dialogue: Dialogue) -> dict[Party, Channel]:
        channels = dialogue.channels(leak_db=leak_db, noise_dbfs=noise_dbfs)
        return {p: replace(c, samples=change(c.samples)) for p, c in channels.items()}

    return made


def _same(sound: Sound) -> Sound:
    return sound


LINES: dict[str, Line] = {
    "clean": _line(_same),
    "noise -45 dBFS": _line(_same, noise_dbfs=-45),
    "noise -38 dBFS": _line(_same, noise_dbfs=-38),
    "cross-talk -30 dB": _line(_same, leak_db=-30),
    "cross-talk -24 dB": _line(_same, leak_db=-24),
    "mu-law": _line(mulaw),
    "breaths": _line(breathing),
    "all (noise -50)": _line(lambda s: mulaw(breathing(s)), leak_db=-30, noise_dbfs=-50),
}


Heard = tuple[Dialogue, Speech, list[FloorEvent]]


def _heard(detector: SileroDetector, dialogue: Dialogue, line: Line) -> Heard:
    channels = line(dialogue)
    tight = {p: find_regions(detector.probabilities(c), c).tight for p, c in channels.items()}
    agent, customer, _ = remove_leak(channels["agent"], channels["customer"], tight["agent"], tight["customer"])
    speech: Speech = {"agent": agent, "customer": customer}
    return dialogue, speech, find_events(speech, mono=False)


def _moved(event: FloorEvent) -> FloorEvent:
    return replace(event, span=event.span.shifted(CHANCE_SHIFT_S))


def _row(name: str, heard: Sequence[Heard]) -> str:
    gaps = [e for d, _, events in heard for e in gap_errors_s(d.events, events)]
    starts, ends = (np.abs([e[i] for d, speech, _ in heard for e in edge_errors_s(d, speech)]) for i in (0, 1))
    f1s = " ".join(f"{f1(heard, kind):7.3f}" for kind in KINDS)
    p90, p95 = float(np.percentile(gaps, 90)), [float(np.percentile(x, 95)) for x in (starts, ends)]
    return f"{name:22} {f1s} {np.median(gaps):8.3f} {p90:8.3f} {p95[0]:10.3f} {p95[1]:8.3f}"


def f1(heard: Sequence[Heard], kind: str) -> float:
    """F1 of one kind over all dialogues."""
    hits = size = 0
    for dialogue, _, events in heard:
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
        near = [abs(g.value_s - event.value_s) for g in gaps if g.by == event.by and _close(g, event)]
        errors.append(min([*near, MATCH_S]))
    return errors


def _close(gap: FloorEvent, event: Event) -> bool:
    return abs(gap.span.end_s - event.time_s) < MATCH_S


def edge_errors_s(dialogue: Dialogue, speech: Speech) -> list[tuple[float, float]]:
    """Start and end of each utterance against the IPU edges nearest to them."""
    errors = []
    for party, truth in dialogue.speech().items():
        ipus = find_ipus(speech[party]) or [Span(0, 0)]
        for span in truth:
            start = min((i.start_s - span.start_s for i in ipus), key=abs)
            errors.append((start, min((i.end_s - span.end_s for i in ipus), key=abs)))
    return errors


def _real_call(detector: SileroDetector) -> None:
    truth = read_rttm(CALLS / "call40.rttm")
    turns: Speech = {"agent": truth["agent"], "customer": truth["caller"]}
    heard: Speech = {}
    with decoded(CALLS / "call40_stereo_L-agent_R-caller.wav") as recording:
        for party, channel in zip(turns, recording.channels, strict=True):
            begun_s = time.process_time()
            track = detector.probabilities(channel)
            told_s = time.process_time()
            heard[party] = find_regions(track, channel).tight
            length_s, done_s = channel.span.duration_s, time.process_time()
            print(f"call40 {party}: detector {(told_s - begun_s) / length_s:.4f} x real time, ", end="")
            print(f"regions {(done_s - told_s) / length_s:.5f}; {_agreement(heard[party], turns[party])}")
    ours, theirs = (transfers(build_turns(s)) for s in (heard, turns))
    near = [
        abs(a.value_s - b.value_s)
        for b in theirs
        for a in ours
        if a.by == b.by and abs(a.span.end_s - b.span.end_s) < 0.5
    ]
    print(f"call40 gaps: {len(ours)} found, {len(theirs)} in the truth, {len(near)} matched, median error ", end="")
    print(f"{np.median(near):.3f} s; kinds {[e.kind for e in find_events(heard, mono=False) if e.kind != 'gap']}")


def _agreement(found: Sequence[Span], truth: Sequence[Span]) -> str:
    """Over speech joined across 0.25 s, as the truth is."""
    joined = merge(found, max_gap_s=0.25)
    shared_s = total_s(intersect(joined, truth))
    return f"precision {shared_s / total_s(joined):.3f} recall {shared_s / total_s(truth):.3f}"


def _hour(detector: SileroDetector) -> None:
    """An hour of one channel, tiled from a dialogue."""
    sound = random_dialogue(1).channels()["agent"].samples
    hour = Channel(0, np.resize(sound, 3600 * RATE_HZ), RATE_HZ)
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun_s = time.process_time()
    find_regions(detector.probabilities(hour), hour)
    took_s = time.process_time() - begun_s
    after_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"an hour: {took_s / 3600:.4f} x real time, peak {after_mib:.0f} MiB ({after_mib - before_mib:.0f} more)")


if __name__ == "__main__":
    main()
