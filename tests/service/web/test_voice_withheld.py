"""A real call for readers without its voice: every sentence the rules write, not only the sample's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from service.calls import Analysis, CallFiles, Choices
from service.demo.site import shipped_calls
from service.metadata import metadata_of
from service.outputs import html_page, shown
from service.pipeline import analysed
from service.say import LANGS, Lang
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.wiring import build_tools, limits_of
from service.words.imported import read_transcript

pytestmark = pytest.mark.slow

NAMED = {"fr": r"\bvoix\b", "en": r"\bvoices?\b"}
MEASURED = {
    "fr": r"mélodi|métalli|demi-ton|étendue d’intensité|débit|nPVI|hauteur",
    "en": r"melod|metallic|semitone|loudness|\brate\b|nPVI|pitch",
}


@pytest.fixture(scope="module")
def heard() -> Iterator[Analysis]:
    settings = Settings()
    recording = next(path for path in shipped_calls() if path.stem == "fr_vecu")
    files = CallFiles(
        recording,
        transcript=read_transcript(recording.with_suffix(".vtt")),
        name=recording.stem,
        metadata=metadata_of(recording),
    )
    choices, tools = Choices(agent_channel=0, policy="words_and_turns"), build_tools(settings, listen=False)
    with analysed(files, tools, load_rubric(settings.rubric), choices, limits=limits_of(settings)) as analysis:
        yield analysis


def text_of(html: str) -> str:
    bare = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


@pytest.mark.parametrize("lang", LANGS)
def test_others_read_of_the_voice_once_and_see_none_of_it(heard: Analysis, lang: Lang) -> None:
    text = text_of(html_page(shown(heard, "others"), lang=lang, audio="none"))
    assert len(re.findall(NAMED[lang], text, re.I)) == 1
    assert not re.search(MEASURED[lang], text, re.I)


@pytest.mark.parametrize("lang", LANGS)
def test_the_coach_sees_it(heard: Analysis, lang: Lang) -> None:
    text = text_of(html_page(shown(heard, "coach"), lang=lang, audio="none"))
    assert re.search(MEASURED[lang], text, re.I)
