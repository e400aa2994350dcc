"""Errors of the scoring part: each is one sentence, and holds nothing of a call."""

from __future__ import annotations

from service.errors import ServiceError


class ScoringError(ServiceError):
    """A rubric or a stored result that can't be used; `note` says which, where and what would work."""


class RubricError(ScoringError):
    """A rubric file that breaks the schema or a limit: names file, line and key."""


class ResultError(ScoringError):
    """A stored result that can't be read."""


class EditsError(ScoringError):
    """Edits that can't be read, or that name a turn, an act or a stretch the call does not have."""
