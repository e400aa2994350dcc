"""The sentences: both languages say the same things, in good typography, and name no one's inner state."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml
from babel.messages.pofile import read_po

from audio.floor import FloorEvent
from service.calls import STEPS
from service.say import LANGS, Say, catalogue
from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.evidence import LayoutKind, Policy, Roles
from service.scoring.judgement import FamilyName, FamilyState, Quadrant, Verdict
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from service.words.rules.vocabulary import ACTS

REPOSITORY = Path(__file__).parents[1]
LOCALE = REPOSITORY / "service" / "locale"
PACKAGES = ("audio", "models", "service")
FILE_ENDINGS = (".html", ".js", ".css", ".svg", ".po", ".yaml", ".json")

# Words about what somebody feels. The voice is described in physical terms (measures with units), and sentences
# about a customer say what was said. `empathy_phrase` is the name of an act: words that were said.
INNER_STATES = """
bored boredom angry anger sad sadness happy happiness unhappy enthusiastic enthusiasm sincere sincerity insincere
empathetic empathic friendly unfriendly warm-hearted irritated irritable annoyed nervous anxious stressed stress-free
frustrated frustration cheerful joyful joy motivated unmotivated tired-sounding emotion emotional emotions mood feeling
feelings sentiment disgust fear afraid aggressive passive-aggressive robotic cold-hearted caring-voice tone-of-voice
ennuyé ennuyée ennui fâché fâchée colère triste tristesse heureux heureuse malheureux enthousiaste enthousiasme sincère
sincérité insincère empathique chaleureux chaleureuse irrité irritée agacé agacée nerveux nerveuse anxieux anxieuse
stressé stressée frustré frustrée joyeux joyeuse joie motivé motivée démotivé émotion émotions émotionnel humeur
sentiments peur agressif agressive lassé lassée
""".split()  # noqa: SIM905 - a list that people read and extend
STATES = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, INNER_STATES))})(?![\w-])", re.I)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@lru_cache
def trees() -> dict[str, ast.Module]:
    paths = (path for package in PACKAGES for path in sorted((REPOSITORY / package).rglob("*.py")))
    return {str(p.relative_to(REPOSITORY)): ast.parse(p.read_text(encoding="utf-8")) for p in paths}


@lru_cache
def domains() -> frozenset[str]:
    return frozenset(key.split(".")[0] for key in catalogue("en"))


def looks_like_a_key(text: str) -> bool:
    whole = re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", text) is not None
    return whole and text.split(".")[0] in domains() and not text.endswith(FILE_ENDINGS)


def keys_in_code() -> Iterator[tuple[str, str]]:
    """Every literal that is the key of a sentence; the fixed start of an f-string is no key."""
    for path, tree in trees().items():
        parts = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
        for node in ast.walk(tree):
            whole = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
            if whole and looks_like_a_key(node.value):
                yield node.value, path


def keys_in_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((REPOSITORY / "service").rglob("*")):
        if path.suffix in (".html", ".svg"):
            for key in re.findall(r"""\bt\(\s*["']([a-z0-9_.]+)["'](?!\s*~)""", path.read_text(encoding="utf-8")):
                yield key, path.name


def labels_of_closed_lists() -> Iterator[str]:
    """Labels looked up by id where ids are ours: each must have one, or a reader meets the id."""
    lists: Mapping[str, tuple[str, ...]] = {
        "verdict": get_args(Verdict),
        "verdict_some": get_args(Verdict),
        "quadrant": get_args(Quadrant),
        "family": get_args(FamilyName),
        "state": get_args(FamilyState),
        "policy": get_args(Policy),
        "layout": get_args(LayoutKind),
        "decided_by": get_args(Roles.model_fields["decided_by"].annotation),
        "confidence": ("solid", "fair", "thin"),
        "party": ("agent", "customer", "unknown"),
        "floor": get_args(get_type_hints(FloorEvent)["kind"]),
        "act": tuple(ACTS),
        "cli.step": STEPS,
        "formula": tuple(CRITERIA),
        "expected": (*GESTURES, *(name for name, rule in CRITERIA.items() if rule.kind != "context")),
        "gift": ("choice", "reason", "limit", "learnt"),
    }
    for kind, ids in lists.items():
        yield from (f"{kind}.{identifier}" for identifier in ids)


def test_both_languages_have_the_same_keys():
    assert set(catalogue("fr")) == set(catalogue("en"))
    assert len(catalogue("fr")) > 200


def test_both_languages_fill_the_same_fields():
    french, english = catalogue("fr"), catalogue("en")
    assert not {key for key in french if fields(french[key]) != fields(english[key])}


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_is_empty_but_units_without_a_name(lang):
    silent = {key for key, sentence in catalogue(lang).items() if not sentence.strip() and not key.startswith("unit.")}
    assert not silent


@pytest.mark.parametrize("lang", LANGS)
def test_no_key_is_said_twice(lang):
    keys: list[str] = []
    for file in sorted((LOCALE / lang).glob("*.po")):
        written = re.findall(r'^msgid "(.+)"$', file.read_text(encoding="utf-8"), re.M)
        with file.open("rb") as stream:
            assert len([m for m in read_po(stream) if m.id]) == len(written), file.name
        keys += written
    assert not {key for key in keys if keys.count(key) > 1}


def test_every_key_in_code_has_its_sentence():
    missing = {f"{path}: {key}" for key, path in keys_in_code() if key not in catalogue("en")}
    assert not missing
    assert len(set(keys_in_code())) > 150


def test_every_key_in_templates_has_its_sentence():
    missing = {f"{path}: {key}" for key, path in keys_in_templates() if key not in catalogue("en")}
    assert not missing
    assert len(set(keys_in_templates())) > 30


def test_every_id_of_ours_has_its_label():
    assert not {key for key in labels_of_closed_lists() if key not in catalogue("en")}


@pytest.mark.parametrize("name", shipped_rubrics())
def test_every_line_of_a_shipped_rubric_has_its_label(name):
    rubric = load_rubric(name)
    say = Say("fr")
    unnamed = {g.id for g in rubric.gestures if not any(say.has(f"{kind}.{g.id}") for kind in ("gesture", "act"))}
    unnamed |= {
        c.id for c in rubric.criteria if not any(say.has(f"{kind}.{c.id}") for kind in ("criterion", "measure"))
    }
    assert not unnamed


def bare(sentence: str) -> str:
    """A sentence without fields and commands, whose punctuation follows other rules."""
    sentence = re.sub(r"`[^`]*`", "X", sentence)
    sentence = re.sub(r"https?://\S+", "X", sentence)
    return re.sub(r"\{[^{}]*\}", "X", sentence)


def test_french_apostrophes_are_typographic():
    assert not {key for key, sentence in catalogue("fr").items() if re.search(r"\w'\w", bare(sentence))}


def test_french_has_no_break_spaces_before_high_punctuation():
    without = re.compile(r"[^\s](?<![\u00a0\u202f])[;?!%»](?!\w)|\w[:](?=\s|$)|[ ][:;?!%»]|«[^\u00a0\u202f]")
    wrong = {
        key: bare(s) for key, s in catalogue("fr").items() if without.search(bare(s)) and bare(s) not in ("%", "?", "!")
    }
    assert not wrong


def test_english_has_no_space_before_high_punctuation():
    assert not {key for key, s in catalogue("en").items() if re.search(r"\w[\s\u00a0][:;?!](?:\s|$)", bare(s))}


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_names_an_inner_state(lang):
    wrong = {key: s for key, s in catalogue(lang).items() if STATES.search(s)}
    assert not wrong


def names_in_code() -> Iterator[tuple[str, str]]:
    """Every identifier: functions, classes, arguments, variables, fields."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name, path
            elif isinstance(node, ast.arg):
                yield node.arg, path
            elif isinstance(node, ast.Name):
                yield node.id, path
            elif isinstance(node, ast.Attribute):
                yield node.attr, path


def parts_of(name: str) -> set[str]:
    """`angry_share`, `AngryVoice` -> {angry, share, voice}."""
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))


def test_no_identifier_names_an_inner_state():
    states = set(INNER_STATES)
    assert not {f"{path}: {name}" for name, path in names_in_code() if parts_of(name) & states}


def strings(value: object) -> Iterator[str]:
    """All keys of a YAML document, and the ids among its values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            if key in ("id", "act", "name", "kind", "group", "idea") and isinstance(inner, str):
                yield inner
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_no_rule_rubric_or_field_name_is_an_inner_state():
    states = set(INNER_STATES)
    wrong = set()
    for path in (REPOSITORY / "service").rglob("*.yaml"):
        for name in strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if re.fullmatch(r"[\w./-]+", name) and parts_of(name.replace(".", "_").replace("/", "_")) & states:
                wrong.add(f"{path.name}: {name}")
    assert not wrong


def test_the_list_of_inner_states_can_fail():
    assert STATES.search("The agent sounded bored.") and STATES.search("L’agent semble en colère.")
    assert not STATES.search("The pitch moved by 1.2 semitones.")
