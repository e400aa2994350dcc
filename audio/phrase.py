"""Delivery of one phrase: a few seconds of a voice against the same speaker's other speech in the call.

A phrase is compared with speech of its own size. Over two seconds the pitch moves less than over a whole call, so its
spread is held against stretches of the rest with as many voiced frames; its rate against pieces of the rest with three
quarters of its syllables or more, ten being always enough (short answers are slower by their length alone).
Everything is a ratio or a difference within one call: gain, the height of the voice and the telephone fall out of it.

Accuracy. A phrase of 9 to 16 syllables spliced into a synthetic voice (110 to 210 Hz, rate x 1.3, spread x 0.5, -4 dB;
9 voices), wideband, G.711 and AMR-NB alike: rate ratio off by 2 % in the mean and by one nucleus (9 %) at most, span
ratio by 4 % and 10 % (0.2 st like any spread), a change of level by 0.1 dB, a rising end always heard.
What is ordinary. 64 to 71 phrases of 1 to 5 s between pauses in natural speech (6 talkers): span ratio 0.55 to 1.95 for
eight of ten, rate ratio 0.75 to 1.21, loudness difference -3 to +2 dB. One phrase says little: under the ratio of 0.5
lie 6 % of ordinary phrases, 43 % of those flattened to a half, 85 % of those flattened to a quarter. The same phrase in
many calls says more (`audio.repetition`). `tests/bench/voice/repetition.py` prints all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import loudness, pitch, tempo
from audio.notes import Measure, Note
from audio.sheet import Sheet, short_of, under_snr
from audio.tempo import Stretch
from audio.timeline import FloatArray, FrameTrack, Span, Word, intersect, merge, total_s
from audio.voice import MINIMUM, VoiceTracks
from audio.word_tempo import SyllableSource, word_stretches

JOIN_S = 1.0
"""Stretches to compare with do not run over a silence (or over somebody else's words) longer than this."""
END_REACH_S = pitch.IPU_SILENCE_S
"""A phrase ends where the speech does when the two ends are this close: less than the silence that ends a unit."""

_EDGE_S = 1e-3
_HOP = 0.25
_ALIKE_SHARE = 0.75  # of the phrase's syllables: one nucleus more or less decides nothing


@dataclass(frozen=True)
class PhraseMinimum:
    """The least material: of the phrase, and of the speech it is held against. Our own."""

    speech_s: float = 1.0
    voiced_s: float = 0.5
    stretches: int = 4
    rest_s: float = 10.0
    endings: int = 5


LEAST = PhraseMinimum()


@dataclass(frozen=True)
class Reference:
    """What a phrase was held against: the speaker's other speech.

    speech_s    how much of it there is
    stretches   how many as long as the phrase it holds side by side; `spread_st`: median pitch spread of such stretches
    rate_per_s  articulation rate of the rest, counted as the phrase's is
    endings     how many of its units end on a pitch that can be read
    """

    speech_s: float
    stretches: int = 0
    spread_st: float | None = None
    rate_per_s: float | None = None
    endings: int = 0


@dataclass(frozen=True)
class PhraseDelivery:
    """One phrase in physical terms, beside what it was compared with.

    measures  the four of `measure_phrase`, each with its reason when there is no value
    contour   how the phrase ends: `rise`, `level` or `fall`; None when the speech goes on after it, or its pitch can't
              be read there
    """

    span: Span
    speech_s: float
    voiced_s: float
    spread_st: float | None
    rate_per_s: float | None
    contour: pitch.Contour | None
    measures: tuple[Measure, ...]
    reference: Reference


@dataclass(frozen=True, eq=False)
class Rest:
    """A speaker's other speech, read once and held against many phrases.

    runs_st   semitones (re 1 Hz) of its voiced frames, apart where a silence is longer than `JOIN_S`
    endings   of all the speaker's units; `ends`: how those of the rest end
    by_words  its pieces of phonation by the words; None where these can't be used
    """

    speech: tuple[Span, ...]
    runs_st: tuple[NDArray[np.float64], ...]
    level_db: float | None
    endings: tuple[pitch.Ending, ...]
    ends: Counter[str]
    by_nuclei: tuple[Stretch, ...]
    by_words: tuple[Stretch, ...] | None
    words: tuple[Word, ...]
    language: str | None


def read_rest(
    tracks: VoiceTracks, speech: Sequence[Span], *, words: Sequence[Word] | None = None, language: str | None = None
) -> Rest:
    """The speech (sorted, disjoint, nobody else speaking) that phrases outside of it are held against.

    `words`: all the speaker's words of the call, sorted, in `language`; rates come from them where these cover the
    speech and have times of their own.
    """
    own = tuple(intersect(merge(speech), tracks.speech))
    endings = tuple(pitch.endings(tracks.pitch, tracks.speech))
    timed = tuple(words or ())
    heard = tempo.stretches(own, tracks.nuclei_s)
    return Rest(
        speech=own,
        runs_st=_unbroken(tracks.pitch, own),
        level_db=_level_db(loudness.loud_frames_db(tracks.loudness, own)),
        endings=endings,
        ends=Counter(e.contour for e in endings if intersect(own, [Span(e.end_s - _EDGE_S, e.end_s)])),
        by_nuclei=tuple(heard),
        by_words=_by_words(own, tracks, timed, language),
        words=timed,
        language=language,
    )


def measure_phrase(
    tracks: VoiceTracks, span: Span, rest: Rest, *, source: str, snr_db: float | None = None
) -> PhraseDelivery:
    """The delivery of `span` (1 to 5 s, outside of `rest`), where its speaker speaks alone.

    phrase_span_ratio           standard deviation of the semitones / median of the same over stretches of the rest
                                with as many voiced frames; 0.5 s voiced, 4 stretches, SNR 20 dB. No unit.
    phrase_rate_ratio           syllables per second of speech / that of the rest, both from words or both from nuclei,
                                over pieces of the rest with 3/4 of its syllables (or 10); 10 s of them. No unit.
    phrase_loudness_difference  mean power of the sounding frames, phrase less rest; 10 s of rest, SNR 25 dB. Unit dB.
    phrase_final_contour        share of the rest's units that end as the phrase does; 5 endings, SNR 20 dB. Unit %.

    All need 1 s of speech in the phrase. `snr_db` None: unknown, no noise gate. No norm exists; what is ordinary stands
    at the head of this module.
    """
    speech = intersect(tracks.speech, [span])
    spread, rate = _spread(tracks, speech, rest), _rate(tracks, span, speech, rest)
    contour, unread = _contour(tracks, span, rest)
    level_db = _level_db(loudness.loud_frames_db(tracks.loudness, speech))
    sheet = Sheet(source, gates=True, spoken=bool(speech)).on(total_s(speech), "s")
    short = short_of("voice.phrase_short", total_s(speech), LEAST.speech_s)
    noise = under_snr(snr_db, MINIMUM.pitch_snr_db)
    by_pitch = sheet.by(tracks.tracker).on(spread.voiced_s, "s")
    by_pitch.add("phrase_span_ratio", _ratio(spread.own_st, spread.rest_st), "", noise, short, *_spread_needs(spread))
    sheet.by(rate.how).add(
        "phrase_rate_ratio", _ratio(rate.own_per_s, rate.rest_per_s), "", short, _rest_needs(rate.rest_s)
    )
    loud_needs = (under_snr(snr_db, MINIMUM.loudness_snr_db), short, _rest_needs(total_s(rest.speech)))
    sheet.add("phrase_loudness_difference", _difference(level_db, rest.level_db), "dB", *loud_needs)
    few_ends = short_of("voice.phrase_few_endings", rest.ends.total(), LEAST.endings)
    alike = 100 * rest.ends[contour] / max(rest.ends.total(), 1) if contour else None
    by_pitch.on(rest.ends.total(), "n").add("phrase_final_contour", alike, "%", noise, short, unread, few_ends)
    return PhraseDelivery(
        span=span,
        speech_s=total_s(speech),
        voiced_s=spread.voiced_s,
        spread_st=spread.own_st,
        rate_per_s=rate.own_per_s,
        contour=contour,
        measures=tuple(sheet.measures),
        reference=Reference(total_s(rest.speech), spread.stretches, spread.rest_st, rate.rest_per_s, rest.ends.total()),
    )


@dataclass(frozen=True)
class _Spread:
    """Pitch spread of the phrase, and the median over as long stretches of the rest."""

    voiced_s: float
    own_st: float | None
    stretches: int
    rest_st: float | None


def _spread(tracks: VoiceTracks, speech: Sequence[Span], rest: Rest) -> _Spread:
    f0 = pitch.voiced_hz(tracks.pitch, speech)
    n = sum(len(run) // max(len(f0), 1) for run in rest.runs_st)
    usual_st = usual_spread_st(rest.runs_st, len(f0))
    return _Spread(len(f0) * tracks.pitch.step_s, pitch.pitch_spread_st(f0), n, usual_st)


def _unbroken(track: FrameTrack, speech: Sequence[Span]) -> tuple[NDArray[np.float64], ...]:
    f0 = np.asarray(track.values, dtype=np.float64)
    voiced = np.flatnonzero(track.mask(speech) & np.isfinite(f0))
    breaks = np.flatnonzero(np.diff(voiced) * track.step_s > JOIN_S) + 1
    return tuple(np.split(12 * np.log2(f0[voiced]), breaks))


def usual_spread_st(runs_st: Sequence[NDArray[np.float64]], n_voiced: int) -> float | None:
    """Median standard deviation of stretches of `n_voiced` voiced frames inside the runs; None where none is as long.

    A stretch begins every quarter of its length: without overlap the median of twenty moves by a tenth with where they
    happen to be cut.

    `phrase_span_ratio` (no unit): Whether the pitch moves as widely in one phrase as in the speaker's other speech
    of the call; 1 is as widely, 0.5 half. Formula: pitch spread of the phrase / median pitch spread of stretches of
    the other speech with as many voiced frames, one every quarter of their length. A gesture is measured over its
    own words; one with under 1 s of speech, over the units between pauses that hold it, 5 s at most. The other
    speech leaves out all gestures where 20 s or more are left, else this one. Needs: 1 s of speech and 0.5 s voiced
    in the phrase; 4 stretches as long. Withheld without: signal-to-noise ratio of 20 dB. Source: our own; the number
    of stretches and their seconds are shown with it. Published figures: 64 ordinary phrases between pauses, 6
    speakers, English and French: 0.55 to 1.95 for eight of ten, median 1.1. Limits: One phrase says little. Under
    0.5 lie 6 of 100 ordinary ones, 43 of 100 whose pitch was flattened to a half, 85 of 100 flattened to a quarter.
    In a call that is flat throughout, every phrase is as wide as the rest.
    """
    hop = max(1, round(n_voiced * _HOP))
    views = (np.lib.stride_tricks.sliding_window_view(r, n_voiced)[::hop] for r in runs_st if len(r) >= n_voiced > 1)
    spreads = [view.std(axis=1) for view in views]
    return float(np.median(np.concatenate(spreads))) if spreads else None


def _spread_needs(spread: _Spread) -> tuple[Note | None, Note | None]:
    return (
        short_of("voice.phrase_little_voiced", spread.voiced_s, LEAST.voiced_s),
        short_of("voice.phrase_few_stretches", spread.stretches, LEAST.stretches),
    )


def _rest_needs(rest_s: float) -> Note | None:
    return short_of("voice.phrase_little_rest", rest_s, LEAST.rest_s)


@dataclass(frozen=True)
class _Rate:
    """Articulation rate of the phrase and of the rest, both counted the same way."""

    how: SyllableSource
    own_per_s: float | None
    rest_per_s: float | None
    rest_s: float


def _rate(tracks: VoiceTracks, span: Span, speech: Sequence[Span], rest: Rest) -> _Rate:
    """Words when both sides have them, else nuclei.

    `phrase_rate_ratio` (no unit): Whether one phrase goes at the pace of the speaker's other speech of the call; 1
    is the same pace, 1.3 is 30 % faster. Formula: articulation rate of the phrase / that of the other speech, over
    pieces with three quarters of the phrase's syllables or more (10 are always enough). Both sides counted from the
    words, or both from the signal; times spread over a line of a transcript count as no words. Needs: 1 s of speech
    in the phrase; 10 s of such pieces. Withheld without: nothing else; the source says whether syllables come from
    the words or from the signal. Source: the template shortening of repeated words, Lam & Watson 2010; Baker &
    Bradlow 2009. Published figures: 68 ordinary phrases between pauses, 6 speakers: 0.75 to 1.21 for eight of ten,
    median 1.0. Limits: Names and numbers are slower, closing words faster, whatever the speaker intends.
    """
    heard = tempo.stretches(speech, tracks.nuclei_s)
    said = _by_words(speech, tracks, _words_near(rest, span), rest.language)
    if said is not None and rest.by_words is not None:
        return _compared_rate("words", said, rest.by_words)
    return _compared_rate("nuclei", heard, rest.by_nuclei)


def _compared_rate(how: SyllableSource, own: Sequence[Stretch], others: Sequence[Stretch]) -> _Rate:
    least = min(tempo.STRETCH_SYLLABLES, _ALIKE_SHARE * sum(p.syllables for p in own))
    alike = [p for p in others if p.syllables >= least]
    per_s = tempo.articulation_rate_per_s(own) or None  # no syllable at all is no rate
    return _Rate(how, per_s, tempo.articulation_rate_per_s(alike) or None, sum(p.duration_s for p in alike))


def _by_words(
    speech: Sequence[Span], tracks: VoiceTracks, words: Sequence[Word], language: str | None
) -> tuple[Stretch, ...] | None:
    """Pieces with the syllables of their words. Times spread over a line say nothing about a part of it: None."""
    if any(w.time_is_estimated for w in words):
        return None
    counted = word_stretches(speech, tracks.nuclei_s, words, language)
    return None if isinstance(counted, Note) else tuple(counted)


def _words_near(rest: Rest, span: Span) -> tuple[Word, ...]:
    return tuple(w for w in rest.words if w.span.start_s < span.end_s and w.span.end_s > span.start_s)


def _contour(tracks: VoiceTracks, span: Span, rest: Rest) -> tuple[pitch.Contour | None, Note | None]:
    """How the unit ends that the phrase ends with, or why that can't be told.

    `phrase_final_contour` (%): How the pitch ends in one phrase (rise, level, fall), and how many of the speaker's
    other units in the call end the same way. Formula: contour of the end of the unit that the phrase ends with, as
    for the entropy of endings; share of the other units with the same contour. Needs: 1 s of speech in the phrase,
    which ends where the speech does; 5 other ends whose pitch can be read. Withheld without: signal-to-noise ratio
    of 20 dB. Source: threshold of audible movement, Mertens. Published figures: none. Limits: Says what is usual in
    this call, not what is right. Questions and lists end as they must.
    """
    near = [e for e in rest.endings if abs(e.end_s - span.end_s) <= END_REACH_S]
    if near:
        return min(near, key=lambda e: abs(e.end_s - span.end_s)).contour, None
    after = Span(span.end_s + END_REACH_S / 2, span.end_s + END_REACH_S)
    return None, Note("voice.phrase_goes_on" if intersect(tracks.speech, [after]) else "voice.phrase_no_ending")


def _level_db(frames_db: FloatArray) -> float | None:
    """Mean power of the sounding frames: noise moves it less than it moves the mean of their decibels.

    `phrase_loudness_difference` (dB): How much louder (above 0) or softer one phrase is than the speaker's other
    speech of the call. Formula: mean power of the sounding frames of the phrase less that of the other speech;
    frames within 25 dB of their 95th percentile, 300-3400 Hz. Needs: 1 s of speech in the phrase; 10 s of other
    speech. Withheld without: signal-to-noise ratio of 25 dB. Source: our own. Published figures: 71 ordinary phrases
    between pauses, 6 speakers: -3 to +2 dB for eight of ten. Limits: Automatic gain control takes it away; moving
    from the microphone looks the same. The vowels of the phrase alone are worth half a decibel.
    """
    power = np.power(10.0, np.asarray(frames_db, dtype=np.float64) / 10)
    return float(10 * np.log10(power.mean())) if len(power) else None


def _ratio(own: float | None, rest: float | None) -> float | None:
    return own / rest if own is not None and rest else None


def _difference(own: float | None, rest: float | None) -> float | None:
    return None if own is None or rest is None else own - rest
