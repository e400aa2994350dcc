"""Settings: each default is written here once; the command line and the environment (`TIMBRE_...`) read it.

Nothing else in the program reads the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AudioChoice = Literal["full", "moments", "none"]
DiarizerName = Literal["mixture", "pyannote"]


class Settings(BaseSettings):
    """How a call is analysed. Frozen; built once at the border."""

    model_config = SettingsConfigDict(env_prefix="TIMBRE_", frozen=True, extra="ignore")

    models_dir: Path = Field(
        default_factory=lambda: Path.home() / ".local" / "share" / "timbre" / "models",
        description="folder of the model weights",
    )
    transcriber: str = Field(default="auto", description="auto, none, a model name, or a folder of weights")
    default_model: str = Field(default="small", description="the model `auto` looks for")
    device: str = Field(default="auto", description="auto, cpu or cuda")
    diarizer: DiarizerName = Field(default="mixture", description="who splits a mono call: mixture or pyannote")
    pyannote_dir: Path | None = Field(default=None, description="folder of the pyannote pipeline")
    hf_token: str = Field(default="", repr=False, description="token for gated weights")
    max_duration_s: float = Field(default=4 * 3600.0, gt=0, description="longest recording, seconds")
    max_channels: int = Field(default=8, gt=0, description="most channels")
    max_bytes: int = Field(default=2 * 2**30, gt=0, description="largest file, bytes")
    rubric: str = Field(default="inbound_service", description="name of a shipped rubric, or a file")
    debug: bool = Field(default=False, description="show the traceback of an internal error")


def system_language() -> Literal["fr", "en"]:
    """French when the system speaks French, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if spoken.lower().startswith("fr") else "en"
