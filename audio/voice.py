"""One party's voice: its tracks, its measures with their gates, and the delivery of one turn.

Everything is measured in the common band (`audio.band`), on speech while nobody else speaks: the caller passes
spans from which overlapped speech has been taken out. Values describe sound, in physical units; nothing here says
what anyone feels. Formulas, norms and their populations stand with each function in `audio.pitch`,
`audio.loudness` and `audio.tempo`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audio import loudness, nuclei, pitch, tempo
from audio.band import WORK_RATE_HZ, BandBlock, band_blocks, speech_level, with_low_end
from audio.notes import Measure, Note
from audio.recording import Channel
from audio.sheet import Sheet, short_of, under_snr
from audio.timeline import FloatArray, FrameTrack, Span, Word, intersect, merge, total_s
from audio.word_tempo import count_stretches, count_words

_TRACKED_LEVEL = 0.2  # loud frames of every channel reach the pitch tracker at this RMS


class Tracker(Protocol):
    """What `track_voice` needs of a pitch tracker (`models.protocols.PitchTracker` is one)."""

    name: str

    def track(self, samples: NDArray[np.float32], rate_hz: int, *, first_s: float = 0.0) -> pitch.PitchTrack:
        """F0 in Hz of a block, NaN where unvoiced, with its confidence."""
        ...


@dataclass(frozen=True, eq=False)
class VoiceTracks:
    """One voice, frame by frame, over a whole channel; NaN outside the speech it was tracked on.

    pitch     Hz, step 16 ms, NaN where unvoiced
    loudness  dB against the voice's own loud level, step 10 ms
    nuclei_s  times of syllable nuclei, call seconds
    speech    where it was tracked: sorted, disjoint, gaps under 250 ms closed
    others    when somebody else speaks; None when the caller did not say (then pauses are not told from turns)
    tracker   the pitch model and its revision
    """

    pitch: FrameTrack
    loudness: FrameTrack
    nuclei_s: NDArray[np.float64]
    speech: tuple[Span, ...] = ()
    others: tuple[Span, ...] | None = None
    tracker: str = ""


@dataclass(frozen=True)
class VoiceMinimum:
    """The least material each measure needs, and the noise it stands (measures.md 1.1, 2.1, 3; else our own)."""

    voiced_s: float = 20.0
    flat_windows: int = 5
    endings: int = 15
    rated_s: float = 10.0
    cv_stretches: int = 8
    rush_stretches: int = 10
    npvi_s: float = 60.0
    loud_s: float = 20.0
    pauses: int = 10
    paused_s: float = 20.0
    words: int = 50
    pitch_snr_db: float = 20.0
    loudness_snr_db: float = 25.0
    turn_voiced_s: float = 0.5
    turn_phonation_s: float = 1.0


MINIMUM = VoiceMinimum()


@dataclass(frozen=True)
class TurnDelivery:
    """One turn's voice, in physical terms; None where the turn is too short for it.

    pitch_spread_st is taken against the turn's own median; the rate counts nuclei of the signal.
    """

    voiced_s: float
    pitch_spread_st: float | None = None
    loudness_spread_db: float | None = None
    articulation_rate_per_s: float | None = None


def track_voice(
    channel: Channel, spans: Sequence[Span], tracker: Tracker, *, others: Sequence[Span] | None = None
) -> VoiceTracks:
    """Pitch, loudness and nuclei of the channel's `spans` (sorted, disjoint, nobody else speaking in them).

    Runs over bounded blocks with context: block edges move nothing, and memory stays under 100 MB for any length.
    `others`: when anybody else speaks, so that a silence which holds their reply is not taken for a pause.
    """
    speech = [s for piece in tempo.phonation(spans) if (s := piece.overlap(channel.span)) is not None]
    pitch_hz = _empty(channel, pitch.PITCH_STEP_S, -pitch.PITCH_STEP_S / 2, "Hz")
    confidence = _empty(channel, pitch.PITCH_STEP_S, -pitch.PITCH_STEP_S / 2, "p")
    level_db = _empty(channel, loudness.LOUDNESS_STEP_S, 0.0, "dB")
    sonority_db = _empty(channel, loudness.LOUDNESS_STEP_S, 0.0, "dB")
    gain = _gain(speech_level(channel, speech))
    for block in band_blocks(channel, speech):
        sound = (gain * with_low_end(block.analytic)).astype(np.float32)
        found = tracker.track(sound, WORK_RATE_HZ, first_s=block.first_s)
        kept = pitch.block_frames(found, block)
        _put(pitch_hz, found.values[kept], block)
        _put(confidence, found.confidence[kept], block)
        _put(level_db, loudness.block_loudness_db(block), block)
        _put(sonority_db, nuclei.block_sonority_db(block), block)
    f0 = pitch.fold_octaves(_only(pitch_hz, speech), confidence.values)
    nuclei_s = nuclei.find_nuclei(_relative(sonority_db, speech), f0)
    heard = None if others is None else tuple(others)
    return VoiceTracks(f0, _relative(level_db, speech), nuclei_s, tuple(speech), heard, tracker.name)


def _relative(level_db: FrameTrack, speech: Sequence[Span]) -> FrameTrack:
    """Inside the speech only, against its own loud level."""
    inside = _only(level_db, speech)
    return FrameTrack(loudness.relative_db(inside.values), inside.first_s, inside.step_s, inside.unit)


def _gain(level: float) -> float:
    return _TRACKED_LEVEL / level if level > 0 else 1.0


def _empty(channel: Channel, step_s: float, offset_s: float, unit: str) -> FrameTrack:
    n_frames = int(channel.span.duration_s / step_s) + 1
    return FrameTrack(np.full(n_frames, np.nan, dtype=np.float32), channel.start_s + offset_s, step_s, unit)


def _put(track: FrameTrack, values: FloatArray, block: BandBlock) -> None:
    """Write a block's frames at their place (the only moment a track is changed)."""
    first = max(0, round((block.keep.start_s - track.first_s) / track.step_s - 0.5 + 1e-9))
    n = min(len(values), len(track.values) - first)
    track.values[first : first + n] = values[:n]


def _only(track: FrameTrack, spans: Sequence[Span]) -> FrameTrack:
    values = np.where(track.mask(spans), track.values, np.nan)
    return FrameTrack(values.astype(np.float32), track.first_s, track.step_s, track.unit)


def measure_voice(
    tracks: VoiceTracks,
    speech: Sequence[Span],
    *,
    source: str,
    snr_db: float | None = None,
    words: Sequence[Word] | None = None,
    language: str | None = None,
    gates: bool = True,
) -> list[Measure]:
    """Every measure of one voice over `speech` (sorted, disjoint, without overlapped speech).

    Under its minimum (`VoiceMinimum`) a measure has no value and says why; with `gates` False it has the value as well,
    marked `below_gate`. `snr_db` None: unknown, no noise gate. Rates come from `words` in `language` (`fr`, `en`) when
    these cover the speech, else from the signal; each value's source says which.
    """
    sheet = Sheet(source, gates, bool(speech))
    _pitch_measures(sheet, tracks, speech, snr_db)
    _loudness_measures(sheet, tracks, speech, snr_db)
    _rate_measures(sheet, tracks, speech, words, language)
    _rhythm_and_pauses(sheet, tracks, speech)
    return sheet.measures


def _pitch_measures(sheet: Sheet, tracks: VoiceTracks, speech: Sequence[Span], snr_db: float | None) -> None:
    f0 = pitch.voiced_hz(tracks.pitch, speech)
    windows = pitch.speech_windows(tracks.pitch, speech)
    endings = pitch.final_contours(tracks.pitch, speech)
    voiced_s, noise = len(f0) * tracks.pitch.step_s, under_snr(snr_db, MINIMUM.pitch_snr_db)
    needs = (noise, short_of("voice.too_little_voiced", voiced_s, MINIMUM.voiced_s))
    few_windows = short_of("voice.too_few_windows", len(windows), MINIMUM.flat_windows)
    few_endings = short_of("voice.too_few_endings", len(endings), MINIMUM.endings)
    voiced = sheet.by(tracks.tracker).on(voiced_s, "s")
    voiced.add("pitch_spread", pitch.pitch_spread_st(f0), "st", *needs)
    voiced.add("pitch_range", pitch.pitch_range_st(f0), "st", *needs)
    voiced.add("pitch_movement", pitch.movement_st_per_s(tracks.pitch, speech), "st/s", *needs)
    voiced.add("pdq", pitch.pitch_dynamism(windows), "", *needs)
    by_window = voiced.on(len(windows), "n")
    by_window.add("flat_windows", pitch.flat_windows_percent(windows), "%", *needs, few_windows)
    by_ending = voiced.on(len(endings), "n")
    by_ending.add("final_contour_entropy", pitch.contour_entropy_bits(endings), "bit", noise, few_endings)


def _loudness_measures(sheet: Sheet, tracks: VoiceTracks, speech: Sequence[Span], snr_db: float | None) -> None:
    frames = loudness.loud_frames_db(tracks.loudness, speech)
    loud_s = len(frames) * tracks.loudness.step_s
    needs = (
        under_snr(snr_db, MINIMUM.loudness_snr_db),
        short_of("voice.too_little_speech", loud_s, MINIMUM.loud_s),
    )
    sheet.on(loud_s, "s").add("loudness_spread", loudness.loudness_spread_db(frames), "dB", *needs)


def _rate_measures(
    sheet: Sheet, tracks: VoiceTracks, speech: Sequence[Span], words: Sequence[Word] | None, language: str | None
) -> None:
    counted = count_stretches(speech, tracks.nuclei_s, words, language)
    rated = tempo.long_enough(counted.pieces)
    rated_s, n = sum(p.duration_s for p in rated), len(rated)
    few_s = short_of("voice.too_little_fluent", rated_s, MINIMUM.rated_s)
    rate = tempo.articulation_rate_per_s(rated)
    outside = tempo.unusual_rate(rate, rated_s, language) if counted.how == "words" else None
    by = sheet.by(counted.how)
    by.on(rated_s, "s").add("articulation_rate", rate, "syll/s", few_s, beware=outside)
    by_stretch = by.on(n, "n")
    few = (short_of("voice.too_few_stretches", n, least) for least in (MINIMUM.cv_stretches, MINIMUM.rush_stretches))
    by_stretch.add("rate_cv", tempo.rate_cv(rated), "", next(few))
    by_stretch.add("rush", tempo.rush_ratio(rated), "", next(few))
    _word_measures(sheet, tracks, speech, count_words(speech, words or (), language), counted.missing)


def _word_measures(
    sheet: Sheet, tracks: VoiceTracks, speech: Sequence[Span], words: tuple[int, int], missing: Note | None
) -> None:
    """Words per minute of talk and hesitations per 100 words: from words or not at all."""
    n_words, n_filled = words
    talk_s = total_s(tempo.phonation(speech)) + float(_pauses_s(tracks, speech).sum())
    by = sheet.by("words").on(n_words, "n")
    few = short_of("voice.too_few_words", n_words, MINIMUM.words)
    by.add("wpm", 60 * n_words / talk_s if talk_s > 0 else None, "words/min", missing, few)
    by.add("filled_pauses", 100 * n_filled / n_words if n_words else None, "/100 words", missing, few)


def _rhythm_and_pauses(sheet: Sheet, tracks: VoiceTracks, speech: Sequence[Span]) -> None:
    phonation_s = total_s(tempo.phonation(speech))
    rhythm = tempo.npvi(tempo.nucleus_intervals_s(speech, tracks.nuclei_s))
    few_s = short_of("voice.too_little_speech", phonation_s, MINIMUM.npvi_s)
    sheet.by("nuclei").on(phonation_s, "s").add("syllable_npvi", rhythm, "", few_s)
    pauses_s = _pauses_s(tracks, speech)
    n = len(pauses_s)
    needs = (_others_unknown(tracks), short_of("voice.too_few_pauses", n, MINIMUM.pauses))
    by_pause = sheet.on(n, "n")
    by_pause.add("pause_median", float(np.median(pauses_s)) if n else None, "s", *needs)
    by_pause.add("pause_sd", float(np.std(pauses_s)) if n > 1 else None, "s", *needs)
    share = 100 * pauses_s.sum() / (pauses_s.sum() + phonation_s) if phonation_s > 0 else None
    little = short_of("voice.too_little_speech", phonation_s, MINIMUM.paused_s)
    sheet.on(phonation_s, "s").add("pause_share", share, "%", needs[0], little)


def _pauses_s(tracks: VoiceTracks, speech: Sequence[Span]) -> NDArray[np.float64]:
    return tempo.internal_pauses_s(speech, merge(tracks.others or ()))


def _others_unknown(tracks: VoiceTracks) -> Note | None:
    return Note("voice.others_unknown") if tracks.others is None else None


def measure_turn(tracks: VoiceTracks, span: Span) -> TurnDelivery:
    """The voice inside one turn, where its speaker speaks alone. None under half a second voiced, or one of speech."""
    speech = intersect(tracks.speech, [span])
    f0 = pitch.voiced_hz(tracks.pitch, speech)
    voiced_s, phonation_s = len(f0) * tracks.pitch.step_s, total_s(speech)
    syllables = sum(tempo.count_inside(tracks.nuclei_s, speech))
    enough = phonation_s >= MINIMUM.turn_phonation_s
    return TurnDelivery(
        voiced_s=voiced_s,
        pitch_spread_st=pitch.pitch_spread_st(f0) if voiced_s >= MINIMUM.turn_voiced_s else None,
        loudness_spread_db=(
            loudness.loudness_spread_db(loudness.loud_frames_db(tracks.loudness, speech)) if enough else None
        ),
        articulation_rate_per_s=syllables / phonation_s if enough and syllables else None,
    )
