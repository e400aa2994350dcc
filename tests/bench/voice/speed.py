"""Speed: what all voice measures of a two-channel hour cost, the command itself pinned to one core.

real_time   `timbre voice` on an hour made of the shipped calls: seconds per second of call, start-up, decoder and
            speech detection included. `wall` waits for the core where others use it; `cpu` does not.
memory      peak of the program and its decoder at the same moment, MB
stages      one channel's share in this process: band, tracker, detector; x real time of the channel
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from audio.band import band_blocks, with_low_end
from audio.voice import measure_voice, track_voice
from models.vad_silero import SileroDetector
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, telephone, voice
from tests.bench.bench_call import HOUR_S, TIMBRE, cost_of, write_call
from tests.bench.voice.pitch import tracker
from tests.bench.voice.rows import Row

STAGE_S = 240.0


def rows() -> list[Row]:
    """The hour, then the stages."""
    return [*_hour(), *_stages()]


def _hour() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        path = Path(name) / "hour.wav"
        write_call(path, HOUR_S)
        cost = cost_of((*TIMBRE, "voice", str(path)), Path(name))
    for kind in ("wall", "cpu"):
        yield Row("speed", "real_time", f"hour_{kind}", cost[f"{kind}_s"] / HOUR_S, "x", 1)
    yield Row("speed", "memory", "hour", max(cost["peak_mb"], cost["together_mb"] or 0.0), "MB", 1)


def _stages() -> Iterator[Row]:
    """Four minutes of one telephone channel, half of it speech."""
    known = voice(VoicePlan(duration_s=30, pause_s=2.2, syllables_per_phrase=11))
    channel = as_channel(np.tile(telephone(known.samples), 8), RATE_HZ // 2)
    speech = [s.shifted(30.0 * i) for i in range(8) for s in known.speech]
    sounds = [with_low_end(b.analytic) for b in band_blocks(channel, speech)]
    tracks, detector = track_voice(channel, speech, tracker(), others=()), SileroDetector()
    stages: dict[str, Callable[[], object]] = {
        "detector": lambda: detector.probabilities(channel),
        "band": lambda: [with_low_end(b.analytic) for b in band_blocks(channel, speech)],
        "tracker": lambda: [tracker().track(s, RATE_HZ) for s in sounds],
        "measures": lambda: measure_voice(tracks, speech, source="bench"),
    }
    for name, stage in stages.items():
        begun_s = time.process_time()
        stage()
        spent_s = time.process_time() - begun_s
        yield Row("speed", "stage", name, spent_s / STAGE_S, "x", 1)
