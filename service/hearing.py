"""From channels to speech: which labels speak (`channel_0`, `speaker_1` ...) and when.

Two live channels: one label each, cross-talk removed. Anything else with one live channel goes through the
diarizer, and every number later says `diarized mono`. Hold music and tones of the line are nobody's speech.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from audio.channels import LayoutFacts
from audio.crosstalk import ONE_CHANNEL, Crosstalk, find_crosstalk, worst_crosstalk
from audio.line_sounds import NO_SOUNDS, LineSounds, find_line_sounds
from audio.notes import Note
from audio.quality import remove_leak
from audio.recording import Channel, Recording, on_its_grid
from audio.regions import RegionOptions, Regions, find_regions, pad
from audio.timeline import Span, merge, total_s
from models.protocols import Diarizer, SpeechDetector

Source = Literal["two channels", "diarized mono"]


@dataclass(frozen=True, eq=False)
class Voice:
    """One label's sound: its channel, its tight speech (floor) and its padded speech (transcription)."""

    label: str
    channel: Channel
    speech: list[Span]
    padded: list[Span]
    crosstalk: Crosstalk = ONE_CHANNEL
    sounds: LineSounds = NO_SOUNDS


@dataclass(frozen=True, eq=False)
class Heard:
    """All voices of a call, in channel or speaker order.

    `together`: on mono, speech of several at once that the diarizer gave to nobody.
    """

    voices: tuple[Voice, ...]
    source: Source
    diarized_by: str | None
    notes: tuple[Note, ...]
    sounds: tuple[LineSounds, ...] = ()
    together: tuple[Span, ...] = ()

    @property
    def music(self) -> list[Span]:
        """Hold music on any channel."""
        return merge(span for heard in self.sounds for span in heard.music)

    @property
    def ringing(self) -> list[Span]:
        """Tones of the line on any channel, with the silences of their cadence."""
        return merge(span for heard in self.sounds for span in heard.waiting)

    @property
    def mono(self) -> bool:
        """The parties share one channel."""
        return self.source == "diarized mono"

    @property
    def speech(self) -> dict[str, list[Span]]:
        """Tight speech by label."""
        return {v.label: v.speech for v in self.voices}


def _regions(
    channels: Mapping[int, Channel], sounds: Mapping[int, LineSounds], detector: SpeechDetector
) -> dict[int, Regions]:
    return {i: find_regions(detector.probabilities(c), c, sounds=sounds[i]) for i, c in channels.items()}


def _sound_notes(sounds: Iterable[LineSounds]) -> list[Note]:
    """What plays on the line is said once, over all channels."""
    found = list(sounds)
    music = merge(span for heard in found for span in heard.music)
    tones = merge(tone.span for heard in found for tone in heard.tones)
    notes = [Note("sound.hold_music", {"n": len(music), "total_s": total_s(music)})] if music else []
    return notes + ([Note("sound.ring_tone", {"n": len(tones), "total_s": total_s(tones)})] if tones else [])


def _hear_apart(channels: dict[int, Channel], detector: SpeechDetector) -> Heard:
    sounds = {i: find_line_sounds(c) for i, c in channels.items()}
    regions = _regions(channels, sounds, detector)
    first, second, *others = channels
    clean_first, clean_second, notes = remove_leak(
        channels[first], channels[second], regions[first].tight, regions[second].tight
    )
    tight = {first: clean_first, second: clean_second} | {i: regions[i].tight for i in others}
    voices = tuple(
        Voice(f"channel_{i}", c, list(tight[i]), list(regions[i].padded), _crosstalk(i, channels, tight), sounds[i])
        for i, c in channels.items()
    )
    notes = (*notes, *_sound_notes(sounds.values()))
    return Heard(voices, "two channels", None, notes, tuple(sounds.values()))


def _crosstalk(index: int, channels: Mapping[int, Channel], tight: Mapping[int, Sequence[Span]]) -> Crosstalk:
    """The loudest of the other parties on this channel."""
    own = channels[index]
    return worst_crosstalk(
        [find_crosstalk(own, other, tight[index], tight[i]) for i, other in channels.items() if i != index]
    )


def _hear_together(channel: Channel, detector: SpeechDetector, diarizer: Diarizer, *, n_speakers: int | None) -> Heard:
    sounds = find_line_sounds(channel)
    regions = find_regions(detector.probabilities(channel), channel, sounds=sounds)
    diarization = diarizer.diarize(channel, regions.tight, n_speakers=n_speakers)
    padding = RegionOptions()
    voices = tuple(
        Voice(label, channel, list(spans), pad(spans, channel.span, padding), sounds=sounds)
        for label, spans in diarization.spans.items()
    )
    notes = (*diarization.notes, *_sound_notes([sounds]))
    return Heard(voices, "diarized mono", diarization.source, notes, (sounds,), diarization.together)


def hear(
    recording: Recording,
    layout: LayoutFacts,
    detector: SpeechDetector,
    diarizer: Diarizer,
    *,
    n_speakers: int | None = None,
) -> Heard:
    """The speech of every label of the call."""
    live = layout.live or (0,)
    channels = {i: on_its_grid(recording.channels[i]) for i in live}
    if len(channels) >= 2 and layout.kind in ("two_parties", "many_channels"):
        return _hear_apart(channels, detector)
    return _hear_together(channels[live[0]], detector, diarizer, n_speakers=n_speakers)
