"""How far a channel can be trusted: signal-to-noise ratio, clipping, band, cross-talk, drop-outs.

Later measures honour these: under 20 dB of SNR pitch is withheld, under 25 dB the spread of loudness.
Cross-talk is measured in `audio.crosstalk` and, where a detector took it for speech, removed by `audio.leak`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.crosstalk import ONE_CHANNEL, Crosstalk
from audio.leak import remove_leak
from audio.levels import Levels, measure_levels
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, frame_mask, merge, total_s

__all__ = ["ChannelQuality", "find_band_edge_hz", "find_dropout_s", "find_snr_db", "measure_quality", "remove_leak"]

SNR_CAP_DB = 60.0
"""Nothing above is claimed: 16-bit telephony with a room around it does not reach it, synthetic sound may."""
LOW_SNR_DB = 20.0
MANY_CLIPPED_SHARE = 0.001
MANY_DROPOUTS_SHARE = 0.005
LEAST_SPEECH_S = 1.0
_LEAST_NOISE_S = 0.5
_AROUND_SPEECH_S = 0.2
_NOISE_PERCENTILE = 25
_DIP_PERCENTILE = 5
EDGE_UNDER_DB = 45.0
_EDGE_BAND_HZ = (300.0, 3000.0)
_FFT_S = 0.064
_SPECTRUM_S = 60.0
_PIECE_S = 30.0
DROPOUT_S = (0.01, 0.3)
_DROPOUT_RIM_S = 0.005
_DROPOUT_RIM_DB = -20.0
_CONSTANT = 1e-5


@dataclass(frozen=True)
class ChannelQuality:
    """What a channel is worth.

    snr_db         level of speech over the noise around it, at most SNR_CAP_DB; None: too little speech (`reason`)
    clipped_share  of the native samples, 0 to 1
    band_edge_hz   highest frequency the speech reaches; None without speech
    dropout_s      summed length of the holes cut into speech
    crosstalk_db   level of the other party on this channel re their own one, dB (-30: 30 dB under it); None when
                   nothing leaks or on mono (`crosstalk_reason` says which)
    echo_correlation  how alike the channels are where only the other party speaks, 0 to 1; None as above on mono
    notes          warnings past the gates, for the reader
    """

    snr_db: float | None
    clipped_share: float
    band_edge_hz: float | None
    dropout_s: float
    speech_s: float
    crosstalk_db: float | None = None
    echo_correlation: float | None = None
    reason: Note | None = None
    crosstalk_reason: Note | None = None
    notes: tuple[Note, ...] = ()


def measure_quality(
    channel: Channel, speech: Sequence[Span], crosstalk: Crosstalk = ONE_CHANNEL, *, apart: Sequence[Span] = ()
) -> ChannelQuality:
    """All quality measures of one channel; `speech`: its tight speech regions, sorted and disjoint.

    `crosstalk`: from `audio.crosstalk`, which needs the other channel too. `apart`: what is neither this speech nor
    noise: music, tones, and on one channel for both the other's speech.

    `clipped_share` (%): How much of the channel's sound hit the ceiling of the recorder. Formula: samples at the top
    of the format (0.98 of full scale) / samples of the channel. Needs: any sound. Withheld without: nothing else;
    over 0.1 % there is a warning. Source: our own. Published figures: none. Limits: Sound clipped before it was
    recorded lower is not seen.
    """
    speech_s = total_s(speech)
    snr_db = find_snr_db(measure_levels(channel), speech, apart)
    dropout_s = find_dropout_s(channel, speech)
    reason = None
    if snr_db is None:
        reason = Note("sound.too_little_speech", {"speech_s": float(speech_s), "least_s": LEAST_SPEECH_S})
    return ChannelQuality(
        snr_db=snr_db,
        clipped_share=channel.clipped_share,
        band_edge_hz=find_band_edge_hz(channel, speech),
        dropout_s=dropout_s,
        speech_s=speech_s,
        crosstalk_db=crosstalk.level_db,
        echo_correlation=crosstalk.likeness,
        reason=reason,
        crosstalk_reason=crosstalk.reason,
        notes=tuple(_warnings(channel, snr_db, dropout_s, speech_s)),
    )


def _warnings(channel: Channel, snr_db: float | None, dropout_s: float, speech_s: float) -> Iterator[Note]:
    number = channel.index + 1
    if snr_db is not None and snr_db < LOW_SNR_DB:
        yield Note("sound.low_snr", {"channel": number, "snr_db": snr_db, "limit_db": LOW_SNR_DB})
    if channel.clipped_share > MANY_CLIPPED_SHARE:
        yield Note("sound.clipped", {"channel": number, "clipped_pct": 100 * channel.clipped_share})
    if dropout_s > MANY_DROPOUTS_SHARE * speech_s:
        yield Note("sound.dropouts", {"channel": number, "dropout_s": dropout_s})


def find_snr_db(levels: Levels, speech: Sequence[Span], apart: Sequence[Span] = ()) -> float | None:
    """10 log10((Ps - Pn) / Pn), dB, capped at SNR_CAP_DB; None under 1 s of speech.

    Ps: mean power of the speech frames. Pn: 25th percentile of the frames at least 0.2 s away from speech and from
    `apart`, digital silence left out (a gate's zeros say nothing about the noise under the voice). With less than
    0.5 s of those (all speech, or digital silence between words) Pn is the 5th percentile inside speech: the dips
    between syllables, at least as loud as the noise, so the ratio is then a lower bound.

    Ours; for stationary noise it reads 0 to 1.5 dB high (percentile against mean). Invalid when another sound that
    was not told apart (a singer, a voice in the room) fills the time between words: it then counts as noise.

    `snr` (dB): How far the speech stands above the noise around it. Formula: 10 log10 of (power of the speech minus
    noise) / noise; noise is the 25th percentile of the frames away from speech, music and tones, else the 5th inside
    it. Needs: 1 s of speech. Withheld without: nothing else; it is the gate of others. 20 dB for pitch, 25 dB for
    the loudness spread. Source: our own; for steady noise it reads 0 to 1.5 dB high. Published figures: none.
    Limits: A voice in the room and music that is not told apart count as noise. 60 dB at most is claimed.
    """
    step_s, n = levels.track.step_s, len(levels.level_db)
    power = 10 ** (levels.level_db / 10)
    in_speech = frame_mask(speech, n, first_s=levels.start_s, step_s=step_s) & ~levels.still
    if np.count_nonzero(in_speech) * step_s < LEAST_SPEECH_S:
        return None
    around = merge(_padded([*speech, *apart], levels.start_s))
    aside = ~frame_mask(around, n, first_s=levels.start_s, step_s=step_s) & ~levels.still
    if np.count_nonzero(aside) * step_s >= _LEAST_NOISE_S:
        noise = float(np.percentile(power[aside], _NOISE_PERCENTILE))
    else:
        noise = float(np.percentile(power[in_speech], _DIP_PERCENTILE))
    signal = max(float(power[in_speech].mean()) - noise, 1e-3 * noise)
    return min(SNR_CAP_DB, 10 * float(np.log10(signal / noise)))


def _padded(speech: Sequence[Span], start_s: float) -> Iterator[Span]:
    for span in speech:
        yield Span(max(start_s, span.start_s - _AROUND_SPEECH_S), span.end_s + _AROUND_SPEECH_S)


def find_band_edge_hz(channel: Channel, speech: Sequence[Span]) -> float | None:
    """Highest frequency whose level is within 45 dB of the median level of 300 to 3000 Hz; None without speech.

    Long-term spectrum of up to 60 s of speech, Hann windows of 64 ms. Ours: separates telephone band (about 3400 to
    4000 Hz) from wide band; broadband noise less than 45 dB under the voice counts as band.

    `band_edge` (Hz): The highest frequency the speech reaches on this line. Formula: highest frequency of the
    long-term spectrum within 45 dB of the median of 300 to 3000 Hz. Needs: any speech. Withheld without: nothing
    else. Source: our own. Published figures: Telephone: about 3400 to 4000 Hz. Limits: Noise less than 45 dB under
    the voice counts as band. Says telephone or wideband, nothing about the voice.
    """
    spectrum = _long_term_spectrum(channel, speech)
    if spectrum is None:
        return None
    frequencies = np.arange(len(spectrum)) / _FFT_S
    inside = (frequencies >= _EDGE_BAND_HZ[0]) & (frequencies <= _EDGE_BAND_HZ[1])
    level_db = 10 * np.log10(np.convolve(spectrum, np.ones(3) / 3, mode="same") + 1e-20)
    reached = np.flatnonzero(level_db >= np.median(level_db[inside]) - EDGE_UNDER_DB)
    return float(frequencies[reached[-1]])


def _long_term_spectrum(channel: Channel, speech: Sequence[Span]) -> NDArray[np.float64] | None:
    size = round(_FFT_S * channel.rate_hz)
    window = np.hanning(size)
    total, n_frames = np.zeros(size // 2 + 1), 0
    for piece in _pieces(speech, _SPECTRUM_S):
        samples = channel.read(piece)
        frames = samples[: len(samples) // size * size].reshape(-1, size) * window
        total += (np.abs(np.fft.rfft(frames, axis=1)) ** 2).sum(axis=0)
        n_frames += len(frames)
    channel.release()
    return total / n_frames if n_frames and total.any() else None


def _pieces(spans: Sequence[Span], limit_s: float) -> Iterator[Span]:
    """The spans in pieces of at most 30 s, `limit_s` in all."""
    left_s = limit_s
    for span in spans:
        for start_s in np.arange(span.start_s, span.end_s, _PIECE_S).tolist():
            length_s = min(_PIECE_S, span.end_s - start_s, left_s)
            if length_s <= 0:
                return
            yield Span(start_s, start_s + length_s)
            left_s -= length_s


def find_dropout_s(channel: Channel, speech: Sequence[Span]) -> float:
    """Seconds of constant samples cut into speech: runs of 10 to 300 ms with loud sound on both rims.

    A rim is 5 ms and counts as loud within 20 dB of the piece's mean level: a lost packet cuts a wave anywhere, while
    the closure of a consonant fades. Ours; decoders that hide losses (Opus, AMR) leave nothing to find.

    `dropout` (%): How much of the speech is holes cut into it, as lost packets leave them. Formula: runs of 10 to
    300 ms of samples that do not move, loud on both rims / speech. Needs: any speech. Withheld without: nothing
    else; over 0.5 % there is a warning. Source: our own. Published figures: none. Limits: Decoders that hide losses
    (Opus, AMR) leave nothing to find.
    """
    found_s = 0.0
    for piece in _pieces(speech, float("inf")):
        found_s += sum(b - a for a, b in _holes(channel.read(piece), channel.rate_hz)) / channel.rate_hz
    channel.release()
    return found_s


def _holes(samples: NDArray[np.float32], rate_hz: int) -> Iterator[tuple[int, int]]:
    least, most = (round(s * rate_hz) for s in DROPOUT_S)
    rim = round(_DROPOUT_RIM_S * rate_hz)
    if len(samples) < least:
        return
    loud = float(np.mean(samples.astype(np.float64) ** 2)) * 10 ** (_DROPOUT_RIM_DB / 10)
    for first, last in _constant_runs(samples):
        before, after = samples[max(0, first - rim) : first], samples[last : last + rim]
        if least <= last - first <= most and min(_power(before), _power(after)) >= loud > 0:
            yield first, last


def _constant_runs(samples: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """[first, last) of the runs of samples that do not move."""
    same = np.abs(np.diff(samples)) < _CONSTANT
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(last) + 1


def _power(samples: NDArray[np.float32]) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0
