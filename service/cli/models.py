"""`timbre models`: fetch, list, verify. The only commands that may use the network, and only `fetch` does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.store import ModelStore
from service.cli import common

ModelsDir = Annotated[Path | None, typer.Option("--models-dir", metavar="FOLDER")]


def _store(folder: Path | None) -> ModelStore:
    return ModelStore(common.settings_with(models_dir=folder).models_dir)


def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    models_dir: ModelsDir = None,
    lang: common.LangOption = None,
) -> None:
    """Download weights once."""
    with common.one_sentence(lang) as say:
        card = _store(models_dir).fetch(name)
        print(say.text("cli.fetched", name=card.name, revision=card.revision[:12]))


def list_models(models_dir: ModelsDir = None, lang: common.LangOption = None) -> None:
    """Cards, and what is here."""
    with common.one_sentence(lang) as say:
        for row in _store(models_dir).rows():
            state = say.text("cli.model_here" if row.present else "cli.model_absent")
            card = row.card
            print(f"{card.name:<18} {card.size_mb:>6.0f} MB  {state:<10} {card.licence:<8} {card.revision[:12]}")


def verify(
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    models_dir: ModelsDir = None,
    lang: common.LangOption = None,
) -> None:
    """Check files against their checksums."""
    with common.one_sentence(lang) as say:
        checked = _store(models_dir).verify(name)
        for row in checked:
            print(say.text("cli.verified", name=row.name, files=row.n_files))
        if not checked:
            print(say.text("cli.nothing_to_verify"))
