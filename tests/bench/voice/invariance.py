"""Invariance: what must not move when the sound changes in ways that are no change of the voice.

what     `spread_moved`, `rate_moved` (articulation rate from the signal), `edges_moved` (of the speech regions):
         the furthest over the parties of a call, through the whole path (`whole`), where the gates give a value
         `values_moved`: measures that are not the same to the last bit
         `median`, `worst`: over natural recordings and all shifts
         `speech_apart`: speech found in natural recordings or in their telephone copies, in one of them only, %
         `withheld`: share of the pitch measures that are not assessable, %
on       the change: gain; silence or line noise in front, or silence behind; the channels swapped; the line (`lines`);
         white noise; work cut in other blocks; pitch shifted by 2 and 4 st and tempo changed (periods moved)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import product
from unittest import mock

import numpy as np

from audio import voice as voice_module
from audio.band import BlockOptions, band_blocks
from audio.regions import find_regions
from audio.timeline import Span, intersect, merge, total_s
from models.vad_silero import SileroDetector, SileroOptions
from tests.audio.signals import as_channel
from tests.bench.voice.lines import LINES, tempo
from tests.bench.voice.pitch import MADE_LINES, Floats, people, spreads, tracker, used
from tests.bench.voice.pitch_sounds import CALLS as RECORDINGS
from tests.bench.voice.pitch_sounds import Clip, shifted
from tests.bench.voice.rows import Row
from tests.bench.voice.whole import Party, Samples, call, edges_apart_s, heard

SHIFTS_ST = (-4.0, -2.0, 2.0, 4.0)
TEMPI = (0.9, 1.1)
LINE_DBFS = -66.0
LEAST_VOICED_S = 6.0
PITCH = ("pitch_spread", "pitch_range", "pitch_movement", "pdq", "flat_windows")
Change = Callable[[Samples, int], tuple[Samples, int]]


def _gain(samples: Samples, rate: int, *, gain_db: float) -> tuple[Samples, int]:
    return (samples * 10 ** (gain_db / 20)).astype(np.float32), rate


def _ahead(samples: Samples, rate: int, *, ahead_s: float, noise_dbfs: float | None = None) -> tuple[Samples, int]:
    return np.concatenate((_still(ahead_s, rate, noise_dbfs), samples)), rate


def _behind(samples: Samples, rate: int, *, behind_s: float) -> tuple[Samples, int]:
    return np.concatenate((samples, _still(behind_s, rate, None))), rate


def _still(length_s: float, rate: int, noise_dbfs: float | None) -> Samples:
    level = 0.0 if noise_dbfs is None else 10 ** (noise_dbfs / 20)
    return (level * np.random.default_rng(2).normal(size=round(length_s * rate))).astype(np.float32)


def _noise(samples: Samples, rate: int, *, snr_db: float) -> tuple[Samples, int]:
    """White noise under the loud half of the frames that sound."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).std(axis=1)
    level = np.sqrt(np.mean(frames[frames > 0.05 * np.percentile(frames, 95)] ** 2)) * 10 ** (-snr_db / 20)
    return (samples + level * np.random.default_rng(4).normal(size=len(samples))).astype(np.float32), rate


def _through(samples: Samples, rate: int, *, line: str) -> tuple[Samples, int]:
    return LINES[line](samples)


CHANGES: Mapping[str, tuple[Change, float]] = {
    "gain_minus_12_db": (partial(_gain, gain_db=-12.0), 0.0),
    "gain_plus_6_db": (partial(_gain, gain_db=6.0), 0.0),
    **{f"silence_{round(1000 * s)}_ms": (partial(_ahead, ahead_s=s), s) for s in (5.12, 0.777, 3.013)},
    **{
        f"line_noise_{round(1000 * s)}_ms": (partial(_ahead, ahead_s=s, noise_dbfs=LINE_DBFS), s)
        for s in (5.12, 0.777, 3.013)
    },
    "silence_behind": (partial(_behind, behind_s=5.0), 0.0),
    **{line: (partial(_through, line=line), 0.0) for line in MADE_LINES if not line.startswith(("wide", "noise"))},
    "noise_30_db": (partial(_noise, snr_db=30.0), 0.0),
    "noise_20_db": (partial(_noise, snr_db=20.0), 0.0),
}
"""How each changes one channel, and by how much the call then starts later, s."""


@lru_cache(maxsize=1)
def _plain() -> list[Party]:
    return heard(*call(), gates=True)


def rows() -> list[Row]:
    """All rows; those of natural recordings only where these are."""
    found = [row for on in CHANGES for row in _changed(on)]
    found += [*_swapped(), *_blocks(), *_withheld()]
    return [*found, *_people()] if RECORDINGS.is_dir() else [*found, _absent()]


def _absent() -> Row:
    return Row("invariance", "spread_shift_worst", "pitch_shift", None, "st", 0, why="no recordings")


def _changed(on: str) -> Iterator[Row]:
    change, later_s = CHANGES[on]
    channels, rate = call()
    changed = [change(c, rate) for c in channels]
    pairs = list(zip(_plain(), heard([c for c, _ in changed], changed[0][1], gates=True), strict=True))
    for what, name, unit in (("spread_moved", "pitch_spread", "st"), ("rate_moved", "articulation_rate", "syll/s")):
        off = [abs(b.values[name] - a.values[name]) for a, b in pairs if name in a.values and name in b.values]
        yield Row("invariance", what, on, max(off), unit, len(off))
    moved = [edges_apart_s([s.shifted(later_s) for s in a.speech], b.speech) for a, b in pairs]
    yield Row("invariance", "edges_moved", on, max(moved), "s", sum(len(a.speech) for a, _ in pairs))


def _swapped() -> Iterator[Row]:
    channels, rate = call()
    pairs = list(zip(_plain(), reversed(heard(channels[::-1], rate, gates=True)), strict=True))
    moved = sum(a.values.get(m) != b.values.get(m) for a, b in pairs for m in {*a.values, *b.values})
    moved += sum(a.speech != b.speech for a, b in pairs)
    yield Row("invariance", "values_moved", "channels_swapped", float(moved), "", sum(len(a.values) for a, _ in pairs))


def _blocks() -> Iterator[Row]:
    """Other cuts of the detector's work, and of the tracks'."""
    edges, spread_st = [], []
    channels, rate = call()
    for channel in (as_channel(samples, rate) for samples in channels):
        whole = find_regions(SileroDetector().probabilities(channel), channel).tight
        small = SileroDetector(SileroOptions(block_frames=37))
        edges.append(edges_apart_s(whole, find_regions(small.probabilities(channel), channel).tight))
        clip = Clip(channel.samples, tuple(whole))
        spread_st.append(abs(_spread_in_blocks(clip) - float(spreads([clip], used, "wideband")[0])))
    yield Row("invariance", "edges_moved", "blocks_of_1_s", max(edges), "s", len(edges))
    yield Row("invariance", "spread_moved", "blocks_of_4_s", max(spread_st), "st", len(spread_st))


def _spread_in_blocks(clip: Clip) -> float:
    short = partial(band_blocks, options=BlockOptions(block_s=4.0))
    with mock.patch.object(voice_module, "band_blocks", short):
        return float(spreads([clip], used, "wideband")[0])


def _withheld() -> Iterator[Row]:
    channels, rate = call()
    for snr_db in (30.0, 10.0):
        parties = heard([_noise(c, rate, snr_db=snr_db)[0] for c in channels], rate, gates=True)
        gone = [p.reasons.get(m) == "voice.too_noisy" for p, m in product(parties, PITCH)]
        yield Row("invariance", "withheld", f"noise_{snr_db:.0f}_db", 100 * float(np.mean(gone)), "%", len(gone))


def _people() -> Iterator[Row]:
    """Natural recordings of one voice, moved to another pitch and to another tempo."""
    pairs = [(clip, f0) for clip, f0 in zip(*people(LEAST_VOICED_S), strict=True) if clip.one_voice]
    clips = [clip for clip, _ in pairs]
    before = spreads(clips, used, "wideband")
    moved = [spreads([shifted(c, f0, by) for c, f0 in pairs], used, "wideband") - before for by in SHIFTS_ST]
    off = np.abs(np.concatenate(moved))
    yield Row("invariance", "spread_shift_median", "pitch_shift", float(np.median(off)), "st", len(off))
    yield Row("invariance", "spread_shift_worst", "pitch_shift", float(off.max()), "st", len(off))
    apart = [_apart(clip) for clip in clips]
    yield Row("invariance", "speech_apart", "mu_law", 100 * float(np.mean(apart)), "%", len(apart))
    try:
        for factor in TEMPI:
            yield from _paced(factor, clips, before)
    except FileNotFoundError as exc:
        yield Row("invariance", "syllables_kept", "tempo_90_percent", None, "%", 0, why=f"{exc.filename} is absent")


def _apart(clip: Clip) -> float:
    """Share of the speech found in a recording or in its telephone copy that is found in one of them only."""
    detector = SileroDetector()
    channels = [as_channel(*LINES[line](clip.samples)) for line in ("wideband", "mu_law")]
    a, b = (find_regions(detector.probabilities(channel), channel).tight for channel in channels)
    return 1 - total_s(intersect(a, b)) / total_s(merge([*a, *b]))


def _paced(factor: float, clips: Sequence[Clip], before: Floats) -> Iterator[Row]:
    """Syllables and spreads of all recordings against those at their own tempo, % off."""
    faster = [Clip(tempo(c.samples, factor), tuple(_paced_span(s, factor) for s in c.speech)) for c in clips]
    syllables = sum(map(_syllables, faster)) / sum(map(_syllables, clips))
    widths = spreads(faster, used, "wideband") / before
    on = f"tempo_{round(100 * factor)}_percent"
    yield Row("invariance", "syllables_kept", on, 100 * abs(syllables - 1), "%", len(clips))
    yield Row("invariance", "spread_kept", on, 100 * abs(float(np.median(widths)) - 1), "%", len(clips))


def _paced_span(span: Span, factor: float) -> Span:
    return Span(span.start_s / factor, span.end_s / factor)


def _syllables(clip: Clip) -> int:
    return len(voice_module.track_voice(as_channel(clip.samples), clip.speech, tracker(), others=()).nuclei_s)
