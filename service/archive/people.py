"""People, accounts, campaigns and teams: added by hand, or from a staff list (`;` or `,`, UTF-8 or cp1252).

Columns of the list: login, name, role, telephony_id, team (CAMPAIGN/TEAM, several with `|`), account, lang, from, until
(YYYY-MM-DD or dd/mm/yyyy). A row that is there already is changed to what the list says, the teams of a coach included;
nobody is deleted by a list.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.archive.audit import CLI, note_down
from service.archive.delimited import rows_of
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.passwords import hash_password
from service.archive.tables import ROLES, Account, Campaign, Coaching, LoginSession, Person, Team
from service.labels import plain
from service.metadata import unbroken
from service.say import LANGS, Lang

HOUSE = "house"
"""The account of a centre that has no clients of its own: made when a campaign is named without one."""
MAX_BYTES, MAX_ROWS = 8 << 20, 50_000
COLUMNS = ("login", "name", "role", "telephony_id", "team", "account", "lang", "from", "until")
_LOGIN = re.compile(r"[\w.@+-]{1,200}")
_DATES = ("%Y-%m-%d", "%d/%m/%Y")


@dataclass(frozen=True)
class NewPerson:
    """A person to add. `teams`: CAMPAIGN/TEAM; an agent is in one, a coach coaches any number.

    `lang`: of their pages; None leaves what is there, French for a new person. `line`: of the list they come from.
    """

    login: str
    name: str
    role: str
    account: str = ""
    teams: tuple[str, ...] = ()
    telephony_id: str = ""
    password: str | None = None
    active_from: float | None = None
    active_until: float | None = None
    lang: Lang | None = None
    line: int = 0


def add_person(session: Session, new: NewPerson) -> Person:
    """The new person. Raises ArchiveError: a login that is taken or is none, an unknown role, no account to audit."""
    _check(new)
    if session.scalar(select(Person.id).where(Person.login == new.login)) is not None:
        raise ArchiveError("people.login_taken")
    person = Person(login=new.login, name=_text_of(new.name), role=new.role)
    session.add(person)
    _fill(session, person, new)
    if new.password is not None:
        person.password_hash = hash_password(new.password)
    session.flush()
    return person


def _check(new: NewPerson) -> None:
    if not _LOGIN.fullmatch(new.login):
        raise ArchiveError("people.login")
    if new.role not in ROLES:
        raise ArchiveError("people.role", known=", ".join(ROLES))
    if new.role == "auditor" and not new.account:
        raise ArchiveError("people.auditor_account")
    if any(not all(part.strip() for part in _team_path(path)) for path in new.teams):
        raise ArchiveError("people.team_path")


def _team_path(path: str) -> tuple[str, str]:
    campaign, _, team = path.partition("/")
    return campaign, team


def _text_of(value: str) -> str:
    """Text that every database stores and every terminal shows."""
    return " ".join(plain(unbroken(value)).split())[:200]


def _fill(session: Session, person: Person, new: NewPerson) -> None:
    person.name, person.role = _text_of(new.name) or new.login, new.role
    person.lang = new.lang or cast(Lang, person.lang) or "fr"
    person.account_id = account_named(session, new.account).id if new.account else None
    person.telephony_id = _free_telephony_id(session, person, _text_of(new.telephony_id))
    person.active_from, person.active_until = new.active_from, new.active_until
    teams = [team_named(session, path, new.account or HOUSE) for path in new.teams]
    session.flush()
    person.team_id = teams[0].id if teams and new.role == "agent" else None
    session.execute(delete(Coaching).where(Coaching.person_id == person.id))
    if new.role == "coach":
        session.add_all(Coaching(person_id=person.id, team_id=team_id) for team_id in {team.id for team in teams})


def _free_telephony_id(session: Session, person: Person, wanted: str) -> str | None:
    """None for none. Raises ArchiveError for one that somebody else has."""
    if not wanted:
        return None
    owner = session.scalars(select(Person.login).where(Person.telephony_id == wanted)).first()
    if owner not in (None, person.login):
        raise ArchiveError("people.telephony_taken")
    return wanted


def set_password(session: Session, login: str, password: str) -> None:
    """A new password. What was locked is open, who was logged in with the old one is out. Raises ArchiveError."""
    person = session.scalars(select(Person).where(Person.login == login)).first()
    if person is None:
        raise ArchiveError("people.no_such_login")
    person.password_hash = hash_password(password)
    person.failed_logins, person.locked_until = 0, 0.0
    session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    note_down(session, CLI, "password", person=person.id)


def agent_known_as(session: Session, known_as: str) -> Person | None:
    """The agent by login or telephony id; one we don't know stays a name."""
    if not known_as:
        return None
    by = (Person.login == known_as) | (Person.telephony_id == known_as)
    return session.scalars(select(Person).where(by, Person.role == "agent")).first()


def account_named(session: Session, name: str) -> Account:
    """The account of that name; made when there is none."""
    name = _text_of(name)
    found = session.scalars(select(Account).where(Account.name == name)).first()
    if found is None:
        found = Account(name=name)
        session.add(found)
        session.flush()
    return found


def campaign_named(session: Session, name: str, account: str = HOUSE) -> Campaign:
    """The campaign of that name in an account; made when there is none. Raises ArchiveError without a name."""
    owner, name = account_named(session, account), _text_of(name)
    if not name:
        raise ArchiveError("people.no_name")
    wanted = select(Campaign).where(Campaign.account_id == owner.id, Campaign.name == name)
    found = session.scalars(wanted).first()
    if found is None:
        found = Campaign(account_id=owner.id, name=name)
        session.add(found)
        session.flush()
    return found


def campaign_there(session: Session, name: str, account: str = HOUSE) -> Campaign:
    """The campaign of that name in an account. Raises ArchiveError when there is none: nothing is made."""
    wanted = select(Campaign).join(Account, Account.id == Campaign.account_id)
    found = session.scalars(wanted.where(Campaign.name == _text_of(name), Account.name == _text_of(account))).first()
    if found is None:
        raise ArchiveError("archive.no_such_campaign", name=_text_of(name))
    return found


def team_named(session: Session, path: str, account: str = HOUSE) -> Team:
    """The team of `CAMPAIGN/TEAM`; both made when they are not there. Raises ArchiveError for another form."""
    campaign_name, name = (_text_of(part) for part in _team_path(path))
    if not campaign_name or not name:
        raise ArchiveError("people.team_path")
    campaign = campaign_named(session, campaign_name, account)
    found = session.scalars(select(Team).where(Team.campaign_id == campaign.id, Team.name == name)).first()
    if found is None:
        found = Team(campaign_id=campaign.id, name=name)
        session.add(found)
        session.flush()
    return found


def team_there(session: Session, path: str, account: str = HOUSE) -> Team:
    """The team of `CAMPAIGN/TEAM` in an account. Raises ArchiveError when there is none: nothing is made."""
    campaign_name, name = (_text_of(part) for part in _team_path(path))
    campaign = campaign_there(session, campaign_name, account)
    found = session.scalars(select(Team).where(Team.campaign_id == campaign.id, Team.name == name)).first()
    if found is None:
        raise ArchiveError("archive.no_such_team", name=name)
    return found


def read_staff(path: Path) -> list[NewPerson]:
    """The rows of a staff list. Raises ArchiveError with the line: no CSV, an unknown column, a wrong value."""
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ArchiveError("people.staff_too_large", limit_mib=MAX_BYTES >> 20)
    reader = rows_of(content)
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if "login" not in (reader.fieldnames or ()) or unknown:
        raise ArchiveError("people.staff_columns", known=", ".join(COLUMNS))
    try:
        return [_row(row, reader.line_num) for row in reader]
    except csv.Error as exc:
        raise ArchiveError("people.staff_line", line=reader.line_num) from exc


def _row(cells: dict[str, str | None], line: int) -> NewPerson:
    if line > MAX_ROWS + 1:
        raise ArchiveError("people.staff_rows", limit=MAX_ROWS)
    if None in cells:  # more cells than columns: a separator inside a value would move all that follow
        raise ArchiveError("people.staff_line", line=line)
    row = {name: (value or "").strip() for name, value in cells.items()}
    teams = tuple(part.strip() for part in row.get("team", "").split("|") if part.strip())
    try:
        new = NewPerson(
            row["login"],
            row.get("name", ""),
            row.get("role", "") or "agent",
            row.get("account", ""),
            teams,
            row.get("telephony_id", ""),
            None,
            _date(row.get("from", "")),
            _date(row.get("until", "")),
            _lang(row.get("lang", "")),
            line,
        )
        _check(new)
    except (ArchiveError, ValueError) as exc:
        raise ArchiveError("people.staff_line", line=line) from exc
    return new


def _date(text: str) -> float | None:
    if not text:
        return None
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise ValueError("no date")


def _lang(text: str) -> Lang | None:
    for known in LANGS:
        if text.lower() == known:
            return known
    if text:
        raise ValueError("no language of the pages")
    return None


class _Trial(Exception):
    """Ends a transaction that was only tried."""


def import_staff(archive: Archive, rows: Sequence[NewPerson], *, dry_run: bool = False) -> dict[str, int]:
    """Adds and changes people; how many. All rows or none; a dry run keeps nothing. Each change is written down."""
    counts = {"added": 0, "changed": 0}
    try:
        with archive.writing() as session:
            for new in rows:
                counts[_imported(session, new)] += 1
            if dry_run:
                raise _Trial
    except _Trial:
        pass
    return counts


def _imported(session: Session, new: NewPerson) -> Literal["added", "changed"]:
    """One row. Raises ArchiveError with its line."""
    try:
        return _added_or_changed(session, new)
    except ArchiveError as exc:
        raise ArchiveError("people.staff_line", line=new.line) from exc


def _added_or_changed(session: Session, new: NewPerson) -> Literal["added", "changed"]:
    found = session.scalars(select(Person).where(Person.login == new.login)).first()
    if found is None:
        note_down(session, CLI, "person_added", person=add_person(session, new).id, role=new.role)
        return "added"
    before = _facts(session, found)
    _fill(session, found, new)
    if _facts(session, found) != before:
        note_down(session, CLI, "person_changed", person=found.id, role=new.role)
    return "changed"


def _facts(session: Session, person: Person) -> tuple[object, ...]:
    """What a staff list may change."""
    session.flush()
    teams = frozenset(session.scalars(select(Coaching.team_id).where(Coaching.person_id == person.id)))
    own = (person.name, person.role, person.account_id, person.telephony_id, person.team_id, person.lang)
    return (*own, person.active_from, person.active_until, teams)


@dataclass(frozen=True)
class CampaignAsked:
    """What a campaign asks of its calls, and how long it keeps them."""

    rubric: str
    packs: tuple[str, ...]
    policy: str | None
    audio_days: int
    analysis_days: int
    sample_per_agent_week: int = 0


def set_campaign(session: Session, name: str, account: str, asked: CampaignAsked, *, by: str = CLI) -> Campaign:
    """The campaign, made or changed, as `asked`; written down, with its policy."""
    campaign = campaign_named(session, name, account or HOUSE)
    campaign.rubric, campaign.packs, campaign.policy = asked.rubric, list(asked.packs), asked.policy
    campaign.audio_days, campaign.analysis_days = asked.audio_days, asked.analysis_days
    campaign.sample_per_agent_week = asked.sample_per_agent_week
    note_down(
        session,
        by,
        "campaign",
        campaign=campaign.id,
        policy=asked.policy or "",
        audio_days=asked.audio_days,
        analysis_days=asked.analysis_days,
        sample_per_agent_week=asked.sample_per_agent_week,
    )
    return campaign
