"""Rate: error of the articulation rate against synthesised speech of known syllables (`tests.bench.voice.spoken`).

on       channel, then what the measure was given. `exact`: the words and their times; `wrong`, `missing`, `mixed`: 15 %
         of the words replaced by others, dropped, or either; `absorbed`: dropped, and the word before takes the time;
         `loose`: word edges off by 40 ms (SD) and 15 % of the words dropped; `signal`: no words; `detected`: exact
         words, but speech as the product's detector finds it.
error    |measured / true - 1| per file, mean and worst over files (and four draws of the damaged words), %
chance   the mean error of always answering the mean rate of all files: what the speeds alone give away
words    share of the files whose rate came from the words; with half of them lost none may
counter  syllables counted on sentences against the vowels of espeak-ng's phonemes: sum, and mean per sentence, %
people   French read aloud: rate of the signal against the rate of the words, which are the transcript's
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from audio.notes import Measure
from audio.regions import find_regions
from audio.syllables import count_syllables
from audio.timeline import Span, Word
from audio.voice import VoiceTracks, measure_voice, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from models.vad_silero import SileroDetector
from tests.audio.signals import RATE_HZ, as_channel, telephone
from tests.bench.voice.pitch_sounds import CALLS
from tests.bench.voice.rows import Row
from tests.bench.voice.spoken import Samples, Spoken, espeak_reads, espeak_vowels, flite_reads, sentences, sounding

ESPEAK = {
    "fr": ("fr", "fr+f3", "roa/fr-BE", "roa/fr-CH+f2"),
    "en": ("en-us", "en-us+f3", "en", "gmw/en-GB-x-rp+m5"),
}
SPEEDS_WPM = (110, 145, 180, 220)
FLITE, STRETCHES = ("slt", "rms", "kal16", "awb"), (1.3, 1.0, 0.8)
PER_FILE, SHARE, DRAWS = 12, 0.15, 4
EDGE_SD_S = 0.04
CHANNELS: Mapping[str, Callable[[Samples], tuple[Samples, int]]] = {
    "wideband": lambda s: (s, RATE_HZ),
    "telephone": lambda s: (telephone(s), RATE_HZ // 2),
}
Words = Sequence[Word]
Damage = Callable[[Words, np.random.Generator, Sequence[str]], Words]


def _drawn(n: int, rng: np.random.Generator, share: float) -> set[int]:
    return set(rng.choice(n, round(share * n), replace=False).tolist())


def _wrong(words: Words, rng: np.random.Generator, others: Sequence[str]) -> Words:
    hit = _drawn(len(words), rng, SHARE)
    return [replace(w, text=str(rng.choice(others))) if i in hit else w for i, w in enumerate(words)]


def _missing(words: Words, rng: np.random.Generator, others: Sequence[str], share: float = SHARE) -> Words:
    hit = _drawn(len(words), rng, share)
    return [w for i, w in enumerate(words) if i not in hit]


def _mixed(words: Words, rng: np.random.Generator, others: Sequence[str]) -> Words:
    hit = sorted(_drawn(len(words), rng, SHARE))
    lost = set(hit[::2])
    changed = [replace(w, text=str(rng.choice(others))) if i in hit else w for i, w in enumerate(words)]
    return [w for i, w in enumerate(changed) if i not in lost]


def _absorbed(words: Words, rng: np.random.Generator, others: Sequence[str]) -> Words:
    hit = _drawn(len(words), rng, SHARE)
    kept: list[Word] = []
    for i, word in enumerate(words):
        if i not in hit:
            kept.append(word)
        elif kept:
            kept[-1] = replace(kept[-1], span=Span(kept[-1].span.start_s, word.span.end_s))
    return kept


def _loose(words: Words, rng: np.random.Generator, others: Sequence[str]) -> Words:
    starts = [max(0.0, w.span.start_s + EDGE_SD_S * rng.normal()) for w in words]
    ends = [max(a, w.span.end_s + EDGE_SD_S * rng.normal()) for a, w in zip(starts, words, strict=True)]
    return _missing([replace(w, span=Span(a, b)) for w, a, b in zip(words, starts, ends, strict=True)], rng, others)


DAMAGES: Mapping[str, Damage] = {
    "wrong": _wrong,
    "missing": _missing,
    "mixed": _mixed,
    "absorbed": _absorbed,
    "loose": _loose,
}


@dataclass(frozen=True, eq=False)
class Heard:
    """A file through a channel: tracked on its known speech, pauses over 100 ms left out as the product does."""

    spoken: Spoken
    speech: tuple[Span, ...]
    tracks: VoiceTracks
    detected: tuple[Span, ...]
    detected_tracks: VoiceTracks

    def error(self, words: Words | None, *, detected: bool = False) -> tuple[float, bool]:
        """(relative error of the rate, whether it came from the words)."""
        tracks, speech = (self.detected_tracks, self.detected) if detected else (self.tracks, self.speech)
        found = measure_voice(tracks, speech, source="", words=words, language=self.spoken.language)
        rate = next(m for m in found if m.name == "articulation_rate")
        return _value(rate) / self.spoken.rate_per_s - 1, rate.source.endswith("words")


def _value(measure: Measure) -> float:
    if measure.value is None:
        raise ValueError(f"no rate: {measure.reason}")
    return measure.value


@lru_cache(maxsize=1)
def _tools() -> tuple[SwiftF0Tracker, SileroDetector]:
    return SwiftF0Tracker(), SileroDetector()


def hear(spoken: Spoken, channel: str) -> Heard:
    """Tracks of one file through one channel."""
    tracker, detector = _tools()
    sound = as_channel(*CHANNELS[channel](spoken.samples))
    speech = sounding(spoken.samples, max_gap_s=0.1)
    detected = tuple(find_regions(detector.probabilities(sound), sound).tight)
    tracks = [track_voice(sound, spans, tracker, others=()) for spans in (speech, detected)]
    return Heard(spoken, speech, tracks[0], detected, tracks[1])


def material() -> Iterator[Spoken]:
    """Every voice at every speed, each file of other sentences. Synthesisers that are absent are left out."""
    draw = np.random.default_rng(7)
    for language, voices in ESPEAK.items():
        for voice, speed in product(voices, SPEEDS_WPM):
            yield espeak_reads(_some(language, draw), language, voice, speed)


def flite_material() -> Iterator[Spoken]:
    """The other synthesiser's voices, English; it gives no times of words."""
    draw = np.random.default_rng(8)
    for voice, stretch in product(FLITE, STRETCHES):
        yield flite_reads(_some("en", draw), voice, stretch)


def _some(language: str, draw: np.random.Generator) -> list[str]:
    return [str(text) for text in draw.choice(sentences(language), PER_FILE, replace=False)]


def rows() -> list[Row]:
    """All rows; without a synthesiser, what is missing is said."""
    try:
        files = list(material())
    except FileNotFoundError as exc:
        return [Row("rate", "error_mean", "exact", None, "%", 0, why=f"{exc.filename} is {exc.strerror}"), *_people()]
    found = [row for channel in CHANNELS for row in _of_channel(channel, files)]
    return [*found, *_flite(), *_counters(), *_people()]


def _of_channel(channel: str, files: Sequence[Spoken]) -> Iterator[Row]:
    heard = [hear(spoken, channel) for spoken in files]
    chance = _chance(files)
    given: dict[str, list[tuple[float, bool]]] = {
        "exact": [h.error(h.spoken.words) for h in heard],
        "detected": [h.error(h.spoken.words, detected=True) for h in heard],
        **{name: _damaged(heard, damage) for name, damage in DAMAGES.items()},
        "signal": [h.error(None) for h in heard],
    }
    for name, errors in given.items():
        yield from _errors(f"{channel}_{name}", [e for e, _ in errors], chance)
    for name in ("exact", "mixed", "absorbed"):
        yield _from_words(f"{channel}_{name}", given[name])
    half = _damaged(heard, lambda w, rng, others: _missing(w, rng, others, share=0.5))
    yield _from_words(f"{channel}_half_missing", half)


def _damaged(heard: Sequence[Heard], damage: Damage) -> list[tuple[float, bool]]:
    others = {language: [w for text in sentences(language) for w in text.split()] for language in ESPEAK}
    return [
        h.error(damage(h.spoken.words, np.random.default_rng(1000 * i + draw), others[h.spoken.language]))
        for i, h in enumerate(heard)
        for draw in range(DRAWS)
    ]


def _errors(on: str, errors: Sequence[float], chance: float) -> list[Row]:
    off = 100 * np.abs(errors)
    return [
        Row("rate", "error_mean", on, float(off.mean()), "%", len(off), chance),
        Row("rate", "error_worst", on, float(off.max()), "%", len(off)),
    ]


def _from_words(on: str, errors: Sequence[tuple[float, bool]]) -> Row:
    return Row("rate", "from_words", on, 100 * float(np.mean([words for _, words in errors])), "%", len(errors))


def _chance(files: Sequence[Spoken]) -> float:
    rates = np.array([f.rate_per_s for f in files])
    return 100 * float(np.mean(np.abs(rates.mean() / rates - 1)))


def _flite() -> Iterator[Row]:
    try:
        files = list(flite_material())
    except FileNotFoundError as exc:
        yield Row("rate", "error_mean", "flite_signal", None, "%", 0, why=f"{exc.filename} is {exc.strerror}")
        return
    for channel in CHANNELS:
        errors = [hear(spoken, channel).error(None)[0] for spoken in files]
        yield from _errors(f"{channel}_flite_signal", errors, _chance(files))


def _counters() -> Iterator[Row]:
    for language, voices in ESPEAK.items():
        counted = np.array([sum(count_syllables(w, language) for w in text.split()) for text in sentences(language)])
        true = np.array([espeak_vowels(text, voices[0]) for text in sentences(language)])
        off = 100 * (counted.sum() / true.sum() - 1)
        yield Row("rate", "counter_sum_off", language, float(abs(off)), "%", int(true.sum()))
        each = 100 * np.abs(counted / true - 1)
        yield Row("rate", "counter_error_mean", language, float(each.mean()), "%", len(true))


def _people() -> Iterator[Row]:
    folder = CALLS / "fr_read"
    if not folder.is_dir():
        yield Row("rate", "words_from_signal", "fr_read", None, "%", 0, why="no recordings")
        return
    import soundfile
    import soxr

    told = dict(
        line.split("\t") for line in (folder / "trans.txt").read_text(encoding="utf-8-sig").splitlines() if line
    )
    off = []
    for name, text in told.items():
        samples, rate_hz = soundfile.read(folder / name, dtype="float32")
        sound = as_channel(np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32))
        tracker, detector = _tools()
        speech = find_regions(detector.probabilities(sound), sound).tight
        nuclei = len(track_voice(sound, speech, tracker, others=()).nuclei_s)
        syllables = sum(count_syllables(word, "fr") for word in re.split(r"[\s/]+", text))
        off.append(100 * abs(nuclei / syllables - 1))
    yield Row("rate", "words_from_signal", "fr_read", float(np.mean(off)), "%", len(off))
