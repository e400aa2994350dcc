"""Quality in the result: five measures, each with what it rests on or why it is not there."""

from __future__ import annotations

import numpy as np
import pytest

from audio.crosstalk import Crosstalk
from audio.notes import Measure, Note
from audio.quality import ChannelQuality, measure_quality
from audio.quality_measures import quality_measures
from service.say import LANGS, Lang, Say
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, voice

SNR_TOLERANCE_DB = 2.0
"""Noise is read up to 1.5 dB low (percentile against mean), the voice's pauses between syllables do the rest."""


def named(quality: ChannelQuality) -> dict[str, Measure]:
    return {m.name: m for m in quality_measures(quality, source="two channels")}


def test_each_figure_of_the_channel_is_a_measure_with_unit_and_material() -> None:
    reason = Note("sound.crosstalk_none")
    found = named(ChannelQuality(31.0, 0.002, 3400.0, 0.6, 120.0, None, 0.1, None, reason))
    assert {n: (m.value, m.unit) for n, m in found.items()} == {
        "snr": (31.0, "dB"),
        "clipped_share": (0.2, "%"),
        "band_edge": (3400.0, "Hz"),
        "dropout": (0.5, "%"),
        "crosstalk": (None, "dB"),
    }
    assert found["crosstalk"].reason == reason
    assert {(m.source, m.material, m.material_unit) for m in found.values()} == {("two channels", 120.0, "s")}


def test_a_silent_channel_has_reasons_and_no_invented_zero() -> None:
    quality = measure_quality(as_channel(np.zeros(RATE_HZ * 5, np.float32)), [])
    found = named(quality)
    assert {n for n, m in found.items() if m.value is not None} == {"clipped_share"}  # known without speech
    assert all(m.reason is not None for m in found.values() if m.value is None)
    assert found["snr"].reason is not None and found["snr"].reason.code == "sound.too_little_speech"


def test_noise_holes_and_crosstalk_that_were_put_in_are_found() -> None:
    made = voice(VoicePlan(duration_s=20.0, noise_snr_db=25.0))
    samples = made.samples.copy()
    for span in made.speech[:4]:
        at = int((span.start_s + 0.5) * RATE_HZ)
        samples[at : at + int(0.06 * RATE_HZ)] = 0.0
    quality = measure_quality(as_channel(samples), made.speech, Crosstalk(-28.0, 0.6))
    found = named(quality)
    speech_s = sum(s.duration_s for s in made.speech)
    assert found["snr"].value == pytest.approx(25.0, abs=SNR_TOLERANCE_DB)
    assert found["dropout"].value == pytest.approx(100 * 4 * 0.06 / speech_s, rel=0.35)  # quiet rims hide one of four
    assert found["crosstalk"].value == -28.0 and found["crosstalk"].reason is None


@pytest.mark.parametrize("lang", LANGS)
def test_every_one_has_a_name(lang: Lang) -> None:
    assert all(Say(lang).has(f"measure.{name}") for name in named(ChannelQuality(None, 0.0, None, 0.0, 0.0)))
