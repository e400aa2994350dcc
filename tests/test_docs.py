"""The README names every command, option and setting; help speaks both languages and shows no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from service.cli import build
from service.settings import Settings
from tests.calls import REPOSITORY, timbre

RAW_KEY = re.compile(r"\b(?:cli|page|scoring|sound|voice|floor|diarize|store|words|acts)\.[a-z_]{3,}")


@lru_cache
def readme() -> str:
    path = REPOSITORY / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words: ('analyse',), ('models', 'fetch') ... and () for `timbre` itself."""
    command = command or build()
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


PATHS = [path for path, _ in commands()]
OPTIONS = sorted({o for _, c in commands() for p in c.params for o in p.opts if o.startswith("--") and o != "--help"})
SOURCES = {"TIMBRE_CONFIG", "TIMBRE_SECRETS_DIR"}
"""Where settings come from; none of them itself."""
SETTINGS = [f"TIMBRE_{name.upper()}" for name in Settings.model_fields]


def test_there_are_commands_and_options_to_document():
    assert {("analyse",), ("turns",), ("floor",), ("voice",), ("acts",), ("schema",), ("demo",)} < set(PATHS)
    assert {("models", verb) for verb in ("fetch", "list", "verify")} < set(PATHS)
    assert {"--json", "--html", "--lang", "--rttm", "--no-gates", "--jsonl"} < set(OPTIONS)


@pytest.mark.parametrize("path", [path for path in PATHS if path], ids=" ".join)
def test_the_readme_names_the_command(path):
    first, *rest = path
    verb = rf"[^\n]*\b{rest[0]}\b" if rest else ""  # one line may name all verbs of a group
    assert re.search(rf"timbre {first}\b{verb}", readme())


@pytest.mark.parametrize("option", OPTIONS)
def test_the_readme_names_the_option(option):
    assert re.search(rf"{re.escape(option)}(?![\w-])", readme())


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_readme_names_the_setting(setting):
    assert re.search(rf"\b{setting}\b", readme())


def test_the_readme_names_no_option_or_setting_that_is_not_there():
    elsewhere = {"--constraint", "--editable", "--with-deps", "--upgrade"}  # of pip and other tools
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", readme()))
    assert named - elsewhere <= {*OPTIONS, "--help"}
    assert set(re.findall(r"\bTIMBRE_[A-Z_]+[A-Z]", readme())) <= {*SETTINGS, *SOURCES}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "timbre")
def test_help_speaks_the_language_of_the_system(path, lang):
    ran = timbre(*path, "--help", env={"LC_ALL": "", "LANG": f"{lang}_XX.UTF-8"})
    assert (ran.code, ran.err) == (0, "")
    assert not RAW_KEY.search(ran.out)
    command = dict(commands())[path]
    for param in command.params:
        for option in param.opts:
            assert option in ran.out or not option.startswith("--")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "timbre")
def test_french_help_is_not_the_english_one(path):
    french, english = (timbre(*path, "--help", env={"LC_ALL": "", "LANG": lang}).out for lang in ("fr_FR", "en_GB"))
    assert french != english
    assert re.search(r"[éèàùç’]|\ble\b|\bla\b", french)


def test_the_version_is_printed():
    ran = timbre("--version")
    assert ran.code == 0 and re.fullmatch(r"timbre \d+\.\d+\.\d+\n", ran.out)
