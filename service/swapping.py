"""The two parties of a call change places in its evidence: every label follows, nothing is measured again.

Doing it twice gives the evidence back, but for the pace of one against the other, which is turned round both times and
has three decimals. Acts keep their names until they are found again (`service.refinding`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from audio.notes import Measure, Note
from audio.timeline import Party
from service.scoring.errors import EditsError
from service.scoring.evidence import Evidence
from service.scoring.rounding import rounded_number

OTHER: Mapping[Party, Party] = {"agent": "customer", "customer": "agent", "unknown": "unknown"}
_BIASED = "floor.customer_latency_biased"
"""Beside every latency of a customer: the recorder stands at the agent's end."""
_T = TypeVar("_T")


def swapped(evidence: Evidence) -> Evidence:
    """The evidence with agent and customer changed round. Raises EditsError: there is only one party."""
    roles = evidence.roles
    if roles is None or roles.customer is None:
        raise EditsError("scoring.edits_one_party")
    return evidence.model_copy(
        update={
            "roles": roles.model_copy(update={"agent": roles.customer, "customer": roles.agent}),
            "speech": _by_other(evidence.speech),
            "turns": tuple(t.model_copy(update={"party": OTHER[t.party]}) for t in evidence.turns),
            "floor": tuple(replace(e, by=OTHER[e.by]) if e.by else e for e in evidence.floor),
            "measures": {p: _latencies(p, m) for p, m in _by_other(evidence.measures).items()},
            "call_measures": tuple(_turned_round(m) for m in evidence.call_measures),
            "metallic": _by_other(evidence.metallic),
            "acts": tuple(a.model_copy(update={"party": OTHER[a.party]}) for a in evidence.acts),
            "across": None,  # of another person's calls
            "redactions": tuple(r.model_copy(update={"party": OTHER[r.party]}) for r in evidence.redactions),
        }
    )


def _by_other(held: Mapping[Party, _T]) -> dict[Party, _T]:
    return {OTHER[party]: value for party, value in held.items()}


def _latencies(party: Party, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """What to beware of in a customer's latency goes with the part, not with the voice."""
    return tuple(_warned(party, m) if m.name.startswith("latency_") and m.value is not None else m for m in measures)


def _warned(party: Party, measure: Measure) -> Measure:
    return replace(measure, reason=Note(_BIASED) if party == "customer" else None)


def _turned_round(measure: Measure) -> Measure:
    """The agent's pace against the customer's."""
    if measure.name != "rate_ratio" or not measure.value:
        return measure
    return replace(measure, value=rounded_number(1.0 / measure.value))
