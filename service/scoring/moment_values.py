"""What was measured at a moment: seconds said, silence after, overlap, words taken up, each named with its unit.

Nothing is measured here: the values stand in the evidence or in the families a gesture was judged by. Values of the
voice come in only where the policy lets the voice count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from audio.notes import Param
from service.scoring.evidence import ComponentFound, SpokenTurn
from service.scoring.judgement import Family, MomentMeasure, Occurrence

_WORDS_TAKEN_UP = frozenset(f"scoring.follow_through.{v}" for v in ("echo", "confirmed", "acted", "linked"))
_WAITS: Mapping[str, str] = {"waited_s": "waited_s", "limit_s": "announced_s"}


def seconds(name: str, value_s: float) -> MomentMeasure:
    """A length in seconds."""
    return MomentMeasure(name=name, value=value_s, unit="s")


def count(name: str, n: int) -> MomentMeasure:
    """A number of things."""
    return MomentMeasure(name=name, value=float(n), unit="n")


def around(one: Occurrence) -> tuple[MomentMeasure, ...]:
    """Of a gesture: how long it took, and what its room and its follow-through come to."""
    room = (m for f in _families(one, "room") for m in _of_room(f))
    follow = (m for f in _families(one, "follow_through") for m in _of_follow_through(f, one))
    return (seconds("said_s", one.span.duration_s), *room, *follow)


def _families(one: Occurrence, name: str) -> Iterable[Family]:
    return (f for f in one.families if f.name == name and f.state in ("present", "absent", "contrary"))


def _of_room(family: Family) -> Iterator[MomentMeasure]:
    silence_s = family.why.params.get("silence_s")
    if isinstance(silence_s, int | float):
        yield seconds("silence_after_s", float(silence_s))
    elif family.why.code == "scoring.room.same_breath":
        yield seconds("silence_after_s", 0.0)
    elif family.span is not None:  # the customer was cut, and it is the overlap that was measured
        yield seconds("overlap_s", family.span.duration_s)


def _of_follow_through(family: Family, one: Occurrence) -> Iterator[MomentMeasure]:
    params = family.why.params
    if family.why.code in _WORDS_TAKEN_UP and (n := params.get("n")):
        yield count("words_taken_up", int(n))
    if family.span is not None and family.span.start_s >= one.span.end_s:
        yield seconds("followed_after_s", family.span.start_s - one.span.end_s)
    yield from (seconds(shown, float(params[name])) for name, shown in _WAITS.items() if name in params)


def of_voice(turn: SpokenTurn | None) -> tuple[MomentMeasure, ...]:
    """Pace and pitch spread of the turn a moment lies in, where they were measured."""
    voice = turn.voice if turn is not None else None
    if voice is None:
        return ()
    found = (
        ("pitch_spread_st", voice.pitch_spread_st, "st"),
        ("articulation_rate_per_s", voice.articulation_rate_per_s, "syll/s"),
    )
    return tuple(MomentMeasure(name=n, value=v, unit=u) for n, v, u in found if v is not None)


def of_components(components: Iterable[ComponentFound]) -> tuple[MomentMeasure, ...]:
    """The metallic components that have a value."""
    return tuple(MomentMeasure(name=c.name, value=c.value, unit=c.unit) for c in components if c.value is not None)


def as_params(measures: Iterable[MomentMeasure]) -> dict[str, Param]:
    """The same for a sentence; counts are whole."""
    return {m.name: int(m.value) if m.unit == "n" else m.value for m in measures}
