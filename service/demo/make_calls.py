"""Make the demo calls again: `python -m service.demo.make_calls [FOLDER]` (needs espeak-ng and flite)."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import av
import numpy as np

from service.demo.dialogue import SpokenCall, webvtt
from service.demo.speak import RATE_HZ, available
from service.demo.variants import Language, Variant, speak_variant

SHIPPED: tuple[tuple[str, Variant], ...] = (
    ("fr_recite", Variant("recited", "fr", 0)),
    ("fr_vecu", Variant("lived", "fr", 0)),
    ("en_recited", Variant("recited", "en", 0)),
    ("en_lived", Variant("lived", "en", 0)),
)
BITS_PER_S = 28_000


def opus(call: SpokenCall) -> bytes:
    """The call as Ogg Opus, two channels apart."""
    stream_out = io.BytesIO()
    with av.open(stream_out, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(
            "libopus", rate=RATE_HZ, layout="stereo", options={"application": "voip", "vbr": "constrained"}
        )
        stream.bit_rate = BITS_PER_S
        interleaved = np.ascontiguousarray(call.samples.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray((interleaved * 32767).astype(np.int16), format="s16", layout="stereo")
        frame.rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return stream_out.getvalue()


def wav(call: SpokenCall) -> bytes:
    """The call as 16-bit WAV, for tests that need exact samples."""
    import wave

    stream_out = io.BytesIO()
    with wave.open(stream_out, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((call.samples.T * 32767).astype(np.int16).tobytes())
    return stream_out.getvalue()


def write_call(folder: Path, name: str, variant: Variant, language: Language) -> None:
    """Sound and transcript of one shipped call."""
    call = speak_variant(variant)
    (folder / f"{name}.ogg").write_bytes(opus(call))
    (folder / f"{name}.vtt").write_text(webvtt(call, language=language), encoding="utf-8")


def main() -> None:
    """Write the four shipped calls."""
    if not available():
        sys.exit("make_calls needs espeak-ng and flite: apt install espeak-ng flite")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    for name, variant in SHIPPED:
        write_call(folder, name, variant, variant.language)


if __name__ == "__main__":
    main()
