"""Voice and floor of each party, once roles are known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audio.accommodation import measure_accommodation
from audio.metallic import find_metallic, metallic_measures
from audio.notes import Measure
from audio.pitch import Contour, Ending, endings
from audio.quality import ChannelQuality, measure_quality
from audio.quality_measures import quality_measures
from audio.raised import Raised, raised_turns
from audio.rate_ratio import Paced, measure_rate_ratio
from audio.sheet import under_snr
from audio.timeline import Party, Span, Turn, Word, merge, subtract
from audio.voice import MINIMUM, VoiceTracks, measure_turn, measure_voice, track_voice
from audio.word_tempo import Counted, count_stretches
from models.protocols import PitchTracker
from service.baselines import NONE_EARLIER, Earlier
from service.hearing import Voice
from service.metallic import kind_of, metallic_document
from service.scoring.evidence import MetallicFound, SpokenTurn, TurnVoice

PartyVoices = Mapping[Party, Voice]
SAME_END_S = 0.05
"""Ends of speech this near to each other are one: where nobody else speaks, both come from the same regions."""
PartySpeech = dict[Party, list[Span]]


@dataclass(frozen=True, eq=False)
class VoiceFacts:
    """One party's voice: tracks for pages, its syllables, measures for the evidence, and its metallic stretches."""

    tracks: VoiceTracks
    counted: Counted
    quality: ChannelQuality
    measures: tuple[Measure, ...]
    metallic: MetallicFound


@dataclass(frozen=True)
class Known:
    """What is known of a party beside the sound. `language`: of the call; `earlier`: the same person's calls."""

    words: Sequence[Word] = ()
    language: str | None = None
    earlier: Earlier = NONE_EARLIER


def speech_of_others(party: Party, speech: Mapping[Party, Sequence[Span]]) -> list[Span]:
    """When anybody else speaks."""
    return merge(span for other, spans in speech.items() if other != party for span in spans)


def measure_party(
    voice: Voice,
    tracker: PitchTracker,
    *,
    others: Sequence[Span],
    source: str,
    known: Known | None = None,
    gates: bool = True,
) -> VoiceFacts:
    """Tracks and measures of one party, only on the stretches where nobody else speaks.

    All parties are measured alike, so that swapping the channels swaps them exactly.
    """
    known = known or Known()
    words, language = known.words or None, known.language
    alone = subtract(voice.speech, others)
    shared = others if source == "diarized mono" else ()
    quality = measure_quality(voice.channel, voice.speech, voice.crosstalk, apart=[*voice.sounds.spans, *shared])
    tracks = track_voice(voice.channel, alone, tracker, others=others)
    measures = measure_voice(
        tracks, alone, snr_db=quality.snr_db, source=source, words=words, language=language, gates=gates
    )
    counted = count_stretches(alone, tracks.nuclei_s, words, language)
    kind = kind_of(quality, source=source, language=language, syllables=counted.how)
    baseline = known.earlier.baseline(kind)
    metallic = find_metallic(tracks, alone, counted, snr_db=quality.snr_db, baseline=baseline)
    measures += metallic_measures(metallic, source=f"{source}, {tracks.tracker}", spoken=bool(alone))
    measures += quality_measures(quality, source=source)
    return VoiceFacts(tracks, counted, quality, tuple(measures), metallic_document(metallic, kind, baseline))


def measure_together(
    turns: Sequence[SpokenTurn], facts: Mapping[Party, VoiceFacts], *, source: str, mono: bool
) -> tuple[Measure, ...]:
    """Measures of the call that compare the two voices: over the whole call, and exchange by exchange."""
    plain = [Turn(t.party, t.span, t.ipus) for t in turns]
    tracks = {party: found.tracks for party, found in facts.items()}
    paced = {party: Paced(found.tracks, found.counted) for party, found in facts.items()}
    ratio = measure_rate_ratio(paced, source=source)
    return (*ratio, *measure_accommodation(plain, tracks, source=source, mono=mono))


def with_delivery(turns: Sequence[SpokenTurn], facts: Mapping[Party, VoiceFacts]) -> tuple[SpokenTurn, ...]:
    """The turns with their voice: the agent's values, so that a gesture's delivery can be compared with the rest, and
    how each breath of agent and customer ends, so that a question can be told by its pitch.
    """
    ends = {party: _endings(found) for party, found in facts.items()}
    raised = _raised(turns, facts)
    return tuple(
        turn.model_copy(update={"voice": _turn_voice(turn, facts[turn.party], ends[turn.party], raised)})
        if turn.party in facts and turn.party != "unknown"
        else turn
        for turn in turns
    )


def _raised(turns: Sequence[SpokenTurn], facts: Mapping[Party, VoiceFacts]) -> dict[int, Raised]:
    """The customer's turns by index, each against the customer's other turns."""
    customer, spoken = facts.get("customer"), [t for t in turns if t.party == "customer"]
    if customer is None:
        return {}
    snr_db = customer.quality.snr_db
    found = raised_turns(
        customer.tracks,
        [t.span for t in spoken],
        pitch_clear=under_snr(snr_db, MINIMUM.pitch_snr_db) is None,
        loudness_clear=under_snr(snr_db, MINIMUM.loudness_snr_db) is None,
    )
    return {turn.index: raised for turn, raised in zip(spoken, found, strict=True)}


def _turn_voice(turn: SpokenTurn, facts: VoiceFacts, ends: Sequence[Ending], raised: Mapping[int, Raised]) -> TurnVoice:
    delivery = measure_turn(facts.tracks, turn.span)
    contours = tuple(_contour_at(ipu.end_s, ends) for ipu in turn.ipus)
    if turn.party != "agent":
        level = raised[turn.index]
        return TurnVoice(
            voiced_s=delivery.voiced_s, endings=contours, pitch_z=level.pitch_z, loudness_z=level.loudness_z
        )
    return TurnVoice(
        voiced_s=delivery.voiced_s,
        pitch_spread_st=delivery.pitch_spread_st,
        loudness_spread_db=delivery.loudness_spread_db,
        articulation_rate_per_s=delivery.articulation_rate_per_s,
        endings=contours,
    )


def _endings(facts: VoiceFacts) -> list[Ending]:
    """How each breath ends in pitch, in time order; none where the line is too noisy for pitch."""
    if under_snr(facts.quality.snr_db, MINIMUM.pitch_snr_db) is not None:
        return []
    return endings(facts.tracks.pitch, facts.tracks.speech)


def _contour_at(end_s: float, found: Sequence[Ending]) -> Contour | None:
    """The contour of the breath that ends there; None where somebody else spoke into its end."""
    at = bisect_left(found, end_s - SAME_END_S, key=lambda e: e.end_s)
    return found[at].contour if at < len(found) and found[at].end_s <= end_s + SAME_END_S else None
