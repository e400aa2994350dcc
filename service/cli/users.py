"""`timbre users`: people added one by one, or from a staff list, with a trial run that changes nothing."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from service.archive.audit import CLI, note_down
from service.archive.people import (
    CampaignAsked,
    NewPerson,
    add_person,
    import_staff,
    read_staff,
    set_campaign,
    set_password,
)
from service.archive.tables import Role
from service.cli import common
from service.errors import ServiceError
from service.opening import archive_of
from service.say import LANGS
from service.scoring.evidence import Policy
from service.scoring.rubric_file import load_rubric
from service.words.rules import named_pack


def add(
    login: Annotated[str, typer.Argument(metavar="LOGIN")],
    role: Annotated[str, typer.Option("--role", metavar="admin|qa|coach|agent|auditor")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT")] = "",
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    team: Annotated[list[str] | None, typer.Option("--team", metavar="CAMPAIGN/TEAM")] = None,
    telephony_id: Annotated[str, typer.Option("--telephony-id", metavar="ID")] = "",
    pages_lang: Annotated[str | None, typer.Option("--pages-lang", metavar="fr|en")] = None,
    no_password: Annotated[bool, typer.Option("--no-password")] = False,
    lang: common.LangOption = None,
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    with common.one_sentence(lang) as say:
        if role not in get_args(Role):
            raise ServiceError("cli.bad_option", option="--role", value=role[:20], allowed=", ".join(get_args(Role)))
        pages = say.lang if pages_lang is None else common.one_of("--pages-lang", pages_lang, LANGS)
        password = None if no_password else _password(say.text("cli.password"))
        archive = archive_of(common.settings_with())
        new = NewPerson(login, name or login, role, account, tuple(team or ()), telephony_id, password, lang=pages)
        with archive.writing() as session:
            note_down(session, CLI, "person_added", person=add_person(session, new).id, role=role)
        print(say.text("cli.user_added", role=role))


def password(
    login: Annotated[str, typer.Argument(metavar="LOGIN")],
    lang: common.LangOption = None,
) -> None:
    """Give a person a new password."""
    with common.one_sentence(lang) as say:
        chosen = _password(say.text("cli.password"))
        with archive_of(common.settings_with()).writing() as session:
            set_password(session, login, chosen)
        print(say.text("cli.password_set"))


def _password(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{prompt} ")
    return sys.stdin.readline().rstrip("\n")


def import_people(
    staff: Annotated[Path, typer.Argument(metavar="STAFF.csv")],
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    lang: common.LangOption = None,
) -> None:
    """Add and change people as a staff list says."""
    with common.one_sentence(lang) as say:
        rows = read_staff(common.existing(staff))
        archive = archive_of(common.settings_with())
        counts = import_staff(archive, rows, dry_run=dry_run)
        print(say.text("cli.staff_trial" if dry_run else "cli.staff_done", **counts))


def add_campaign(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    rubric: Annotated[str, typer.Option("--rubric", metavar="NAME|FILE")] = "inbound_service",
    pack: common.PackOption = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="combined|words_and_turns|no_voice")] = None,
    audio_days: Annotated[int | None, typer.Option("--audio-days", min=1, max=3660)] = None,
    analysis_days: Annotated[int | None, typer.Option("--analysis-days", min=1, max=3660)] = None,
    sample_per_week: Annotated[int, typer.Option("--sample-per-week", min=0, max=1000)] = 0,
    lang: common.LangOption = None,
) -> None:
    """Add a campaign, or change the one of that name."""
    with common.one_sentence(lang) as say:
        load_rubric(rubric)
        for own in pack or ():
            named_pack(own)
        if policy is not None and policy not in get_args(Policy):
            raise ServiceError(
                "cli.bad_option", option="--policy", value=policy[:20], allowed=", ".join(get_args(Policy))
            )
        settings = common.settings_with()
        asked = CampaignAsked(
            rubric,
            tuple(pack or ()),
            policy,
            settings.audio_days if audio_days is None else audio_days,
            settings.analysis_days if analysis_days is None else analysis_days,
            sample_per_week,
        )
        archive = archive_of(settings)
        with archive.writing() as session:
            campaign = set_campaign(session, name, account, asked)
        print(common.one_line(say.text("cli.campaign_added", name=campaign.name, id=campaign.id)))
