"""Who speaks when on one channel, without trained weights: Gaussian mixtures of mel cepstra, re-segmented.

Several first splits of the speech (`mixture_start`), each refined by fitting one mixture per speaker and walking the
most likely path with a minimum time per speaker (`mixture_path`); the best path wins. One speaker or two: two mixtures
are set against one with as many components in all (Ajmera & Wooters 2003), and their gain must be larger than what
splitting each found speaker once more would gain: a voice alone splits as well, but no better than its own halves.

What it can't do: overlapped speech goes to one speaker (a third mixture, fitted on sums of both voices' own sound, was
wrong far more often than right about it on recorded voices); under about 15 s of speech per party the split is weak,
and two synthetic voices that differ little may pass for one. Nor is one voice always known to be one: said alone,
about one in four of those tried was split when nobody said how many speak.
The same channel and regions always give the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audio.errors import BadParameter
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, merge, runs
from models.mixture_features import FeatureOptions, SpeechFrames, speech_frames, standardised
from models.mixture_gaussians import Mixture, fit
from models.mixture_path import Path, PathOptions, best_path
from models.mixture_start import StartOptions, starts
from models.protocols import Diarization

Labels = NDArray[np.int64]
MAX_SPEAKERS = 4


@dataclass(frozen=True)
class MixtureOptions:
    """All settings of the embedded diarizer.

    min_speech_s        less speech in all than this is one speaker: there is nothing to fit on
    min_undecided_s     the same when nobody said how many speak: shorter voicemails of one voice were split in two
    coarse_steps        how many steps of the path the short refinement takes at once
    first_*, final_*    components per speaker and rounds of the short refinement of each start, and of the winner's
    two_speaker_margin  log-likelihood per frame by which the split into two must gain more than splitting again
    least_gain          below this gain per frame one mixture explains the speech so much better that it is one voice
    again               starts when splitting a found speaker once more; min_own_s of speech are needed for that
    """

    features: FeatureOptions = field(default_factory=FeatureOptions)
    start: StartOptions = field(default_factory=StartOptions)
    path: PathOptions = field(default_factory=PathOptions)
    min_speech_s: float = 3.0
    min_undecided_s: float = 8.0
    first_components: int = 8
    first_rounds: int = 3
    final_components: int = 16
    final_rounds: int = 6
    two_speaker_margin: float = 0.15
    least_gain: float = -0.8
    again: StartOptions = field(default_factory=lambda: StartOptions(n_components=(8,), n_directions=(1, 2)))
    min_own_s: float = 4.0
    coarse_steps: int = 2


class MixtureDiarizer:
    """Diarizer of `models.protocols`: no weights, no network, up to four speakers when told how many."""

    name = "gaussian-mixture"

    def __init__(self, options: MixtureOptions | None = None) -> None:
        self.options = options or MixtureOptions()

    def diarize(self, channel: Channel, speech: Sequence[Span], *, n_speakers: int | None = None) -> Diarization:
        """Spans of each speaker inside `speech`, disjoint between speakers; `speaker_0` speaks first.

        n_speakers: 1 to 4; None: one or two, decided from the sound and said in a note when it is one.
        Raises BadParameter for any other number.
        """
        if n_speakers is not None and not 1 <= n_speakers <= MAX_SPEAKERS:
            raise BadParameter("diarize.speakers_out_of_range", wanted=n_speakers, most=MAX_SPEAKERS)
        if not speech:
            return Diarization({}, self.name, (Note("diarize.no_speech"),))
        if n_speakers == 1:
            return self._one(speech)
        frames = speech_frames(channel, speech, self.options.features)
        needed_s = self.options.min_undecided_s if n_speakers is None else self.options.min_speech_s
        if len(frames) * frames.hop_s < needed_s:
            return self._one(speech, Note("diarize.too_little_speech", {"needed_s": needed_s}))
        return self._several(frames, speech, n_speakers)

    def _several(self, frames: SpeechFrames, speech: Sequence[Span], n_speakers: int | None) -> Diarization:
        path = _segment(frames, n_speakers or 2, self.options)
        if len(np.unique(path.labels)) == 1 or (n_speakers is None and not _are_two(frames, path.labels, self.options)):
            return self._one(speech, Note("diarize.one_speaker"))
        return Diarization(_spans(frames, path.labels, speech), self.name)

    def _one(self, speech: Sequence[Span], *notes: Note) -> Diarization:
        return Diarization({"speaker_0": merge(speech)}, self.name, notes)


def _segment(frames: SpeechFrames, n_speakers: int, options: MixtureOptions) -> Path:
    """The best path over all starts, refined to the end."""
    best = _first_path(frames, n_speakers, options.start, options)
    return _refined(frames, best.labels, n_speakers, options.final_components, options.final_rounds, options.path)


def _first_path(frames: SpeechFrames, n_speakers: int, start: StartOptions, options: MixtureOptions) -> Path:
    """The best path over all starts after a short refinement on coarser steps."""
    n = options.coarse_steps
    coarse = replace(
        options.path, step_frames=n * options.path.step_frames, min_steps=max(2, options.path.min_steps // n)
    )
    first = [
        _refined(frames, labels, n_speakers, options.first_components, options.first_rounds, coarse)
        for labels in starts(frames, n_speakers, start)
    ]
    return max(first, key=lambda path: path.score)


def _refined(
    frames: SpeechFrames, labels: Labels, n_speakers: int, n_components: int, rounds: int, options: PathOptions
) -> Path:
    """Fit one mixture per speaker, walk, and again, until nothing changes; a speaker who lost all speech stays out."""
    path = Path(labels, -np.inf)
    for _ in range(rounds):
        mixtures = _mixtures(frames, path.labels, n_speakers, n_components)
        if len(mixtures) < 2:
            return path
        scores = np.stack([mixture.log_density(frames.features) for mixture in mixtures], axis=1)
        walked = best_path(scores, frames.region, options)
        settled = np.array_equal(walked.labels, path.labels)
        path = walked
        if settled:
            break
    return path


def _mixtures(frames: SpeechFrames, labels: Labels, n_speakers: int, n_components: int) -> list[Mixture]:
    own = (frames.features[labels == k] for k in range(n_speakers))
    return [fit(features, n_components, rounds=5) for features in own if len(features) >= 10]


def _are_two(frames: SpeechFrames, labels: Labels, options: MixtureOptions) -> bool:
    """Whether this split gains more than splitting each of its sides again; True where no side is long enough."""
    gain = _gain(frames, labels, options.first_components)
    if gain < options.least_gain:
        return False
    sides = [
        side for side in (_side(frames, labels == k) for k in range(2)) if len(side) * side.hop_s >= options.min_own_s
    ]
    again = [
        _gain(side, _first_path(side, 2, options.again, options).labels, options.first_components) for side in sides
    ]
    return not again or gain - sum(again) / len(again) > options.two_speaker_margin


def _gain(frames: SpeechFrames, labels: Labels, n_components: int) -> float:
    """Log-likelihood per frame of one mixture per label over one mixture with as many components in all."""
    apart = _mixtures(frames, labels, 2, n_components)
    owned = [frames.features[labels == k] for k in np.unique(labels)]
    if len(apart) < 2 or len(owned) < 2:
        return -np.inf
    own = sum(float(mixture.log_density(side).sum()) for mixture, side in zip(apart, owned, strict=True))
    together = fit(frames.features, sum(len(mixture.weights) for mixture in apart), rounds=10)
    return (own - float(together.log_density(frames.features).sum())) / len(frames)


def _side(frames: SpeechFrames, mine: NDArray[np.bool_]) -> SpeechFrames:
    """The frames of one speaker alone, as if they were all the speech there is."""
    return SpeechFrames(standardised(frames.features[mine]), frames.starts_s[mine], frames.region[mine], frames.hop_s)


def _spans(frames: SpeechFrames, labels: Labels, speech: Sequence[Span]) -> dict[str, list[Span]]:
    """Spans per speaker, numbered by who speaks first; each region is shared out whole, to its edges."""
    spans: dict[str, list[Span]] = {}
    for label in dict.fromkeys(labels.tolist()):
        spans[f"speaker_{len(spans)}"] = merge(_own_parts(frames, labels == label, speech))
    return spans


def _own_parts(frames: SpeechFrames, mine: NDArray[np.bool_], speech: Sequence[Span]) -> list[Span]:
    parts: list[Span] = []
    for index in np.unique(frames.region[mine]):
        inside = np.flatnonzero(frames.region == index)
        edges_s = np.append(frames.starts_s[inside], speech[index].end_s)
        edges_s[0] = speech[index].start_s
        for run in runs(mine[inside], first_s=0, step_s=1):
            parts.append(Span(float(edges_s[int(run.start_s)]), float(edges_s[int(run.end_s)])))
    return parts
