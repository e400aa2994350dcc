"""Accommodation: known coupling is found, none is not invented, and one call seldom says anything."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from audio.accommodation import (
    FEATURES,
    convergence,
    edge_values,
    find_exchanges,
    measure_accommodation,
    synchrony,
)
from audio.notes import Measure
from audio.timeline import FrameTrack, Party, Span, Turn
from audio.voice import VoiceTracks
from service.say import LANGS, Lang, Say

TURN_S = 4.0


def dialogue(n_turns: int, agent: np.ndarray, customer: np.ndarray) -> tuple[list[Turn], dict[Party, VoiceTracks]]:
    """Turns of 4 s in alternation; each voice's st, dB and syll/s move with its own number for the turn."""
    duration_s = n_turns * (TURN_S + 0.2) + 1
    turns: list[Turn] = []
    for i in range(n_turns):
        span = Span(i * (TURN_S + 0.2), i * (TURN_S + 0.2) + TURN_S)
        turns.append(Turn("agent" if i % 2 == 0 else "customer", span, (span,)))
    moves: dict[Party, np.ndarray] = {"agent": agent, "customer": customer}
    return turns, {party: _voice(turns, party, move, duration_s) for party, move in moves.items()}


def _voice(turns: list[Turn], party: Party, move: np.ndarray, duration_s: float) -> VoiceTracks:
    pitch = FrameTrack(np.full(round(duration_s / 0.016), np.nan), 0.0, 0.016, "Hz")
    level = FrameTrack(np.full(round(duration_s / 0.01), np.nan), 0.0, 0.01, "dB")
    nuclei, own = [], [t.span for t in turns if t.party == party]
    for span, m in zip(own, move, strict=False):
        pitch.values[pitch.mask([span])] = 150 * 2 ** (m / 12)
        level.values[level.mask([span])] = -6 + m
        nuclei.append(span.start_s + np.arange(0.05, TURN_S, 1 / (5 + 0.5 * m)))
    return VoiceTracks(pitch, level, np.concatenate(nuclei), tuple(own), (), "made")


def named(measures: list[Measure]) -> Mapping[str, Measure]:
    return {m.name: m for m in measures}


def measured(n_turns: int, agent: np.ndarray, customer: np.ndarray, *, mono: bool = False) -> Mapping[str, Measure]:
    turns, voices = dialogue(n_turns, agent, customer)
    return named(measure_accommodation(turns, voices, source="two channels", mono=mono))


def test_an_agent_who_follows_is_found_in_every_feature() -> None:
    rng = np.random.default_rng(1)
    customer = rng.normal(0, 1, 40)
    agent = np.concatenate(([0.0], customer[:-1])) * 0.9 + 0.3 * rng.normal(0, 1, 40)
    found = measured(80, agent, customer)
    for feature in FEATURES:
        m = found[f"sync_{feature}"]
        assert m.value is not None and m.value > 0.25  # every second exchange carries the coupling
        assert m.reason is not None and m.reason.code == "voice.accommodation_p"
        assert m.material == 79 and m.material_unit == "n" and m.unit == "r"


def test_voices_that_come_closer_converge() -> None:
    """Opposite movements that get smaller: around each voice's own median, which is all that compares in pitch."""
    rng = np.random.default_rng(3)
    apart = np.linspace(3, 0, 40) * np.sign(np.sin(2 * np.pi * (np.arange(40) + 0.5) / 10))
    found = measured(80, apart + 0.2 * rng.normal(size=40), -apart + 0.2 * rng.normal(size=40))
    for feature in FEATURES:
        value = found[f"convergence_{feature}"].value
        assert value is not None and value > 0.7, feature


def test_a_shared_trend_is_no_synchrony() -> None:
    rng = np.random.default_rng(4)
    climb = np.linspace(0, 6, 60)
    found = synchrony(climb + 0.1 * rng.normal(size=60), climb + 0.1 * rng.normal(size=60))
    assert found is not None and abs(found.r) < 0.35 and found.p > 0.01


def test_independent_voices_are_called_together_no_more_than_chance_allows() -> None:
    rng = np.random.default_rng(5)
    low = 0
    for _ in range(400):
        a, b = (_wandering(rng, 50) for _ in range(2))
        found = synchrony(a, b)
        assert found is not None
        low += found.p < 0.05
    assert low <= 34  # 95th percentile bound of 400 draws at 5 % is 27; slow series allow a little more


def _wandering(rng: np.random.Generator, n: int) -> np.ndarray:
    x = rng.normal(size=n)
    for i in range(1, n):
        x[i] += 0.5 * x[i - 1]
    return x


def test_r_is_pearsons_and_p_counts_shifts() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=40), rng.normal(size=40)
    found = convergence(x, y)
    assert found is not None
    assert found.r == pytest.approx(np.corrcoef(np.arange(40), -np.abs(x - y))[0, 1])
    rs = [np.corrcoef(np.arange(40), np.roll(-np.abs(x - y), -k))[0, 1] for k in range(2, 39)]
    assert found.p == pytest.approx((1 + np.sum(np.abs(rs) >= abs(found.r))) / (1 + len(rs)))


def test_long_calls_draw_a_thousand_shifts_and_the_same_ones_each_time() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=3000), rng.normal(size=3000)
    first, second = synchrony(x, y), synchrony(x, y)
    assert first == second and first is not None
    assert (first.p * 1001) == pytest.approx(round(first.p * 1001), abs=1e-6)


def test_swapping_the_parties_changes_nothing() -> None:
    rng = np.random.default_rng(8)
    turns, voices = dialogue(70, rng.normal(size=35), rng.normal(size=35))
    other: dict[Party, Party] = {"agent": "customer", "customer": "agent"}
    swapped = [Turn(other[t.party], t.span, t.ipus) for t in turns]
    a = measure_accommodation(turns, voices, source="x", mono=False)
    b = measure_accommodation(swapped, {other[p]: v for p, v in voices.items()}, source="x", mono=False)
    assert [m.value for m in a] == pytest.approx([m.value for m in b], abs=1e-12)


@pytest.mark.parametrize(
    ("n_turns", "mono", "code"),
    [
        (30, False, "voice.too_few_exchanges"),
        (80, True, "voice.accommodation_mono"),
        (0, False, "voice.too_few_exchanges"),
    ],
)
def test_unknown_says_why(n_turns: int, mono: bool, code: str) -> None:
    rng = np.random.default_rng(9)
    moves = rng.normal(size=(2, 40))
    found = (
        measured(n_turns, *moves, mono=mono) if n_turns else named(measure_accommodation([], {}, source="x", mono=mono))
    )
    assert len(found) == 6
    for m in found.values():
        assert m.value is None and m.reason is not None and m.reason.code == code


def test_a_voice_that_never_moves_has_no_r() -> None:
    found = measured(80, np.zeros(40), np.random.default_rng(1).normal(size=40))
    assert found["sync_pitch"].value is None
    assert found["sync_pitch"].reason is not None and found["sync_pitch"].reason.code == "voice.not_measurable"


def test_exchanges_leave_out_listening_signs_and_third_voices() -> None:
    def turn(party: Party, a: float, b: float) -> Turn:
        return Turn(party, Span(a, b), (Span(a, b),))

    turns = [
        turn("agent", 0, 10),
        turn("customer", 4, 4.5),
        turn("customer", 11, 15),
        turn("unknown", 15.5, 16),
        turn("agent", 17, 20),
    ]
    assert [e.time_s for e in find_exchanges(turns)] == [11, 17]


def test_an_edge_is_the_three_seconds_next_to_the_exchange() -> None:
    """10 s that climb by 0.6 st and 0.6 dB a second, with a hole of 1 s that nobody reads."""
    turn, speech = Span(0.0, 10.0), (Span(0.0, 8.0), Span(9.0, 10.0))
    pitch = FrameTrack(np.full(700, np.nan), 0.0, 0.016, "Hz")
    level = FrameTrack(np.full(1100, np.nan), 0.0, 0.01, "dB")
    for track, value in ((pitch, 150 * 2 ** (0.6 * pitch.times_s / 12)), (level, -10 + 0.6 * level.times_s)):
        track.values[track.mask(speech)] = value[track.mask(speech)]
    voice = VoiceTracks(pitch, level, np.arange(0.1, 10.0, 0.2), speech, (), "made")
    first, last = (edge_values(voice, turn, ending=ending) for ending in (False, True))
    assert first["loudness"] == pytest.approx(-10 + 0.6 * 1.5, abs=0.02)  # 0 to 3 s
    assert last["loudness"] == pytest.approx(-10 + 0.6 * (7.0 * 2 + 9.5) / 3, abs=0.02)  # 6 to 8 s and 9 to 10 s
    assert last["pitch"] - first["pitch"] == pytest.approx(0.6 * (7.5 - 1.5), abs=0.05)  # medians
    assert first["rate"] == pytest.approx(5.0, rel=0.1) and last["rate"] == pytest.approx(5.0, rel=0.1)
    assert all(np.isnan(v) for v in edge_values(voice, Span(0, 0.2), ending=True).values())


def test_each_voice_is_read_on_its_side_of_the_exchange() -> None:
    """The customer begins where the agent ended; the other ends of the turns lie on the median."""
    turns = [Turn(p, Span(11.0 * i, 11.0 * i + 10), ()) for i, p in enumerate(("agent", "customer") * 20)]  # type: ignore[arg-type]  # str
    tops, voices = np.random.default_rng(2).normal(0, 2, 20), {}
    for party in ("agent", "customer"):
        own = tuple(t.span for t in turns if t.party == party)
        pitch = FrameTrack(np.full(28000, np.nan), 0.0, 0.016, "Hz")
        for span, top in zip(own, tops, strict=True):
            inside = pitch.mask([span])
            late = pitch.times_s[inside] > span.start_s + 5
            pitch.values[inside] = 150 * 2 ** (np.where(late == (party == "agent"), top, 0.0) / 12)
        level = FrameTrack(np.full(44800, -6.0), 0.0, 0.01, "dB")
        voices[party] = VoiceTracks(pitch, level, np.arange(0, 440, 0.2), own, (), "made")
    found = named(measure_accommodation(turns, voices, source="x", mono=False))  # type: ignore[arg-type]  # str keys
    assert found["sync_pitch"].value == pytest.approx(1.0, abs=0.01)
    assert found["sync_pitch"].material == 39


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_has_its_sentence_and_every_name_its_label(lang: Lang) -> None:
    say = Say(lang)
    rng = np.random.default_rng(10)
    for found in (measured(80, *rng.normal(size=(2, 40))), measured(10, *rng.normal(size=(2, 5)))):
        assert all(m.reason is not None and len(say(m.reason)) > 20 for m in found.values())
        assert all(say.has(f"measure.{name}") for name in found)
