"""Old documents made new: one pure function per step, from one version of a schema to the next.

A stored result is a mapping of plain values when it comes here, before anything is checked; each step returns a new
mapping and leaves the old one alone. Nothing is measured again: what an old version did not hold is said to be unknown
(null, or empty), never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Plain = Mapping[str, Any]
Upgrade = Callable[[Plain], Plain]


def _result_2(old: Plain) -> Plain:
    """Edits came beside evidence and judgement, and evidence says under which policy its voice was heard."""
    evidence, judgement = old.get("evidence"), old.get("judgement")
    if isinstance(evidence, Mapping) and isinstance(judgement, Mapping) and "policy" in judgement:
        evidence = {"policy": judgement["policy"], **evidence}
    return {**old, "schema_version": "timbre.result/2", "edits": None, "evidence": evidence}


UPGRADES: Mapping[str, Upgrade] = {
    "timbre.result/1": _result_2,
}
"""By the version a step starts from."""


def upgraded(result: Plain) -> Plain:
    """A stored result in today's schemas; what is in no known version comes back as it is, to be refused by name."""
    whole = _upgraded(result)
    parts = {
        name: _upgraded(part) for name in ("evidence", "judgement") if isinstance(part := whole.get(name), Mapping)
    }
    return {**whole, **parts} if any(parts[name] is not whole[name] for name in parts) else whole


def _upgraded(document: Plain) -> Plain:
    while (step := UPGRADES.get(_version(document))) is not None:
        document = step(document)
    return document


def _version(document: Plain) -> str:
    version = document.get("schema_version")
    return version if isinstance(version, str) else ""
