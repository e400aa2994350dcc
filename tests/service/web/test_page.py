"""The page as text: what it holds, what its policy says, what it leaves out. A browser sees it in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from audio.floor import FloorEvent
from audio.notes import Note
from audio.timeline import Span
from service.labels import Labels
from service.say import LANGS, Lang, Say
from service.scoring.judgement import Moment, RubricOutcome
from service.scoring.views import shown_to
from service.web.page import render_page
from service.web.page_head import Drawing, build_head
from service.web.page_islands import json_island
from service.web.page_lines import criterion_rows, gesture_groups, level, moment_cards
from service.web.page_sections import section_block
from service.web.page_timeline import MARK_GAP_PERCENT, WIDE, Mark, boxes, build_timeline, pitch_path, place, row_spans
from service.web.sound import page_sound
from tests import sample_result as sample

SHORT, FULL, CONTEXT = {"score": 0.4}, {"score": 1.0}, {"score": 0.4, "kind": "context"}


@pytest.fixture(autouse=True)
def _sample_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    sample.speak_sample(monkeypatch)


def whole(lang: Lang = "fr", **judged: object) -> str:
    return render_page(sample.evidence(), sample.judgement(**judged), lang=lang, sound=None, tracks=sample.tracks())


class _Reader(HTMLParser):
    """Elements with their attributes, and the text of each."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def policy_of(html: str) -> dict[str, str]:
    content = next(a["content"] for t, a in read(html).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert content is not None
    return {rule.split(" ", 1)[0]: rule.split(" ", 1)[1] for rule in content.split("; ")}


def test_policy_allows_exactly_the_inline_style_and_script() -> None:
    html = whole()
    policy = policy_of(html)
    for tag, pattern in (
        ("style-src", r"<style>(.*?)</style>"),
        ("script-src", r'<script type="module">(.*?)</script>'),
    ):
        text = re.findall(pattern, html, flags=re.S)
        assert len(text) == 1
        digest = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert policy[tag] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'" and policy["media-src"] == "data: blob:" and policy["img-src"] == "data:"
    assert "unsafe" not in " ".join(policy.values())


def test_page_names_no_address_and_needs_no_attribute_the_policy_forbids() -> None:
    for tag, attributes in read(whole()).elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)


def test_scores_are_bands_and_never_numbers() -> None:
    html = whole()
    text = " ".join(t for tag, parts in read(html).texts.items() if tag not in {"style", "script"} for t in parts)
    assert "entre 78 et 90 sur 100" in text and "entre 52 et 70 sur 100" in text
    assert not re.search(r"\b(83|61)\b", text)


@pytest.mark.parametrize("lang", LANGS)
def test_headline_precedes_scores_and_gestures_are_grouped(lang: Lang) -> None:
    html, labels = whole(lang), Labels(lang)
    order = [
        html.index(f'id="{name}"')
        for name in ("headline", "listen", "moments-title", "gestures-title", "criteria-title")
    ]
    assert order == sorted(order)
    groups = gesture_groups(sample.gestures(), labels)
    assert [g.verdict for g in groups] == [
        "lived",
        "mechanical",
        "done",
        "free",
        "missing",
        "not_assessable",
        "not_expected",
    ]
    assert sum(len(g.rows) for g in groups) == len(sample.gestures())


def test_the_strip_leads_from_each_gesture_to_its_line() -> None:
    html = whole()
    strip = html[html.index('<ul class="strip"') : html.index('<div class="scores"')]
    cells = re.findall(r'href="#(gesture-\d+)" data-opens="\1">([^<]+)<', strip)
    expected = [g for g in sample.gestures() if g.verdict != "not_expected"]
    assert sorted(name for _, name in cells) == sorted(Labels("fr").gesture(g.id) for g in expected)
    for anchor, name in cells:
        line = html[html.index(f'<details id="{anchor}">') :].split("</summary>")[0]
        assert f'<span class="name">{name}</span>' in line


def test_criteria_give_their_formula_and_what_would_have_counted() -> None:
    short, full, context = (sample.criteria()[i].model_copy(update=u) for i, u in ((0, SHORT), (0, FULL), (0, CONTEXT)))
    rows = criterion_rows((short, full, context), Labels("en"))
    assert all("per 10 min of customer speech" in row.formula for row in rows)
    assert "sentences finished" in rows[0].would_count
    assert [row.would_count for row in rows[1:]] == ["", ""]


def test_a_gift_that_gave_something_answers_for_nothing() -> None:
    gift = sample.criteria()[0].model_copy(update={"id": "free_care", "kind": "gift"})
    some, none = (gift.model_copy(update={"score": s}) for s in (0.5, 0.0))
    rows = criterion_rows((some, none), Labels("fr"))
    assert rows[0].would_count == "" and rows[1].would_count


def test_every_listen_link_of_a_line_stops_after_its_seconds() -> None:
    reader = read(render_page(sample.evidence(), sample.reviewed(), lang="en", sound=None, tracks=None))
    links = [a for tag, a in reader.elements if tag == "a" and a.get("class") == "seek"]
    assert len(links) > 30
    for link in links:
        assert float(link["data-end"] or 0) > float(link["data-t"] or 0), link


def test_a_decided_line_shows_the_person_and_the_rules_side_by_side() -> None:
    html = render_page(sample.evidence(), sample.reviewed(), lang="fr", sound=None, tracks=None)
    assert html.count('class="decision"') == 3  # a gesture on screen and on paper, and a criterion
    for decision in html.split('class="decision"')[1:]:
        words = decision.split("</span></span>")[0].replace("&#39;", "'")
        assert "Décidé par Dominique" in words and sample.REASON in words and "Les règles avaient lu" in words
    gesture = next(g for g in gesture_groups(sample.reviewed().gestures, Labels("fr")) if g.verdict == "done").rows
    decided = next(row for row in gesture if row.decision)
    assert decided.decision is not None and "non entendu" in decided.decision.before
    assert decided.why == Labels("fr").note(sample.gestures()[10].why)  # what the rules had said, once
    conduct = criterion_rows(sample.reviewed().criteria, Labels("fr"))[1]
    assert conduct.level == 4 and conduct.decision is not None and "proche de l’attendu" in conduct.decision.before


def test_lines_for_a_person_wait_beside_their_own_subtotal() -> None:
    block = section_block(sample.reviewed(), Labels("fr"))
    assert [(p.name, p.waits) for p in block.people] == [("Bonne réponse", False), ("Form filled in", True)]
    assert (
        block.people_total == "Sous-total des lignes jugées\u00a0: 80 à 90. Lignes qui attendent encore\u00a0: 1 sur 2."
    )
    assert (
        block.failed
        and block.outcome == "Issue selon la grille\u00a0: échec."
        and "Prise de congé" in block.outcome_why
    )
    assert [row.person for row in block.rows] == ["", "1 à juger"]


def test_an_outcome_by_a_persons_line_names_it_by_its_title() -> None:
    why = Note("scoring.outcome_of_rubric.fail", {"n": 1, "line": "right_answer"})
    judged = sample.reviewed(outcome_of_rubric=RubricOutcome(kind="fail", why=why, lines=("right_answer",)))
    assert "Bonne réponse" in section_block(judged, Labels("fr")).outcome_why


def test_for_others_the_voice_is_named_once_and_shown_nowhere() -> None:
    judged = sample.reviewed(policy="words_and_turns", notes=(Note("scoring.policy.words_and_turns"),))
    heard, seen = shown_to("others", sample.evidence(), judged)
    html = render_page(heard, seen, lang="fr", sound=None, tracks=sample.tracks())
    text = " ".join(t for tag, parts in read(html).texts.items() if tag not in {"style", "script"} for t in parts)
    assert len(re.findall(r"\bvoix\b", text)) == 1 and "pour l’agent et son coach" in text
    assert not re.search(r"mélodi|métalli|demi-ton|intensité|débit|nPVI|hauteur", text)
    assert 'class="pitch"' not in html and 'class="metal"' not in html and 'class="metallic"' not in html
    coach, whole_judgement = shown_to("coach", sample.evidence(), judged)
    assert "demi-tons" in render_page(coach, whole_judgement, lang="fr", sound=None, tracks=None)


def test_mechanical_and_missing_say_what_would_have_counted() -> None:
    rows = {row.name: row for g in gesture_groups(sample.gestures(), Labels("fr")) for row in g.rows}
    assert "un mot de la réponse repris" in rows["Question de courtoisie"].would_count
    assert "sur d’autres demandes" in rows["Autre demande"].would_count
    assert rows["Reformulation"].would_count == ""
    expected_in = rows["Autre demande"].window
    assert expected_in is not None and (expected_in.time_s, expected_in.end_s) == (77.0, 169.0)
    assert [f.name for f in rows["Accueil"].occurrences[0].families] == []  # what does not apply is left out


def test_voice_is_not_drawn_when_the_policy_says_no_voice() -> None:
    assert 'class="pitch"' in whole()
    silent = whole(policy="no_voice")
    assert 'class="pitch"' not in silent and silent.count("n’est pas analysée") == 1


def test_without_words_or_judgement_the_page_says_why_and_how() -> None:
    html = render_page(*sample.without_words(), lang="fr", sound=None, tracks=None)
    assert "Les mots manquent" in html and "lancez timbre models fetch" in html
    assert html.index("Ce que disent les tours de parole et la voix") < html.index("Les mots manquent")
    assert 'class="scores"' not in html and "Étendue mélodique" in html and "n’a pas pu être mesurée" in html
    alone = render_page(sample.no_conversation(), None, lang="en", sound=None, tracks=None)
    assert "No conversation, so no scorecard" in alone and "A single voice, and a tone at 12 s." in alone
    assert 'id="headline"' not in alone and 'id="measures-title"' in alone


def test_a_note_without_sentence_is_our_bug() -> None:
    with pytest.raises(KeyError):
        render_page(sample.evidence(notes=(Note("nobody.says_this"),)), None, lang="fr", sound=None, tracks=None)


def test_hostile_call_stays_inside_its_elements() -> None:
    evidence, judgement = sample.hostile()
    reader = read(render_page(evidence, judgement, lang="fr", sound=None, tracks=sample.tracks()))
    tags = [tag for tag, _ in reader.elements]
    assert "img" not in tags and tags.count("script") == 2 and tags.count("style") == 1
    assert "{{7*7}}" in "".join(reader.texts["bdi"]) and "49" not in "".join(reader.texts["bdi"])


def test_json_island_has_no_character_html_could_read() -> None:
    hostile = {"x": "</script><!-- \u2028\u2029 ' & >"}
    text = str(json_island(hostile))
    assert not set(text) & set("<>&'\u2028\u2029")
    assert json.loads(text) == hostile


def test_rows_cover_the_call_without_gap() -> None:
    for duration_s in (0.4, 60.0, 168.0, 900.0, 3600.0):
        rows = row_spans(duration_s)
        assert rows[0].start_s == 0 and rows[-1].end_s >= duration_s and len(rows) <= 6
        assert all(a.end_s == b.start_s for a, b in pairwise(rows))


def test_boxes_lie_where_speech_lies() -> None:
    path = boxes([Span(0, 1), Span(9, 20)], Span(0, 10), 14)
    assert path == f"M0 0h{WIDE // 10}v14h-{WIDE // 10}zM{WIDE * 9 // 10} 0h{WIDE // 10}v14h-{WIDE // 10}z"


def test_marks_never_touch_on_one_level() -> None:
    placed = place([Mark(x, 0, "done", x, "") for x in (1.0, 2.0, 3.0, 9.0, 50.0)])
    for a in placed:
        assert all(b is a or b.level != a.level or abs(b.x - a.x) >= MARK_GAP_PERCENT for b in placed)


def test_pitch_is_drawn_around_its_median_and_broken_where_unvoiced() -> None:
    track = sample.tracks().agent_pitch
    assert track is not None
    timeline = build_timeline(sample.evidence(), sample.judgement(), sample.tracks(), Labels("fr"))
    heights = [float(y) for row in timeline.rows for y in re.findall(r"[ML]\d+ ([\d.]+)", row.pitch)]
    assert min(heights) < 32 < max(heights) and sum(heights) / len(heights) == pytest.approx(32, abs=3)
    assert timeline.rows[0].pitch.count("M") > 10
    assert pitch_path(track, Span(11.5, 24.0)) == ""  # the customer speaks


def test_long_silences_and_interruptions_reach_the_timeline() -> None:
    timeline = build_timeline(sample.evidence(), sample.judgement(), None, Labels("en"))
    shapes = [m.shape for row in timeline.rows for m in row.floor]
    assert shapes.count("interruption") == 1 and shapes.count("backchannel") == 2 and "gap" not in shapes
    assert [s for row in timeline.rows for s in row.silences][-1][2] == "8.5\u00a0s"
    quiet = sample.evidence(floor=(FloorEvent("gap", "agent", Span(1, 2), 1.0),))
    assert not any(row.floor for row in build_timeline(quiet, None, None, Labels("en")).rows)


def test_moments_sound_is_a_clip_per_stretch() -> None:
    judgement = sample.judgement()
    sound = page_sound(sample.recording(), judgement, "moments")
    assert sound is not None and sound.kind == "moments"
    for moment in judgement.moments:
        assert any(c.span.overlap(moment.span) == moment.span for c in sound.clips)
    assert page_sound(sample.recording(), judgement, "none") is None
    assert page_sound(sample.recording(), None, "moments") is None


def test_moment_past_the_end_gives_no_clip() -> None:
    late = Moment.model_validate({**sample.moments()[0].model_dump(), "listen": Span(400, 410)})
    assert page_sound(sample.recording(), sample.judgement(moments=(late,)), "moments") is None


def test_reading_has_four_steps_and_none() -> None:
    assert [level(s) for s in (None, 0.0, 0.25, 0.5, 0.8, 1.0)] == [0, 1, 2, 3, 4, 4]


def test_the_quadrant_shows_the_rubrics_cuts_and_both_bands() -> None:
    drawn = build_head(sample.evidence(), sample.judgement(), Labels("en")).scores
    assert drawn is not None
    assert drawn.drawn == Drawing(cut_x=70, cut_y=60, left=78, right=90, bottom=52, top=70)
    older = build_head(sample.evidence(), sample.judgement(cuts=None), Labels("en")).scores
    assert older is not None and older.drawn is None  # a judgement written before the cuts were


def test_a_moment_shows_the_stretch_one_will_hear() -> None:
    card = moment_cards(sample.moments(), Labels("fr"))[0]
    heard = sample.moments()[0].listen
    assert (card.place.time_s, card.place.end_s) == (heard.start_s, heard.end_s)
    assert card.place.text == Labels("fr").stretch(heard)
    assert f'data-end="{heard.end_s}"' in whole()


@pytest.mark.parametrize("lang", LANGS)
def test_a_moment_is_set_against_the_usual_or_says_why_not(lang: Lang) -> None:
    usual, alone = Note("scoring.compared.made", {"n": 7, "made": 5}), Note("scoring.compared.mono")
    first, second = sample.moments()[:2]
    shown = (
        first.model_copy(update={"compared": usual, "baseline": "call"}),
        second.model_copy(update={"compared": alone}),
    )
    page = whole(lang, moments=shown)
    assert f'<p class="compared">{Say(lang)(usual)}</p>' in page
    assert f'<p class="compared nothing">{Say(lang)(alone)}</p>' in page
    assert 'class="compared' not in whole(lang)  # a judgement written before comparisons were


@pytest.mark.parametrize("lang", LANGS)
def test_the_metallic_share_never_stands_without_its_five_numbers(lang: Lang) -> None:
    page = whole(lang)
    section = page[page.index('<section class="metallic"') :].split("</section>")[0]
    for number in ("75", "1.1", "1.5", "6.9", "0.06", "0.10", "1.2", "0.6", "26", "30", "120"):
        assert (number.replace(".", ",") if lang == "fr" else number) in section, number
    assert 'data-t="58.2" data-end="78.2"' in section and 'data-t="39.0"' in section
    assert Say(lang)(Note("voice.no_floor", {"need": 10})) in section.replace("&#39;", "'")
    row = page[page.index(Say(lang).text("measure.metallic_share")) :].split("</tr>")[0]
    assert Say(lang).text("measure.pitch_spread") in row and Say(lang).text("measure.syllable_npvi") in row


def test_a_quiet_mark_runs_under_the_agent_where_the_voice_is_metallic() -> None:
    timeline = build_timeline(sample.evidence(), sample.judgement(), None, Labels("fr"))
    assert timeline.has_metallic and all(row.metallic for row in timeline.rows)
    first = timeline.rows[0]
    x = round(WIDE * (39.0 - first.start_s) / (first.end_s - first.start_s))
    assert first.metallic.startswith(f"M{x} 0h")


def test_no_voice_shows_nothing_metallic_and_words_and_turns_what_measures_show() -> None:
    assert 'class="metallic"' not in whole(policy="no_voice") and 'class="metal"' not in whole(policy="no_voice")
    assert 'class="metallic"' in whole(policy="words_and_turns")
    nothing = render_page(sample.evidence(metallic={}), sample.judgement(), lang="fr")
    assert 'class="metallic"' not in nothing


def test_a_finding_without_share_says_why_and_keeps_its_numbers_folded() -> None:
    short = sample.METALLIC.model_copy(
        update={
            "share_percent": None,
            "reason": Note("voice.metallic_short", {"have": 24.0, "need": 60.0}),
            "spans": (),
            "flagged": None,
            "worst": None,
        }
    )
    page = render_page(sample.evidence(metallic={"agent": short}), sample.judgement(), lang="en")
    section = page[page.index('<section class="metallic"') :].split("</section>")[0]
    assert "24" in section and "<details" in section and "1.1" in section and 'class="seek"' not in section


def test_the_worst_twenty_seconds_are_among_the_clips() -> None:
    also = [Span(100.0, 120.0)]
    found = page_sound(sample.recording(), sample.judgement(), "moments", also=also)
    assert found is not None and any(c.span.contains(105.0) and c.span.contains(119.0) for c in found.clips)
