"""Errors of reading a grid: one sentence each, with nothing of a cell in it."""

from __future__ import annotations

from service.errors import ServiceError


class GridError(ServiceError):
    """A file that is no workbook we can or want to read; `note` says why, the limit, and the way out."""
