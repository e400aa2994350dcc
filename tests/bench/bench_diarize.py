"""Error rates of the mono diarizer: `python -m tests.bench.bench_diarize` from the root of the repository.

Calls: the shared recordings with known turns, mixed to one track; two-party calls made from single-speaker stretches
of meetings; and from synthetic voices, same sex and different. Each line gives DER with a collar of 0.25 s and
without, the share confused between speakers (what the diarizer itself gets wrong; the rest is speech detection), the
same with the true speech given, the chance level (all speech under one speaker) and the time.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.decode import decoded
from audio.recording import Channel
from audio.regions import find_regions
from audio.timeline import Span, merge, subtract
from models.diarize_mixture import MixtureDiarizer
from models.vad_silero import SileroDetector
from tests.bench.der import Speakers, diarization_error

CALLS = Path(__file__).parents[3] / "shared" / "calls"
RATE_HZ = 8000
SECONDS_PER_VOICE = 15.0
"""Less speech of a party than this is beyond the diarizer (and told so in its module); real calls have more."""
FLITE_PAIRS = (("awb", "slt"), ("awb", "rms"), ("kal16", "rms"), ("awb", "kal16"), ("rms", "slt"))
ESPEAK_PAIRS = (
    ("en+m1", "en+m3"),
    ("en+f2", "en+f4"),
    ("en+Michael", "en+boris"),
    ("en+m1", "en+f2"),
    ("fr+f3", "fr+f5"),
    ("fr+m2", "fr+m7"),
    ("fr+benjamin", "fr+belinda"),
    ("fr+f5", "fr+travis"),
)
TEXT = {
    "en": "You have reached the service desk. My machine stopped in the middle and the water is still inside. Let me "
    "look at your contract first. The label is worn out, I think it is four seven one nine. The warranty runs until "
    "next year. When could somebody come, I work until five. We have a free slot on Thursday evening. Should I empty "
    "it before? Leave it closed, he will call you half an hour before he arrives. And if the part is missing? ",
    "fr": "Vous êtes bien au service après-vente. Ma machine s'est arrêtée au milieu et l'eau est restée dedans. Je "
    "regarde d'abord votre contrat. L'étiquette est abîmée, je crois que c'est le quatre sept un neuf. La garantie "
    "court jusqu'à l'an prochain. Quand est-ce que quelqu'un peut passer, je travaille jusqu'à cinq heures. Nous avons "
    "un créneau jeudi soir. Est-ce que je dois la vider avant ? Laissez-la fermée, il vous appelle avant d'arriver. ",
}
Sound = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Call:
    """One track and who really speaks when."""

    group: str
    name: str
    channel: Channel
    truth: Speakers


def main() -> None:
    """Print the table, then the mean of each group."""
    detector, rows = SileroDetector(), []
    print(f"{'call':34} {'DER .25':>8} {'DER 0':>7} {'conf':>6} {'oracle':>7} {'chance':>7} {'found':>6} {'s':>6}")
    for call in calls():
        tight = find_regions(detector.probabilities(call.channel), call.channel).tight
        row = measured(call, tight)
        rows.append((call.group, row))
        print(_line(f"{call.group} {call.name}", row), flush=True)
    for group in dict.fromkeys(g for g, _ in rows):
        print(
            _line(f"MEAN {group}", [fmean(column) for column in zip(*(r for g, r in rows if g == group), strict=True)])
        )


def _line(name: str, row: Sequence[float]) -> str:
    der_collar, der, confused, oracle, chance, found, took_s = row
    shares = f"{der_collar:8.1%} {der:7.1%} {confused:6.1%} {oracle:7.1%} {chance:7.1%}"
    return f"{name:34} {shares} {found:6.2f} {took_s:6.2f}"


def measured(call: Call, tight: Sequence[Span]) -> list[float]:
    """The columns of one line."""
    diarizer, begun = MixtureDiarizer(), time.perf_counter()
    told = diarizer.diarize(call.channel, tight, n_speakers=2).spans
    took_s = time.perf_counter() - begun
    everything = merge(span for spans in call.truth.values() for span in spans)
    oracle = diarizer.diarize(call.channel, everything, n_speakers=2).spans
    error = diarization_error(call.truth, told)
    return [
        diarization_error(call.truth, told, collar_s=0.25).rate,
        error.rate,
        error.confusion_rate,
        diarization_error(call.truth, oracle).rate,
        diarization_error(call.truth, {"all": everything}).rate,
        len(diarizer.diarize(call.channel, tight).spans),
        took_s,
    ]


def calls() -> Iterator[Call]:
    """All calls of the table."""
    for name in ("call40_stereo_L-agent_R-caller", "pyannote_sample"):
        yield Call(
            "real", name[:12], _mono(CALLS / f"{name}.wav"), read_rttm(CALLS / f"{name.split('_stereo')[0]}.rttm")
        )
    meeting = _meeting_voices()
    pairs = [(a, b) for i, a in enumerate(sorted(meeting)) for b in sorted(meeting)[i + 1 :]]
    for seed, (a, b) in enumerate(pairs):
        yield _made("meeting", f"{a} {b}", meeting[a], meeting[b], seed)
    for seed, (a, b) in enumerate((*FLITE_PAIRS, *ESPEAK_PAIRS)):
        yield _made("synthetic", f"{a} {b}", _spoken(a, 0), _spoken(b, 1), 100 + seed)


def read_rttm(path: Path, *, recording: str | None = None) -> dict[str, list[Span]]:
    """Spans per speaker of an RTTM file; of one `recording` in it, by name."""
    speakers: dict[str, list[Span]] = {}
    for fields in map(str.split, path.read_text(encoding="utf-8").splitlines()):
        if recording is not None and fields[1] != recording:
            continue
        start_s = float(fields[3])
        speakers.setdefault(fields[7], []).append(Span(start_s, start_s + float(fields[4])))
    return {who: merge(spans) for who, spans in speakers.items()}


def _mono(path: Path) -> Channel:
    with decoded(path) as recording:
        channels = recording.channels
        mixed = np.mean([channel.read() for channel in channels], axis=0, dtype=np.float32)
        return Channel(0, mixed, channels[0].rate_hz)


def _meeting_voices() -> dict[str, Sound]:
    """Speech of each speaker of the meetings alone, end to end; those with `SECONDS_PER_VOICE` or more."""
    voices: dict[str, list[Sound]] = {}
    lines = (CALLS / "ami_trn" / "debug.train.rttm").read_text(encoding="utf-8").splitlines()
    for name in sorted({line.split()[1] for line in lines}):
        path = CALLS / "ami_trn" / f"{name}.wav"
        if path.is_file():
            for who, sound in _alone(path, [line for line in lines if line.split()[1] == name]):
                voices.setdefault(who, []).append(sound)
    whole = {who: _speech_only(np.concatenate(parts)) for who, parts in voices.items()}
    return {who: sound for who, sound in whole.items() if len(sound) >= SECONDS_PER_VOICE * RATE_HZ}


def _alone(path: Path, lines: Sequence[str]) -> Iterator[tuple[str, Sound]]:
    channel = _mono(path)
    with tempfile.NamedTemporaryFile("w", suffix=".rttm", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        speakers = read_rttm(Path(file.name))
    for who, spans in speakers.items():
        others = merge(s for other, own in speakers.items() if other != who for s in own)
        for span in subtract(spans, others):
            if span.duration_s >= 0.5:
                yield who, _narrow(channel.read(span), channel.rate_hz)


def _narrow(sound: Sound, rate_hz: int) -> Sound:
    return np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), dtype=np.float32)


def _speech_only(sound: Sound) -> Sound:
    channel = Channel(0, sound, RATE_HZ)
    tight = find_regions(SileroDetector().probabilities(channel), channel).tight
    speech = np.concatenate([channel.read(span) for span in tight] or [np.zeros(0, dtype=np.float32)])
    return np.asarray(speech / (np.sqrt(np.mean(speech**2)) + 1e-9) * 0.05, dtype=np.float32)


def _spoken(voice: str, turn: int) -> Sound:
    """The text by a synthetic voice; the second party begins in the middle of it."""
    language = voice[:2] if "+" in voice else "en"
    text = TEXT[language] * 2
    text = text[turn * len(text) // 4 :] + text[: turn * len(text) // 4]
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/voice.wav"
        flite = ["flite", "-voice", voice, "-t", text, "-o", out]
        espeak = ["espeak-ng", "-v", voice, "-s", "165", "-w", out, text]
        subprocess.run(espeak if "+" in voice else flite, check=True, capture_output=True)
        channel = _mono(Path(out))
    return _speech_only(_narrow(channel.read(), channel.rate_hz))


def _made(group: str, name: str, first: Sound, second: Sound, seed: int) -> Call:
    """A call of alternating turns of random length until one voice is used up; telephone band, second party up to
    6 dB louder or softer."""
    rng, truth, parts, time_s = np.random.default_rng(seed), _Truth(), [], 0.0
    voices = [first, second * np.float32(10 ** (rng.uniform(-6, 6) / 20))]
    used, who = [0, 0], int(rng.integers(2))
    while True:
        length = int(np.clip(rng.lognormal(0.6, 0.9), 0.35, 12) * RATE_HZ)
        if used[who] + length > len(voices[who]):
            break
        silence = int(np.clip(rng.exponential(0.4), 0.05, 2) * RATE_HZ)
        parts += [np.zeros(silence, dtype=np.float32), voices[who][used[who] : used[who] + length]]
        time_s += silence / RATE_HZ
        truth.add(f"party_{who}", Span(time_s, time_s + length / RATE_HZ))
        time_s += length / RATE_HZ
        used[who] += length
        who = who if rng.random() < 0.15 else 1 - who
    return Call(group, name, Channel(0, _telephone(np.concatenate(parts), rng), RATE_HZ), truth.spans)


class _Truth:
    def __init__(self) -> None:
        self.spans: dict[str, list[Span]] = {}

    def add(self, who: str, span: Span) -> None:
        self.spans[who] = merge([*self.spans.get(who, []), span])


def _telephone(sound: Sound, rng: np.random.Generator) -> Sound:
    """300-3400 Hz, mu-law in 8 bits, and a little noise."""
    spectrum = np.fft.rfft(sound + rng.normal(0, 1e-4, len(sound)))
    at_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(at_hz < 300) | (at_hz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, n=len(sound))
    narrow *= 0.7 / np.abs(narrow).max()
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    return np.asarray(np.sign(coded) * (256 ** np.abs(coded) - 1) / 255, dtype=np.float32)


if __name__ == "__main__":
    main()
