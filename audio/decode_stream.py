"""One container, one sound stream, frame by frame, with the limits enforced while it goes. Runs in the child."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from numpy.typing import NDArray

from audio.decode_request import Request
from audio.decode_sink import ChannelFiles, analysis_rate_hz
from audio.errors import EmptyAudio, OverLimit, UnreadableAudio
from audio.notes import Note, Param

# Speech and music codecs that recorders use; anything else in a container is not opened.
_NAMES = """
aac aac_latm ac3 alac amrnb amrwb flac g722 g723_1 g726 g726le g729 gsm gsm_ms ilbc libopus libspeex mp2 mp2float mp3
mp3float opus qcelp speex truespeech vorbis wavpack wmapro wmav1 wmav2 wmavoice
adpcm_g726 adpcm_ima_oki adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_swf adpcm_yamaha
pcm_alaw pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be pcm_s16le pcm_s24be pcm_s24le pcm_s32be pcm_s32le
pcm_s64le pcm_s8 pcm_u8
"""
CODECS = frozenset(_NAMES.split())
_MAX_RATE_HZ = 384_000
_MIN_BYTES_PER_S = 500.0
"""No speech codec stays under 4 kbit/s for hours: a header that claims less is not believed before decoding."""
_FILLED_GAP_S = (0.05, 60.0)
"""Time stamps that jump by less are jitter; by more, not believed (nothing is filled, a note says so)."""
_SHORTER_S, _SHORTER_SHARE = 1.0, 0.02
_ESTIMATED_SHARE = 0.15  # formats whose length FFmpeg can only guess from the bit rate
_ESTIMATED = frozenset({"mp3", "aac", "amr"})
_MAX_ERRORS = 100_000
_ADTS_PRIMING_SAMPLES = 1024
"""ADTS does not say what its encoder put in front; one frame is the least every AAC encoder needs (some put 2112)."""
_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}


@dataclass
class Decoded:
    """What came out, for the parent."""

    codec: str
    native_rate_hz: int
    n_channels: int
    rate_hz: int
    n_samples: int
    duration_s: float
    clipped_shares: list[float]
    notes: list[Note] = field(default_factory=list)


def decode_stream(source: BinaryIO, files: Sequence[BinaryIO], limits: Request) -> Decoded:
    """Decodes the first sound stream of `source` into one file per channel.

    Raises UnreadableAudio, EmptyAudio, OverLimit.
    """
    container = _open(source, limits.demuxer)
    with container:
        stream = _sound_stream(container)
        _check_header(container, stream, limits)
        decoder = _Decoder(container, stream, files, limits)
        decoder.run()
        return decoder.result()


def rehearse() -> None:
    """Decodes a few samples made here, so that every lazy import is done before the process locks its files."""
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 68, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 32)
    with _open(io.BytesIO(header + bytes(32)), "wav") as container:
        for frame in container.decode(audio=0):
            to_float(frame)


def _open(source: BinaryIO, demuxer: str) -> InputContainer:
    options = {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": av.ContainerFormat(demuxer, "r").name,
        "codec_whitelist": ",".join(sorted(CODECS)),
    }
    if demuxer == "wav":
        options["max_size"] = "65536"  # fewer, larger packets: three times faster than the demuxer's 4096
    try:
        return av.open(source, "r", format=demuxer, options=options, metadata_errors="replace")
    except (FFmpegError, OSError) as error:  # OSError: a hostile header made FFmpeg seek before the first byte
        raise UnreadableAudio("sound.damaged") from error


def _sound_stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise EmptyAudio("sound.no_sound_stream")
    stream = container.streams.audio[0]
    name = getattr(stream.codec_context, "name", None)
    if name not in CODECS:
        raise UnreadableAudio("sound.codec_refused", codec=str(name or "?")[:32])
    stream.codec_context.thread_count = 1
    return stream


def _claimed_s(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration is not None else None


def _check_header(container: InputContainer, stream: AudioStream, limits: Request) -> None:
    """Refuses before decoding what the header says and the file's size makes believable."""
    if stream.channels > limits.max_channels:
        raise OverLimit("sound.too_many_channels", n_channels=stream.channels, limit=limits.max_channels)
    claimed_s = _claimed_s(container, stream) or 0.0
    bytes_per_s = max(_MIN_BYTES_PER_S, (stream.codec_context.bit_rate or 0) / 8 * 0.5)
    if claimed_s > limits.max_duration_s and claimed_s * bytes_per_s <= limits.size_bytes:
        raise OverLimit("sound.too_long", limit_h=limits.max_duration_s / 3600)


class _Decoder:
    """The state of one pass over the stream."""

    def __init__(
        self, container: InputContainer, stream: AudioStream, files: Sequence[BinaryIO], limits: Request
    ) -> None:
        self.container, self.stream, self.files, self.limits = container, stream, files, limits
        self.claimed_s = limits.claimed_s or _claimed_s(container, stream)
        self.to_skip = _ADTS_PRIMING_SAMPLES if limits.demuxer == "aac" else 0
        self.sink: ChannelFiles | None = None
        self.first_s = 0.0
        self.n_errors = 0
        self.lost_s = 0.0
        self.filled_s = 0.0
        self.odd_frames = 0
        self.jumped = False
        self.broken_off = False

    def run(self) -> None:
        for packet in self._packets():
            for frame in self._frames(packet):
                self._take(frame)
        if self.sink is None or self.sink.n_native == 0:
            raise UnreadableAudio("sound.damaged") if self.n_errors else EmptyAudio("sound.no_samples")
        self.sink.close()

    def _packets(self) -> Iterator[Packet[Any] | None]:
        try:
            yield from self.container.demux(self.stream)
        except (FFmpegError, OSError):  # OSError: as in `_open`
            self.broken_off = True
            yield None  # what the decoder still holds

    def _frames(self, packet: Packet[Any] | None) -> Sequence[AudioFrame]:
        try:
            return self.stream.codec_context.decode(packet)
        except EOFError:
            return []  # flushed already
        except FFmpegError:
            self._lose(packet)
            return []

    def _lose(self, packet: Packet[Any] | None) -> None:
        self.n_errors += 1
        if self.n_errors > _MAX_ERRORS:
            raise UnreadableAudio("sound.damaged")
        if packet is not None and packet.duration and packet.time_base:
            self.lost_s += float(packet.duration * packet.time_base)

    def _take(self, frame: AudioFrame) -> None:
        if frame.samples == 0:
            return
        sink = self.sink or self._start(frame)
        if frame.sample_rate != sink.native_rate_hz or frame.layout.nb_channels != len(self.used):
            self.odd_frames += 1
            return
        self._keep_time(frame, sink)
        samples = to_float(frame)
        skipped = min(self.to_skip, frame.samples)
        self.to_skip -= skipped
        self.first_s += skipped / frame.sample_rate
        sink.add(samples[:, skipped:])
        self._check_length(sink)

    def _start(self, frame: AudioFrame) -> ChannelFiles:
        n_channels = frame.layout.nb_channels
        if n_channels > self.limits.max_channels:
            raise OverLimit("sound.too_many_channels", n_channels=n_channels, limit=self.limits.max_channels)
        if not 0 < frame.sample_rate <= _MAX_RATE_HZ:
            raise UnreadableAudio("sound.damaged")
        self.used = self.files[:n_channels]
        self.sink = ChannelFiles(self.used, frame.sample_rate)
        self.first_s = _time_s(frame) or 0.0
        return self.sink

    def _keep_time(self, frame: AudioFrame, sink: ChannelFiles) -> None:
        """Fills what the time stamps leave out (lost packets, silence that was not sent) with silence."""
        time_s = _time_s(frame)
        if time_s is None:
            return
        gap_s = time_s - self.first_s - sink.n_native / sink.native_rate_hz
        if gap_s > _FILLED_GAP_S[1]:
            self.jumped = True
            self.first_s += gap_s
        elif gap_s > _FILLED_GAP_S[0]:
            self.filled_s += gap_s
            sink.add_silence(round(gap_s * sink.native_rate_hz))

    def _check_length(self, sink: ChannelFiles) -> None:
        length_s = sink.n_native / sink.native_rate_hz
        if length_s > self.limits.max_duration_s:
            raise OverLimit("sound.too_long", limit_h=self.limits.max_duration_s / 3600)
        n_bytes = 4 * len(self.used) * length_s * analysis_rate_hz(sink.native_rate_hz)
        if n_bytes > self.limits.max_decoded_bytes:
            raise OverLimit("sound.too_much_sound", limit_gb=self.limits.max_decoded_bytes / 1e9)

    def result(self) -> Decoded:
        assert self.sink is not None  # noqa: S101 - run() raised otherwise
        sink = self.sink
        return Decoded(
            codec=self.stream.codec_context.name,
            native_rate_hz=sink.native_rate_hz,
            n_channels=len(self.used),
            rate_hz=sink.rate_hz,
            n_samples=sink.n_written,
            duration_s=sink.n_native / sink.native_rate_hz,
            clipped_shares=[n / sink.n_native for n in sink.clipped],
            notes=list(self._notes(sink)),
        )

    def _notes(self, sink: ChannelFiles) -> Iterator[Note]:
        length_s = sink.n_native / sink.native_rate_hz
        if self._is_short(length_s):
            yield _note("sound.shorter_than_header", claimed_s=float(self.claimed_s or 0), found_s=length_s)
        elif self.broken_off:
            yield _note("sound.broken_off", found_s=length_s)
        if self.n_errors or self.odd_frames:
            yield _note("sound.damaged_parts", n=self.n_errors + self.odd_frames, lost_s=self.lost_s)
        if self.filled_s:
            yield _note("sound.gaps_filled", filled_s=self.filled_s)
        if self.limits.demuxer == "aac":
            yield _note("sound.priming_guessed", cut_ms=1000 * _ADTS_PRIMING_SAMPLES / sink.native_rate_hz)
        if self.jumped:
            yield _note("sound.time_jump", limit_s=_FILLED_GAP_S[1])
        if sink.not_finite:
            yield _note("sound.not_finite", n=sink.not_finite)
        if len(self.container.streams.audio) > 1:
            yield _note("sound.more_streams", n=len(self.container.streams.audio))

    def _is_short(self, length_s: float) -> bool:
        if self.claimed_s is None:
            return False
        share = _ESTIMATED_SHARE if self.limits.demuxer in _ESTIMATED else _SHORTER_SHARE
        return self.claimed_s - length_s > max(_SHORTER_S, share * self.claimed_s)


def _note(code: str, **params: Param) -> Note:
    return Note(code, params)


def _time_s(frame: AudioFrame) -> float | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return float(frame.pts * frame.time_base)


def to_float(frame: AudioFrame) -> NDArray[np.float32]:
    """Samples of a frame as float32 in [-1, 1], shape (n_channels, n_samples), channels in file order."""
    raw = frame.to_ndarray()
    if frame.format.is_packed:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    kind = frame.format.name.removesuffix("p")
    samples = np.asarray(raw, dtype=np.float32)
    if kind == "u8":
        samples = samples - 128.0
    return np.asarray(samples / _SCALE[kind] if kind in _SCALE else samples, dtype=np.float32)
