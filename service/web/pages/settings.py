"""Settings: the service's as they are in force, and the campaigns', for admins; one's own, for everybody.

What the machine's environment decides is shown with the name it is set by and changed there; secrets are told as set or
not. What a campaign asks is changed here, holds for calls that come later, and is written down.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there
from service.archive.audit import note_down
from service.archive.passwords import hash_password, right_password
from service.archive.people import CampaignAsked, set_campaign
from service.archive.tables import Account, Campaign, Person, Team
from service.labels import Labels
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.web.guard import Here, Visitor, may
from service.web.pages.shell import labels_of, posted, seen_next, shown

router = APIRouter(include_in_schema=False)
POLICIES = ("", "combined", "words_and_turns", "no_voice")
MOST_PEOPLE = 500
Days = Annotated[int, Form(ge=1, le=3660)]
Text = Annotated[str, Form(max_length=200)]


@router.get("/settings")
def settings(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("settings"))],
    here: Here,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """What is in force, and where each is set."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        campaigns = [_campaign(c, account, labels) for c, account in session.execute(_campaigns(visitor.viewer))]
        people = _people(session, visitor.viewer, labels)
    rows = [_setting(here.settings, name, labels) for name in Settings.model_fields]
    return shown(
        request, visitor, "settings.html", rows=rows, campaigns=campaigns, people=people, policies=POLICIES,
        saved=saved, most=MOST_PEOPLE,
    )  # fmt: skip


def _setting(found: Settings, name: str, labels: Labels) -> dict[str, str]:
    secret = Settings.model_fields[name].repr is False
    value = getattr(found, name)
    is_set = value not in (None, "")
    told = labels.say.text("settings.is_set" if is_set else "settings.not_set") if secret or not is_set else str(value)
    return {"name": labels.say.text(f"settings.{name}"), "value": told, "env": f"TIMBRE_{name.upper()}"}


def _campaigns(viewer: Viewer) -> Any:
    found = select(Campaign, Account.name).join(Account, Account.id == Campaign.account_id)
    own = found.where(Campaign.account_id == viewer.account_id) if viewer.account_id else found
    return own.order_by(Account.name, Campaign.name)


def _campaign(found: Campaign, account: str, labels: Labels) -> dict[str, Any]:
    policy = (
        labels.say.text(f"settings.policy_{found.policy}") if found.policy else labels.say.text("settings.as_rubric")
    )
    return {"row": found, "account": account, "policy": policy}


def _people(session: Session, viewer: Viewer, labels: Labels) -> list[dict[str, str]]:
    """By name; where they log in with a password is told by nothing here."""
    wanted = select(Person, Team.name).outerjoin(Team, Team.id == Person.team_id).order_by(Person.name, Person.login)
    own = wanted.where(Person.account_id == viewer.account_id) if viewer.account_id else wanted
    return [
        {"name": p.name or p.login, "login": p.login, "role": labels.say.text(f"role.{p.role}"), "team": team or ""}
        for p, team in session.execute(own.limit(MOST_PEOPLE))
    ]


@router.post("/settings/campaigns/{campaign_id}")
def change_campaign(  # noqa: PLR0913 - the fields of its form
    campaign_id: str,
    visitor: Annotated[Visitor, Depends(posted("settings"))],
    here: Here,
    rubric: Text = "inbound_service",
    policy: Annotated[Literal["", "combined", "words_and_turns", "no_voice"], Form()] = "",
    audio_days: Days = 183,
    analysis_days: Days = 365,
    sample: Annotated[int, Form(ge=0, le=1000)] = 0,
) -> Response:
    """What a campaign asks of the calls that come from now on. Raises ScoringError for a rubric that can't be read."""
    load_rubric(rubric)
    with here.archive.writing() as session:
        found = session.execute(_campaigns(visitor.viewer).where(Campaign.id == campaign_id)).one_or_none()
        if found is None:
            raise not_there()
        campaign, account = found
        asked = CampaignAsked(rubric, tuple(campaign.packs), policy or None, audio_days, analysis_days)
        asked = replace(asked, sample_per_agent_week=sample)
        set_campaign(session, campaign.name, account, asked, by=visitor.viewer.person_id)
    return seen_next("/settings?saved=true#campaigns")


@router.get("/preferences")
def my_settings(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("list"))],
    here: Here,
    saved: Annotated[bool, Query()] = False,
    wrong: Annotated[bool, Query()] = False,
) -> Response:
    """Language, password, and for agents whether their voice is analysed."""
    with here.archive.reading() as session:
        me = session.get_one(Person, visitor.viewer.person_id)
    return shown(
        request, visitor, "my_settings.html", me=me, has_password=bool(me.password_hash), saved=saved, wrong=wrong
    )


@router.post("/preferences/lang")
def set_lang(
    visitor: Annotated[Visitor, Depends(posted("list"))],
    here: Here,
    lang: Annotated[Literal["fr", "en"], Form()] = "fr",
) -> Response:
    """The language of one's pages."""
    with here.archive.writing() as session:
        session.get_one(Person, visitor.viewer.person_id).lang = lang
    return seen_next("/preferences?saved=true")


@router.post("/preferences/password")
def set_own_password(
    visitor: Annotated[Visitor, Depends(posted("list"))],
    here: Here,
    old: Annotated[str, Form(max_length=2000)] = "",
    new: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """A new password, for who knows the old one. Raises ArchiveError for one that is too short or too long."""
    with here.archive.writing() as session:
        me = session.get_one(Person, visitor.viewer.person_id)
        if me.password_hash is None or not right_password(old, me.password_hash):
            return seen_next("/preferences?wrong=true#password")
        me.password_hash = hash_password(new)
        note_down(session, me.id, "password")
    return seen_next("/preferences?saved=true")
