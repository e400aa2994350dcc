"""The embedded diarizer on voices made here: two resonant buzzes with known turns, and the invariants of any answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.errors import BadParameter
from audio.recording import Channel
from audio.timeline import Span, intersect, merge, total_s
from models.diarize_mixture import MixtureDiarizer, MixtureOptions
from models.protocols import Diarizer
from service.say import LANGS, Say
from tests.bench.der import diarization_error

RATE_HZ = 8000
LOW_VOICE = (105.0, (640.0, 1190.0, 2390.0))
HIGH_VOICE = (205.0, (760.0, 1450.0, 2900.0))
CONFUSION_LIMIT = 0.05
"""Share of the speech: two made voices this far apart leave only the 50 ms steps at the edges in doubt."""
EDGE_TOLERANCE_S = 0.011
"""One hop: regions are shared out in whole frames."""


def buzz(voice: tuple[float, tuple[float, ...]], duration_s: float, seed: int) -> NDArray[np.float32]:
    """A buzz through moving resonances: its vowels change every 120 ms, its resonances stay those of one speaker."""
    f0_hz, formants_hz = voice
    rng = np.random.default_rng(seed)
    times_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    vowel = rng.uniform(0.75, 1.3, (len(times_s) // 960 + 1, len(formants_hz))).repeat(960, axis=0)[: len(times_s)]
    phase = 2 * np.pi * np.cumsum(f0_hz * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * times_s + seed))) / RATE_HZ
    sound = np.zeros_like(times_s)
    for harmonic in range(1, int(3600 / f0_hz)):
        at_hz = harmonic * f0_hz
        gain = sum(np.exp(-0.5 * ((at_hz - f * vowel[:, i]) / 160) ** 2) for i, f in enumerate(formants_hz))
        sound += (gain + 0.01) * np.sin(harmonic * phase)
    return (0.05 * sound + rng.normal(0, 1e-3, len(sound))).astype(np.float32)


def conversation(turns: list[tuple[int, float]], *, gap_s: float = 0.3) -> tuple[Channel, dict[str, list[Span]]]:
    """Alternating turns (voice index, duration), silences between them, and the truth."""
    voices, parts, time_s = (LOW_VOICE, HIGH_VOICE), [], 0.0
    truth: dict[str, list[Span]] = {}
    for seed, (voice, duration_s) in enumerate(turns):
        parts += [buzz(voices[voice], duration_s, seed), np.zeros(int(gap_s * RATE_HZ), dtype=np.float32)]
        truth.setdefault(f"voice_{voice}", []).append(Span(time_s, time_s + duration_s))
        time_s += duration_s + gap_s
    noise = np.random.default_rng(9).normal(0, 1e-4, sum(map(len, parts)))
    return Channel(0, (np.concatenate(parts) + noise).astype(np.float32), RATE_HZ), truth


TURNS = [(0, 3.0), (1, 2.0), (0, 1.0), (1, 4.0), (0, 0.6), (1, 2.4), (0, 5.0), (1, 0.6), (0, 2.0), (1, 3.0)]


def speech_of(truth: dict[str, list[Span]]) -> list[Span]:
    return merge(span for spans in truth.values() for span in spans)


def test_two_voices_get_their_own_turns() -> None:
    channel, truth = conversation(TURNS)
    found = MixtureDiarizer().diarize(channel, speech_of(truth), n_speakers=2)
    assert sorted(found.spans) == ["speaker_0", "speaker_1"]
    assert diarization_error(truth, found.spans).confusion_rate < CONFUSION_LIMIT
    assert found.notes == ()


def test_a_change_inside_a_region_is_found() -> None:
    channel, truth = conversation(TURNS, gap_s=0.0)
    found = MixtureDiarizer().diarize(channel, [channel.span], n_speakers=2)
    assert diarization_error(truth, found.spans).confusion_rate < CONFUSION_LIMIT


def test_a_short_answer_between_two_silences_is_kept() -> None:
    channel, truth = conversation(TURNS)
    found = MixtureDiarizer().diarize(channel, speech_of(truth), n_speakers=2)
    owner = {name: who for who, spans in found.spans.items() for name in truth if _share(truth[name], spans) > 0.5}
    short = [s for s in truth["voice_1"] if s.duration_s < 1]
    assert short and _share(short, found.spans[owner["voice_1"]]) > 0.9


def _share(wanted: list[Span], found: list[Span]) -> float:
    return total_s(intersect(wanted, found)) / total_s(wanted)


def test_two_are_found_without_being_told_and_one_stays_one() -> None:
    channel, truth = conversation(TURNS)
    assert len(MixtureDiarizer().diarize(channel, speech_of(truth)).spans) == 2
    alone, truth = conversation([(0, d) for _, d in TURNS])
    found = MixtureDiarizer().diarize(alone, speech_of(truth))
    assert list(found.spans) == ["speaker_0"]
    assert [note.code for note in found.notes] == ["diarize.one_speaker"]


@pytest.mark.parametrize("n_speakers", [1, 2, 3])
def test_the_speech_is_shared_out_whole_and_once(n_speakers: int) -> None:
    channel, truth = conversation(TURNS)
    speech = speech_of(truth)
    found = MixtureDiarizer().diarize(channel, speech, n_speakers=n_speakers)
    everything = [span for spans in found.spans.values() for span in spans]
    assert len(found.spans) <= n_speakers
    assert total_s(everything) == pytest.approx(total_s(speech), abs=EDGE_TOLERANCE_S)
    assert total_s(merge(everything)) == pytest.approx(total_s(everything), abs=1e-6)
    assert total_s(intersect(merge(everything), speech)) == pytest.approx(total_s(speech), abs=1e-6)


def test_the_same_sound_gives_the_same_answer_wherever_it_starts() -> None:
    channel, truth = conversation(TURNS)
    first = MixtureDiarizer().diarize(channel, speech_of(truth), n_speakers=2)
    assert MixtureDiarizer().diarize(channel, speech_of(truth), n_speakers=2) == first
    later = replace(channel, start_s=100.0)
    moved = MixtureDiarizer().diarize(later, [s.shifted(100.0) for s in speech_of(truth)], n_speakers=2)
    for label, spans in first.spans.items():
        for here, there in zip(spans, moved.spans[label], strict=True):
            assert there.shifted(-100.0).start_s == pytest.approx(here.start_s, abs=EDGE_TOLERANCE_S)


def test_sixteen_kilohertz_is_heard_as_eight() -> None:
    channel, truth = conversation(TURNS)
    spectrum = np.fft.rfft(channel.samples)
    wide = np.fft.irfft(np.pad(spectrum, (0, len(spectrum) - 1)), n=2 * len(channel.samples)) * 2
    doubled = Channel(0, wide.astype(np.float32), 2 * RATE_HZ)
    found = MixtureDiarizer().diarize(doubled, speech_of(truth), n_speakers=2)
    assert diarization_error(truth, found.spans).confusion_rate < CONFUSION_LIMIT


def test_without_speech_or_with_little_there_is_a_reason() -> None:
    channel, _ = conversation(TURNS)
    assert MixtureDiarizer().diarize(channel, []).notes[0].code == "diarize.no_speech"
    short = MixtureDiarizer().diarize(channel, [Span(0.0, 1.0)], n_speakers=2)
    assert short.spans == {"speaker_0": [Span(0.0, 1.0)]}
    assert short.notes[0].code == "diarize.too_little_speech"


def test_silence_taken_for_speech_is_one_speaker_and_no_crash() -> None:
    dead = Channel(0, np.zeros(20 * RATE_HZ, dtype=np.float32), RATE_HZ)
    found = MixtureDiarizer().diarize(dead, [Span(0.0, 20.0)], n_speakers=2)
    assert list(found.spans) == ["speaker_0"]


def test_regions_outside_the_channel_are_survived() -> None:
    channel, truth = conversation(TURNS)
    beyond = [*speech_of(truth), Span(channel.span.end_s + 5, channel.span.end_s + 6)]
    found = MixtureDiarizer().diarize(channel, beyond, n_speakers=2)
    assert diarization_error(truth, found.spans).confusion_rate < CONFUSION_LIMIT


@pytest.mark.parametrize("wanted", [0, -1, 5])
def test_an_impossible_number_of_speakers_is_refused_with_its_limit(wanted: int) -> None:
    channel, truth = conversation(TURNS[:2])
    with pytest.raises(BadParameter, match=r"diarize\.speakers_out_of_range") as refused:
        MixtureDiarizer().diarize(channel, speech_of(truth), n_speakers=wanted)
    for lang in LANGS:
        assert str(wanted) in Say(lang)(refused.value.note)
        assert "4" in Say(lang)(refused.value.note)


def test_it_is_a_diarizer_and_its_defaults_stand_in_one_place() -> None:
    diarizer: Diarizer = MixtureDiarizer()
    assert diarizer.name == "gaussian-mixture"
    assert MixtureDiarizer().options == MixtureOptions()


def test_a_short_clip_is_split_only_when_somebody_says_how_many_speak():
    options = MixtureOptions()
    assert options.min_undecided_s > options.min_speech_s
    noise = np.random.default_rng(0).standard_normal(6 * 8000).astype(np.float32) * 0.1
    channel = Channel(0, noise, 8000)
    undecided = MixtureDiarizer().diarize(channel, [Span(0.0, 5.0)])
    assert list(undecided.spans) == ["speaker_0"]
    assert undecided.notes[0].code == "diarize.too_little_speech"
    told = MixtureDiarizer().diarize(channel, [Span(0.0, 5.0)], n_speakers=2)
    assert "diarize.too_little_speech" not in [n.code for n in told.notes]
