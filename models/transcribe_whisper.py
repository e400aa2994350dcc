"""faster-whisper behind the `Transcriber` protocol: words with times, only where there is speech.

How      Speech regions are packed into windows of 30 s (`models.whisper_windows`), which go through faster-whisper's
         batched pipeline a few at a time, so that a call of any length needs bounded memory and short turns cost no
         window each. Each channel is transcribed apart. The language is given, or detected once on the first speech;
         the rubric's hotwords go before each window as a hint.
Guards   `models.whisper_guards`: loops, silence, film credits; and a word that touches no speech region is dropped.
         Everything dropped is said in a note.
Limits   Word times come from the model's attention and stretch over pauses: never use them for gaps or overlaps.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span, Word
from models.errors import DamagedWeights
from models.protocols import Progress, Recognised
from models.store import revision_of
from models.whisper_device import load
from models.whisper_guards import GuardOptions, Guards
from models.whisper_windows import RATE_HZ, Window, WindowOptions, pack, window_sound


@dataclass(frozen=True)
class WhisperOptions:
    """Defaults of the recogniser.

    batch_size         windows that are decoded together: bounds memory
    edge_s             a word this near to a speech region touches it
    max_new_tokens     most tokens of a window; None: as many as the model can hold
    """

    windows: WindowOptions = field(default_factory=WindowOptions)
    guards: GuardOptions = field(default_factory=GuardOptions)
    batch_size: int = 8
    beam_size: int = 5
    language_sample_s: float = 30.0
    edge_s: float = 0.3
    max_new_tokens: int | None = None


class WhisperTranscriber:
    """A CTranslate2 Whisper model in a folder. int8 on CPU, float16 on a GPU.

    `device`: cpu, cuda, or auto: a GPU where one works. Raises DamagedWeights when the folder can't be loaded, and
    DeviceUnusable when `cuda` does not work here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "auto",
        compute_type: str | None = None,
        options: WhisperOptions | None = None,
    ) -> None:
        from faster_whisper import BatchedInferencePipeline

        self.options = options or WhisperOptions()
        _require_whole(folder)
        loaded = load(folder, device, compute_type)
        self._model, self._notes = loaded.model, loaded.notes
        self._pipeline = BatchedInferencePipeline(self._model)
        self.name = f"faster-whisper {folder.name} {revision_of(folder)} {loaded.compute_type}"

    def transcribe(
        self,
        channel: Channel,
        speech: Sequence[Span],
        *,
        language: str | None,
        hotwords: Mapping[str, Sequence[str]] | None = None,
        on_progress: Progress | None = None,
    ) -> Recognised:
        """Words in the speech regions, times in call seconds (see `Transcriber`)."""
        packed = pack(channel, speech, self.options.windows)
        if not packed:
            return Recognised((), language or "", 0.0, self.name)
        confidence = 1.0
        if language is None:
            language, confidence = self._detect(channel, packed)
        hint = ", ".join((hotwords or {}).get(language, ())) or None
        words: list[Word] = []
        guards = Guards(self.options.guards)
        size = self.options.batch_size
        for first in range(0, len(packed), size):
            words += self._batch(channel, packed[first : first + size], language, hint, guards)
            if on_progress is not None:
                on_progress(min(1.0, (first + size) / len(packed)))
        kept = _inside(words, speech, self.options.edge_s)
        guards.outside += len(words) - len(kept)
        return Recognised(tuple(kept), language, confidence, self.name, (*self._notes, *guards.notes()))

    def _detect(self, channel: Channel, packed: Sequence[Window]) -> tuple[str, float]:
        sample: list[NDArray[np.float32]] = []
        left_s = self.options.language_sample_s
        for window in packed:
            if left_s <= 0:
                break
            sample.append(window_sound(channel, window)[: round(left_s * RATE_HZ)])
            left_s -= window.duration_s
        language, confidence, _ = self._model.detect_language(np.concatenate(sample))
        return str(language), float(confidence)

    def _batch(
        self, channel: Channel, group: Sequence[Window], language: str, hotwords: str | None, guards: Guards
    ) -> list[Word]:
        """One call of the batched pipeline: the windows end to end, their words mapped back to call time."""
        sounds = [window_sound(channel, window) for window in group]
        channel.release()
        starts_s = [n / RATE_HZ for n in accumulate((len(s) for s in sounds), initial=0)]
        segments, _ = self._pipeline.transcribe(
            np.concatenate(sounds),
            language=language,
            beam_size=self.options.beam_size,
            batch_size=self.options.batch_size,
            word_timestamps=True,
            vad_filter=False,
            condition_on_previous_text=False,
            hotwords=hotwords,
            max_new_tokens=self.options.max_new_tokens,
            clip_timestamps=[{"start": a, "end": b} for a, b in pairwise(starts_s)],
        )
        return [_placed(word, group, starts_s) for segment in segments for word in guards.words_of(segment)]


def _placed(word: Any, group: Sequence[Window], starts_s: Sequence[float]) -> Word:
    """A word of the joined windows back at its place in the call."""
    start_s, end_s = float(word.start), float(word.end)
    index = min(max(0, bisect_right(starts_s, (start_s + end_s) / 2) - 1), len(group) - 1)
    span = group[index].placed(start_s - starts_s[index], end_s - starts_s[index])
    return Word(str(word.word).strip(), span, float(word.probability))


def _inside(words: Sequence[Word], speech: Sequence[Span], edge_s: float) -> list[Word]:
    """Words that touch speech, in time order; the others were invented in silence."""
    starts_s = [s.start_s for s in speech]

    def touches(word: Word) -> bool:
        before = bisect_right(starts_s, word.span.end_s + edge_s) - 1
        return before >= 0 and speech[before].end_s > word.span.start_s - edge_s

    return sorted((w for w in words if touches(w)), key=lambda w: w.span)


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
