"""Inbox, upload, rules, settings and audit as they answer: what waits, many at once, and nothing for others."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sqlalchemy as sa

from service.archive.audit import note_down
from service.archive.tables import AuditRow, Campaign, Person
from service.archive.tables_calls import Call, LineRow, MomentRow, ReviewRow
from tests.calls import SHIPPED
from tests.service.archive.coaching_calls import call_in
from tests.service.web.api.conftest import finish_call

EVIL = '"><script>alert(1)</script>'
ALWAYS = {"days": 0}


@pytest.fixture
def qa(somebody):
    return somebody("qa")


def post(who, path, **fields):
    return who.post(path, data={"csrf": who.csrf, **fields})


def chosen(archive, call_id, n=2):
    with archive.reading() as session:
        wanted = sa.select(MomentRow.moment).where(MomentRow.call_id == call_id, MomentRow.good.is_(False)).limit(n)
        return [f"{call_id}|{moment}" for moment in session.scalars(wanted)]


def test_what_waits_is_listed_filtered_and_counted(qa, somebody, archive, blobs, cast, done):
    page = qa.get("/inbox", params=ALWAYS)
    assert page.status_code == 200 and f"/calls/{done.id}?from=" in page.text and "#t=" in page.text
    with archive.reading() as session:
        waits = session.scalar(sa.select(sa.func.count()).select_from(MomentRow).where(MomentRow.good.is_(False)))
        kind = session.scalars(sa.select(MomentRow.kind).where(MomentRow.good.is_(False))).first()
    assert page.text.count('name="chosen"') == waits
    for params, n in (({"days": 7}, 0), ({**ALWAYS, "kind": "nothing"}, 0), ({**ALWAYS, "team": cast.other_team.id}, 0),
                      ({**ALWAYS, "below": 1}, 0)):  # fmt: skip
        assert qa.get("/inbox", params=params).text.count('name="chosen"') == n
    assert 0 < qa.get("/inbox", params={**ALWAYS, "kind": kind}).text.count('name="chosen"') <= waits
    assert somebody("other_coach").get("/inbox", params=ALWAYS).text.count('name="chosen"') == 0
    assert somebody("coach").get("/inbox", params=ALWAYS).text.count('name="chosen"') >= waits


def test_many_are_judged_at_once_and_what_can_not_be_stops_nothing(qa, archive, done):
    wanted = chosen(archive, done.id)
    missing = post(qa, "/inbox", does="disagree", chosen=wanted, back="/inbox?days=0")
    assert missing.headers["location"] == "/inbox?days=0&did=0&left=2&why=web.reason_needed"
    assert "Il faut une raison" in qa.get(missing.headers["location"]).text
    told = post(qa, "/inbox", does="agree", chosen=[*wanted, f"{done.id}|gone", "nobodys|m"], back="/inbox")
    assert "did=2&left=2" in told.headers["location"]
    with archive.reading() as session:
        assert [r.says for r in session.scalars(sa.select(ReviewRow))] == ["agree", "agree"]
        assert session.scalar(sa.select(sa.func.count()).where(MomentRow.reviewed_at.is_not(None))) == 2


def test_calls_are_released_given_to_their_agent_and_tried_again(qa, archive, blobs, cast, analysed_once, done):
    lost = finish_call(
        archive, blobs, cast, analysed_once, agent_id=None, agent_name="?", team_id=None, external_id="2"
    )
    with archive.writing() as session:
        session.get_one(Call, done.id).state = "failed"
    post(qa, "/inbox", does="agent", chosen=[lost.id], agent="1001")
    post(qa, "/inbox", does="release", chosen=[lost.id])
    post(qa, "/inbox", does="again", chosen=[done.id])
    with archive.reading() as session:
        call = session.get_one(Call, lost.id)
        assert (call.agent_id, call.team_id) == (cast.agent.id, cast.team.id) and call.released_at
        teams = set(session.scalars(sa.select(LineRow.team_id).where(LineRow.call_id == lost.id)))
        assert teams == {cast.team.id} and session.get_one(Call, done.id).state == "waiting"
    nobody = post(qa, "/inbox", does="agent", chosen=[lost.id], agent="nobody")
    assert "why=inbox.nobody" in nobody.headers["location"]


def test_a_coach_does_no_more_than_a_coach_may(somebody, archive, done):
    coach, other = somebody("coach"), somebody("other_coach")
    assert "left=1&why=archive.not_allowed" in post(coach, "/inbox", does="again", chosen=[done.id]).headers["location"]
    theirs = post(other, "/inbox", does="agree", chosen=chosen(archive, done.id, 1))
    assert "did=0&left=1&why=archive.not_there" in theirs.headers["location"]


def test_the_way_back_is_the_inbox_whatever_a_form_says(qa):
    for back in ("https://evil.example", "//evil.example", "/\\evil", "/inboxes/../calls"):
        at = post(qa, "/inbox", does="agree", back=back).headers["location"]
        assert at.startswith("/inbox") and "evil" not in at


def test_pages_follow_one_another_without_a_gap(qa, archive, blobs, cast, monkeypatch):
    monkeypatch.setattr("service.archive.inbox.PAGE", 2)
    calls = [call_in(archive, blobs, cast, hour=n, released=False) for n in range(5)]
    seen, address = [], "/inbox?show=unreleased&days=0"
    while address:
        text = qa.get(address).text
        seen += [c for c in calls if f'value="{c}"' in text]
        link = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in text else ""
        address = link
    assert sorted(seen) == sorted(calls) and len(seen) == 5
    assert qa.get("/inbox?after=x").status_code == 422


def test_the_upload_page_takes_a_table_and_legs_and_answers_per_file(qa, archive, cast):
    sound = (SHIPPED / "en_recited.ogg").read_bytes()
    table = "recording;agent;external_id;started_at;language\nA.ogg;1001;=x1;25/11/2026 08:30;en\nb.ogg;;;31/02/2026;\n"
    files = [("recordings", (name, content)) for name, content in
             (("A.ogg", sound), ("b.ogg", sound + b"1"), ("c.wav", b"text"), ("d_agent.ogg", sound + b"2"),
              ("d_customer.ogg", sound + b"3"))]  # fmt: skip
    files.append(("table", ("t.csv", table.encode("cp1252"))))
    page = qa.post("/upload", data={"csrf": qa.csrf, "campaign": cast.campaign.id}, files=files)
    assert (
        page.status_code == 200 and page.text.count('class="said"') == 4 and page.text.count('<li class="problem"') == 2
    )
    with archive.reading() as session:
        calls = {c.name: c for c in session.scalars(sa.select(Call))}
        assert set(calls) == {"A.ogg", "d_agent.ogg"}
        call = calls["A.ogg"]
        assert (call.agent_id, call.external_id, call.language, call.started_at) == (
            cast.agent.id,
            "=x1",
            "en",
            1795595400.0,
        )
    for wrong in (b"what;ever\n1;2\n", b""):
        more = [("recordings", ("z.ogg", sound)), ("table", ("t.csv", wrong))]
        answer = qa.post("/api/v1/calls", data={"campaign": cast.campaign.id}, files=more)
        assert answer.status_code == 422 and answer.json()["type"].endswith("batch.columns")


def test_rules_tell_what_they_find_and_run_nothing(qa, archive, cast):
    with archive.writing() as session:
        session.get_one(Campaign, cast.campaign.id).rubric = EVIL
    for lang, text in (("fr", "Bonjour, comment allez-vous aujourd'hui ?"), ("en", "How are you today?")):
        page = qa.get("/rules", params={"language": lang, "text": text}).text
        assert "courtesy" in page or "courtoisie" in page
    page = qa.get("/rules", params={"text": EVIL, "rubric": EVIL}).text
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert qa.get("/rules", params={"text": "x" * 401}).status_code == 422


def test_settings_say_where_each_is_set_and_no_secret(somebody, archive, rooms, monkeypatch, cast):
    admin = somebody("admin")
    page = admin.get("/settings").text
    assert "TIMBRE_AUDIO_DAYS" in page and "183" in page and "TIMBRE_DATABASE" in page
    changed = post(admin, f"/settings/campaigns/{cast.campaign.id}", rubric="outbound_sales", policy="no_voice",
                   audio_days=30, analysis_days=90, sample=5)  # fmt: skip
    assert changed.status_code == 303
    with archive.reading() as session:
        found = session.get_one(Campaign, cast.campaign.id)
        assert (found.rubric, found.policy, found.audio_days, found.sample_per_agent_week) == (
            "outbound_sales",
            "no_voice",
            30,
            5,
        )
        row = session.scalars(sa.select(AuditRow).where(AuditRow.action == "campaign")).one()
        assert row.person_id == cast.admin.id
    assert post(admin, f"/settings/campaigns/{cast.campaign.id}", rubric="nothing").status_code == 422


def test_everybody_sets_their_language_and_password(somebody, archive, cast):
    from service.archive.passwords import hash_password, right_password

    with archive.writing() as session:
        session.get_one(Person, cast.agent.id).password_hash = hash_password("the old password")
    agent = somebody("agent")
    post(agent, "/preferences/lang", lang="en")
    wrong = post(agent, "/preferences/password", old="x", new="a new password")
    assert "another one" in agent.get(wrong.headers["location"]).text
    post(agent, "/preferences/password", old="the old password", new="a new password")
    with archive.reading() as session:
        me = session.get_one(Person, cast.agent.id)
        assert me.lang == "en" and right_password("a new password", me.password_hash)


def test_the_audit_is_filtered_paged_and_exported(somebody, archive, cast, done, monkeypatch):
    monkeypatch.setattr("service.web.pages.audit.PAGE", 3)
    with archive.writing() as session:
        session.get_one(Person, cast.qa.id).name = EVIL
        for n in range(5):
            note_down(session, cast.qa.id, "read", call_id=done.id, n=n)
        note_down(session, cast.coach.id, "=formula", text=EVIL)
    admin = somebody("admin")
    page = admin.get("/audit")
    assert page.text.count("<tr>") == 4 and 'rel="next"' in page.text and "<script>alert" not in page.text
    assert admin.get("/audit", params={"who": "qa", "action": "read"}).text.count("<tr>") == 4
    assert admin.get("/audit", params={"call": "nobodys"}).text.count("<tr>") == 0
    assert admin.get("/audit", params={"since": "2099-01-01"}).text.count("<tr>") == 0
    assert admin.get("/audit", params={"since": "yesterday"}).status_code == 422
    rows = list(csv.DictReader(io.StringIO(admin.get("/audit.csv").text, newline="")))
    assert len(rows) == 6 and rows[0]["action"] == "'=formula" and json.loads(rows[1]["detail"]) == {"n": 4}
