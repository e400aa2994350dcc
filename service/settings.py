"""Settings: each default is written here once.

The command line wins over the environment (`TIMBRE_...`), that over files of one setting each (`timbre_database` ... in
`/run/secrets`, where containers get theirs, or in the folder that `TIMBRE_SECRETS_DIR` names), and those over the file
`timbre.toml` of the folder one works in (or the file that `TIMBRE_CONFIG` names). Nothing else in the program reads the
environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.errors import ServiceError
from service.profiles import FILE_NAME, read_settings_file
from service.scoring.evidence import Policy

AudioChoice = Literal["full", "moments", "none"]
SECRETS_DIR = "/run/secrets"
MOST_SECRET_CHARACTERS = 4096
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
    policy: Policy | None = Field(default=None, description="what the voice may weigh; none: as the rubric says")
    sample_per_agent_week: int = Field(default=0, ge=0, le=1000, description="calls per agent and week; 0: all of them")
    audio_days: int = Field(default=183, gt=0, le=3660, description="days a recording is kept")
    analysis_days: int = Field(default=365, gt=0, le=3660, description="days an analysis is kept")
    release_before_visible: bool = Field(default=True, description="an agent sees a call once a person released it")
    rubric: str = Field(default="inbound_service", description="name of a shipped rubric, or a file")
    data_dir: Path = Field(
        default_factory=lambda: Path.home() / ".local" / "share" / "timbre" / "archive",
        description="folder of the archive",
    )
    database: str = Field(default="", repr=False, description="address of the database; none: a file in data_dir")
    recordings: str = Field(default="", description="where recordings lie, folder or s3://...; none: in data_dir")
    s3_endpoint: str = Field(default="", description="address of the object store; none: Amazon's")
    worker_memory_mib: int = Field(default=4096, ge=0, description="most memory of a worker, MiB; 0: no bound")
    nightly_at: str = Field(default="", description="when the service's own nights begin, HH:MM; none: no nights")
    nightly_until: str = Field(default="", description="when a night stops waiting for its calls, HH:MM")
    nightly_zone: str = Field(default="UTC", description="the zone of these times and of manifests that name none")
    nightly_sources: str = Field(default="", description="what a night brings in, as `timbre batch`; | between several")
    nightly_campaign: str = Field(default="", description="the campaign these calls belong to")
    nightly_account: str = Field(default="", description="its account; none: the house")
    nightly_morning: str = Field(default="", description="folder the morning report is written to; none: no report")
    nightly_site: str = Field(default="", description="where the links of the morning report lead")
    https: bool = Field(default=False, description="the pages are served by https: the cookie is sent over it alone")
    oidc_issuer: str = Field(default="", description="https address of the identity provider; none: passwords alone")
    oidc_client_id: str = Field(default="", description="what the identity provider calls this service")
    oidc_client_secret: str = Field(default="", repr=False, description="the secret shared with it")
    debug: bool = Field(default=False, description="show the traceback of an internal error")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then secrets, then the file."""
        return init_settings, env_settings, _SecretsSource(settings_cls), _FileSource(settings_cls)


class _WholeSource(PydanticBaseSettingsSource):
    """A source that is read whole."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One at a time is never asked for: the file is read whole."""
        return None, field_name, False


class _SecretsSource(_WholeSource):
    """Files named after a setting, as containers get their secrets.

    Raises ServiceError for one that is there and can't be read: another database than meant would be opened.
    """

    def __call__(self) -> dict[str, Any]:
        folder = Path(os.environ.get("TIMBRE_SECRETS_DIR") or SECRETS_DIR)
        found = {name: _secret(folder / f"timbre_{name}") for name in self.settings_cls.model_fields}
        return {name: value for name, value in found.items() if value is not None}


def _secret(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(MOST_SECRET_CHARACTERS).strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ServiceError("cli.cannot_read_secret", name=path.name) from exc


class _FileSource(_WholeSource):
    """The settings file."""

    def __call__(self) -> dict[str, Any]:
        path = Path(os.environ.get("TIMBRE_CONFIG") or FILE_NAME)
        return read_settings_file(path, frozenset(self.settings_cls.model_fields))


ONE_THREAD: Mapping[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A worker beside others: its libraries don't fight over the cores. CTranslate2 and ONNX go by the first."""


def worker_environment(number: int = 0, gpus: int | None = None) -> dict[str, str]:
    """The environment of worker `number` beside others: one thread per library, and one of the first `gpus` GPUs; None:
    whatever there is, 0: none.
    """
    if gpus is None:
        return {**ONE_THREAD, **os.environ}
    listed = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    mine = (listed or [str(n) for n in range(gpus)])[:gpus]
    return {**ONE_THREAD, **os.environ, "CUDA_VISIBLE_DEVICES": mine[number % len(mine)] if mine else ""}


def quiet_ray() -> None:
    """Ray reads this when it is imported: it reports to nobody."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


def system_language() -> Literal["fr", "en"]:
    """French when the system speaks French, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if spoken.lower().startswith("fr") else "en"
