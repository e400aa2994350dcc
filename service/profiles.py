"""Profiles: what `timbre init` writes into `timbre.toml`, and how that file is read.

The file holds settings by their own names, nothing else: an unknown name is an error that names the file and the key.
What stands in the environment or on the command line wins over it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from service.errors import ServiceError
from service.say import Lang, Say

ProfileName = Literal["default", "fr"]
FILE_NAME = "timbre.toml"
MAX_BYTES = 64 * 1024

PROFILES: Mapping[ProfileName, Mapping[str, str | int | bool]] = {
    "default": {
        "policy": "combined",
        "sample_per_agent_week": 0,
        "audio_days": 183,
        "analysis_days": 365,
        "release_before_visible": True,
    },
    "fr": {
        "policy": "words_and_turns",
        "sample_per_agent_week": 5,
        "audio_days": 183,
        "analysis_days": 365,
        "release_before_visible": True,
    },
}


def profile_file(name: ProfileName, lang: Lang) -> str:
    """The text of `timbre.toml`: every setting of the profile under a line that says what it does."""
    say = Say(lang)
    head = [f"# {say.text('init.head', profile=name)}", ""]
    lines = [f"# {say.text(f'init.{key}')}\n{key} = {_toml(value)}\n" for key, value in PROFILES[name].items()]
    return "\n".join([*head, *lines])


def _toml(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def read_settings_file(path: Path, known: frozenset[str]) -> dict[str, Any]:
    """The settings in `path`; empty when there is no such file.

    Raises ServiceError: unreadable, too large, not TOML, a name that is no setting.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise ServiceError("init.unreadable", name=path.name) from exc
    if len(content) > MAX_BYTES:
        raise ServiceError("init.too_large", name=path.name, limit_kib=MAX_BYTES // 1024)
    found = _parsed(content, path.name)
    unknown = next((key for key in found if key not in known), None)
    if unknown is not None:
        raise ServiceError("init.unknown", name=path.name, key=unknown[:40], known=", ".join(sorted(known)))
    return found


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise ServiceError("init.not_text", name=name) from exc
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ServiceError("init.not_toml", name=name, why=" ".join(str(exc).split())[:80]) from exc
