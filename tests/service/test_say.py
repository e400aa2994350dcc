"""Notes into sentences: the language's decimal mark, no way from a value into the template, our slips shown."""

from __future__ import annotations

import pytest

from audio.notes import Note
from service.say import LANGS, Lang, Say, catalogue


def test_floats_take_the_decimal_mark_of_the_language():
    note = Note("sound.broken_off", {"found_s": 12.34})
    assert "12.3\u00a0s" in Say("en")(note) and "12,3\u00a0s" in Say("fr")(note)


def test_a_point_in_a_text_stays_a_point():
    for lang in ("fr", "en"):
        assert "my.file.json" in Say(lang)(Note("cli.no_folder", {"name": "my.file.json"}))


@pytest.mark.parametrize("hostile", ["{name}", "{0}", "{name.__class__}", "{", "}{", "%s", "{{"])
def test_braces_in_a_value_are_only_characters(hostile):
    assert hostile in Say("en")(Note("cli.no_folder", {"name": hostile}))


def test_a_template_reaches_no_attribute_of_a_value(monkeypatch):
    say = Say("en")
    monkeypatch.setattr(say, "_sentences", {"x.y": "{name.__class__}", "x.z": "{name[0]}"})
    for key in ("x.y", "x.z"):
        with pytest.raises(KeyError):
            say.text(key, name="text")


def test_a_field_may_be_named_key():
    assert "colour" in Say("en")(Note("cli.sidecar_key", {"key": "colour", "allowed": "agent"}))


@pytest.mark.parametrize(("code", "params"), [("cli.nothing_like_it", {}), ("cli.no_folder", {})])
def test_a_missing_sentence_or_field_is_a_bug_that_shows(code, params):
    with pytest.raises(KeyError):
        Say("en")(Note(code, params))


def test_has_tells_which_keys_there_are():
    assert Say("fr").has("cli.no_folder") and not Say("fr").has("cli.nothing_like_it")
    assert catalogue("fr")["cli.no_folder"] != catalogue("en")["cli.no_folder"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_number_that_may_not_be_known_has_a_dash_and_any_other_must_be_there(
    lang: Lang, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = {"test.known": "a {x:known.1f} b {y:known.0f}", "test.needed": "{x:.1f}"}
    monkeypatch.setattr("service.say.catalogue", lambda _: sentences)
    say = Say(lang)
    assert say.text("test.known", x=1.25, y=3.0) == ("a 1,2 b 3" if lang == "fr" else "a 1.2 b 3")
    assert say.text("test.known", y=3.0).startswith("a – b")
    with pytest.raises(KeyError, match="x"):
        say.text("test.needed", y=3.0)
