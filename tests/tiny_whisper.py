"""A tiny CTranslate2 Whisper built from numpy weights alone, whose text depends on the sound.

Each word of a small lexicon is keyed to one pilot tone (a mel band): the model writes the words whose tones it
hears, in the order it hears them, and its alignment head points at the tone, so word times are true. No training,
no download: the real faster-whisper and CTranslate2 code runs on it.

How     conv1 and conv2 detect saturated bands; position encodings add (+C, -C) so that LayerNorm is nearly linear.
        Decoder layer 0, head k: self-attention asks "was word k written already?", cross-attention "is tone k
        there, and when?"; the logit of a word is A*present - B*written - T*time; end-of-text is a constant.
        Layer 1 looks up the time of the next word; layer 2, head 0 (the alignment head) is a bell around it.
Limits  Keep tones at least 1.5 s apart; a word comes once per window; word borders fall half-way between tones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

LEXICON = [
    ("bonjour", 700, "fr"),
    ("voilà", 1000, "fr"),
    ("merci", 1300, "fr"),
    ("hello", 1700, "en"),
    ("thanks", 2100, "en"),
    ("please", 2500, "en"),
    ("goodbye", 2900, "en"),
    ("wait", 3300, "en"),
]
TONE_HZ = {word: hz for word, hz, _ in LEXICON}
LANGUAGES = ["en", "fr"]
C = 40.0  # the pair of dimensions that dominates LayerNorm
SATURATED = 5.0
PRESENT, WRITTEN, TIME, END = 60.0, 600.0, 40.0, 20.0
BELL = 60.0
POSITIVE, NEGATIVE = 0, 1
SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]
STAMPS = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]


def zeros(*shape):
    return np.zeros(shape, np.float32)


def mel_band(freq_hz):
    from faster_whisper.feature_extractor import FeatureExtractor

    return int(np.argmax(FeatureExtractor().mel_filters[:, round(freq_hz / 40.0)]))


def symbols(word):
    """`voilà` in the byte-level spelling that the decoder turns back."""
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0]


def vocabulary():
    # CTranslate2 takes a vocabulary that holds the empty token for a multilingual model.
    text = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("Ġ" + symbols(word) for word, _, _ in LEXICON), ""]
    return text + SPECIAL + STAMPS


class Builder:
    """Fills the weights, piece by piece."""

    def __init__(self):
        self.n_words = k = len(LEXICON)
        self.dim, self.head_dim = k * (k + 2), k + 2
        self.sigma = C * np.sqrt(2.0 / self.dim)
        self.vocab = vocabulary()
        self.ids = {token: i for i, token in enumerate(self.vocab)}
        self.word_ids = [self.ids["Ġ" + symbols(word)] for word, _, _ in LEXICON]
        self.token, self.emit, self.present, self.time = (np.arange(k) + 2 + i * k for i in range(4))
        self.next, self.ramp = 2 + 4 * k, 2 + k
        self.spec = whisper_spec.WhisperSpec(1, k, 3, k)

    def norm(self, spec, sigma):
        spec.gamma, spec.beta = np.full(self.dim, sigma, np.float32), zeros(self.dim)

    def linear(self, spec, weights):
        """LayerNorm takes the mean away; the last dimension is 0 before it and so carries -mean: cancel the shift."""
        weights = weights.astype(np.float32).copy()
        if weights.shape[1] > 4:
            weights[:, -1] -= weights.sum(axis=1)
        spec.weight, spec.bias = weights, zeros(weights.shape[0])

    def encoder(self):
        e, k, d = self.spec.encoder, self.n_words, self.dim
        w1, b1, w2 = zeros(d, 80, 3), zeros(d), zeros(d, d, 3)
        for i, (_, hz, _) in enumerate(LEXICON):
            w1[i, mel_band(hz), 1] = w1[k + i, mel_band(hz), 1] = 10.0
            b1[i], b1[k + i] = -6.0, -6.0 - SATURATED
            w2[2 + i, i, 1], w2[2 + i, k + i, 1] = 1.0, -1.0
        e.conv1.weight, e.conv1.bias, e.conv2.weight, e.conv2.bias = w1, b1, w2, zeros(d)
        positions = zeros(1500, d)
        positions[:, POSITIVE], positions[:, NEGATIVE] = C, -C
        positions[:, self.ramp] = np.linspace(0, 5, 1500)
        positions[:, self.ramp + 1] = positions[:, self.ramp] ** 2
        e.position_encodings.encodings = positions
        self.norm(e.layer_norm, self.sigma)
        for layer in e.layer:
            self.norm(layer.self_attention.layer_norm, 1)
            self.linear(layer.self_attention.linear[0], zeros(3 * d, d))
            self.linear(layer.self_attention.linear[1], zeros(d, d))
            self.feed_forward(layer)

    def feed_forward(self, layer):
        self.norm(layer.ffn.layer_norm, 1)
        self.linear(layer.ffn.linear_0, zeros(4, self.dim))
        self.linear(layer.ffn.linear_1, zeros(self.dim, 4))

    def decoder(self):
        dec, d = self.spec.decoder, self.dim
        embedding, positions = zeros(len(self.vocab), d), zeros(448, d)
        for i in range(self.n_words):
            embedding[self.word_ids[i], self.token[i]] = 1.0
        dec.embeddings.weight = embedding
        positions[:, POSITIVE], positions[:, NEGATIVE] = C, -C
        dec.position_encodings.encodings = positions
        self.norm(dec.layer_norm, self.sigma)
        for fill, layer in zip((self.written_and_present, self.next_time, self.alignment), dec.layer, strict=True):
            own, cross = layer.self_attention, layer.attention
            weights = {
                "qkv": zeros(3 * d, d),
                "o": zeros(d, d),
                "q": zeros(d, d),
                "kv": zeros(2 * d, d),
                "co": zeros(d, d),
            }
            fill(**weights)
            for block, names in ((own, ("qkv", "o")), (cross, ("q", "kv", "co"))):
                self.norm(block.layer_norm, self.sigma)
                for spec, name in zip(block.linear, names, strict=True):
                    self.linear(spec, weights[name])
            self.feed_forward(layer)

    def written_and_present(self, qkv, o, q, kv, co):
        d, root = self.dim, np.sqrt(self.head_dim)
        for k in range(self.n_words):
            r = k * self.head_dim
            qkv[r, POSITIVE], qkv[d + r, self.token[k]], qkv[2 * d + r, self.token[k]] = 20 * root / C, 1.0, 1.0
            o[self.emit[k], r] = 1.0
            q[r, POSITIVE], kv[r, 2 + k], kv[d + r, 2 + k], kv[d + r + 1, self.ramp] = 5 * root / C, 1.0, 1.0, 1.0
            co[self.present[k], r], co[self.time[k], r + 1] = 1.0, 1.0

    def next_time(self, qkv, o, q, kv, co):
        d, k, root = self.dim, self.n_words, np.sqrt(self.head_dim)
        for i in range(k):
            scales = (PRESENT, -WRITTEN, -TIME)
            q[i, self.present[i]], q[i, self.emit[i]], q[i, self.time[i]] = (v * 0.5 * root for v in scales)
            kv[i, 2 + i] = 1.0
        q[k, POSITIVE], kv[k, self.ramp], kv[d, self.ramp], co[self.next, 0] = 8 * root / C, 1.0, 1.0, 1.0

    def alignment(self, qkv, o, q, kv, co):
        root = np.sqrt(self.head_dim)
        q[0, self.next], kv[0, self.ramp] = 2 * BELL * root, 1.0
        q[1, POSITIVE], kv[1, self.ramp + 1] = -BELL * root / C, 1.0

    def projection(self):
        out = zeros(len(self.vocab), self.dim)
        out[:, POSITIVE] = -400.0 / C
        for k, (_, _, language) in enumerate(LEXICON):
            out[self.word_ids[k]] = 0
            columns = [self.present[k], self.emit[k], self.time[k]]
            out[self.word_ids[k], columns] = PRESENT, -WRITTEN, -TIME
            out[self.ids[f"<|{language}|>"], self.present[k]] = 8.0
        out[self.ids["<|endoftext|>"], POSITIVE] = END / C
        out[self.ids["<|nospeech|>"], POSITIVE] = (END - 5) / C
        out[self.ids["<|0.00|>"], POSITIVE] = -300.0 / C  # wins where only a time stamp is allowed
        self.linear(self.spec.decoder.projection, out)

    def save(self, folder):
        self.spec.register_vocabulary(self.vocab)
        config = self.spec.config
        config.suppress_ids, config.suppress_ids_begin = [], []
        config.lang_ids = [self.ids[f"<|{code}|>"] for code in LANGUAGES]
        config.alignment_heads = [[2, 0]]
        self.spec.validate()
        self.spec.save(str(folder))


def save_tokenizer(vocab, folder):
    plain = {token: i for i, token in enumerate(vocab) if token not in SPECIAL and token not in STAMPS}
    tokenizer = Tokenizer(models.BPE(vocab=plain, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL + STAMPS])
    tokenizer.save(str(folder / "tokenizer.json"))


def build(folder: Path) -> Path:
    """The model's folder, ready for faster-whisper."""
    folder.mkdir(parents=True, exist_ok=True)
    builder = Builder()
    builder.encoder()
    builder.decoder()
    builder.projection()
    builder.save(folder)
    save_tokenizer(builder.vocab, folder)
    return folder


def tone(word: str, start_s: float, total_s: float, *, rate_hz: int = 16000, level: float = 0.3, dur_s: float = 0.5):
    """The pilot tone of a word in `total_s` of silence; faded, since a click lights every band."""
    sound = zeros(round(total_s * rate_hz))
    t = np.arange(round(dur_s * rate_hz)) / rate_hz
    fade = np.clip(np.minimum(t, dur_s - t) / 0.05, 0, 1)
    first = round(start_s * rate_hz)
    sound[first : first + len(t)] = level * fade * np.sin(2 * np.pi * TONE_HZ[word] * t)
    return sound
