"""Which seconds stand for an act, and what a result keeps of how it was said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.phrase import LEAST, read_rest
from audio.timeline import Span, Word, total_s
from audio.voice import VoiceTracks, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from service.deliveries import ENOUGH_REST_S, LONGEST_S, MANY_PHRASES, measure_deliveries, phrase_span
from service.measuring import Known
from service.scoring.evidence import Act, GestureDelivery, SpokenTurn
from service.words.repetition import phrase_key
from tests.audio.signals import as_channel
from tests.audio.spliced import Splice, spliced

MADE = spliced(Splice())


@pytest.fixture(scope="module")
def agent() -> VoiceTracks:
    return track_voice(as_channel(MADE.samples), MADE.speech, SwiftF0Tracker(), others=())


TURN = SpokenTurn(index=0, party="agent", span=Span(MADE.speech[0].start_s, MADE.speech[-1].end_s), ipus=MADE.speech)


def act(span: Span, name: str = "empathy_phrase", **fields: object) -> Act:
    known = {"party": "agent", "turn": 0, "quote": "je comprends", "rule": "fr/x/y", **fields}
    return Act(id=name, span=span, **known)  # type: ignore[arg-type]  # the builder's own fields


def measured(agent: VoiceTracks, acts: Sequence[Act], words: Sequence[Word] = ()) -> tuple[GestureDelivery, ...]:
    return measure_deliveries(acts, [TURN], agent, Known(words, "fr"), source="two channels")


def value(found: GestureDelivery, name: str) -> float | None:
    return next(m.value for m in found.delivery.measures if m.name == name)


def test_the_act_s_own_seconds_are_compared_with_the_rest(agent: VoiceTracks) -> None:
    (found,) = measured(agent, [act(MADE.phrase)])
    assert found.delivery.span == MADE.phrase and found.act == 0
    assert value(found, "phrase_rate_ratio") == pytest.approx(1.3, rel=0.03)
    assert value(found, "phrase_span_ratio") == pytest.approx(MADE.span_ratio, abs=0.1)
    assert found.delivery.contour == "rise"
    assert found.delivery.reference.speech_s == pytest.approx(total_s(MADE.rest))
    assert found.signature is not None and found.signature.syllables == 12


def test_only_the_agent_s_own_forms_are_measured(agent: VoiceTracks) -> None:
    acts = [
        act(MADE.phrase, "c_problem", party="customer"),
        act(MADE.phrase, "condescension"),
        act(MADE.phrase, by_echo=True),
        act(MADE.phrase),
    ]
    assert [found.act for found in measured(agent, acts)] == [3]
    assert measured(agent, []) == ()


def test_other_gestures_are_left_out_of_the_reference_while_enough_is_left(agent: VoiceTracks) -> None:
    some = [act(MADE.phrase), *(act(s) for s in MADE.rest[:2])]
    left_s = total_s(MADE.rest[2:])
    assert left_s >= ENOUGH_REST_S
    assert all(f.delivery.reference.speech_s == pytest.approx(left_s) for f in measured(agent, some))
    every = [act(MADE.phrase), *(act(s) for s in MADE.rest)]
    first = measured(agent, every)[0]
    assert first.delivery.reference.speech_s == pytest.approx(total_s(MADE.rest))


def test_a_hundred_phrases_share_one_reading_of_the_rest(agent: VoiceTracks) -> None:
    with mock.patch("service.deliveries.read_rest", wraps=read_rest) as reads:
        found = measured(agent, [act(MADE.speech[i % len(MADE.speech)]) for i in range(MANY_PHRASES)])
    assert reads.call_count == 1 and len(found) == MANY_PHRASES
    assert found[0].delivery.reference.speech_s == pytest.approx(total_s(MADE.speech))


def test_the_key_is_that_of_the_words_in_the_phrase(agent: VoiceTracks) -> None:
    said = [Word("Je", MADE.phrase), Word("comprends.", MADE.phrase), Word("ailleurs", MADE.rest[0])]
    (found,) = measured(agent, [act(MADE.phrase)], said)
    assert found.signature is not None and found.signature.key == phrase_key("je comprends", "fr")


def test_it_is_json_and_comes_back_the_same(agent: VoiceTracks) -> None:
    (found,) = measured(agent, [act(MADE.phrase)])
    assert GestureDelivery.model_validate_json(found.model_dump_json()) == found
    assert len(json.dumps(found.model_dump(mode="json")["signature"])) < 400


def test_a_short_act_is_held_by_its_unit() -> None:
    ipu, alone = Span(10.0, 13.0), [Span(10.0, 13.0), Span(14.0, 16.0)]
    assert phrase_span(Span(10.2, 10.6), [ipu, Span(14.0, 16.0)], alone) == ipu
    assert phrase_span(Span(10.2, 11.5), [ipu], alone) == Span(10.2, 11.5)


def test_an_act_over_two_units_is_held_by_both() -> None:
    ipus = [Span(10.0, 10.6), Span(10.9, 11.5), Span(12.0, 14.0)]
    assert phrase_span(Span(10.4, 11.1), ipus, ipus) == Span(10.0, 11.5)


def test_a_long_unit_is_cut_around_the_act() -> None:
    ipu = Span(10.0, 30.0)
    assert phrase_span(Span(20.0, 20.5), [ipu], [ipu]) == Span(17.75, 22.75)
    assert phrase_span(Span(10.0, 10.5), [ipu], [ipu]) == Span(10.0, 15.0)
    assert phrase_span(Span(29.5, 30.0), [ipu], [ipu]) == Span(25.0, 30.0)


def test_where_others_speak_too_an_act_has_less_speech_of_its_own() -> None:
    ipu = Span(10.0, 13.0)
    assert phrase_span(Span(10.0, 11.2), [ipu], [Span(10.4, 13.0)]) == ipu


times = st.floats(0.0, 60.0).map(lambda t: round(t, 2))


@given(st.lists(times, min_size=2, max_size=12, unique=True), times, st.floats(0.1, 8.0))
def test_the_seconds_of_an_act_touch_it_and_are_never_over_five(edges: list[float], at_s: float, long_s: float) -> None:
    ordered = sorted(edges)
    ipus = [Span(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]
    said = Span(at_s, at_s + long_s)
    found = phrase_span(said, ipus, ipus)
    assert found.duration_s <= LONGEST_S + 1e-9
    assert found.overlap(said) is not None
    if said.duration_s <= LONGEST_S and found.duration_s < LONGEST_S - 1e-9:
        assert found.start_s <= said.start_s and found.end_s >= said.end_s
    assert LEAST.speech_s < LONGEST_S


def test_nothing_is_measured_where_the_voice_says_nothing() -> None:
    silent = track_voice(as_channel(np.zeros(16000)), [Span(0.0, 1.0)], SwiftF0Tracker(), others=())
    (found,) = measured(silent, [act(Span(0.1, 0.9))])
    assert all(m.value is None and m.reason is not None for m in found.delivery.measures)
    assert found.signature is None


def test_a_noisy_line_withholds_the_pitch(agent: VoiceTracks) -> None:
    (found,) = measure_deliveries([act(MADE.phrase)], [TURN], agent, Known(), source="x", snr_db=12.0)
    assert value(found, "phrase_span_ratio") is None and value(found, "phrase_rate_ratio") is not None
