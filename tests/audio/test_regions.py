"""Regions: the small steps on made-up tracks, the whole on synthetic dialogues with the real detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from audio.floor import FloorEvent, find_events, find_ipus
from audio.line_sounds import find_line_sounds
from audio.recording import Channel
from audio.regions import (
    ENERGY_STEP_S,
    RegionOptions,
    Regions,
    close_pauses,
    drop_faint,
    drop_lone,
    energy_track,
    find_regions,
    noise_floor_db,
    pad,
    speech_runs,
)
from audio.timeline import FrameTrack, Party, Span, merge, total_s
from models.vad_silero import SileroDetector
from tests.audio.dialogues import (
    RATE_HZ,
    SENTENCES,
    VOICES,
    Dialogue,
    Event,
    Sound,
    needs_espeak,
    random_dialogue,
    spoken,
)

EDGE_TOLERANCE_S = 0.03
"""Edges of synthetic words are soft: 25 dB under their level lies up to three frames inside."""
LATENCY_TOLERANCE_S = 0.06
F1_LIMIT = 0.95
MATCH_S = 0.3


def track(values: Sequence[float]) -> FrameTrack:
    return FrameTrack(np.array(values), 1.0, 0.5, "p")


def test_runs_need_the_upper_threshold_and_last_to_the_lower() -> None:
    found = speech_runs(track([0, 0.4, 0.6, 0.4, 0.1, 0.4, 0.4, 0]), on=0.5, off=0.3)
    assert found == [Span(1.5, 3.0)]


def test_pauses_are_closed_up_to_the_limit() -> None:
    assert close_pauses([Span(0, 1), Span(1.1, 2)], 0.1) == [Span(0, 2)]
    assert close_pauses([Span(0, 1), Span(1.11, 2)], 0.1) == [Span(0, 1), Span(1.11, 2)]


def test_short_ones_are_dropped() -> None:
    assert drop_lone([Span(0, 0.09), Span(1, 1.1)], RegionOptions()) == [Span(1, 1.1)]
    near = [Span(0, 0.06), Span(0.19, 0.25)]
    assert drop_lone(near, RegionOptions()) == near


def test_what_is_faint_and_alone_is_dropped() -> None:
    options = RegionOptions()
    levels = np.full(300, -80.0)
    levels[:100], levels[150:170], levels[250:270], levels[275:300] = -20, -20 - options.lone_db - 1, -42, -20
    energy = FrameTrack(levels, 0, 0.008, "dB")
    spans = [Span(0, 0.8), Span(1.2, 1.36), Span(2.0, 2.16), Span(2.2, 2.4)]
    assert drop_faint(spans, energy, -20, options) == [spans[0], *spans[2:]]  # the third leads up to the fourth


def test_padding_joins_and_stays_in_the_channel() -> None:
    options = RegionOptions(pad_s=0.2, join_s=0.5)
    assert pad([Span(0.1, 1), Span(1.5, 2), Span(3, 3.9)], Span(0, 4), options) == [Span(0, 2.2), Span(2.8, 4)]


def test_noise_floor_leaves_speech_and_digital_silence_out() -> None:
    energy = FrameTrack(np.array([-200.0, -200, -60, -60, -60, -10, -10]), 0, 1, "dB")
    assert noise_floor_db(energy, [Span(5, 7)]) == pytest.approx(-60)
    assert noise_floor_db(energy, [Span(2, 7)]) == -200


def test_energy_ignores_a_constant_offset() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 500 * np.arange(RATE_HZ) / RATE_HZ)
    plain = energy_track(Channel(0, tone.astype(np.float32), RATE_HZ)).values
    offset = energy_track(Channel(0, (tone + 0.2).astype(np.float32), RATE_HZ)).values
    inside = slice(4, -4)  # the step itself, where the channel begins and ends, is sound
    assert np.abs(plain - offset)[inside].max() < 0.01
    assert plain[5] == pytest.approx(-23, abs=0.1)


def test_energy_is_of_the_telephone_band_whatever_the_rate() -> None:
    time_s = np.arange(2 * RATE_HZ) / (2 * RATE_HZ)
    tone, outside = (0.1 * np.sin(2 * np.pi * hz * time_s) for hz in (1000, 100))
    outside += 0.1 * np.sin(2 * np.pi * 5500 * time_s)
    narrow = energy_track(Channel(0, tone[::2].astype(np.float32), RATE_HZ)).values
    wide = energy_track(Channel(0, (tone + outside).astype(np.float32), 2 * RATE_HZ)).values
    assert len(wide) == len(narrow)
    assert np.abs(wide - narrow)[4:-4].max() < 0.1  # dB


def test_energy_of_digital_silence_is_none_however_near_the_sound() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 500 * np.arange(RATE_HZ) / RATE_HZ)
    sound = np.concatenate((np.zeros(RATE_HZ), tone)).astype(np.float32)
    values = energy_track(Channel(0, sound, RATE_HZ)).values
    assert (values[:125] == -200).all()
    assert (values[125:] > -30).all()


# With the real detector.


@pytest.fixture(scope="module")
def detector() -> SileroDetector:
    needs_espeak()
    return SileroDetector()


def regions(detector: SileroDetector, channel: Channel) -> Regions:
    return find_regions(detector.probabilities(channel), channel, sounds=find_line_sounds(channel))


def tight(detector: SileroDetector, sound: Sound) -> list[Span]:
    return regions(detector, Channel(0, sound.astype(np.float32), RATE_HZ)).tight


def sentence_at(start_s: float, length_s: float, text: str = SENTENCES[1]) -> tuple[Sound, Span]:
    sound = np.zeros(round(length_s * RATE_HZ), dtype=np.float32)
    voice = spoken(text, VOICES["agent"])
    first = round(start_s * RATE_HZ)
    sound[first : first + len(voice)] = voice
    return sound, Span(start_s, start_s + len(voice) / RATE_HZ)


@pytest.mark.espeak
def test_empty_silent_and_one_sample_channels(detector: SileroDetector) -> None:
    for n in (0, 1, RATE_HZ):
        assert tight(detector, np.zeros(n, dtype=np.float32)) == []


@pytest.mark.espeak
@pytest.mark.parametrize("noise_dbfs", [-200, -60, -45])
def test_edges_lie_where_the_sound_begins_and_ends(detector: SileroDetector, noise_dbfs: float) -> None:
    sound, truth = sentence_at(1.7, 8)
    noise = 10 ** (noise_dbfs / 20) * np.random.default_rng(0).standard_normal(len(sound))
    found = tight(detector, sound + noise)
    assert found[0].start_s == pytest.approx(truth.start_s, abs=EDGE_TOLERANCE_S)
    assert found[-1].end_s == pytest.approx(truth.end_s, abs=2 * EDGE_TOLERANCE_S)


@pytest.mark.espeak
def test_gain_moves_no_edge(detector: SileroDetector) -> None:
    sound, _ = sentence_at(1.0, 8)
    sound += 1e-4 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    expected = tight(detector, sound)
    for gain_db in (-12, 6):
        assert tight(detector, sound * 10 ** (gain_db / 20)) == expected


@pytest.mark.espeak
@pytest.mark.parametrize("shift_s", [5.12, 0.032, 0.32])
def test_silence_in_front_shifts_every_edge_exactly(detector: SileroDetector, shift_s: float) -> None:
    sound, _ = sentence_at(1.0, 8)
    sound += 1e-4 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    later = np.concatenate([np.zeros(round(shift_s * RATE_HZ), dtype=np.float32), sound])
    before = [s.shifted(shift_s) for s in tight(detector, sound)]
    after = tight(detector, later)
    assert len(after) == len(before) > 0
    assert np.abs([(b.start_s - a.start_s, b.end_s - a.end_s) for a, b in zip(before, after, strict=True)]).max() < 1e-9


@pytest.mark.espeak
@pytest.mark.parametrize("shift_s", [0.001, 0.0137, 0.02, 1.2345])
def test_any_other_silence_in_front_moves_no_edge_by_over_32_ms(detector: SileroDetector, shift_s: float) -> None:
    sound, _ = sentence_at(1.0, 8)
    later = np.concatenate([np.zeros(round(shift_s * RATE_HZ), dtype=np.float32), sound])
    before, after = tight(detector, sound), tight(detector, later)
    assert len(before) == len(after)
    for a, b in zip(before, after, strict=True):
        assert abs(b.start_s - a.start_s - shift_s) <= 0.032
        assert abs(b.end_s - a.end_s - shift_s) <= 0.032


@pytest.mark.espeak
def test_breaths_clicks_hum_and_tones_are_no_speech(detector: SileroDetector) -> None:
    sound, truth = sentence_at(1.0, 14)
    rng = np.random.default_rng(5)
    time_s = np.arange(len(sound)) / RATE_HZ
    sound += 0.003 * np.sin(2 * np.pi * 50 * time_s).astype(np.float32)
    breath = rng.standard_normal(3200) * np.hanning(3200) * 0.01  # 0.4 s, about 20 dB under the voice
    for start_s in (7.0, 9.0):
        first = round(start_s * RATE_HZ)
        sound[first : first + 3200] += breath.astype(np.float32)
    sound[[round(t * RATE_HZ) for t in (8.0, 8.3, 10.5)]] += 0.8
    ring = (time_s > 11) & (time_s < 12.5)
    sound += (0.05 * np.sin(2 * np.pi * 440 * time_s) * ring).astype(np.float32)
    found = tight(detector, sound)
    assert total_s(found) > 0.8 * truth.duration_s
    assert all(s.overlap(truth) for s in found)


@pytest.mark.espeak
def test_tight_regions_hold_no_pause_over_100_ms_and_lie_in_the_padded_ones(detector: SileroDetector) -> None:
    sound, _ = sentence_at(1.0, 8)
    found = regions(detector, Channel(0, sound, RATE_HZ))
    assert all(b.start_s - a.end_s > 0.1 for a, b in zip(found.tight, found.tight[1:], strict=False))
    assert all(any(p.start_s <= s.start_s and s.end_s <= p.end_s for p in found.padded) for s in found.tight)


def floor_of(
    detector: SileroDetector, dialogue: Dialogue, **line: float
) -> tuple[dict[Party, list[Span]], list[FloorEvent]]:
    speech = {p: regions(detector, c).tight for p, c in dialogue.channels(**line).items()}
    return speech, find_events(speech, mono=False)


def matched(truth: Sequence[Event], found: Sequence[FloorEvent]) -> int:
    left, hits = list(found), 0
    for event in truth:
        near = [f for f in left if f.by == event.by and abs(f.span.start_s - event.time_s) < MATCH_S]
        if near:
            left.remove(near[0])
            hits += 1
    return hits


LINES = {"clean": {}, "noise": {"noise_dbfs": -45.0}, "cross-talk": {"leak_db": -30.0}}


@pytest.mark.espeak
@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_floor_events_of_built_dialogues(detector: SileroDetector, line: str) -> None:
    """F1 of interruptions and backchannels, latency error; from sound, on clean and on bad lines."""
    hits = dict.fromkeys(("interruption", "backchannel"), 0)
    sizes = dict(hits)
    errors_s: list[float] = []
    for seed in (11, 12):
        dialogue = random_dialogue(seed)
        _, events = floor_of(detector, dialogue, **LINES[line])
        for kind in hits:
            truth = [e for e in dialogue.events if e.kind == kind]
            found = [e for e in events if e.kind == kind]
            hits[kind] += matched(truth, found)
            sizes[kind] += len(truth) + len(found)
        gaps = [e for e in events if e.kind == "gap"]
        for event in (e for e in dialogue.events if e.kind == "gap"):
            near = [g for g in gaps if g.by == event.by and abs(g.span.end_s - event.time_s) < MATCH_S]
            errors_s += [abs(near[0].value_s - event.value_s)] if near else [MATCH_S]
    for kind, n in hits.items():
        assert 2 * n / sizes[kind] >= F1_LIMIT, kind
    assert np.median(errors_s) <= LATENCY_TOLERANCE_S


@pytest.mark.espeak
def test_truth_spans_of_a_built_dialogue_give_its_events() -> None:
    """The dialogues' own truth obeys the rule: what they build is what the rule must tell."""
    needs_espeak()
    for seed in range(8):
        dialogue = random_dialogue(seed)
        events = find_events(dialogue.speech(), mono=False)
        for kind in ("interruption", "backchannel"):
            truth = [e for e in dialogue.events if e.kind == kind]
            found = [e for e in events if e.kind == kind]
            assert matched(truth, found) == len(truth) == len(found)


@pytest.mark.espeak
def test_every_utterance_is_found_and_nothing_else(detector: SileroDetector) -> None:
    dialogue = random_dialogue(21)
    speech, _ = floor_of(detector, dialogue)
    for party, truth in dialogue.speech().items():
        found = find_ipus(speech[party])
        assert all(any(f.overlap(t) for f in found) for t in truth)
        assert all(any(f.overlap(t) for t in merge(truth)) for f in found)


def test_energy_step_divides_the_detectors_step() -> None:
    assert round(0.032 / ENERGY_STEP_S, 9) == 4
