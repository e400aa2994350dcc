"""faster-whisper behind the `Transcriber` protocol: words with times, only where there is speech.

How      Speech regions closer than `join_gap_s` share a window of at most `window_s`; windows go through
         faster-whisper's batched pipeline, a few at a time, so that a call of any length needs bounded memory.
         Each channel is transcribed apart. The language is given, or detected once on the first speech.
Guards   A word whose middle lies outside the speech regions is dropped; a segment that repeats itself
         (compression ratio) or that the model itself takes for silence is dropped; both are said in a note.
Limits   Word times come from the model's attention and stretch over pauses: never use them for gaps or overlaps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, Word
from models.errors import DamagedWeights
from models.protocols import Progress, Recognised
from models.store import revision_of

RATE_HZ = 16000


@dataclass(frozen=True)
class WhisperOptions:
    """Defaults of the recogniser. Thresholds of the guards are those the Whisper authors published."""

    window_s: float = 28.0
    join_gap_s: float = 1.5
    batch_size: int = 8
    beam_size: int = 5
    language_sample_s: float = 30.0
    max_compression_ratio: float = 2.4
    max_no_speech: float = 0.6
    min_mean_logprob: float = -1.0
    edge_s: float = 0.3


def windows(speech: Sequence[Span], options: WhisperOptions) -> list[Span]:
    """Stretches of at most `window_s`, each holding neighbouring speech regions; a longer region is cut."""
    packed: list[Span] = []
    for region in _cut(speech, options.window_s):
        last = packed[-1] if packed else None
        if (
            last is not None
            and region.start_s - last.end_s <= options.join_gap_s
            and region.end_s - last.start_s <= options.window_s
        ):
            packed[-1] = Span(last.start_s, region.end_s)
        else:
            packed.append(region)
    return packed


def _cut(speech: Iterable[Span], longest_s: float) -> Iterator[Span]:
    for span in speech:
        start_s = span.start_s
        while span.end_s - start_s > longest_s:
            yield Span(start_s, start_s + longest_s)
            start_s += longest_s
        yield Span(start_s, span.end_s)


class WhisperTranscriber:
    """A CTranslate2 Whisper model in a folder. int8 on CPU, float16 on a GPU.

    Raises DamagedWeights when the folder can't be loaded.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "auto",
        compute_type: str | None = None,
        options: WhisperOptions | None = None,
    ) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self.options = options or WhisperOptions()
        _require_whole(folder)
        chosen = _device(device)
        compute = compute_type or ("float16" if chosen == "cuda" else "int8")
        try:
            self._model = WhisperModel(str(folder), device=chosen, compute_type=compute, local_files_only=True)
        except Exception as exc:  # a broken tokenizer raises `Exception` itself, a broken config anything
            raise DamagedWeights("store.unloadable", name=folder.name[-60:], kind=type(exc).__name__) from exc
        self._pipeline = BatchedInferencePipeline(self._model)
        self.name = f"faster-whisper {folder.name} {revision_of(folder)} {compute}"

    def transcribe(
        self, channel: Channel, speech: Sequence[Span], *, language: str | None, on_progress: Progress | None = None
    ) -> Recognised:
        """Words in the speech regions, times in call seconds (see `Transcriber`)."""
        packed = windows(speech, self.options)
        if not packed:
            return Recognised((), language or "", 0.0, self.name)
        confidence = 1.0
        if language is None:
            language, confidence = self._detect(channel, packed)
        words: list[Word] = []
        dropped = _Dropped()
        size = self.options.batch_size
        for first in range(0, len(packed), size):
            words += self._batch(channel, packed[first : first + size], language, dropped)
            if on_progress is not None:
                on_progress(min(1.0, (first + size) / len(packed)))
        kept = _inside(words, speech, self.options.edge_s, dropped)
        return Recognised(tuple(kept), language, confidence, self.name, dropped.notes())

    def _detect(self, channel: Channel, packed: Sequence[Span]) -> tuple[str, float]:
        sample: list[NDArray[np.float32]] = []
        left_s = self.options.language_sample_s
        for window in packed:
            if left_s <= 0:
                break
            sample.append(_read(channel, Span(window.start_s, min(window.end_s, window.start_s + left_s))))
            left_s -= window.duration_s
        language, confidence, _ = self._model.detect_language(np.concatenate(sample))
        return str(language), float(confidence)

    def _batch(self, channel: Channel, group: Sequence[Span], language: str, dropped: _Dropped) -> list[Word]:
        """One call of the batched pipeline: the windows end to end, their words mapped back to call time."""
        pieces = [_read(channel, window) for window in group]
        starts_s = np.concatenate(([0.0], np.cumsum([len(p) / RATE_HZ for p in pieces])))
        segments, _ = self._pipeline.transcribe(
            np.concatenate(pieces),
            language=language,
            beam_size=self.options.beam_size,
            batch_size=self.options.batch_size,
            word_timestamps=True,
            vad_filter=False,
            condition_on_previous_text=False,
            clip_timestamps=[{"start": float(a), "end": float(b)} for a, b in pairwise(starts_s)],
        )
        return [
            _placed(word, group, starts_s)
            for segment in segments
            if dropped.keeps(segment, self.options)
            for word in segment.words or ()
        ]


class _Dropped:
    """Counts what the guards took away, so that the reader is told."""

    def __init__(self) -> None:
        self.loops = self.silent = self.outside = 0

    def keeps(self, segment: Any, options: WhisperOptions) -> bool:
        if segment.compression_ratio > options.max_compression_ratio:
            self.loops += 1
            return False
        if segment.no_speech_prob > options.max_no_speech and segment.avg_logprob < options.min_mean_logprob:
            self.silent += 1
            return False
        return True

    def notes(self) -> tuple[Note, ...]:
        counts = (("store.loops_dropped", self.loops), ("store.silent_dropped", self.silent))
        notes = [Note(code, {"count": count}) for code, count in counts if count]
        if self.outside:
            notes.append(Note("store.words_outside_speech", {"count": self.outside}))
        return tuple(notes)


def _placed(word: Any, group: Sequence[Span], starts_s: NDArray[np.float64]) -> Word:
    """A word of the joined windows back at its place in the call."""
    middle_s = (float(word.start) + float(word.end)) / 2
    index = int(np.clip(np.searchsorted(starts_s, middle_s, side="right") - 1, 0, len(group) - 1))
    window = group[index]
    start_s, end_s = (
        min(max(window.start_s + float(t) - float(starts_s[index]), window.start_s), window.end_s)
        for t in (word.start, word.end)
    )
    return Word(str(word.word).strip(), Span(start_s, max(start_s, end_s)), float(word.probability))


def _inside(words: Sequence[Word], speech: Sequence[Span], edge_s: float, dropped: _Dropped) -> list[Word]:
    """Words that touch speech; the others were invented in silence."""
    kept = [
        w for w in words if any(w.span.start_s < s.end_s + edge_s and w.span.end_s > s.start_s - edge_s for s in speech)
    ]
    dropped.outside += len(words) - len(kept)
    return sorted(kept, key=lambda w: w.span)


def _require_whole(folder: Path) -> None:
    """Both files there, each a JSON object.

    Without its tokenizer faster-whisper would fetch one from the network: analysing a call never does. A config that
    is no object loads, and fails only in the middle of a call.
    """
    for file in ("config.json", "tokenizer.json"):
        try:
            content = json.loads((folder / file).read_bytes())
        except (OSError, ValueError, RecursionError) as exc:
            raise DamagedWeights("store.unloadable", name=folder.name[-60:], kind=file) from exc
        if not isinstance(content, dict):
            raise DamagedWeights("store.unloadable", name=folder.name[-60:], kind=file)


def _device(device: str) -> str:
    if device != "auto":
        return device
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


def _read(channel: Channel, span: Span) -> NDArray[np.float32]:
    """Samples of a span at 16 kHz, shape (n_samples,)."""
    samples = channel.read(span)
    if channel.rate_hz == RATE_HZ:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, channel.rate_hz, RATE_HZ), dtype=np.float32)
