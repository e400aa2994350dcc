"""swift-f0: fundamental frequency of one voice, frame by frame.

Model: swift-f0 (MIT), a small convolutional network in ONNX, shipped inside its package; 16 kHz in, one frame per
16 ms, centred on multiples of 16 ms; a frame is voiced from confidence 0.5 on (the package's own calibration). Each
frame sees 0.18 s of sound on either side, so a block read with that much context gives what the whole file gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.pitch import PitchTrack

STEP_S = 0.016
VOICED_CONFIDENCE = 0.5
FLOOR_HZ, CEILING_HZ = 50.0, 700.0


class SwiftF0Tracker:
    """`models.protocols.PitchTracker` by swift-f0. One thread; build one and reuse it."""

    def __init__(self) -> None:
        from importlib.metadata import version

        from swift_f0 import SwiftF0

        self.name = f"swift-f0 {version('swift-f0')}"
        self._model: Any = SwiftF0(threads=1, spin=False)

    def track(self, samples: NDArray[np.float32], rate_hz: int, *, first_s: float = 0.0) -> PitchTrack:
        """F0 in Hz, 50 to 700, NaN where unvoiced; step 16 ms, the first frame centred on `first_s`.

        samples: shape (n_samples,), float32; resampled to 16 kHz when they are not. About 0.01 s per second of sound.
        """
        if len(samples) == 0:
            return PitchTrack(np.zeros(0), first_s - STEP_S / 2, STEP_S, "Hz", np.zeros(0))
        found = self._model.detect(samples, rate_hz, fmin=FLOOR_HZ, fmax=CEILING_HZ)
        voiced = found.confidence >= VOICED_CONFIDENCE
        hz = np.where(voiced, found.pitch_hz, np.nan)
        return PitchTrack(hz, first_s - STEP_S / 2, STEP_S, "Hz", found.confidence)
