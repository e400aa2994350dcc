"""Figures of agreement as a person reads them, on a page and in a terminal."""

from __future__ import annotations

from typing import Any

from service.archive.listening import Heard
from service.figures import Figure
from service.labels import Labels


def coefficient(figure: Figure | None, labels: Labels) -> str:
    """0.62 (0.48 to 0.74); empty for none."""
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return ""
    low, high = (labels.number(v, 2) for v in (figure.low, figure.high))
    return labels.say.text("agreement.figure", value=labels.number(figure.value, 2), low=low, high=high)


def figures(heard: Heard, labels: Labels) -> dict[str, Any]:
    """Those of a listening test."""
    told = {name: coefficient(getattr(heard, name), labels) for name in ("area", "kappa", "alpha")}
    return {"clips": heard.clips, "raters": heard.raters, **told}
