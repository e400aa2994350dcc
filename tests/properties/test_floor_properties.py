"""What holds for any two parties' speech."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.floor import SILENCES, FloorMeasures, build_turns, find_events, find_ipus, measure_floor
from audio.room import room_after
from audio.timeline import Party, Span, complement, merge, total_s

GRID_S = 1 / 16  # exact in binary, so that a shift is exact too
DURATION_S = 60.0


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    edges = sorted(draw(st.sets(st.integers(0, int(DURATION_S / GRID_S)), max_size=24)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [Span(a * GRID_S, b * GRID_S) for a, b in pairs]


@st.composite
def speeches(draw: st.DrawFn) -> dict[Party, list[Span]]:
    return {"agent": draw(spans()), "customer": draw(spans())}


OTHER: dict[Party | None, Party | None] = {"agent": "customer", "customer": "agent", None: None}


def swapped(speech: dict[Party, list[Span]]) -> dict[Party, list[Span]]:
    return {"agent": speech["customer"], "customer": speech["agent"]}


@given(speeches())
def test_turns_of_a_party_never_overlap_and_hold_all_its_speech(speech: dict[Party, list[Span]]) -> None:
    turns = build_turns(speech)
    for party, own in speech.items():
        mine = [t for t in turns if t.party == party]
        assert all(a.span.end_s <= b.span.start_s for a, b in pairwise(mine))
        assert [i for t in mine for i in t.ipus] == find_ipus(own)


@given(speeches())
def test_swapping_the_parties_swaps_everything(speech: dict[Party, list[Span]]) -> None:
    turns = {(t.party, t.span, t.ipus) for t in build_turns(speech)}
    assert {(OTHER[t.party], t.span, t.ipus) for t in build_turns(swapped(speech))} == turns
    events = {(e.kind, e.by, e.span, e.value_s) for e in find_events(speech, mono=False)}
    assert {(e.kind, OTHER[e.by], e.span, e.value_s) for e in find_events(swapped(speech), mono=False)} == events
    assert _values(swapped(speech), "customer") == _values(speech, "agent")


@given(speeches(), st.integers(0, 1000))
def test_silence_in_front_shifts_everything_exactly(speech: dict[Party, list[Span]], steps: int) -> None:
    by_s = steps * GRID_S
    later = {p: [s.shifted(by_s) for s in own] for p, own in speech.items()}
    before = [(e.kind, e.by, e.span.shifted(by_s), e.value_s) for e in find_events(speech, mono=False)]
    assert [(e.kind, e.by, e.span, e.value_s) for e in find_events(later, mono=False)] == before
    for party in ("agent", "customer"):
        assert _values(later, party) == _values(speech, party)


@given(speeches())
def test_silence_and_speech_make_up_the_recording(speech: dict[Party, list[Span]]) -> None:
    anyone = merge(s for own in speech.values() for s in own)
    silence_s = total_s(complement(anyone, Span(0, DURATION_S)))
    assert total_s(anyone) + silence_s == pytest.approx(DURATION_S)
    call = {m.name: m.value for m in _measured(speech).call}
    if anyone:
        assert call["silence_share"] == pytest.approx(100 * silence_s / DURATION_S)


@given(speeches())
def test_shares_add_up(speech: dict[Party, list[Span]]) -> None:
    shares = [m.value for ms in _measured(speech).by_party.values() for m in ms if m.name == "talk_share"]
    if any(speech.values()):
        assert sum(s for s in shares if s is not None) == pytest.approx(100)


@given(speeches())
def test_mono_never_tells_overlaps(speech: dict[Party, list[Span]]) -> None:
    assert {e.kind for e in find_events(speech, mono=True)} <= {"gap", *SILENCES}


@given(speeches(), st.floats(0, DURATION_S), st.booleans())
def test_room_is_judged_or_has_a_reason(speech: dict[Party, list[Span]], time_s: float, mono: bool) -> None:
    room = room_after(time_s, speech, asker="agent", mono=mono)
    assert (room.given is None) == (room.reason is not None)
    assert room.silence_s is None or room.silence_s >= 0
    assert not (room.cut_off and room.given)


def _measured(speech: dict[Party, list[Span]]) -> FloorMeasures:
    events = find_events(speech, mono=False)
    return measure_floor(speech, events, duration_s=DURATION_S, mono=False, source="two channels")


def _values(speech: dict[Party, list[Span]], party: Party) -> dict[str, float | None]:
    return {m.name: m.value for m in _measured(speech).by_party[party]}
