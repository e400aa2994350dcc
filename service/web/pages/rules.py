"""Rules for reviewers: what each pack recognises with its examples, what each rubric asks, a sentence to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.tables import Campaign
from service.labels import Labels
from service.rubric_shown import heading, shown_sections
from service.scoring.errors import ScoringError
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from service.web.guard import Here, Visitor, may
from service.web.pages.shell import labels_of, shown
from service.words.rules import load_pack
from service.words.rules.commands import why

router = APIRouter(include_in_schema=False)
LANGUAGES: tuple[Literal["fr", "en"], ...] = ("fr", "en")
MOST_CHARACTERS = 400
MOST_EXAMPLES = 6


@dataclass(frozen=True)
class ShownAct:
    """An act with its rules: their names, and sentences that match and that don't, as the pack's author wrote them."""

    name: str
    party: str
    rules: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


@router.get("/rules")
def rules(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("review"))],
    here: Here,
    language: Annotated[Literal["fr", "en", ""], Query()] = "",
    text: Annotated[str, Query(max_length=MOST_CHARACTERS)] = "",
    party: Annotated[Literal["agent", "customer"], Query()] = "agent",
    rubric: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Packs and rubrics; what is tried stands in the address."""
    labels = labels_of(visitor)
    spoken = language or labels.lang
    pack = load_pack(spoken)
    with here.archive.reading() as session:
        names = rubrics_of(session, visitor.viewer)
    chosen = rubric if rubric in names else names[0]
    said = [labels.say(note) for note in why(pack, text, party)] if text.strip() else []
    return shown(
        request, visitor, "rules.html", language=spoken, languages=LANGUAGES, text=text, party=party, tried=said,
        acts=list(_acts(spoken, labels)), rubrics=names, rubric=chosen,
        told=_rubric(chosen, labels), most=MOST_CHARACTERS,
    )  # fmt: skip


def rubrics_of(session: Session, viewer: Viewer) -> list[str]:
    """Shipped ones, and those of the campaigns this viewer may know of, by name."""
    own = select(Campaign.rubric).distinct()
    if viewer.account_id:
        own = own.where(Campaign.account_id == viewer.account_id)
    shipped = list(shipped_rubrics())
    return [*shipped, *sorted(set(session.scalars(own)) - set(shipped))]


def _acts(language: Literal["fr", "en"], labels: Labels) -> Iterator[ShownAct]:
    for act, party, found in _by_act(language):
        yield ShownAct(labels.of("act gesture moment", act), labels.of("party", party), found)


@lru_cache
def _by_act(language: Literal["fr", "en"]) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    acts: dict[tuple[str, str], list[Any]] = {}
    for rule in load_pack(language).rules:
        examples = (tuple(e[:MOST_EXAMPLES]) for e in (rule.match, rule.no_match))
        acts.setdefault((rule.act, rule.party), []).append((rule.label, *examples))
    return tuple((act, party, tuple(found)) for (act, party), found in acts.items())


def _rubric(name: str, labels: Labels) -> dict[str, Any]:
    """In words; one that can't be read says why."""
    try:
        found: Rubric = load_rubric(name)
    except ScoringError as exc:
        return {"problem": labels.note(exc.note), "heading": (), "sections": ()}
    return {"problem": "", "heading": heading(found, labels), "sections": list(shown_sections(found, labels))}
