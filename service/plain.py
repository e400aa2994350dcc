"""Values into plain JSON: dataclasses and documents alike, floats rounded once, NaN as null."""

from __future__ import annotations

import math
from typing import Any

from pydantic_core import to_jsonable_python

from service.scoring.rounding import DECIMALS


def plain(value: Any) -> Any:
    """What `json.dumps` can write: dicts, lists, text, numbers with at most three decimals, null."""
    return _rounded(to_jsonable_python(value, inf_nan_mode="constants"))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
