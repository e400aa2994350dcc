"""A transcript meets the sound: its words go to the labels that were heard (`channel_0`, `speaker_1` ...).

Rules
    A line that names a track goes to that track, when it was heard under `channel_N`.
    Other speakers are matched with labels by time: the pairing with the greatest total overlap between the lines of
    a speaker and the speech of one label alone. `agent` and `medecin` are one speaker, and so are `patient_1` and
    `patient_2` (`parties.party_of`); a speaker left over goes to the label it overlaps most.
    Lines without speaker go word by word (line by line without word times) to the label that speaks there.
    Words without times are spread over the speech inside their line, by length, and marked as estimated.
    Lines from the end of the recording on are dropped, and counted. Every loss is a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from audio.notes import Note
from audio.timeline import Party, Span, Word, merge, subtract
from service.words.intervals import SpeechIndex
from service.words.parties import party_of
from service.words.transcript import Line, Transcript

MATCH_MIN_SHARE = 0.2
"""Less of the transcript's time than this over speech: it is another call's, or shifted."""
MATCH_MIN_LINES_S = 3.0
CLEAR_LEAD = 1.2
"""The best pairing of speakers and labels should overlap this many times more than the next one."""
PAIRED_SPEAKERS = 4
"""Speakers with most time that are paired one to one; the others follow by overlap alone."""
END_SLACK_S = 0.5
"""A transcript may end this much after the sound before anybody is told: formats round."""


@dataclass(frozen=True)
class Attached:
    """Words by label (sorted by start, inside the call); which label the transcript calls the agent, if it does.

    `word_times`: at least one word came with its own time.
    """

    words: dict[str, tuple[Word, ...]]
    agent: str | None = None
    word_times: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class _Voices:
    """Sorted speech by label, and the stretches where that label speaks alone."""

    speech: Mapping[str, SpeechIndex]
    alone: Mapping[str, SpeechIndex]

    @property
    def labels(self) -> list[str]:
        return list(self.speech)


@dataclass(frozen=True)
class _Timed:
    """A line with times, and the speaker it counts for (None: nobody named)."""

    line: Line
    span: Span
    speaker: Hashable | None


def attach(transcript: Transcript, speech: Mapping[str, Sequence[Span]], *, duration_s: float) -> Attached:
    """The transcript's words on the labels of `speech` (sorted, disjoint spans each) of a call of `duration_s`."""
    if not speech:
        return Attached({})
    voices = _voices(speech)
    timed, notes = _timed_lines(transcript.lines, duration_s)
    where, more = _place_speakers(timed, voices)
    words: dict[str, list[Word]] = {label: [] for label in voices.labels}
    for entry in timed:
        for label, word in _words_of(entry, None if entry.speaker is None else where[entry.speaker], voices):
            kept = _inside(word, duration_s)
            if kept is not None:
                words[label].append(kept)
    ordered = {label: tuple(sorted(said, key=_start)) for label, said in words.items()}
    has_times = any(not w.time_is_estimated for said in ordered.values() for w in said)
    return Attached(ordered, _agent_of(where, timed, voices), has_times, (*notes, *more))


def _start(word: Word) -> tuple[float, float]:
    return word.span.start_s, word.span.end_s


def _voices(speech: Mapping[str, Sequence[Span]]) -> _Voices:
    whole = {label: merge(spans) for label, spans in speech.items()}
    alone = {
        label: subtract(spans, merge(s for other, rest in whole.items() if other != label for s in rest))
        for label, spans in whole.items()
    }
    return _Voices(
        {label: SpeechIndex(spans) for label, spans in whole.items()},
        {label: SpeechIndex(spans) for label, spans in alone.items()},
    )


def _timed_lines(lines: Sequence[Line], duration_s: float) -> tuple[list[_Timed], list[Note]]:
    """Lines that have a time inside the call, and notes about the others."""
    spans = [(line, _span_of(line)) for line in lines]
    inside = [_Timed(line, span, _speaker_of(line)) for line, span in spans if span and span.start_s < duration_s]
    notes: list[Note] = []
    untimed = sum(1 for line, span in spans if span is None and line.text)
    if untimed:
        notes.append(Note("words.lines_without_time", {"n_lines": untimed}))
    last_s = max((span.end_s for _, span in spans if span), default=0.0)
    if last_s > duration_s + END_SLACK_S:
        beyond = sum(1 for _, span in spans if span and span.start_s >= duration_s)
        params = {"n_lines": beyond, "last_s": last_s, "duration_s": duration_s}
        notes.append(Note("words.longer_than_call", params))
    return inside, notes


def _span_of(line: Line) -> Span | None:
    if line.span is not None or not line.words:
        return line.span
    return Span(min(w.span.start_s for w in line.words), max(w.span.end_s for w in line.words))


def _speaker_of(line: Line) -> Hashable | None:
    """What makes two lines one speaker's: the track, else the party named, else the label itself."""
    if line.channel is not None:
        return line.channel
    if not line.speaker:
        return None
    party = party_of(line.speaker)
    return line.speaker if party == "unknown" else ("party", party)


def _place_speakers(timed: Sequence[_Timed], voices: _Voices) -> tuple[dict[Hashable, str], list[Note]]:
    """The label of each speaker of the transcript, and what there is to say about that."""
    heard_s = _overlaps_s(timed, voices)
    notes = [] if _matches(timed, voices) else [Note("words.does_not_match")]
    by_track: dict[Hashable, str] = {
        s: f"channel_{s}" for s in heard_s if isinstance(s, int) and f"channel_{s}" in voices.speech
    }
    by_time = {s: row for s, row in heard_s.items() if s not in by_track}
    free = [label for label in voices.labels if label not in by_track.values()] or voices.labels
    paired, clear = _pair(by_time, free)
    if by_time and not clear and not notes:
        notes.append(Note("words.speakers_unclear"))
    return {**by_track, **paired}, notes


def _overlaps_s(timed: Sequence[_Timed], voices: _Voices) -> dict[Hashable, dict[str, float]]:
    """Seconds per speaker and label: the speaker's lines over the speech of that label alone."""
    heard_s: dict[Hashable, dict[str, float]] = {}
    for entry in timed:
        if entry.speaker is not None:
            row = heard_s.setdefault(entry.speaker, dict.fromkeys(voices.labels, 0.0))
            for label, index in voices.alone.items():
                row[label] += index.overlap_s(entry.span)
    return heard_s


def _matches(timed: Sequence[_Timed], voices: _Voices) -> bool:
    """False when hardly any of the transcript's time has speech under it."""
    lines = merge(entry.span for entry in timed)
    total_s = sum(span.duration_s for span in lines)
    anyone = SpeechIndex([span for index in voices.speech.values() for span in index.spans])
    return total_s < MATCH_MIN_LINES_S or sum(anyone.overlap_s(span) for span in lines) >= MATCH_MIN_SHARE * total_s


def _pair(heard_s: Mapping[Hashable, Mapping[str, float]], labels: Sequence[str]) -> tuple[dict[Hashable, str], bool]:
    """One label per speaker, greatest total overlap; and whether that pairing leads clearly."""
    by_time = sorted(heard_s, key=lambda s: -sum(heard_s[s].values()))[:PAIRED_SPEAKERS]
    n = min(len(by_time), len(labels))
    strongest = sorted(labels, key=lambda label: -sum(heard_s[s][label] for s in by_time))[:PAIRED_SPEAKERS]
    considered = [label for label in labels if label in strongest]
    scored = [
        (sum(heard_s[s][label] for s, label in zip(by_time[:n], order, strict=True)), order)
        for order in permutations(considered, n)
    ]
    scored.sort(key=lambda pair: -pair[0])  # stable: ties keep the order of the labels
    paired: dict[Hashable, str] = dict(zip(by_time, scored[0][1], strict=False)) if scored else {}
    rest = {s: max(labels, key=lambda label: heard_s[s][label]) for s in heard_s if s not in paired}
    return {**paired, **rest}, len(scored) < 2 or scored[0][0] > CLEAR_LEAD * scored[1][0]


def _agent_of(where: Mapping[Hashable, str], timed: Sequence[_Timed], voices: _Voices) -> str | None:
    """The label the transcript's own names call the agent; with two labels, naming the customer is enough."""
    named: dict[Party, Counter[str]] = {"agent": Counter(), "customer": Counter()}
    for entry in timed:
        party = party_of(entry.line.speaker)
        if party != "unknown" and entry.speaker is not None:
            named[party][where[entry.speaker]] += len(entry.line.text)
    if named["agent"]:
        return named["agent"].most_common(1)[0][0]
    if named["customer"] and len(voices.labels) == 2:
        customer = named["customer"].most_common(1)[0][0]
        return next(label for label in voices.labels if label != customer)
    return None


def _words_of(entry: _Timed, label: str | None, voices: _Voices) -> list[tuple[str, Word]]:
    """The words of one line, each with its label."""
    if entry.line.words and label is not None:
        return [(label, word) for word in entry.line.words]
    whole = label or _speaking(entry.span, voices)
    if entry.line.words:
        return [(_speaking(word.span, voices, otherwise=whole), word) for word in entry.line.words]
    return [(whole, word) for word in spread(entry.line.text, entry.span, voices.speech[whole])]


def _speaking(span: Span, voices: _Voices, otherwise: str | None = None) -> str:
    """The label whose speech overlaps most; a tie goes to `otherwise`; in silence the nearest speech decides."""
    overlaps_s = {label: index.overlap_s(span) for label, index in voices.speech.items()}
    most_s = max(overlaps_s.values())
    if most_s == 0.0:
        mid_s = (span.start_s + span.end_s) / 2
        distances_s = {label: index.distance_s(mid_s) for label, index in voices.speech.items()}
        return min(voices.labels, key=lambda label: (distances_s[label], label != otherwise))
    return max(voices.labels, key=lambda label: (overlaps_s[label], label == otherwise))


def spread(text: str, span: Span, speech: SpeechIndex) -> list[Word]:
    """The words of a line over the speech inside it (over the whole line when there is none), by their length."""
    words = text.split()
    stretches = speech.within(span) or [span]
    total_s, n_letters = sum(s.duration_s for s in stretches), sum(map(len, words))
    spread: list[Word] = []
    before = 0
    for word in words:
        start_s = _at(stretches, total_s * before / n_letters)
        before += len(word)
        end_s = _at(stretches, total_s * before / n_letters, at_end=True)
        spread.append(Word(word, Span(min(start_s, end_s), max(start_s, end_s)), time_is_estimated=True))
    return spread


def _at(stretches: Sequence[Span], spoken_s: float, *, at_end: bool = False) -> float:
    """Call time after `spoken_s` seconds of the stretches; on a border, the next one's start unless `at_end`."""
    for stretch in stretches:
        if spoken_s < stretch.duration_s or (at_end and spoken_s <= stretch.duration_s):
            return stretch.start_s + spoken_s
        spoken_s -= stretch.duration_s
    return stretches[-1].end_s


def _inside(word: Word, duration_s: float) -> Word | None:
    """The word cut to the call; None when its middle lies outside."""
    span = word.span
    if not 0.0 <= (span.start_s + span.end_s) / 2 <= duration_s:
        return None
    if span.start_s >= 0.0 and span.end_s <= duration_s:
        return word
    return replace(word, span=Span(max(0.0, span.start_s), min(duration_s, span.end_s)))
