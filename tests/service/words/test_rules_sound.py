"""Room, floor and voice in rules: facts built by hand, and what becomes of a rule where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.floor import FloorEvent, find_events
from audio.pitch import Contour
from audio.timeline import Party, Span
from service.scoring.evidence import Act, SpokenTurn, TurnVoice
from service.words.rules import HeardSound, PackError, explain, find_acts
from tests.service.words.rule_calls import call, made_pack

RULE = "  - {act: proposal, id: r, patterns: ['je propose(?: {word})?'], %s}\n"


def spoken(party: Party, start_s: float, end_s: float, text: str, **voice: object) -> SpokenTurn:
    """A turn of one breath."""
    turn = SpokenTurn(index=0, party=party, span=Span(start_s, end_s), ipus=(Span(start_s, end_s),), text=text)
    return turn.model_copy(update={"voice": TurnVoice(voiced_s=end_s - start_s, **voice)}) if voice else turn  # type: ignore[arg-type]


def numbered(*turns: SpokenTurn) -> list[SpokenTurn]:
    ordered = sorted(turns, key=lambda t: t.span.start_s)
    return [t.model_copy(update={"index": i}) for i, t in enumerate(ordered)]


def heard(turns: list[SpokenTurn], *, mono: bool = False, voice: bool = True, end_s: float = 100.0) -> HeardSound:
    """The sound of turns whose breaths are their speech."""
    speech: dict[Party, list[Span]] = {"agent": [], "customer": []}
    for turn in turns:
        speech[turn.party].extend(turn.ipus)
    events: list[FloorEvent] = find_events(speech, mono=mono)
    return HeardSound(turns, speech, events, duration_s=end_s, mono=mono, voice=voice)


def found(tmp_path: Path, condition: str, turns: list[SpokenTurn], **how: bool) -> list[Act]:
    return find_acts(turns, made_pack(tmp_path, RULE % condition), heard(turns, **how))


ASKED = spoken("agent", 0.0, 3.0, "je propose demain")


@pytest.mark.parametrize(
    ("others", "at_least_s", "room"),
    [
        ([spoken("agent", 4.2, 6.0, "alors")], 1.0, True),  # 1.2 s of silence
        ([spoken("agent", 4.2, 6.0, "alors")], 1.5, False),
        ([spoken("agent", 3.7, 6.0, "alors")], 1.0, False),
        ([spoken("customer", 3.3, 6.0, "oui"), spoken("agent", 6.5, 8.0, "bien")], 1.0, True),  # took the floor
        ([spoken("customer", 3.3, 6.0, "oui mais"), spoken("agent", 4.0, 9.0, "bien")], 1.0, False),  # and was cut
    ],
)
def test_room_after_the_words(tmp_path: Path, others: list[SpokenTurn], at_least_s: float, room: bool) -> None:
    turns = numbered(ASKED, *others)
    assert bool(found(tmp_path, f"room: {{at_least_s: {at_least_s}}}", turns)) is room
    assert bool(found(tmp_path, f"not: {{room: {{at_least_s: {at_least_s}}}}}", turns)) is not room


def test_room_on_mono_and_at_the_end_cannot_be_told(tmp_path: Path) -> None:
    turns = numbered(ASKED, spoken("agent", 3.4, 6.0, "alors"))
    for condition in ("room: {at_least_s: 1}", "not: {room: {at_least_s: 1}}"):
        assert not found(tmp_path, condition, turns, mono=True)
        alone = numbered(ASKED)
        assert not find_acts(alone, made_pack(tmp_path, RULE % condition), heard(alone, end_s=3.2))


CUT = numbered(ASKED, spoken("customer", 2.0, 6.0, "attendez voyons"), spoken("agent", 7.0, 9.0, "bien"))
KEPT = numbered(ASKED, spoken("customer", 3.2, 6.0, "attendez voyons"), spoken("agent", 7.0, 9.0, "bien"))


def test_interrupted(tmp_path: Path) -> None:
    assert {e.kind for e in heard(CUT).floor if e.by == "customer"} >= {"interruption"}
    assert found(tmp_path, "interrupted: true", CUT) and not found(tmp_path, "interrupted: false", CUT)
    assert found(tmp_path, "interrupted: false", KEPT) and not found(tmp_path, "interrupted: true", KEPT)


def test_a_cut_of_the_others_turn_is_not_ones_own(tmp_path: Path) -> None:
    swapped: list[SpokenTurn] = [
        t.model_copy(update={"party": "customer" if t.party == "agent" else "agent", "text": "je propose demain"})
        for t in CUT
    ]
    assert [a.turn for a in found(tmp_path, "interrupted: true", swapped)] == []
    assert [a.turn for a in found(tmp_path, "interrupted: true, party: customer", swapped)] == [0]


def test_cuts_on_mono_are_not_known(tmp_path: Path) -> None:
    for wanted in ("interrupted: true", "interrupted: false", "not: {interrupted: true}"):
        assert not found(tmp_path, wanted, CUT, mono=True)


def paced(rate_per_s: float, *others_per_s: float) -> list[SpokenTurn]:
    """The proposal at one rate, and the agent's other turns at theirs."""
    own = spoken("agent", 0.0, 3.0, "je propose demain", articulation_rate_per_s=rate_per_s)
    rest = [
        spoken("agent", 10.0 * i, 10.0 * i + 3.0, "bien", articulation_rate_per_s=rate)
        for i, rate in enumerate(others_per_s, 1)
    ]
    return numbered(own, *rest)


@pytest.mark.parametrize(
    ("limits", "rate_per_s", "holds"),
    [
        ("{at_least: 1.25}", 5.0, True),  # over a median of 4: 1.25
        ("{at_least: 1.25}", 4.9, False),
        ("{at_most: 0.9}", 3.6, True),
        ("{at_most: 0.9}", 3.7, False),
        ("{at_least: 0.9, at_most: 1.1}", 4.0, True),
    ],
)
def test_the_rate_against_ones_other_turns(tmp_path: Path, limits: str, rate_per_s: float, holds: bool) -> None:
    assert bool(found(tmp_path, f"rate_ratio: {limits}", paced(rate_per_s, 3.0, 4.0, 4.0, 8.0))) is holds


def test_ratios_need_four_other_turns_and_a_policy_that_lets_the_voice_weigh(tmp_path: Path) -> None:
    for condition in ("rate_ratio: {at_least: 0.1}", "not: {rate_ratio: {at_least: 9}}"):
        assert not found(tmp_path, condition, paced(5.0, 4.0, 4.0, 4.0))
        assert found(tmp_path, condition, paced(5.0, 4.0, 4.0, 4.0, 4.0))
        assert not found(tmp_path, condition, paced(5.0, 4.0, 4.0, 4.0, 4.0), voice=False)


@pytest.mark.parametrize(
    ("key", "value"), [("pitch_spread_ratio", "pitch_spread_st"), ("loudness_spread_ratio", "loudness_spread_db")]
)
def test_other_values_of_a_turns_voice(tmp_path: Path, key: str, value: str) -> None:
    texts = ["je propose demain", *["bien"] * 4]
    turns = numbered(
        *(spoken("agent", 9.0 * i, 9.0 * i + 3, t, **{value: 1.0 if i == 0 else 2.0}) for i, t in enumerate(texts))
    )
    assert found(tmp_path, f"{key}: {{at_most: 0.5}}", turns)
    assert not found(tmp_path, f"{key}: {{at_least: 0.6}}", turns)


def test_what_a_rule_finds_by_the_voice_is_marked_and_moves_no_other_act(tmp_path: Path) -> None:
    rules = (
        RULE % "rate_ratio: {at_least: 1.25}"
        + "  - {act: proposal, id: plain, patterns: ['je propose']}\n"
        + "  - {act: closing, id: c, patterns: ['je propose demain'], yields_to: [proposal]}\n"
    )
    turns = paced(9.0, 4.0, 4.0, 4.0, 4.0)
    acts = find_acts(turns, made_pack(tmp_path, rules), heard(turns))
    assert [(a.rule, a.by_voice) for a in acts] == [("mine/proposal/plain", False), ("mine/proposal/r", True)]
    without = find_acts(turns, made_pack(tmp_path, rules.split("\n", 1)[1]), heard(turns))
    assert [a for a in acts if not a.by_voice] == without


def asked(text: str, *contours: Contour | None, party: Party = "agent") -> list[SpokenTurn]:
    """A turn of one breath per contour, 2 s each and half a second apart."""
    ipus = tuple(Span(2.5 * i, 2.5 * i + 2.0) for i in range(len(contours)))
    span = Span(0.0, ipus[-1].end_s)
    voice = TurnVoice(voiced_s=2.0 * len(ipus), endings=contours)
    return [SpokenTurn(index=0, party=party, span=span, ipus=ipus, text=text, voice=voice)]


OWN = "  - {act: closed_question, id: r, patterns: ['vous avez (?:{word} ?)+'], %s}\n"


@pytest.mark.parametrize(("contour", "holds"), [("rise", True), ("level", False), ("fall", False), (None, False)])
def test_a_statement_of_the_rules_words_asks_when_the_voice_rises(
    tmp_path: Path, contour: Contour | None, holds: bool
) -> None:
    for key in ("rises: true", "question: true"):
        pack = made_pack(tmp_path, OWN % key)
        turns = asked("vous avez un contrat", contour)
        assert bool(find_acts(turns, pack, heard(turns))) is holds, key
        turns = asked("il fait beau dehors", contour)
        assert not find_acts(turns, pack, heard(turns)), key


def test_rises_is_unknown_without_sound_and_question_goes_by_the_words(tmp_path: Path) -> None:
    turns = asked("vous avez un contrat", "fall")
    for key in ("rises: true", "rises: false", "not: {rises: true}"):
        assert not find_acts(turns, made_pack(tmp_path, OWN % key))
        assert not find_acts(turns, made_pack(tmp_path, OWN % key), heard(turns, voice=False))
    assert find_acts(turns, made_pack(tmp_path, OWN % "rises: false"), heard(turns))
    assert find_acts(turns, made_pack(tmp_path, OWN % "question: false"))
    assert find_acts(call("A: vous avez un contrat c'est ça"), made_pack(tmp_path, OWN % "question: true"))


def test_only_the_last_breath_of_a_turn_asks(tmp_path: Path) -> None:
    """A rise before more to come is how French goes on."""
    pack = made_pack(tmp_path, "  - {act: closed_question, id: r, patterns: ['vous avez raison'], question: true}\n")
    for contours, holds in ((("rise", "fall"), False), (("fall", "rise"), True)):
        text = "vous avez raison et alors voila" if contours[0] == "rise" else "bien alors et vous avez raison"
        turns = asked(text, *contours)
        assert bool(find_acts(turns, pack, heard(turns))) is holds


def test_the_customer_asks_by_voice_too(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: c_question, id: r, patterns: ['c est gratuit'], rises: true}\n")
    turns = asked("c'est gratuit", "rise", party="customer")
    assert find_acts(turns, pack, heard(turns))


@pytest.mark.parametrize("key", ["rises: true", "question: true", "not: {rises: false}"])
def test_a_rise_alone_makes_no_rule(tmp_path: Path, key: str) -> None:
    for pattern in ("(?:{word} ?)+", "^{word}", "~{word}$"):
        with pytest.raises(PackError) as caught:
            made_pack(tmp_path, f"  - {{act: closed_question, id: r, patterns: ['{pattern}'], {key}}}\n")
        assert (caught.value.note.code, caught.value.note.params["line"]) == ("acts.pack_any_words", 5)
    assert made_pack(tmp_path, f"  - {{act: closed_question, id: r, patterns: ['^{{word}}'], needs: [oui], {key}}}\n")


@pytest.mark.parametrize(
    ("condition", "text", "failed", "assessable"),
    [
        ("room: {at_least_s: 1}", "je propose demain", "room", False),
        ("room: {at_least_s: 1}", "je propose demain [room 0.9]", "room", True),
        ("room: {at_least_s: 1}", "je propose demain [room 1]", None, True),
        ("room: {at_least_s: 1}", "je propose demain [room yes]", None, True),
        ("interrupted: true", "je propose demain", "interrupted", False),
        ("interrupted: true", "je propose demain [cut]", None, True),
        ("interrupted: false", "je propose demain [not cut]", None, True),
        ("not: {interrupted: true}", "je propose demain", "not", False),
        ("rate_ratio: {at_least: 1.25}", "je propose demain [rise] [rate 1.3]", None, True),
        ("rate_ratio: {at_least: 1.25}", "je propose demain [rate 1.2] [fall]", "rate_ratio", True),
        ("pitch_spread_ratio: {at_most: 0.6}", "je propose demain [pitch 0.5]", None, True),
        ("loudness_spread_ratio: {at_most: 0.6}", "je propose demain [loudness 0.5]", None, True),
        ("rises: true", "je propose demain [rise]", None, True),
        ("rises: true", "je propose demain [rising]", "rises", False),  # no such fact: words like others
        ("where: {first_turns: 1}, rises: true", "C: oui // A: oui // A: je propose demain", "where", True),
    ],
)
def test_what_an_example_states_of_its_sound(
    tmp_path: Path, condition: str, text: str, failed: str | None, assessable: bool
) -> None:
    (told,) = explain(made_pack(tmp_path, RULE % condition), text, "agent")
    assert (told.failed_condition, told.assessable) == (failed, assessable)
