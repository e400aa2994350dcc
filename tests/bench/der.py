"""Diarization error rate, exact on the boundaries, with the best mapping of labels.

Definition as NIST md-eval and pyannote.metrics: (missed + false alarm + confusion) / reference speech, overlapped
speech counted once per speaker; with a collar, times within `collar_s` of a reference boundary are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.timeline import Span, merge

Speakers = Mapping[str, Sequence[Span]]


@dataclass(frozen=True)
class DiarizationError:
    """Seconds of each kind of error, and of reference speech."""

    missed_s: float
    false_alarm_s: float
    confusion_s: float
    reference_s: float

    @property
    def rate(self) -> float:
        return (self.missed_s + self.false_alarm_s + self.confusion_s) / self.reference_s

    @property
    def confusion_rate(self) -> float:
        return self.confusion_s / self.reference_s


def read_rttm(path: Path, *, recording: str | None = None) -> dict[str, list[Span]]:
    """Spans per speaker of an RTTM file; of one `recording` in it, by name."""
    speakers: dict[str, list[Span]] = {}
    for fields in map(str.split, path.read_text(encoding="utf-8").splitlines()):
        if recording is not None and fields[1] != recording:
            continue
        start_s = float(fields[3])
        speakers.setdefault(fields[7], []).append(Span(start_s, start_s + float(fields[4])))
    return {who: merge(spans) for who, spans in speakers.items()}


def diarization_error(
    reference: Speakers, found: Speakers, *, collar_s: float = 0.0, only: Sequence[Span] | None = None
) -> DiarizationError:
    """Error of `found` against `reference`; `only`: score nothing outside these spans. At most about 7 labels."""
    edges = _edges(reference, found, collar_s, only)
    durations_s = np.diff(edges)
    scored = ~_collar_mask(reference, edges, collar_s)
    if only is not None:
        scored &= _mask(only, edges)
    truth = np.array([_mask(spans, edges) for spans in reference.values()])[:, scored]
    claims = np.array([_mask(spans, edges) for spans in found.values()] or [np.zeros(len(scored), bool)])[:, scored]
    return _score(truth, claims, durations_s[scored])


def _score(truth: NDArray[np.bool_], claims: NDArray[np.bool_], durations_s: NDArray[np.float64]) -> DiarizationError:
    n_truth, n_claims = truth.sum(axis=0), claims.sum(axis=0)
    shared_s = (truth[:, None, :] & claims[None, :, :]) @ durations_s
    both_s = float(np.minimum(n_truth, n_claims) @ durations_s)
    return DiarizationError(
        missed_s=float(np.maximum(n_truth - n_claims, 0) @ durations_s),
        false_alarm_s=float(np.maximum(n_claims - n_truth, 0) @ durations_s),
        confusion_s=both_s - _best_match_s(shared_s),
        reference_s=float(n_truth @ durations_s),
    )


def _best_match_s(shared_s: NDArray[np.float64]) -> float:
    """Largest summed overlap of a one-to-one mapping of labels, by trying them all."""
    small, large = sorted(shared_s.shape)
    table = shared_s if shared_s.shape[0] == small else shared_s.T
    return max(float(table[range(small), list(choice)].sum()) for choice in permutations(range(large), small))


def _edges(a: Speakers, b: Speakers, collar_s: float, only: Sequence[Span] | None) -> NDArray[np.float64]:
    spans = [s for speakers in (a, b) for one in speakers.values() for s in one] + list(only or ())
    times = [t for s in spans for t in (s.start_s, s.end_s)]
    around = [t + d for s in _all(a) for t in (s.start_s, s.end_s) for d in (-collar_s, collar_s)]
    return np.unique(np.array(times + around, dtype=np.float64))


def _all(speakers: Speakers) -> list[Span]:
    return [span for spans in speakers.values() for span in spans]


def _collar_mask(reference: Speakers, edges: NDArray[np.float64], collar_s: float) -> NDArray[np.bool_]:
    if collar_s == 0:
        return np.zeros(len(edges) - 1, dtype=np.bool_)
    near = [Span(t - collar_s, t + collar_s) for s in _all(reference) for t in (s.start_s, s.end_s)]
    return _mask(near, edges)


def _mask(spans: Sequence[Span], edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True for the cells between neighbouring edges whose middle lies in a span."""
    middles = (edges[:-1] + edges[1:]) / 2
    mask = np.zeros(len(middles), dtype=np.bool_)
    for span in spans:
        mask |= (span.start_s <= middles) & (middles < span.end_s)
    return mask
