"""What holds for any call and any condition of a rule."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.timeline import Party, Span
from service.scoring.evidence import Act, SpokenTurn
from service.words.rules import Pack, find_acts
from service.words.rules.across import n_said
from service.words.rules.finding import search
from service.words.rules.forms import compiled
from service.words.rules.pack import Reach, Said
from service.words.rules.reading import read_fields
from service.words.rules.scene import Scene, Stretch
from service.words.rules.schema import build_pack
from service.words.rules.script import read_script

EXAMPLES = settings(max_examples=60, deadline=None)
WORDS = ("bonjour", "madame", "oui", "mal", "dos", "chat", "donc", "est-ce que", "vous", "avez", "hein", "?", ".")
CONDITIONS = (
    "where: {first_turns: 2}",
    "where: {last_s: 9}",
    "max_words: 4",
    "asks: false",
    "unless: [madame]",
    "needs: [oui]",
    "previous: {patterns: [mal]}",
    "next: {patterns: [oui], turns: 2}",
    "unless_previous: {patterns: [oui]}",
    "echo: 1",
    "echo: 1, echo_own: true",
    "again: 1",
    "answered: true",
    "then: {patterns: [oui], within_turns: 1}",
    "then: {patterns: [oui], within_s: 6}",
    "after: {acts: [c_problem], within_turns: 2}",
    "count: {patterns: [mal], at_least: 2}",
    "count: {acts: [c_problem], in: before, within_s: 20, at_most: 1}",
    "question: true",
    "rises: true",
    "room: {at_least_s: 1}",
    "interrupted: true",
    "rate_ratio: {at_least: 1.25}",
)
NEED_SOUND_OR_TIMES = ("rises", "room", "interrupted", "rate_ratio", "within_s")


@lru_cache
def pack(condition: str) -> Pack:
    text = (
        'pack: mine\nlanguage: fr\nversion: "1"\nrules:\n'
        f"  - {{act: greeting, id: r, patterns: ['bonjour(?: {{word}})?']{condition and f', {condition}'}}}\n"
        "  - {act: c_problem, id: m, patterns: [mal]}\n"
    )
    return build_pack([read_fields(text.encode(), "mine.yaml")])


def greetings(turns: list[SpokenTurn], condition: str = "") -> set[tuple[int, str]]:
    return {(a.turn, a.quote) for a in find_acts(turns, pack(condition)) if a.id == "greeting"}


def each(turns: list[SpokenTurn], condition: str = "") -> set[tuple[int, float]]:
    """Turn and first word of every match, before neighbours are joined."""
    found = search(read_script(turns, "fr"), pack(condition)).found
    return {(f.owner, f.match.first) for f in found if f.rule.act == "greeting"}


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
parties: st.SearchStrategy[Party] = st.sampled_from(["agent", "customer"])


@st.composite
def calls(draw: st.DrawFn) -> list[SpokenTurn]:
    timed = draw(st.booleans())
    start_s, turns = 0.0, []
    for index, (party, text) in enumerate(draw(st.lists(st.tuples(parties, texts), max_size=8))):
        length_s, gap_s = draw(st.floats(0.3, 9)), draw(st.floats(-1, 4))
        span = Span(start_s, start_s + length_s) if timed else Span(0.0, 0.0)
        turns.append(SpokenTurn(index=index, party=party, span=span, ipus=(span,) if timed else (), text=text))
        start_s = max(start_s, start_s + length_s + gap_s)
    return turns


@EXAMPLES
@given(calls(), st.sampled_from(CONDITIONS))
def test_a_condition_only_takes_matches_away(turns: list[SpokenTurn], condition: str) -> None:
    assert each(turns, condition) <= each(turns)


@EXAMPLES
@given(calls(), st.sampled_from(CONDITIONS))
def test_not_of_not_is_the_condition(turns: list[SpokenTurn], condition: str) -> None:
    assert greetings(turns, f"not: {{not: {{{condition}}}}}") == greetings(turns, condition)


@EXAMPLES
@given(calls(), st.sampled_from(CONDITIONS))
def test_a_condition_and_its_not_share_no_match_and_miss_only_what_is_unknown(
    turns: list[SpokenTurn], condition: str
) -> None:
    kept, turned = each(turns, condition), each(turns, f"not: {{{condition}}}")
    assert not kept & turned
    if not any(word in condition for word in NEED_SOUND_OR_TIMES):
        assert kept | turned == each(turns)


@EXAMPLES
@given(calls(), st.sampled_from(CONDITIONS))
def test_the_same_call_gives_the_same_acts(turns: list[SpokenTurn], condition: str) -> None:
    first: list[Act] = find_acts(turns, pack(condition))
    assert first == find_acts(list(turns), pack(condition))


@EXAMPLES
@given(calls())
def test_what_is_absent_is_what_then_does_not_find(turns: list[SpokenTurn]) -> None:
    """A window after the words is empty exactly where `not then` holds, both parties having words.

    The last turn is left out: a window that ends with the call may have no length, and then says nothing.
    """
    texts = read_script(turns, "fr").texts
    if not texts["agent"].turns or not texts["customer"].turns:
        return
    rules = (
        'pack: mine\nlanguage: fr\nversion: "1"\nrules:\n'
        "  - {act: pressure, id: gone, absent: {patterns: [mal], after: {patterns: [donc], party: agent}, "
        "within_turns: 2}}\n"
        "  - {act: dismissal, id: then, patterns: [donc], not: {then: {patterns: [mal], within_turns: 2}}}\n"
    )
    acts = find_acts(turns, build_pack([read_fields(rules.encode(), "mine.yaml")]))
    last = max(said.turn.index for text in texts.values() for said in text.turns)
    absent, not_then = (
        {a.turn for a in acts if kind(a)} for kind in (lambda a: a.absent, lambda a: a.id == "dismissal")
    )
    assert absent - {last} == not_then - {last}
    assert all(a.quote and a.span.start_s <= a.span.end_s for a in acts)


def is_after(place: Stretch, at: Stretch, reach: Reach, scene: Scene) -> bool:
    """The definition, one place at a time: later, few enough turns on, few enough seconds on."""
    own = place.party == at.party
    if not (place.first > at.last if own else scene.end(place) > scene.end(at)):
        return False
    begun = [scene.end(at) < end for end in scene.ends[place.party]]
    n_turns = scene.owner(place) - scene.owner(at) if own else sum(begun[: scene.owner(place) + 1])
    return (reach.turns is None or n_turns <= reach.turns) and (
        reach.seconds is None or scene.span(place).start_s - scene.span(at).end_s <= reach.seconds + 1e-6
    )


def is_before(place: Stretch, at: Stretch, reach: Reach, scene: Scene) -> bool:
    own = place.party == at.party
    if not (place.last < at.first if own else scene.start(place) < scene.start(at)):
        return False
    begun = [start < scene.start(at) for start in scene.starts[place.party]]
    n_turns = scene.owner(at) - scene.owner(place) if own else sum(begun[scene.owner(place) :])
    return (reach.turns is None or n_turns <= reach.turns) and (
        reach.seconds is None or scene.span(at).start_s - scene.span(place).end_s <= reach.seconds + 1e-6
    )


@EXAMPLES
@given(calls(), st.none() | st.integers(0, 3), st.none() | st.floats(0, 15))
def test_places_are_counted_as_their_definition_says(
    turns: list[SpokenTurn], n: int | None, seconds: float | None
) -> None:
    scene, reach = Scene(read_script(turns, "fr")), Reach(n, seconds)
    said, marks = (Said(compiled(word), frozenset()) for word in ("mal|dos mal|oui", "bonjour|chat"))
    for at in scene.places(marks):
        for side, definition in (("after", is_after), ("before", is_before)):
            wanted = sum(definition(place, at, reach, scene) for place in scene.places(said))
            assert n_said(said, side, reach, at, scene) == wanted  # type: ignore[arg-type]
