"""Every sentence of the packs' errors exists, with the same fields, in both languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

from service.say import catalogue

SOURCES = Path(__file__).parents[3] / "service" / "words" / "rules"
CODE = re.compile(r'"(acts\.[a-z_0-9]+)"')


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_code_used_has_a_sentence_and_none_is_left_over() -> None:
    used = {code for file in SOURCES.glob("*.py") for code in CODE.findall(file.read_text(encoding="utf-8"))}
    for lang in ("fr", "en"):
        assert {key for key in catalogue(lang) if key.startswith("acts.")} == used


def test_both_languages_fill_the_same_fields() -> None:
    french, english = catalogue("fr"), catalogue("en")
    for key in (k for k in french if k.startswith("acts.")):
        assert fields(french[key]) == fields(english[key]), key
