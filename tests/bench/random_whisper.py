"""A Whisper of the true size of `small`, with random weights: it costs what the real one costs, and writes nonsense.

12 encoder and 12 decoder layers of width 768 with 12 heads, 80 mel bands, a vocabulary of 51865 tokens: the shape that
openai/whisper publishes for `small`. Weights are drawn with a fixed seed and stored as int8.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

LAYERS, HEADS, WIDTH, MELS, FRAMES, TOKENS = 12, 12, 768, 80, 1500, 448
VOCABULARY = 51865
SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|fr|>", "<|translate|>", "<|transcribe|>")
LAST = ("<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")


def build_small(folder: Path) -> Path:
    """The model's folder, ready for faster-whisper; about 250 MB, some 20 s of work."""
    from ctranslate2.specs import whisper_spec

    folder.mkdir(parents=True, exist_ok=True)
    spec = whisper_spec.WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    rng = np.random.default_rng(11)
    for side, frames in ((spec.encoder, FRAMES), (spec.decoder, TOKENS)):
        side.position_encodings.encodings = _drawn(rng, frames, WIDTH)
        _norm(side.layer_norm)
        for layer in side.layer:
            _layer(rng, layer, cross=side is spec.decoder)
    spec.encoder.conv1.weight, spec.encoder.conv1.bias = _drawn(rng, WIDTH, MELS, 3), np.zeros(WIDTH, np.float32)
    spec.encoder.conv2.weight, spec.encoder.conv2.bias = _drawn(rng, WIDTH, WIDTH, 3), np.zeros(WIDTH, np.float32)
    spec.decoder.embeddings.weight = _drawn(rng, VOCABULARY, WIDTH)
    _linear(rng, spec.decoder.projection, VOCABULARY, WIDTH)
    _save(spec, folder)
    return folder


def _drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return (0.02 * rng.standard_normal(shape)).astype(np.float32)


def _norm(spec: Any) -> None:
    spec.gamma, spec.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)


def _linear(rng: np.random.Generator, spec: Any, rows: int, columns: int) -> None:
    spec.weight, spec.bias = _drawn(rng, rows, columns), np.zeros(rows, np.float32)


def _layer(rng: np.random.Generator, layer: Any, *, cross: bool) -> None:
    own = layer.self_attention
    _norm(own.layer_norm)
    _linear(rng, own.linear[0], 3 * WIDTH, WIDTH)
    _linear(rng, own.linear[1], WIDTH, WIDTH)
    if cross:
        _norm(layer.attention.layer_norm)
        for spec, rows in zip(layer.attention.linear, (WIDTH, 2 * WIDTH, WIDTH), strict=True):
            _linear(rng, spec, rows, WIDTH)
    _norm(layer.ffn.layer_norm)
    _linear(rng, layer.ffn.linear_0, 4 * WIDTH, WIDTH)
    _linear(rng, layer.ffn.linear_1, WIDTH, 4 * WIDTH)


def _vocabulary() -> list[str]:
    from tokenizers import pre_tokenizers

    stamps = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    n_words = VOCABULARY - len(letters) - len(SPECIAL) - len(LAST) - len(stamps)
    return [*letters, *(f"Ġw{i}" for i in range(n_words)), *SPECIAL, *LAST, *stamps]


def _save(spec: Any, folder: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = _vocabulary()
    ids = {token: i for i, token in enumerate(vocabulary)}
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [ids["<|en|>"], ids["<|fr|>"]]
    spec.config.alignment_heads = [[LAYERS - 1, 0]]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    special = [t for t in vocabulary if t.startswith("<|")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for t, i in ids.items() if not t.startswith("<|")}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("lang_ids") != spec.config.lang_ids:
        raise ValueError("the model's configuration was not written as set")
