"""Stored results scored again: the same bytes when nothing changed, and only what was asked when something did."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calls import CallFiles, Choices
from service.editing import edited
from service.errors import ServiceError
from service.pipeline import analysed
from service.refinding import refound
from service.rescoring import Asked, rescored, rescored_content
from service.scoring.carried import carried
from service.scoring.documents import as_json, parse_result, to_json
from service.scoring.edits import Edits, SaidHere
from service.scoring.errors import EditsError, ResultError
from service.scoring.evidence import Evidence, Policy, SpokenTurn
from service.scoring.rounding import rounded
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.settings import Settings
from service.swapping import swapped
from service.wiring import limits_of
from service.words.imported import read_transcript
from tests.calls import NAMES, SHIPPED, tools
from tests.properties.test_scoring_properties import TURNS, Said, call_of
from tests.service.scoring.builder import robot_call, warm_call

INBOUND, OUTBOUND = load_rubric("inbound_service"), load_rubric("outbound_sales")
BUILT_IN = Asked(packs=())
POLICIES: tuple[Policy, ...] = ("combined", "words_and_turns", "no_voice")


@lru_cache
def shipped(name: str) -> bytes:
    """The stored result of a demo call."""
    recording = SHIPPED / f"{name}.ogg"
    files = CallFiles(recording, transcript=read_transcript(recording.with_suffix(".vtt")), name=name)
    limits = limits_of(Settings())
    with analysed(files, tools(), INBOUND, Choices(agent_channel=0), limits=limits) as analysis:
        return to_json(analysis.evidence, analysis.judgement)


def made(said: Said, **options: object) -> bytes:
    evidence = rounded(call_of(said, **options).build())
    return to_json(evidence, judge(evidence, INBOUND))


def by(**more: object) -> dict[str, object]:
    return {"by": "Dana", "reason": "I listened", **more}


def edits(**parts: object) -> Edits:
    content = {"schema_version": "timbre.edits/1", **parts}
    return Edits.model_validate_json(json.dumps(content), strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changed_gives_the_same_bytes(name: str) -> None:
    stored = parse_result(shipped(name))
    again = rescored(stored, Asked())
    assert again.content == shipped(name)
    assert again.difference.empty


@pytest.mark.parametrize("name", NAMES)
def test_the_same_packs_find_the_same_acts_without_the_sound(name: str) -> None:
    again = rescored(parse_result(shipped(name)), BUILT_IN)
    assert again.content == shipped(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_rubric_and_back_is_where_we_were(name: str) -> None:
    there = rescored(parse_result(shipped(name)), Asked(rubric=OUTBOUND))
    assert there.result.judgement.rubric == OUTBOUND.name and not there.difference.empty
    back = rescored(parse_result(there.content), Asked(rubric=INBOUND))
    assert back.content == shipped(name)


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans(), words=st.booleans())
def test_any_call_scored_again_gives_the_same_bytes(said: Said, mono: bool, words: bool) -> None:
    content = made(said, mono=mono, words=words)
    again = rescored(parse_result(content), Asked())
    assert again.content == content and again.difference.empty


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rubric", [None, INBOUND, OUTBOUND])
def test_the_short_way_writes_what_the_long_way_writes(name: str, rubric: Rubric | None) -> None:
    content = shipped(name)
    assert carried(content) is not None
    written = rescored_content(content, Asked(rubric=rubric))
    long = rescored(parse_result(content), Asked(rubric=rubric))
    assert written.content == long.content
    assert (written.rubric, written.rubric_hash) == (INBOUND.name, long.before.rubric_hash)


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans(), words=st.booleans(), estimated=st.booleans(), policy=st.sampled_from(POLICIES))
def test_the_short_way_is_the_long_way_for_any_call(
    said: Said, mono: bool, words: bool, estimated: bool, policy: Policy
) -> None:
    evidence = rounded(call_of(said, mono=mono, words=words).build()).model_copy(update={"policy": policy})
    if estimated:
        evidence = evidence.model_copy(update={"turns": tuple(guessed(t) for t in evidence.turns)})
    content = to_json(evidence, judge(evidence, INBOUND))
    asked = Asked(rubric=OUTBOUND, audience="coach")
    assert carried(content) is not None
    assert rescored_content(content, asked).content == rescored(parse_result(content), asked).content


def guessed(turn: SpokenTurn) -> SpokenTurn:
    return turn.model_copy(update={"words": tuple(replace(w, time_is_estimated=True) for w in turn.words)})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"edits": null', b'"edits": null '),
        (b'"party": "agent"', b'"party": "nobody"'),
        (b'"duration_s": ', b'"duration_s": 0.0001, "x": '),
        (b'"duration_s": ', b'"mood": 1, "duration_s": '),
        (b'"duration_s": ', b'"duration_s": NaN, "x": '),
        (b'"schema_version": "timbre.evidence/1"', b'"schema_version": "timbre.evidence/0"'),
        (b'"schema_version": "timbre.judgement/1"', b'"schema_version": "timbre.judgement/0"'),
        (b'"judgement": {', b'"judgement": null, "x": {'),
        (b'\n "judgement"', b'\n "judgment"'),
        (b'"index": 0', b'"index": "0"'),
    ],
)
def test_what_is_not_our_own_writing_goes_the_long_way(old: bytes, new: bytes) -> None:
    content = made([("agent", "bon {greeting:bonjour} voilà", 0.3), ("customer", "ma box bon", 0.5)])
    assert carried(content) is not None and old in content
    assert carried(content.replace(old, new, 1)) is None


def test_a_call_that_quotes_a_judgement_is_cut_in_the_right_place() -> None:
    tricky = 'bon \n "judgement": {x} e-1 0.12345 "time_is_estimated": true voilà'
    content = made([("agent", "bon {greeting:bonjour} voilà", 0.3), ("customer", "ma box bon", 0.5)])
    stored = parse_result(content)
    turns = (stored.evidence.turns[0].model_copy(update={"text": tricky}), *stored.evidence.turns[1:])
    evidence = stored.evidence.model_copy(update={"turns": turns})
    content = to_json(evidence, judge(evidence, INBOUND))
    asked = Asked(rubric=OUTBOUND)
    assert rescored_content(content, asked).content == rescored(parse_result(content), asked).content


@settings(max_examples=15, deadline=None)
@given(said=TURNS, mono=st.booleans())
def test_acts_found_again_are_found_for_good(said: Said, mono: bool) -> None:
    once = rescored(parse_result(made(said, mono=mono)), BUILT_IN).content
    assert rescored(parse_result(once), BUILT_IN).content == once


def test_a_stricter_policy_finds_the_acts_without_the_voice_and_stays() -> None:
    strict = rescored(parse_result(shipped("fr_vecu")), Asked(policy="words_and_turns", audience="coach"))
    evidence = strict.result.evidence
    assert evidence.policy == strict.result.judgement.policy == "words_and_turns"
    stored = parse_result(shipped("fr_vecu")).evidence
    assert evidence.acts == refound(stored, (), voice=False).acts
    with pytest.raises(ResultError) as caught:
        rescored(parse_result(strict.content), Asked(policy="combined", audience="coach"))
    assert caught.value.note.code == "scoring.policy_retroactive"
    kept = rescored(parse_result(strict.content), Asked(audience="coach"))
    assert kept.content == strict.content


def test_for_others_the_voice_stays_out_of_a_result_scored_again() -> None:
    strict = rescored(parse_result(shipped("en_lived")), Asked(policy="words_and_turns"))
    assert b"pitch_spread" not in strict.content
    assert rescored(parse_result(strict.content), Asked()).content == strict.content


def test_a_rubric_that_is_not_here_is_asked_for() -> None:
    stored = parse_result(shipped("en_lived"))
    judgement = stored.judgement.model_copy(update={"rubric": "ours 3"})
    with pytest.raises(ServiceError) as caught:
        rescored(stored.model_copy(update={"judgement": judgement}), Asked())
    assert caught.value.note.code == "rescore.rubric_needed" and caught.value.note.params == {"rubric": "ours 3"}


def test_packs_that_are_not_here_are_asked_for_only_when_acts_are_found_again() -> None:
    stored = parse_result(shipped("en_lived"))
    words = stored.evidence.words.model_copy(update={"packs": ("ours 3", "en 1.0")})
    other = stored.model_copy(update={"evidence": stored.evidence.model_copy(update={"words": words})})
    assert rescored(other, Asked()).difference.empty
    with pytest.raises(ServiceError) as caught:
        rescored(other, Asked(edits=edits(swapped_roles={"by": "Dana"})))
    assert caught.value.note.code == "rescore.packs_needed"
    assert rescored(other, Asked(packs=(), edits=edits(swapped_roles={"by": "Dana"}))).result.edits is not None


def test_an_act_new_to_the_packs_has_no_delivery_and_says_why() -> None:
    stored = parse_result(shipped("en_lived"))
    turn = next(t for t in stored.evidence.turns if t.party == "agent" and t.index > 3)
    asked = Asked(edits=edits(said_here=[by(act="thanks", turn=turn.index)]))
    done = rescored(stored, asked)
    line = next(g for g in done.result.judgement.gestures if g.id == "thanks")
    added = [o for o in done.edited.acts if o.rule == "person/thanks/said_here"]
    assert len(added) == 1 and len(done.edited.acts) == len(stored.evidence.acts) + 1
    held = {d.act for d in done.edited.deliveries}
    assert done.edited.acts.index(added[0]) not in held and held
    told = [f.why.code for o in line.occurrences if o.rule.startswith("person/") for f in o.families]
    assert told in ([], ["scoring.delivery.found_later"])


# edits


def test_the_evidence_never_takes_an_edit_in() -> None:
    stored = parse_result(shipped("fr_recite"))
    many = edits(
        swapped_roles={"by": "Dana", "reason": "the other way round"},
        lines=[{"turn": 1, "text": "tout autre chose", "by": "Dana"}],
    )
    done = rescored(stored, Asked(edits=many))
    assert done.result.evidence == stored.evidence
    assert done.result.edits == many
    assert done.edited.turns[1].text == "tout autre chose" and done.edited.turns[1].party == "agent"
    again = rescored(parse_result(done.content), Asked())
    assert again.content == done.content and again.difference.empty
    undone = rescored(parse_result(done.content), Asked(edits=Edits()))
    assert undone.content == shipped("fr_recite")


def test_said_here_makes_a_missing_gesture_and_not_that_takes_it_away() -> None:
    content = made([("agent", "bon {greeting:bonjour} voilà", 0.3), ("customer", "ma box bon", 0.5)])
    stored = parse_result(content)
    assert verdict(rescored(stored, Asked()), "self_intro") == "missing"
    added = rescored(stored, Asked(edits=edits(said_here=[by(act="self_intro", turn=0)])))
    assert verdict(added, "self_intro") == "done"
    taken = rescored(stored, Asked(edits=edits(not_that=[by(act="greeting", turn=0)])))
    assert verdict(taken, "greeting") == "missing" and verdict(rescored(stored, Asked()), "greeting") == "done"


def verdict(done: object, gesture: str) -> str:
    return next(g.verdict for g in done.result.judgement.gestures if g.id == gesture)  # type: ignore[attr-defined]


def test_a_stretch_finds_the_turn_of_the_party_that_makes_the_act() -> None:
    evidence = rounded(warm_call().build())
    turn = next(t for t in evidence.turns if t.party == "customer")
    words = turn.words[2:4]
    place = {"start_s": words[0].span.start_s, "end_s": words[-1].span.end_s}
    done = edited(evidence, edits(said_here=[by(act="c_confusion", span=place)]), (), voice=True)
    act = next(a for a in done.acts if a.id == "c_confusion")
    assert act.turn == turn.index and act.party == "customer"
    assert act.quote == " ".join(w.text for w in words)


def test_what_was_found_already_is_not_counted_twice() -> None:
    evidence = rounded(robot_call().build())
    act = next(a for a in evidence.acts if a.id == "reassurance")
    done = edited(evidence, edits(said_here=[by(act=act.id, turn=act.turn)]), (), voice=True)
    assert done.acts == evidence.acts


def test_a_corrected_line_is_read_again_and_its_times_are_estimates() -> None:
    stored = parse_result(shipped("fr_recite"))
    turn = next(t for t in stored.evidence.turns if t.party == "customer" and len(t.words) > 5)
    text = "je voudrais parler d'autre chose"
    done = rescored(stored, Asked(edits=edits(lines=[{"turn": turn.index, "text": text, "by": "Dana"}])))
    new = next(t for t in done.edited.turns if t.index == turn.index)
    assert new.text == text and all(w.time_is_estimated for w in new.words) and new.confidence is None
    assert all(turn.span.start_s <= w.span.start_s <= w.span.end_s <= turn.span.end_s for w in new.words)
    assert not [a for a in done.edited.acts if a.turn == turn.index and a.id == "c_problem"]


def test_private_passages_of_a_corrected_line_are_masked_everywhere() -> None:
    stored = parse_result(shipped("fr_recite"))
    text = "mon numéro est le 06 12 34 56 78 voilà"
    done = rescored(stored, Asked(edits=edits(lines=[{"turn": 1, "text": text, "by": "Dana"}])))
    assert "34 56 78" not in done.content.decode()
    turn = done.edited.turns[1]
    assert "[téléphone]" in turn.text
    assert [r for r in done.edited.redactions if r.party == turn.party and turn.span.contains(r.span.start_s)]


@pytest.mark.parametrize("name", NAMES)
def test_roles_swapped_twice_are_as_they_were(name: str) -> None:
    evidence = parse_result(shipped(name)).evidence
    twice = swapped(swapped(evidence))
    assert without_ratio(twice) == without_ratio(evidence)
    ratios = [m.value for e in (evidence, twice) for m in e.call_measures if m.name == "rate_ratio" and m.value]
    assert ratios == [] or ratios[1] == pytest.approx(ratios[0], abs=0.01)
    found = refound(swapped(refound(swapped(evidence), (), voice=True)), (), voice=True)
    assert [(a.turn, a.id, a.span) for a in found.acts] == [(a.turn, a.id, a.span) for a in evidence.acts]


def without_ratio(evidence: Evidence) -> Evidence:
    kept = tuple(m for m in evidence.call_measures if m.name != "rate_ratio")
    return evidence.model_copy(update={"call_measures": kept})


def test_with_swapped_roles_every_label_follows() -> None:
    stored = parse_result(shipped("en_recited"))
    done = rescored(stored, Asked(edits=edits(swapped_roles={"by": "Dana"})))
    before, after = stored.evidence, done.edited
    assert (after.roles.agent, after.roles.customer) == (before.roles.customer, before.roles.agent)
    assert after.roles.decided_by == "person"
    assert after.speech["agent"] == before.speech["customer"]
    own = {m.name: m.value for m in after.measures["agent"]}
    others = {m.name: m.value for m in before.measures["customer"]}
    assert own["talk_share"] == others["talk_share"] and own["pitch_spread"] == others["pitch_spread"]
    other = {"agent": "customer", "customer": "agent"}
    assert [t.party for t in after.turns] == [other[t.party] for t in before.turns]
    assert not [a for a in after.acts if a.party == "customer" and a.id == "greeting"]
    assert not after.deliveries


def test_decisions_on_lines_are_kept_and_applied() -> None:
    stored = parse_result(shipped("fr_recite"))
    line = next(g for g in stored.judgement.gestures if g.verdict == "mechanical")
    done = rescored(stored, Asked(edits=edits(overrides=[by(line=line.id, verdict="lived")])))
    now = next(g for g in done.result.judgement.gestures if g.id == line.id)
    assert now.verdict == "lived" and now.overridden.verdict == "mechanical"
    assert rescored(parse_result(done.content), Asked()).content == done.content


HERE = {"start_s": 1.0, "end_s": 2.0}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"lines": [{"turn": 99, "text": "x", "by": "Dana"}]}, "edits_no_turn"),
        ({"said_here": [by(act="thanks", turn=99)]}, "edits_no_turn"),
        ({"said_here": [by(act="thank_you", turn=0)]}, "edits_unknown_act"),
        ({"not_that": [by(act="thank_you", turn=0)]}, "edits_unknown_act"),
        ({"said_here": [by(act="c_thanks", turn=0)]}, "edits_other_party"),
        ({"said_here": [by(act="thanks", span={"start_s": 9000.0, "end_s": 9001.0})]}, "edits_outside"),
        ({"said_here": [by(act="thanks", span={"start_s": -3.0, "end_s": 1.0})]}, "edits_outside"),
        ({"said_here": [by(act="thanks", span={"start_s": 0.0, "end_s": 0.1})]}, "edits_no_turn_there"),
        ({"said_here": [by(act="thanks", turn=4, span=HERE)]}, "edits_span_not_in_turn"),
        ({"not_that": [by(act="jargon", turn=0)]}, "edits_not_found"),
    ],
)
def test_edits_that_do_not_fit_the_call_are_one_sentence(parts: dict[str, object], code: str) -> None:
    evidence = rounded(robot_call().build())
    with pytest.raises(EditsError) as caught:
        edited(evidence, edits(**parts), (), voice=True)
    assert caught.value.note.code == f"scoring.{code}"


def test_a_call_without_words_or_without_a_second_party_takes_no_such_edits() -> None:
    silent = rounded(robot_call(words=False).build())
    with pytest.raises(EditsError) as caught:
        edited(silent, edits(said_here=[by(act="thanks", turn=0)]), (), voice=True)
    assert caught.value.note.code == "scoring.edits_no_words"
    alone = silent.model_copy(update={"roles": silent.roles.model_copy(update={"customer": None})})
    with pytest.raises(EditsError) as caught:
        edited(alone, edits(swapped_roles={"by": "Dana"}), (), voice=True)
    assert caught.value.note.code == "scoring.edits_one_party"


@settings(max_examples=20, deadline=None)
@given(said=TURNS, at=st.integers(0, 13))
def test_an_act_added_and_taken_away_again_leaves_the_acts_as_they_were(said: Said, at: int) -> None:
    evidence = rounded(call_of(said).build())
    turn = evidence.turns[at % len(evidence.turns)]
    act = "jargon" if turn.party == "agent" else "c_thanks"
    more = Edits(said_here=(SaidHere(act=act, turn=turn.index, by="Dana", reason="I listened"),))
    added = edited(evidence, more, (), voice=True)
    away = edited(added, edits(not_that=[by(act=act, turn=turn.index)]), (), voice=True)
    kept = [a for a in evidence.acts if (a.id, a.turn) != (act, turn.index)]
    assert sorted(a.id for a in away.acts) == sorted(a.id for a in kept)
    assert as_json(added) != as_json(evidence) or [a for a in evidence.acts if a.id == act]
