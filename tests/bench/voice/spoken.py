"""Synthesised speech of known syllables: espeak-ng (with the time of every word and vowel) and flite.

Truth. Syllables are the vowels among the synthesiser's own phonemes, a syllabic consonant counted as one; phonation is
where the sound, which has no noise, is not silent, with silences under 250 ms closed. Nothing of `audio` but its data
types is used for either.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.timeline import Span, Word, merge, runs, total_s
from tests.audio.signals import RATE_HZ

Samples = NDArray[np.float32]
PAUSE_S = 0.25
PEAK = 0.5
BETWEEN_S = 0.35
SILENCE_DB = -45.0
VOWEL = re.compile("[aeiouyøœɶɐɑɒɔəɘɛɜɞɤɪʊʌʏɨʉɯæɚɝᵻ]|\u0329")
FLITE_VOWELS = frozenset(
    ["aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "eh", "er", "ey", "ih", "ix", "iy", "ow", "oy", "uh", "uw"]
)


@dataclass(frozen=True, eq=False)
class Spoken:
    """One synthesised reading, 16 kHz, shape (n,). `words` empty: the synthesiser gives no times of words.

    phonation  where there is sound, silences under 250 ms closed
    """

    samples: Samples
    language: str
    voice: str
    speed: str
    vowels_s: NDArray[np.float64]
    words: tuple[Word, ...]
    phonation: tuple[Span, ...]

    @property
    def rate_per_s(self) -> float:
        """True articulation rate, syll/s."""
        return len(self.vowels_s) / total_s(self.phonation)


def sentences(language: str) -> list[str]:
    """Sentences of service calls, our own; the counters were not tuned on them."""
    path = Path(__file__).with_name(f"sentences_{language}.txt")
    return path.read_text(encoding="utf-8").splitlines()


def sounding(samples: Samples, *, max_gap_s: float = PAUSE_S) -> tuple[Span, ...]:
    """Where noiseless speech is: 10 ms frames within 45 dB of the loud level, silences up to `max_gap_s` closed."""
    size = RATE_HZ // 100
    level = samples[: len(samples) // size * size].reshape(-1, size).std(axis=1)
    loud = level > np.percentile(level, 95) * 10 ** (SILENCE_DB / 20)
    return tuple(merge(runs(loud, first_s=0.0, step_s=0.01), max_gap_s=max_gap_s))


def is_syllable(ipa: str) -> bool:
    """A vowel or a syllabic consonant; a switch of language is written in brackets and is no sound."""
    return not ipa.startswith("(") and bool(VOWEL.search(ipa))


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("position_ms", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("id", _Id),
    )  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
_SYNCHRONOUS, _PHONEMES_IN_IPA, _UTF8, _SPEED = 2, 3, 1, 1
_END, _WORD, _PHONEME = 0, 1, 7


@dataclass(frozen=True)
class _Said:
    """A word's start (`text`: place of its first character) or a phoneme's (`text`: its IPA, empty for a pause)."""

    at_s: float
    text: int | str


class Espeak:
    """libespeak-ng in this process. Raises FileNotFoundError where it is not installed."""

    def __init__(self) -> None:
        try:
            self._lib = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as exc:
            raise FileNotFoundError(2, "not installed", "libespeak-ng.so.1") from exc
        self.rate_hz = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEMES_IN_IPA)
        self._sound: list[NDArray[np.int16]] = []
        self._said: list[_Said] = []
        self._callback = _CALLBACK(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)

    def _take(self, sound: ctypes._Pointer[ctypes.c_short], n: int, events: ctypes._Pointer[_Event]) -> int:
        if n > 0:
            self._sound.append(np.ctypeslib.as_array(sound, (n,)).copy())
        i = 0
        while events[i].type != _END:
            event, at_s = events[i], events[i].sample / self.rate_hz
            if event.type == _WORD:
                self._said.append(_Said(at_s, event.text_position - 1))
            elif event.type == _PHONEME:
                self._said.append(_Said(at_s, bytes(event.id.string).decode("utf-8", "replace")))
            i += 1
        return 0

    def speak(self, text: str, voice: str, words_per_min: int) -> tuple[Samples, list[_Said]]:
        """Sound at `rate_hz` and what begins when."""
        self._sound, self._said = [], []
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise FileNotFoundError(2, "no such voice", voice)
        self._lib.espeak_SetParameter(_SPEED, words_per_min, 0)
        data = text.encode() + b"\0"
        self._lib.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)
        return np.concatenate(self._sound).astype(np.float32) / 32768, self._said


@lru_cache(maxsize=1)
def espeak() -> Espeak:
    """The one instance: the library keeps its state per process."""
    return Espeak()


def espeak_vowels(text: str, voice: str) -> int:
    """Vowels among espeak's phonemes for a text."""
    _, said = espeak().speak(text, voice, 220)
    return sum(isinstance(s.text, str) and is_syllable(s.text) for s in said)


def espeak_reads(texts: Sequence[str], language: str, voice: str, words_per_min: int) -> Spoken:
    """The sentences one after the other, with silence between."""
    parts, words, vowels, at_s = [_silence()], [], [], BETWEEN_S
    for text in texts:
        sound, said = espeak().speak(text, voice, words_per_min)
        wide = _at_work_rate(sound, espeak().rate_hz)
        words += [Word(w.text, w.span.shifted(at_s)) for w in _words(text, said)]
        vowels += [at_s + s.at_s for s in said if isinstance(s.text, str) and is_syllable(s.text)]
        parts += [wide, _silence()]
        at_s += len(wide) / RATE_HZ + BETWEEN_S
    samples = _level(np.concatenate(parts))
    speed = f"{words_per_min} wpm"
    return Spoken(samples, language, voice, speed, np.array(vowels), tuple(words), sounding(samples))


def _words(text: str, said: Sequence[_Said]) -> Iterator[Word]:
    """Each written word from the start of its first spoken one to the end of its last phoneme that sounds."""
    written = [(m.start(), m.end(), m.group()) for m in re.finditer(r"\S+", text)]
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    current = None
    for event, after in zip(said, [*said[1:], None], strict=True):
        if isinstance(event.text, int):
            place = event.text
            current = next((i for i, (a, b, _) in enumerate(written) if a <= place < b), current)
        elif event.text and current is not None:
            starts.setdefault(current, event.at_s)
            ends[current] = max(ends.get(current, 0.0), after.at_s if after else event.at_s)
    return (Word(written[i][2], Span(at_s, ends[i])) for i, at_s in starts.items())


def flite_reads(texts: Sequence[str], voice: str, stretch: float) -> Spoken:
    """The sentences by flite, English; raises FileNotFoundError where it is absent."""
    if shutil.which("flite") is None:
        raise FileNotFoundError(2, "not installed", "flite")
    import soundfile

    parts, vowels, at_s = [_silence()], [], BETWEEN_S
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        for text in texts:
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-psdur", "-t", text]
            told = subprocess.run([*command, "-o", str(path)], check=True, capture_output=True, text=True).stdout
            sound, rate_hz = soundfile.read(path, dtype="float32")
            wide = _at_work_rate(sound, rate_hz)
            phones = [(name, float(end)) for name, end in re.findall(r"(\S+?):([\d.]+)", told)]
            vowels += [at_s + end_s for name, end_s in phones if name in FLITE_VOWELS]
            parts += [wide, _silence()]
            at_s += len(wide) / RATE_HZ + BETWEEN_S
    samples = _level(np.concatenate(parts))
    return Spoken(samples, "en", f"flite {voice}", f"x{1 / stretch:.2f}", np.array(vowels), (), sounding(samples))


def _silence() -> Samples:
    return np.zeros(int(BETWEEN_S * RATE_HZ), dtype=np.float32)


def _at_work_rate(sound: Samples, rate_hz: int) -> Samples:
    import soxr

    return np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), dtype=np.float32)


def _level(samples: Samples) -> Samples:
    return np.asarray(PEAK * samples / np.abs(samples).max(), dtype=np.float32)
