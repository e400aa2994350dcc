"""What every point of a scorecard rests on: it can be followed to its evidence, more of it never harms its own line,
and taking a piece away changes the lines that cite it and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.timeline import Span
from service.scoring.documents import rounded
from service.scoring.evidence import Act, Evidence
from service.scoring.judgement import Criterion, GestureLine, Judgement
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.properties.test_scoring_properties import RUBRICS, TURNS, Said, call_of
from tests.service.scoring.builder import CallBuilder

INBOUND = load_rubric("inbound_service")
CITED_WHEREVER_READ = frozenset({"pressure", "vague_promise", "condescension", "jargon", "hedged_bluff"})
"""Acts that no line reads without listing them: their lines can be told from the scorecard alone."""
HARM = (CITED_WHEREVER_READ - {"jargon"}) | {"dismissal"}


def line_of(judgement: Judgement, name: str) -> GestureLine | Criterion:
    return next(x for x in (*judgement.gestures, *judgement.criteria) if x.id == name)


def worth(line: GestureLine | Criterion) -> object:
    """What a line comes to, without the names of events and the sentences."""
    if isinstance(line, Criterion):
        return (line.value, line.score, line.applies)
    return (line.verdict, line.expected, line.evidence)


def cited(line: GestureLine | Criterion) -> set[str]:
    """Events a line lists as its own."""
    if isinstance(line, Criterion):
        return set(line.counted)
    return {key for o in line.occurrences for f in o.families for key in f.counted}


def leaves_to_another(line: GestureLine | Criterion) -> bool:
    """True for a line that says that another counts one of its events."""
    families = [f for o in line.occurrences for f in o.families] if isinstance(line, GestureLine) else []
    return any(f.why.code.endswith(".elsewhere") for f in families)


def changed(before: Judgement, after: Judgement) -> set[str]:
    pairs = zip((*before.gestures, *before.criteria), (*after.gestures, *after.criteria), strict=True)
    return {a.id for a, b in pairs if worth(a) != worth(b)}


def names_of(act: Act) -> set[str]:
    return {f"act:{act.turn}:{act.id}:{act.span.start_s:.2f}", f"turn:{act.turn}:{act.id}"}


@settings(max_examples=20, deadline=None)
@given(said=TURNS, at=st.integers(0, 40))
def test_taking_an_act_away_changes_only_the_lines_that_cite_it(said: Said, at: int) -> None:
    evidence = call_of(said).build()
    acts = [a for a in evidence.acts if a.id in CITED_WHEREVER_READ]
    if not acts:
        return
    act = acts[at % len(acts)]
    without = evidence.model_copy(update={"acts": tuple(a for a in evidence.acts if a is not act), "deliveries": ()})
    before = judge(evidence.model_copy(update={"deliveries": ()}), INBOUND)
    lines = (*before.gestures, *before.criteria)
    citing = {x.id for x in lines if cited(x) & names_of(act)}
    assert changed(before, judge(without, INBOUND)) <= citing | {x.id for x in lines if leaves_to_another(x)}


@settings(max_examples=20, deadline=None)
@given(said=TURNS, at=st.integers(0, 40))
def test_taking_a_cut_away_changes_only_the_lines_that_cite_it(said: Said, at: int) -> None:
    evidence = call_of(said).build()
    cuts = [i for i, e in enumerate(evidence.floor) if e.kind == "interruption" and e.by == "agent"]
    if not cuts:
        return
    gone = cuts[at % len(cuts)]
    without = evidence.model_copy(update={"floor": tuple(e for i, e in enumerate(evidence.floor) if i != gone)})
    before = judge(evidence, INBOUND)
    lines = (*before.gestures, *before.criteria)
    citing = {x.id for x in lines if f"floor:{gone}" in cited(x)}
    assert changed(before, judge(without, INBOUND)) <= citing | {x.id for x in lines if leaves_to_another(x)}


@settings(max_examples=20, deadline=None)
@given(said=TURNS, at=st.integers(0, 40))
def test_how_one_gesture_was_said_is_only_beside_that_gesture(said: Said, at: int) -> None:
    evidence = rounded(call_of(said).build())
    if not evidence.deliveries:
        return
    gone = evidence.deliveries[at % len(evidence.deliveries)]
    without = evidence.model_copy(update={"deliveries": tuple(d for d in evidence.deliveries if d is not gone)})
    before, after = judge(evidence, INBOUND), judge(without, INBOUND)
    assert changed(before, after) == set()
    assert (before.script, before.intention, before.moments) == (after.script, after.intention, after.moments)
    said_there = evidence.acts[gone.act].span
    for a, b in zip(before.gestures, after.gestures, strict=True):
        if a != b:
            assert any(o.span == said_there for o in a.occurrences)


@settings(max_examples=20, deadline=None)
@given(said=TURNS, rubric=st.sampled_from(RUBRICS), mono=st.booleans())
def test_every_point_can_be_followed_to_what_it_rests_on(said: Said, rubric: Rubric, mono: bool) -> None:
    judgement = judge(call_of(said, mono=mono).build(), rubric)
    for gesture in judgement.gestures:
        for part in gesture.evidence:
            found = [f for o in gesture.occurrences for f in o.families if f.name == part.family]
            if part.score:
                assert any(f.state == "present" and f.counted and f.span for f in found), (gesture.id, part)
            elif part.score == 0.0:
                assert found or gesture.window is not None, (gesture.id, part)
    for criterion in judgement.criteria:
        lost = criterion.kind in ("line", "guard") and criterion.score is not None and criterion.score < 1
        given_away = criterion.kind == "gift" and bool(criterion.score)
        if lost or given_away:
            assert criterion.counted or criterion.spans, criterion.id


@settings(max_examples=25, deadline=None)
@given(said=TURNS)
def test_an_act_that_does_harm_is_counted_by_one_line(said: Said) -> None:
    """Whatever name a line gives it: by its turn, or by its place."""
    evidence = call_of(said).build()
    judgement = judge(evidence, INBOUND)
    lines = (*judgement.gestures, *judgement.criteria)
    for act in evidence.acts:
        if act.id in HARM:
            alike = [a for a in evidence.acts if a.turn == act.turn and a.id == act.id]
            assert len(alike) > 1 or sum(bool(cited(x) & names_of(act)) for x in lines) <= 1


def _without_idle_lines(rubric: Rubric, judgement: Judgement) -> Rubric:
    idle = {g.id for g in judgement.gestures if not g.expected} | {c.id for c in judgement.criteria if not c.applies}
    return rubric.model_copy(
        update={
            "gestures": tuple(g for g in rubric.gestures if g.id not in idle),
            "criteria": tuple(c for c in rubric.criteria if c.id not in idle),
        }
    )


@settings(max_examples=20, deadline=None)
@given(said=TURNS, rubric=st.sampled_from(RUBRICS))
def test_a_line_without_an_occasion_never_counts(said: Said, rubric: Rubric) -> None:
    evidence = call_of(said).build()
    judgement = judge(evidence, rubric)
    fewer = judge(evidence, _without_idle_lines(rubric, judgement))
    assert (fewer.script, fewer.intention) == (judgement.script, judgement.intention)
    assert fewer.quadrant == judgement.quadrant and fewer.headline.made == judgement.headline.made


@settings(max_examples=25, deadline=None)
@given(said=TURNS)
def test_counting_na_in_full_never_lowers_a_score(said: Said) -> None:
    evidence = call_of(said).build()
    full = INBOUND.model_copy(
        update={
            name: tuple(x.model_copy(update={"na": "count_full"}) for x in getattr(INBOUND, name))
            for name in ("gestures", "criteria")
        }
    )
    before, after = judge(evidence, INBOUND), judge(evidence, full)
    for low, high in ((before.script, after.script), (before.intention, after.intention)):
        assert low.value is None or (high.value is not None and high.value >= low.value - 1e-6)


More = Callable[[CallBuilder], CallBuilder]
MORE_OF_ITS_OWN: dict[str, str] = {
    # a line, and an act of the agent right after what it is about, which only speaks for it
    "honest_limit": "{admits_limit:je ne sais pas} {answer_returned:voilà la réponse}",
    "questions_answered": "{answer_returned:voilà la réponse}",
    "promises": "{action_commitment:je vous rappelle} {time_commitment:demain}",
    "plain_speech": "{explanation_why:parce que c'est ainsi}",
    "action_commitment": "{action_commitment:je vous rappelle} {time_commitment:demain}",
    "free_care": "{freedom_phrase:vous êtes libre}",
}


def score_of(judgement: Judgement, name: str) -> Iterator[float]:
    line = line_of(judgement, name)
    if isinstance(line, Criterion):
        yield from [] if line.score is None else [line.score]
    else:
        yield from (e.score for e in line.evidence if e.score is not None)


@settings(max_examples=30, deadline=None)
@given(said=TURNS, name=st.sampled_from(sorted(MORE_OF_ITS_OWN)))
def test_more_evidence_never_lowers_its_own_line(said: Said, name: str) -> None:
    before = judge(call_of(said).build(), INBOUND)
    after = judge(call_of(said).agent(MORE_OF_ITS_OWN[name], gap_s=0.3).build(), INBOUND)
    low, high = list(score_of(before, name)), list(score_of(after, name))
    assert not low or (high and sum(high) / len(high) >= sum(low) / len(low) - 1e-6)


@settings(max_examples=20, deadline=None)
@given(said=TURNS)
def test_room_given_never_lowers_the_room_of_its_question(said: Said) -> None:
    """The same call, and once more its last question with a second of silence after it."""
    question = "{closed_question:vous êtes chez vous}"
    short = call_of(said).agent(question, gap_s=0.3).agent("alors bon voilà", gap_s=0.2)
    long = call_of(said).agent(question, gap_s=0.3).customer("oui", gap_s=1.2).agent("alors bon voilà", gap_s=0.3)
    scores = [list(score_of(judge(c.build(), INBOUND), "room_after_question")) for c in (short, long)]
    assert not scores[0] or not scores[1] or scores[1][0] >= scores[0][0] - 1e-6


@settings(max_examples=25, deadline=None)
@given(said=TURNS)
def test_taking_the_pulse_never_makes_a_proposal_redder(said: Said) -> None:
    proposal = "{proposal:je vous propose un échange}"
    plain = judge(call_of(said).agent(proposal, gap_s=0.3).build(), INBOUND)
    asked = judge(call_of(said).agent("{check_in:où en êtes-vous} | " + proposal, gap_s=0.3).build(), INBOUND)
    low, high = list(score_of(plain, "pulse")), list(score_of(asked, "pulse"))
    assert not low or not high or high[0] >= low[0] - 1e-6


def test_the_properties_see_calls_that_have_something_to_lose() -> None:
    """A cut and an act of harm in one call: each is cited, so the properties above are not empty."""
    story = "voilà ma box ne marche plus depuis lundi matin et le voyant clignote en orange toute la nuit"
    call = CallBuilder().agent("bonjour")
    for gap_s in (-2.0, 0.4):
        call.customer(story, gap_s=0.5).agent("attendez attendez je vous coupe un peu ici", gap_s=gap_s)
    call.customer("oui", gap_s=0.5).agent("{pressure:vous risquez gros}", gap_s=0.5)
    evidence = call.build()
    judgement = judge(evidence, INBOUND)
    keys = {key for x in (*judgement.gestures, *judgement.criteria) for key in cited(x)}
    assert any(k.startswith("floor:") for k in keys) and keys & names_of(evidence.acts[0])
    assert evidence.acts[0].span.overlap(Span(0.0, 60.0))
    assert changed(judgement, judge(_silenced(evidence), INBOUND)) == {"pressure"}


def _silenced(evidence: Evidence) -> Evidence:
    return evidence.model_copy(update={"acts": (), "deliveries": ()})
