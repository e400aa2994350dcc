"""No sentence a person reads names what the agent, or anyone, feels: catalogues, rubrics, docs, templates.

The one list of words is that of `tests.service.scoring.test_sentences`. What may name them are the sentences that say
that nothing of the kind is done, each listed here with the words it may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from service.say import LANGS, Lang, catalogue
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from tests.service.scoring.test_sentences import emotion_words_in

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([*(REPOSITORY / "docs").glob("*.md"), REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md"])
TEMPLATES = sorted((REPOSITORY / "service" / "web" / "templates").iterdir())
ENGLISH_TOO = {"content"}
"""French for pleased, English for what is inside: in pages that hold both languages it can't be told."""
DENIED = {
    ("page.responsible", "ressent"),
    ("rules.md", "ressent"),
    ("README.md", "ressent"),
    ("README.md", "emotions"),
}
"""Where it is said that the program knows nothing of what anybody feels."""


def named(text: str, langs: tuple[Lang, ...]) -> set[str]:
    """Words of the list in a text; code, names of acts and addresses are left out."""
    bare = re.sub(r"`[^`]*`|https?://\S+|\b\w*_\w*\b|<[^>]*>", " ", text)
    return {word for lang in langs for word in emotion_words_in(bare, lang)}


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_of_any_catalogue_does(lang: Lang) -> None:
    found = {(key, word) for key, said in catalogue(lang).items() for word in named(said, (lang,))}
    assert not found - DENIED


@pytest.mark.parametrize("page", [*PAGES, *TEMPLATES], ids=lambda path: path.name)
def test_no_page_does(page: Path) -> None:
    found = {(page.name, word) for word in named(page.read_text(encoding="utf-8"), LANGS) - ENGLISH_TOO}
    assert not found - DENIED


def titles(value: object) -> Iterator[str]:
    """Every text a rubric gives a reader: the strings under `fr` and `en`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key in LANGS and isinstance(inner, str) else titles(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from titles(inner)


@pytest.mark.parametrize("name", shipped_rubrics())
def test_no_title_of_a_rubric_does(name: str) -> None:
    path = REPOSITORY / "service" / "scoring" / "rubrics" / f"{name}.yaml"
    said = list(titles(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert len(said) > 2 * len(load_rubric(name).sections)
    assert not {word for text in said for word in named(text, LANGS)}


def test_every_exception_is_still_needed() -> None:
    sentences = {(key, w) for lang in LANGS for key, said in catalogue(lang).items() for w in named(said, (lang,))}
    pages = {(p.name, w) for p in PAGES for w in named(p.read_text(encoding="utf-8"), LANGS)}
    assert sentences | pages >= DENIED
