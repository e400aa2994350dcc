"""Signatures and their likeness: the same phrase agrees with itself through codecs, other contours do not."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.notes import Measure
from audio.repetition import LEAST_PAIRS, Likeness, contour_repetition, likeness, matched
from audio.signature import LEAST_SYLLABLES, MOST_SYLLABLES, Signature, sign_phrase
from audio.timeline import Span
from audio.voice import VoiceTracks, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from service.say import LANGS, Lang, Say
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, telephone, voice

PLAN = VoicePlan(duration_s=4, median_hz=130, spread_st=2.5, syllables_per_phrase=12, level_jitter_db=1.0, seed=1)
SAME_ST = 0.3
"""Two takes of one contour through a telephone: the noise floor of real recordings is 0.1 to 0.3 st."""
PEAK_S = 0.06
"""A synthetic syllable is a plateau: where its loudest frame falls is up to the harmonics."""
MOVES_ST = 1.0
"""What a contour of 2.5 st in two seconds moves by in that time."""


@cache
def tracker() -> SwiftF0Tracker:
    return SwiftF0Tracker()


def tracked(samples: np.ndarray, speech: tuple[Span, ...], rate_hz: int = RATE_HZ) -> VoiceTracks:
    return track_voice(as_channel(samples, rate_hz), speech, tracker(), others=())


@cache
def signed(plan: VoicePlan = PLAN, phone: bool = False) -> Signature:
    known = voice(plan)
    first = known.speech[:1]
    samples, rate_hz = (telephone(known.samples), 8000) if phone else (known.samples, RATE_HZ)
    signature = sign_phrase(tracked(samples, first, rate_hz), first[0], key="phrase")
    assert signature is not None
    return signature


def alike(a: Signature, b: Signature) -> Likeness:
    found = likeness(a, b)
    assert found is not None
    return found


def test_a_signature_holds_the_known_contour_and_timing() -> None:
    known = voice(PLAN)
    first, signature = known.speech[0], signed()
    tracks = tracked(known.samples, known.speech[:1])
    nuclei_s = tracks.nuclei_s[(tracks.nuclei_s >= first.start_s) & (tracks.nuclei_s < first.end_s)]
    assert np.abs(nuclei_s - known.nuclei_s[:12]).max() < PEAK_S
    around = [known.f0_hz[int((t - 0.05) * RATE_HZ) : int((t + 0.05) * RATE_HZ)] for t in nuclei_s]
    f0 = np.array([np.nanmedian(x) for x in around])
    truth_st = 12 * np.log2(f0 / np.median(f0))
    assert np.sqrt(np.mean((np.array(signature.st) - truth_st) ** 2)) < SAME_ST
    assert np.exp(signature.ln_gaps) == pytest.approx(np.diff(nuclei_s), rel=0.01)


def test_a_signature_is_small_json_and_says_nothing_of_the_height_of_the_voice() -> None:
    low, high = signed(), signed(replace(PLAN, median_hz=230))
    text = json.dumps(asdict(low))
    assert len(text) < 500 and set(asdict(low)) == {"key", "st", "ln_gaps", "db"}
    assert np.median(low.st) == pytest.approx(0.0, abs=0.05)  # about its own median, rounded to 0.1
    assert np.median(low.db) == pytest.approx(0.0, abs=0.05)
    found = alike(low, high)
    assert found.contour_r is not None and found.contour_r > 0.95 and found.rmse_st < MOVES_ST


def test_gain_and_silence_in_front_leave_the_signature_as_it_is() -> None:
    known, ahead_s = voice(PLAN), 5.12
    padded = np.concatenate((np.zeros(round(ahead_s * RATE_HZ), np.float32), known.samples / 4))
    later = known.speech[0].shifted(ahead_s)
    assert sign_phrase(tracked(padded, (later,)), later, key="phrase") == signed()


def test_the_same_phrase_through_the_telephone_agrees_with_itself() -> None:
    found = alike(signed(), signed(phone=True))
    assert found.contour_r is not None and found.contour_r > 0.97
    assert found.rhythm_r is not None and found.rhythm_r > 0.95
    assert found.rmse_st < SAME_ST


def test_another_contour_does_not() -> None:
    rs = []
    for seed in range(2, 12):
        found = alike(signed(), replace(signed(), st=signed(replace(PLAN, seed=seed)).st[:12]))
        assert found.rmse_st > 3 * SAME_ST
        rs.append(found.contour_r or 0.0)
    assert np.median(np.abs(rs)) < 0.8  # both fall along the phrase, so they are not unrelated


def test_a_syllable_that_one_of_them_lacks_is_left_out() -> None:
    whole = signed()
    times_s = np.concatenate(([0.0], np.cumsum(np.exp(whole.ln_gaps))))
    for lost in range(whole.syllables):
        kept = [i for i in range(whole.syllables) if i != lost]
        short = Signature("phrase", tuple(whole.st[i] for i in kept), tuple(np.log(np.diff(times_s[kept])).tolist()))
        assert [b for b, _ in matched(whole, short).tolist()] == kept
        found = alike(whole, short)
        assert found.contour_r == pytest.approx(1.0) and found.rmse_st < 0.2  # the median may move by a step


def test_as_many_syllables_need_not_be_the_same_ones() -> None:
    """One lost near the start and one more heard at the end: place by place nothing would fit."""
    whole = signed()
    times_s = np.concatenate(([0.0], np.cumsum(np.exp(whole.ln_gaps))))
    kept = [i for i in range(whole.syllables) if i != 2]
    later = np.log(np.diff([*times_s[kept], times_s[-1] + 0.2]))
    other = Signature("phrase", (*(whole.st[i] for i in kept), 5.0), tuple(later.tolist()))
    assert [a for a, _ in matched(whole, other).tolist()] == kept
    assert alike(whole, other).contour_r == pytest.approx(1.0)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_the_same_contour_faster_or_slower_is_laid_over(factor: float) -> None:
    faster = replace(signed(), ln_gaps=tuple(g + np.log(factor) for g in signed().ln_gaps))
    found = alike(signed(), faster)
    assert found.contour_r == pytest.approx(1.0) and found.rhythm_r == pytest.approx(1.0)


def test_flat_contours_have_no_r_and_are_close() -> None:
    flat = replace(signed(), st=(0.0,) * 12)
    found = alike(flat, flat)
    assert found.contour_r is None and found.rmse_st == 0.0


def test_other_words_no_words_and_too_many_lost_syllables_are_not_compared() -> None:
    assert likeness(signed(), replace(signed(), key="other")) is None
    assert likeness(replace(signed(), key=""), replace(signed(), key="")) is None
    half = Signature("phrase", signed().st[:6], signed().ln_gaps[:5])
    assert likeness(signed(), half) is None


def test_too_few_or_too_many_syllables_are_no_signature() -> None:
    known = voice(replace(PLAN, duration_s=25, pause_s=0.1))
    tracks = tracked(known.samples, known.speech)
    assert sign_phrase(tracks, Span(0.0, 25.0)) is None  # some 100 syllables
    assert sign_phrase(tracks, Span(known.speech[0].start_s, known.speech[0].start_s + 0.5)) is None
    assert sign_phrase(tracks, Span(100.0, 101.0)) is None
    assert LEAST_SYLLABLES < 12 < MOST_SYLLABLES


def test_a_signature_of_unequal_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="gaps"):
        Signature("phrase", (0.0, 1.0), (0.1, 0.2))


# -- the measures ------------------------------------------------------------------------------------------------------


def said(contour: np.ndarray, seed: int, noise_st: float = 0.2) -> Signature:
    """A saying of a phrase whose contour and timing are known, with some noise on both."""
    rng = np.random.default_rng(seed)
    st_ = contour + rng.normal(0, noise_st, len(contour))
    gaps = np.log(0.2) + np.tile([0.2, -0.2, 0.1], len(contour))[: len(contour) - 1]
    gaps = gaps + rng.normal(0, 0.05, len(gaps))
    return Signature("phrase", tuple(np.round(st_ - np.median(st_), 1)), tuple(np.round(gaps, 2)))


CONTOUR = 3 * np.sin(np.arange(12) / 2)
OTHER = 3 * np.cos(np.arange(12) * 1.3)


def measured(own: list[Signature], others: list[Signature], rates: list[float] | None = None) -> dict[str, Measure]:
    return {m.name: m for m in contour_repetition(own, others, rate_ratios=rates or [], source="x")}


def test_a_phrase_said_alike_repeats_beyond_what_others_share() -> None:
    own = [said(CONTOUR, i) for i in range(6)]
    others = [said(OTHER, 50 + i, 1.0) for i in range(4)]
    found = measured(own, others, [1.3, 1.2, 1.4, 1.3, 1.1])
    repetition, index = found["contour_repetition"].value, found["contour_repetition_index"].value
    assert repetition is not None and repetition > 0.95 and found["contour_repetition"].material == 15
    assert index is not None and index > 0.5
    rmse_st = found["contour_repetition_rmse"].value
    assert rmse_st == pytest.approx(0.2 * np.sqrt(2), abs=0.1)  # two independent errors of 0.2 st, rounded to 0.1
    assert found["template_shortening"].value == pytest.approx(1.3)


def test_a_phrase_said_each_time_otherwise_does_not() -> None:
    rng = np.random.default_rng(5)
    found = measured([said(rng.normal(0, 2, 12), i) for i in range(8)], [])
    repetition, rmse_st = found["contour_repetition"].value, found["contour_repetition_rmse"].value
    assert repetition is not None and abs(repetition) < 0.4
    assert rmse_st is not None and rmse_st > 2.0


def test_what_others_say_alike_is_the_text_s() -> None:
    own, others = ([said(CONTOUR, i) for i in range(a, a + 5)] for a in (0, 20))
    index = measured(own, others)["contour_repetition_index"].value
    assert index == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("lang", LANGS)
def test_too_little_is_a_reason_with_a_sentence(lang: Lang) -> None:
    four = [said(CONTOUR, i) for i in range(4)]  # six pairs
    found = measured(four, [said(CONTOUR, 9)], [1.2])
    codes = {name: m.reason.code for name, m in found.items() if m.reason is not None}
    assert codes == {
        "contour_repetition": "voice.repetition_few_pairs",
        "contour_repetition_rmse": "voice.repetition_few_pairs",
        "rhythm_repetition": "voice.repetition_few_pairs",
        "contour_repetition_index": "voice.repetition_few_pairs",
        "template_shortening": "voice.repetition_few_rates",
    }
    alone = measured([said(CONTOUR, i) for i in range(5)], [])["contour_repetition_index"].reason
    assert alone is not None and alone.code == "voice.repetition_few_others"
    for reason in (*(m.reason for m in found.values()), alone):
        assert reason is not None and "{" not in Say(lang)(reason)


def test_a_thousand_calls_are_thinned_out_and_give_the_same() -> None:
    many = measured([said(CONTOUR, i) for i in range(80)], [])  # 3160 pairs
    material, value = many["contour_repetition"].material, many["contour_repetition"].value
    assert material is not None and LEAST_PAIRS < material <= 500
    few = measured([said(CONTOUR, i) for i in range(20)], [])["contour_repetition"].value
    assert value == pytest.approx(few, abs=0.02)


semitones = st.floats(-12, 12).map(lambda x: round(x, 1))
gaps = st.floats(-3, -0.5).map(lambda x: round(x, 2))


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    n = draw(st.integers(LEAST_SYLLABLES, 20))
    return Signature(
        "phrase",
        tuple(draw(st.lists(semitones, min_size=n, max_size=n))),
        tuple(draw(st.lists(gaps, min_size=n - 1, max_size=n - 1))),
    )


@given(signatures())
def test_everything_agrees_with_itself(signature: Signature) -> None:
    found = alike(signature, signature)
    assert found.rmse_st == 0.0
    assert found.contour_r is None or found.contour_r == pytest.approx(1.0)
    assert found.rhythm_r is None or found.rhythm_r == pytest.approx(1.0)


@given(signatures(), signatures())
def test_likeness_has_no_direction(a: Signature, b: Signature) -> None:
    assert likeness(a, b) == likeness(b, a)


@given(signatures(), signatures())
def test_pairs_rise_on_both_sides(a: Signature, b: Signature) -> None:
    pairs = matched(a, b)
    assert (np.diff(pairs, axis=0) > 0).all()
    assert len(pairs) <= min(a.syllables, b.syllables)


@given(signatures(), st.floats(-5, 5))
def test_height_plays_no_part(signature: Signature, shift_st: float) -> None:
    moved = replace(signature, st=tuple(x + shift_st for x in signature.st))
    assert alike(signature, moved).rmse_st == pytest.approx(0.0, abs=1e-9)
