"""What the matcher may know of the sound: floor, room, and the voice of a turn against the party's other turns.

Each answer may be None: not assessable. A rule whose condition can't be assessed does not match, and `not` of it does
not either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, Protocol

from audio.floor import FloorEvent
from audio.pitch import Contour
from audio.room import Room, Rooms
from audio.timeline import Party, Span
from service.scoring.evidence import SpokenTurn
from service.scoring.rooms import breath_of

VoiceValue = Literal["articulation_rate_per_s", "pitch_spread_st", "loudness_spread_db"]
MIN_REFERENCE_TURNS = 4
EDGE_S = 0.1
"""A breath whose end lies this near to its turn's end ends it."""


class Sound(Protocol):
    """Facts about the sound around words: `turn` holds them, `span` is when they were said (seconds)."""

    def room(self, turn: SpokenTurn, span: Span, at_least_s: float) -> bool | None:
        """Whether the other party was left that much silence, or took the floor and kept it."""

    def interrupted(self, turn: SpokenTurn) -> bool | None:
        """Whether the other party cut the turn short."""

    def ratio(self, turn: SpokenTurn, value: VoiceValue) -> float | None:
        """A value of the turn's voice over the median of the party's other turns."""

    def contour(self, turn: SpokenTurn, span: Span) -> Contour | None:
        """How the voice moves at the end of the breath in which the words end."""

    def ends_turn(self, turn: SpokenTurn, span: Span) -> bool:
        """Whether that breath is the last of its turn."""


@dataclass(frozen=True)
class Stated:
    """Facts written down beside a turn of an example, rather than heard. None: not stated."""

    room_s: float | None = None
    interrupted: bool | None = None
    ratios: Mapping[VoiceValue, float] = field(default_factory=dict)
    contour: Contour | None = None


@dataclass(frozen=True)
class StatedSound:
    """Sound as the examples of a pack state it, by the number of the turn; nothing stated is nothing known."""

    turns: Mapping[int, Stated] = field(default_factory=dict)

    def room(self, turn: SpokenTurn, span: Span, at_least_s: float) -> bool | None:
        """See Sound."""
        room_s = self._of(turn).room_s
        return None if room_s is None else room_s >= at_least_s

    def interrupted(self, turn: SpokenTurn) -> bool | None:
        """See Sound."""
        return self._of(turn).interrupted

    def ratio(self, turn: SpokenTurn, value: VoiceValue) -> float | None:
        """See Sound."""
        return self._of(turn).ratios.get(value)

    def contour(self, turn: SpokenTurn, span: Span) -> Contour | None:
        """See Sound."""
        return self._of(turn).contour

    def ends_turn(self, turn: SpokenTurn, span: Span) -> bool:
        """See Sound."""
        return True

    def _of(self, turn: SpokenTurn) -> Stated:
        return self.turns.get(turn.index, _NOTHING)


_NOTHING = Stated()
NO_SOUND = StatedSound()
"""Of a transcript alone."""


@dataclass(frozen=True, eq=False)
class HeardSound:
    """Sound of an analysed call. `voice` False: the policy keeps the voice out of the words.

    speech, floor   of `audio.floor` on the same call; on `mono` cuts can't be told
    duration_s      of the recording: silence up to its end may be room
    """

    turns: Sequence[SpokenTurn]
    speech: Mapping[Party, Sequence[Span]]
    floor: Sequence[FloorEvent]
    duration_s: float
    mono: bool
    voice: bool
    _values: dict[tuple[Party, VoiceValue], dict[int, float]] = field(default_factory=dict)
    _rooms: dict[Party, Rooms] = field(default_factory=dict)

    def room(self, turn: SpokenTurn, span: Span, at_least_s: float) -> bool | None:
        """Room after the breath in which the words end (`audio.room`), with a silence of one's own choice."""
        found = self._room_after(turn.party, _breath(turn, span).end_s)
        if found.given is None or found.silence_s is None:
            return None
        return not found.cut_off if found.other_took else found.silence_s >= at_least_s - 1e-6

    def _room_after(self, party: Party, time_s: float) -> Room:
        if party not in self._rooms:
            self._rooms[party] = Rooms(self.speech, party, self.mono, self.duration_s)
        return self._rooms[party].after(time_s)

    def interrupted(self, turn: SpokenTurn) -> bool | None:
        """An interruption by anybody else that starts in the turn; None on mono."""
        if self.mono:
            return None
        cuts = (e for e in self.floor if e.kind == "interruption" and e.by not in (None, turn.party))
        return any(turn.span.start_s <= e.span.start_s <= turn.span.end_s for e in cuts)

    def ratio(self, turn: SpokenTurn, value: VoiceValue) -> float | None:
        """None with fewer than four other turns to compare with."""
        if not self.voice:
            return None
        if (turn.party, value) not in self._values:
            self._values[(turn.party, value)] = self._known(turn.party, value)
        known = self._values[(turn.party, value)]
        others = [x for index, x in known.items() if index != turn.index]
        if turn.index not in known or len(others) < MIN_REFERENCE_TURNS or median(others) <= 0:
            return None
        return known[turn.index] / median(others)

    def _known(self, party: Party, value: VoiceValue) -> dict[int, float]:
        """The value by the number of the turn, of the party's turns that have it."""
        voiced = [t for t in self.turns if t.party == party and t.voice is not None]
        return {t.index: x for t in voiced if (x := getattr(t.voice, value)) is not None}

    def contour(self, turn: SpokenTurn, span: Span) -> Contour | None:
        """See Sound."""
        if not self.voice or turn.voice is None or len(turn.voice.endings) != len(turn.ipus):
            return None
        breath = _breath(turn, span)
        return next((c for ipu, c in zip(turn.ipus, turn.voice.endings, strict=True) if ipu == breath), None)

    def ends_turn(self, turn: SpokenTurn, span: Span) -> bool:
        """See Sound."""
        return _breath(turn, span).end_s >= turn.span.end_s - EDGE_S


def _breath(turn: SpokenTurn, span: Span) -> Span:
    """The breath in which the words end: the turn's last one for its last words, however their times were guessed."""
    if turn.ipus and turn.words and span.end_s >= turn.words[-1].span.end_s:
        return turn.ipus[-1]
    return breath_of(turn, span)
