"""Agreement, teams, calibration and listening tests: counted from what they may be counted from, and shown to whom."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from service.archive import listening
from service.archive.agreement import FEWEST, agreement
from service.archive.calibrating import begin, calibrations, close, compared, score, sitting
from service.archive.errors import ArchiveError, NotAllowed, NotThere
from service.archive.lines import keep_lines
from service.archive.tables import Person
from service.archive.tables_calls import Call, LineRow, RecordingFile, ReviewRow
from service.archive.tables_reviews import ListeningClip
from service.archive.team import team_view
from service.archive.weeks import read_week
from service.scoring.judgement import Overridden
from tests.service.archive.coaching_calls import call_in, line, viewer
from tests.service.web.api.conftest import analysed_once, finish_call  # noqa: F401 - a fixture

WEEK = read_week("2026-W47")
CUTS = (60.0, 50.0)


def review(archive, call_id, person, said, machine, *, target="gesture:greeting", **more):
    kind = "verdict" if target.startswith("gesture") else "score"
    facts = {"says": "blind", "blind": True, "heard": True, **more}
    with archive.writing() as session:
        session.add(
            ReviewRow(
                call_id=call_id, person_id=person.id, target=target, value={kind: said}, machine={kind: machine},
                **facts,
            )
        )  # fmt: skip


def told(archive, who):
    with archive.reading() as session:
        return {found.line: found for found in agreement(session, who)}


def test_kappa_rests_on_blind_reviews_that_were_listened_to(archive, blobs, cast):
    qa = viewer(archive, cast.qa)
    calls = [call_in(archive, blobs, cast, hour=n) for n in range(FEWEST)]
    for n, call_id in enumerate(calls):
        review(archive, call_id, cast.qa, "lived" if n % 2 else "mechanical", "lived" if n % 2 else "mechanical")
        review(archive, call_id, cast.coach, "lived", "mechanical", says="disagree", blind=False)
        review(archive, call_id, cast.admin, "missing", "lived", heard=False)
    found = told(archive, qa)["gesture:greeting"]
    assert (found.blind.value, found.n, found.calls, found.heard_not) == (1.0, FEWEST, FEWEST, FEWEST)
    assert (found.other.value, found.other.n) == (0.0, FEWEST)
    review(archive, calls[0], cast.qa, "missing", "mechanical")  # the last word of a person counts
    assert told(archive, qa)["gesture:greeting"].blind.value < 1.0


def test_too_few_is_no_figure(archive, blobs, cast):
    for n in range(FEWEST - 1):
        review(archive, call_in(archive, blobs, cast, hour=n), cast.qa, "lived", "lived")
    found = told(archive, viewer(archive, cast.qa))["gesture:greeting"]
    assert found.blind is None and found.n == FEWEST - 1
    one_call = call_in(archive, blobs, cast, hour=99)
    for n in range(30):
        with archive.writing() as session:
            session.add(Person(id=f"p{n}", login=f"p{n}", name="", role="qa"))
        review(archive, one_call, type("P", (), {"id": f"p{n}"}), 0.5, 1.0, target="criterion:plain_speech")
    assert told(archive, viewer(archive, cast.qa))["criterion:plain_speech"].blind is None


def test_coaches_read_of_their_teams_alone_and_agents_nothing(archive, blobs, cast):
    review(archive, call_in(archive, blobs, cast), cast.qa, "lived", "lived")
    assert told(archive, viewer(archive, cast.coach)) and not told(archive, viewer(archive, cast.other_coach))
    with pytest.raises(NotAllowed):
        told(archive, viewer(archive, cast.agent))


# -- the team --------------------------------------------------------------------------------------------------------


def team_of(archive, blobs, cast, agents=5, per_agent=2, series="s", first=0, **columns):
    """Agents of the cast's team with calls in one week, each greeting lived."""
    calls = []
    for n in range(first, agents):
        with archive.writing() as session:
            if session.get(Person, f"a{n}") is None:
                session.add(Person(id=f"a{n}", login=f"a{n}", name=f"A{n}", role="agent", team_id=cast.team.id))
        cast.people[f"a{n}"] = type("A", (), {"id": f"a{n}", "name": f"A{n}", "team_id": cast.team.id})
        for k in range(per_agent):
            call_id = call_in(archive, blobs, cast, hour=n * 8 + k, agent=f"a{n}", script=70.0, intention=40.0)
            with archive.writing() as session:
                session.get_one(Call, call_id).series = series
            line(archive, call_id, "greeting", "lived" if k else "mechanical", **columns)
            calls.append(call_id)
    return calls


def seen(archive, who, cast, weeks=(WEEK, WEEK)):
    with archive.reading() as session:
        return team_view(session, who, cast.team.id, *weeks, CUTS)


def test_a_team_is_counted_by_week_and_stands_in_the_quadrant(archive, blobs, cast):
    team_of(archive, blobs, cast)
    found = seen(archive, viewer(archive, cast.coach), cast)
    (trend,) = found.trends
    (point,) = trend.points
    assert (point.made.value, point.made.n, point.lived.value) == (1.0, 10, 0.5)
    assert found.quadrant == (0, 10, 0, 0) and found.people == ()


def test_fewer_than_five_agents_or_eight_calls_show_nothing(archive, blobs, cast):
    team_of(archive, blobs, cast, agents=4, per_agent=5)
    found = seen(archive, viewer(archive, cast.qa), cast)
    assert not found.enough and found.trends == () and found.quadrant == (0, 0, 0, 0)
    team_of(archive, blobs, cast, agents=5, per_agent=1, first=4)
    assert seen(archive, viewer(archive, cast.qa), cast).enough


def test_seven_calls_are_no_point(archive, blobs, cast):
    calls = team_of(archive, blobs, cast, agents=5, per_agent=2)
    with archive.writing() as session:
        session.execute(sa.update(LineRow).where(LineRow.call_id.in_(calls[:6:2])).values(disputed=True))
    (trend,) = seen(archive, viewer(archive, cast.qa), cast).trends
    assert trend.points == () and trend.hidden == 1


def test_two_series_are_two_points_and_people_stand_apart(archive, blobs, cast):
    calls = team_of(archive, blobs, cast, per_agent=4)
    with archive.writing() as session:
        session.execute(sa.update(LineRow).where(LineRow.call_id.in_(calls[::2])).values(series="other"))
        own = {"machine_verdict": "mechanical", "person_verdict": "lived", "verdict": "lived"}
        session.execute(sa.update(LineRow).where(LineRow.call_id.in_(calls)).values(**own))
    found = seen(archive, viewer(archive, cast.qa), cast)
    (trend,) = found.trends
    assert {(p.series, p.lived.value) for p in trend.points} == {("s", 0.0), ("other", 0.0)}
    assert [p.lived.value for p in found.people[0].points] == [1.0]


def test_a_scoring_keeps_the_rules_verdict_beside_a_persons(archive, blobs, cast, analysed_once):  # noqa: F811
    call = finish_call(archive, blobs, cast, analysed_once)
    result, _ = analysed_once
    first = result.judgement.gestures[0]
    changed = first.model_copy(
        update={"verdict": "lived", "overridden": Overridden(by="x", reason="y", verdict=first.verdict)}
    )
    judged = result.judgement.model_copy(update={"gestures": (changed, *result.judgement.gestures[1:])})
    with archive.writing() as session:
        keep_lines(session, session.get_one(Call, call.id), result.evidence, judged)
    with archive.reading() as session:
        rows = {r.line: r for r in session.scalars(sa.select(LineRow).where(LineRow.verdict.is_not(None)))}
        row = rows[f"gesture:{first.id}"]
        assert (row.machine_verdict, row.person_verdict) == (first.verdict, "lived")
        assert all(r.person_verdict is None and r.machine_verdict == r.verdict for r in rows.values() if r is not row)


def test_a_team_of_others_is_not_there(archive, blobs, cast):
    with pytest.raises(NotThere):
        seen(archive, viewer(archive, cast.other_coach), cast)
    with archive.reading() as session, pytest.raises(NotThere):
        team_view(session, viewer(archive, cast.qa), "nobodys", WEEK, WEEK, CUTS)


# -- calibration -----------------------------------------------------------------------------------------------------


@pytest.fixture
def begun(archive, blobs, cast, analysed_once):  # noqa: F811
    call = finish_call(archive, blobs, cast, analysed_once)
    with archive.writing() as session:
        return begin(session, viewer(archive, cast.admin), call.id, " one call ", ["coach"], "qa").id


def values_of(archive, who, calibration, verdict="lived", number=0.5):
    with archive.writing() as session:
        lines = sitting(session, who, calibration).lines
    return {x: {"verdict": verdict} if x.startswith("gesture:") else {"score": number} for x in lines}


def test_members_score_blind_and_are_compared_once_it_is_closed(archive, cast, begun):
    qa, coach, admin = (viewer(archive, getattr(cast, name)) for name in ("qa", "coach", "admin"))
    first, second = values_of(archive, qa, begun), values_of(archive, coach, begun, "mechanical", 1.0)
    kept = next(iter(second))
    second[kept] = first[kept]
    with archive.writing() as session, pytest.raises(ArchiveError, match="lines_left"):
        score(session, qa, begun, dict(list(first.items())[:1]), finish=True)
    with archive.writing() as session:
        score(session, qa, begun, first, finish=True)
    with archive.writing() as session:
        score(session, coach, begun, second, finish=True)
        with pytest.raises(ArchiveError, match="over"):
            score(session, qa, begun, first, finish=False)
        with pytest.raises(ArchiveError, match="open"):
            compared(session, coach, begun)
        assert sitting(session, coach, begun).own.keys() == second.keys()
    with archive.writing() as session:
        with pytest.raises(NotThere):
            close(session, coach, begun)
        close(session, admin, begun)
    with archive.writing() as session:
        theirs, lead = compared(session, coach, begun), compared(session, admin, begun)
    n = len(first)
    assert theirs.own_unlike == (n - 1, n) and theirs.distances == () and lead.distances == (("Coach", n - 1, n),)
    assert [line.same for line in theirs.lines].count(1) == 1 and theirs.gestures.value < 0


def test_who_can_not_take_part(archive, cast, begun, done_call):
    admin = viewer(archive, cast.admin)
    for members, reference in ((["other_coach"], "qa"), (["agent"], "qa"), (["nobody"], "qa"), ([], "qa")):
        with archive.writing() as session, pytest.raises(ArchiveError):
            begin(session, admin, done_call, "t", members, reference)
    with archive.writing() as session, pytest.raises(NotAllowed):
        begin(session, viewer(archive, cast.coach), done_call, "t", ["qa"], "coach")
    with archive.writing() as session, pytest.raises(NotThere):
        sitting(session, viewer(archive, cast.other_coach), begun)
    with archive.writing() as session:
        assert calibrations(session, viewer(archive, cast.other_coach)) == []
        assert len(calibrations(session, viewer(archive, cast.coach))) == 1


@pytest.fixture
def done_call(archive, blobs, cast, analysed_once):  # noqa: F811
    return finish_call(archive, blobs, cast, analysed_once, external_id="other").id


# -- listening tests -------------------------------------------------------------------------------------------------


def audible(archive, blobs, cast, n=8):
    """Calls with a lived and a mechanical gesture and their sound."""
    for k in range(n):
        call_id = call_in(archive, blobs, cast, hour=k, language="fr")
        for gesture, verdict in (("greeting", "lived"), ("closing", "mechanical"), ("thanks", "lived")):
            line(archive, call_id, gesture, verdict)
        with archive.writing() as session:
            session.add(
                RecordingFile(call_id=call_id, kind="listen", sha256="x", size_bytes=1, place=f"aa/{'a' * 64}")
            )  # fmt: skip


def drawn(archive, cast, seed=1, **more):
    with archive.writing() as session:
        test = listening.draw(session, viewer(archive, cast.qa), "t", more.get("language", ""), seed)
        clips = session.scalars(sa.select(ListeningClip).where(ListeningClip.test_id == test.id)).all()
        return test.id, [(c.place, c.call_id, c.line, c.verdict) for c in clips]


def test_the_draw_is_balanced_the_same_for_a_seed_and_takes_few_of_a_call(archive, blobs, cast):
    audible(archive, blobs, cast)
    _, one = drawn(archive, cast)
    _, again = drawn(archive, cast)
    _, other = drawn(archive, cast, seed=2)
    assert one == again != other
    verdicts = [verdict for *_, verdict in one]
    assert verdicts.count("lived") == verdicts.count("mechanical") > 2 and verdicts != sorted(verdicts)
    assert max(np.unique([call for _, call, *_ in one], return_counts=True)[1]) <= listening.PER_CALL
    with pytest.raises(ArchiveError, match="too_few"):
        drawn(archive, cast, language="en")


def test_ratings_become_figures_when_three_have_rated(archive, blobs, cast):
    audible(archive, blobs, cast)
    test_id, clips = drawn(archive, cast)
    raters = [viewer(archive, getattr(cast, name)) for name in ("qa", "admin", "coach")]
    for n, who in enumerate(raters):
        for place, _, _, verdict in clips:
            with archive.writing() as session:
                listening.rate(
                    session, who, test_id, place, (5 if verdict == "lived" else 1) - (n == 1 and verdict == "lived")
                )
        with archive.reading() as session:
            assert (listening.result(session, test_id).area is None) == (n < 2)
            assert listening.next_clip(session, who, test_id) == (None, len(clips), len(clips))
    with archive.reading() as session:
        found = listening.result(session, test_id)
    assert (found.area.value, found.raters, found.clips) == (1.0, 3, len(clips)) and found.kappa.value > 0.9
    with archive.writing() as session:
        listening.close_test(session, raters[0], test_id)
        with pytest.raises(ArchiveError, match="closed"):
            listening.rate(session, raters[0], test_id, 0, 3)


def test_who_rates_and_how_many(archive, blobs, cast):
    audible(archive, blobs, cast)
    test_id, _ = drawn(archive, cast)
    with archive.writing() as session:
        for wrong in (0, 6):
            with pytest.raises(ArchiveError, match="scale"):
                listening.rate(session, viewer(archive, cast.qa), test_id, 0, wrong)
    with archive.writing() as session, pytest.raises(NotThere):
        listening.rate(session, viewer(archive, cast.other_coach), test_id, 0, 3)
    with archive.writing() as session, pytest.raises(NotAllowed):
        listening.draw(session, viewer(archive, cast.coach), "t", "", 1)
    for n in range(listening.MOST_RATERS + 1):
        with archive.writing() as session:
            session.add(Person(id=f"r{n}", login=f"r{n}", name="", role="qa"))
        who = viewer(archive, type("R", (), {"id": f"r{n}"}))
        with archive.writing() as session:
            if n < listening.MOST_RATERS:
                listening.rate(session, who, test_id, 0, 3)
                continue
            with pytest.raises(ArchiveError, match="full"):
                listening.rate(session, who, test_id, 0, 3)
