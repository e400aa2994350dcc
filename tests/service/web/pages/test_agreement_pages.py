"""Team, agreement, calibration and listening as pages: blind means that nothing of the machine's is in them."""

from __future__ import annotations

import re
import time

import pytest
import sqlalchemy as sa

from service.archive.tables_calls import Call, LineRow
from service.archive.tables_reviews import Calibration, ListeningTest
from service.archive.weeks import week_of
from tests.calls import timbre
from tests.service.archive.coaching_calls import line
from tests.service.archive.test_agreement import team_of
from tests.service.web.api.conftest import finish_call

EVIL = "<script>alert(1)</script>"


def post(who, path, **fields):
    return who.post(path, data={"csrf": who.csrf, **fields})


def test_a_calibration_is_begun_scored_blind_and_compared(somebody, archive, cast, done):
    qa, coach = somebody("qa"), somebody("coach")
    begun = post(qa, "/calibrations", title=EVIL, call=done.id, members="coach", reference="qa")
    address = begun.headers["location"]
    page = coach.get(address).text
    lines = re.findall(r'name="line" value="([^"]+)"', page)
    assert len(lines) > 20 and " selected" not in page and EVIL not in page and "&lt;script&gt;" in page
    told = dict.fromkeys(lines)
    open_page, blind = coach.get(f"/calls/{done.id}").text, coach.get(f"/calls/{done.id}?blind=1").text
    assert (
        'id="blind"' in open_page and 'id="blind"' in blind and "verdict" not in open_page.split("<script")[0].lower()
    )
    for who, verdict in ((qa, "lived"), (coach, "missing")):
        values = [verdict if name.startswith("gesture:") else "0.65" for name in told]
        assert post(who, address, line=list(told), value=values, finish="true").status_code == 303
    assert "missing" not in re.sub(r"<option.*?</option>", "", qa.get(address).text)
    assert post(coach, f"{address}/close").status_code == 404
    post(qa, f"{address}/close")
    after = qa.get(address).text
    assert "0 sur 1" in after and "1 sur 1" in after and "Coach" in after and "Coach" not in coach.get(address).text
    assert somebody("other_coach").get(address).status_code == 404


@pytest.fixture
def test_drawn(somebody, archive, blobs, cast, analysed_once):
    calls = [finish_call(archive, blobs, cast, analysed_once, external_id=str(n)) for n in range(2)]
    for call in calls:
        with archive.writing() as session:
            session.execute(sa.delete(LineRow).where(LineRow.call_id == call.id))
            session.get_one(Call, call.id).series = "s"
        line(archive, call.id, "greeting", "lived", start_s=2.0, end_s=3.0)
        line(archive, call.id, "closing", "mechanical", start_s=4.0, end_s=5.0)
    qa = somebody("qa")
    return qa, post(qa, "/listening", title="t", seed="1").headers["location"]


def test_a_listening_test_is_rated_and_tells_nothing_before_it_is_closed(somebody, archive, test_drawn, monkeypatch):
    qa, address = test_drawn
    raters = [qa, somebody("admin"), somebody("coach")]
    for who in raters:
        for _ in range(4):
            page = who.get(address).text
            assert not {"mechanical", "mécanique", "greeting", "gesture:"} & set(re.findall(r"[\w:é]+", page))
            place = re.search(r'name="place" value="(\d+)"', page)[1]
            sound = who.get(f"{address}/clips/{place}")
            assert sound.status_code == 200 and sound.content[:4] == b"\x1aE\xdf\xa3" and len(sound.content) < 40_000
            assert post(who, address, place=place, rating="4").status_code == 303
        assert 'name="place"' not in who.get(address).text
    test_id = address.rpartition("/")[2]
    monkeypatch.setenv("TIMBRE_DATABASE", str(archive.engine.url))
    assert timbre("listening", test_id, "--lang", "en").code == 2
    assert post(raters[2], f"{address}/close").status_code == 403
    post(qa, f"{address}/close")
    assert "0,50" in qa.get(address).text  # everybody said the same of all
    assert "area under the curve 0.50" in timbre("listening", test_id, "--lang", "en").out
    assert somebody("other_coach").get(f"{address}/clips/0").status_code == 404


def test_a_team_is_shown_with_its_numbers_and_without_a_name_of_anybody(somebody, archive, blobs, cast):
    calls = team_of(archive, blobs, cast, per_agent=3)
    with archive.writing() as session:
        session.execute(sa.update(LineRow).values(week=week_of(time.time())))
        session.execute(sa.update(Call).where(Call.id.in_(calls)).values(started_at=time.time()))
    page = somebody("coach").get("/team").text
    assert "svg" in page and "n 15" in page and not re.search(r"\bA[0-4]\b", page)
    few = somebody("other_coach").get("/team").text
    assert "svg" not in few and somebody("other_coach").get(f"/team?team={cast.team.id}").status_code == 404
    assert somebody("qa").get("/agreement").status_code == 200
    with archive.reading() as session:
        assert session.scalars(sa.select(Calibration)).all() == session.scalars(sa.select(ListeningTest)).all() == []
