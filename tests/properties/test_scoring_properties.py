"""What must hold for any call, on calls made of random turns, acts, gaps and voices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.notes import Note
from service.say import LANGS, Say
from service.scoring.catalog import ASKING_ACTS, GESTURES, RESPONSE_ACTS
from service.scoring.documents import parse_result, rounded, to_json
from service.scoring.evidence import Evidence
from service.scoring.gestures import MADE
from service.scoring.judgement import Judgement, Moment
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from service.scoring.scores import Line, score_of
from tests.service.scoring.builder import FLAT, CallBuilder

OTHER_ACTS = frozenset(
    {"mutual_benefit", "time_commitment", "vague_promise", "admits_limit", "hedged_bluff", "pressure"}
    | {"condescension", "dismissal", "jargon"}
)
RUBRICS = [load_rubric(name) for name in ("inbound_service", "outbound_sales")]
AGENT_ACTS = sorted({a for rule in GESTURES.values() for a in rule.acts} | ASKING_ACTS | RESPONSE_ACTS | OTHER_ACTS)
CUSTOMER_ACTS = ["c_question", "c_problem", "c_distress", "c_repeat_unheard", "c_confusion", "c_refusal", "c_consent"]
WORDS = ["box", "voyant", "lundi", "orange", "facture", "colis", "livreur", "technicien", "maison", "oui", "alors"]


def turn_text(acts: list[str]) -> st.SearchStrategy[str]:
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
    marked = st.builds("{{{}:{}}}".format, st.sampled_from(acts), words)
    return st.lists(st.one_of(words, marked, st.just("|")), min_size=1, max_size=4).map(
        lambda parts: " ".join(["bon", *parts, "voilà"])
    )


GAPS = st.sampled_from([-1.5, -0.4, 0.1, 0.3, 0.7, 1.2, 6.0, 12.0])
TURNS = st.lists(
    st.one_of(
        st.tuples(st.just("agent"), turn_text(AGENT_ACTS), GAPS),
        st.tuples(st.just("customer"), turn_text(CUSTOMER_ACTS), GAPS),
    ),
    min_size=1,
    max_size=14,
)
Said = list[tuple[str, str, float]]


def call_of(said: Said, **options: object) -> CallBuilder:
    call = CallBuilder(**options)  # type: ignore[arg-type]  # options are the builder's own fields
    for party, text, gap_s in said:
        (call.agent if party == "agent" else call.customer)(text, gap_s=gap_s)
    return call


def notes_of(judgement: Judgement) -> Iterator[Note]:
    yield from judgement.notes
    yield from (judgement.script.why, judgement.intention.why, *judgement.confidence.would_raise)
    for gesture in judgement.gestures:
        yield from (gesture.why, *gesture.notes)
        yield from (f.why for o in gesture.occurrences for f in o.families)
    yield from (c.why for c in judgement.criteria)
    for moment in judgement.moments:
        yield from (moment.why, moment.hint)
        assert moment.compared is not None
        yield moment.compared


def without_voice(moments: tuple[Moment, ...]) -> list[Moment]:
    """Moments without what may hold a number of the voice where the policy lets it count."""
    told = {"measures": (), "compared": None, "baseline": "none"}
    return [m.model_copy(update=told) for m in moments]


def counted_by_line(judgement: Judgement) -> dict[str, set[str]]:
    lines = {c.id: set(c.counted) for c in judgement.criteria}
    for gesture in judgement.gestures:
        lines[gesture.id] = {key for o in gesture.occurrences for f in o.families for key in f.counted}
    return lines


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans(), words=st.booleans(), rubric=st.sampled_from(RUBRICS))
def test_every_line_can_be_said_in_both_languages(said: Said, mono: bool, words: bool, rubric: object) -> None:
    judgement = judge(call_of(said, mono=mono, words=words).build(), rubric)  # type: ignore[arg-type]  # sampled
    for lang in LANGS:
        say = Say(lang)
        floor = "floor."  # reasons of the floor's own catalogue
        assert all(say(note) for note in notes_of(judgement) if not note.code.startswith(floor) or say.has(note.code))


@settings(max_examples=25, deadline=None)
@given(said=TURNS, mono=st.booleans())
def test_no_event_counts_twice(said: Said, mono: bool) -> None:
    counted = counted_by_line(judge(call_of(said, mono=mono).build(), RUBRICS[0]))
    keys = [key for line in counted.values() for key in line]
    assert len(keys) == len(set(keys))


@settings(max_examples=25, deadline=None)
@given(said=TURNS)
def test_everything_counted_is_in_the_evidence(said: Said) -> None:
    evidence = call_of(said).build()
    turns = {t.index for t in evidence.turns}
    measures = {f"agent/{m.name}" for m in evidence.measures["agent"]} | {
        f"call/{m.name}" for m in evidence.call_measures
    }
    for keys in counted_by_line(judge(evidence, RUBRICS[0])).values():
        for key in keys:
            kind, _, rest = key.partition(":")
            if kind == "floor":
                assert int(rest) < len(evidence.floor)
            elif kind == "act":
                turn, name, start_s = rest.split(":")
                assert any((str(a.turn), a.id, f"{a.span.start_s:.2f}") == (turn, name, start_s) for a in evidence.acts)
            elif kind == "turn":
                assert int(rest.split(":")[0]) in turns
            elif kind == "measure":
                assert rest in measures
            else:
                assert kind == "room" and 0 <= float(rest) <= evidence.call.duration_s


@settings(max_examples=25, deadline=None)
@given(said=TURNS, rubric=st.sampled_from(RUBRICS))
def test_both_scores_can_be_recomputed_from_the_lines_shown(said: Said, rubric: object) -> None:
    judgement = judge(call_of(said).build(), rubric)  # type: ignore[arg-type]  # sampled
    script = [(float(g.verdict in MADE), g.weight) for g in judgement.gestures if g.expected]
    kept = [g for g in judgement.gestures if g.expected and g.verdict not in ("free", "not_assessable")]
    script = [(float(g.verdict in MADE), g.weight) for g in kept]
    intention = [(e.score, e.weight) for g in judgement.gestures for e in g.evidence if e.score is not None]
    for c in judgement.criteria:
        if c.score is not None and c.applies and c.kind != "context":
            score = {"line": c.score, "guard": 0.0, "gift": 1.0}[c.kind]
            intention.append((score, c.weight * {"line": 1.0, "guard": 1 - c.score, "gift": c.score}[c.kind]))
    for shown, lines in ((judgement.script, script), (judgement.intention, intention)):
        if shown.value is not None:
            expected = 100 * sum(s * w for s, w in lines) / sum(w for _, w in lines)
            assert abs(shown.value - expected) < 0.2  # lines are rounded to 0.001, a score moves by at most 0.1


@settings(max_examples=25, deadline=None)
@given(said=TURNS)
def test_a_flattened_voice_changes_no_act_room_or_follow_through(said: Said) -> None:
    lively, flat = call_of(said).build(), call_of(said, voice=FLAT, turn_spread_st=0.5).build()
    for policy in ("combined", "words_and_turns", "no_voice"):
        a, b = (judge(e, RUBRICS[0], policy=policy) for e in (lively, flat))  # type: ignore[arg-type]  # a loop
        assert [g.verdict for g in a.gestures] == [g.verdict for g in b.gestures]
        assert [g.evidence for g in a.gestures] == [g.evidence for g in b.gestures]
        assert without_voice(a.moments) == without_voice(b.moments)
        assert policy == "combined" or a.moments == b.moments
        assert a.script == b.script and a.confidence == b.confidence
        if policy != "combined":
            assert a.intention == b.intention and a.quadrant == b.quadrant


@settings(max_examples=20, deadline=None)
@given(said=TURNS, act=st.sampled_from(AGENT_ACTS), at=st.integers(0, 13))
def test_saying_a_gesture_once_more_never_lowers_its_own_script_line(said: Said, act: str, at: int) -> None:
    evidence = call_of(said).build()
    agent = [t for t in evidence.turns if t.party == "agent"]
    if not agent:
        return
    more = _with_act(evidence, agent[at % len(agent)].index, act)
    before, after = (_made(judge(e, RUBRICS[0]), act) for e in (evidence, more))
    assert not before or after


def _made(judgement: Judgement, act: str) -> bool:
    return any(g.id == act and g.verdict in MADE for g in judgement.gestures)


def _with_act(evidence: Evidence, index: int, name: str) -> Evidence:
    turn = next(t for t in evidence.turns if t.index == index)
    word = turn.words[0]
    added = evidence.acts[0].model_copy if evidence.acts else None
    if added is None:
        return evidence
    act = added(
        update={"id": name, "party": "agent", "turn": index, "span": word.span, "quote": word.text, "rule": "test/x"}
    )
    return evidence.model_copy(update={"acts": (*evidence.acts, act)})


@settings(max_examples=20, deadline=None)
@given(said=TURNS, kind=st.sampled_from(["pressure", "vague_promise", "condescension"]))
def test_harm_added_never_raises_intention(said: Said, kind: str) -> None:
    base = call_of(said)
    before = judge(base.build(), RUBRICS[0]).criteria
    after = judge(call_of(said).agent(f"{{{kind}:des mots}}", gap_s=0.3).build(), RUBRICS[0]).criteria
    name = {"pressure": "pressure", "vague_promise": "promises", "condescension": "plain_speech"}[kind]
    scores = [next(c.score for c in lines if c.id == name) for lines in (before, after)]
    assert scores[0] is None or (scores[1] is not None and scores[1] <= scores[0])


LINES = st.lists(
    st.builds(
        lambda score, weight: Line("x", "words", score, weight, weight),
        st.one_of(st.none(), st.floats(0, 1)),
        st.floats(0.1, 10),
    ),
    min_size=1,
    max_size=12,
)


@given(lines=LINES)
def test_what_is_not_assessed_never_counts_against(lines: list[Line]) -> None:
    assessed = [x for x in lines if x.score is not None]
    if assessed:
        assert score_of("intention", lines, 0.0).value == score_of("intention", assessed, 0.0).value


@given(lines=LINES, better=st.floats(0, 1))
def test_a_better_line_never_lowers_a_score(lines: list[Line], better: float) -> None:
    raised = [replace(x, score=max(x.score, better)) if x.score is not None else x for x in lines]
    low, high = (score_of("intention", x, 0.0).value for x in (lines, raised))
    assert low is None or (high is not None and high >= low - 1e-3)


@settings(max_examples=15, deadline=None)
@given(said=TURNS, words=st.booleans())
def test_judging_again_gives_the_same_bytes(said: Said, words: bool) -> None:
    evidence = call_of(said, words=words).build()
    content = to_json(evidence, judge(evidence, RUBRICS[0]))
    stored = parse_result(content).evidence
    assert stored == rounded(evidence)
    assert to_json(stored, judge(stored, RUBRICS[0])) == content
