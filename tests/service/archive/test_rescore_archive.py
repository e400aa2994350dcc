"""A campaign scored again: counted first, then kept; stopped and gone on with; evidence and edits as they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from service.archive import rescore
from service.archive.errors import ArchiveError
from service.archive.rescore import already_done, applied, previewed
from service.archive.results import keep_evidence, keep_judgement, stored_result, unpacked
from service.archive.tables_across import RescoreRun
from service.archive.tables_calls import Call, ResultDocument
from service.rescoring import Asked, rescored
from service.scoring.documents import parse_result
from service.scoring.edits import Edits
from service.scoring.rounding import rounded
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge_rounded
from tests.calls import REPOSITORY, timbre
from tests.service.archive.fixtures import add
from tests.service.scoring.builder import robot_call, warm_call
from tests.service.words.rule_calls import made_pack

INBOUND, OUTBOUND = load_rubric("inbound_service"), load_rubric("outbound_sales")
NEW = Asked(rubric=OUTBOUND, audience="coach")
SAME = Asked(rubric=INBOUND, audience="coach")


@pytest.fixture
def calls(archive, blobs, cast):
    """Six calls of the cast's campaign, scored; one of another campaign; one without a conversation."""
    found = []
    for i, build in enumerate((robot_call, warm_call) * 3):
        call, _ = add(archive, blobs, cast, f"sound {i}".encode(), started_at=1000.0 + i)
        found.append(call.id)
        done(archive, call.id, rounded(build().build()))
    other, _ = add(archive, blobs, cast, b"there", campaign_id=cast.other_campaign.id)
    done(archive, other.id, rounded(robot_call().build()))
    silent, _ = add(archive, blobs, cast, b"silent")
    with archive.writing() as session:
        keep_evidence(session, silent.id, rounded(robot_call().build()))
        keep_judgement(session, silent.id, None)
        session.get_one(Call, silent.id).state = "done"
    return sorted(found)


def done(archive, call_id, evidence):
    with archive.writing() as session:
        keep_evidence(session, call_id, evidence)
        keep_judgement(session, call_id, judge_rounded(evidence, INBOUND))
        session.get_one(Call, call_id).state = "done"


def last(tallies):
    *_, tally = tallies
    return tally


def documents(archive, kind):
    with archive.reading() as session:
        wanted = sa.select(ResultDocument.call_id, ResultDocument.body).where(ResultDocument.kind == kind)
        return list(session.execute(wanted.order_by(ResultDocument.id)).all())


def counts(tally):
    return {**tally.document(), "calls_per_s": 0}


def test_what_is_counted_before_is_what_changes(archive, cast, calls):
    evidence, judgements = documents(archive, "evidence"), documents(archive, "judgement")
    preview = last(previewed(archive, cast.campaign.id, NEW))
    assert documents(archive, "judgement") == judgements  # nothing was written
    assert preview.n == preview.changed == 6 and preview.verdicts and preview.per_s > 0
    kept = last(applied(archive, cast.campaign.id, NEW))
    assert counts(kept) == counts(preview)
    assert documents(archive, "evidence") == evidence
    assert documents(archive, "judgement")[: len(judgements)] == judgements  # older ones stay
    with archive.reading() as session:
        for call_id in calls:
            result = stored_result(session, call_id)
            assert result.judgement == judge_rounded(result.evidence, OUTBOUND)
            assert session.get_one(Call, call_id).rubric == OUTBOUND.name


def test_moves_are_counted_by_line(archive, cast, calls):
    preview = last(previewed(archive, cast.campaign.id, NEW))
    with archive.reading() as session:
        pairs = []
        for call_id in calls:
            evidence = stored_result(session, call_id).evidence
            pairs.append([{g.id: g.verdict for g in judge_rounded(evidence, r).gestures} for r in (INBOUND, OUTBOUND)])
    moved = {}
    for was, now in pairs:
        for line in {*was, *now}:
            move = (line, was.get(line, "none"), now.get(line, "none"))
            if move[1] != move[2]:
                moved[move] = moved.get(move, 0) + 1
    assert dict(preview.verdicts) == moved


def test_the_quick_way_gives_what_the_whole_one_does(archive, cast, calls, monkeypatch):
    quick = last(previewed(archive, cast.campaign.id, NEW))
    monkeypatch.setattr(rescore, "judged_again", lambda *_: None)
    assert counts(last(previewed(archive, cast.campaign.id, NEW))) == counts(quick)
    monkeypatch.undo()
    taken = []
    monkeypatch.setattr(rescore, "rescored", lambda *asked: taken.append(asked))
    last(previewed(archive, cast.campaign.id, NEW))
    assert not taken


def test_the_same_rubric_changes_and_adds_nothing(archive, cast, calls):
    before = documents(archive, "judgement")
    tally = last(applied(archive, cast.campaign.id, SAME))
    assert (tally.n, tally.changed, tally.moments) == (6, 0, 0)
    assert not +tally.verdicts and not +tally.quadrants
    assert documents(archive, "judgement") == before


def test_a_run_that_is_stopped_goes_on_and_doubles_nothing(archive, cast, calls):
    n_before = len(documents(archive, "judgement"))
    stopped = applied(archive, cast.campaign.id, NEW)
    next(stopped), next(stopped)
    stopped.close()
    assert already_done(archive, cast.campaign.id, NEW) == 2
    assert already_done(archive, cast.campaign.id, SAME) == 0
    assert last(applied(archive, cast.campaign.id, NEW)).n == 4
    assert len(documents(archive, "judgement")) == n_before + 6
    with archive.reading() as session:
        run = session.scalars(sa.select(RescoreRun)).one()
        assert (run.scored, run.failed, run.after) == (6, 0, calls[-1]) and run.ended_at is not None
    assert last(applied(archive, cast.campaign.id, NEW)).changed == 0  # a new run, and nothing left to do


def test_other_packs_find_other_acts_and_the_next_scoring_reads_them(archive, cast, calls, tmp_path):
    first = documents(archive, "evidence")
    packs = (made_pack(tmp_path, "  - {act: thanks, id: a, patterns: ['voilà c est fait', 'merci de votre appel']}"),)
    asked = Asked(rubric=INBOUND, packs=packs, audience="coach")
    preview = last(previewed(archive, cast.campaign.id, asked))
    assert documents(archive, "evidence") == first
    kept = last(applied(archive, cast.campaign.id, asked))
    assert counts(kept) == counts(preview) and kept.changed == 6
    after = documents(archive, "evidence")
    assert after[: len(first)] == first and len(after) == len(first) + 6  # what was heard first stays beneath
    with archive.reading() as session:
        result = stored_result(session, calls[0])
    assert packs[0].name in result.evidence.words.packs
    assert result.judgement == judge_rounded(result.evidence, INBOUND)
    (heard,) = [parse_result(unpacked(body)).evidence for call_id, body in first if call_id == calls[0]]
    assert (heard.turns, heard.speech, heard.metallic) == (
        result.evidence.turns,
        result.evidence.speech,
        result.evidence.metallic,
    )
    assert last(applied(archive, cast.campaign.id, asked)).changed == 0


def test_two_at_once_do_not_both_go_on(archive, cast, calls):
    one, other = (applied(archive, cast.campaign.id, NEW) for _ in range(2))
    next(one)
    next(one)
    with pytest.raises(ArchiveError) as refused:
        last(other)
        last(one)
    assert refused.value.note.code == "archive.rescored_twice"


def test_a_call_that_is_edited_meanwhile_is_scored_again(archive, cast, calls, monkeypatch):
    with archive.reading() as session:
        act = next(a for a in stored_result(session, calls[0]).evidence.acts if a.party == "agent")
    not_that = {"act": act.id, "turn": act.turn, "by": "QA", "reason": "not that"}
    edit = Edits.model_validate({"schema_version": "timbre.edits/1", "not_that": [not_that]})
    first, tries = calls[0], []
    judged = rescore._judged

    def edited_meanwhile(archive_, call_id, asked, tally):
        found = judged(archive_, call_id, asked, tally)
        if call_id == first and not tries:
            tries.append(call_id)
            with archive.writing() as session:
                keep_judgement(session, call_id, stored_result(session, call_id).judgement, edit)
        return found

    monkeypatch.setattr(rescore, "_judged", edited_meanwhile)
    tally = last(applied(archive, cast.campaign.id, NEW))
    assert tally.n == 6 and tries == [first]
    with archive.reading() as session:
        result = stored_result(session, first)
    assert result.edits == edit
    assert result.judgement == rescored(result, NEW).result.judgement
    assert result.judgement != rescored(result.model_copy(update={"edits": None}), NEW).result.judgement


def test_what_can_not_be_scored_is_counted_by_its_reason(archive, cast, calls):
    nameless = Asked(rubric=None, audience="coach")
    with archive.writing() as session:
        odd = stored_result(session, calls[0]).judgement.model_copy(update={"rubric": "house 7"})
        keep_judgement(session, calls[0], odd)
    tally = last(applied(archive, cast.campaign.id, nameless))
    assert (tally.n, dict(tally.failed)) == (5, {"rescore.rubric_needed": 1})


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_the_command_counts_then_scores(archive, cast, calls, tmp_path):
    env = {"TIMBRE_DATABASE": str(archive.engine.url)}
    asked = ("rescore", "--archive", "--campaign", "service", "--account", "here", "--rubric", "outbound_sales")
    out = tmp_path / "counts.json"
    trial = timbre(*asked, "--dry-run", "--json", out, "--lang", "en", env=env)
    assert trial.code == 0, trial.err
    assert trial.out.startswith("6 calls looked at, 6 would have a new judgement. Nothing was changed.\n")
    assert "calls a second" in trial.out and json.loads(out.read_text())["calls"] == 6
    with archive.reading() as session:
        assert session.get_one(Call, calls[0]).rubric == INBOUND.name
    ran = timbre(*asked, "--lang", "fr", env=env)
    assert ran.code == 0 and ran.out.startswith("6 appels renotés, dont 6 avec une nouvelle évaluation.\n")
    with archive.reading() as session:
        assert session.get_one(Call, calls[0]).rubric == OUTBOUND.name


@pytest.mark.slow
@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_killed_in_the_middle_it_loses_and_doubles_nothing(archive, blobs, cast):
    evidence = rounded(robot_call().build())
    ids = []
    for i in range(120):
        call, _ = add(archive, blobs, cast, f"sound {i}".encode(), started_at=1000.0 + i)
        ids.append(call.id)
        done(archive, call.id, evidence)
    command = [sys.executable, "-c", "from service.cli import main; main()", "rescore", "--archive", "--campaign"]
    asked = [*command, "service", "--account", "here", "--rubric", "outbound_sales", "--lang", "en"]
    env = {**os.environ, "TIMBRE_DATABASE": str(archive.engine.url)}
    first = subprocess.Popen(asked, env=env, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
    until = time.monotonic() + 120
    while already_done(archive, cast.campaign.id, NEW) < 5:
        assert time.monotonic() < until and first.poll() is None
    first.kill()
    first.wait()
    before = already_done(archive, cast.campaign.id, NEW)
    assert 5 <= before < 120
    second = subprocess.run(asked, env=env, capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert f"{before} calls were done before" in second.stderr
    assert second.stdout.startswith(f"{120 - before} calls scored again")
    judgements = [call_id for call_id, _ in documents(archive, "judgement")]
    assert sorted(judgements) == sorted(2 * ids)  # each its first, and one new


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--archive",), "--campaign NAME"),
        (("--archive", "--campaign", "nowhere"), "no campaign nowhere"),
        (("--archive", "--campaign", "x", "--html"), "--html"),
        (("--archive", "--campaign", "x", "call.json"), "RESULT"),
        (("--dry-run", "call.json"), "--archive"),
        ((), "--archive"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(options, said, tmp_path):
    ran = timbre("rescore", *options, "--lang", "en", env={"TIMBRE_DATA_DIR": str(tmp_path)})
    assert ran.code == 2 and said in ran.err and len(ran.err.splitlines()) == 1
