"""Error rates of the mono diarizer: `python -m tests.bench diarize` from the root of the repository.

What is scored is what `timbre turns` prints: speech found by the program, shared out, as IPUs. Calls: the shared
recording with known turns, mixed to one track; 20 mixtures of other voices (`tests.bench.mixtures`), made after the
diarizer's settings were chosen (the flite voices, their three pairs among themselves, and two of the meetings' speakers
were in the calls it was chosen on, in other mixtures); each voice of those alone, which must stay one; and recordings
in which two people are known to speak. Each line gives DER (overlapped speech counted for each speaker) with a collar
of 0.25 s and without, DER where one speaks alone, the share confused between speakers, the chance level (all speech
under one speaker), how many speakers are found when nobody says it, short answers (0.3 to 0.6 s) given to their
speaker, and the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audio.floor import find_ipus
from audio.line_sounds import find_line_sounds
from audio.recording import Channel
from audio.regions import find_regions
from audio.timeline import Span, intersect, merge, subtract, total_s
from models.diarize_mixture import MixtureDiarizer
from models.vad_silero import SileroDetector
from tests.bench.der import Speakers, diarization_error, read_rttm
from tests.bench.mixtures import CALLS, SHORT_S, Call, Material, mixture, mono, people, spoken
from tests.bench.report import Report

COLLAR_S = 0.25
CALL40_LIMIT, MIXTURES_LIMIT = 8.0, 15.0
PAIRS = (
    # recorded people; all but the first two of one sex
    ("MÉO069", "FEE078"),
    ("MÉO069", "fr_read"),
    ("FEE083", "FEE078"),
    ("FEE083", "fr_read"),
    ("FEE078", "fr_read"),
    # synthetic, same sex
    ("flite kal16", "flite awb"),
    ("flite rms", "flite kal16"),
    ("flite rms", "en+Mike"),
    ("fr+adam", "fr+robert"),
    ("fr+Denis", "fr+michel"),
    ("fr+pedro", "fr+david"),
    ("fr+anika", "fr+linda"),
    ("fr+Alicia", "fr+steph"),
    ("en+Andrea", "en+aunty"),
    ("en+Gene", "en+quincy"),
    ("en+Lee", "en+john"),
    # synthetic, a man and a woman
    ("flite slt", "flite rms"),
    ("fr+shelby", "fr+norbert"),
    ("fr+victor", "fr+Annie"),
    ("en+Hugo", "en+belinda"),
)
FIRST_SEED = 40_000
TWO_SPEAK = ("commercial_mono",)
COLUMNS = (
    "call",
    "s",
    "DER .25 %",
    "DER 0 %",
    "alone .25 %",
    "confused %",
    "chance %",
    "found",
    "short kept",
    "took s",
)


@dataclass(frozen=True)
class Row:
    """Figures of one call; rates in % of the reference speech."""

    name: str
    length_s: float
    collar: float
    plain: float
    alone: float
    confused: float
    chance: float
    found: int
    kept: int
    short: int
    took_s: float

    @property
    def cells(self) -> tuple[object, ...]:
        """As `COLUMNS` name them."""
        rates = (self.collar, self.plain, self.alone, self.confused, self.chance)
        shown = (f"{rate:.1f}" for rate in rates)
        return self.name, round(self.length_s), *shown, self.found, f"{self.kept}/{self.short}", f"{self.took_s:.2f}"


def run(report: Report) -> None:
    """The table of calls, the voices alone, and the targets."""
    _need_recordings()
    detector, rows = SileroDetector(), []
    for call in calls():
        rows.append(measured(call, speech_of(call.channel, detector)))
        report.line(f"  {call.name}: DER {rows[-1].collar:.1f} %")
    report.table(COLUMNS, [row.cells for row in rows])
    made = rows[1:]
    report.table(("20 mixtures, mean", *COLUMNS[2:7]), [("", *(f"{_mean(made, n):.1f}" for n in RATES))])
    report.target("DER of call40 mixed to mono, collar 0.25 s", rows[0].collar, CALL40_LIMIT, "%")
    report.target(f"DER of {len(made)} mixtures, collar 0.25 s, mean", _mean(made, "collar"), MIXTURES_LIMIT, "%")
    report.target("mixtures whose two speakers are not found untold", sum(r.found != 2 for r in made), 2, "")
    _alone(report, detector)
    for name in TWO_SPEAK:
        channel = mono(CALLS / f"{name}.wav")
        found = len(MixtureDiarizer().diarize(channel, speech_of(channel, detector)).spans)
        report.target(f"2 - speakers found on {name}", abs(2 - found), 0, "")


RATES = ("collar", "plain", "alone", "confused", "chance")


def _mean(rows: Sequence[Row], name: str) -> float:
    return float(np.mean([getattr(row, name) for row in rows]))


def _need_recordings() -> None:
    if not CALLS.is_dir():
        raise FileNotFoundError(2, "absent", str(CALLS))


def calls() -> Iterator[Call]:
    """The shared call, then the mixtures."""
    path = CALLS / "call40_stereo_L-agent_R-caller.wav"
    yield Call("call40", mono(path), read_rttm(CALLS / "call40.rttm"))
    voices = people()
    for index, pair in enumerate(PAIRS):
        yield mixture(" / ".join(pair), [_voice(name, voices) for name in pair], FIRST_SEED + index)


def _voice(name: str, voices: dict[str, Material]) -> Material:
    return voices[name] if name in voices else spoken(name)


def speech_of(channel: Channel, detector: SileroDetector) -> list[Span]:
    """Tight speech as the program hears it."""
    return find_regions(detector.probabilities(channel), channel, sounds=find_line_sounds(channel)).tight


def measured(call: Call, tight: Sequence[Span]) -> Row:
    """One line of the table."""
    diarizer, begun_s = MixtureDiarizer(), time.perf_counter()
    told = diarizer.diarize(call.channel, tight, n_speakers=2).spans
    took_s = time.perf_counter() - begun_s
    printed = {label: find_ipus(spans) for label, spans in told.items()}
    everything = merge(span for spans in call.truth.values() for span in spans)
    solo = subtract([call.channel.span], overlapped(call.truth))
    plain = diarization_error(call.truth, printed)
    kept = [_is_kept(call.truth, printed, *answer) for answer in short_answers(call.truth)]
    return Row(
        name=call.name,
        length_s=call.channel.span.duration_s,
        collar=100 * diarization_error(call.truth, printed, collar_s=COLLAR_S).rate,
        plain=100 * plain.rate,
        alone=100 * diarization_error(call.truth, printed, collar_s=COLLAR_S, only=solo).rate,
        confused=100 * plain.confusion_rate,
        chance=100 * diarization_error(call.truth, {"all": everything}).rate,
        found=len(diarizer.diarize(call.channel, tight).spans),
        kept=sum(kept),
        short=len(kept),
        took_s=took_s,
    )


def overlapped(truth: Speakers) -> list[Span]:
    """Where two speak."""
    first, second = (merge(spans) for spans in truth.values())
    return intersect(first, second)


def short_answers(truth: Speakers) -> list[tuple[str, Span]]:
    """Stretches of 0.3 to 0.6 s that stand alone in their party's speech, with nobody speaking over them."""
    busy = overlapped(truth)
    return [
        (who, span)
        for who, spans in truth.items()
        for span in spans
        if SHORT_S[0] - 1e-6 <= span.duration_s <= SHORT_S[1] + 0.05 and not intersect([span], busy)
    ]


def _is_kept(truth: Speakers, found: Speakers, who: str, span: Span) -> bool:
    """Whether most of a stretch goes to the label that has most of that party's speech."""
    label = max(found, key=lambda name: total_s(intersect(truth[who], found[name])), default="")
    return total_s(intersect([span], found.get(label, []))) > 0.5 * span.duration_s


def _alone(report: Report, detector: SileroDetector) -> None:
    """Each voice of the mixtures by itself: how many are split in two when nobody says how many speak."""
    voices, split, n = people(), [], 0
    for index, name in enumerate(dict.fromkeys(name for pair in PAIRS for name in pair)):
        call = mixture(name, [_voice(name, voices)], FIRST_SEED + index, longest_s=90.0)
        n += 1
        if len(MixtureDiarizer().diarize(call.channel, speech_of(call.channel, detector)).spans) > 1:
            split.append(name)
    report.line(f"voices alone, split in two: {len(split)} of {n} {', '.join(split)}")
    report.target("voices alone that are split in two", len(split), 0, f"of {n}")


def main() -> None:
    """This bench alone."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
