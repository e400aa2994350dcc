"""Model cards: which weights exist, where they come from, at which revision."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class ModelCard:
    """Pinned identity of one set of weights. `weights_sha256` is empty where we have none to compare with."""

    name: str
    repository: str
    revision: str
    licence: str
    size_mb: float
    weights_sha256: str = ""


def read_cards() -> Mapping[str, ModelCard]:
    """All cards by name, as shipped in `models/cards.toml`."""
    content = tomllib.loads((resources.files("models") / "cards.toml").read_text(encoding="utf-8"))
    return {name: ModelCard(name=name, **fields) for name, fields in content.items()}
