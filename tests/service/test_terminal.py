"""The scorecard in a terminal of 80 columns."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from audio.notes import Note
from service.labels import Labels
from service.say import LANGS, Lang
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.terminal import print_scorecard
from tests import sample_result as sample

COLUMNS = 80


@pytest.fixture(autouse=True)
def _sample_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    sample.speak_sample(monkeypatch)


def printed(evidence: Evidence, judgement: Judgement | None, *, lang: Lang = "fr", color: bool = False) -> str:
    out = io.StringIO()
    print_scorecard(
        evidence,
        judgement,
        lang=lang,
        console=Console(file=out, width=COLUMNS, force_terminal=color, legacy_windows=False),
    )
    return out.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("lang", LANGS)
def test_fits_eighty_columns(lang: Lang) -> None:
    for evidence, judgement in (
        (sample.evidence(), sample.judgement()),
        sample.without_words(),
        (sample.no_conversation(), None),
        sample.hostile(),
    ):
        lines = printed(evidence, judgement, lang=lang).splitlines()
        assert max(cell_len(line) for line in lines) <= COLUMNS


def test_headline_comes_first_then_scores_side_by_side_then_lines() -> None:
    text = printed(sample.evidence(), sample.judgement())
    headline = text.index("10 gestes faits sur 13 attendus")
    both = next(line for line in text.splitlines() if "Script" in line and "Intention" in line)
    assert headline < text.index(both) < text.index("Les gestes, un par un") < text.index("Moments à écouter")
    assert "entre 78 et 90 sur 100" in text and "entre 52 et 70 sur 100" in text


def test_no_score_is_ever_a_single_number() -> None:
    judgement = sample.judgement()
    text = printed(sample.evidence(), judgement)
    assert "83" not in text and "61" not in text


def test_gestures_stand_under_their_verdict_with_their_second() -> None:
    text = printed(sample.evidence(), sample.judgement())
    mechanical = text.index("2 dits, sans suite relevée", text.index("Les gestes, un par un"))
    assert mechanical < text.index("Question de courtoisie  0:05", mechanical) < text.index("3 faits", mechanical)


def test_moments_say_when_why_and_what_to_ask() -> None:
    text = flat(printed(sample.evidence(), sample.judgement(), lang="en"))
    assert "0:25–0:36 Reformulation worth keeping Agent, 0:26" in text
    assert "A question asked, then speech again after 0.4 s." in text
    assert "Ask: What made you take up that very word?" in text


def test_moments_are_set_against_the_usual() -> None:
    usual = Note("scoring.compared.made", {"n": 7, "made": 5})
    shown = tuple(m.model_copy(update={"compared": usual, "baseline": "call"}) for m in sample.moments())
    text = flat(printed(sample.evidence(), sample.judgement(moments=shown), lang="en"))
    assert text.count("Other gestures expected in this call that were made: 5 of 7.") == len(shown)


def test_without_words_the_one_command_is_named() -> None:
    text = flat(printed(*sample.without_words()))
    assert text.index("Ce que disent les tours de parole") < text.index("Les mots manquent")
    assert "lancez timbre models fetch" in text
    assert "aucun score n’est donné sans les mots" in text and "Étendue mélodique (écart type) 1,4 demi-tons" in text


def test_no_conversation_says_why_and_judges_nothing() -> None:
    text = flat(printed(sample.no_conversation(), None, lang="en"))
    assert "No conversation, so no scorecard A single voice, and a tone at 12 s." in text
    assert "Script" not in text and "gestures made" not in text


def test_warnings_and_policy_are_shown() -> None:
    text = flat(printed(sample.evidence(), sample.judgement(policy="words_and_turns")))
    assert "! Le niveau du canal 2 est bas (-38 dB)." in text
    assert "elle ne pèse rien" in text


def test_a_decision_and_the_lines_of_a_person_are_printed_in_short() -> None:
    text = flat(printed(sample.evidence(), sample.reviewed()))
    assert f"Décidé par Dominique ({sample.REASON}). Les règles avaient lu : non entendu." in text
    assert "Issue selon la grille : échec." in text and "Lignes qui attendent encore : 1 sur 2." in text
    assert "Bonne réponse : 80 %, par Dominique. Vérifié" in text


def test_what_would_have_counted_stands_with_what_was_not_found() -> None:
    text = flat(printed(sample.evidence(), sample.judgement(), lang="en"))
    missing = text[text.index("1 not heard", text.index("one by one")) :]
    assert "→ what would have counted here" in missing and "→ a question about other requests" in missing


def test_hostile_text_moves_nothing_and_styles_nothing() -> None:
    text = printed(*sample.hostile())
    assert not any(c in text for c in "\x1b\x07\u202e\u2028")
    assert "[bold]rich[/bold]" in text
    colored = printed(*sample.hostile(), color=True)
    assert "\x1b]8;" not in colored  # no hyperlink
    assert "\x1b[31mred" not in colored


def test_a_note_without_sentence_is_our_bug() -> None:
    with pytest.raises(KeyError):
        printed(sample.evidence(notes=(Note("nobody.says_this"),)), None)


def test_plain_letters_where_the_terminal_knows_no_other() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="strict")
    console = Console(file=out, width=COLUMNS)
    print_scorecard(
        sample.evidence(call=sample.evidence().call.model_copy(update={"name": "x"})), None, lang="en", console=console
    )


def test_no_line_breaks_at_a_no_break_space() -> None:
    lines = [line.strip() for line in printed(sample.evidence(), sample.judgement()).splitlines()]
    assert not [line for line in lines if line.startswith((";", ":", "%"))]
    assert any("\u00a0%" in line for line in lines) and "\ue000" not in "".join(lines)


def test_the_same_question_is_asked_once() -> None:
    text = printed(sample.evidence(), sample.judgement(), lang="en")
    assert len(sample.moments()) > 2 and text.count("What made you take up that very word?") == 1


@pytest.mark.parametrize("lang", LANGS)
def test_the_metallic_share_comes_with_its_five_numbers_and_where_to_listen(lang: Lang) -> None:
    text = flat(printed(sample.evidence(), sample.judgement(), lang=lang))
    block = text[text.index(flat(Labels(lang).say.text("page.metallic_title"))) :]
    for number in ("75", "1.1", "1.5", "6.9", "0.06", "1.2", "26", "30", "0:39", "0:58"):
        assert (number.replace(".", ",") if lang == "fr" else number) in block, number
    assert flat(Labels(lang).of("measure", "metallic_share")) not in text  # never a bare row among the measures


def test_a_call_too_short_for_it_has_no_metallic_block() -> None:
    title = Labels("fr").say.text("page.metallic_title")
    short = sample.METALLIC.model_copy(update={"share_percent": None})
    assert flat(title) not in flat(printed(sample.evidence(metallic={"agent": short}), sample.judgement()))
    assert flat(title) not in flat(printed(sample.evidence(metallic={}), sample.judgement()))
