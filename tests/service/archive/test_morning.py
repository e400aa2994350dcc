"""The morning report: every call of the night counted once, no person ranked, no voice where it is not for all."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from audio.notes import Note
from service.archive.errors import ArchiveError
from service.archive.morning import MOST_MOMENTS, PER_CALL, morning_of, night_at, night_of
from service.archive.tables import Campaign, Person
from service.archive.tables_across import Digest
from service.archive.tables_calls import Call, MomentRow
from service.errors import ServiceError
from service.say import LANGS
from service.web.page_morning import checked_site, morning_document, render_morning
from tests.calls import timbre
from tests.service.archive.fixtures import add

NIGHT = night_of("2026-11-20", UTC)
LATE = NIGHT.since + 9 * 3600.0
HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def calls(archive, blobs, cast):
    """A maker of calls of the campaign, done unless said otherwise."""
    numbers = iter(range(10_000))

    def made(*, at=LATE, state="done", agent=True, moments=(), measures=None, policy="combined", **changes):
        facts = {} if agent else {"agent_id": None, "agent_name": "1009", "team_id": None}
        call, _ = add(archive, blobs, cast, f"{next(numbers)}".encode(), started_at=at - 7200.0, **{**facts, **changes})
        with archive.writing() as session:
            row = session.get_one(Call, call.id)
            row.received_at, row.state, row.policy = at, state, policy
            if state == "failed":
                row.problem = {"code": "cli.no_such_file", "params": {"name": "0612345678.wav"}}
            if state == "done":
                row.outcome, row.script, row.intention = "conversation", 60.0, 50.0
                session.add(Digest(call_id=call.id, words=True, two_channels=True, measures=measures or {}))
            for i, (kind, severity, good) in enumerate(moments):
                session.add(
                    MomentRow(call_id=call.id, moment=f"m{i}", kind=kind, good=good, severity=severity,
                              start_s=10.0 * i, end_s=10.0 * i + 5)
                )  # fmt: skip
        return call

    return made


def report(archive, cast):
    with archive.reading() as session:
        return morning_of(session, session.get_one(Campaign, cast.campaign.id), NIGHT)


def test_the_night_goes_from_noon_to_noon_where_one_lives() -> None:
    night = night_of("2026-03-29", ZoneInfo("Europe/Paris"))  # clocks go forward
    assert datetime.fromtimestamp(night.since, UTC).isoformat() == "2026-03-28T11:00:00+00:00"
    assert datetime.fromtimestamp(night.until, UTC).isoformat() == "2026-03-29T10:00:00+00:00"


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01", "20/11/2026", "0001-01-01"])
def test_what_is_no_day_is_said(written: str) -> None:
    with pytest.raises(ArchiveError):
        night_of(written, UTC)


def test_every_call_of_the_night_is_counted_once(archive, cast, calls):
    calls(), calls(), calls(state="failed"), calls(state="waiting"), calls(state="running"), calls(agent=False)
    calls(state="skipped")
    calls(at=NIGHT.since - 1), calls(at=NIGHT.until)  # of other nights
    calls(campaign_id=cast.other_campaign.id, agent_id=None, team_id=None)
    found = report(archive, cast)
    assert found.received == 7 and found.states == {"done": 3, "failed": 1, "waiting": 1, "running": 1, "skipped": 1}
    assert (found.without_agent, found.names) == (1, (("1009", 1),))
    assert [(f.reason.code, f.calls) for f in found.failures] == [("cli.no_such_file", 1)]
    assert found.coverage.analysed == (3, 6) and found.coverage.agent_known == (6, 7)
    assert found.coverage.words == found.coverage.scored == found.coverage.conversations == (3, 3)


def test_moments_stand_by_severity_then_time_few_of_a_call(archive, cast, calls):
    late = calls(moments=[("a", 0.9, False), ("b", 0.8, False), ("c", 0.7, False), ("praise", 1.0, True)])
    early = calls(at=LATE - 3600, moments=[("d", 0.9, False), ("e", 0.1, False)])
    found = report(archive, cast)
    assert [m.kind for m in found.to_open] == ["d", "a", "b", "e"]
    assert [m.call_id for m in found.to_open] == [early.id, late.id, late.id, early.id]
    assert found.open_moments == 5 and PER_CALL == 2
    with archive.writing() as session:
        session.execute(sa.update(MomentRow).where(MomentRow.kind == "d").values(reviewed_at=1.0))
    assert [m.kind for m in report(archive, cast).to_open] == ["a", "b", "e"]
    for _ in range(MOST_MOMENTS):
        calls(moments=[("x", 0.95, False)])
    assert len(report(archive, cast).to_open) == MOST_MOMENTS


def many(archive, cast, calls, *, agents=6, policy="combined"):
    """A team of agents with ten earlier calls and two tonight; tonight they speak more, and flatter."""
    rng = np.random.default_rng(1)
    with archive.writing() as session:
        people = [Person(login=f"x{i}", name=f"X{i}", role="agent", team_id=cast.team.id) for i in range(agents)]
        session.add_all(people)
        session.flush()
        ids = [p.id for p in people]
    for agent_id in ids:
        for i in range(12):
            tonight = i >= 10
            measures = {
                "talk_share": float(rng.normal(70 if tonight else 50, 4)),
                "pitch_spread": float(rng.normal(1.5 if tonight else 2.8, 0.2)),
                "dead_air_share": float(rng.normal(4, 1)),
            }
            at = LATE + i if tonight else NIGHT.since - (i + 1) * 86_400.0
            calls(at=at, agent_id=agent_id, team_id=cast.team.id, measures=measures, policy=policy)


def test_what_a_team_does_otherwise_is_clear_and_what_it_does_not_is_not(archive, cast, calls):
    many(archive, cast, calls)
    (team,) = report(archive, cast).drift
    found = {m.name: m.shift for m in team.moved}
    assert team.enough and set(found) == {"talk_share", "pitch_spread", "dead_air_share"}
    assert found["talk_share"].clear and found["talk_share"].shift == pytest.approx(20, abs=4)
    assert found["pitch_spread"].clear and not found["dead_air_share"].clear
    assert (found["talk_share"].n_now, found["talk_share"].n_before) == (12, 60)


def test_calls_older_than_four_weeks_are_not_the_weeks_before(archive, cast, calls):
    many(archive, cast, calls)
    before = report(archive, cast).drift
    for _ in range(20):
        calls(at=NIGHT.since - 30 * 86_400.0, measures={"talk_share": 99.0})
    assert report(archive, cast).drift == before


def test_a_small_team_has_no_numbers(archive, cast, calls):
    many(archive, cast, calls, agents=4)
    (team,) = report(archive, cast).drift
    assert (team.team, team.enough, team.moved) == ("red", False, ())
    page = render_morning(report(archive, cast), lang="en", zone=UTC)
    assert "Fewer than 5 agents" in page and "<table>" not in page


def test_under_words_and_turns_nothing_of_the_voice_is_in_it(archive, cast, calls):
    many(archive, cast, calls, policy="words_and_turns")
    calls(moments=[("metallic", 0.99, False), ("interruptions", 0.5, False)], policy="words_and_turns")
    found = report(archive, cast)
    assert [m.kind for m in found.to_open] == ["interruptions"] and found.open_moments == 1
    assert {m.name for m in found.drift[0].moved} == {"talk_share", "dead_air_share"} and not found.voice
    for lang in LANGS:
        text = render_morning(found, lang=lang, zone=UTC) + json.dumps(morning_document(found, lang=lang))
        assert not re.search(r"pitch|metallic|mélodi|métalli|semitone|demi-ton", text, re.I)


class Looked(HTMLParser):
    """Tags and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.styled: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [v for k, v in attrs if k in ("href", "src")]
        self.styled += [k for k, _ in attrs if k == "style" or k.startswith("on")]


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_needs_nothing_and_lets_nothing_in(archive, cast, calls, lang):
    many(archive, cast, calls)
    call = calls(moments=[("interruptions", 0.9, False)], agent_id=None, agent_name=HOSTILE, team_id=None)
    calls(state="failed")
    with archive.writing() as session:
        session.get_one(Campaign, cast.campaign.id).name = HOSTILE
    html = render_morning(report(archive, cast), lang=lang, zone=UTC, site="https://timbre.example")
    page = Looked(html)
    assert not page.tags & {"script", "link", "img", "iframe", "form"} and not page.styled
    assert page.links == [f"https://timbre.example/calls/{call.id}#t=0.0"]
    assert (
        "default-src &#39;none&#39;; style-src &#39;sha256-" in html or "default-src 'none'; style-src 'sha256-" in html
    )
    assert HOSTILE not in html and "&lt;script&gt;" in html
    assert "0612345678" not in html  # of a file's name
    assert "X1" not in html and "X5" not in html  # no agent who is known is named


@pytest.mark.parametrize("site", ["javascript:alert(1)", "//evil", "https://a b", 'https://a"x', "ftp://a", "https://"])
def test_links_begin_with_an_address_of_pages(site: str) -> None:
    with pytest.raises(ServiceError):
        checked_site(site)


def test_an_address_of_pages_may_have_a_port_and_a_path() -> None:
    assert checked_site("https://timbre.example:8443/qa/") == "https://timbre.example:8443/qa"
    assert checked_site("") == ""


def test_a_reason_of_an_older_version_is_its_code(archive, cast, calls):
    call = calls(state="failed")
    with archive.writing() as session:
        session.get_one(Call, call.id).problem = {"code": "sound.of_old", "params": {}}
    assert "sound.of_old" in render_morning(report(archive, cast), lang="fr", zone=UTC)


def test_files_that_never_became_calls_are_counted_apart(archive, cast, calls):
    refused = [Note("batch.unreadable", {"why": "x"}), Note("cli.no_such_file", {"name": "0612345678.wav"})] * 2
    with archive.reading() as session:
        found = morning_of(session, session.get_one(Campaign, cast.campaign.id), NIGHT, refused)
    assert [(f.reason.code, f.calls) for f in found.refused] == [("batch.unreadable", 2), ("cli.no_such_file", 2)]
    assert found.received == 0 and "0612345678" not in render_morning(found, lang="en", zone=UTC)


def test_the_night_of_a_moment() -> None:
    paris = ZoneInfo("Europe/Paris")
    for clock, day in (("11:59", 20), ("12:00", 21), ("23:30", 21)):
        at = datetime.fromisoformat(f"2026-11-20T{clock}+01:00").timestamp()
        night = night_at(at, paris)
        assert night.day.day == day and night.since <= at < night.until


def test_an_empty_night_is_a_report_too(archive, cast):
    found = report(archive, cast)
    assert found.received == 0 and found.drift == ()
    assert "No call failed" in render_morning(found, lang="en", zone=UTC)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_the_command_writes_both_files(archive, cast, calls, tmp_path):
    calls(), calls(state="failed")
    env = {"TIMBRE_DATABASE": str(archive.engine.url)}
    out = ("--html", tmp_path / "m.html", "--json", tmp_path / "m.json")
    asked = ("report", "--campaign", "service", "--account", "here", "--night", "2026-11-20")
    ran = timbre(*asked, *out, "--lang", "fr", env=env)
    assert ran.code == 0, ran.err
    assert ran.out == "2 appels reçus, 1 analysés, 1 en échec, 0 moments à ouvrir.\n"
    data = json.loads((tmp_path / "m.json").read_text())
    assert data["calls"] == {"received": 2, "done": 1, "failed": 1} and data["night"] == "2026-11-20"
    assert 'lang="fr"' in (tmp_path / "m.html").read_text()
    nowhere = timbre(*asked, "--lang", "en", env=env)
    assert nowhere.code == 2 and "--html OUT" in nowhere.err
