"""A sheet of measures: one place that decides value, reason, and what stands below its gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from audio.notes import Measure, Note


def short_of(code: str, have: float, need: float) -> Note | None:
    """The note that says there is too little, or None when there is enough."""
    return None if have >= need else Note(code, {"have": have, "need": need})


def under_snr(snr_db: float | None, limit_db: float) -> Note | None:
    """The note that says the line is too noisy, or None when it is not (or nobody knows)."""
    if snr_db is None or snr_db >= limit_db:
        return None
    return Note("voice.too_noisy", {"snr_db": snr_db, "limit_db": limit_db})


@dataclass(frozen=True)
class Sheet:
    """Collects measures that share a source. `by` and `on` give a sheet that writes to the same list.

    source     where the party's speech came from (`two channels`, `diarized mono` ...)
    gates      False: values below their gate are given too, marked
    spoken     False: the party said nothing, and that is the reason of every measure
    """

    source: str
    gates: bool
    spoken: bool
    material: float = 0.0
    material_unit: str = "s"
    measures: list[Measure] = field(default_factory=list)

    def by(self, tool: str) -> Sheet:
        """With the tool the value rests on: `two channels, swift-f0 0.3.0`."""
        return replace(self, source=f"{self.source}, {tool}") if tool else self

    def on(self, material: float, unit: str) -> Sheet:
        """With the material the value rests on."""
        return replace(self, material=float(material), material_unit=unit)

    def add(self, name: str, value: float | None, unit: str, *needs: Note | None, beware: Note | None = None) -> None:
        """One measure. The first unmet need is its reason; without a value there is always one.

        beware: what stands beside a value that meets every need.
        """
        reason = self._reason(value, needs)
        shown = value if reason is None or not self.gates else None
        self.measures.append(
            Measure(
                name=name,
                value=None if shown is None else float(shown),
                unit=unit,
                source=self.source,
                material=self.material,
                material_unit=self.material_unit,
                reason=reason or beware,
                below_gate=shown is not None and reason is not None,
            )
        )

    def _reason(self, value: float | None, needs: Sequence[Note | None]) -> Note | None:
        if not self.spoken:
            return Note("voice.no_speech")
        unmet = next((n for n in needs if n is not None), None)
        return unmet or (Note("voice.not_measurable") if value is None else None)
