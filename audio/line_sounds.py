"""What a line plays by itself: hold music and tones, told from speech and from silence, per channel.

They are no speech of the party on whose channel they sound, no noise of the line, and no dead air. Where a detector
took a stretch for speech it is taken out again, unless the voice there outweighs the music (`MUSIC_SHARE`).
Rules and limits: `audio.music`, `audio.tones`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from audio.music import find_music
from audio.partials import STEP_S, Partials, find_partials
from audio.recording import Channel
from audio.timeline import Span, frame_mask, intersect, merge, subtract
from audio.tones import Tone, cadences, find_tones

MUSIC_SHARE = 0.2
"""Of the power in held partials, over a stretch taken for speech: from here on it was music."""


@dataclass(frozen=True, eq=False)
class LineSounds:
    """Hold music and tones of one channel, each sorted and disjoint."""

    music: tuple[Span, ...] = ()
    tones: tuple[Tone, ...] = ()
    partials: Partials | None = field(default=None, repr=False)

    @property
    def spans(self) -> list[Span]:
        """Music and bursts of tones."""
        return merge([*self.music, *(tone.span for tone in self.tones)])

    @property
    def waiting(self) -> list[Span]:
        """Tones with the silences of their cadence."""
        return cadences(self.tones)

    def without(self, speech: Sequence[Span]) -> list[Span]:
        """`speech` without tones, and without music that outweighs the voice over it; sorted and disjoint."""
        played = [s for s in intersect(speech, self.music) if self._held_share(s) >= MUSIC_SHARE]
        return subtract(speech, merge([*played, *(tone.span for tone in self.tones)]))

    def _held_share(self, span: Span) -> float:
        if self.partials is None:
            return 1.0
        share = self.partials.held_share
        inside = frame_mask([span], len(share), first_s=self.partials.first_s - STEP_S / 2, step_s=STEP_S)
        return float(share[inside].mean()) if inside.any() else 0.0


NO_SOUNDS = LineSounds()


def find_line_sounds(channel: Channel) -> LineSounds:
    """Hold music and tones of a channel."""
    partials = find_partials(channel)
    tones = find_tones(channel)
    music = subtract(find_music(partials), cadences(tones))
    return LineSounds(tuple(music), tuple(tones), partials)
