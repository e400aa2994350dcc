"""Who speaks when on one channel, by pyannote.audio (the optional extra `pyannote`).

The library sends usage figures unless told not to: they are switched off before it is imported. The sound is handed
over in memory. Weights come from a folder, or from the hub with the account's token (the library then downloads them
once, to its own cache). Its checkpoints are opened with pickle, and its config.yaml names classes: a weights folder is
code, so point only at one you would run.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audio.errors import AudioError, BadParameter
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, intersect, merge, subtract, total_s
from models.protocols import Diarization


class DiarizerUnavailable(AudioError):
    """The extra or its weights are not there, or can't be used."""


@dataclass(frozen=True)
class _Weights:
    """Where the weights come from: the folder when there is one, else the hub."""

    folder: Path | None
    token: str | None = field(repr=False)
    model: str
    revision: str | None


class PyannoteDiarizer:
    """Diarizer of `models.protocols`. Speech that the library gives to several at once is nobody's."""

    name = "pyannote"

    def __init__(
        self,
        *,
        folder: Path | None = None,
        token: str | None = None,
        model: str = "pyannote/speaker-diarization-community-1",
        revision: str | None = None,
        device: str = "cpu",
    ) -> None:
        """`folder`: a downloaded pipeline (with config.yaml), used without network; else `model` at `revision` from
        the hub with `token` (it begins with hf_). device: `cpu` or `cuda`. Raises DiarizerUnavailable."""
        weights = _Weights(folder, token, model, revision)
        _refuse_missing(weights)
        pyannote = _library()
        self._pipeline = _loaded(pyannote, weights)
        self._torch = importlib.import_module("torch")
        self._pipeline.to(self._torch.device(device))
        self.name = f"pyannote.audio {pyannote.__version__}"

    def diarize(self, channel: Channel, speech: Sequence[Span], *, n_speakers: int | None = None) -> Diarization:
        """Spans of each speaker inside `speech`; `speaker_0` speaks first. The whole channel is read into memory.

        Raises BadParameter for n_speakers < 1.
        """
        if n_speakers is not None and n_speakers < 1:
            raise BadParameter("diarize.speakers_too_few", wanted=n_speakers)
        if not speech:
            return Diarization({}, self.name, (Note("diarize.no_speech"),))
        waveform = self._torch.from_numpy(np.ascontiguousarray(channel.read())[None, :])
        file = {"waveform": waveform, "sample_rate": channel.rate_hz, "uri": "call"}
        return _diarization(self._pipeline(file, num_speakers=n_speakers), channel, speech, self.name)


def _refuse_missing(weights: _Weights) -> None:
    """Say what is missing before the seconds that importing the library takes."""
    if importlib.util.find_spec("pyannote") is None or importlib.util.find_spec("pyannote.audio") is None:
        raise DiarizerUnavailable("diarize.pyannote_not_installed")
    if weights.folder is not None and not (weights.folder / "config.yaml").is_file():
        raise DiarizerUnavailable("diarize.pyannote_folder_incomplete")
    if weights.folder is None and not (weights.token or "").startswith("hf_"):
        raise DiarizerUnavailable("diarize.pyannote_no_weights", model=weights.model)


def _library() -> Any:
    """pyannote.audio with its usage figures off, and no network while it is imported."""
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    try:
        return importlib.import_module("pyannote.audio")
    except (ImportError, OSError, RuntimeError, AttributeError) as cause:
        raise DiarizerUnavailable("diarize.pyannote_broken", kind=type(cause).__name__) from cause


def _loaded(pyannote: Any, weights: _Weights) -> Any:
    """The pipeline; whatever the library or the hub raises becomes one sentence."""
    try:
        if weights.folder is not None:
            pipeline = pyannote.Pipeline.from_pretrained(str(weights.folder))
        else:
            pipeline = pyannote.Pipeline.from_pretrained(weights.model, revision=weights.revision, token=weights.token)
    except Exception as cause:
        raise DiarizerUnavailable(_why_not(cause, weights), model=weights.model) from cause
    if pipeline is None:
        raise DiarizerUnavailable("diarize.pyannote_gated", model=weights.model)
    return pipeline


def _why_not(cause: Exception, weights: _Weights) -> str:
    """Code of the sentence for a failed load. The hub's classes are found by name: they moved between versions."""
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    if weights.folder is not None:
        return "diarize.pyannote_folder_unusable"
    if kinds & {"GatedRepoError", "RepositoryNotFoundError", "HfHubHTTPError"}:
        return "diarize.pyannote_gated"
    return "diarize.pyannote_unreachable"


def _diarization(output: Any, channel: Channel, speech: Sequence[Span], source: str) -> Diarization:
    """Library output to spans in call time, inside the speech, never two speakers at once."""
    heard = _tracks(_exclusive(output))
    together = intersect(_in_call(_overlapped(_tracks(_plain(output)).values()), channel), merge(speech))
    taken = together
    spans: dict[str, list[Span]] = {}
    for _, own in sorted(heard.items(), key=lambda item: item[1][0]):
        inside = intersect(_in_call(own, channel), merge(speech))
        alone = subtract(inside, taken)
        if alone:
            spans[f"speaker_{len(spans)}"] = alone
            taken = merge([*taken, *alone])
    if not spans:
        return Diarization({}, source, (Note("diarize.no_speaker_found"),))
    said = {"total_s": total_s(together)}
    return Diarization(spans, source, (Note("diarize.together", said),) if together else (), tuple(together))


def _exclusive(output: Any) -> Any:
    """The annotation without overlaps where the pipeline gives one (community-1), else its plain one (3.1)."""
    for name in ("exclusive_speaker_diarization", "speaker_diarization"):
        if getattr(output, name, None) is not None:
            return getattr(output, name)
    return output


def _plain(output: Any) -> Any:
    """The annotation with overlaps, whichever pipeline gave it."""
    plain = getattr(output, "speaker_diarization", None)
    return output if plain is None else plain


def _overlapped(tracks: Iterable[Sequence[Span]]) -> list[Span]:
    """Where two or more speak."""
    spoken: list[Span] = []
    twice: list[Span] = []
    for own in map(merge, tracks):
        twice += intersect(own, spoken)
        spoken = merge([*spoken, *own])
    return merge(twice)


def _in_call(spans: Iterable[Span], channel: Channel) -> list[Span]:
    return merge(span.shifted(channel.start_s) for span in spans)


def _tracks(annotation: Any) -> Mapping[str, list[Span]]:
    return _by_label((segment, label) for segment, _, label in annotation.itertracks(yield_label=True))


def _by_label(tracks: Iterable[tuple[Any, Any]]) -> Mapping[str, list[Span]]:
    heard: dict[str, list[Span]] = {}
    for segment, label in tracks:
        if segment.end > segment.start:
            heard.setdefault(str(label), []).append(Span(max(0.0, float(segment.start)), float(segment.end)))
    return {label: sorted(own) for label, own in heard.items()}
