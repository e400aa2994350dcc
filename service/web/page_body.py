"""Transcript rows, tables of measures, and the versions at the foot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audio.notes import Measure
from audio.timeline import Party
from service.labels import Labels, plain
from service.scoring.evidence import Act, Evidence, MetallicFound, SpokenTurn
from service.scoring.judgement import Judgement
from service.web.page_head import Fact, voice_hidden
from service.web.page_metallic import numbers_in_a_row

MAX_TURNS = 4000
SHORTEST_UNWORDED_S = 0.8
"""A turn without words is shown from this length on; shorter ones are mostly breaths and backchannels."""
MEASURED: tuple[Party, ...] = ("agent", "customer", "unknown")
SHA_SHOWN = 12
METALLIC_SHARE = "metallic_share"
VOICE_TOOLS = frozenset({"pitch"})
"""Named in the versions only where the page shows what they measured."""


@dataclass(frozen=True)
class TurnRow:
    """One turn of the transcript."""

    party: Party
    name: str
    start_s: float
    end_s: float
    clock: str
    text: str
    acts: tuple[str, ...]
    index: int = 0


@dataclass(frozen=True)
class Transcript:
    """Rows, and what to know about them."""

    rows: tuple[TurnRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class MeasureRow:
    """A value with unit, source and material, or the reason why it is withheld; `beside`: what goes with it always."""

    name: str
    value: str
    rests_on: str
    source: str
    reason: str
    below_gate: bool
    beside: str = ""


@dataclass(frozen=True)
class MeasureTable:
    """The measures of one party, or of the call."""

    title: str
    rows: tuple[MeasureRow, ...]


def build_transcript(evidence: Evidence, labels: Labels) -> Transcript:
    """Turns in order of time; none when there are no words."""
    if not evidence.words.available:
        return Transcript((), (labels.say.text("page.transcript_none"),))
    shown = [t for t in evidence.turns if t.text.strip() or t.span.duration_s >= SHORTEST_UNWORDED_S]
    notes = []
    if not evidence.words.word_times:
        notes.append(labels.say.text("page.transcript_estimated"))
    if len(shown) > MAX_TURNS:
        notes.append(labels.say.text("page.transcript_cut", n=MAX_TURNS))
    acts = _acts_by_turn(evidence.acts)
    rows = (_turn(turn, acts.get(turn.index, []), labels) for turn in shown[:MAX_TURNS])
    return Transcript(tuple(rows), tuple(notes))


def _acts_by_turn(acts: Sequence[Act]) -> dict[int, list[str]]:
    by_turn: dict[int, list[str]] = {}
    for act in acts:
        by_turn.setdefault(act.turn, []).append(act.id)
    return by_turn


def _turn(turn: SpokenTurn, acts: Sequence[str], labels: Labels) -> TurnRow:
    return TurnRow(
        party=turn.party,
        name=labels.of("party", turn.party),
        start_s=round(turn.span.start_s, 3),
        end_s=round(turn.span.end_s, 3),
        clock=labels.clock(turn.span.start_s),
        text=plain(turn.text.strip()),
        acts=tuple(dict.fromkeys(labels.of("act", a) for a in acts)),
        index=turn.index,
    )


def measure_tables(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> list[MeasureTable]:
    """One table per party that has measures, then the call's own."""
    share = (evidence.across.scripted_share,) if evidence.across else ()
    measures = {**evidence.measures, "agent": (*evidence.measures.get("agent", ()), *share)}
    groups = [(p, measures.get(p, ())) for p in MEASURED]
    tables = [MeasureTable(labels.of("party", p), _rows(m, labels, evidence.metallic.get(p))) for p, m in groups if m]
    if evidence.call_measures:
        tables.append(MeasureTable(labels.of("party", "call"), _rows(evidence.call_measures, labels)))
    return tables


def _rows(measures: Sequence[Measure], labels: Labels, metallic: MetallicFound | None = None) -> tuple[MeasureRow, ...]:
    numbers = numbers_in_a_row(metallic.components, labels) if metallic else ""
    return tuple(
        MeasureRow(
            name=labels.of("measure", m.name),
            value="" if m.value is None else labels.quantity(m.value, m.unit),
            rests_on="" if m.material is None else _material(m.material, m.material_unit, labels),
            source=labels.source(m.source),
            reason=labels.note(m.reason) if m.reason else "",
            below_gate=m.below_gate,
            beside=numbers if m.name == METALLIC_SHARE else "",
        )
        for m in measures
    )


def _material(material: float, unit: str, labels: Labels) -> str:
    if unit in {"s", "n"}:
        return labels.say.text(f"page.material_{unit}", n=material)
    return labels.say.text("page.material", n=material, unit=labels.of("unit", unit))


def versions(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> Iterator[Fact]:
    """What made this page: schemas, rubric, packs, tools, and the files' fingerprints."""
    text = labels.say.text
    yield Fact(text("page.v_timbre"), plain(evidence.timbre_version))
    yield Fact(text("page.v_evidence"), plain(evidence.schema_version))
    if judgement is not None:
        yield Fact(text("page.v_judgement"), plain(f"{judgement.schema_version} ({judgement.timbre_version})"))
        yield Fact(text("page.v_rubric"), _rubric(judgement))
    if evidence.words.packs:
        yield Fact(text("page.v_packs"), plain(labels.joined(evidence.words.packs)))
    tools = {k: v for k, v in evidence.tools.items() if not (k in VOICE_TOOLS and voice_hidden(judgement))}
    if tools:
        yield Fact(text("page.v_tools"), plain(labels.joined(f"{k}: {v}" for k, v in sorted(tools.items()))))
    yield from (Fact(text("page.v_file"), value) for value in _files(evidence, labels))


def _rubric(judgement: Judgement) -> str:
    """Name and version, and the start of its content's hash: two rubrics may bear one name."""
    mark = plain(judgement.rubric_hash)[:SHA_SHOWN]
    return f"{plain(judgement.rubric)} ({mark})" if mark else plain(judgement.rubric)


def _files(evidence: Evidence, labels: Labels) -> Iterator[str]:
    for file in evidence.files:
        yield labels.say.text(
            "page.file",
            container=plain(file.container),
            codec=plain(file.codec),
            rate=file.native_rate_hz,
            n=file.n_channels,
            sha=plain(file.sha256)[:SHA_SHOWN],
        )
