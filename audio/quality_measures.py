"""Quality of a party's channel as measures of the result: what the gates of all others rest on (measures.md 11, 24).

snr           dB of the speech over the noise around it (`audio.quality.find_snr_db`), 60 at most
clipped_share % of the native samples at full scale, of the whole channel
band_edge     Hz, the highest frequency the speech reaches
dropout       % of the speech that is holes cut into it
crosstalk     dB of the other party on this channel re their own one (`audio.crosstalk`); two channels only

They describe the line and the recorder, never the person. No norm but our own gates: pitch needs 20 dB of snr, the
loudness spread 25.
"""

from __future__ import annotations

from audio.notes import Measure, Note
from audio.quality import ChannelQuality
from audio.sheet import Sheet


def quality_measures(quality: ChannelQuality, *, source: str) -> list[Measure]:
    """The five; the material is the seconds of speech they were read from, and None has its reason."""
    sheet = Sheet(source, gates=True, spoken=True).on(quality.speech_s, "s")
    silent = None if quality.speech_s > 0 else Note("voice.no_speech")
    dropped = 100 * quality.dropout_s / quality.speech_s if quality.speech_s > 0 else None
    sheet.add("snr", quality.snr_db, "dB", quality.reason)
    sheet.add("clipped_share", 100 * quality.clipped_share, "%")
    sheet.add("band_edge", quality.band_edge_hz, "Hz", silent)
    sheet.add("dropout", dropped, "%", silent)
    sheet.add("crosstalk", quality.crosstalk_db, "dB", quality.crosstalk_reason)
    return sheet.measures
