"""My week, a session and an agent's start as pages: what they show, to whom, and that nothing in them runs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Call, LineRow, MomentRow
from service.archive.tables_reviews import CoachingSession, Dispute, Example, Goal
from service.archive.weeks import starts_at
from service.say import Say
from service.settings import Settings
from service.web.app import create_app
from service.web.guard import Rooms
from tests.service.archive.coaching_calls import NUMBER, WEEK
from tests.service.web.api.conftest import Somebody, finish_call

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
EN, FR = Say("en").text, Say("fr").text


@pytest.fixture
def calls(archive, blobs, cast, analysed_once, lived_once):
    """Four done calls of the agent's in one week, released; the last has good moments."""
    found = []
    for day in range(4):
        result = lived_once if day == 3 else analysed_once
        call = finish_call(archive, blobs, cast, result, started_at=starts_at(NUMBER) + 86400.0 * day)
        found.append(call.id)
    with archive.writing() as session:
        session.execute(sa.update(Call).values(released_at=1.0))
        session.execute(sa.update(Person).values(lang="en"))
    return found


@pytest.fixture
def coach(somebody, calls):
    return somebody("coach")


def post(client, path, **fields):
    return client.post(path, data={"csrf": client.csrf, **fields})


def begun(client, cast, week=WEEK):
    answer = post(client, "/sessions", agent=cast.agent.id, week=week)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def clips(html):
    return re.findall(r'src="/api/v1/calls/([\w-]+)/audio#t=([\d.]+),([\d.]+)"', html)


def test_from_my_week_to_the_sound_of_three_different_calls(coach, cast, archive):
    start = coach.get("/")
    assert start.headers["location"] == "/week"
    week = coach.get(f"/week?w={WEEK}").text
    assert "Agent" in week and f'value="{cast.agent.id}"' in week and EN("week.prepare") in week
    html = coach.get(begun(coach, cast)).text
    found = clips(html)
    assert len({call for call, _, _ in found}) == 3 and EN("session.play_all") in html
    assert sum(float(end) - float(start) for _, start, end in found) <= 300
    with archive.reading() as session:
        rows = {(m.call_id, f"{m.start_s:.2f}"[:4]) for m in session.scalars(sa.select(MomentRow))}
    assert {(call, f"{float(start):.2f}"[:4]) for call, start, _ in found} <= rows
    assert coach.get(f"/api/v1/calls/{found[0][0]}/audio", headers={"range": "bytes=0-99"}).status_code == 206


def test_what_a_session_shows_is_written_down_as_read_once_a_call(coach, cast, archive):
    coach.get(begun(coach, cast))
    with archive.reading() as session:
        rows = session.scalars(sa.select(AuditRow).where(AuditRow.action == "read")).all()
    assert len(rows) == 3 and {row.person_id for row in rows} == {cast.coach.id}
    assert len({row.call_id for row in rows}) == 3


def test_another_moment_is_taken_and_only_a_fitting_one(coach, cast, calls):
    place = begun(coach, cast)
    html = coach.get(f"{place}?swap=2").text
    offered = re.findall(r'name="call" value="([\w-]+)"><input type="hidden" name="moment" value="(\w+)"', html)
    assert offered
    call, moment = offered[0]
    assert post(coach, f"{place}/moments/2", call=call, moment=moment).headers["location"] == f"{place}#place-2"
    assert clips(coach.get(place).text)[1][0] == call
    assert post(coach, f"{place}/moments/1", call=call, moment=moment).status_code == 422
    assert post(coach, f"{place}/moments/9", call=call, moment=moment).status_code == 422


def test_compare_plays_the_same_gesture_lived_in_another_call_and_accepted_examples(coach, cast, archive, calls):
    with archive.writing() as session:
        moments = session.scalars(sa.select(MomentRow).where(MomentRow.good.is_(False))).all()
        gestures = set(session.scalars(sa.select(LineRow.line)))
        kind = next(m.kind for m in moments if f"gesture:{m.kind}" in gestures)
        session.execute(sa.delete(MomentRow).where(MomentRow.good.is_(False), MomentRow.kind != kind))
        session.execute(sa.update(LineRow).where(LineRow.line == f"gesture:{kind}").values(verdict="missing"))
    place = begun(coach, cast)
    html = coach.get(f"{place}?compare=2").text
    assert EN("session.none_lived") in html
    other = next(call for call in calls[:3] if call != clips(html)[1][0])
    with archive.writing() as session:
        lived = sa.update(LineRow).where(LineRow.call_id == other, LineRow.line == f"gesture:{kind}")
        session.execute(lived.values(verdict="lived", start_s=4.0, end_s=6.0))
        example = next(m for m in moments if m.kind == kind and m.call_id == other)
        session.add(Example(call_id=other, moment=example.moment, proposed_by=cast.agent.id, state="accepted"))
    html = coach.get(f"{place}?compare=2").text
    assert EN("session.none_lived") not in html
    assert [call for call, _, _ in clips(html)].count(other) >= 2


def test_a_goal_and_what_became_of_it_open_the_next_session(coach, cast, archive, calls):
    place = begun(coach, cast)
    html = coach.get(place).text
    gesture = re.search(r'<option value="(\w+)"', html.partition('name="gesture"')[2])[1]
    assert post(coach, f"{place}/goal", gesture=gesture).headers["location"] == f"{place}#goal"
    assert f'<option value="{gesture}" selected>' in coach.get(place).text
    assert post(coach, f"{place}/goal", gesture="nothing").status_code == 422
    following = coach.get(begun(coach, cast, "2026-W48")).text
    name = re.search(rf'<option value="{gesture}" selected>([^<]+)<', following)[1]
    assert EN("session.agreed", gesture=name) in following and EN("session.no_calls") in following
    assert EN("session.too_few", n=4) in following and "%" not in following
    week = coach.get("/week?w=2026-W48").text
    assert name in week


def test_a_session_that_took_place_moves_its_agent_and_its_note_is_kept(coach, cast, archive):
    place = begun(coach, cast)
    assert post(coach, f"{place}/note", note=EVIL, done="yes").status_code == 303
    html = coach.get(place).text
    assert EVIL not in html and "&lt;script&gt;alert(1)" in html and EN("session.reopen") in html
    with archive.reading() as session:
        assert session.scalars(sa.select(CoachingSession)).one().done_at is not None
    assert EN("week.all_coached") in coach.get(f"/week?w={WEEK}").text
    assert post(coach, f"{place}/note", note="x" * 5000).status_code == 422


def test_a_session_is_not_there_for_anybody_else(coach, cast, somebody):
    place = begun(coach, cast)
    for name, status in (("other_coach", 404), ("qa", 403), ("admin", 403), ("agent", 403), (None, 401)):
        assert somebody(name).get(place).status_code == status
        client = somebody(name)
        data = {"csrf": getattr(client, "csrf", ""), "gesture": "greeting"}
        assert client.post(f"{place}/goal", data=data).status_code == status


def test_forms_need_their_token(coach, cast, somebody):
    place = begun(coach, cast)
    for path in ("/sessions", f"{place}/goal", f"{place}/note", f"{place}/moments/1"):
        assert coach.post(path, data={"agent": cast.agent.id, "week": WEEK}).status_code == 403
    assert somebody("agent").post("/me/voice", data={"csrf": "x", "analyse": "no"}).status_code == 403


def test_hostile_names_and_words_are_text(coach, cast, archive, calls):
    with archive.writing() as session:
        session.get_one(Person, cast.agent.id).name = EVIL
        facts = {"person_id": cast.agent.id, "deadline_at": 1.0, "reason": EVIL}
        session.add(Dispute(call_id=calls[0], target=f"gesture:{EVIL}"[:60], answer=EVIL, **facts))
        session.add(Goal(agent_id=cast.agent.id, coach_id=cast.coach.id, gesture=EVIL, week="2026-W40"))
        session.execute(sa.update(Call).values(agent_name=EVIL, name=EVIL))
    pages = [coach.get(f"/week?w={WEEK}"), coach.get(begun(coach, cast))]
    for page in pages:
        assert page.status_code == 200 and "<script>alert" not in page.text and "<img" not in page.text
        assert "unsafe" not in page.headers["content-security-policy"]


def test_a_week_that_is_none_is_said_and_others_have_their_way(coach):
    assert coach.get("/week?w=2026-W99").status_code == 422
    assert 'href="/week?w=2026-W46"' in coach.get(f"/week?w={WEEK}").text
    assert f'href="/week?w={WEEK}"' in coach.get("/week?w=2025-W01").text  # where there is something to hear
    assert EN("week.last_with_calls") in coach.get("/week?w=2025-W01").text


def test_an_agents_start_shows_their_released_calls_and_nobody_elses(somebody, cast, archive, calls):
    with archive.writing() as session:
        session.get_one(Call, calls[0]).released_at = None
        session.add(AuditRow(person_id=cast.coach.id, action="listen", call_id=calls[1]))
        facts = {"person_id": cast.agent.id, "deadline_at": 86400.0, "reason": "no"}
        session.add(Dispute(call_id=calls[1], target="gesture:greeting", **facts))
        session.add(Goal(agent_id=cast.agent.id, coach_id=cast.coach.id, gesture="greeting", week=WEEK))
    agent = somebody("agent")
    assert agent.get("/").headers["location"] == "/me"
    html = agent.get("/me").text
    assert calls[0] not in html and all(f'href="/calls/{call}"' in html for call in calls[1:])
    for said in (EN("me.did_listen"), EN("me.dispute_open"), EN("me.answer_due", day="1970-01-02"), EN("me.worked")):
        assert said in html
    assert re.search(r'href="/calls/[\w-]+#t=[\d.]+"', html)
    other = somebody("other_agent").get("/me").text
    assert EN("me.none") in other and not any(call in other for call in calls)
    assert somebody("coach").get("/me").status_code == 403


def test_both_scores_stand_side_by_side_and_are_never_put_together(somebody, cast, archive, blobs, analysed_once):
    for n in range(9):
        at = starts_at(NUMBER) + 3600.0 * n
        finish_call(archive, blobs, cast, analysed_once, started_at=at)
    with archive.writing() as session:
        session.execute(sa.update(Call).values(released_at=1.0, script=62.0))
        session.execute(sa.update(Person).values(lang="fr"))
    html = somebody("agent").get("/me").text
    assert html.count('<svg class="trend"') == 2 and html.count('class="band"') == 2
    assert html.index(FR("page.script")) < html.index(FR("page.intention"))
    rows = re.findall(r"<tr><th scope=\"row\">du [^<]+</th>.*?</tr>", html, re.S)
    assert len(rows) == 1 and re.search(r">9</td>.*62–62", rows[0], re.S)


def test_how_each_line_is_counted_is_told_with_its_formula(somebody, calls):
    html = somebody("agent").get("/me/lines").text
    assert EN("formula.interruptions")[:40] in html and "inbound_service" in html
    assert EN("me.none") in somebody("other_agent").get("/me/lines").text


def test_the_switch_for_the_voice_is_a_form_of_ones_own(somebody, cast, archive, calls):
    agent = somebody("agent")
    assert EN("me.voice_turn_off") in agent.get("/me").text
    assert post(agent, "/me/voice", analyse="no").headers["location"] == "/me#voice"
    assert EN("me.voice_turn_on") in agent.get("/me").text
    with archive.reading() as session:
        assert not session.get_one(Person, cast.agent.id).analyse_voice
        assert session.get_one(Person, cast.other_agent.id).analyse_voice


def test_where_the_service_is_set_so_agents_see_calls_before_release(rooms, archive, cast, done, somebody):
    open_app = create_app(replace(rooms, settings=Settings(transcriber="none", release_before_visible=False)))
    paths = (f"/calls/{done.id}", f"/api/v1/calls/{done.id}", f"/api/v1/calls/{done.id}/audio")
    for name, status in (("agent", 200), ("other_agent", 404), ("auditor", 404), ("coach", 200)):
        client = Somebody(open_app, archive, getattr(cast, name))
        assert {client.get(path).status_code for path in paths} == {status}, name
    assert {somebody("agent").get(path).status_code for path in paths} == {404}
    assert isinstance(rooms, Rooms) and rooms.settings.release_before_visible


@pytest.mark.parametrize("page", ["/week", "/me", "/me/lines"])
def test_pages_are_light(somebody, page, calls):
    client = somebody("coach" if page == "/week" else "agent")
    html = client.get(page).text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
    assert len(html) + sum(len(client.get(file).content) for file in files) < 150_000
