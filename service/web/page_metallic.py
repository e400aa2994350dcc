"""The metallic line: its five numbers with their limits, the stretches to listen to, and the worst 20 s.

Shown for the agent, as the other measures of the voice are; `no_voice` has none. The count never stands without its
numbers: where another table names the share, `numbers_in_a_row` goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.timeline import Party, Span
from service.labels import Labels
from service.scoring.evidence import ComponentFound, Evidence, MetallicFound
from service.scoring.judgement import Judgement
from service.web.page_lines import Place

MAX_PLACES = 12


@dataclass(frozen=True)
class ComponentRow:
    """One of the five: value and limit with their unit, low or not in words, or the reason why not."""

    name: str
    value: str
    limit: str
    against: str
    reading: str
    low: bool
    windows: str
    reason: str


@dataclass(frozen=True)
class MetallicBlock:
    """All that is shown of one voice. `share` empty: not assessable, and `reason` says why."""

    share: str
    reason: str
    rows: tuple[ComponentRow, ...]
    flag: str
    places: tuple[Place, ...]
    clip: Place | None
    clip_says: str


def metallic_of(evidence: Evidence, judgement: Judgement | None, party: Party = "agent") -> MetallicFound | None:
    """The finding that may be shown: none under a policy without voice, none where the voice was not measured."""
    if judgement is not None and judgement.policy == "no_voice":
        return None
    return evidence.metallic.get(party)


def metallic_block(evidence: Evidence, judgement: Judgement | None, labels: Labels) -> MetallicBlock | None:
    """The agent's, in the reader's language."""
    found = metallic_of(evidence, judgement)
    if found is None:
        return None
    clip = found.worst
    return MetallicBlock(
        share=_share(found, labels),
        reason=labels.note(found.reason) if found.reason else "",
        rows=tuple(_row(c, found, labels) for c in found.components),
        flag=labels.say.text("page.metallic_flag", run=found.longest_s) if found.flagged else "",
        places=tuple(_place(s, labels) for s in found.spans[:MAX_PLACES]),
        clip=_place(clip.span, labels) if clip else None,
        clip_says=f"{_low_of(clip.components, labels)} {numbers_in_a_row(clip.components, labels)}." if clip else "",
    )


def numbers_in_a_row(components: Sequence[ComponentFound], labels: Labels) -> str:
    """`Pitch spread (SD) 1.1 semitones, ...`: all five, a dash for one without a value."""
    return labels.joined(f"{labels.of('measure', c.name)} {_value(c.value, c.unit, labels)}" for c in components)


def _low_of(components: Sequence[ComponentFound], labels: Labels) -> str:
    read = [c.low for c in components if c.low is not None]
    return labels.say.text("page.metallic_low_of", low=sum(read), n=len(read))


def _share(found: MetallicFound, labels: Labels) -> str:
    if found.share_percent is None:
        return ""
    return labels.say.text("page.metallic_share", percent=found.share_percent, speech=found.assessable_s)


def _place(span: Span, labels: Labels) -> Place:
    """From where to where to play."""
    return Place(round(span.start_s, 2), labels.stretch(span), round(span.end_s, 2))


def _row(component: ComponentFound, found: MetallicFound, labels: Labels) -> ComponentRow:
    text = labels.say.text
    reading = "" if component.low is None else text("page.metallic_low" if component.low else "page.metallic_not_low")
    low, n = component.windows_low, component.windows_read
    return ComponentRow(
        name=labels.of("measure", component.name),
        value="" if component.value is None else _value(component.value, component.unit, labels),
        limit="" if component.limit is None else _value(component.limit, component.unit, labels),
        against=_against(component, found, labels),
        reading=reading,
        low=component.low is True,
        windows=text("page.metallic_windows", low=low, n=n) if n else "",
        reason=labels.note(component.reason) if component.reason else "",
    )


def _value(value: float | None, unit: str, labels: Labels) -> str:
    """nPVI has no unit and needs no decimals; the others are written as their unit deserves."""
    if value is None:
        return "–"
    return labels.number(value, 0) if not unit and value >= 10 else labels.quantity(value, unit)


def _against(component: ComponentFound, found: MetallicFound, labels: Labels) -> str:
    if component.against is None:
        return ""
    if component.against == "floor" or component.z is None:
        return labels.say.text("page.metallic_floor")
    return labels.say.text("page.metallic_earlier", n=found.compared.calls, z=component.z)
