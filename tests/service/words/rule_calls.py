"""Small packs and calls for the tests of the rule language."""

from __future__ import annotations

from pathlib import Path

from audio.timeline import Party, Span
from service.scoring.evidence import Act, SpokenTurn
from service.words.rules import Pack, load_pack_file

PARTIES: dict[str, Party] = {"A": "agent", "C": "customer"}


def made_pack(folder: Path, rules: str, *, language: str = "fr", head: str = "") -> Pack:
    """A pack of those rules (YAML list items, two blanks in)."""
    path = folder / "mine.yaml"
    path.write_text(f'pack: mine\nlanguage: {language}\nversion: "1"\n{head}rules:\n{rules}\n', encoding="utf-8")
    return load_pack_file(path)


def call(*said: str, seconds: float = 5.0) -> list[SpokenTurn]:
    """`A: ...` and `C: ...` turns, one after the other; 0 seconds: a transcript without times."""
    return [
        SpokenTurn(index=i, party=PARTIES[s[0]], span=Span(i * seconds, (i + 1) * seconds), text=s[3:])
        for i, s in enumerate(said)
    ]


def timed(*said: tuple[str, float, float]) -> list[SpokenTurn]:
    """Turns with their own times, in order of their start."""
    return [
        SpokenTurn(
            index=i, party=PARTIES[text[0]], span=Span(start_s, end_s), ipus=(Span(start_s, end_s),), text=text[3:]
        )
        for i, (text, start_s, end_s) in enumerate(said)
    ]


def turns_of(acts: list[Act], act: str) -> list[int]:
    """The turns in which an act was found."""
    return [a.turn for a in acts if a.id == act]
