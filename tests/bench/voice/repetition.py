"""Repetition: the delivery of one phrase, and one phrase compared with itself.

spliced   a phrase of known rate (x 1.3), spread (x 0.5) and rising end in a synthetic voice (`tests.audio.spliced`):
          error of the ratios, % of the truth; loudness in dB against the same phrase at the level of the rest
chance    what always answering "as the rest" would be off by
people    phrases of 1 to 5 s between pauses of recorded talkers, each against the rest of its recording: how many would
          be called flatter or faster (`service.scoring.delivery`) though nobody made them so, and how many of the same
          phrases are once their excursions are scaled by 0.5 and 0.25; the width of what is ordinary
same      the same phrases, wideband against each line: median and lowest tenth of the contour's r, median RMSE and r of
          the rhythm, share that could be laid over each other; chance: different phrases of one talker
spoken    sentences by espeak-ng, two voices a language: at other speeds, with a narrower or wider pitch, higher or
          lower; chance: the contour of the neighbouring sentence, cut to as many syllables, on the timing of this one
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audio.phrase import PhraseDelivery, measure_phrase, read_rest
from audio.repetition import Likeness, likeness
from audio.signature import Signature, sign_phrase
from audio.timeline import Span, merge, subtract, total_s
from audio.voice import VoiceTracks, track_voice
from service.demo.speak import RATE_HZ as SPOKEN_HZ
from service.demo.speak import VoiceStyle, available, speak
from service.scoring.delivery import FASTER_THAN, FLATTER_THAN
from tests.audio.signals import RATE_HZ, as_channel, repitched
from tests.audio.spliced import Splice, spliced
from tests.bench.voice.lines import LINES, Heard, Line, Samples
from tests.bench.voice.people import recordings, tracker
from tests.bench.voice.pitch_sounds import CALLS
from tests.bench.voice.rows import Row
from tests.bench.voice.spoken import sentences

SPLICES = tuple(
    Splice(seed=i, median_hz=hz, syllables=n)
    for i, (hz, n) in enumerate(itertools.product((110, 150, 210), (9, 12, 16)))
)
FACTORS = (0.5, 0.25)
LONG_ENOUGH_S, LONGEST_S, LEAST_REST_S = 1.0, 5.0, 12.0
STYLES = {"fr": ("fr+m3", "fr+f2"), "en": ("en+m3", "en+f2")}
N_SENTENCES = 6


SPLICED_ON, SAME_ON = ("wideband", "mu_law", "amr_12k"), ("mu_law", "amr_12k", "amr_4k75", "opus_12k", "noise_20db")


def _tracks(heard: Heard, speech: Sequence[Span]) -> VoiceTracks:
    return track_voice(as_channel(*heard), speech, tracker(), others=())


def _against_rest(tracks: VoiceTracks, phrase: Span, speech: Sequence[Span]) -> PhraseDelivery:
    return measure_phrase(tracks, phrase, read_rest(tracks, subtract(speech, [phrase])), source="bench")


def _value(found: PhraseDelivery, name: str) -> float:
    return next(np.nan if m.value is None else m.value for m in found.measures if m.name == f"phrase_{name}")


def rows() -> list[Row]:
    """Every row of this part."""
    return [*_spliced_rows(), *_people_rows(), *_spoken_rows()]


# -- known ratios ------------------------------------------------------------------------------------------------------


def _spliced_rows() -> Iterator[Row]:
    for name in SPLICED_ON:
        found = np.array([_off(splice, LINES[name]) for splice in SPLICES])
        n = len(found)
        for i, what in enumerate(("rate", "span")):
            chance = 100 * abs(1 / (SPLICES[0].rate, SPLICES[0].spread)[i] - 1)
            yield Row("repetition", f"{what}_error_mean", name, float(found[:, i].mean()), "%", n, chance)
            yield Row("repetition", f"{what}_error_worst", name, float(found[:, i].max()), "%", n, chance)
        yield Row("repetition", "loudness_error_mean", name, float(found[:, 2].mean()), "dB", n, -SPLICES[0].level_db)
        yield Row("repetition", "rising_end_heard", name, 100 * float(found[:, 3].mean()), "%", n, 100 / 3)


def _off(splice: Splice, line: Line) -> tuple[float, float, float, bool]:
    """Errors of rate and span in %, of loudness in dB, and whether the end was heard to rise."""
    made, level = spliced(splice), spliced(replace(splice, level_db=0.0))
    found, usual = (_against_rest(_tracks(line(m.samples), m.speech), m.phrase, m.speech) for m in (made, level))
    louder_db = _value(found, "loudness_difference") - _value(usual, "loudness_difference")
    return (
        100 * abs(_value(found, "rate_ratio") / splice.rate - 1),
        100 * abs(_value(found, "span_ratio") / made.span_ratio - 1),
        abs(louder_db - splice.level_db),
        found.contour == "rise",
    )


# -- recorded people ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Talker:
    """A recording of one talker: where they speak, and their phrases of 1 to 5 s between pauses."""

    samples: Samples
    speech: tuple[Span, ...]

    @property
    def phrases(self) -> list[Span]:
        return [u for u in merge(self.speech, max_gap_s=0.2) if LONG_ENOUGH_S <= u.duration_s <= LONGEST_S]


def talkers() -> list[Talker]:
    """Everybody in the shared recordings with 12 s of speech or more; nobody where the folder is absent."""
    if not CALLS.is_dir():
        return []
    return [Talker(samples, tuple(spans)) for _, samples, spans in recordings() if total_s(spans) >= LEAST_REST_S]


def _people_rows() -> Iterator[Row]:
    known = talkers()
    if not known:
        yield Row("repetition", "called_flat_or_fast", "people", None, "%", 0, why="no recordings")
        return
    tracks = [_tracks((t.samples, RATE_HZ), t.speech) for t in known]
    yield from _ordinary_rows(known, tracks)
    yield from _same_rows(known, tracks)


def _ordinary_rows(known: Sequence[Talker], tracks: Sequence[VoiceTracks]) -> Iterator[Row]:
    found = [_against_rest(tr, p, t.speech) for t, tr in zip(known, tracks, strict=True) for p in t.phrases]
    span, rate, loudness = (
        _known(_value(f, name) for f in found) for name in ("span_ratio", "rate_ratio", "loudness_difference")
    )
    flat, fast = 100 * float(np.mean(span < FLATTER_THAN)), 100 * float(np.mean(rate > FASTER_THAN))
    yield Row("repetition", "called_flat", "people", flat, "%", len(span))
    yield Row("repetition", "called_fast", "people", fast, "%", len(rate))
    either = [_value(f, "span_ratio") < FLATTER_THAN or _value(f, "rate_ratio") > FASTER_THAN for f in found]
    yield Row("repetition", "called_flat_or_fast", "people", 100 * float(np.mean(either)), "%", len(either))
    for factor in FACTORS:
        ratios = np.concatenate([_flattened(t, tr, factor) for t, tr in zip(known, tracks, strict=True)])
        share = 100 * float(np.mean(ratios < FLATTER_THAN))
        yield Row("repetition", "flattened_found", f"people_{factor:g}", share, "%", len(ratios), flat)
    for what, values, unit in (("span_ratio", span, ""), ("rate_ratio", rate, ""), ("loudness", loudness, "dB")):
        for share in (10, 50, 90):
            yield Row(
                "repetition", f"{what}_p{share}", "people", float(np.percentile(values, share)), unit, len(values)
            )
    usual = _known(np.nan if f.reference.spread_st is None else f.reference.spread_st for f in found)
    yield Row("repetition", "reference_st_p10", "people", float(np.percentile(usual, 10)), "st", len(usual))


def _flattened(talker: Talker, tracks: VoiceTracks, factor: float) -> NDArray[np.float64]:
    """Span ratios of every second phrase with its excursions scaled, the others left as the rest."""
    f0 = np.asarray(tracks.pitch.values, dtype=np.float64)
    flat = repitched(talker.samples, f0, tracks.pitch.step_s, flatten=factor)
    phrases = talker.phrases[::2]
    samples = talker.samples.copy()
    for phrase in phrases:
        a, b = (int(t * RATE_HZ) for t in (phrase.start_s, phrase.end_s))
        samples[a:b] = flat[a:b]
    changed = _tracks((samples, RATE_HZ), talker.speech)
    rest = read_rest(changed, subtract(talker.speech, phrases))
    return _known(_value(measure_phrase(changed, p, rest, source="bench"), "span_ratio") for p in phrases)


def _known(values: Iterator[float]) -> NDArray[np.float64]:
    found = np.array(list(values), dtype=np.float64)
    return found[np.isfinite(found)]


# -- one phrase and itself ---------------------------------------------------------------------------------------------


Signed = list[Signature | None]


def _signed(tracks: VoiceTracks, phrases: Sequence[Span]) -> Signed:
    return [sign_phrase(tracks, phrase, key="phrase") for phrase in phrases]


def _same_rows(known: Sequence[Talker], tracks: Sequence[VoiceTracks]) -> Iterator[Row]:
    wide = [_signed(tr, t.phrases) for t, tr in zip(known, tracks, strict=True)]
    luck = [_alike(a, b) for signed in wide for a, b in itertools.combinations(signed, 2)]
    for name in SAME_ON:
        other = [_signed(_tracks(LINES[name](t.samples), t.speech), t.phrases) for t in known]
        pairs = [(a, b) for w, o in zip(wide, other, strict=True) for a, b in zip(w, o, strict=True) if a and b]
        yield from _likeness_rows("same", name, [_alike(a, b) for a, b in pairs], luck)


def _alike(a: Signature | None, b: Signature | None) -> Likeness | None:
    return None if a is None or b is None else likeness(a, b)


def _likeness_rows(
    what: str, on: str, found: Sequence[Likeness | None], luck: Sequence[Likeness | None]
) -> Iterator[Row]:
    (r, rmse_st, rhythm), (luck_r, luck_rmse, luck_rhythm) = _figures(found), _figures(luck)
    n = len(rmse_st)
    share, luck_share = (
        100 * len(f[1]) / max(len(all_), 1) for f, all_ in ((_figures(found), found), (_figures(luck), luck))
    )
    timed = what == "same"  # by luck: the others lie on the timing of the sentence itself
    yield Row("repetition", f"{what}_laid_over", on, share, "%", len(found), luck_share if timed else None)
    yield Row("repetition", f"{what}_r_median", on, float(np.median(r)), "r", n, float(np.median(luck_r)))
    yield Row("repetition", f"{what}_r_p10", on, float(np.percentile(r, 10)), "r", n, float(np.percentile(luck_r, 10)))
    yield Row("repetition", f"{what}_rmse_median", on, float(np.median(rmse_st)), "st", n, float(np.median(luck_rmse)))
    by_luck = float(np.median(luck_rhythm)) if timed else None
    yield Row("repetition", f"{what}_rhythm_median", on, float(np.median(rhythm)), "r", n, by_luck)


def _figures(found: Sequence[Likeness | None]) -> tuple[NDArray[np.float64], ...]:
    """Contour r, RMSE and rhythm r of those that could be laid over each other."""
    laid = [x for x in found if x is not None]
    columns = ([x.contour_r for x in laid], [x.rmse_st for x in laid], [x.rhythm_r for x in laid])
    return tuple(_known(np.nan if v is None else v for v in column) for column in columns)


def _spoken_rows() -> Iterator[Row]:
    if not available():
        yield Row("repetition", "spoken_r_median", "other_speed", None, "r", 0, why="no espeak-ng")
        return
    texts = [(v, text) for lang in STYLES for v in STYLES[lang] for text in sentences(lang)[:N_SENTENCES]]
    usual = [_said(text, VoiceStyle(v)) for v, text in texts]
    luck = [_cut_alike(a, b) for a, b in itertools.pairwise(usual)]
    for on, styles in (
        ("other_speed", [{"words_per_min": w} for w in (145, 200)]),
        ("other_range", [{"pitch_range_percent": p} for p in (50, 150)]),
        ("other_height", [{"pitch": p} for p in (25, 75)]),
    ):
        again = [
            (a, _said(text, replace(VoiceStyle(v), **s)))
            for a, (v, text) in zip(usual, texts, strict=True)
            for s in styles
        ]
        yield from _likeness_rows("spoken", on, [_alike(a, b) for a, b in again], luck)


def _said(text: str, style: VoiceStyle) -> Signature | None:
    gap = np.zeros(SPOKEN_HZ // 2, np.float32)
    line = speak(text, style)
    span = Span(0.5, 0.5 + len(line) / SPOKEN_HZ)
    samples = np.concatenate((gap, line, gap))
    return sign_phrase(_tracks((samples, SPOKEN_HZ), [span]), span, key="phrase")


def _cut_alike(a: Signature | None, b: Signature | None) -> Likeness | None:
    """Two different sentences, the longer cut to the syllables of the shorter, on the timing of the first."""
    if a is None or b is None:
        return None
    n = min(a.syllables, b.syllables)
    return likeness(
        Signature("phrase", a.st[:n], a.ln_gaps[: n - 1]), Signature("phrase", b.st[:n], a.ln_gaps[: n - 1])
    )
