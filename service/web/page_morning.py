"""The morning report as one HTML page that needs nothing from anywhere, and as data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.archive.across import DIGESTED, OF_THE_CALL
from service.archive.drift import FEWEST_AGENTS, FEWEST_CALLS, INTERVAL_PERCENT
from service.archive.morning import OPEN, Coverage, Failure, Morning, Moved, TeamDrift, ToOpen, shown_shifts
from service.errors import ServiceError
from service.labels import Labels, plain
from service.say import Lang
from service.version import timbre_version
from service.web.page import environment, source_hash, static_text

MORNING_SCHEMA = "timbre.morning/1"
UNITS = {**DIGESTED, **OF_THE_CALL}
COVERED = ("analysed", "conversations", "scored", "words", "two_channels", "agent_known")
_MINUS = "\u2212"
_SITE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)


@dataclass(frozen=True)
class Row:
    """A name and what stands beside it."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True)
class MomentRow:
    """A moment and where it is heard."""

    address: str
    when: str
    clock: str
    name: str


@dataclass(frozen=True)
class DriftRow:
    """One measure of a team."""

    name: str
    now: str
    before: str
    shift: str
    interval: str
    n: str
    clear: bool


@dataclass(frozen=True)
class TeamBlock:
    """A team with its rows, or why there are none."""

    name: str
    why: str
    rows: tuple[DriftRow, ...]


def checked_site(address: str) -> str:
    """Where the pages are served, without a slash at its end; empty for none. Raises ServiceError for another form."""
    if address and not _SITE.fullmatch(address):
        raise ServiceError("morning.site")
    return address.rstrip("/")


def render_morning(found: Morning, *, lang: Lang, zone: tzinfo, site: str = "") -> str:
    """The page. `site`: the address its links lead to."""
    labels = Labels(lang)
    style = static_text("morning.css")
    rules = ("default-src 'none'", f"style-src {source_hash(style)}", "base-uri 'none'", "form-action 'none'")
    return (
        environment()
        .get_template("morning.html")
        .render(
            lang=lang,
            t=labels.say.text,
            csp="; ".join(rules),
            style=style,
            found=found,
            campaign=plain(found.campaign),
            day=_day(found, labels),
            states=list(_states(found, labels)),
            samples=[labels.say.text("morning.sampled", rule=rule, n=n) for rule, n in found.not_sampled.items()],
            failures=[Row(_why(f, labels), str(f.calls)) for f in found.failures],
            refused=[Row(_why(f, labels), str(f.calls)) for f in found.refused],
            names=[Row(plain(name), str(n)) for name, n in found.names],
            moments=[_moment(m, labels, zone, site) for m in found.to_open],
            teams=[_team(team, labels) for team in found.drift],
            coverage=list(_coverage(found.coverage, labels)),
            percent=INTERVAL_PERCENT,
            version=timbre_version(),
        )
    )


def _why(found: Failure, labels: Labels) -> str:
    """The sentence; the code alone where an older version's is gone."""
    return labels.note(found.reason) if labels.say.has(found.reason.code) else plain(found.reason.code)


def _day(found: Morning, labels: Labels) -> str:
    return found.night.day.strftime("%d/%m/%Y" if labels.lang == "fr" else "%Y-%m-%d")


def _states(found: Morning, labels: Labels) -> Iterator[Row]:
    """What became of the calls; waiting and at work are one."""
    counts = {
        "received": found.received,
        "done": found.states.get("done", 0),
        "failed": found.states.get("failed", 0),
        "open": sum(found.states.get(state, 0) for state in OPEN),
        "skipped": found.states.get("skipped", 0),
        "without_agent": found.without_agent,
    }
    yield from (Row(labels.say.text(f"morning.count_{name}"), str(n)) for name, n in counts.items())


def _moment(found: ToOpen, labels: Labels, zone: tzinfo, site: str) -> MomentRow:
    at = datetime.fromtimestamp(found.started_at, zone)
    return MomentRow(
        address=f"{site}/calls/{found.call_id}#t={found.start_s:.1f}",
        when=at.strftime("%d/%m/%Y %H:%M" if labels.lang == "fr" else "%Y-%m-%d %H:%M"),
        clock=labels.clock(found.start_s),
        name=labels.of("moment gesture act criterion", found.kind),
    )


def _team(team: TeamDrift, labels: Labels) -> TeamBlock:
    text = labels.say.text
    why = "" if team.enough else text("morning.few_agents", n=FEWEST_AGENTS)
    if team.enough and not team.moved:
        why = text("morning.few_calls", n=FEWEST_CALLS)
    return TeamBlock(plain(team.team), why, tuple(_drift(m, labels) for m in shown_shifts(team)))


def _drift(moved: Moved, labels: Labels) -> DriftRow:
    unit, s = UNITS[moved.name], moved.shift
    low, high = (_edge(edge, unit, labels) for edge in (s.low, s.high))
    return DriftRow(
        name=labels.of("measure", moved.name),
        now=labels.quantity(s.now, unit),
        before=labels.quantity(s.before, unit),
        shift=_signed(s.shift, unit, labels),
        interval=labels.say.text("morning.interval", low=low, high=high),
        n=labels.say.text("morning.n", now=s.n_now, before=s.n_before),
        clear=s.clear,
    )


def _signed(value: float, unit: str, labels: Labels) -> str:
    """`+0.4 semitones`; a share moves by points."""
    if unit == "%":
        return labels.say.text("morning.points", value=_edge(value, unit, labels))
    text = labels.quantity(value, unit)
    return text.replace("-", _MINUS, 1) if text.startswith("-") else f"+{text}"


def _edge(value: float, unit: str, labels: Labels) -> str:
    """The number alone, with its sign."""
    text = labels.quantity(value, unit).split("\u00a0")[0].removesuffix("%")
    return text.replace("-", _MINUS, 1) if text.startswith("-") else f"+{text}"


def _coverage(found: Coverage, labels: Labels) -> Iterator[Row]:
    for name in COVERED:
        part, whole = getattr(found, name)
        share = labels.quantity(100.0 * part / whole, "%") if whole else "\u2013"
        of = labels.say.text("morning.of", part=part, whole=whole)
        yield Row(labels.say.text(f"morning.covered_{name}"), share, of)


def morning_document(found: Morning, *, lang: Lang, site: str = "") -> dict[str, object]:
    """The report as data; reasons as sentences in `lang`."""
    labels = Labels(lang)
    return {
        "schema_version": MORNING_SCHEMA,
        "timbre_version": timbre_version(),
        "campaign": found.campaign,
        "night": found.night.day.isoformat(),
        "since": found.night.since,
        "until": found.night.until,
        "calls": {"received": found.received, **dict(sorted(found.states.items()))},
        "failures": [{"code": f.reason.code, "why": _why(f, labels), "calls": f.calls} for f in found.failures],
        "refused": [{"code": f.reason.code, "why": _why(f, labels), "files": f.calls} for f in found.refused],
        "not_sampled": dict(found.not_sampled),
        "without_agent": found.without_agent,
        "names_on_no_list": [{"name": name, "calls": n} for name, n in found.names],
        "moments": [_moment_document(m, site) for m in found.to_open],
        "open_moments": found.open_moments,
        "voice": found.voice,
        "drift": [_team_document(team) for team in found.drift],
        "coverage": {name: dict(zip(("calls", "of"), getattr(found.coverage, name), strict=True)) for name in COVERED},
    }


def _moment_document(found: ToOpen, site: str) -> dict[str, object]:
    address = f"{site}/calls/{found.call_id}#t={found.start_s:.1f}"
    return {"call": found.call_id, "kind": found.kind, "start_s": found.start_s, "page": address}


def _team_document(team: TeamDrift) -> dict[str, object]:
    rows = [
        {
            "measure": m.name, "unit": UNITS[m.name], "now": m.shift.now, "before": m.shift.before,
            "shift": m.shift.shift, "low": m.shift.low, "high": m.shift.high, "clear": m.shift.clear,
            "n_now": m.shift.n_now, "n_before": m.shift.n_before,
        }
        for m in team.moved
    ]  # fmt: skip
    return {"team": team.team, "enough": team.enough, "measures": rows}
