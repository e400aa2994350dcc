"""Turns, events and measures on spans whose floor is known."""

from __future__ import annotations

import pytest

from audio.floor import (
    SILENCES,
    FloorMeasures,
    announced,
    build_turns,
    find_events,
    measure_floor,
    measure_silences,
    transfers,
)
from audio.notes import Measure
from audio.timeline import Party, Span
from audio.turns import floor_turns

Speech = dict[Party, list[Span]]


def measured(speech: Speech, *, mono: bool = False, paused: tuple[Span, ...] = ()) -> FloorMeasures:
    end_s = max((s.end_s for spans in speech.values() for s in spans), default=0.0) + 1
    events = find_events(speech, mono=mono, paused=paused)
    return measure_floor(speech, events, duration_s=end_s, mono=mono, source="two channels", paused=paused)


def value(measures: list[Measure], name: str) -> Measure:
    return next(m for m in measures if m.name == name)


def exchanges(gap_s: float, n: int = 20, turn_s: float = 4.0) -> Speech:
    """Turns by turns, agent first, always the same gap."""
    starts = [1 + i * (turn_s + gap_s) for i in range(n)]
    spans = [Span(s, s + turn_s) for s in starts]
    return {"agent": spans[::2], "customer": spans[1::2]}


def test_backchannel_does_not_break_a_turn_and_is_a_turn_of_its_own() -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(5.3, 9)], "customer": [Span(3, 3.5), Span(9.5, 12)]}
    turns = build_turns(speech)
    assert [(t.party, t.span) for t in turns] == [
        ("agent", Span(0, 9)),
        ("customer", Span(3, 3.5)),
        ("customer", Span(9.5, 12)),
    ]
    assert [t.span for t in floor_turns(turns)] == [Span(0, 9), Span(9.5, 12)]
    assert turns[0].ipus == (Span(0, 5), Span(5.3, 9))


def test_an_answer_in_the_pause_breaks_the_turn() -> None:
    turns = build_turns({"agent": [Span(0, 5), Span(7, 9)], "customer": [Span(5.4, 6.2)]})
    assert [t.party for t in turns] == ["agent", "customer", "agent"]


def test_a_failed_interruption_does_not_break_the_turn() -> None:
    turns = build_turns({"agent": [Span(0, 5), Span(5.4, 9)], "customer": [Span(2.8, 5.1)]})
    assert [(t.party, t.span) for t in turns] == [("agent", Span(0, 9)), ("customer", Span(2.8, 5.1))]


def test_dead_air_ends_a_turn() -> None:
    assert len(build_turns({"agent": [Span(0, 5), Span(9.9, 12)]})) == 1
    assert len(build_turns({"agent": [Span(0, 5), Span(10, 12)]})) == 2


def test_gap_says_who_took_the_floor_and_after_how_long() -> None:
    gaps = transfers(build_turns({"agent": [Span(0, 5)], "customer": [Span(5.4, 8)]}))
    assert [(g.kind, g.by, g.span) for g in gaps] == [("gap", "customer", Span(5, 5.4))]
    assert gaps[0].value_s == pytest.approx(0.4)


def test_transfer_in_overlap_is_negative() -> None:
    gaps = transfers(build_turns({"agent": [Span(0, 5)], "customer": [Span(4.6, 8)]}))
    assert gaps[0].value_s == pytest.approx(-0.4)
    assert gaps[0].span == Span(4.6, 5)


def test_backchannel_is_no_transfer() -> None:
    speech: Speech = {"agent": [Span(0, 9)], "customer": [Span(3, 3.5)]}
    assert [e.kind for e in find_events(speech, mono=False)] == ["backchannel"]


def test_dead_air_is_mutual_lies_between_speech_and_not_in_a_pause_of_the_recorder() -> None:
    speech: Speech = {"agent": [Span(20, 25), Span(40, 45)], "customer": [Span(30, 31)]}
    silences = [e for e in find_events(speech, mono=False) if e.kind == "dead_air"]
    assert [(e.by, e.span, e.value_s) for e in silences] == [(None, Span(25, 30), 5), (None, Span(31, 40), 9)]
    paused = (Span(32, 39),)
    assert [e.span for e in find_events(speech, mono=False, paused=paused) if e.kind == "dead_air"] == [Span(25, 30)]
    call = measured(speech, paused=paused).call
    assert value(call, "dead_air_share").value == pytest.approx(100 * 5 / (25 - 7))
    assert value(call, "dead_air_max").value == 5


def test_music_and_ringing_in_a_long_silence_are_no_dead_air() -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(40, 45), Span(60, 62)], "customer": [Span(20, 25)]}
    events = find_events(speech, mono=False, music=[Span(26, 34)], ringing=[Span(6, 14), Span(46, 50)])
    silences = {e.kind: e.span for e in events if e.kind in SILENCES}
    assert silences == {"ring_tone": Span(5, 20), "hold_music": Span(25, 40), "dead_air": Span(45, 60)}
    _, longest = measure_silences(speech, events, source="two channels", words=True)
    assert longest.value == 15.0


@pytest.mark.parametrize(("ends_s", "kind"), [(4.8, "hold"), (5.6, "hold"), (0.0, "hold"), (6.5, "dead_air")])
def test_a_silence_after_an_announcement_is_a_hold(ends_s: float, kind: str) -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(20, 25)], "customer": [Span(26, 27)]}
    events = announced(find_events(speech, mono=False), [ends_s])
    assert [e.kind for e in events if e.kind in SILENCES] == [kind]
    share, longest = measure_silences(speech, events, source="two channels", words=True)
    assert (share.value, longest.value) == ((0.0, 0.0) if kind == "hold" else (pytest.approx(100 * 15 / 27), 15.0))
    assert share.reason is None


def test_an_announcement_of_long_ago_announces_nothing() -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(6, 30), Span(45, 50)], "customer": [Span(51, 52)]}
    events = announced(find_events(speech, mono=False), [5.0])
    assert [e.kind for e in events if e.kind in SILENCES] == ["dead_air"]


def test_without_words_dead_air_says_that_nothing_could_be_announced() -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(20, 25)], "customer": [Span(26, 27)]}
    share, _ = measure_silences(speech, find_events(speech, mono=False), source="two channels")
    assert share.value and share.reason is not None and share.reason.code == "floor.announcements_unheard"
    none, _ = measure_silences({"agent": [Span(0, 5)]}, [], source="two channels")
    assert none.value == 0.0 and none.reason is None


def test_mono_tells_no_overlap_and_no_short_gap() -> None:
    speech: Speech = {"agent": [Span(0, 5), Span(8.3, 12)], "customer": [Span(4, 8)]}
    assert find_events(speech, mono=True) == []
    speech = {"agent": [Span(0, 5)], "customer": [Span(5.5, 8)]}
    assert [e.kind for e in find_events(speech, mono=True)] == ["gap"]


@pytest.mark.parametrize(("gap_s", "mono", "expected_ms"), [(0.6, False, 600), (0.6, True, 600), (0.3, False, 300)])
def test_latency_is_the_transfer_offset(gap_s: float, mono: bool, expected_ms: float) -> None:
    found = measured(exchanges(gap_s), mono=mono)
    for party in ("agent", "customer"):
        latency = value(found.by_party[party], "latency_p50")
        assert latency.value == pytest.approx(expected_ms)
        assert latency.unit == "ms"
    assert value(found.by_party["agent"], "latency_p50").material == 9
    biased = value(found.by_party["customer"], "latency_p90").reason
    assert biased is not None and biased.code == "floor.customer_latency_biased"


def test_short_latency_is_withheld_on_mono_and_so_are_overlaps() -> None:
    found = measured(exchanges(0.3), mono=True)
    codes = {m.name: m.reason.code for m in (*found.by_party["agent"], *found.call) if m.reason and m.value is None}
    assert codes == {
        "latency_p50": "floor.mono_latency",
        "latency_p90": "floor.mono_latency",
        "interruptions": "floor.mono_overlap",
        "backchannels": "floor.mono_overlap",
        "yield_latency": "floor.mono_overlap",
        "overlap_share": "floor.mono_overlap",
    }


def test_latency_needs_eight_transfers() -> None:
    too_few = value(measured(exchanges(0.6, n=16)).by_party["agent"], "latency_p50")
    assert too_few.value is None and too_few.reason is not None
    assert too_few.reason.params == {"n": 7, "minimum": 8}
    assert value(measured(exchanges(0.6, n=17)).by_party["agent"], "latency_p50").value is not None


def test_music_between_two_voices_is_no_latency() -> None:
    speech = exchanges(0.6, n=20)
    gap = Span(speech["agent"][3].end_s, speech["customer"][3].start_s)
    speech["customer"] = [s.shifted(20) if s.start_s >= gap.end_s else s for s in speech["customer"]]
    speech["agent"] = [s.shifted(20) if s.start_s >= gap.end_s else s for s in speech["agent"]]
    music = [Span(gap.start_s + 1, gap.end_s + 19)]
    counts = []
    for played in ([], music):
        events = find_events(speech, mono=False, music=played)
        floor = measure_floor(speech, events, duration_s=200.0, mono=False, source="two channels")
        counts.append(value(floor.by_party["customer"], "latency_p50").material)
    assert counts[1] == (counts[0] or 0) - 1


def test_a_paused_recorder_is_no_latency() -> None:
    speech = exchanges(0.6, n=20)
    gap = Span(speech["agent"][3].end_s, speech["customer"][3].start_s)
    before = value(measured(speech).by_party["customer"], "latency_p50").material
    after = value(measured(speech, paused=(gap,)).by_party["customer"], "latency_p50").material
    assert (before, after) == (10, 9)


def test_rates_per_speech_of_the_other() -> None:
    customer = [Span(0, 40), Span(50, 70)]  # 60 s
    agent = [Span(10, 10.5), Span(20, 20.4), Span(39, 48), Span(71, 80)]
    found = measured({"agent": agent, "customer": customer})
    assert value(found.by_party["agent"], "interruptions").value == pytest.approx(10)
    assert value(found.by_party["agent"], "backchannels").value == pytest.approx(2)
    assert value(found.by_party["customer"], "interruptions").value is None  # the agent speaks under 30 s


def test_yield_latency_is_how_fast_one_gives_way() -> None:
    starts = [0, 20, 40]
    customer = [Span(s, s + 8) for s in starts]
    agent = [Span(s + 8 - y, s + 15) for s, y in zip(starts, (0.6, 0.8, 1.2), strict=True)]
    found = measured({"agent": agent, "customer": customer})
    assert value(found.by_party["customer"], "yield_latency").value == pytest.approx(800)
    assert value(found.by_party["agent"], "yield_latency").value is None


def test_monologue_ends_at_an_answer_not_at_a_backchannel() -> None:
    speech: Speech = {
        "agent": [Span(0, 30), Span(30.5, 50), Span(52, 55)],
        "customer": [Span(10, 10.6), Span(50.2, 51.8)],
    }
    found = measured(speech)
    assert value(found.by_party["agent"], "longest_monologue").value == 50
    assert value(found.by_party["agent"], "turns").value == 2


def test_shares() -> None:
    found = measured({"agent": [Span(0, 6)], "customer": [Span(5, 7)]})
    assert value(found.by_party["agent"], "talk_share").value == 75
    assert value(found.call, "overlap_share").value == pytest.approx(100 / 7)
    assert value(found.call, "silence_share").value == pytest.approx(100 / 8)


@pytest.mark.parametrize("speech", [{}, {"agent": [], "customer": []}, {"agent": [Span(1, 2)], "customer": []}])
def test_no_speech_gives_reasons_not_zeros(speech: Speech) -> None:
    found = measured(speech)
    assert build_turns(speech) == build_turns({p: s for p, s in speech.items() if s})
    for measure in (m for p, ms in found.by_party.items() for m in ms if not speech[p]):
        assert measure.name in ("turns", "talk_share") or (measure.value is None and measure.reason is not None)
