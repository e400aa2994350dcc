"""Notes: what the program has to say, before any language.

A `Note` is a code with numbers; `service.say` turns it into a French or English sentence. Warnings, reasons
why a value is withheld, and errors are all notes, so a result can be read in either language later.

A `Measure` is a value that carries its unit, its source, the material it rests on, or the reason why it is
not assessable. Nothing unmeasured is ever 0: it is None with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Param = str | int | float


@dataclass(frozen=True)
class Note:
    """`code` is a message key (`note.dual_mono`); `params` fill its sentence. Never a caller's words."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One measured value.

    name        as in measures.md: `pitch_spread`, `talk_share` ...
    value       None when not assessable (then `reason` says why)
    unit        `st`, `syll/s`, `dB`, `s`, `%`, `/10 min` ...
    source      `two channels`, `diarized mono`, `imported`, or the model and its revision
    material    how much it rests on, in `material_unit` (`s` of voiced speech, `n` of events)
    reason      why there is no value; beside a value, what to beware of (a recorder's delay, a gate below)
    below_gate  True when the value is shown although the material is under the minimum (`--no-gates`);
                then `reason` says which gate
    """

    name: str
    value: float | None
    unit: str
    source: str
    material: float | None = None
    material_unit: str = "s"
    reason: Note | None = None
    below_gate: bool = False
