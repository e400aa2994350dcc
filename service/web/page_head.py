"""The top of the page: what call this is, what it comes to, and what to know before reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from audio.notes import Note
from audio.timeline import Party
from service.labels import VERDICTS, Labels, band, plain
from service.scoring.evidence import Evidence, Policy
from service.scoring.judgement import Confidence, Headline, Judgement, Score, Verdict
from service.scoring.views import WITHHELD, says_withheld

POLICY_NOTICES = frozenset((WITHHELD, *(f"scoring.policy.{policy}" for policy in get_args(Policy))))
"""Said once already, in the policy line."""
HIGHLIGHTS: tuple[tuple[Party | None, str], ...] = (
    ("agent", "talk_share"),
    ("agent", "longest_monologue"),
    ("agent", "latency_p50"),
    ("agent", "interruptions"),
    (None, "dead_air_share"),
    ("agent", "pitch_spread"),
    ("agent", "loudness_spread"),
    ("agent", "articulation_rate"),
)
"""What a page without words leads with: the floor, then the agent's voice. Parties by key, None for the call."""


@dataclass(frozen=True)
class Fact:
    """A line of the call's identity card."""

    label: str
    value: str


@dataclass(frozen=True)
class Count:
    """How many gestures have one verdict."""

    verdict: Verdict
    n: int
    label: str


@dataclass(frozen=True)
class Bar:
    """One score as a band on 0-100; `low` and `high` None when there is no score."""

    name: str
    explains: str
    text: str
    low: int | None
    high: int | None
    assessed: str
    why: str


@dataclass(frozen=True)
class Solidity:
    """How much the scorecard rests on."""

    title: str
    share: str
    would_raise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """The quadrant on 0-100: its cuts, and the frame both bands make; intention grows upwards."""

    cut_x: float
    cut_y: float
    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Scores:
    """The two scores, side by side, with the cell of the quadrant the call lies in."""

    bars: tuple[Bar, Bar]
    quadrant: str | None
    quadrant_label: str
    placed: str
    drawn: Drawing | None
    solidity: Solidity


@dataclass(frozen=True)
class Absence:
    """Why a half, or all, of the scorecard is not there, and the command that would change it."""

    title: str
    text: str
    reason: str = ""
    way: str = ""
    command: str = ""


@dataclass(frozen=True)
class Head:
    """All of the page above the timeline."""

    name: str
    facts: tuple[Fact, ...]
    policy: str
    headline: str
    counts: tuple[Count, ...]
    scores: Scores | None
    absences: tuple[Absence, ...]
    highlights: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def build_head(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> Head:
    """Everything in it is a sentence or a label already."""
    notes = (*evidence.notes, *(n for n in (judgement.notes if judgement else ()) if n.code not in POLICY_NOTICES))
    wordless = evidence.outcome.kind == "conversation" and not evidence.words.available
    return Head(
        name=plain(evidence.call.name),
        facts=tuple(facts(evidence, labels)),
        policy=_policy(judgement, labels) if judgement else "",
        headline=headline(evidence, judgement, labels) if judgement else "",
        counts=counts(judgement.headline, labels) if judgement and not wordless else (),
        scores=_scores(judgement, labels) if judgement and _has_scores(evidence, judgement) else None,
        absences=tuple(absences(evidence, judgement, labels)),
        highlights=tuple(highlights(evidence, judgement, labels)) if wordless else (),
        warnings=tuple(unique_sentences(notes, labels)),
    )


def _policy(judgement: Judgement, labels: Labels) -> str:
    return labels.of("policy", "voice_withheld" if says_withheld(judgement) else judgement.policy)


def voice_hidden(judgement: Judgement | None) -> bool:
    """True where the page says nothing of the voice but one sentence: under `no_voice`, or for a reader without it."""
    return says_withheld(judgement) or (judgement is not None and judgement.policy == "no_voice")


def _has_scores(evidence: Evidence, judgement: Judgement) -> bool:
    """Two empty scales say nothing that the missing words have not said already."""
    scored = judgement.script.value is not None or judgement.intention.value is not None
    return scored or evidence.words.available


def highlights(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> Iterator[Fact]:
    """What is there without words, as few large values; `no_voice` has no voice to show."""
    shown = HIGHLIGHTS[:-3] if voice_hidden(judgement) else HIGHLIGHTS
    for party, name in shown:
        measures = evidence.call_measures if party is None else evidence.measures.get(party, ())
        found = next((m for m in measures if m.name == name and m.value is not None and not m.below_gate), None)
        if found is not None and found.value is not None:
            who = f" · {labels.of('party', party)}" if party else ""
            yield Fact(f"{labels.of('measure', name)}{who}", labels.quantity(found.value, found.unit))


def unique_sentences(notes: tuple[Note, ...], labels: Labels) -> Iterator[str]:
    """Each sentence once, in order."""
    yield from dict.fromkeys(labels.note(n) for n in notes)


def facts(evidence: Evidence, labels: Labels) -> Iterator[Fact]:
    """Known facts only; an empty one has no line."""
    call, words = evidence.call, evidence.words
    text = labels.say.text
    outcome = text(f"page.outcome_{evidence.outcome.kind}")
    source, layout = labels.source(evidence.source), evidence.layout.kind
    odd = "" if layout in {"two_parties", "mono"} else f" ({labels.of('layout', layout)})"
    known = {
        "agent": plain(call.agent_name),
        "duration": labels.duration(call.duration_s),
        "outcome": outcome,
        "source": f"{source}{odd}",
        "language": labels.of("language", words.language or "none"),
        "words": labels.source(words.source) if words.available else text("page.words_none"),
        "role": _role(evidence, labels),
        "direction": labels.of("direction", call.direction),
        "started": _date(plain(call.started_at)),
        "id": plain(call.external_id),
    }
    yield from (Fact(text(f"page.fact_{key}"), value) for key, value in known.items() if value)


def _date(written: str) -> str:
    """`2025-02-19T06-01-22` -> `2025-02-19, 06:01`; anything else stays as it was written."""
    return re.sub(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2})[-:](\d{2}).*$", r"\1, \2:\3", written)


def _role(evidence: Evidence, labels: Labels) -> str:
    roles = evidence.roles
    if roles is None:
        return ""
    how = labels.of("decided_by", roles.decided_by)
    if roles.decided_by == "assumed":
        return labels.say.text("page.agent_assumed", label=labels.role(roles.agent), how=how)
    return labels.say.text("page.agent_is", label=labels.role(roles.agent), how=how, confidence=roles.confidence * 100)


def headline(evidence: Evidence, judgement: Judgement, labels: Labels) -> str:
    """Counts first: `11 of 14 expected gestures made`."""
    line = judgement.headline
    if evidence.outcome.kind == "no_conversation":
        return ""
    if not evidence.words.available:
        return labels.say.text("page.headline_turns" if voice_hidden(judgement) else "page.headline_wordless")
    if line.expected == 0:
        return labels.say.text("page.headline_none")
    key = "page.headline" if line.made > 1 else "page.headline_one"
    return labels.say.text(key, made=line.made, expected=line.expected)


def counts(line: Headline, labels: Labels) -> tuple[Count, ...]:
    """Verdicts that occur, in reading order; what was not expected is not counted."""
    return tuple(
        Count(verdict, n, labels.verdict(verdict, n))
        for verdict in VERDICTS
        if verdict != "not_expected" and (n := line.by_verdict.get(verdict, 0)) > 0
    )


def _scores(judgement: Judgement, labels: Labels) -> Scores:
    where, text = judgement.quadrant, labels.say.text
    label = labels.of("quadrant", where) if where else text("page.quadrant_none")
    return Scores(
        bars=(bar("script", judgement.script, labels), bar("intention", judgement.intention, labels)),
        quadrant=where,
        quadrant_label=label,
        placed=text("page.placed", where=label) if where else label,
        drawn=drawing(judgement),
        solidity=solidity(judgement.confidence, labels),
    )


def drawing(judgement: Judgement) -> Drawing | None:
    """Where the call lies; None when a score or the cuts are not known."""
    across, up = band(judgement.script), band(judgement.intention)
    if judgement.cuts is None or across is None or up is None:
        return None
    return Drawing(judgement.cuts.script, judgement.cuts.intention, *across, *up)


def bar(name: str, score: Score, labels: Labels) -> Bar:
    """A score as a band; the number itself is never shown."""
    text, stretch = labels.say.text, band(score)
    low, high = stretch if stretch else (None, None)
    return Bar(
        name=text(f"page.{name}"),
        explains=text(f"page.{name}_is"),
        text=text("page.band_none") if low is None or high is None else text("page.band", low=low, high=high),
        low=low,
        high=high,
        assessed=text("page.assessed", share=score.assessed_share * 100) if low is not None else "",
        why=labels.note(score.why),
    )


def solidity(confidence: Confidence, labels: Labels) -> Solidity:
    """Solid, fair or thin, with what would raise it."""
    return Solidity(
        title=labels.say.text("page.confidence", word=labels.of("confidence", confidence.word)),
        share=labels.say.text("page.confidence_share", share=confidence.share * 100),
        would_raise=tuple(labels.note(n) for n in confidence.would_raise),
    )


def absences(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> Iterator[Absence]:
    """No conversation, no judgement, no words: each said once, with the way out."""
    text = labels.say.text
    if evidence.outcome.kind == "no_conversation":
        reason = labels.note(evidence.outcome.reason) if evidence.outcome.reason else ""
        yield Absence(text("page.no_conversation_title"), text("page.no_conversation_text"), reason)
        return
    if judgement is None:
        yield Absence(text("page.no_judgement_title"), "")
    if not evidence.words.available:
        reason = labels.note(evidence.words.reason) if evidence.words.reason else ""
        # a reason names its own way out: two commands would be one too many
        way = "" if reason else text("page.no_words_way")
        command = "" if reason else text("page.command_fetch")
        said = text("page.no_words_turns" if voice_hidden(judgement) else "page.no_words_text")
        yield Absence(text("page.no_words_title"), said, reason, way, command)
