"""Who may see the voice. One place decides it, for every output.

combined         everybody who may see the result sees it whole
words_and_turns  the voice was measured; the agent and their coach see it, every other output is written without it
no_voice         nothing of the voice was computed

What a call was heard under is kept in its evidence, and only a stricter policy can be applied later: a voice that was
measured under `words_and_turns` never gets into the scores afterwards.
"""

from __future__ import annotations

from typing import Literal, get_args

from audio.notes import Measure, Note
from service.scoring.catalog import CRITERIA
from service.scoring.errors import ResultError
from service.scoring.evidence import AcrossCalls, Act, Evidence, Policy, SpokenTurn
from service.scoring.judgement import Confidence, GestureLine, Judgement, Occurrence, SectionTotal

Audience = Literal["coach", "others"]
"""coach: the agent of the call and their coach."""

WITHOUT_VOICE = frozenset(
    [
        "talk_share",
        "longest_monologue",
        "latency_p50",
        "latency_p90",
        "room_after_question",
        "interruptions",
        "backchannels",
        "yield_latency",
        "floor_runs",
        "turns",
        "silence_share",
        "dead_air_share",
        "dead_air_max",
        "overlap_share",
        "snr",
        "clipped_share",
        "band_edge",
        "dropout",
        "crosstalk",
    ]
)
"""Measures of turns, of silence and of the channel. A measure added later is voice until it stands here."""

WITHHELD = "scoring.policy.words_and_turns_withheld"

_STRICTNESS: tuple[Policy, ...] = get_args(Policy)


def stricter(one: Policy, other: Policy) -> Policy:
    """The policy of the two that lets the voice weigh less."""
    return max(one, other, key=_STRICTNESS.index)


def policy_for(evidence: Evidence, wanted: Policy) -> Policy:
    """The policy a call is scored under when a rubric wants `wanted`: never laxer than it was heard under."""
    return stricter(wanted, evidence.policy)


def require_policy(evidence: Evidence, asked: Policy) -> None:
    """Raises ResultError when a person asks for a policy laxer than the call was heard under."""
    if policy_for(evidence, asked) != asked:
        raise ResultError("scoring.policy_retroactive", asked=asked, heard=evidence.policy)


def shown_to(audience: Audience, evidence: Evidence, judgement: Judgement | None) -> tuple[Evidence, Judgement | None]:
    """Both documents as `audience` may have them."""
    if not voice_withheld(audience, judgement.policy if judgement else evidence.policy):
        return evidence, judgement
    return evidence_without_voice(evidence), judgement_without_voice(judgement) if judgement else None


def voice_withheld(audience: Audience, policy: Policy) -> bool:
    """True when what was measured of the voice is not for `audience`."""
    return policy == "words_and_turns" and audience != "coach"


def says_withheld(judgement: Judgement | None) -> bool:
    """True for a scorecard from which the voice was taken out for its reader."""
    return judgement is not None and any(note.code == WITHHELD for note in judgement.notes)


def evidence_without_voice(evidence: Evidence) -> Evidence:
    """Turns, words, floor and acts; no pitch, loudness, rate, melody or comparison of voices of anybody."""
    return evidence.model_copy(
        update={
            "turns": tuple(_turn(t) for t in evidence.turns),
            "measures": {party: _measures(found) for party, found in evidence.measures.items()},
            "call_measures": _measures(evidence.call_measures),
            "metallic": {},
            "acts": _acts(evidence.acts),
            "deliveries": (),
            "across": _across(evidence.across),
        }
    )


def without_other_calls(evidence: Evidence) -> Evidence:
    """Without the ids of other calls, for those who may not know that these exist."""
    metallic = {
        party: found.model_copy(update={"compared": found.compared.model_copy(update={"used": ()})})
        for party, found in evidence.metallic.items()
    }
    across = evidence.across.model_copy(update={"used": ()}) if evidence.across else None
    return evidence.model_copy(update={"metallic": metallic, "across": across})


def _across(found: AcrossCalls | None) -> AcrossCalls | None:
    if found is None:
        return None
    return found.model_copy(update={"repeats": tuple(repeat.without_voice() for repeat in found.repeats)})


def _turn(turn: SpokenTurn) -> SpokenTurn:
    return turn if turn.voice is None else turn.model_copy(update={"voice": None})


def _measures(found: tuple[Measure, ...]) -> tuple[Measure, ...]:
    return tuple(m for m in found if m.name in WITHOUT_VOICE)


def _acts(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    return tuple(a for a in acts if not a.by_voice)


def judgement_without_voice(judgement: Judgement) -> Judgement:
    """The same scores, verdicts and moments (the voice weighs nothing in them), without what was measured of it."""
    return judgement.model_copy(
        update={
            "gestures": tuple(_gesture(line) for line in judgement.gestures),
            "free_gestures": tuple(_occurrence(o) for o in judgement.free_gestures),
            "criteria": tuple(c for c in judgement.criteria if CRITERIA[c.id].group != "delivery"),
            "moments": tuple(m for m in judgement.moments if m.kind != "metallic"),
            "sections": tuple(_section(s) for s in judgement.sections),
            "confidence": _confidence(judgement.confidence),
            "notes": tuple(_notice(note) for note in judgement.notes),
        }
    )


def _notice(note: Note) -> Note:
    return Note(WITHHELD) if note.code == "scoring.policy.words_and_turns" else note


def _gesture(line: GestureLine) -> GestureLine:
    kept = tuple(e for e in line.evidence if e.family != "delivery")
    return line.model_copy(update={"occurrences": tuple(_occurrence(o) for o in line.occurrences), "evidence": kept})


def _section(section: SectionTotal) -> SectionTotal:
    kept = tuple(line for line in section.lines if line not in CRITERIA or CRITERIA[line].group != "delivery")
    return section.model_copy(update={"lines": kept})


def _occurrence(one: Occurrence) -> Occurrence:
    return one.model_copy(update={"families": tuple(f for f in one.families if f.name != "delivery")})


def _confidence(found: Confidence) -> Confidence:
    kept = tuple(note for note in found.would_raise if note.code != "scoring.raise.baseline")
    return found.model_copy(update={"would_raise": kept})
