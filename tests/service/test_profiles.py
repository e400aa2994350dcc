"""`timbre init` and the settings file."""

from __future__ import annotations

import os

import pytest

from service.errors import ServiceError
from service.profiles import MAX_BYTES, PROFILES, profile_file
from service.settings import Settings
from tests.calls import read_json, timbre, write_shipped


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", list(PROFILES))
def test_what_init_writes_is_what_settings_read(tmp_path, name, lang):
    ran = timbre("init", "--profile", name, "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    settings = Settings()
    assert {key: getattr(settings, key) for key in PROFILES[name]} == PROFILES[name]
    assert str(PROFILES[name]["policy"]) in ran.out


def test_the_french_profile_keeps_the_voice_out_of_the_scores_and_of_other_hands(tmp_path):
    assert timbre("init", "--profile", "fr").code == 0
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    ran = timbre("analyse", call, "--json", tmp_path / "call.json", "--quiet")
    result = read_json(tmp_path / "call.json")
    assert ran.code == 0 and result["judgement"]["policy"] == result["evidence"]["policy"] == "words_and_turns"
    assert not result["evidence"]["metallic"]


def test_the_environment_wins_over_the_file_and_an_option_over_both(tmp_path, monkeypatch):
    (tmp_path / "timbre.toml").write_text('rubric = "outbound_sales"\naudio_days = 10\n', encoding="utf-8")
    assert (Settings().rubric, Settings().audio_days) == ("outbound_sales", 10)
    monkeypatch.setenv("TIMBRE_AUDIO_DAYS", "20")
    assert Settings().audio_days == 20 and Settings(audio_days=30).audio_days == 30


def test_another_file_by_name(tmp_path, monkeypatch):
    (tmp_path / "other.toml").write_text("audio_days = 11", encoding="utf-8")
    monkeypatch.setenv("TIMBRE_CONFIG", str(tmp_path / "other.toml"))
    assert Settings().audio_days == 11


def test_init_replaces_nothing_unless_told(tmp_path):
    (tmp_path / "timbre.toml").write_text("audio_days = 7", encoding="utf-8")
    ran = timbre("init", "--lang", "en")
    assert ran.code == 2 and "--force" in ran.err
    assert (tmp_path / "timbre.toml").read_text(encoding="utf-8") == "audio_days = 7"
    assert timbre("init", "--force").code == 0 and Settings().audio_days == 183


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"polici = 'combined'", "init.unknown"),
        (b"policy = ", "init.not_toml"),
        (b"\xff\xfe", "init.not_text"),
        (b"a = " + b"[" * 5000, "init.not_toml"),
        (b"#" * (MAX_BYTES + 1), "init.too_large"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, content, code):
    (tmp_path / "timbre.toml").write_bytes(content)
    with pytest.raises(ServiceError, match=code.replace(".", r"\.")):
        Settings()
    ran = timbre("analyse", "nothing.wav", "--lang", "en")
    assert ran.code == 2 and ran.err.count("\n") == 1 and "Traceback" not in ran.err


@pytest.mark.parametrize("line", ["policy = 'all'", "audio_days = 0", "sample_per_agent_week = 'many'"])
def test_a_bad_value_is_one_sentence_too(tmp_path, line):
    (tmp_path / "timbre.toml").write_text(line, encoding="utf-8")
    call = write_shipped(tmp_path, "en_recited", transcript=True)
    ran = timbre("analyse", call, "--lang", "en")
    assert ran.code == 2 and ran.err.count("\n") == 1 and line.split()[0] in ran.err


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_setting_of_a_profile_stands_under_a_line_that_says_what_it_does(lang):
    lines = profile_file("fr", lang).splitlines()
    for key in PROFILES["fr"]:
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key} ="))
        assert lines[at - 1].startswith("# ") and len(lines[at - 1]) > 10


def test_a_folder_that_is_not_there(tmp_path):
    ran = timbre("init", "--folder", os.fspath(tmp_path / "no"), "--lang", "en")
    assert ran.code == 2 and ran.err.count("\n") == 1
