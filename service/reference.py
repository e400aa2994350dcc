"""docs/measures.md: what every measure means, English and French, from one text.

    python -m service.reference            prints the page
    python -m service.reference --check    exit code 1 when the page on disk is another one

The text is `service/reference.yaml`; its {fields} are the constants the code measures with, so a changed minimum
changes the page, and a test fails until it is written again (`python -m service.reference > docs/measures.md`). The
English half also stands in the docstrings of the functions that compute the measures (`where`; `tests/docstrings.py`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from audio import (
    accommodation,
    crosstalk,
    floor,
    loudness,
    metallic,
    metallic_baseline,
    metallic_floors,
    overlaps,
    phrase,
    pitch,
    quality,
    room,
    tempo,
    turns,
    voice,
)
from audio import repetition as sayings
from service import asking, deliveries
from service.say import LANGS, Lang, Say
from service.words import repetition as wording

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
ASPECTS = ("definition", "formula", "minimum", "gate", "source", "population", "limits")
GROUPS = ("pitch", "loudness", "rate", "metallic", "quality", "phrase", "repetition", "floor", "call", "together")
MAX_BYTES = 256 * 1024
Entry = Mapping[str, Any]


@lru_cache
def _text() -> Mapping[str, Any]:
    content = (resources.files("service") / "reference.yaml").read_bytes()
    if len(content) > MAX_BYTES:
        raise ValueError("service/reference.yaml is larger than its limit")
    text: Mapping[str, Any] = yaml.safe_load(content)
    return text


def entries() -> Sequence[Entry]:
    """The text of the measures, one entry for those that share it."""
    found: Sequence[Entry] = _text()["measures"]
    return found


def described() -> dict[str, str]:
    """Every measure on the page, and its unit."""
    return {name: str(entry["unit"]) for entry in entries() for name in entry["names"]}


def constants() -> dict[str, float]:
    """The numbers the text quotes, from the code that uses them."""
    return {
        **{name: float(value) for name, value in vars(voice.MINIMUM).items()},
        **_of_the_voice(),
        **_of_metallic(),
        **_of_quality(),
        **_of_phrases(),
        **_of_the_floor(),
        "edge_s": accommodation.EDGE_S,
        "shifts": accommodation.SHIFTS,
        "exchanges": accommodation.MIN_EXCHANGES,
    }


def _of_the_voice() -> dict[str, float]:
    return {
        "window_s": pitch.WINDOW_S,
        "window_voiced_s": pitch.WINDOW_VOICED_S,
        "flat_st": pitch.FLAT_ST,
        "largest_step_st": pitch.LARGEST_STEP_ST,
        "ending_s": pitch.ENDING_S,
        "glissando": pitch.GLISSANDO,
        "within_db": loudness.WITHIN_DB,
        "pause_s": tempo.PAUSE_S,
        "longest_pause_s": tempo.LONGEST_PAUSE_S,
        "stretch_syllables": tempo.STRETCH_SYLLABLES,
        "last_percent": 100 * tempo.LAST_SHARE,
        "longest_interval_s": tempo.LONGEST_INTERVAL_S,
        "unusual_s": tempo.UNUSUAL_FROM_S,
        **{f"{lang}_low": low for lang, (low, _) in tempo.USUAL_RATE_PER_S.items()},
        **{f"{lang}_high": high for lang, (_, high) in tempo.USUAL_RATE_PER_S.items()},
    }


def _of_metallic() -> dict[str, float]:
    return {
        "metallic_window_s": metallic.WINDOW_S,
        "metallic_hop_s": metallic.HOP_S,
        "least_low": metallic.LEAST_LOW,
        "least_assessable": metallic.LEAST_ASSESSABLE,
        "low_z": metallic.LOW_Z,
        "flag_s": metallic.FLAG_S,
        "floor_pitch": metallic_floors.FLOORS["pitch_spread"],
        "floor_rate": metallic_floors.FLOORS["rate_cv"],
        "floor_entropy": metallic_floors.FLOORS["final_contour_entropy"],
        "floor_npvi": metallic_floors.FLOORS["syllable_npvi"],
        "baseline_calls": metallic_baseline.BASELINE_CALLS,
    }


def _of_quality() -> dict[str, float]:
    least_s, most_s = quality.DROPOUT_S
    return {
        "snr_speech_s": quality.LEAST_SPEECH_S,
        "snr_cap_db": quality.SNR_CAP_DB,
        "clipped_percent": 100 * quality.MANY_CLIPPED_SHARE,
        "edge_under_db": quality.EDGE_UNDER_DB,
        "dropout_least_ms": 1000 * least_s,
        "dropout_most_ms": 1000 * most_s,
        "dropout_percent": 100 * quality.MANY_DROPOUTS_SHARE,
        "leak_window_s": crosstalk.WINDOW_S,
        "leak_windows": crosstalk.MIN_WINDOWS,
    }


def _of_phrases() -> dict[str, float]:
    return {
        **{f"phrase_{name}": float(value) for name, value in vars(phrase.LEAST).items()},
        "phrase_longest_s": deliveries.LONGEST_S,
        "phrase_enough_s": deliveries.ENOUGH_REST_S,
        "unmatched_percent": 100 * sayings.UNMATCHED_SHARE,
        "repetition_pairs": sayings.LEAST_PAIRS,
        "repetition_sayings": sayings.LEAST_SAYINGS,
        "ngram_words": wording.NGRAM_WORDS,
        "ngram_calls": wording.LEAST_CALLS,
    }


def _of_the_floor() -> dict[str, float]:
    rule = overlaps.RULE
    return {
        "dead_air_s": turns.DEAD_AIR_S,
        "notice_s": floor.NOTICE_S,
        "room_s": room.ROOM_S,
        "questions": asking.MIN_QUESTIONS,
        "transfers": floor.MIN_TRANSFERS,
        "mono_ms": floor.MS_PER_S * floor.MONO_BLIND_S,
        "other_speech_s": floor.MIN_OTHER_SPEECH_S,
        "yields": floor.MIN_YIELDS,
        "interruption_s": rule.floor_s,
        "interrupted_s": rule.floor_s,
        "stop_s": rule.yields_within_s,
        "terminal_s": rule.terminal_s,
        "backchannel_s": rule.backchannel_s,
        "goes_on_s": rule.goes_on_s,
    }


def paragraph(entry: Entry) -> str:
    """The English text of an entry as one paragraph: what its function's docstring says (`tests/docstrings.py`)."""
    names = ", ".join(f"`{name}`" for name in entry["names"])
    told = {aspect: _filled(" ".join(str(entry["en"][aspect]).split()), "en") for aspect in ASPECTS}
    heads = {"formula": "Formula", "minimum": "Needs", "gate": "Withheld without", "source": "Source"}
    heads |= {"population": "Published figures", "limits": "Limits"}
    parts = [told["definition"], *(f"{head}: {told[aspect]}" for aspect, head in heads.items())]
    return f"{names} ({entry['unit'] or 'no unit'}): " + " ".join(_ended(part) for part in parts)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def page() -> str:
    """The whole page: English, a rule, French."""
    return "\n---\n\n".join("\n".join(_half(lang)) for lang in LANGS[::-1])


def _half(lang: Lang) -> Iterator[str]:
    heads, say = _text()["page"][lang], Say(lang)
    yield from (f"# {heads['title']}", "", heads["link"], "", _typeset(heads["intro"].strip(), lang), "")
    for group in GROUPS:
        yield from (f"## {_typeset(heads[group], lang)}", "")
        for entry in entries():
            if entry["group"] == group:
                yield from _described(entry, lang, say)


def _described(entry: Entry, lang: Lang, say: Say) -> Iterator[str]:
    heads = _text()["page"][lang]
    names = " · ".join(f"{say.text(f'measure.{name}')} (`{name}`)" for name in entry["names"])
    yield from (f"### {names}", "")
    unit = heads.get(f"unit_{entry['unit']}") or say.text(f"unit.{entry['unit']}") or heads["none"]
    colon = ":" if lang == "en" else "\u00a0:"
    yield f"- **{heads['unit']}**{colon} {unit}"
    for aspect in ASPECTS:
        yield f"- **{heads[aspect]}**{colon} {_typeset(_filled(str(entry[lang][aspect]), lang), lang)}"
    yield ""


def _filled(text: str, lang: Lang) -> str:
    shown = {name: f"{value:g}" for name, value in constants().items()}
    return text.format(**{k: v.replace(".", ",") if lang == "fr" else v for k, v in shown.items()})


def _typeset(text: str, lang: Lang) -> str:
    """French: typographic apostrophes, no-break spaces before high punctuation and inside quotation marks."""
    if lang == "en":
        return text
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    return re.sub(r" (?=[:;?!%»])|(?<=«) ", "\u00a0", text)


def main() -> int:
    """Print the page, or check the one on disk."""
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != page())
    sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
