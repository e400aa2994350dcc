"""Which demuxer may open these bytes: decided by the content, never by a file's name.

FFmpeg's own probing would also pick playlists, session descriptions and scripts that make it open other
files or network addresses. Only the demuxers named here are ever used, and text is never one of them.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from audio.errors import EmptyAudio, UnreadableAudio

HEAD_BYTES = 64 * 1024
_UNKNOWN_BYTES = 0xFFFFFF00  # about this or more in a 32-bit length means "not known when it was written"
_W64_GUID = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_ASF_GUID = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

# (offset, bytes found there, demuxer)
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"#!AMR\n", "amr"),
    (0, b"#!AMR-WB\n", "amr"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (4, b"ftyp", "mov"),
    (0, b".snd", "au"),
    (0, b"caff\x00\x01", "caf"),
    (0, b"wvpk", "wv"),
    (0, b"NIST_1A", "nistsphere"),
    (0, b"Creative Voice File\x1a", "voc"),
    (0, _W64_GUID, "w64"),
    (0, _ASF_GUID, "asf"),
)
# Only for a clearer sentence: files that are certainly something else.
_NOT_SOUND: tuple[bytes, ...] = (
    b"PK\x03\x04",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"\x7fELF",
    b"BZh",
)
_POINTERS: tuple[bytes, ...] = (b"#extm3u", b"ffconcat", b"[playlist]", b"v=0", b"<asx", b"<smil", b"<mpd", b"<?xml")

_MP3_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def choose_demuxer(head: bytes) -> str:
    """The one demuxer allowed for a file that starts with `head` (its first HEAD_BYTES bytes).

    Raises EmptyAudio for no bytes; UnreadableAudio for text, playlists, other kinds of file, and sound
    without a header, whose format can't be told from the bytes.
    """
    if not head:
        raise EmptyAudio("sound.empty_file")
    demuxer = _by_signature(head) or _by_frames(head)
    if demuxer is None:
        raise UnreadableAudio(_why_not(head))
    return demuxer


def wav_length_s(head: bytes) -> float | None:
    """Length a WAV header announces, seconds; None for other files, or where it says nothing (streams write 0 or -1).

    FFmpeg corrects a false length silently by the file's size; the reader should know that something was cut.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    at, bytes_per_s = 12, 0
    while at + 8 <= len(head):
        size = int.from_bytes(head[at + 4 : at + 8], "little")
        if head[at : at + 4] == b"fmt ":
            bytes_per_s = int.from_bytes(head[at + 16 : at + 20], "little")
        if head[at : at + 4] == b"data":
            return size / bytes_per_s if bytes_per_s and 0 < size < _UNKNOWN_BYTES else None
        at += 8 + size + size % 2
    return None


def _by_signature(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return "wav" if head[8:12] == b"WAVE" else None
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    return next((demuxer for at, mark, demuxer in _SIGNATURES if head.startswith(mark, at)), None)


def _by_frames(head: bytes) -> str | None:
    """MPEG audio, ADTS or FLAC behind an optional ID3 tag: two frames in a row, or a tag too long to look behind."""
    first = _id3_bytes(head)
    if first and first + 8 > len(head):
        return "mp3"
    body = head[first:]
    if body.startswith(b"fLaC"):
        return "flac"
    for demuxer, frame_bytes in (("aac", _adts_bytes), ("mp3", _mp3_bytes)):
        if _two_frames(body.lstrip(b"\x00") if first else body, frame_bytes):
            return demuxer
    return "mp3" if first else None


def _two_frames(body: bytes, frame_bytes: Callable[[bytes], int]) -> bool:
    size = frame_bytes(body)
    return size > 0 and (len(body) <= size or frame_bytes(body[size:]) > 0 or len(body) - size < 8)


def _id3_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag in front, 0 without one."""
    if len(head) < 10 or not head.startswith(b"ID3") or any(b & 0x80 for b in head[6:10]):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte
    return 10 + size


def _adts_bytes(at: bytes) -> int:
    """Length of the ADTS frame that starts here, 0 when none does."""
    if len(at) < 7 or at[0] != 0xFF or at[1] & 0xF6 != 0xF0 or (at[2] >> 2) & 0xF > 12:
        return 0
    return (at[3] & 3) << 11 | at[4] << 3 | at[5] >> 5


def _mp3_bytes(at: bytes) -> int:
    """Length of the MPEG layer III frame that starts here, 0 when none does."""
    if len(at) < 4 or at[0] != 0xFF or at[1] & 0xE6 != 0xE2:
        return 0
    version, kbps_at, rate_at = at[1] >> 3 & 3, at[2] >> 4, at[2] >> 2 & 3
    if version == 1 or kbps_at in (0, 15) or rate_at == 3:
        return 0
    kbps = _MP3_KBPS[3 if version == 3 else 2][kbps_at]
    samples = 1152 if version == 3 else 576
    return samples * kbps * 125 // _MP3_RATES_HZ[version][rate_at] + (at[2] >> 1 & 1)


def _why_not(head: bytes) -> str:
    if head.startswith(_NOT_SOUND):
        return "sound.not_sound"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    if start.startswith(_POINTERS):
        return "sound.points_elsewhere"
    return "sound.text" if _is_text(head) else "sound.no_header"


def _is_text(head: bytes) -> bool:
    """No control characters but white space, and UTF-8, UTF-16 or mostly ASCII."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = head[:4096]
    if any(byte < 9 or 13 < byte < 32 for byte in start):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # incremental: a character may be cut at the end
    except UnicodeDecodeError:
        return sum(byte < 127 for byte in start) >= 0.7 * len(start)
    return True
