"""People, accounts, campaigns and teams: added by hand, or from a staff list (`;` or `,`, UTF-8 or cp1252).

Columns of the list: login, name, role, telephony_id, team (CAMPAIGN/TEAM), account, from, until (YYYY-MM-DD or
dd/mm/yyyy). A row that is there already is changed to what the list says; nobody is deleted by a list.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.audit import CLI, note_down
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.passwords import hash_password
from service.archive.tables import ROLES, Account, Campaign, Coaching, Person, Team

HOUSE = "house"
"""The account of a centre that has no clients of its own: made when a campaign is named without one."""
MAX_BYTES, MAX_ROWS = 8 << 20, 50_000
COLUMNS = ("login", "name", "role", "telephony_id", "team", "account", "from", "until")
_LOGIN = re.compile(r"[\w.@+-]{1,200}")
_DATES = ("%Y-%m-%d", "%d/%m/%Y")


@dataclass(frozen=True)
class NewPerson:
    """A person to add. `teams`: CAMPAIGN/TEAM; an agent is in one, a coach coaches any number."""

    login: str
    name: str
    role: str
    account: str = ""
    teams: tuple[str, ...] = ()
    telephony_id: str = ""
    password: str | None = None
    active_from: float | None = None
    active_until: float | None = None


def add_person(session: Session, new: NewPerson) -> Person:
    """The new person. Raises ArchiveError: a login that is taken or is none, an unknown role, no account to audit."""
    _check(new)
    if session.scalar(select(Person.id).where(Person.login == new.login)) is not None:
        raise ArchiveError("people.login_taken")
    person = Person(login=new.login, name=new.name[:200], role=new.role)
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


def _fill(session: Session, person: Person, new: NewPerson) -> None:
    person.name, person.role = new.name[:200] or new.login, new.role
    person.account_id = account_named(session, new.account).id if new.account else None
    person.telephony_id = new.telephony_id[:200] or None
    person.active_from, person.active_until = new.active_from, new.active_until
    teams = [team_named(session, path, new.account or HOUSE) for path in new.teams]
    session.flush()
    if new.role == "agent":
        person.team_id = teams[0].id if teams else None
    if new.role == "coach":
        for team in teams:
            session.merge(Coaching(person_id=person.id, team_id=team.id))


def agent_known_as(session: Session, known_as: str) -> Person | None:
    """The agent by login or telephony id; one we don't know stays a name."""
    if not known_as:
        return None
    by = (Person.login == known_as) | (Person.telephony_id == known_as)
    return session.scalars(select(Person).where(by, Person.role == "agent")).first()


def account_named(session: Session, name: str) -> Account:
    """The account of that name; made when there is none."""
    found = session.scalars(select(Account).where(Account.name == name)).first()
    if found is None:
        found = Account(name=name[:200])
        session.add(found)
        session.flush()
    return found


def campaign_named(session: Session, name: str, account: str = HOUSE) -> Campaign:
    """The campaign of that name in an account; made when there is none."""
    owner = account_named(session, account)
    wanted = select(Campaign).where(Campaign.account_id == owner.id, Campaign.name == name)
    found = session.scalars(wanted).first()
    if found is None:
        found = Campaign(account_id=owner.id, name=name[:200])
        session.add(found)
        session.flush()
    return found


def team_named(session: Session, path: str, account: str = HOUSE) -> Team:
    """The team of `CAMPAIGN/TEAM`; both made when they are not there. Raises ArchiveError for another form."""
    campaign_name, slash, name = path.partition("/")
    if not slash or not campaign_name.strip() or not name.strip():
        raise ArchiveError("people.team_path")
    campaign = campaign_named(session, campaign_name.strip(), account)
    found = session.scalars(select(Team).where(Team.campaign_id == campaign.id, Team.name == name.strip())).first()
    if found is None:
        found = Team(campaign_id=campaign.id, name=name.strip()[:200])
        session.add(found)
        session.flush()
    return found


def read_staff(path: Path) -> list[NewPerson]:
    """The rows of a staff list. Raises ArchiveError with the line: no CSV, an unknown column, a wrong value."""
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ArchiveError("people.staff_too_large", limit_mib=MAX_BYTES >> 20)
    text = _text(content)
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if "login" not in (reader.fieldnames or ()) or unknown:
        raise ArchiveError("people.staff_columns", known=", ".join(COLUMNS))
    try:
        return [_row({k: (v or "").strip() for k, v in row.items() if k}, reader.line_num) for row in reader]
    except csv.Error as exc:
        raise ArchiveError("people.staff_line", line=reader.line_num) from exc


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _row(row: dict[str, str], line: int) -> NewPerson:
    if line > MAX_ROWS + 1:
        raise ArchiveError("people.staff_rows", limit=MAX_ROWS)
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


def _imported(session: Session, new: NewPerson) -> str:
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
    own = (person.name, person.role, person.account_id, person.telephony_id, person.team_id)
    return (*own, person.active_from, person.active_until, teams)


@dataclass(frozen=True)
class CampaignAsked:
    """What a campaign asks of its calls, and how long it keeps them."""

    rubric: str
    packs: tuple[str, ...]
    policy: str | None
    audio_days: int
    analysis_days: int


def set_campaign(session: Session, name: str, account: str, asked: CampaignAsked) -> Campaign:
    """The campaign, made or changed, as `asked`; written down, with its policy."""
    campaign = campaign_named(session, name, account or HOUSE)
    campaign.rubric, campaign.packs, campaign.policy = asked.rubric, list(asked.packs), asked.policy
    campaign.audio_days, campaign.analysis_days = asked.audio_days, asked.analysis_days
    note_down(
        session,
        CLI,
        "campaign",
        campaign=campaign.id,
        policy=asked.policy or "",
        audio_days=asked.audio_days,
        analysis_days=asked.analysis_days,
    )
    return campaign
