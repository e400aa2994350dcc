"""A call's page as it is served: what people say and do there, who sees it when, blind, and that nothing in it runs."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest
import sqlalchemy as sa

from audio.timeline import FrameTrack
from service.archive.pitch_track import keep_pitch, pitch_of
from service.archive.results import keep_judgement, stored_result
from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Call, LineRow, ReviewRow
from service.archive.tables_reviews import Acknowledgement, Dispute, Example
from service.labels import Labels
from service.say import Say
from service.web.packed import masked, unmasked
from service.web.pages.call_forms import seconds
from service.web.pages.call_state import is_list, wanted_of
from tests.service.web.api.conftest import finish_call

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
EN = Say("en").text
GREETING = "gesture:greeting"


@pytest.fixture
def call(archive, done):
    with archive.writing() as session:
        session.execute(sa.update(Person).values(lang="en"))
    return done


@pytest.fixture
def judgement(archive, call):
    with archive.reading() as session:
        return stored_result(session, call.id).judgement


@pytest.fixture
def released(archive, call):
    with archive.writing() as session:
        session.get_one(Call, call.id).released_at = 1.0
    return call


def shown(client, call, query=""):
    answer = client.get(f"/calls/{call.id}{query}")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def post(client, call, way, query="", **fields):
    return client.post(f"/calls/{call.id}/{way}{query}", data={"csrf": client.csrf, **fields})


def sent(client, call, way, query="", **fields):
    answer = post(client, call, way, query, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def rows(archive, kind):
    with archive.reading() as session:
        found = list(session.scalars(sa.select(kind)))
        session.expunge_all()
        return found


def test_the_page_carries_its_policy_as_a_header_and_no_script_of_its_own(somebody, call):
    answer = somebody("qa").get(f"/calls/{call.id}", headers={"accept-encoding": "identity"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "http-equiv" not in answer.text and "<style" not in answer.text
    scripts = re.findall(r"<script([^>]*)>", answer.text)
    assert scripts and all('src="/static/' in s or 'type="application/json"' in s for s in scripts)
    assert not re.findall(r"\son\w+=|style=", re.sub(r">[^<]*<", "><", answer.text))


def test_the_page_is_compressed_and_never_writes_its_token_twice_the_same_way(somebody, call):
    client = somebody("qa")
    pages = [client.get(f"/calls/{call.id}", headers={"accept-encoding": "gzip"}) for _ in range(2)]
    assert all(p.headers["content-encoding"] == "gzip" and p.headers["vary"] == "accept-encoding" for p in pages)
    tokens = [re.search(r'name="csrf" content="([^"]+)"', p.text)[1] for p in pages]
    assert tokens[0] != tokens[1] and client.csrf not in pages[0].text
    answer = client.post(f"/calls/{call.id}/say", data={"csrf": tokens[0], "agree": GREETING})
    assert answer.status_code == 303
    assert client.post(f"/calls/{call.id}/say", data={"csrf": "~AAAA", "agree": GREETING}).status_code == 403
    assert client.post(f"/calls/{call.id}/say", data={"agree": GREETING}).status_code == 403


@pytest.mark.parametrize("given", ["~", "~é", "~A", "~AAA=", "~" + "A" * 99, "plain", ""])
def test_a_mask_that_is_none_is_no_token(given):
    assert unmasked(given) in ("", given) or not unmasked(given).isprintable()
    assert unmasked(masked("abc")) == "abc"


def test_agreeing_is_one_click_and_disagreeing_says_why(somebody, call, archive):
    client = somebody("qa")
    assert sent(client, call, "say", agree=GREETING) == f"/calls/{call.id}#at-gesture-greeting"
    form = shown(client, call, f"?on={GREETING}")
    assert 'id="say"' in form and f'name="target" value="{GREETING}"' in form
    assert post(client, call, "say", target=GREETING, says="disagree").status_code == 422
    sent(client, call, "say", target=GREETING, says="disagree", reason=f"Too quick.\r\n{EVIL}")
    page = client.get(f"/calls/{call.id}").text
    assert "Too quick." in page and EVIL not in page and html.escape(EVIL, quote=False)[:20] in page
    assert [r.says for r in rows(archive, ReviewRow)] == ["agree", "disagree"]
    assert f"Qa, {EN('me.role_qa')}" in shown(somebody("coach"), call)


def test_a_line_decided_otherwise_keeps_the_machines_value_beside(somebody, call, archive, judgement):
    client, line = somebody("coach"), judgement.gestures[0]
    other = "missing" if line.verdict != "missing" else "done"
    assert post(client, call, "say", target=f"gesture:{line.id}", says="override", reason="x").status_code == 422
    sent(client, call, "say", target=f"gesture:{line.id}", says="override", reason="Not heard.", verdict=other)
    row = rows(archive, ReviewRow)[0]
    assert (row.value, row.machine) == ({"verdict": other}, {"verdict": line.verdict})
    page = shown(client, call)
    assert EN("review.machine_said", value=Labels("en").of("verdict", line.verdict)) in page
    assert EN("page.decided_by", by="Coach") in page
    sent(client, call, "say", agree=f"gesture:{line.id}")  # the machine's value still, not the person's
    assert rows(archive, ReviewRow)[-1].machine == {"verdict": line.verdict}
    assert sent(client, call, "mend", does="undo", kind="overrides", number="0") == f"/calls/{call.id}#mends"
    assert EN("page.decided_by", by="Coach") not in shown(client, call)
    assert post(client, call, "mend", does="undo", kind="overrides", number="0").status_code == 422


def test_a_person_line_that_waits_is_judged(somebody, call, archive, judgement):
    client, line = somebody("qa"), judgement.person_lines[0]
    sent(client, call, "say", target=f"person:{line.id}", says="override", reason="Right.", score="1.0")
    with archive.reading() as session:
        assert stored_result(session, call.id).judgement.person_lines[0].score == 1.0


def test_it_was_said_here_and_words_put_right_score_the_call_again(somebody, call, archive, judgement):
    client = somebody("qa")
    with archive.reading() as session:
        evidence = stored_result(session, call.id).evidence
    turn = next(t for t in evidence.turns if t.party == "agent" and t.text)
    missing = next(g for g in judgement.gestures if g.verdict == "missing")
    target = f"gesture:{missing.id}"
    fields = {"does": "said_here", "target": target, "act": missing.id, "reason": "I heard it."}
    assert post(client, call, "mend", start="1:00", end="0:10", **fields).status_code == 422
    assert post(client, call, "mend", start="99:00", end="99:10", **fields).status_code == 422
    place = {"start": f"{turn.span.start_s:.1f}", "end": f"{turn.span.end_s:.1f}"}
    sent(client, call, "mend", **place, **fields)
    sent(client, call, "mend", does="line", turn=str(turn.index), text=EVIL)
    page = client.get(f"/calls/{call.id}").text
    assert html.escape(EVIL, quote=False)[:20] in page and EVIL not in page
    assert EN("review.mend_said_here", act=Labels("en").of("act", missing.id)) in shown(client, call)
    with archive.reading() as session:
        edits = stored_result(session, call.id).edits
    assert edits.said_here[0].by == edits.lines[0].by == "Qa"
    assert 'id="mend"' in shown(client, call, f"?turn={turn.index}")


def test_the_parties_change_places_and_back(somebody, call):
    client = somebody("qa")
    before = re.search(r'<li class="turn (\w+)"', shown(client, call))[1]
    sent(client, call, "mend", does="swap", reason="The lines were crossed.")
    page = shown(client, call)
    assert re.search(r'<li class="turn (\w+)"', page)[1] != before and "The lines were crossed." in page
    sent(client, call, "mend", does="undo", kind="swapped", number="0")
    assert re.search(r'<li class="turn (\w+)"', shown(client, call))[1] == before


def test_the_agent_sees_it_once_it_is_released_and_not_before(somebody, call):
    qa, agent = somebody("qa"), somebody("agent")
    sent(qa, call, "say", target=GREETING, says="comment", reason="Well begun.")
    assert agent.get(f"/calls/{call.id}").status_code == 404
    assert sent(qa, call, "release") == f"/calls/{call.id}#standing"
    page = shown(agent, call)
    assert "Well begun." in page and EN("review.acknowledge") in page
    assert (
        f">{EN('review.agree')}<" not in page and EN("review.correct") not in page and EN("review.release") not in page
    )
    assert EN("me.role_qa") in page  # who listened


def test_the_agent_reads_comments_and_proposes(somebody, released, archive, judgement):
    agent, coach = somebody("agent"), somebody("coach")
    sent(agent, released, "agent", does="read")
    sent(agent, released, "agent", does="read")
    assert len(rows(archive, Acknowledgement)) == 1
    sent(agent, released, "agent", does="comment", target=GREETING, reason="A bad line.")
    assert "A bad line." in shown(coach, released)
    moment = judgement.moments[0].id
    sent(agent, released, "agent", does="propose", moment=moment)
    sent(agent, released, "agent", does="propose", reason="The whole.")
    assert post(agent, released, "agent", does="propose", moment=moment).status_code == 422
    assert post(agent, released, "agent", does="propose", moment="nothere").status_code == 422
    proposed = rows(archive, Example)
    assert EN("review.accept_example") in shown(coach, released)
    sent(coach, released, "decide", does="accept", example=proposed[0].id)
    sent(coach, released, "decide", does="refuse", example=proposed[1].id)
    assert [e.state for e in rows(archive, Example)] == ["accepted", "declined"]
    assert post(coach, released, "decide", does="accept", example=proposed[1].id).status_code == 422
    assert EN("me.example_accepted") in shown(agent, released)


def disputed(archive, call):
    with archive.reading() as session:
        own = (LineRow.call_id == call.id, LineRow.line == GREETING)
        return session.scalar(sa.select(LineRow.disputed).where(*own))


def test_a_disputed_line_counts_nowhere_until_it_is_answered(somebody, released, archive):
    agent, coach = somebody("agent"), somebody("coach")
    fields = {"does": "dispute", "target": GREETING}
    assert post(agent, released, "agent", **fields).status_code == 422
    sent(agent, released, "agent", reason="I did say it.", **fields)
    assert post(agent, released, "agent", reason="Again.", **fields).status_code == 422
    assert disputed(archive, released)
    page = shown(coach, released)
    assert "I did say it." in page and EN("review.open_disputes") in page
    one = rows(archive, Dispute)[0]
    assert one.deadline_at - one.opened_at == pytest.approx(7 * 86400.0)
    assert post(coach, released, "decide", does="decline", dispute=one.id).status_code == 422
    assert post(coach, released, "decide", does="uphold", dispute=one.id, answer="Yes.").status_code == 422
    assert (
        post(somebody("other_coach"), released, "decide", does="decline", dispute=one.id, answer="x").status_code == 404
    )
    sent(coach, released, "decide", does="uphold", dispute=one.id, answer="You are right.", verdict="lived")
    assert not disputed(archive, released) and rows(archive, Dispute)[0].state == "upheld"
    with archive.reading() as session:
        found = {g.id: g for g in stored_result(session, released.id).judgement.gestures}["greeting"]
    assert found.verdict == "lived" and found.overridden.reason == "You are right."
    assert "You are right." in shown(agent, released)
    assert post(coach, released, "decide", does="decline", dispute=one.id, answer="x").status_code == 422


def test_a_dispute_is_withdrawn_by_who_opened_it_or_declined(somebody, released, archive, cast):
    agent = somebody("agent")
    sent(agent, released, "agent", does="dispute", target=GREETING, reason="No.")
    one = rows(archive, Dispute)[0]
    sent(agent, released, "agent", does="withdraw", dispute=one.id)
    assert rows(archive, Dispute)[0].state == "withdrawn" and not disputed(archive, released)
    assert post(agent, released, "agent", does="withdraw", dispute=one.id).status_code == 422
    sent(agent, released, "agent", does="dispute", target=GREETING, reason="Still no.")
    second = next(d for d in rows(archive, Dispute) if d.state == "open")
    with archive.writing() as session:  # a scoring in between leaves it out still
        session.get_one(Dispute, second.id).deadline_at = 1.0
    sent(somebody("qa"), released, "say", target=GREETING, says="override", reason="x", verdict="done")
    assert disputed(archive, released)
    assert EN("review.was_due", day="1970-01-01") in shown(somebody("qa"), released)
    sent(somebody("qa"), released, "decide", does="decline", dispute=second.id, answer="It was not there.")
    assert EN("review.dispute_declined") in shown(agent, released) and not disputed(archive, released)
    for target in ("moment:x", "call:whole", "gesture:nothing"):
        assert post(agent, released, "agent", does="dispute", target=target, reason="x").status_code == 422


def test_blind_holds_back_everything_the_machine_found_until_it_is_judged(somebody, call, archive, judgement):
    client = somebody("qa")
    page = shown(client, call, "?blind=1")
    text = re.sub(r"<option.*?</option>|<svg class=.shapes.*?</svg>", "", page, flags=re.S)
    labels = Labels("en")
    for hidden in (
        *(labels.verdict(v) for v in ("lived", "mechanical", "missing")),
        *(labels.note(m.why) for m in judgement.moments),
        *(labels.note(g.why) for g in judgement.gestures),
        EN("page.moments_title"),
        EN("page.measures_title"),
        'class="mark',
        "is-interruption",
        "level-",
    ):
        assert hidden not in text.replace(EN("review.blind_intro"), ""), hidden
    assert '"moments":[]' in page and EN("review.blind_seen") not in page
    first, second = judgement.gestures[:2]
    lines = {"line": [f"gesture:{first.id}", f"gesture:{second.id}"], "value": ["mechanical", ""]}
    assert sent(client, call, "blind", "?blind=1", **lines) == f"/calls/{call.id}?blind=1#blind"
    (row,) = rows(archive, ReviewRow)
    assert row.blind and row.value == {"verdict": "mechanical"} and row.machine == {"verdict": first.verdict}
    after = re.sub(r"<option.*?</option>", "", shown(client, call, "?blind=1"), flags=re.S)
    assert f'<td data-label="{EN("review.your_view")}">{labels.of("verdict", "mechanical")}</td>' in after
    assert after.count(EN("review.hidden_yet")) == len(judgement.gestures) + sum(
        c.kind != "context" for c in judgement.criteria
    ) - 1  # fmt: skip


def test_who_has_seen_the_scorecard_is_told_and_is_not_blind(somebody, call, archive):
    client = somebody("qa")
    shown(client, call)
    assert EN("review.blind_seen") in shown(client, call, "?blind=1")
    sent(client, call, "blind", "?blind=1", line=GREETING, value="lived")
    assert not rows(archive, ReviewRow)[0].blind
    assert [r.detail.get("blind") for r in rows(archive, AuditRow) if r.action == "read"] == [None, 1]


def test_blind_is_for_reviewers(somebody, released):
    page = shown(somebody("agent"), released, "?blind=1")
    assert EN("review.blind_title") not in page and EN("page.gestures_title") in page


@pytest.mark.parametrize(
    ("policy", "sees"),
    [("combined", {"qa", "coach", "agent", "auditor"}), ("words_and_turns", {"coach", "agent"}), ("no_voice", set())],
)
def test_pitch_and_pace_are_drawn_for_whom_the_voice_is(somebody, released, archive, judgement, policy, sees):
    with archive.writing() as session:
        values = np.where(np.arange(3000) % 50 < 30, 120.0 + np.arange(3000) % 30, np.nan)
        keep_pitch(session, released.id, FrameTrack(values, 0.0, 0.016, "Hz"))
        keep_judgement(session, released.id, judgement.model_copy(update={"policy": policy}))
    pages = {who: shown(somebody(who), released) for who in ("qa", "coach", "agent", "auditor")}
    assert {who for who, page in pages.items() if re.search(r'd="M[^"]+" class="pitch"', page)} == sees
    assert {who for who, page in pages.items() if re.search(r'd="M[^"]+" class="pace"', page)} == sees
    assert not re.search(r'class="(pitch|pace)"', shown(somebody("coach"), released, "?blind=1"))
    sent(somebody("coach"), released, "mend", does="swap")
    assert not re.search(r'class="(pitch|pace)"', shown(somebody("coach"), released))


def test_a_kept_pitch_tells_intervals_and_no_height(archive, call):
    hz = np.array([np.nan] * 3 + [100.0] * 6 + [200.0] * 3 + [0.0] * 3)
    with archive.writing() as session:
        keep_pitch(session, call.id, FrameTrack(hz, 1.0, 0.016, "Hz"))
        kept = pitch_of(session, call.id)
        keep_pitch(session, call.id, FrameTrack(hz[:3], 1.0, 0.016, "Hz"))
        assert pitch_of(session, call.id) is None
    assert kept.step_s == pytest.approx(0.048) and kept.first_s == 1.0
    assert np.isnan(kept.values[[0, 4]]).all()
    assert kept.values[3] / kept.values[1] == pytest.approx(2.0)
    with archive.writing() as session:
        keep_pitch(session, call.id, FrameTrack(hz * 1.5, 1.0, 0.016, "Hz"))
        assert np.array_equal(pitch_of(session, call.id).values, kept.values, equal_nan=True)


def test_auditors_learn_no_name(somebody, released, archive):
    sent(somebody("qa"), released, "say", target=GREETING, says="comment", reason="Seen.")
    sent(somebody("agent"), released, "agent", does="dispute", target=GREETING, reason="No.")
    page = shown(somebody("auditor"), released)
    assert "Seen." in page and f"Qa, {EN('me.role_qa')}" not in page and "<bdi>Agent, " not in page
    assert EN("me.listened") not in page


def test_the_calls_of_a_list_follow_each_other(somebody, call, archive, blobs, cast, analysed_once):
    ids = [call.id]
    for n in range(1, 4):
        direction = "outbound" if n == 2 else "inbound"
        more = finish_call(
            archive, blobs, cast, analysed_once, external_id=str(n), started_at=5.0 + n, direction=direction
        )
        ids.append(more.id)
    client = somebody("qa")
    middle = client.get(f"/calls/{ids[1]}").text
    assert f'rel="prev" id="call-before" href="/calls/{ids[2]}"' in middle
    assert f'rel="next" id="call-after" href="/calls/{ids[0]}"' in middle
    listed = client.get(f"/calls/{ids[1]}?from=%2Fcalls%3Fdirection%3Dinbound").text
    assert f'href="/calls/{ids[3]}?from=%2Fcalls%3Fdirection%3Dinbound"' in listed
    assert '<a href="/calls?direction=inbound">' in listed
    way = sent(client, call, "say", "?from=%2Fcalls%3Fdirection%3Dinbound", agree=GREETING)
    assert way == f"/calls/{call.id}?from=%2Fcalls%3Fdirection%3Dinbound#at-gesture-greeting"
    assert 'rel="prev"' not in client.get(f"/calls/{ids[3]}").text


@pytest.mark.parametrize(
    ("source", "ours"),
    [("/calls?words=x", True), ("/sessions/abc?swap=1", True), ("/inbox", True), ("//evil.example/calls", False),
     ("https://evil.example/calls", False), ("/calls/../x", False), ("javascript:alert(1)", False), ("/\\evil", False),
     ("http://[", False), ("", False)],
)  # fmt: skip
def test_only_our_lists_lead_back(somebody, call, source, ours):
    assert is_list(source) is ours
    page = somebody("qa").get(f"/calls/{call.id}", params={"from": source}).text
    assert (f'href="{html.escape(source)}"' in page) is ours


def test_filters_of_a_list_are_read_from_its_address_and_no_others():
    wanted = wanted_of("/calls?campaign=c&to_review=true&since=5&until=x&evil=1&words=a+b")
    assert (wanted.campaign_id, wanted.to_review, wanted.since, wanted.until, wanted.words) == (
        "c",
        True,
        5.0,
        None,
        "a b",
    )
    waiting = wanted_of("/inbox?kind=silence&team=t")
    assert (waiting.to_review, waiting.moment, waiting.team_id) == (True, "silence", "t")
    assert not wanted_of("/inbox?show=failed").to_review


@pytest.mark.parametrize(
    ("written", "at_s"),
    [("65", 65.0), ("1:05", 65.0), ("1:05,5", 65.5), ("1:02:03", 3723.0), (" 0:00.25 ", 0.25), ("-1", None),
     ("x", None), ("1:2:3:4", None), ("", None), ("1:", None), ("٣", None)],
)  # fmt: skip
def test_a_place_is_read_as_people_write_it(written, at_s):
    assert seconds(written) == at_s


def test_what_is_too_long_or_no_choice_is_refused_with_a_sentence(somebody, call):
    client = somebody("qa")
    for fields in (
        {"target": GREETING, "says": "comment", "reason": "x" * 1001},
        {"target": GREETING, "says": "override", "reason": "x", "score": "nan"},
        {"target": GREETING, "says": "override", "reason": "x", "verdict": "splendid"},
        {"target": "criterion:pulse", "says": "override", "reason": "x", "score": "7"},
        {"target": "criterion:pulse", "says": "override", "reason": "x", "score": "none"},
        {"target": "x" * 61, "says": "agree"},
        {"target": "nothing", "says": "agree"},
        {"target": GREETING, "says": "shout", "reason": "x"},
    ):
        answer = post(client, call, "say", **fields)
        assert answer.status_code == 422 and "Traceback" not in answer.text, fields
