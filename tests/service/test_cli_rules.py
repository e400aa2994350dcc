"""`timbre rules`, and packs of one's own in `acts` and `analyse`: output, exit codes, one sentence for errors."""

from __future__ import annotations

import json
import os
import re

import pytest

from service.words.rules.vocabulary import ACTS
from tests.calls import REPOSITORY, SHIPPED, read_json, sha256, timbre, write_shipped

PACK = """pack: house
language: fr
version: "1.2"
rules:
  - act: closing
    id: tchao
    patterns: ["tchao"]
    unless: ["dit tchao"]
    match: ["tchao bonne soirée"]
    no_match: ["il a dit tchao"%s]
"""
ROW = re.compile(r"(\w+) +(\d+) +(\d+) +(\d+) +(\d+)")


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "house.yaml"
    path.write_text(PACK % "", encoding="utf-8")
    return path


def rows(out):
    return {m[1]: tuple(map(int, m.groups()[1:])) for line in out.splitlines() if (m := ROW.fullmatch(line))}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_built_in_packs_do_what_their_examples_say(language):
    ran = timbre("rules", "test", language, "--lang", language)
    assert ran.code == 0 and ran.err == ""
    found = rows(ran.out)
    assert set(found) == ACTS
    assert all(n_rules > 0 and yes >= 8 and no >= 8 and wrong == 0 for n_rules, yes, no, wrong in found.values())
    assert ran.out.splitlines()[0].split()[0] == ("acte" if language == "fr" else "act")


def test_a_pack_of_ones_own(pack):
    ran = timbre("rules", "test", pack)
    assert (ran.code, rows(ran.out)) == (0, {"closing": (1, 1, 1, 0)})
    assert ran.out.splitlines()[-1].startswith("house 1.2: 1 rules, 2 examples")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_wrong_example_is_named_and_the_exit_code_says_so(pack, lang):
    pack.write_text(PACK % ', "tchao les amis"', encoding="utf-8")
    ran = timbre("rules", "test", pack, pack, "--lang", lang)
    assert ran.code == 1 and ran.err == ""
    assert rows(ran.out) == {"closing": (1, 1, 2, 1)}
    assert ran.out.count("house.yaml") == 2 and "closing/tchao" in ran.out and "tchao les amis" in ran.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tchao", "house/closing/tchao finds closing"),
        ("il a dit tchao", "the condition unless does not hold"),
        ("il pleut", "No rule of house 1.2"),
        ("A: il pleut // A: tchao madame", "“tchao”"),
        ("C: tchao", "No rule of house 1.2"),
    ],
)
def test_try_says_why(pack, text, said):
    ran = timbre("rules", "try", pack, text)
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 1)
    assert said in ran.out


def test_try_speaks_french_and_takes_the_customers_side():
    ran = timbre("rules", "try", "fr", "je ne comprends rien", "--party", "customer", "--lang", "fr")
    assert "fr/c_confusion/" in ran.out and "trouve" in ran.out
    assert "c_confusion" not in timbre("rules", "try", "fr", "je ne comprends rien").out


def test_text_can_not_write_to_the_terminal(pack):
    ran = timbre("rules", "try", pack, "tchao \x1b[31mrouge\x1b[0m tchao")
    assert ran.code == 0 and "\x1b" not in ran.out


BAD = {
    "typo": (PACK.replace("patterns", "paterns") % "", "patterns"),
    "pattern": (PACK.replace('["tchao"]', '["(tchao"]') % "", "line 7"),
    "long pattern": (PACK.replace('["tchao"]', f'["{"(?:ab|a|b)*" * 6000}"]') % "", "line 7"),
    "five megabytes": (PACK % "" + "# " + "x" * 5_000_000, "kB"),
    "laughs": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
    "text": ("just words", "keys"),
    "nothing": ("", "empty"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", ["test", "try", "acts", "analyse"])
def test_a_pack_that_is_none_is_one_sentence(tmp_path, pack, kind, command):
    text, said = BAD[kind]
    pack.write_text(text, encoding="utf-8")
    line = {
        "test": ("rules", "test", pack),
        "try": ("rules", "try", pack, "tchao"),
        "acts": ("acts", SHIPPED / "fr_vecu.vtt", "--pack", pack),
        "analyse": ("analyse", SHIPPED / "fr_vecu.ogg", "--pack", pack),
    }[command]
    ran = timbre(*line)
    assert (ran.code, ran.out, len(ran.err_lines)) == (2, "", 1), ran
    assert "house.yaml" in ran.err and said in ran.err and str(tmp_path) not in ran.err and len(ran.err) < 400


@pytest.mark.parametrize("place", ["nowhere.yaml", "empty", "full", "pipe", "device"])
def test_places_that_hold_no_pack_are_one_sentence(tmp_path, place):
    path = tmp_path / place
    if place in ("empty", "full"):
        path.mkdir()
    if place == "full":
        for i in range(1100):
            (path / f"{i}.yaml").touch()
    if place == "pipe":
        os.mkfifo(path)
    ran = timbre("rules", "test", "/dev/zero" if place == "device" else path)
    assert (ran.code, ran.out, len(ran.err_lines)) == (2, "", 1), ran


def test_a_wrong_party_is_one_sentence(pack):
    ran = timbre("rules", "try", pack, "tchao", "--party", "boss")
    assert ran.code == 2 and "--party" in ran.err and "agent, customer" in ran.err


TSV = "agent\t0\t2\tbonjour madame\ncustomer\t3\t4\toui\nagent\t5\t6\ttchao\n"


def test_acts_with_a_pack_of_ones_own(tmp_path, pack):
    (tmp_path / "call.tsv").write_text(TSV, encoding="utf-8")
    ran = timbre("acts", tmp_path / "call.tsv", "--language", "fr", "--pack", pack)
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [[a["act"] for a in line["acts"]] for line in lines] == [["greeting"], [], ["closing"]]
    assert lines[0]["packs"][0] == "house 1.2" and lines[0]["packs"][1].startswith("fr ")
    plain = [json.loads(line) for line in timbre("acts", tmp_path / "call.tsv", "--language", "fr").out.splitlines()]
    assert plain[0]["acts"] == lines[0]["acts"] and plain[2]["acts"] == [] and "packs" not in plain[0]


def test_a_pack_is_never_written_over(tmp_path, pack):
    (tmp_path / "call.tsv").write_text(TSV, encoding="utf-8")
    before = sha256(pack)
    ran = timbre("acts", tmp_path / "call.tsv", "--pack", pack, "--jsonl", pack)
    assert ran.code == 2 and sha256(pack) == before


def test_analyse_with_packs_of_ones_own_names_them_in_the_result(tmp_path, pack):
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "room.yaml").write_text(
        "pack: room\nlanguage: fr\nversion: '3'\nrules:\n"
        "  - {act: dismissal, id: cut, patterns: ['{word}'], interrupted: true}\n"
        "  - {act: jargon, id: any, patterns: ['{word}'], room: {at_least_s: 0.1}}\n",
        encoding="utf-8",
    )
    (tmp_path / "other.yaml").write_text((PACK % "").replace("language: fr", "language: en").replace("house", "other"))
    call = write_shipped(tmp_path, "fr_vecu", transcript=True)
    given = [x for path in (pack, folder, tmp_path / "other.yaml") for x in ("--pack", path)]
    ran = timbre("analyse", call, *given, "--json", tmp_path / "o.json", "--quiet")
    assert ran.code == 0, ran.err
    evidence = read_json(tmp_path / "o.json")["evidence"]
    assert evidence["words"]["packs"][:2] == ["house 1.2", "room 3"] and evidence["words"]["packs"][2].startswith("fr ")
    assert any(note["code"] == "cli.pack_unused" for note in evidence["notes"])
    by_rule = {a["rule"] for a in evidence["acts"]}
    assert "room/jargon/any" in by_rule
    cuts = [e for e in evidence["floor"] if e["kind"] == "interruption" and e["by"] == "customer"]
    assert ("room/dismissal/cut" in by_rule) is bool(cuts)


def test_the_packs_shown_in_the_documentation_work(tmp_path):
    """The first block is a pack, the others are rules of one."""
    text = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
    whole, *rules = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (tmp_path / "whole.yaml").write_text(whole.replace("pack: fr ", "pack: shown "), encoding="utf-8")
    head = "pack: more\nlanguage: fr\nversion: '1'\nrules:\n"
    (tmp_path / "rules.yaml").write_text(head + "".join(rules), encoding="utf-8")
    ran = timbre("rules", "test", tmp_path / "whole.yaml", tmp_path / "rules.yaml")
    assert (ran.code, len(rules)) == (0, 2), ran
