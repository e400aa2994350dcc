"""Packs that can't be used: one sentence with file, line and key, in both languages; nothing hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.say import LANGS, Say
from service.words.rules import PackError, load_pack_file
from service.words.rules.examples import dialogue
from service.words.rules.finding import find_acts
from service.words.rules.reading import MAX_BYTES

HEAD = 'pack: mine\nlanguage: fr\nversion: "1"\n'
GOOD = HEAD + "rules:\n  - {act: greeting, id: a, patterns: [bonjour]}\n"


def rule(text: str) -> str:
    return HEAD + "rules:\n  - " + text + "\n"


def refused(tmp_path: Path, text: str | bytes) -> PackError:
    path = tmp_path / "secret folder" / "mine.yaml"
    path.parent.mkdir()
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(PackError) as caught:
        load_pack_file(path)
    return caught.value


REFUSED = [
    ("pack_unknown_key", 5, rule("{act: greeting, id: a, patern: [x]}"), "patern"),
    ("pack_unknown_key", 4, HEAD + "rulez: []\n", "rulez"),
    ("pack_unknown_act", 5, rule("{act: greating, id: a, patterns: [x]}"), "greating"),
    ("pack_missing_key", 5, rule("{act: greeting, patterns: [x]}"), "id"),
    ("pack_no_form", 5, rule("{act: greeting, id: a}"), "greeting/a"),
    ("pack_bad_pattern", 5, rule("{act: greeting, id: a, patterns: ['bon(jour']}"), "patterns"),
    ("pack_bad_pattern", 5, rule("{act: greeting, id: a, patterns: ['(?!bon)jour']}"), "patterns"),
    ("pack_unknown_list", 5, rule("{act: greeting, id: a, patterns: ['{salut}']}"), "salut"),
    ("pack_list_loop", 5, HEAD + "rules:\n  - {act: greeting, id: a, patterns: ['{x}']}\nlists: {x: ['{x}']}\n", "{x}"),
    ("pack_no_word", 5, rule("{act: greeting, id: a, phrases: ['...']}"), "..."),
    (
        "pack_rule_twice",
        6,
        rule("{act: greeting, id: a, patterns: [x]}\n  - {act: greeting, id: a, patterns: [y]}"),
        "id",
    ),
    ("pack_key_twice", 4, HEAD + "pack: other\nrules: []\n", "pack"),
    ("pack_bad_number", 5, rule("{act: greeting, id: a, patterns: [x], similarity: 20}"), "20"),
    ("pack_bad_number", 5, rule("{act: greeting, id: a, patterns: [x], max_words: many}"), "many"),
    ("pack_bad_flag", 5, rule("{act: greeting, id: a, patterns: [x], asks: perhaps}"), "perhaps"),
    ("pack_bad_party", 5, rule("{act: greeting, id: a, patterns: [x], party: boss}"), "boss"),
    ("pack_bad_id", 5, rule("{act: greeting, id: 'Ä/..', patterns: [x]}"), "Ä/.."),
    ("pack_not_list", 5, rule("{act: greeting, id: a, patterns: x}"), "patterns"),
    ("pack_not_text", 5, rule("{act: [greeting], id: a, patterns: [x]}"), "act"),
    ("pack_not_mapping", 5, rule("just text"), "rules"),
    ("pack_language", 2, GOOD.replace("language: fr", "language: tlh"), "tlh"),
    ("pack_version", 3, GOOD.replace('"1"', "one"), "one"),
    ("pack_not_yaml", 6, HEAD + "rules:\n  - {act: [\n", "6"),
    ("pack_alias", 5, HEAD + "lists: {a: &x ['b']}\nrules: *x\n", "5"),
    ("pack_act_loop", 5, rule("{act: closing, id: a, patterns: [x], previous: {acts: [closing]}}"), "closing"),
]


@pytest.mark.parametrize(("code", "line", "text", "shown"), REFUSED, ids=[f"{r[0]}-{i}" for i, r in enumerate(REFUSED)])
def test_the_sentence_names_file_line_and_key(tmp_path: Path, code: str, line: int, text: str, shown: str) -> None:
    note = refused(tmp_path, text).note
    assert (note.code, note.params["line"]) == (f"acts.{code}", line)
    for lang in LANGS:
        sentence = Say(lang)(note)
        assert "mine.yaml" in sentence and shown in sentence and "\n" not in sentence
        assert "secret" not in sentence


def test_the_good_pack_they_are_made_from_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert load_pack_file(tmp_path / "mine.yaml").name == "mine 1"


def test_billion_laughs_are_refused_before_they_grow(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert refused(tmp_path, "\n".join(lines)).note.code == "acts.pack_alias"


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("pack_too_large", b"# " + b"x" * 5_000_000),
        ("pack_too_deep", b"a: " + b"[" * 5000 + b"]" * 5000),
        ("pack_not_utf8", b"pack: \xff\xfe"),
        ("pack_empty", b""),
        ("pack_not_mapping", b"- a\n- b\n"),
        ("pack_not_yaml", b"pack: !!python/object/apply:os.system ['true']\nlanguage: \x07"),
    ],
)
def test_files_that_are_no_packs(tmp_path: Path, code: str, data: bytes) -> None:
    note = refused(tmp_path, data).note
    assert note.code == f"acts.{code}"
    assert all("mine.yaml" in Say(lang)(note) or code == "pack_not_mapping" for lang in LANGS)


def test_python_tags_are_text_and_run_nothing(tmp_path: Path) -> None:
    text = GOOD.replace("id: a", "id: !!python/object/apply:os.system ['touch x']")
    assert refused(tmp_path, text).note.code == "acts.pack_not_text"


def test_a_missing_file_is_said_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(PackError) as caught:
        load_pack_file(tmp_path / "nowhere.yaml")
    assert caught.value.note.code == "acts.pack_unreadable"
    assert str(tmp_path) not in str(caught.value)


def test_a_file_just_under_the_limit_is_read(tmp_path: Path) -> None:
    padding = "# " + "x" * 100 + "\n"
    text = GOOD + padding * ((MAX_BYTES - len(GOOD)) // len(padding))
    (tmp_path / "mine.yaml").write_text(text)
    assert load_pack_file(tmp_path / "mine.yaml").rules


def test_a_pattern_that_explodes_elsewhere_runs_in_linear_time(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(rule("{act: greeting, id: a, patterns: ['(a+)+(a|a b)*c']}"))
    pack = load_pack_file(tmp_path / "mine.yaml")
    turns, _ = dialogue("a" * 50_000 + " " + "a b " * 5000, "agent")
    assert find_acts(turns, pack) == []


def test_a_list_that_multiplies_is_refused(tmp_path: Path) -> None:
    lists = "\n".join(
        f"  l{chr(97 + i)}: ['{{l{chr(98 + i)}}}{{l{chr(98 + i)}}}{{l{chr(98 + i)}}}{{l{chr(98 + i)}}}']"
        for i in range(3)
    )
    text = (
        HEAD
        + "lists:\n"
        + lists
        + "\n  ld: ['"
        + "x" * 3000
        + "']\nrules:\n  - {act: greeting, id: a, patterns: ['{la}']}\n"
    )
    assert refused(tmp_path, text).note.code == "acts.pack_pattern_too_long"
