"""Each kind of overlap at its borders, on spans."""

from __future__ import annotations

import pytest

from audio.overlaps import Overlap, find_ipus, find_overlaps
from audio.timeline import Party, Span

LONG = Span(10, 20)


def only(agent: list[Span], customer: list[Span]) -> Overlap:
    found = find_overlaps({"agent": agent, "customer": customer})
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("customer", "kind"),
    [
        (Span(14, 15), "backchannel"),  # 1.0 s, the limit
        (Span(14, 15.1), "failed_interruption"),  # a little longer, and the agent goes on
        (Span(18.7, 19.5), "backchannel"),  # the agent goes on for just 0.5 s
        (Span(18.9, 19.6), "failed_interruption"),  # ... for less than that
        (Span(19.5, 23), "terminal_overlap"),
        (Span(19.4, 23), "interruption"),
        (Span(18, 21), "interruption"),  # the agent stops after 2.0 s
        (Span(17.9, 21), "failed_interruption"),  # ... a little later
        (Span(19.3, 20.1), "failed_interruption"),  # does not go on for 1.0 s
        (Span(10.3, 15), "dual_start"),
        (Span(10.31, 15), "failed_interruption"),
    ],
)
def test_each_kind_at_its_border(customer: Span, kind: str) -> None:
    found = only([LONG], [customer])
    assert (found.kind, found.by, found.over) == (kind, "customer", "agent")
    assert found.span == Span(customer.start_s, min(20, customer.end_s))


def test_a_dual_start_comes_out_of_silence() -> None:
    found = only([Span(10, 20)], [Span(8, 10.05), Span(10.28, 15)])
    assert found.kind == "failed_interruption"


def test_a_breath_of_the_speaker_is_no_silence_to_start_out_of() -> None:
    assert only([Span(8, 10), Span(10.3, 12)], [Span(10.5, 14)]).kind == "interruption"
    assert only([Span(8, 9.7), Span(10.3, 12)], [Span(10.5, 14)]).kind == "dual_start"  # a pause of 0.6 s


def test_short_overlap_at_the_end_is_ignored() -> None:
    assert find_overlaps({"agent": [LONG], "customer": [Span(19.76, 23)]}) == []
    assert find_overlaps({"agent": [LONG], "customer": [Span(19.75, 23)]}) != []


def test_short_token_inside_a_turn_is_no_blurred_edge() -> None:
    assert only([LONG], [Span(14, 14.12)]).kind == "backchannel"
    assert find_overlaps({"agent": [LONG], "customer": [Span(14, 14.11)]}) == []


def test_a_silence_under_400_ms_parts_nothing_where_two_speak() -> None:
    """Noise hides a weak consonant for a quarter of a second: the speaker never stopped."""
    hole = [Span(10, 15), Span(15.3, 17)]
    assert only([Span(10, 15), Span(15.3, 17.5)], [Span(15.65, 19)]).kind == "interruption"  # whole, in any case
    assert only(hole, [Span(14.9, 19)]).kind == "failed_interruption"  # it went on for 2.1 s
    assert only([Span(10, 15), Span(15.3, 16)], [Span(14.9, 19)]).kind == "interruption"
    assert only(hole, [Span(14.8, 15.5)]).kind == "backchannel"
    early = only(hole, [Span(15.15, 15.6)])  # begun before an end could be heard
    assert (early.kind, early.by, early.span) == ("backchannel", "customer", Span(15.15, 15.6))


def test_what_was_joined_keeps_its_parts() -> None:
    found = only([LONG], [Span(14, 14.2), Span(14.5, 14.8)])
    assert (found.kind, found.ipu, found.ipus) == ("backchannel", Span(14, 14.8), (Span(14, 14.2), Span(14.5, 14.8)))


def test_a_start_after_200_ms_of_silence_is_an_answer() -> None:
    found = only([Span(10, 15), Span(15.3, 17)], [Span(15.25, 19)])
    assert (found.kind, found.by) == ("dual_start", "agent")


def test_a_short_utterance_is_not_interrupted() -> None:
    """The agent had spoken for under 1.0 s: nothing much was cut."""
    assert only([Span(10, 10.99)], [Span(10.4, 14)]).kind == "failed_interruption"
    assert only([Span(10, 11)], [Span(10.4, 14)]).kind == "interruption"


def test_own_pauses_are_bridged_when_lengths_are_judged() -> None:
    assert only([Span(8, 10), Span(10.3, 11.2)], [Span(10.65, 14)]).kind == "interruption"
    assert only([LONG], [Span(19, 19.7), Span(20.1, 22)]).kind == "interruption"
    assert only([LONG], [Span(19, 19.7), Span(20.2, 22)]).kind == "failed_interruption"  # a pause of 0.5 s


def test_backchannel_before_a_breath_of_the_speaker() -> None:
    assert only([Span(10, 15), Span(15.3, 18)], [Span(14.2, 14.8)]).kind == "backchannel"
    assert only([Span(10, 15), Span(15.6, 18)], [Span(14.2, 14.8)]).kind == "failed_interruption"


def test_exact_tie_has_no_culprit() -> None:
    found = only([Span(10, 12)], [Span(10, 13)])
    assert (found.kind, found.by) == ("dual_start", None)


def test_backchannel_on_the_same_instant_keeps_its_party() -> None:
    found = only([Span(10, 12)], [Span(10, 10.5)])
    assert (found.kind, found.by) == ("backchannel", "customer")


def test_unsplit_by_touching_turns() -> None:
    assert find_overlaps({"agent": [Span(0, 5)], "customer": [Span(5, 9)]}) == []


def test_three_parties_are_compared_in_pairs() -> None:
    speech: dict[Party, list[Span]] = {"agent": [LONG], "customer": [Span(14, 14.5)], "unknown": [Span(16, 16.5)]}
    assert {(o.by, o.over) for o in find_overlaps(speech)} == {("customer", "agent"), ("unknown", "agent")}


def test_silence_of_200_ms_ends_an_ipu() -> None:
    assert find_ipus([Span(0, 1), Span(1.19, 2)]) == [Span(0, 2)]
    assert find_ipus([Span(0, 1), Span(1.2, 2)]) == [Span(0, 1), Span(1.2, 2)]
    assert find_ipus([Span(3, 3)]) == []
