"""Which labels speak: two live channels are heard apart, anything else goes through the diarizer, and it is said."""

from __future__ import annotations

import numpy as np
import pytest

from audio.channels import find_layout
from audio.recording import Channel, Recording
from service.hearing import hear
from tests.calls import rate_hz, sound, tools

PART_S = 24


def recording(*channels: np.ndarray) -> Recording:
    rate = rate_hz("fr_vecu")
    return Recording(tuple(Channel(i, c, rate) for i, c in enumerate(channels)), ())


@pytest.fixture(scope="module")
def part() -> np.ndarray:
    return np.array(sound("fr_vecu")[:, : PART_S * rate_hz("fr_vecu")])


def heard(*channels: np.ndarray, n_speakers: int | None = None):
    call = recording(*channels)
    return hear(call, find_layout(call), tools().detector, tools().diarizer, n_speakers=n_speakers)


def test_two_live_channels_are_two_labels(part):
    found = heard(part[0], part[1])
    assert [v.label for v in found.voices] == ["channel_0", "channel_1"]
    assert (found.source, found.mono, found.diarized_by) == ("two channels", False, None)
    assert all(found.speech.values())


def test_padded_speech_holds_the_tight_speech(part):
    for voice in heard(part[0], part[1]).voices:
        held = [any(p.start_s <= s.start_s and s.end_s <= p.end_s for p in voice.padded) for s in voice.speech]
        assert np.mean(held) > 0.9  # a lone token found by its level has no padded region around it


def test_the_same_sound_twice_is_diarized_as_one_channel(part):
    both = part.sum(axis=0)
    found = heard(both, both)
    assert found.mono and found.diarized_by and all(v.label.startswith("speaker_") for v in found.voices)


def test_a_dead_channel_leaves_the_other_to_the_diarizer(part):
    found = heard(np.zeros_like(part[0]), part.sum(axis=0), n_speakers=2)
    assert found.mono and {v.channel.index for v in found.voices} == {1}
    assert len(found.voices) == 2


def test_silence_has_no_speech(part):
    assert not any(heard(np.zeros_like(part[0])).speech.values())
