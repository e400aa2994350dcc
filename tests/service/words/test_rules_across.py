"""Conditions across turns: order, distance in turns and seconds, both parties, negation, absence with its window."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.timeline import Span
from service.words.rules import PackError, explain, find_acts
from tests.service.words.rule_calls import call, made_pack, timed, turns_of

SPAN_TOLERANCE_S = 1e-6  # spans are sums of the numbers below
EMPATHY = "  - {act: empathy_phrase, id: r, patterns: ['je comprends']%s}\n"
COMMIT = "  - {act: action_commitment, id: envoi, patterns: ['j envoie']}\n"


def found(tmp_path: Path, condition: str, *said: str, seconds: float = 5.0) -> bool:
    """Whether "je comprends" counts under the condition."""
    pack = made_pack(tmp_path, EMPATHY % f", {condition}" + COMMIT)
    return bool(turns_of(find_acts(call(*said, seconds=seconds), pack), "empathy_phrase"))


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (("A: je comprends j'envoie le bon",), True),  # later in the same turn
        (("A: j'envoie le bon je comprends",), False),  # before it
        (("A: je comprends", "C: oui", "A: j'envoie le bon"), True),
        (("A: je comprends", "C: oui", "A: voila", "C: bien", "A: j'envoie le bon"), True),
        (("A: je comprends", "C: oui", "A: voila", "C: bien", "A: ah", "C: bon", "A: j'envoie"), False),  # third turn
        (("A: j'envoie le bon", "C: oui", "A: je comprends", "C: merci"), False),
        (("A: je comprends", "C: j'envoie le bon"), False),  # an act of the agent's only
    ],
)
def test_then_looks_for_an_act_in_the_next_turns_of_who_makes_it(
    tmp_path: Path, said: tuple[str, ...], holds: bool
) -> None:
    assert found(tmp_path, "then: {acts: [action_commitment], within_turns: 2}", *said) is holds


def test_then_looks_for_forms_of_one_party_or_of_both(tmp_path: Path) -> None:
    by_customer = "then: {phrases: ['merci * tout'], party: customer, within_turns: 1}"
    by_anyone = "then: {phrases: ['merci * tout'], within_turns: 1}"
    said = ("A: je comprends", "C: merci pour tout")
    assert found(tmp_path, by_customer, *said) and found(tmp_path, by_anyone, *said)
    said = ("A: je comprends", "C: oui", "A: merci pour tout")
    assert not found(tmp_path, by_customer, *said)
    assert found(tmp_path, by_anyone, *said)


def test_zero_turns_is_the_same_turn(tmp_path: Path) -> None:
    same = "then: {acts: [action_commitment], within_turns: 0}"
    assert found(tmp_path, same, "A: je comprends j'envoie le bon")
    assert not found(tmp_path, same, "A: je comprends", "C: oui", "A: j'envoie le bon")


def test_seconds_count_from_the_last_word_to_the_first(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, EMPATHY % ", then: {acts: [action_commitment], within_s: 10}" + COMMIT)
    for gap_s, holds in ((0.0, True), (9.99, True), (10.0, True), (10.01, False)):
        turns = timed(("A: je comprends", 0.0, 2.0), ("C: oui", 2.0, 2.0), ("A: j'envoie", 2.0 + gap_s, 20.0))
        assert bool(turns_of(find_acts(turns, pack), "empathy_phrase")) is holds, gap_s


def test_after_is_the_mirror_of_then(tmp_path: Path) -> None:
    within = "after: {acts: [action_commitment], within_turns: 1}"
    assert found(tmp_path, within, "A: j'envoie le bon je comprends")
    assert not found(tmp_path, within, "A: je comprends j'envoie le bon")
    assert found(tmp_path, within, "A: j'envoie", "C: oui", "A: je comprends")
    assert not found(tmp_path, within, "A: j'envoie", "C: oui", "A: bien", "C: oui", "A: je comprends")
    pack = made_pack(tmp_path, EMPATHY % ", after: {patterns: ['mal'], party: customer, within_s: 4}")
    for start_s, holds in ((6.0, True), (9.0, True), (9.1, False)):
        turns = timed(("C: mal", 0.0, 5.0), ("A: je comprends", start_s, 12.0))
        assert bool(find_acts(turns, pack)) is holds, start_s


def test_without_times_seconds_cannot_be_assessed_and_turns_can(tmp_path: Path) -> None:
    said = ("A: je comprends", "C: oui", "A: j'envoie")
    assert found(tmp_path, "then: {acts: [action_commitment], within_turns: 1}", *said, seconds=0.0)
    by_time = "{acts: [action_commitment], within_s: 60}"
    assert not found(tmp_path, f"then: {by_time}", *said, seconds=0.0)
    assert not found(tmp_path, f"not: {{then: {by_time}}}", *said, seconds=0.0)
    assert found(tmp_path, f"then: {by_time}", *said)


def test_a_word_inside_the_turn_is_no_answer_after_it(tmp_path: Path) -> None:
    """The customer's "oui" at 3 s is said before the agent's words at the end of the turn."""
    pack = made_pack(tmp_path, EMPATHY % ", then: {patterns: ['oui'], party: customer}")
    interjected = timed(("A: alors un deux trois quatre cinq six je comprends", 0.0, 10.0), ("C: oui", 3.0, 3.4))
    overlapping = timed(("A: alors un deux trois quatre cinq six je comprends", 0.0, 10.0), ("C: oui", 9.8, 10.4))
    spanning = timed(("C: oui", 3.0, 8.0), ("A: je comprends", 4.0, 6.0))  # begun before the words, over after them
    assert not find_acts(interjected, pack)
    assert find_acts(overlapping, pack)
    assert find_acts(spanning, pack)
    before = made_pack(tmp_path, EMPATHY % ", after: {patterns: ['oui'], party: customer}")
    assert find_acts(interjected, before)
    assert not find_acts(overlapping, before)


@pytest.mark.parametrize(
    ("turns", "answered"),
    [
        ((("A: je comprends", 0, 2), ("C: oui", 3, 4), ("A: bien", 5, 6)), True),
        ((("A: je comprends", 0, 2), ("A: bien", 5, 6), ("C: oui", 7, 8)), False),  # the agent spoke first
        ((("A: je comprends", 0, 9), ("C: mm", 3, 3.3), ("A: bien", 12, 13), ("C: oui", 14, 15)), False),  # "mm" inside
        ((("A: je comprends", 0, 9), ("C: non mais", 8.7, 11), ("A: bien", 12, 13)), True),  # starts in overlap
        ((("A: je comprends", 0, 2),), False),
        ((("C: allo", 0, 1), ("A: je comprends", 2, 3)), False),
    ],
)
def test_answered(tmp_path: Path, turns: tuple[tuple[str, float, float], ...], answered: bool) -> None:
    for wanted in (True, False):
        pack = made_pack(tmp_path, EMPATHY % f", answered: {str(wanted).lower()}")
        assert bool(find_acts(timed(*turns), pack)) is (answered is wanted)


def test_the_customer_is_answered_by_the_agent(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: c_question, id: r, patterns: ['combien'], answered: true}\n")
    assert find_acts(call("C: combien", "A: dix"), pack)
    assert not find_acts(call("A: dix", "C: combien"), pack)


@pytest.mark.parametrize(
    ("limits", "counts"),
    [
        ("at_least: 2", {0: False, 1: False, 2: True, 3: True}),
        ("at_most: 2", {0: True, 1: True, 2: True, 3: False}),
        ("at_least: 1, at_most: 2", {0: False, 1: True, 2: True, 3: False}),
    ],
)
def test_count_in_the_call(tmp_path: Path, limits: str, counts: dict[int, bool]) -> None:
    for n, holds in counts.items():
        said = ("A: je comprends", *(x for _ in range(n) for x in ("C: oui", "A: j'envoie")))
        assert found(tmp_path, f"count: {{acts: [action_commitment], {limits}}}", *said) is holds, n


def test_count_on_one_side_and_within_reach(tmp_path: Path) -> None:
    said = ("C: mal", "A: oui", "C: mal tres mal", "A: je comprends", "C: mal")
    for side, n in (("call", 4), ("before", 3), ("after", 1)):
        for least, holds in ((n, True), (n + 1, False)):
            condition = f"count: {{patterns: ['mal'], in: {side}, at_least: {least}}}"
            assert found(tmp_path, condition, *said) is holds, (side, least)
    assert found(tmp_path, "count: {patterns: ['mal'], in: before, within_turns: 1, at_most: 2}", *said)
    assert not found(tmp_path, "count: {patterns: ['mal'], in: before, within_turns: 2, at_most: 2}", *said)


def test_one_act_in_two_breaths_counts_once(tmp_path: Path) -> None:
    rules = EMPATHY % ", count: {acts: [greeting], at_most: 1}"
    pack = made_pack(tmp_path, rules + "  - {act: greeting, id: g, patterns: ['bonjour', 'bienvenue']}\n")
    assert turns_of(find_acts(call("A: bienvenue chez nous bonjour je comprends"), pack), "empathy_phrase")
    assert not turns_of(find_acts(call("A: bonjour", "C: oui", "A: bonjour je comprends"), pack), "empathy_phrase")


def test_not_turns_a_whole_block_round(tmp_path: Path) -> None:
    neither = "not: {then: {acts: [action_commitment]}}"
    assert found(tmp_path, neither, "A: je comprends", "C: oui")
    assert not found(tmp_path, neither, "A: je comprends", "C: oui", "A: j'envoie")
    both = "not: {needs: ['madame'], max_words: 3}"
    assert not found(tmp_path, both, "A: je comprends madame")
    assert found(tmp_path, both, "A: je comprends madame et alors")  # one of the two does not hold
    assert found(tmp_path, both, "A: je comprends")


def test_acts_may_look_at_acts_that_look_at_acts(tmp_path: Path) -> None:
    rules = (
        EMPATHY % ", then: {acts: [proposal]}"
        + "  - {act: proposal, id: p, patterns: ['je propose'], then: {acts: [c_consent]}}\n"
        + "  - {act: c_consent, id: c, patterns: ['d accord']}\n"
    )
    pack = made_pack(tmp_path, rules)
    agreed = find_acts(call("A: je comprends", "C: oui", "A: je propose", "C: d'accord"), pack)
    assert [a.id for a in agreed] == ["empathy_phrase", "proposal", "c_consent"]
    assert find_acts(call("A: je comprends", "C: oui", "A: je propose", "C: non"), pack) == []


def test_echo_of_their_own_words_only(tmp_path: Path) -> None:
    rule = "  - {act: reformulation, id: r, patterns: ['donc(?: {word})+'], echo: 2, echo_own: true}\n"
    pack = made_pack(tmp_path, rule)
    told = call("C: mon chat est tombé du balcon", "A: donc votre chat est tombé")
    prompted = call("A: votre chat va bien", "C: mon chat est tombé du balcon", "A: donc votre chat est tombé")
    assert find_acts(told, pack)
    assert not find_acts(prompted, pack)  # "chat" was the agent's word
    plain = made_pack(tmp_path, rule.replace(", echo_own: true", ""))
    assert find_acts(prompted, plain)
    listed = made_pack(tmp_path, rule, head="hotwords: ['chats']\n")
    assert not find_acts(told, listed)  # one stem is left
    assert find_acts(call("C: mon chat est tombé du balcon", "A: donc il est tombé du balcon"), listed)


ABSENT = "  - {act: pressure, id: sans_pouls, absent: {acts: [check_in], before: {acts: [proposal]}, within_s: 30}}\n"
AROUND = (
    "  - {act: check_in, id: k, patterns: ['ca vous va']}\n  - {act: proposal, id: p, patterns: ['je vous propose']}\n"
)


def test_what_is_not_said_in_a_window_is_found_with_the_window(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, ABSENT + AROUND)
    (act,) = [a for a in find_acts(timed(("C: oui", 0, 9), ("A: je vous propose", 40, 42)), pack) if a.absent]
    assert (act.id, act.turn, act.quote, act.rule) == ("pressure", 1, "je vous propose", "mine/pressure/sans_pouls")
    assert act.span.start_s == pytest.approx(10.0, abs=SPAN_TOLERANCE_S)
    assert act.span.end_s == pytest.approx(40.0, abs=SPAN_TOLERANCE_S)


@pytest.mark.parametrize(
    ("asked_s", "said_s", "absent"),
    [((5.0, 10.0), 40.0, False), ((5.0, 9.9), 40.0, True), ((38.0, 39.0), 40.0, False), ((50.0, 52.0), 40.0, True)],
)
def test_the_edges_of_the_window(tmp_path: Path, asked_s: tuple[float, float], said_s: float, absent: bool) -> None:
    pack = made_pack(tmp_path, ABSENT + AROUND)
    turns = [("A: ca vous va", *asked_s), ("A: je vous propose", said_s, said_s + 2), ("C: oui", 90.0, 91.0)]
    acts = find_acts(timed(*sorted(turns, key=lambda t: t[1])), pack)
    assert any(a.absent for a in acts) is absent


def test_a_window_ends_with_the_call(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, ABSENT + AROUND)
    (act,) = [a for a in find_acts(timed(("A: je vous propose", 3, 5)), pack) if a.absent]
    assert act.span == Span(0.0, 3.0)
    assert not any(a.absent for a in find_acts(timed(("A: je vous propose", 0, 5)), pack))  # no window is left


def test_a_window_in_turns_counts_the_turns_of_who_should_have_spoken(tmp_path: Path) -> None:
    rules = (
        "  - {act: dismissal, id: rien, absent: {acts: [reassurance], after: {acts: [c_distress]}, within_turns: 2}}\n"
        "  - {act: c_distress, id: d, patterns: ['au secours']}\n"
        "  - {act: reassurance, id: k, patterns: ['tout va bien']}\n"
    )
    pack = made_pack(tmp_path, rules)
    calm = ("C: au secours", "A: oui", "C: mm", "A: tout va bien", "C: ah")
    late = ("C: au secours", "A: oui", "C: mm", "A: alors", "C: ah", "A: tout va bien")
    assert not any(a.absent for a in find_acts(call(*calm), pack))
    (act,) = [a for a in find_acts(call(*late), pack) if a.absent]
    assert (act.turn, act.party, act.span) == (0, "agent", Span(5.0, 20.0))


def test_what_is_not_said_in_the_whole_call_or_its_ends(tmp_path: Path) -> None:
    def missing(where: str, *turns: tuple[str, float, float]) -> list[Span]:
        rule = f"  - {{act: dismissal, id: r, absent: {{phrases: ['au revoir'], party: agent{where}}}}}\n"
        return [a.span for a in find_acts(timed(*turns), made_pack(tmp_path, rule))]

    early, late = ("A: au revoir", 5, 6), ("A: au revoir", 95, 100)
    others = (("C: oui", 40, 41), ("A: bien", 90, 91))
    assert missing("", *others) == [Span(0.0, 91.0)]
    assert missing("", early, *others) == []
    assert missing(", first_s: 10", early, *others) == []
    assert missing(", first_s: 5", ("A: bien", 1, 2), early, *others) == [Span(0.0, 5.0)]
    assert missing(", last_s: 10", early, *others, late) == []
    assert missing(", last_s: 10", early, *others, ("C: oui", 99, 100)) == [Span(90.0, 100.0)]


def test_of_a_party_without_words_nothing_is_known_to_be_missing(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: dismissal, id: r, absent: {phrases: ['au revoir'], party: agent}}\n")
    assert find_acts(timed(("C: oui", 0, 5)), pack) == []
    assert find_acts([], pack) == []


def test_a_window_in_seconds_needs_times(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, ABSENT + AROUND)
    assert not any(a.absent for a in find_acts(call("C: oui", "A: je vous propose", seconds=0.0), pack))


def test_conditions_of_an_absence_look_at_its_anchor(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, ABSENT.replace("}}\n", "}, where: {first_s: 50}}\n").replace("30}}", "30}") + AROUND)
    acts = find_acts(timed(("C: oui", 0, 5), ("A: je vous propose", 40, 42), ("A: je vous propose", 80, 82)), pack)
    assert [a.turn for a in acts if a.absent] == [1]


def test_explain_says_what_was_said_in_the_window(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, ABSENT + AROUND)
    (told,) = [e for e in explain(pack, "A: ça vous va // C: oui // A: je vous propose", "agent") if e.window]
    assert (told.act, told.failed_condition, told.window) == ("pressure", "absent", Span(0.0, 10.0))
    (told,) = [e for e in explain(pack, "C: oui // A: je vous propose", "agent") if e.window]
    assert told.failed_condition is None


def test_acts_in_a_circle_are_refused(tmp_path: Path) -> None:
    rules = (
        "  - {act: proposal, id: p, patterns: [x], then: {acts: [c_consent]}}\n"
        "  - {act: c_consent, id: c, patterns: [y], not: {after: {acts: [check_in]}}}\n"
        "  - {act: check_in, id: k, patterns: [z], count: {acts: [proposal], at_least: 1}}\n"
    )
    with pytest.raises(PackError) as caught:
        made_pack(tmp_path, rules)
    assert caught.value.note.code == "acts.pack_act_loop"
