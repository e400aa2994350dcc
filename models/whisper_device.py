"""Loading a Whisper model on the device asked for, and finding out at once whether that device works.

CTranslate2 loads a model onto a GPU without the libraries that running it needs (cuBLAS 12, cuDNN): the first window
would fail in the middle of a call. So a GPU runs one window of silence before it is trusted. `auto` falls back to the
processor and says so; `cuda` is an order, and its failure an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audio.notes import Note
from models.errors import DamagedWeights, DeviceUnusable

WINDOW_FRAMES = 3000


@dataclass(frozen=True)
class Loaded:
    """A faster-whisper model, how it computes, and what there is to say about its device."""

    model: Any
    compute_type: str
    notes: tuple[Note, ...] = ()


def load(folder: Path, device: str, compute_type: str | None) -> Loaded:
    """The model in `folder`; int8 on the processor and float16 on a GPU unless `compute_type` says otherwise.

    Raises DamagedWeights (no device can load it) and DeviceUnusable (`device` is `cuda` and does not work here).
    """
    if device == "cpu" or (device == "auto" and not _has_gpu()):
        return _on_cpu(folder, compute_type)
    try:
        return _on_gpu(folder, compute_type or "float16")
    except Exception as exc:  # the driver, a library or the memory: CTranslate2 says RuntimeError for all of them
        spare = _on_cpu(folder, None if device == "auto" else compute_type)  # damaged weights show here, on any device
        if device != "auto":
            raise DeviceUnusable("store.gpu_unusable", kind=_first_words(exc)) from exc
        return Loaded(spare.model, spare.compute_type, (Note("store.gpu_unused", {"kind": _first_words(exc)}),))


def _has_gpu() -> bool:
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count() > 0)


def _on_cpu(folder: Path, compute_type: str | None) -> Loaded:
    compute = compute_type or "int8"
    try:
        return Loaded(_model(folder, "cpu", compute), compute)
    except Exception as exc:  # a broken tokenizer raises `Exception` itself, a broken config anything
        raise DamagedWeights("store.unloadable", name=folder.name[-60:], kind=type(exc).__name__) from exc


def _on_gpu(folder: Path, compute_type: str) -> Loaded:
    model = _model(folder, "cuda", compute_type)
    n_mels = model.feature_extractor.mel_filters.shape[0]
    model.encode(np.zeros((n_mels, WINDOW_FRAMES), dtype=np.float32))
    return Loaded(model, compute_type)


def _model(folder: Path, device: str, compute_type: str) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device=device, compute_type=compute_type, local_files_only=True)


def _first_words(exc: Exception) -> str:
    """What the library says, one line of it; it knows nothing of the call."""
    return " ".join(str(exc).split())[:120] or type(exc).__name__
