"""How the pitch ends each breath of a turn: contours built by hand, agent and customer."""

from __future__ import annotations

import numpy as np
import pytest

from audio.pitch import PITCH_STEP_S
from audio.quality import ChannelQuality
from audio.timeline import FrameTrack, Party, Span
from audio.voice import VoiceTracks
from service.measuring import VoiceFacts, with_delivery
from service.scoring.evidence import SpokenTurn

DURATION_S = 20.0
MOVE_ST = 5.0  # over the last 0.4 s: far above the glissando threshold of 0.8 st there


def tracks(*breaths: tuple[Span, float], speech: tuple[Span, ...] | None = None) -> VoiceTracks:
    """A voice at 150 Hz whose breaths move by some semitones over their last 0.4 s."""
    n = round(DURATION_S / PITCH_STEP_S)
    times_s = (np.arange(n) + 0.5) * PITCH_STEP_S
    f0 = np.full(n, np.nan)
    for span, move_st in breaths:
        inside = (times_s >= span.start_s) & (times_s < span.end_s)
        f0[inside] = 150 * 2 ** (move_st * np.clip((times_s[inside] - span.end_s + 0.4) / 0.4, 0, 1) / 12)
    pitch = FrameTrack(f0, 0.0, PITCH_STEP_S, "Hz")
    level = FrameTrack(np.zeros(n), 0.0, PITCH_STEP_S, "dB")
    return VoiceTracks(pitch, level, np.array([]), speech or tuple(s for s, _ in breaths), None, "by hand")


def facts(voice: VoiceTracks, snr_db: float | None = 40.0) -> VoiceFacts:
    quality = ChannelQuality(snr_db, 0.0, 3400.0, 0.0, 10.0)
    return VoiceFacts(voice, None, quality, (), None)  # type: ignore[arg-type]  # syllables and stretches are not read


def turn(party: Party, *ipus: Span) -> SpokenTurn:
    return SpokenTurn(index=0, party=party, span=Span(ipus[0].start_s, ipus[-1].end_s), ipus=ipus)


RISE, LEVEL, FALL = Span(1.0, 3.0), Span(4.0, 6.0), Span(7.0, 9.0)
VOICE = tracks((RISE, MOVE_ST), (LEVEL, 0.0), (FALL, -MOVE_ST))


@pytest.mark.parametrize("party", ["agent", "customer"])
def test_each_breath_has_its_contour(party: Party) -> None:
    (found,) = with_delivery([turn(party, RISE, LEVEL, FALL)], {party: facts(VOICE)})
    assert found.voice is not None and found.voice.endings == ("rise", "level", "fall")


def test_of_the_customer_nothing_else_is_kept() -> None:
    agent, customer = (
        with_delivery([turn(party, RISE, LEVEL, FALL)], {party: facts(VOICE)})[0].voice
        for party in ("agent", "customer")
    )
    assert agent is not None and agent.pitch_spread_st is not None
    assert customer is not None and customer.pitch_spread_st is None and customer.articulation_rate_per_s is None


def test_an_end_that_somebody_speaks_into_is_not_known() -> None:
    """The voice is tracked where its speaker is alone: here up to half a second before the breath ends."""
    alone = tracks((Span(1.0, 2.5), MOVE_ST), (LEVEL, 0.0))
    (found,) = with_delivery([turn("agent", RISE, LEVEL)], {"agent": facts(alone)})
    assert found.voice is not None and found.voice.endings == (None, "level")


@pytest.mark.parametrize(("snr_db", "known"), [(19.9, False), (20.0, True), (None, True)])
def test_under_the_noise_limit_of_pitch_no_contour_is_known(snr_db: float | None, known: bool) -> None:
    (found,) = with_delivery([turn("agent", RISE)], {"agent": facts(VOICE, snr_db)})
    assert found.voice is not None and found.voice.endings == (("rise",) if known else (None,))


def test_third_voices_and_parties_without_a_voice_stay_as_they_are() -> None:
    turns = [turn("unknown", RISE), turn("customer", LEVEL)]
    assert with_delivery(turns, {"unknown": facts(VOICE), "agent": facts(VOICE)}) == tuple(turns)
