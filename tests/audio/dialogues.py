"""Two-channel dialogues whose floor is known to the sample.

Utterances are spoken by espeak-ng once (or cut from recordings, see `Cast`), cut to where they sound, and placed on
two channels; what was placed is the truth. An interrupted utterance is cut off (with a 10 ms fade) the stated time
after the other began. Music of a hold is placed too, and is nobody's speech.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Party, Span

RATE_HZ = 8000
Sound = NDArray[np.float32]
Truth = Literal["gap", "backchannel", "interruption", "failed_interruption", "terminal_overlap"]

SENTENCES = (
    "Bonjour et bienvenue au service des abonnements de la ville.",
    "Je regarde tout de suite votre dossier et je vous dis ce que nous pouvons faire.",
    "La carte a été envoyée lundi dernier mais elle est revenue chez nous hier matin.",
    "Je n'ai toujours rien reçu depuis trois semaines et je prends le bus tous les jours.",
    "Nous allons vous en refaire une nouvelle et vous la recevrez avant la fin du mois.",
    "On m'avait pourtant promis que le remboursement arriverait au début du mois de mai.",
    "Je peux vous proposer un passage en agence ou un envoi à votre domicile.",
    "Mon adresse a changé au mois de janvier et je vous avais prévenus par courrier.",
)
SHORT = ("oui", "d'accord", "mm mm", "je vois", "ah bon")
VOICES: dict[Party, str] = {"agent": "fr-fr+f2", "customer": "fr-fr+m3"}


def needs_espeak() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: no synthetic speech to build dialogues from")


@lru_cache(maxsize=256)
def spoken(text: str, voice: str, words_per_min: int = 170) -> Sound:
    """The sentence at 8 kHz and -23 dBFS, cut to where it is within 40 dB of its peak; read-only."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_min), "--stdout", text]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(data)) as stream:
        rate_hz = stream.getframerate()
        native = np.frombuffer(stream.readframes(stream.getnframes()), dtype="<i2") / 32768
    sound = np.asarray(soxr.resample(native, rate_hz, RATE_HZ), dtype=np.float32)
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() / 100)
    sound = sound[loud[0] : loud[-1] + 1]
    sound = sound * np.float32(0.07 / sound.std())
    sound.flags.writeable = False
    return sound


@dataclass(frozen=True, eq=False)
class Cast:
    """What each party may say: whole utterances, and tokens of listening; cut to where they sound, at one rate."""

    utterances: Mapping[Party, Sequence[Sound]]
    tokens: Mapping[Party, Sequence[Sound]]
    rate_hz: int = RATE_HZ


@lru_cache(maxsize=1)
def espeak_cast() -> Cast:
    """Two synthetic French voices."""
    return Cast(
        {party: [spoken(text, voice) for text in SENTENCES] for party, voice in VOICES.items()},
        {party: [spoken(text, voice) for text in SHORT] for party, voice in VOICES.items()},
    )


@dataclass(frozen=True)
class Event:
    """What was built: `by` did it at `time_s`; `value_s`: the gap or the overlap."""

    kind: Truth
    by: Party
    time_s: float
    value_s: float


@dataclass
class Dialogue:
    """Grows utterance by utterance; `time_s` is where the floor is free."""

    seed: int = 0
    time_s: float = 1.0
    placed: list[tuple[Party, float, Sound]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    last: Party | None = None
    rate_hz: int = RATE_HZ
    music: list[tuple[Party, float, Sound]] = field(default_factory=list)

    def say(self, party: Party, said: str | Sound, *, gap_s: float = 0.4) -> Span:
        """A turn, `gap_s` after the last one ended."""
        start_s = self._free(party, gap_s)
        return self._place(party, start_s, _sound(said, party))

    def backchannel(self, party: Party, said: str | Sound, turn: Span, *, at_s: float) -> Span:
        """A short token inside the other's turn, `at_s` after its start."""
        sound = _sound(said, party)
        start_s = turn.start_s + at_s
        self.placed.append((party, start_s, sound))
        self.events.append(Event("backchannel", party, start_s, len(sound) / self.rate_hz))
        return Span(start_s, start_s + len(sound) / self.rate_hz)

    def interrupted(
        self, party: Party, said: str | Sound, by: Party, by_said: str | Sound, *, at_s: float, yield_s: float
    ) -> Span:
        """`party` speaks, `by` starts `at_s` later, `party` stops `yield_s` after that."""
        start_s = self._free(party, 0.4)
        sound = np.array(_sound(said, party)[: round((at_s + yield_s) * self.rate_hz)])
        fade = round(0.01 * self.rate_hz)
        sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        self._place(party, start_s, sound)
        self.events.append(Event("interruption", by, start_s + at_s, yield_s))
        self.last = by
        return self._place(by, start_s + at_s, _sound(by_said, by))

    def hold(self, party: Party, music: Sound, *, around_s: float = 1.0) -> Span:
        """Music on a party's channel while both are silent, `around_s` of silence on each side of it."""
        start_s = self.time_s + around_s
        self.music.append((party, start_s, music))
        self.time_s = start_s + len(music) / self.rate_hz + around_s
        self.last = None  # what comes after a hold answers nothing
        return Span(start_s, self.time_s - around_s)

    def _free(self, party: Party, gap_s: float) -> float:
        start_s = self.time_s + gap_s
        if self.last not in (None, party):
            self.events.append(Event("gap", party, start_s, gap_s))
        self.last = party
        return start_s

    def _place(self, party: Party, start_s: float, sound: Sound) -> Span:
        self.placed.append((party, start_s, sound))
        span = Span(start_s, start_s + len(sound) / self.rate_hz)
        self.time_s = max(self.time_s, span.end_s)
        return span

    def speech(self) -> dict[Party, list[Span]]:
        """What was placed, per party, sorted."""
        parties: tuple[Party, Party] = ("agent", "customer")
        return {q: sorted(Span(t, t + len(x) / self.rate_hz) for p, t, x in self.placed if p == q) for q in parties}

    def channels(self, *, leak_db: float | None = None, noise_dbfs: float | None = None) -> dict[Party, Channel]:
        """One channel per party; `leak_db`: the other's level in it; `noise_dbfs`: white line noise."""
        clean = {p: self._mixed(p) for p in self.speech()}
        other: dict[Party, Party] = {"agent": "customer", "customer": "agent"}
        made: dict[Party, Channel] = {}
        for index, (party, sound) in enumerate(clean.items()):
            leak = 0.0 if leak_db is None else 10 ** (leak_db / 20)
            noise = 0.0 if noise_dbfs is None else 10 ** (noise_dbfs / 20)
            random = np.random.default_rng(self.seed + index).standard_normal(len(sound))
            mixed = sound + leak * clean[other[party]] + noise * random
            made[party] = Channel(index, mixed.astype(np.float32), self.rate_hz, native_rate_hz=self.rate_hz)
        return made

    def _mixed(self, party: Party) -> Sound:
        sound = np.zeros(round((self.time_s + 1.0) * self.rate_hz), dtype=np.float32)
        for who, start_s, utterance in (*self.placed, *self.music):
            if who == party:
                first = round(start_s * self.rate_hz)
                sound[first : first + len(utterance)] += utterance
        return sound


def random_dialogue(
    seed: int, *, n_exchanges: int = 12, cast: Cast | None = None, music: Callable[[int], Sound] | None = None
) -> Dialogue:
    """Turns with gaps of 0.1 to 1.5 s, and backchannels and interruptions among them.

    `music`: played on the agent's channel in two holds, made from a seed.
    """
    cast = cast or espeak_cast()
    rng = np.random.default_rng(seed)
    dialogue = Dialogue(seed, rate_hz=cast.rate_hz)
    parties: tuple[Party, Party] = ("agent", "customer")
    for number in range(n_exchanges):
        a, b = parties[number % 2], parties[1 - number % 2]
        if music is not None and number in (n_exchanges // 3, 2 * n_exchanges // 3):
            dialogue.hold("agent", music(100 * seed + number))
        said, reply = _two(rng, cast, a, b)
        if number % 3 == 2:
            yield_s = float(rng.uniform(0.6, 1.2))
            latest_s = len(said) / cast.rate_hz - yield_s - 0.1
            dialogue.interrupted(a, said, b, reply, at_s=min(latest_s, float(rng.uniform(1.2, 2.2))), yield_s=yield_s)
            continue
        turn = dialogue.say(a, said, gap_s=float(rng.uniform(0.1, 1.5)))
        if number % 3 == 1:
            token = cast.tokens[b][rng.integers(len(cast.tokens[b]))]
            latest_s = turn.duration_s - 0.7 - len(token) / cast.rate_hz
            dialogue.backchannel(b, token, turn, at_s=float(rng.uniform(0.6, max(0.7, latest_s))))
    return dialogue


def _two(rng: np.random.Generator, cast: Cast, a: Party, b: Party) -> tuple[Sound, Sound]:
    """An utterance of each, never the same number."""
    n = min(len(cast.utterances[a]), len(cast.utterances[b]))
    first, second = rng.choice(n, 2, replace=False)
    return cast.utterances[a][first], cast.utterances[b][second]


def _sound(said: str | Sound, party: Party) -> Sound:
    return spoken(said, VOICES[party]) if isinstance(said, str) else said
