"""Settings -> the archive and its blobs: where they lie, made when they are not there yet."""

from __future__ import annotations

from service.archive.blobs import Blobs
from service.archive.engine import Archive, open_archive
from service.errors import ServiceError
from service.settings import Settings


def archive_of(settings: Settings) -> Archive:
    """The archive the settings name. Raises ServiceError."""
    if settings.database:
        return open_archive(settings.database)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise ServiceError("cli.cannot_write", name=settings.data_dir.name, why=exc.strerror or "") from exc
    return open_archive(str(settings.data_dir / "timbre.db"))


def blobs_of(settings: Settings) -> Blobs:
    """Where the recordings lie."""
    return Blobs(settings.recordings or str(settings.data_dir / "recordings"), endpoint=settings.s3_endpoint)
