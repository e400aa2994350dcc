"""What a morning begins with: what became of the night's calls, which moments to open first, what moved.

The night that ends on a day holds the calls received from noon to noon. Nobody is ranked: moments stand by severity and
time without names, teams by their name, and a team of fewer than five agents has no numbers. What was measured of the
voice is in it only where the voice counts for everybody (policy `combined`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from audio.notes import Note
from service.archive.across import DIGESTED, OF_THE_CALL
from service.archive.drift import FEWEST_AGENTS, Shift, shift_between
from service.archive.errors import ArchiveError
from service.archive.tables import Campaign, Team
from service.archive.tables_across import Digest
from service.archive.tables_calls import Call, MomentRow
from service.archive.tables_nights import PassedOver
from service.scoring.views import WITHOUT_VOICE

BEFORE_S = 28 * 86_400.0
MOST_MOMENTS, PER_CALL = 20, 2
MOST_NAMES = 20
OPEN = ("waiting", "running")
_NAMELESS = {"name": "\u2026"}
"""For sentences that name a file: a recorder may write a caller's number into it."""


@dataclass(frozen=True)
class Night:
    """The night that ends on the morning of `day`; Unix times from noon to noon."""

    day: date
    since: float
    until: float


def night_of(written: str, zone: tzinfo) -> Night:
    """The night of YYYY-MM-DD. Raises ArchiveError for what is no day."""
    try:
        day = date.fromisoformat(written)
        ends = datetime.combine(day, time(12), zone)
        begins = datetime.combine(day - timedelta(days=1), time(12), zone)
    except (ValueError, OverflowError) as exc:
        raise ArchiveError("morning.no_day", value=written[:20]) from exc
    return Night(day, begins.timestamp(), ends.timestamp())


def night_at(now: float, zone: tzinfo) -> Night:
    """The night that a moment belongs to: until noon the one that ends that day, then the next."""
    at = datetime.fromtimestamp(now, zone)
    return night_of((at.date() + timedelta(days=at.hour >= 12)).isoformat(), zone)


@dataclass(frozen=True)
class Failure:
    """Calls, or files, that came to nothing for one reason: the first one's sentence stands for all."""

    reason: Note
    calls: int


@dataclass(frozen=True)
class ToOpen:
    """A moment nobody has reviewed, and where to hear it."""

    call_id: str
    started_at: float
    kind: str
    start_s: float


@dataclass(frozen=True)
class Moved:
    """One measure of a team against the four weeks before."""

    name: str
    shift: Shift


@dataclass(frozen=True)
class TeamDrift:
    """A team by its name; `enough` False: fewer than five agents on either side, and no numbers."""

    team: str
    enough: bool
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """Of how many calls what is known; the first of each pair is a share of the second."""

    analysed: tuple[int, int]
    conversations: tuple[int, int]
    scored: tuple[int, int]
    words: tuple[int, int]
    two_channels: tuple[int, int]
    agent_known: tuple[int, int]


@dataclass(frozen=True)
class Morning:
    """The report of one campaign's night."""

    campaign_id: str
    campaign: str
    night: Night
    states: Mapping[str, int]
    failures: tuple[Failure, ...]
    refused: tuple[Failure, ...]
    without_agent: int
    names: tuple[tuple[str, int], ...]
    to_open: tuple[ToOpen, ...]
    open_moments: int
    drift: tuple[TeamDrift, ...]
    coverage: Coverage
    not_sampled: Mapping[str, int] = field(default_factory=dict)
    voice: bool = field(default=False)

    @property
    def received(self) -> int:
        """All calls of the night."""
        return sum(self.states.values())


def morning_of(session: Session, campaign: Campaign, night: Night, refused: Iterable[Note] = ()) -> Morning:
    """The report, from rows alone: no document is opened. `refused`: why files of the batch never became calls."""
    tonight = _received(campaign, night.since, night.until)
    counted = session.execute(select(Call.state, func.count()).where(*tonight).group_by(Call.state))
    states = {state: n for state, n in counted}
    unknown = (*tonight, Call.agent_id.is_(None))
    drift = tuple(_drift(session, campaign, night))
    return Morning(
        campaign_id=campaign.id,
        campaign=campaign.name,
        night=night,
        states=states,
        failures=_failures(session, tonight),
        refused=by_reason(refused),
        without_agent=session.scalar(select(func.count()).select_from(Call).where(*unknown)) or 0,
        names=tuple(_names(session, unknown)),
        to_open=tuple(_to_open(session, tonight)),
        open_moments=session.scalar(select(func.count()).select_from(MomentRow).join(Call).where(*_bad(tonight))) or 0,
        drift=drift,
        coverage=_coverage(session, tonight, states),
        not_sampled=_not_sampled(session, campaign, night),
        voice=any(m.name not in WITHOUT_VOICE for team in drift for m in team.moved),
    )


Conditions = tuple[ColumnElement[bool], ...]


def _received(campaign: Campaign, since: float, until: float) -> Conditions:
    return Call.campaign_id == campaign.id, Call.received_at >= since, Call.received_at < until


def _not_sampled(session: Session, campaign: Campaign, night: Night) -> dict[str, int]:
    """How many files of the night's batches each rule of sampling left out."""
    mine = (PassedOver.campaign_id == campaign.id, PassedOver.at >= night.since, PassedOver.at < night.until)
    counted = select(PassedOver.rule, func.count()).where(*mine).group_by(PassedOver.rule).order_by(PassedOver.rule)
    return {rule: n for rule, n in session.execute(counted)}


def _failures(session: Session, tonight: Conditions) -> tuple[Failure, ...]:
    problems = session.scalars(select(Call.problem).where(*tonight, Call.state == "failed").order_by(Call.id))
    found = (problem or {"code": "morning.no_reason"} for problem in problems)
    return by_reason(Note(problem["code"], problem.get("params", {})) for problem in found)


def by_reason(reasons: Iterable[Note]) -> tuple[Failure, ...]:
    """Most frequent first."""
    first: dict[str, Note] = {}
    counts: Counter[str] = Counter()
    for note in reasons:
        first.setdefault(note.code, Note(note.code, {**note.params, **_NAMELESS}))
        counts[note.code] += 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Failure(first[code], n) for code, n in ordered)


def _names(session: Session, unknown: Conditions) -> list[tuple[str, int]]:
    """Names that are on no staff list, by name: somebody can put them there."""
    wanted = select(Call.agent_name, func.count()).where(*unknown, Call.agent_name != "").group_by(Call.agent_name)
    return [(name, n) for name, n in session.execute(wanted.order_by(Call.agent_name).limit(MOST_NAMES))]


def _bad(tonight: Conditions) -> Conditions:
    """Moments to work on that nobody has reviewed and that every reader of the report may know of."""
    hidden = (MomentRow.kind == "metallic") & (Call.policy == "words_and_turns")
    return *tonight, MomentRow.good.is_(False), MomentRow.reviewed_at.is_(None), ~hidden


def _to_open(session: Session, tonight: Conditions) -> Iterator[ToOpen]:
    """By severity, then time; two of a call at most."""
    place = func.row_number().over(partition_by=MomentRow.call_id, order_by=(MomentRow.severity.desc(), MomentRow.id))
    found = (
        select(Call.id, Call.started_at, MomentRow.kind, MomentRow.start_s, MomentRow.severity, place.label("place"))
        .join(Call, Call.id == MomentRow.call_id)
        .where(*_bad(tonight))
        .subquery()
    )
    order = (found.c.severity.desc(), found.c.started_at, found.c.id, found.c.start_s)
    wanted = select(found).where(found.c.place <= PER_CALL).order_by(*order).limit(MOST_MOMENTS)
    for call_id, started_at, kind, start_s, *_ in session.execute(wanted):
        yield ToOpen(call_id, started_at, kind, start_s)


def _coverage(session: Session, tonight: Conditions, states: Mapping[str, int]) -> Coverage:
    done = (*tonight, Call.state == "done")
    talked = (*done, Call.outcome == "conversation")
    n = {name: _count(session, where) for name, where in {"done": done, "talked": talked}.items()}
    scored = _count(session, (*talked, Call.script.is_not(None), Call.intention.is_not(None)))
    heard = select(func.count()).select_from(Call).join(Digest, Digest.call_id == Call.id).where(*talked)
    all_calls = sum(states.values())
    wanted = all_calls - states.get("skipped", 0)
    return Coverage(
        analysed=(n["done"], wanted),
        conversations=(n["talked"], n["done"]),
        scored=(scored, n["talked"]),
        words=(session.scalar(heard.where(Digest.words.is_(True))) or 0, n["talked"]),
        two_channels=(session.scalar(heard.where(Digest.two_channels.is_(True))) or 0, n["talked"]),
        agent_known=(_count(session, (*tonight, Call.agent_id.is_not(None))), all_calls),
    )


def _count(session: Session, where: Conditions) -> int:
    return session.scalar(select(func.count()).select_from(Call).where(*where)) or 0


# -- drift -------------------------------------------------------------------------------------------------------------

ByAgent = dict[str, list[float]]


def _drift(session: Session, campaign: Campaign, night: Night) -> Iterator[TeamDrift]:
    """Every team that had calls tonight, by name."""
    now, before = (
        _values(session, campaign, since, until)
        for since, until in ((night.since, night.until), (night.since - BEFORE_S, night.since))
    )
    names = session.execute(select(Team.name, Team.id).where(Team.campaign_id == campaign.id).order_by(Team.name))
    for name, team_id in names:
        own, was = now.get(team_id), before.get(team_id, {})
        if own:
            yield _team(name, own, was)


def _team(name: str, now: Mapping[str, ByAgent], before: Mapping[str, ByAgent]) -> TeamDrift:
    enough = all(_agents(side) >= FEWEST_AGENTS for side in (now, before))
    if not enough:
        return TeamDrift(name, enough=False)
    moved = (
        Moved(measure, shift)
        for measure in (*DIGESTED, *OF_THE_CALL)
        if (shift := shift_between(now.get(measure, {}), before.get(measure, {}))) is not None
    )
    return TeamDrift(name, enough=True, moved=tuple(moved))


def _agents(side: Mapping[str, ByAgent]) -> int:
    return len({agent for values in side.values() for agent in values})


def _values(session: Session, campaign: Campaign, since: float, until: float) -> dict[str, dict[str, ByAgent]]:
    """By team, measure and agent, oldest call first."""
    wanted = (
        select(Call.team_id, Call.agent_id, Call.policy, Digest.measures)
        .join(Digest, Digest.call_id == Call.id)
        .where(*_received(campaign, since, until), Call.state == "done", Call.outcome == "conversation")
        .where(Call.team_id.is_not(None), Call.agent_id.is_not(None))
        .order_by(Call.started_at, Call.id)
    )
    found: dict[str, dict[str, ByAgent]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for team_id, agent_id, policy, measures in session.execute(wanted).yield_per(1000):
        for name, value in measures.items():
            if policy == "combined" or name in WITHOUT_VOICE:
                found[team_id][name][agent_id].append(value)
    return found


def shown_shifts(team: TeamDrift) -> Sequence[Moved]:
    """Clear ones first, each group in the order of the list of measures."""
    return sorted(team.moved, key=lambda m: not m.shift.clear)
