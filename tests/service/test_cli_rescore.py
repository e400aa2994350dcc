"""`timbre rescore` as a person meets it: stored results in, new ones out, one sentence for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.scoring.documents import parse_result, to_json
from service.scoring.rounding import rounded
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.calls import names_in, sha256, timbre
from tests.service.scoring.builder import robot_call, warm_call

INBOUND = load_rubric("inbound_service")
PRIVATE = "clignote"  # a word of the call: no error may hold it


def store(folder: Path, name: str = "call", *, warm: bool = False) -> Path:
    evidence = rounded((warm_call if warm else robot_call)().build())
    path = folder / f"{name}.json"
    path.write_bytes(to_json(evidence, judge(evidence, INBOUND)))
    return path


def write_edits(folder: Path, **parts: object) -> Path:
    path = folder / "edits.txt"
    path.write_text(json.dumps({"schema_version": "timbre.edits/1", **parts}), encoding="utf-8")
    return path


def test_nothing_changed_is_said_and_written_byte_for_byte(tmp_path: Path) -> None:
    call, new = store(tmp_path), tmp_path / "new.json"
    ran = timbre("rescore", call, "--json", new, "--lang", "en")
    assert (ran.code, ran.err) == (0, "") and ran.out == "call.json: Nothing changed.\n"
    assert new.read_bytes() == call.read_bytes()


def test_alone_it_prints_the_scorecard(tmp_path: Path) -> None:
    ran = timbre("rescore", store(tmp_path), "--rubric", "outbound_sales", "--lang", "en")
    assert ran.code == 0 and "Script" in ran.out and "Intention" in ran.out
    assert names_in(tmp_path) == {"call.json"}


def test_a_folder_is_scored_into_another_with_pages_and_differences(tmp_path: Path) -> None:
    kept, out = tmp_path / "kept", tmp_path / "new"
    kept.mkdir(), out.mkdir()
    store(kept, "a"), store(kept, "b", warm=True)
    before = {p.name: sha256(p) for p in kept.iterdir()}
    ran = timbre("rescore", kept, "--rubric", "outbound_sales", "--out", out, "--diff", "--html", "--lang", "fr")
    assert (ran.code, ran.err) == (0, "")
    assert names_in(out) == {f"{n}.{e}" for n in "ab" for e in ("json", "html", "diff.json")}
    assert {p.name: sha256(p) for p in kept.iterdir()} == before
    assert parse_result((out / "a.json").read_bytes()).judgement.rubric.startswith("outbound_sales ")
    assert json.loads((out / "a.diff.json").read_bytes())["lines"]
    assert "a.json\n" in ran.out and "Grille" in ran.out


def test_one_broken_result_is_named_and_the_others_are_scored(tmp_path: Path) -> None:
    out = tmp_path / "new"
    out.mkdir()
    good, bad = store(tmp_path), tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    ran = timbre("rescore", good, bad, "--out", out, "--quiet")
    assert ran.code == 2 and names_in(out) == {"call.json"}
    assert ran.err_lines[0].startswith("timbre: bad.json: ") and "1 of 2" in ran.err_lines[1]


def test_edits_are_applied_kept_and_taken_back(tmp_path: Path) -> None:
    call, new, back = store(tmp_path), tmp_path / "new.json", tmp_path / "back.json"
    edit = {"act": "greeting", "turn": 0, "by": "Dana", "reason": "another call's jingle"}
    edits = write_edits(tmp_path, not_that=[edit])
    ran = timbre("rescore", call, "--edits", edits, "--json", new, "--diff", "--lang", "en")
    assert (ran.code, ran.err) == (0, "") and "Greeting: done → not heard." in ran.out
    stored = parse_result(new.read_bytes())
    assert stored.edits.not_that[0].by == "Dana" and stored.evidence == parse_result(call.read_bytes()).evidence
    ran = timbre("rescore", new, "--edits", write_edits(tmp_path), "--json", back)
    assert ran.code == 0 and back.read_bytes() == call.read_bytes()


def test_a_rubric_edited_without_a_new_version_is_told(tmp_path: Path) -> None:
    evidence = rounded(robot_call().build())
    judgement = judge(evidence, INBOUND).model_copy(update={"rubric_hash": "0" * 64})
    call = tmp_path / "call.json"
    call.write_bytes(to_json(evidence, judgement))
    ran = timbre("rescore", call, "--rubric", "inbound_service", "--json", tmp_path / "new.json")
    assert ran.code == 0 and len(ran.err_lines) == 1 and "inbound_service" in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--html"], "--json OUT or --out FOLDER"),
        (["--rubric", "no_such"], "inbound_service"),
        (["--policy", "loud"], "loud"),
        (["--for", "everybody"], "everybody"),
        (["--packs", "none.yaml"], "none.yaml"),
        (["--out", "none"], "none"),
        (["--json", "call.json"], "call.json"),
        (["--edits", "none.json"], "edits"),
        (["--edits", "call.json"], "timbre.edits/1"),
        (["other.json"], "other.json"),
    ],
)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, options: list[str], says: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sha256(store(tmp_path))
    ran = timbre("rescore", "call.json", *options, "--lang", lang)
    assert ran.code == 2 and ran.out == "" and len(ran.err_lines) == 1
    assert PRIVATE not in ran.err and "Traceback" not in ran.err
    assert says in ran.err or lang == "fr"
    assert names_in(tmp_path) == {"call.json"} and sha256(tmp_path / "call.json") == before


def test_edits_for_several_calls_and_two_results_of_one_name_are_refused(tmp_path: Path) -> None:
    one, other, out = tmp_path / "one", tmp_path / "other", tmp_path / "out"
    for folder in (one, other, out):
        folder.mkdir()
    calls = [store(one), store(other)]
    edits = write_edits(tmp_path)
    for options in (["--edits", edits], ["--out", out], ["--json", tmp_path / "x.json"]):
        ran = timbre("rescore", *calls, *options)
        assert ran.code == 2 and len(ran.err_lines) == 1 and names_in(out) == set()


@pytest.mark.parametrize(
    "edit",
    [
        {"said_here": [{"act": "thanks", "turn": 400, "by": "Dana", "reason": "r"}]},
        {"said_here": [{"act": "thanks", "span": {"start_s": 1e9, "end_s": 1e9}, "by": "Dana", "reason": "r"}]},
        {"said_here": [{"act": "x" * 60, "turn": 0, "by": "Dana", "reason": "r"}]},
        {"lines": [{"turn": 400, "text": PRIVATE, "by": "Dana"}]},
        {"lines": [{"turn": 0, "text": PRIVATE * 2000, "by": "Dana"}]},
        {"lines": [{"turn": 0, "text": PRIVATE}]},
        {"lines": PRIVATE},
        {"overrides": [{"line": "thanks", "verdict": PRIVATE, "by": "Dana", "reason": "r"}]},
    ],
)
def test_hostile_edits_end_with_one_sentence_that_holds_none_of_their_words(
    tmp_path: Path, edit: dict[str, object]
) -> None:
    call = store(tmp_path)
    ran = timbre("rescore", call, "--edits", write_edits(tmp_path, **edit), "--packs", "fr")
    assert ran.code == 2 and ran.out == "" and len(ran.err_lines) == 1
    assert PRIVATE not in ran.err and "Traceback" not in ran.err


def test_what_people_write_in_edits_is_text_on_a_page_and_in_a_terminal(tmp_path: Path) -> None:
    call, new = store(tmp_path), tmp_path / "new.json"
    bad = "<script>alert(1)</script>\x1b[31m{code}"
    decision = {"line": "greeting", "verdict": "missing", "by": bad, "reason": bad}
    edits = write_edits(tmp_path, overrides=[decision], lines=[{"turn": 1, "text": bad, "by": bad}])
    ran = timbre("rescore", call, "--edits", edits, "--packs", "fr", "--json", new, "--html", "--diff")
    assert ran.code == 0 and "\x1b" not in ran.out
    page = new.with_suffix(".html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page and "\x1b" not in page
    assert "\x1b" not in timbre("rescore", new, "--packs", "fr").out
