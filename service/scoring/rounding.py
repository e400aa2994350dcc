"""Documents with every float at three decimals: what is scored is what will be read back.

One walk over models, dataclasses, tuples and mappings. What has nothing to round comes back as the same object, so
that a stored document costs no copies. A whole number in a field for floats becomes a float, as reading makes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

DECIMALS = 3
_T = TypeVar("_T")
_Step = Callable[[Any], Any]
_WHOLE = (str, int, bool, NoneType, bytes)


def rounded(document: _T) -> _T:
    """The same document with every float at three decimals. Raises ValueError for a number that is not finite."""
    done: _T = _rounded(document)
    return done


def _rounded(value: Any) -> Any:
    return _step_for(type(value))(value)  # type: ignore[arg-type]  # a type is hashable, whatever its metaclass


@lru_cache(maxsize=1024)
def _step_for(kind: type) -> _Step:
    """How values of a type are rounded."""
    if issubclass(kind, float):
        return rounded_number
    if issubclass(kind, BaseModel):
        return _model_step(kind)
    if is_dataclass(kind):
        return _dataclass_step(kind)
    if issubclass(kind, tuple | list):
        return _row
    return _mapping if issubclass(kind, Mapping) else _same


def _same(value: Any) -> Any:
    return value


def rounded_number(value: float) -> float:
    """Three decimals, and never -0.0."""
    if not math.isfinite(value):
        raise ValueError("a document holds finite numbers only")
    near = round(value, DECIMALS) + 0.0
    return value if near == value and type(value) is float and (near or math.copysign(1.0, value) > 0) else float(near)


def _row(values: Any) -> Any:
    done = [_rounded(v) for v in values]
    same = all(a is b for a, b in zip(done, values, strict=True))
    return values if same else type(values)(done)


def _mapping(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    done = {k: _rounded(v) for k, v in values.items()}
    return values if all(done[k] is values[k] for k in values) else done


def _model_step(kind: type[BaseModel]) -> _Step:
    names = tuple(n for n, f in kind.model_fields.items() if _may_hold_floats(f.annotation))  # type: ignore[arg-type]  # likewise

    def step(value: BaseModel) -> BaseModel:
        held = value.__dict__
        changed = {n: new for n in names if (new := _rounded(held[n])) is not held[n]}
        return value.model_copy(update=changed) if changed else value

    return step


def _dataclass_step(kind: type) -> _Step:
    hints = get_type_hints(kind)
    plan = tuple((f.name, _for_floats(hints[f.name])) for f in fields(kind) if _may_hold_floats(hints[f.name]))

    def step(value: Any) -> Any:
        changed = {}
        for name, as_float in plan:
            held = getattr(value, name)
            new = float(held) if as_float and type(held) is int else _rounded(held)
            if new is not held:
                changed[name] = new
        return replace(value, **changed) if changed else value

    return step


def _for_floats(hint: Any) -> bool:
    """Whether a field takes a float, or a float or nothing."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return float in parts and int not in parts


@lru_cache(maxsize=1024)
def _may_hold_floats(hint: Any) -> bool:
    """False only where the type leaves no place for one."""
    origin = get_origin(hint)
    if origin is Literal or hint in _WHOLE:
        return False
    if origin is Annotated:
        return _may_hold_floats(get_args(hint)[0])
    if origin is None:
        return True
    return any(_may_hold_floats(part) for part in get_args(hint) if part is not Ellipsis)
