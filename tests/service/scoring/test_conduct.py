from __future__ import annotations

import pytest

from audio.notes import Measure
from service.say import Say
from service.scoring.evidence import Evidence, Policy, TurnVoice
from service.scoring.judgement import Criterion
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests import sample_result as sample
from tests.service.scoring.builder import CallBuilder, warm_call

INBOUND = load_rubric("inbound_service")
STORY = "voilà ma {c_problem:box ne marche plus} depuis lundi matin et le voyant clignote en orange toute la nuit"


def criterion(call: CallBuilder | Evidence, name: str) -> Criterion:
    evidence = call.build() if isinstance(call, CallBuilder) else call
    return next(c for c in judge(evidence, INBOUND).criteria if c.id == name)


def test_every_criterion_names_its_idea() -> None:
    assert {c.idea for c in INBOUND.criteria} == {"I1", "I2", "I3", "I4", "I5"}


def test_interruptions_are_counted_per_ten_minutes_of_customer_speech() -> None:
    call = CallBuilder().agent("bonjour")
    for gap_s in (-2.0, 0.4):
        call.customer(STORY, gap_s=0.5).agent("attendez attendez je vous coupe un peu ici", gap_s=gap_s)
    found = criterion(call, "interruptions")
    assert found.value == pytest.approx(600 * 1 / 120)  # one, over at least two minutes of customer speech
    assert found.why.params["n"] == 1
    assert found.counted == ("floor:1",) or found.counted[0].startswith("floor:")


def test_listening_first_needs_the_floor_and_a_question_about_it() -> None:
    def value(question: str, gap_s: float) -> float | None:
        call = CallBuilder().agent("bonjour").customer(STORY, gap_s=0.5).agent(question, gap_s=gap_s)
        call.customer("oui", gap_s=0.5).agent("{proposal:je vous propose un échange}", gap_s=0.5)
        return criterion(call, "listened_first").value

    about = "{closed_question:le voyant de la box clignote encore en orange}"
    other = "{closed_question:votre date de naissance s'il vous plaît maintenant}"
    assert [value(about, 0.5), value(other, 0.5), value(about, -2.0), value(other, -2.0)] == [1.0, 0.5, 0.5, 0.0]


def test_questions_no_gesture_counts_are_counted_for_room() -> None:
    call = CallBuilder().agent("bonjour").customer(STORY)
    for gap_s in (0.5, 0.5):
        call.agent("{closed_question:vous êtes chez vous}", gap_s=0.5).customer("oui", gap_s=gap_s)
    call.agent("{closed_question:vous avez le courant} | et sinon le câble est branché peut-être")
    found = criterion(call.customer("oui"), "room_after_question")
    assert found.value == pytest.approx(200 / 3, abs=5e-4)  # written with three decimals
    assert len(found.spans) == 1  # the one without room


def test_pulse_counts_proposals_on_red_unless_the_pulse_was_taken() -> None:
    def value(before: str) -> float | None:
        call = CallBuilder().agent("bonjour").customer(STORY).agent("oui")
        call.customer("{c_distress:je suis bloqué} et {c_confusion:je ne comprends rien}")
        return criterion(call.agent(f"{before} {{proposal:je vous propose le premium}}"), "pulse").value

    assert value("bon") == 100.0
    assert value("{check_in:est-ce que je peux continuer}") == 0.0


def test_a_limit_must_come_back() -> None:
    def value(after: str) -> float | None:
        call = CallBuilder().agent("bonjour").customer(STORY)
        return criterion(call.agent("{admits_limit:je ne sais pas} " + after).customer("bien"), "honest_limit").value

    assert value("voilà") == 0.0
    assert value("{answer_returned:j'ai la réponse}") == 100.0
    assert value("{action_commitment:je vous rappelle} {time_commitment:demain à dix heures}") == 100.0
    assert value("{answer_returned:voilà} {hedged_bluff:ça doit être ça}") == 50.0


@pytest.mark.parametrize(
    ("name", "act"), [("pressure", "pressure"), ("promises", "vague_promise"), ("plain_speech", "condescension")]
)
def test_harm_counts_and_its_absence_is_no_merit(name: str, act: str) -> None:
    clean = warm_call()
    harmed = warm_call().agent(f"{{{act}:des mots}}")
    assert criterion(clean, name).score == 1.0
    assert criterion(harmed, name).value == 1.0
    clear, low = (judge(c.build(), INBOUND).intention.value for c in (clean, harmed))
    assert clear is not None and low is not None and low < clear


def test_a_term_explained_at_once_is_plain() -> None:
    def value(after: str) -> float | None:
        call = CallBuilder().agent("bonjour").customer(STORY)
        return criterion(call.agent("{jargon:le DSLAM est down} " + after).customer("ah"), "plain_speech").value

    assert value("bon") == 1.0
    assert value("{explanation_why:c'est l'armoire du quartier}") == 0.0


def test_what_the_customer_taught_comes_back_a_minute_later() -> None:
    call = CallBuilder().agent("bonjour").customer(STORY)
    for _ in range(5):
        call.agent("oui alors on va voir cela donc", gap_s=3.0).customer("oui d'accord", gap_s=6.0)
    before = criterion(call, "taught_and_learnt").value
    found = criterion(call.agent("et ce voyant la nuit il clignote toujours").customer("oui"), "taught_and_learnt")
    assert before == 0.0
    assert found.value is not None and found.value >= 2


def test_a_question_of_the_customer_is_taken_up_by_word_act_or_plain_yes() -> None:
    def value(reply: str) -> float | None:
        call = CallBuilder().agent("bonjour").customer("{c_question:et le forfait est inclus}").agent(reply)
        return criterion(call, "questions_answered").value

    assert value("le forfait reste le même") == 100.0
    assert value("oui tout à fait") == 100.0
    assert value("{admits_limit:je vérifie}") == 100.0
    assert value("votre date de naissance") == 0.0


def test_an_announced_hold_is_no_dead_air() -> None:
    def value(notice: str) -> float | None:
        call = CallBuilder().agent("bonjour").customer(STORY).agent(notice, gap_s=0.5)
        return criterion(call.agent("me voilà", gap_s=20.0).customer("oui"), "dead_air").value

    assert value("{hold_notice:un instant}") == pytest.approx(0.0)
    unannounced = value("un instant")
    assert unannounced is not None and unannounced > 30


def test_the_metallic_share_is_used_once_measured_and_floors_before() -> None:
    evidence = warm_call().build()
    assert criterion(evidence, "out_of_the_metal").counted[0] == "measure:agent/pitch_spread"
    share = Measure("metallic_share", 40.0, "%", "test", 120.0)
    measured = evidence.model_copy(update={"measures": {**evidence.measures, "agent": (share,)}})
    found = criterion(measured, "out_of_the_metal")
    assert found.value == pytest.approx(0.6) and found.counted == ("measure:agent/metallic_share",)
    said = Say("en")(found.why)
    assert "40%" in said and said.count("–") == 5  # an old result has no five numbers: they are not made up
    whole = measured.model_copy(update={"metallic": {"agent": sample.METALLIC}})
    found = criterion(whole, "out_of_the_metal")
    assert found.spans == sample.METALLIC.spans
    assert all(number in Say("en")(found.why) for number in ("1.1 semi", "6.9 dB", "0.06", "1.2 bit", "rhythm 26"))
    none = evidence.model_copy(update={"measures": {**evidence.measures, "agent": ()}})
    assert criterion(none, "out_of_the_metal").score is None


def test_on_mono_cutting_in_is_withheld() -> None:
    for name in ("interruptions", "listened_first"):
        found = criterion(warm_call(mono=True), name)
        assert found.value is None and found.why.code == "scoring.mono_floor"


def test_accommodation_weighs_nothing_on_one_call() -> None:
    found = criterion(warm_call(), "accommodation")
    assert (found.weight, found.kind, found.value) == (0.0, "context", None)


def raised(call: CallBuilder, *zs: float) -> Evidence:
    """The customer's last turns as so much higher than the customer's other turns."""
    evidence = call.build()
    last = [t.index for t in evidence.turns if t.party == "customer"][-len(zs) :]
    voices = {i: TurnVoice(voiced_s=1.0, pitch_z=z) for i, z in zip(last, zs, strict=True)}
    turns = tuple(t.model_copy(update={"voice": voices.get(t.index, t.voice)}) for t in evidence.turns)
    return evidence.model_copy(update={"turns": turns})


def test_a_raised_voice_is_one_sign_of_two_and_only_where_the_voice_may_count() -> None:
    call = CallBuilder().agent("bonjour").customer(STORY, gap_s=0.5).agent("oui", gap_s=0.5)
    call.customer("{c_distress:je suis bloqué pour travailler} vous voyez bien", gap_s=0.5)
    call.agent("{proposal:je vous propose un échange}", gap_s=0.5)

    def value(policy: Policy, *zs: float) -> float | None:
        lines = judge(raised(call, *zs), INBOUND, policy=policy).criteria
        return next(c.value for c in lines if c.id == "pulse")

    assert value("combined", 1.4, 1.4) == 0.0 and value("combined", 1.6, 1.7) == 100.0
    assert value("combined", 0.0, 2.5) == 0.0 and value("combined", 2.5) == 0.0  # one turn says nothing
    assert value("words_and_turns", 1.6, 1.7) == value("no_voice", 1.6, 1.7) == 0.0


def test_pressure_that_a_refusal_met_with_counts_once() -> None:
    call = CallBuilder().agent("bonjour").customer(STORY, gap_s=0.5)
    call.agent("{proposal:je vous propose un échange} {offer_choice:ou une réparation}", gap_s=0.5)
    call.customer("{c_refusal:non merci}", gap_s=0.5).agent("{pressure:vous le regretterez}", gap_s=0.5)
    assert criterion(call, "pressure").value == 0.0
    call.customer("bon", gap_s=0.5).agent("alors", gap_s=0.5).agent("{pressure:il ne reste qu'aujourd'hui}", gap_s=5.0)
    assert criterion(call, "pressure").value == 1.0


def test_voices_that_move_together_are_shown_and_weigh_nothing() -> None:
    evidence = warm_call().build()
    assert next(c for c in judge(evidence, INBOUND).criteria if c.id == "accommodation").value is None
    moved = tuple(Measure(name, r, "r", "test", 40.0) for name, r in (("sync_pitch", 0.6), ("sync_rate", 0.2)))
    both = evidence.model_copy(update={"call_measures": (*evidence.call_measures, *moved)})
    found = criterion(both, "accommodation")
    assert found.value == pytest.approx(0.4) and found.weight == 0.0
    assert "–" in Say("en")(found.why) and "0.60" in Say("en")(found.why)
    assert judge(both, INBOUND).intention == judge(evidence, INBOUND).intention
    assert criterion(both, "automatism").score is None
