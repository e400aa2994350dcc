"""The agent's pitch over a call, for the timeline: around its own middle, never how high a voice is.

A document of its own beside evidence and judgement: no API or scoring reads it and no export but the
agent's own, and it goes with its call.
"""

from __future__ import annotations

import zlib

import msgspec
import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audio.timeline import FrameTrack
from service.archive.results import unpacked
from service.archive.tables_calls import ResultDocument

KIND = "pitch"
FRAMES = 3
"""Frames of the tracker (16 ms) that become one point: what a screen can show of a call."""
CENTS = 1200.0
ANY_HZ = 100.0
"""What a kept point of 0 cents is given back as: the height itself was not kept."""


class _Kept(msgspec.Struct):
    first_s: float
    step_s: float
    cents: list[int | None]


def keep_pitch(session: Session, call_id: str, pitch: FrameTrack | None) -> None:
    """Replaces the call's track (Hz, NaN where unvoiced); None, or nothing voiced: none is kept."""
    own = (ResultDocument.call_id == call_id, ResultDocument.kind == KIND)
    session.execute(delete(ResultDocument).where(*own))
    kept = None if pitch is None else _around_its_middle(pitch)
    if kept is not None:
        body = zlib.compress(msgspec.json.encode(kept))
        session.add(ResultDocument(call_id=call_id, kind=KIND, body=body))


def _around_its_middle(pitch: FrameTrack) -> _Kept | None:
    n = len(pitch.values) // FRAMES
    frames = np.asarray(pitch.values[: n * FRAMES], dtype=np.float64).reshape(n, FRAMES)
    voiced = np.isfinite(frames) & (frames > 0)
    if not voiced.any():
        return None
    middle_hz = float(np.median(frames[voiced]))
    points = [
        round(CENTS * float(np.log2(np.median(row[is_voiced]) / middle_hz))) if is_voiced.any() else None
        for row, is_voiced in zip(frames, voiced, strict=True)
    ]
    return _Kept(pitch.first_s, pitch.step_s * FRAMES, points)


def kept_pitch(session: Session, call_id: str) -> bytes | None:
    """The document as it is kept: cents around the middle, null where unvoiced; None where there is none."""
    wanted = select(ResultDocument.body).where(ResultDocument.call_id == call_id, ResultDocument.kind == KIND)
    body = session.scalar(wanted.order_by(ResultDocument.id.desc()).limit(1))
    return None if body is None else unpacked(body)


def pitch_of(session: Session, call_id: str) -> FrameTrack | None:
    """The track with its true intervals and no true height, Hz; None where there is none."""
    content = kept_pitch(session, call_id)
    if content is None:
        return None
    kept = msgspec.json.decode(content, type=_Kept)
    cents = np.array([np.nan if c is None else c for c in kept.cents], dtype=np.float64)
    return FrameTrack(ANY_HZ * 2 ** (cents / CENTS), kept.first_s, kept.step_s, "Hz")
