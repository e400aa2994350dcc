from __future__ import annotations

import re
from dataclasses import replace

import pytest

from audio.notes import Note
from audio.timeline import Span
from service.say import LANGS, Lang, Say
from service.scoring.evidence import Evidence
from service.scoring.findings import Finding
from service.scoring.follow_through import announced_s
from service.scoring.gestures import verdict_of
from service.scoring.judgement import Family, FamilyState, GestureLine
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.service.scoring.builder import CallBuilder, robot_call, said

INBOUND = load_rubric("inbound_service")
PROBLEM = "voilà ma {c_problem:box ne marche plus} depuis lundi et le voyant clignote"
BODY = "euh bon alors voilà oui donc c'est bien cela madame"


def line(call: CallBuilder | Evidence, name: str, rubric: Rubric = INBOUND) -> GestureLine:
    evidence = call.build() if isinstance(call, CallBuilder) else call
    return next(g for g in judge(evidence, rubric).gestures if g.id == name)


def states(gesture: GestureLine) -> dict[str, str]:
    return {f.name: f.state for f in gesture.occurrences[0].families if f.name != "delivery"}


def verdict(**families: FamilyState) -> str:
    return verdict_of([Finding(name, state, "x") for name, state in families.items()])  # type: ignore[arg-type]  # names


@pytest.mark.parametrize(
    ("room", "follow", "expected"),
    [
        ("present", "absent", "lived"),
        ("absent", "present", "lived"),
        ("present", "not_assessable", "lived"),
        ("present", "contrary", "mechanical"),
        ("absent", "absent", "mechanical"),
        ("absent", "not_applicable", "mechanical"),
        ("absent", "not_assessable", "done"),
        ("not_applicable", "not_applicable", "done"),
        ("not_assessable", "not_assessable", "done"),
    ],
)
def test_the_verdict_table(room: FamilyState, follow: FamilyState, expected: str) -> None:
    assert verdict(room=room, follow_through=follow) == expected


@pytest.mark.parametrize("delivery", ["present", "absent", "contrary", "not_assessable"])
def test_delivery_never_changes_a_verdict(delivery: FamilyState) -> None:
    for room in ("present", "absent", "not_applicable"):
        assert verdict(room=room, delivery=delivery) == verdict(room=room)  # type: ignore[arg-type]  # literal from a loop


def test_a_courtesy_question_with_room_and_a_reply_to_the_answer_is_lived() -> None:
    call = CallBuilder().agent("{greeting:bonjour} {courtesy_question:comment allez-vous}")
    call.customer("pas terrible je n'ai plus internet depuis lundi", gap_s=0.8)
    call.agent("lundi sans internet oui c'est long {offer_help:en quoi puis-je vous aider}").customer(PROBLEM)
    gesture = line(call, "courtesy_question")
    assert gesture.verdict == "lived"
    assert states(gesture) == {"room": "present", "follow_through": "present"}


def test_a_courtesy_question_hurried_over_is_mechanical_and_says_so_with_numbers() -> None:
    call = CallBuilder().agent("{greeting:bonjour} {courtesy_question:comment allez-vous} |")
    call.agent("{offer_help:en quoi puis-je vous aider}", gap_s=-0.1).customer(PROBLEM).agent(BODY)
    gesture = line(call, "courtesy_question")
    assert gesture.verdict == "mechanical"
    assert gesture.why.params["silence_s"] == pytest.approx(0.3, abs=0.11)
    sentence = Say("en")(gesture.why)
    said = "Said at 0:01 in 0.6\u00a0s; the customer gets only 0.3\u00a0s to answer;"
    assert sentence == f"{said} no answer came before the agent went on."


def test_two_questions_in_one_breath_leave_no_room_after_the_first() -> None:
    call = CallBuilder().agent("{courtesy_question:comment allez-vous} {offer_help:en quoi puis-je vous aider}")
    gesture = line(call.customer(PROBLEM, gap_s=0.5).agent(BODY), "courtesy_question")
    assert states(gesture)["room"] == "absent"
    assert gesture.why.code.startswith("scoring.why.same_breath.")


def test_an_answer_cut_off_is_contrary() -> None:
    call = CallBuilder().agent("{offer_help:en quoi puis-je vous aider}").customer(PROBLEM, gap_s=0.5)
    call.agent("{empathy_phrase:je comprends votre situation} et donc voilà ce qu'on va faire", gap_s=-1.5)
    gesture = line(call, "offer_help")
    assert gesture.verdict == "mechanical" and states(gesture)["room"] == "contrary"


def test_a_formula_with_the_customers_words_is_lived_without_them_mechanical() -> None:
    for words, expected in [("votre box ne marche plus depuis lundi", "present"), ("vous nous appelez", "absent")]:
        call = CallBuilder().agent(BODY).customer(PROBLEM, gap_s=0.5)
        call.agent("{reformulation:si je comprends bien} " + words, gap_s=0.5)
        call.customer("oui", gap_s=0.5)
        gesture = line(call, "reformulation")
        assert states(gesture)["follow_through"] == expected


def test_an_echo_without_the_formula_is_free() -> None:
    call = CallBuilder().agent(BODY).customer(PROBLEM, gap_s=0.5)
    gesture = line(call.agent("la box et le voyant clignote depuis lundi donc").customer("oui"), "reformulation")
    assert gesture.verdict == "free"
    assert gesture.why.code == "scoring.free.echo" and gesture.occurrences[0].rule == ""


def test_words_inside_the_formula_are_no_echo() -> None:
    call = CallBuilder().agent(BODY).customer("le voyant de la box clignote")
    call.agent("{reformulation:donc le voyant de votre box}").customer("oui")
    assert states(line(call, "reformulation"))["follow_through"] == "absent"
    counted = INBOUND.model_copy(update={"echo": INBOUND.echo.model_copy(update={"formula_words": 0})})
    assert states(line(call, "reformulation", counted))["follow_through"] == "present"


def test_words_the_agent_had_used_already_are_no_echo() -> None:
    call = CallBuilder().agent("votre box et le voyant clignote depuis lundi").customer(PROBLEM)
    call.agent("{reformulation:si je comprends bien} votre box et le voyant clignote").customer("oui")
    assert states(line(call, "reformulation"))["follow_through"] == "absent"


def test_empathy_followed_by_a_question_about_it_is_lived_by_anything_else_mechanical() -> None:
    for question, expected in [
        ("{closed_question:le voyant de la box est rouge}", "lived"),
        ("{closed_question:votre date de naissance}", "mechanical"),
    ]:
        call = CallBuilder().agent(BODY).customer(PROBLEM)
        call.agent("{empathy_phrase:je comprends} " + question).customer("oui").agent("bon")
        assert line(call, "empathy_phrase").verdict == expected


def test_brushing_off_is_contrary_to_empathy() -> None:
    call = CallBuilder().agent(BODY).customer(PROBLEM)
    call.agent("{empathy_phrase:je comprends} {dismissal:ce n'est pas notre rôle}").customer("ah")
    gesture = line(call, "empathy_phrase")
    assert gesture.verdict == "mechanical" and states(gesture)["follow_through"] == "contrary"


def test_not_being_cut_off_is_no_merit() -> None:
    call = CallBuilder().agent(BODY).customer(PROBLEM).agent("{empathy_phrase:je comprends}")
    gesture = line(call.customer("et donc je fais comment maintenant", gap_s=0.5), "empathy_phrase")
    assert states(gesture)["room"] == "not_applicable" and gesture.verdict == "mechanical"


def test_a_refusal_pushed_over_is_contrary_a_respected_one_is_present() -> None:
    for reply, expected in [("{proposal:alors je vous propose le premium}", "contrary"), ("très bien", "present")]:
        call = CallBuilder().agent(BODY).customer(PROBLEM)
        call.agent("{proposal:je vous propose un échange} {freedom_phrase:vous êtes libre de refuser}")
        call.customer("{c_refusal:non merci}", gap_s=0.5).agent(reply, gap_s=0.5)
        assert states(line(call, "offer_choice"))["follow_through"] == expected


def test_a_commitment_with_a_time_is_lived_without_it_stays_open() -> None:
    for when, expected in [(" {time_commitment:demain avant midi}", "lived"), ("", "mechanical")]:
        call = CallBuilder().agent(BODY).customer(PROBLEM)
        call.agent("{action_commitment:je vous envoie un technicien}" + when).customer("bien")
        gesture = line(call, "action_commitment")
        assert gesture.verdict == expected
    assert gesture.why.code == "scoring.why.na.open"


def test_a_hold_is_expected_from_ten_seconds_and_measured_against_what_was_announced() -> None:
    for waited_s, expected in [(20.0, "lived"), (90.0, "mechanical")]:
        call = CallBuilder().agent(BODY).customer(PROBLEM)
        call.agent("{hold_notice:je regarde} je reviens dans une minute", gap_s=0.5)
        call.agent("{hold_thanks:merci d'avoir patienté}", gap_s=waited_s).customer("oui")
        assert line(call, "hold_notice").verdict == expected
        assert line(call, "hold_thanks").verdict == "done"
    short = CallBuilder().agent(BODY).customer(PROBLEM).agent("bon").agent("voilà", gap_s=9.0)
    assert line(short, "hold_notice").verdict == "not_expected"


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [("donnez-moi deux minutes", 120.0), ("just 30 seconds", 30.0), ("une petite minute", 60.0), ("un instant", 45.0)],
)
def test_what_a_hold_notice_announces(text: str, expected_s: float) -> None:
    assert announced_s(text, 45.0) == expected_s


def test_missing_names_the_window_and_where_it_was_said_instead() -> None:
    call = CallBuilder().agent(BODY)
    for _ in range(6):
        call.customer(PROBLEM).agent(BODY)
    call.agent("{greeting:bonjour}")
    gesture = line(call, "greeting")
    assert gesture.verdict == "missing" and gesture.why.code == "scoring.missing_elsewhere"
    assert gesture.window == Span(0.8, 20.8)


def test_missing_needs_words_that_are_sure() -> None:
    sure = CallBuilder(confidence=0.9).agent(BODY).customer(PROBLEM)
    unsure = CallBuilder(confidence=0.2).agent(BODY).customer(PROBLEM)
    assert line(sure, "greeting").verdict == "missing"
    gesture = line(unsure, "greeting")
    assert gesture.verdict == "not_assessable" and gesture.why.code == "scoring.window_unsure"


def test_missing_needs_words_over_the_speech() -> None:
    evidence = CallBuilder().agent(BODY).customer(PROBLEM).agent(BODY).build()
    silent = tuple(t.model_copy(update={"text": "", "words": ()}) if t.index == 0 else t for t in evidence.turns)
    gesture = line(evidence.model_copy(update={"turns": silent}), "greeting")
    assert gesture.verdict == "not_assessable" and gesture.why.code == "scoring.window_uncovered"


def test_missing_needs_a_recording_of_its_window() -> None:
    call = CallBuilder().agent(BODY)
    for _ in range(6):
        call.customer(PROBLEM).agent(BODY)
    evidence = call.build()
    late = evidence.model_copy(update={"layout": evidence.layout.model_copy(update={"starts_in_speech": True})})
    assert line(late, "greeting").why.code == "scoring.starts_in_speech"
    layout = evidence.layout.model_copy(update={"recorder_paused": (Span(3.0, 6.0),)})
    assert line(evidence.model_copy(update={"layout": layout}), "greeting").why.code == "scoring.recorder_paused"
    assert line(evidence, "greeting").verdict == "missing"


def test_a_gesture_nobody_triggered_is_not_expected() -> None:
    call = CallBuilder().agent(BODY).customer("bonjour je voulais juste vos horaires")
    gesture = line(call, "empathy_phrase")
    assert gesture.verdict == "not_expected" and not gesture.expected
    assert gesture.why == Note("scoring.not_expected.on_signal")


def test_mandatory_wording_costs_script_points_free_gestures_do_not() -> None:
    call = CallBuilder().agent("{greeting:bonjour}").customer(PROBLEM, gap_s=0.5)
    evidence = call.agent("la box et le voyant clignote depuis lundi donc").customer("oui").build()
    mandatory = tuple(g.model_copy(update={"wording_mandatory": g.id == "reformulation"}) for g in INBOUND.gestures)
    free, bound = (judge(evidence, INBOUND.model_copy(update={"gestures": g})) for g in (INBOUND.gestures, mandatory))
    assert free.script.value is not None and bound.script.value is not None
    assert bound.script.value < free.script.value


def test_one_reply_is_counted_by_one_gesture() -> None:
    call = CallBuilder().agent(BODY).customer("je suis {c_distress:bloqué} la box ne marche plus")
    call.agent("{empathy_phrase:je comprends} {reassurance:ne vous inquiétez pas} {closed_question:la box chauffe}")
    evidence = call.customer("oui").build()
    empathy, reassurance = line(evidence, "empathy_phrase"), line(evidence, "reassurance")
    assert states(empathy)["follow_through"] == "present"
    elsewhere = next(f for f in reassurance.occurrences[0].families if f.name == "follow_through")
    assert elsewhere.state == "not_applicable"
    assert elsewhere.why == Note("scoring.follow_through.elsewhere", {"line": "empathy_phrase"})
    assert reassurance.verdict == "done"


def test_one_word_is_no_echo_even_of_a_short_turn() -> None:
    for words, expected in [("votre box", "absent"), ("votre box orange", "present")]:
        call = CallBuilder().agent(BODY).customer("box orange clignote")
        call.agent("{reformulation:si je comprends bien} " + words).customer("oui")
        assert states(line(call, "reformulation"))["follow_through"] == expected


def test_an_answer_cut_off_is_not_counted_again_as_an_interruption() -> None:
    call = CallBuilder().agent("{offer_help:en quoi puis-je vous aider}").customer(PROBLEM, gap_s=0.5)
    call.agent("je comprends votre situation et donc voilà ce qu'on va faire", gap_s=-1.5)
    for _ in range(3):
        call.customer(PROBLEM).agent(BODY)
    judgement = judge(call.build(), INBOUND)
    cut = next(f for g in judgement.gestures if g.id == "offer_help" for f in g.occurrences[0].families)
    assert any(key.startswith("floor:") for key in cut.counted)
    assert next(c for c in judgement.criteria if c.id == "interruptions").value == 0.0


def delivered(**values: float | None) -> GestureLine:
    call = CallBuilder(**values).agent("{offer_help:en quoi puis-je vous aider}")  # type: ignore[arg-type]  # its fields
    call.customer(PROBLEM, gap_s=0.5)
    for _ in range(5):
        call.agent(BODY).customer("oui")
    return line(call, "offer_help")


def delivery_in(gesture: GestureLine) -> Family:
    return next(f for f in gesture.occurrences[0].families if f.name == "delivery")


@pytest.mark.parametrize(
    ("span_ratio", "rate_ratio", "state", "sentence"),
    [
        (1.0, 1.0, "present", "as_wide"),
        (1.0, None, "present", "pitch_as_wide"),
        (0.7, 1.0, "not_applicable", "between"),
        (0.7, None, "not_applicable", "pitch_between"),
        (None, 1.0, "not_applicable", "pace_usual"),
        (0.4, 1.0, "absent", "flatter_or_faster"),
        (1.0, 1.5, "absent", "flatter_or_faster"),
        (0.4, None, "absent", "flatter"),
        (None, 1.5, "absent", "faster"),
    ],
)
def test_delivery_is_read_from_the_phrase_itself_and_changes_no_verdict(
    span_ratio: float | None, rate_ratio: float | None, state: str, sentence: str
) -> None:
    usual, found = delivered(), delivered(span_ratio=span_ratio, rate_ratio=rate_ratio)
    family = delivery_in(found)
    assert (family.state, family.why.code) == (state, f"scoring.delivery.{sentence}")
    assert family.span == found.occurrences[0].span
    assert usual.verdict == found.verdict == "lived" and usual.evidence == found.evidence
    for lang in LANGS:
        assert "{" not in Say(lang)(family.why)


@pytest.mark.parametrize("lang", LANGS)
def test_the_sentence_holds_the_reference(lang: Lang) -> None:
    sentence = Say(lang)(delivery_in(delivered(span_ratio=0.4)).why)
    shown = ["1.2", "3.0", "5", "40"] if lang == "en" else ["1,2", "3,0", "5", "40"]  # st, st, stretches, s of speech
    assert [number for number in shown if number not in sentence] == []


def test_as_wide_as_a_voice_that_hardly_moves_is_no_sign() -> None:
    call = CallBuilder().agent("{offer_help:en quoi puis-je vous aider}").customer(PROBLEM, gap_s=0.5).agent(BODY)
    evidence = call.build()
    held = evidence.deliveries[0]
    flat = replace(held.delivery, spread_st=0.5, reference=replace(held.delivery.reference, spread_st=0.5))
    deliveries = (held.model_copy(update={"delivery": flat}),)
    family = delivery_in(line(evidence.model_copy(update={"deliveries": deliveries}), "offer_help"))
    assert (family.state, family.why.code) == ("not_applicable", "scoring.delivery.as_narrow")


def test_a_withheld_delivery_says_why() -> None:
    family = delivery_in(delivered(span_ratio=None, rate_ratio=None))
    assert family.state == "not_assessable" and family.why.code == "voice.phrase_short"


def test_a_result_without_deliveries_says_so() -> None:
    call = CallBuilder().agent("{offer_help:en quoi puis-je vous aider}").customer(PROBLEM, gap_s=0.5).agent(BODY)
    family = delivery_in(line(call.build().model_copy(update={"deliveries": ()}), "offer_help"))
    assert family.state == "not_assessable" and family.why.code == "scoring.delivery.not_measured"


def test_delivery_does_not_choose_between_two_sayings_of_a_gesture() -> None:
    call = CallBuilder().agent("{offer_help:en quoi puis-je vous aider}").customer(PROBLEM, gap_s=0.5)
    call.agent("{offer_help:dites-moi comment vous aider}").customer(PROBLEM, gap_s=0.5).agent(BODY)
    evidence = call.build()
    first, second = evidence.deliveries
    flat = said(first.act, evidence.acts[0].span, span_ratio=0.4, rate_ratio=1.0)
    changed = evidence.model_copy(update={"deliveries": (flat, second)})
    assert line(evidence, "offer_help").occurrences[0].turn == line(changed, "offer_help").occurrences[0].turn == 0


def test_with_estimated_word_times_a_sentence_that_goes_on_ends_the_question_before_it() -> None:
    call = CallBuilder().agent(BODY).customer(PROBLEM)
    call.agent("{anything_else:avez-vous une autre question ?} | merci et au revoir").customer(
        "oui au revoir", gap_s=0.5
    )
    evidence = call.build()
    turns = tuple(
        t.model_copy(update={"words": tuple(replace(w, time_is_estimated=True) for w in t.words)})
        for t in evidence.turns
    )
    found = line(evidence.model_copy(update={"turns": turns}), "anything_else")
    assert states(found)["room"] == "absent" and found.why.params["silence_s"] == pytest.approx(0.4)


def test_a_word_time_that_runs_over_the_pause_does_not_move_the_question() -> None:
    call = CallBuilder().agent(BODY).customer(PROBLEM)
    call.agent("{anything_else:avez-vous une autre question} | merci et au revoir").customer("oui", gap_s=0.5)
    evidence = call.build()
    late = tuple(
        a.model_copy(update={"span": Span(a.span.start_s, a.span.end_s + 0.25)}) if a.id == "anything_else" else a
        for a in evidence.acts
    )
    assert states(line(evidence.model_copy(update={"acts": late}), "anything_else"))["room"] == "absent"


def test_without_the_formula_one_shared_word_is_chance() -> None:
    for words, expected in [("la box", "missing"), ("la box et le voyant", "free")]:
        call = CallBuilder().agent(BODY).customer(PROBLEM)
        call.agent(words + " {closed_question:vous êtes chez vous}").customer("oui").agent("bon")
        assert line(call, "empathy_phrase").verdict == expected


@pytest.mark.parametrize("flag", ["by_echo", "by_voice"])
def test_an_act_found_by_its_echo_or_by_the_voice_is_never_form(flag):
    """With the form the line would be lived: form and evidence would then share a signal, or delivery decide alone."""
    said = "{reformulation:la box et le voyant clignote depuis lundi donc}"
    call = CallBuilder().agent(BODY).customer(PROBLEM, gap_s=0.5)
    evidence = call.agent(said, gap_s=0.5).customer("oui").build()
    marked = tuple(a.model_copy(update={flag: a.id == "reformulation"}) for a in evidence.acts)
    judged = judge(evidence.model_copy(update={"acts": marked}), INBOUND)
    assert next(g.verdict for g in judged.gestures if g.id == "reformulation") == "free"


def test_a_commitment_counts_until_the_agent_takes_leave_and_not_after() -> None:
    call = CallBuilder().agent("bonjour").customer(PROBLEM, gap_s=0.5)
    for _ in range(14):
        call.agent("alors voyons", gap_s=0.5).customer("oui d'accord", gap_s=0.5)
    late = call.agent("{action_commitment:je vous rappelle} {time_commitment:demain matin}", gap_s=0.5)
    gesture = line(late.customer("merci", gap_s=0.4).agent("{closing:au revoir}", gap_s=0.4), "action_commitment")
    assert gesture.verdict == "lived" and gesture.window is not None
    after = CallBuilder().agent("bonjour").customer(PROBLEM, gap_s=0.5).agent("{closing:au revoir}", gap_s=0.5)
    after.customer("attendez", gap_s=0.4).agent("{action_commitment:je vous rappelle}", gap_s=0.4)
    assert line(after, "action_commitment").verdict == "missing"


def test_a_recording_that_stops_in_mid_speech_can_not_show_that_nobody_took_leave() -> None:
    def closing(tail_s: float) -> GestureLine:
        call = CallBuilder(tail_s=tail_s).agent("bonjour").customer(PROBLEM, gap_s=0.5)
        for _ in range(20):
            call.agent(BODY, gap_s=0.5)
        return line(call, "closing")

    assert closing(1.0).verdict == "missing"
    stopped = closing(0.0)
    assert stopped.verdict == "not_assessable" and stopped.why.code == "scoring.stops_in_speech"


def test_missing_needs_the_words_of_its_window_to_be_sure() -> None:
    """The rest of the call being sure does not make its first 20 s so; a turn counts as often as it has words."""
    call = CallBuilder(confidence=0.9).agent("euh bon alors voilà").agent("oui").agent("voilà")
    evidence = call.customer(PROBLEM, gap_s=15.0).agent(BODY).agent(BODY).build()
    turns = tuple(t.model_copy(update={"confidence": 0.2}) if t.index == 0 else t for t in evidence.turns)
    unsure = evidence.model_copy(update={"turns": turns})
    assert line(evidence, "greeting").verdict == "missing"
    assert line(unsure, "greeting").why.code == "scoring.window_unsure"
    assert line(unsure, "thanks").verdict == "missing"


@pytest.mark.parametrize(
    ("reply", "state", "score"), [(BODY, "present", 1.0), ("{proposal:et avec dix euros}", "contrary", 0.0)]
)
def test_a_refusal_counts_even_where_no_choice_was_offered(reply: str, state: str, score: float) -> None:
    call = CallBuilder().agent("bonjour").customer(PROBLEM, gap_s=0.5)
    call.agent("{proposal:je vous propose un échange}", gap_s=0.5).customer("{c_refusal:non merci}", gap_s=0.5)
    gesture = line(call.agent(reply, gap_s=0.5).customer("bon", gap_s=0.5), "offer_choice")
    assert gesture.verdict == "missing"
    assert states(gesture) == {"follow_through": state}
    assert [(e.family, e.score) for e in gesture.evidence if e.score is not None] == [("follow_through", score)]


@pytest.mark.parametrize(
    ("reply", "confirmed"),
    [
        ("oui c'est ça", True),
        ("exactement", True),
        ("{c_consent:ça me va}", True),
        ("oui mais non", False),
        ("non", False),
    ],
)
def test_the_customer_agreeing_to_a_reformulation_is_shown_and_changes_no_verdict(reply: str, confirmed: bool) -> None:
    call = CallBuilder().agent("bonjour").customer(PROBLEM, gap_s=0.5)
    call.agent("{reformulation:si je comprends bien} la box clignote depuis lundi", gap_s=0.5).customer(
        reply, gap_s=0.5
    )
    gesture = line(call.agent(BODY, gap_s=0.5), "reformulation")
    assert gesture.verdict == "lived"
    assert gesture.why.code.endswith(".confirmed") is confirmed
    assert all(Say(lang)(gesture.why) for lang in ("fr", "en"))


@pytest.mark.parametrize("name", ["greeting", "reformulation", "action_commitment", "explanation_why"])
def test_every_gesture_that_was_made_says_when_and_for_how_long(name: str) -> None:
    found = line(robot_call(), name)
    assert re.match(r"Said at \d:\d\d in \d+\.\d\u00a0s[;.]", Say("en")(found.why))
    assert re.match(r"Dit à \d:\d\d en \d+,\d\u00a0s(\u00a0;|\.)", Say("fr")(found.why))


@pytest.mark.parametrize(
    ("when", "later", "variant"),
    [
        ("demain matin", "", "by_when"),
        ("dans deux minutes", "", "by_when"),
        ("dans dix secondes", "", "due_open"),
        ("dans dix secondes", "{answer_returned:voilà la réponse}", "returned"),
    ],
)
def test_a_commitment_due_within_the_call_is_done_in_it_or_open_and_never_broken(
    when: str, later: str, variant: str
) -> None:
    call = CallBuilder().agent("bonjour").customer(PROBLEM, gap_s=0.5)
    call.agent(f"{{action_commitment:je regarde cela}} {{time_commitment:{when}}}", gap_s=0.5)
    call.customer("oui", gap_s=0.5).agent(f"{BODY} {later}", gap_s=20.0)
    gesture = line(call, "action_commitment")
    assert gesture.verdict == "lived" and states(gesture) == {"follow_through": "present"}
    assert gesture.why.code == f"scoring.why.na.{variant}"
    assert all(Say(lang)(gesture.why) for lang in LANGS)
