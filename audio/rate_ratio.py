"""The agent's rate against the customer's: one number for the call, and the same syllables on both sides.

rate_ratio = articulation rate of the agent / that of the customer, each over its own stretches of ten syllables or
more. No unit; 1: as fast as the customer; 1.2: a fifth faster. From the words when those of both parties can be used,
else from the signal for both: one rate from words over another from the signal would measure the counters.

Needs 10 s of such stretches on both sides (`audio.voice.MINIMUM`). Our own; no population and no limit: two people may
well differ by a fifth by habit, age or region. It says who was slower, not what anybody should do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audio.notes import Measure, Note
from audio.sheet import Sheet, short_of
from audio.tempo import Stretch, articulation_rate_per_s, long_enough, stretches
from audio.timeline import Party
from audio.voice import MINIMUM, VoiceTracks
from audio.word_tempo import Counted

PARTIES: tuple[Party, Party] = ("agent", "customer")


@dataclass(frozen=True, eq=False)
class Paced:
    """One party: its tracks and its syllables as `audio.word_tempo.count_stretches` counted them."""

    tracks: VoiceTracks
    counted: Counted

    def rated(self, how: str) -> list[Stretch]:
        """Stretches of ten syllables or more, counted in one way."""
        if how == self.counted.how:
            return long_enough(self.counted.pieces)
        return long_enough(stretches(self.tracks.speech, self.tracks.nuclei_s))


def measure_rate_ratio(paced: Mapping[Party, Paced], *, source: str) -> list[Measure]:
    """The measure of the call: one entry, with its reason when a party is missing or says too little.

    `rate_ratio` (no unit): How fast the agent speaks against the customer: 1 is as fast, 1.2 a fifth faster.
    Formula: articulation rate of the agent / articulation rate of the customer. Needs: 10 s of stretches of 10
    syllables or more on both sides. Withheld without: syllables counted in one way for both: from the words when
    both parties have words that cover their speech, else from the signal. Source: our own. Published figures: none.
    Limits: Two people may differ by a fifth by habit, age or region. It says who was slower, not who was right.
    """
    both = [paced[party] for party in PARTIES if party in paced]
    how = "words" if both and all(p.counted.how == "words" for p in both) else "nuclei"
    rated = [p.rated(how) for p in both]
    least_s = min((sum(s.duration_s for s in pieces) for pieces in rated), default=0.0)
    rates = [articulation_rate_per_s(pieces) or 0.0 for pieces in rated]
    unmet = Note("voice.one_party") if len(both) < len(PARTIES) else None
    few_s = short_of("voice.too_little_fluent_of_one", least_s, MINIMUM.rated_s)
    sheet = Sheet(source, gates=True, spoken=True).by(how).on(least_s, "s")
    sheet.add("rate_ratio", rates[0] / rates[1] if unmet is None and all(rates) else None, "", unmet, few_s)
    return sheet.measures
