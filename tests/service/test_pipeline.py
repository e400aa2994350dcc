"""The pipeline on small real files: its steps, its outcome, and what it never makes up."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest

from audio.decode import DecodeLimits
from audio.errors import EmptyAudio, OverLimit
from audio.floor import find_ipus
from service.calls import STEPS, CallFiles, Choices
from service.pipeline import analysed
from service.scoring.documents import parse_result, to_json
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.calls import rate_hz, sound, tools, wav

PART_S = 24


@contextmanager
def analysis_of(folder, samples, *, rate=8000, choices=None, on_step=lambda step, share: None, limits=None):
    path = folder / "call.wav"
    path.write_bytes(wav(samples, rate_hz=rate))
    rubric = load_rubric("inbound_service")
    given = (CallFiles(path), tools(), rubric, choices or Choices())
    with analysed(*given, limits=limits or DecodeLimits(), on_step=on_step) as analysis:
        yield analysis


@pytest.fixture(scope="module")
def part():
    """The beginning of the lived French call, agent left, and what the pipeline makes of it."""
    return np.array(sound("fr_vecu")[:, : PART_S * rate_hz("fr_vecu")]), rate_hz("fr_vecu")


@pytest.fixture(scope="module")
def evidence(part, tmp_path_factory):
    with analysis_of(tmp_path_factory.mktemp("part"), part[0], rate=part[1]) as analysis:
        return analysis.evidence


def test_every_step_is_told_in_order_and_the_last_is_done(part, tmp_path):
    told = []
    with analysis_of(tmp_path, part[0], rate=part[1], on_step=lambda step, share: told.append((step, share))):
        pass
    order = [STEPS.index(step) for step, _ in told]
    assert order == sorted(order) and {step for step, _ in told} == set(STEPS)
    assert told[-1] == ("score", 1.0)


def test_evidence_can_be_judged_again_from_its_file_with_the_same_bytes(evidence):
    rubric = load_rubric("inbound_service")
    written = to_json(evidence, judge(evidence, rubric, policy=None))
    stored = parse_result(written)
    assert to_json(stored.evidence, judge(stored.evidence, rubric, policy=None)) == written


def test_speech_is_sorted_disjoint_and_inside_the_call(evidence):
    for spans in evidence.speech.values():
        for span, after in pairwise(spans):
            assert span.end_s <= after.start_s
        assert not spans or (spans[0].start_s >= 0 and spans[-1].end_s <= evidence.call.duration_s + 0.01)


def test_turns_are_numbered_and_hold_the_speech_of_their_party(evidence):
    assert [turn.index for turn in evidence.turns] == list(range(len(evidence.turns)))
    for turn in evidence.turns:
        for ipu in turn.ipus:
            assert any(s.start_s - 0.01 <= ipu.start_s < s.end_s for s in evidence.speech[turn.party])


def test_a_gain_of_six_decibels_changes_nobody_s_speech(part, evidence, tmp_path):
    with analysis_of(tmp_path, part[0] / 2, rate=part[1]) as analysis:
        halved = analysis.evidence
    for party in ("agent", "customer"):
        # as the floor reads it: rounding to 16 bits may put a pause of just 100 ms on either side of the limit
        starts, quiet = (
            np.array([[s.start_s, s.end_s] for s in find_ipus(heard.speech[party])]) for heard in (evidence, halved)
        )
        assert starts.shape == quiet.shape and np.allclose(starts, quiet, atol=0.05)  # a few 10 ms steps of the edges


def test_one_voice_is_no_conversation_and_gets_no_scorecard(part, tmp_path):
    alone = part[0].copy()
    alone[1] = 0.0
    with analysis_of(tmp_path, alone, rate=part[1], choices=Choices(n_speakers=1)) as analysis:
        assert analysis.evidence.outcome.kind == "no_conversation" and analysis.evidence.outcome.reason
        assert analysis.judgement is None
        assert analysis.evidence.layout.kind == "one_dead_channel"


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_silence_has_no_roles_and_no_turns(channels, tmp_path):
    with analysis_of(tmp_path, np.zeros((channels, 8000 * 7), np.float32)) as analysis:
        assert analysis.evidence.roles is None and analysis.evidence.turns == ()
        assert analysis.evidence.layout.kind == "silent" and analysis.judgement is None


@pytest.mark.parametrize("samples", [1, 80, 4000])
def test_a_recording_of_a_moment_is_analysed_and_is_no_conversation(samples, tmp_path):
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, samples))
    with analysis_of(tmp_path, noise) as analysis:
        assert analysis.judgement is None and analysis.evidence.call.duration_s == pytest.approx(
            samples / 8000, abs=0.001
        )


def test_no_sample_and_too_many_are_errors(tmp_path):
    with pytest.raises(EmptyAudio), analysis_of(tmp_path, np.zeros((1, 0))):
        pass
    with pytest.raises(OverLimit), analysis_of(tmp_path, np.ones((1, 80_000)), limits=DecodeLimits(max_duration_s=5)):
        pass


def test_the_policy_without_voice_computes_none(part, evidence, tmp_path):
    with analysis_of(tmp_path, part[0], rate=part[1], choices=Choices(policy="no_voice")) as analysis:
        found = analysis.evidence
    assert not analysis.voices
    assert all(turn.voice is None for turn in found.turns) and found.deliveries == ()
    measured = {m.name for m in evidence.measures["agent"]} - {m.name for m in found.measures["agent"]}
    assert {"pitch_spread", "loudness_spread", "articulation_rate"} <= measured
    assert found.floor == evidence.floor and found.turns[0].span == evidence.turns[0].span
