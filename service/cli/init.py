"""`timbre init`: the settings of a profile, written where they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli import common
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.profiles import FILE_NAME, PROFILES, ProfileName, profile_file
from service.settings import system_language


def init(
    profile: Annotated[str, typer.Option("--profile", metavar="fr|default")] = "default",
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER")] = Path(),
    force: Annotated[bool, typer.Option("--force")] = False,
    lang: common.LangOption = None,
) -> None:
    """Write the settings of a profile."""
    with common.one_sentence(lang) as say:
        target = folder / FILE_NAME
        check_writable(target)
        if target.exists() and not force:
            raise ServiceError("init.exists", name=FILE_NAME)
        name = _profile(profile)
        write_whole(target, profile_file(name, common.chosen_lang(lang) or system_language()))
        print(say.text("init.written", name=FILE_NAME, policy=str(PROFILES[name]["policy"])))


def _profile(value: str) -> ProfileName:
    for known in PROFILES:
        if value == known:
            return known
    raise ServiceError("cli.bad_option", option="--profile", value=value[:20], allowed=", ".join(PROFILES))
