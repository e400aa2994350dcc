"""Packed windows: nothing lost, nothing twice, and every second finds its way back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.recording import Channel
from audio.timeline import Span, total_s
from models.whisper_windows import RATE_HZ, Window, WindowOptions, pack, window_sound

RATE = 8000
OPTIONS = WindowOptions(window_s=10.0, gap_s=0.3, cut_within_s=2.0)
HALF_SAMPLE_S = 1 / RATE


def silent(duration_s: float, *, start_s: float = 0.0) -> Channel:
    return Channel(0, np.zeros(round(duration_s * RATE), np.float32), RATE, start_s)


def test_short_regions_share_a_window_however_far_apart() -> None:
    (window,) = pack(silent(200), [Span(1, 3), Span(60, 62), Span(190, 194)], OPTIONS)
    assert [p.span for p in window.pieces] == [Span(1, 3), Span(60, 62), Span(190, 194)]
    assert [p.at_s for p in window.pieces] == pytest.approx([0.0, 2.3, 4.6])
    assert window.duration_s == pytest.approx(8.6)


def test_a_pause_shorter_than_the_gap_stays_as_long_as_it_was() -> None:
    (window,) = pack(silent(10), [Span(1, 3), Span(3.1, 4)], OPTIONS)
    assert window.pieces[1].at_s == pytest.approx(2.1)


def test_a_long_region_is_cut_where_it_is_quietest() -> None:
    samples = np.ones(25 * RATE, np.float32)
    samples[round(9.2 * RATE) : round(9.3 * RATE)] = 0.0
    windows = pack(Channel(0, samples, RATE), [Span(0, 25)], OPTIONS)
    assert windows[0].pieces[0].span.end_s == pytest.approx(9.21, abs=0.02)  # one 20 ms frame
    assert all(w.duration_s <= OPTIONS.window_s for w in windows)


@given(
    st.lists(st.tuples(st.floats(0.05, 30), st.floats(0.01, 20)), max_size=30),
    st.floats(0, 100),
)
def test_all_speech_is_in_the_windows_once_and_in_order(parts: list[tuple[float, float]], start_s: float) -> None:
    speech, at_s = [], start_s
    for length_s, pause_s in parts:
        speech.append(Span(at_s, at_s + length_s))
        at_s += length_s + pause_s
    windows = pack(silent(at_s - start_s + 1, start_s=start_s), speech, OPTIONS)
    pieces = [p for w in windows for p in w.pieces]
    assert total_s(p.span for p in pieces) == pytest.approx(total_s(speech))
    assert all(a.span.end_s <= b.span.start_s for a, b in pairwise(pieces))
    assert all(w.duration_s <= OPTIONS.window_s + 1e-9 for w in windows)
    assert all(a.end_s <= b.at_s + 1e-9 for w in windows for a, b in pairwise(w.pieces))


def two_pieces() -> Window:
    (window,) = pack(silent(100), [Span(10, 12), Span(50, 53)], OPTIONS)
    return window


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ((0.5, 1.0), (10.5, 11.0)),
        ((2.5, 3.0), (50.2, 50.7)),
        ((1.5, 2.2), (11.5, 12.0)),  # stretched into the silence behind it: clipped
        ((2.1, 2.8), (50.0, 50.5)),  # stretched into the silence before it
        ((0.0, 9.0), (50.0, 53.0)),  # over everything: the middle lies in the second
        ((5.2, 9.0), (52.9, 53.0)),
    ],
)
def test_heard_seconds_come_back_to_their_place(heard: tuple[float, float], said: tuple[float, float]) -> None:
    span = two_pieces().placed(*heard)
    assert (span.start_s, span.end_s) == pytest.approx(said)


def test_the_sound_of_a_window_is_the_call_s_own_with_silence_between() -> None:
    samples = np.arange(100 * RATE, dtype=np.float32) / (100 * RATE)
    wide = Channel(0, np.repeat(samples, 2), RATE_HZ)
    window = two_pieces()
    sound = window_sound(wide, window)
    assert len(sound) == round(window.duration_s * RATE_HZ)
    assert sound[RATE_HZ] == pytest.approx(0.11, abs=HALF_SAMPLE_S)
    assert not sound[round(2.05 * RATE_HZ) : round(2.25 * RATE_HZ)].any()
    assert sound[round(3.3 * RATE_HZ)] == pytest.approx(0.51, abs=HALF_SAMPLE_S)
    narrow = window_sound(Channel(0, samples, RATE), window)
    assert len(narrow) == len(sound)
