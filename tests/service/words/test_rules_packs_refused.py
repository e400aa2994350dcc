"""Packs that can't be used: one sentence with file, line and key, in both languages; nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.say import LANGS, Say
from service.words.rules import PackError, load_pack_file, named_pack
from service.words.rules.dialogue import dialogue
from service.words.rules.finding import find_acts
from service.words.rules.loading import MAX_ENTRIES, MAX_FILES
from service.words.rules.reading import MAX_BYTES
from service.words.rules.schema import MAX_RULES

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
    ("pack_near_key", 5, rule("{act: greeting, id: a, patern: [x]}"), "patterns"),
    ("pack_near_key", 5, rule("{act: greeting, id: a, patterns: [x], wher: {first_s: 1}}"), "where"),
    ("pack_near_key", 5, rule("{act: greeting, id: a, patterns: [x], not: {thn: {acts: [closing]}}}"), "then"),
    ("pack_near_key", 5, rule("{act: greeting, id: a, patterns: [x], then: {act: [closing]}}"), "acts"),
    ("pack_near_key", 4, HEAD + "rulez: []\n", "rules"),
    ("pack_unknown_key", 5, rule("{act: greeting, id: a, xyzzy: [x]}"), "xyzzy"),
    ("pack_near_act", 5, rule("{act: greating, id: a, patterns: [x]}"), "greeting"),
    ("pack_near_act", 5, rule("{act: greeting, id: a, patterns: [x], then: {acts: [proposals]}}"), "proposal"),
    ("pack_unknown_act", 5, rule("{act: xyzzy, id: a, patterns: [x]}"), "xyzzy"),
    ("pack_nothing_sought", 5, rule("{act: greeting, id: a, patterns: [x], then: {within_turns: 2}}"), "then"),
    ("pack_nothing_sought", 5, rule("{act: greeting, id: a, patterns: [x], unless: []}"), "unless"),
    ("pack_no_limit", 5, rule("{act: greeting, id: a, patterns: [x], count: {acts: [closing]}}"), "count"),
    ("pack_no_limit", 5, rule("{act: greeting, id: a, patterns: [x], rate_ratio: {}}"), "rate_ratio"),
    (
        "pack_limits_crossed",
        5,
        rule("{act: greeting, id: a, patterns: [x], rate_ratio: {at_least: 2, at_most: 1}}"),
        "rate",
    ),
    ("pack_not_whole", 5, rule("{act: greeting, id: a, patterns: [x], max_words: 2.5}"), "2.5"),
    (
        "pack_count_side",
        5,
        rule("{act: greeting, id: a, patterns: [x], count: {acts: [closing], at_least: 1, within_s: 3}}"),
        "within_s",
    ),
    ("pack_bad_side", 5, rule("{act: greeting, id: a, patterns: [x], count: {acts: [closing], in: there}}"), "there"),
    ("pack_empty_not", 5, rule("{act: greeting, id: a, patterns: [x], not: {}}"), "not"),
    ("pack_missing_key", 5, rule("{act: greeting, id: a, patterns: [x], room: {}}"), "at_least_s"),
    ("pack_bad_number", 5, rule("{act: greeting, id: a, patterns: [x], room: {at_least_s: nan}}"), "nan"),
    ("pack_two_windows", 5, rule("{act: pressure, id: a, absent: {acts: [thanks], first_s: 3, last_s: 3}}"), "last_s"),
    ("pack_no_anchor", 5, rule("{act: pressure, id: a, absent: {acts: [thanks], within_s: 3}}"), "absent"),
    ("pack_absent_and_form", 5, rule("{act: pressure, id: a, phrases: [x], absent: {acts: [thanks]}}"), "absent"),
    ("pack_absent_act", 5, rule("{act: greeting, id: a, absent: {acts: [thanks]}}"), "greeting"),
    ("pack_until_alone", 5, rule("{act: greeting, id: a, phrases: [x], until: [et]}"), "until"),
    ("pack_nothing_sought", 5, rule("{act: greeting, id: a, patterns: [x], until: []}"), "until"),
    ("pack_absent_alone", 5, rule("{act: pressure, id: a, max_words: 3, absent: {acts: [thanks]}}"), "max_words"),
    ("pack_nothing_sought", 5, rule("{act: pressure, id: a, absent: {first_s: 3}}"), "absent"),
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


SLOW = {
    "alternatives": "|".join(f"{n:06d}" for n in range(8500)),
    "gaps": "(?:[^ A-Z\\n]+ ){0,6}" * 2700,
    "groups": "(" * 30_000 + "x" + ")" * 29_000,
    "repeats": "(?:\\pL{1,900} ?){1,900}",
    "nested repeats": "(?:(?:(?:a{1,30}){1,30}){1,30}){1,30}",
    "choices": "(?:a|b|ab)*c" * 4900,
}


@pytest.mark.parametrize("kind", SLOW)
def test_a_pattern_of_sixty_thousand_characters_is_refused_or_runs(tmp_path: Path, kind: str) -> None:
    text = rule(f"{{act: greeting, id: a, patterns: ['{SLOW[kind]}']}}")
    (tmp_path / "mine.yaml").write_text(text)
    try:
        pack = load_pack_file(tmp_path / "mine.yaml")
    except PackError as error:
        assert error.note.code in ("acts.pack_pattern_too_long", "acts.pack_bad_pattern")
        assert error.note.params["line"] == 5 and len(Say("en")(error.note)) < 300
    else:
        turns, _ = dialogue("le chat est ici a b c " * 2000, "agent")
        assert find_acts(turns, pack) == []


def test_patterns_that_are_too_much_together_are_refused_with_their_line(tmp_path: Path) -> None:
    patterns = ", ".join(f"'{{word}} ~~{n}{{word}}'" for n in range(2000))
    assert refused(tmp_path, rule(f"{{act: greeting, id: a, patterns: [{patterns}]}}")).note.params["line"] == 5


def test_a_pack_of_many_heavy_rules_is_refused(tmp_path: Path) -> None:
    heavy = "(?:[^ A-Z\\n]+ ){0,6}" * 250
    rules = "".join(f"\n  - {{act: greeting, id: r{n}, patterns: ['{heavy}{n}']}}" for n in range(100))
    assert refused(tmp_path, HEAD + "rules:" + rules + "\n").note.code == "acts.pack_too_heavy"


def test_a_pack_of_too_many_rules_is_refused(tmp_path: Path) -> None:
    rules = "".join(f"\n  - {{act: greeting, id: r{n}, patterns: [x]}}" for n in range(MAX_RULES + 1))
    note = refused(tmp_path, HEAD + "rules:" + rules + "\n").note
    assert (note.code, note.params["line"]) == ("acts.pack_too_many_rules", 5 + MAX_RULES)


def test_a_list_of_lists_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    long = ", ".join(["'{lb}'"] * 10_000)
    lists = f"lists:\n  la: [{long}]\n  lb: ['{'x' * 50_000}']\n"
    text = HEAD + lists + "rules:\n  - {act: greeting, id: a, patterns: ['{la}']}\n"
    assert refused(tmp_path, text).note.code == "acts.pack_pattern_too_long"


def test_hundreds_of_conditions_in_one_another_are_refused(tmp_path: Path) -> None:
    deep = "not: {" * 400 + "asks: true" + "}" * 400
    assert refused(tmp_path, rule(f"{{act: greeting, id: a, patterns: [x], {deep}}}")).note.code == "acts.pack_too_deep"


def folder_of(tmp_path: Path, n: int, name: str = "f{}.yaml") -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    for i in range(n):
        (folder / name.format(i)).write_text(HEAD + "rules: []\n")
    return folder


@pytest.mark.parametrize(
    ("code", "n", "name"),
    [
        ("pack_folder_empty", 0, ""),
        ("pack_folder_empty", 3, "f{}.txt"),
        ("pack_too_many_files", MAX_FILES + 1, "f{}.yaml"),
        ("pack_folder_too_full", MAX_ENTRIES + 1, "f{}.txt"),
    ],
)
def test_folders_that_are_no_packs(tmp_path: Path, code: str, n: int, name: str) -> None:
    with pytest.raises(PackError) as caught:
        named_pack(str(folder_of(tmp_path, n, name)))
    assert caught.value.note.code == f"acts.{code}"
    assert all(
        "packs" in Say(lang)(caught.value.note) and str(tmp_path) not in Say(lang)(caught.value.note) for lang in LANGS
    )


def test_a_folder_of_more_than_five_megabytes_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 6)
    for file in folder.iterdir():
        file.write_text(HEAD + "# " + "x" * 900_000 + "\nrules: []\n")
    with pytest.raises(PackError) as caught:
        named_pack(str(folder))
    assert caught.value.note.code == "acts.pack_folder_too_large"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/stdin", "pipe", "folder.yaml"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, path: str) -> None:
    if path == "pipe":
        path = str(tmp_path / "pipe.yaml")
        os.mkfifo(path)
    elif path == "folder.yaml":
        (tmp_path / path).mkdir()
        path = str(tmp_path / path)
    with pytest.raises(PackError) as caught:
        load_pack_file(Path(path))
    assert caught.value.note.code in ("acts.pack_no_file", "acts.pack_unreadable")


def test_a_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1)
    os.mkfifo(folder / "a.yaml")
    with pytest.raises(PackError) as caught:
        named_pack(str(folder))
    assert caught.value.note.code == "acts.pack_no_file"


def test_a_name_no_system_has_is_said_to_be_unreadable() -> None:
    for name in ("a\0b.yaml", "x" * 5000):
        with pytest.raises(PackError) as caught:
            named_pack(name)
        assert caught.value.note.code == "acts.pack_unreadable"


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
