"""Fixed limits under which a component is low while there are no earlier calls to read it against. [P], all of them.

What they were held against. Natural speech: both parties of one service call, the agent of another told apart on one
channel, French read aloud, as recorded and through 300-3400 Hz with mu-law, AMR-NB 12.2k, Opus 12k and 20 dB of noise
(53 windows of 60 s, but only four voices; with two talkers of meetings and a caller 162 windows of 20 s). The same
speech with its pitch excursions, its syllable timing or its level pulled towards the mean. espeak-ng in two languages,
on one note or nearly. `python -m tests.bench voice metallic` counts the windows again.

pitch_spread           1.5 st    natural 2.1 at least (20 s: 1.8); excursions quartered 0.6-1.2, espeak-ng 0.1-0.4
rate_cv                0.10      natural 0.05-0.21, 12 windows of 52 under it: alone it says nothing; evenly timed
                                 0.05-0.12, espeak-ng 0.05-0.09: a floor under all natural windows would find nothing
final_contour_entropy  0.6 bit   natural 1.0 at least; on one note 0.0, nearly on one note 0.3-1.2
syllable_npvi          30        natural 37.3 at least (20 s: 34.5); intervals quartered in spread 21-34, evened 14-27;
                                 espeak-ng French 28-32, English 36-43: even to a listener, but not to this
loudness_spread        none      natural 6.8-8.1 dB, set by the sounds of a language more than by who speaks: syllables
                                 of one level give 8.6 dB, of levels 6 dB apart 7.2. Compressed 4 to 1 natural speech
                                 gives 5.2-7.0, and the automatic gain of a line does the same to anybody

So they find speech on one note at an even pace; a voice merely flatter than its own wont needs earlier calls.
Four floors, and four components are what a window needs: without earlier calls a window is judged when pitch, rate,
endings and rhythm could all be read.
"""

from __future__ import annotations

from collections.abc import Mapping

FLOORS: Mapping[str, float] = {
    "pitch_spread": 1.5,
    "rate_cv": 0.10,
    "final_contour_entropy": 0.6,
    "syllable_npvi": 30.0,
}
"""st, -, bit, -."""
