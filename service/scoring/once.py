"""What is worked out of a rubric once: thousands of calls are judged under the same one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar

from service.scoring.evidence import Policy
from service.scoring.rubric import Rubric

_T = TypeVar("_T")
REMEMBERED = 16
"""Of the rubrics used last: a command has one or two, each also with its weights scaled."""


@dataclass(frozen=True, eq=False)
class _Same:
    """A rubric as a key: this very object. Rubrics hold mappings, and to compare them would cost more than it saves."""

    rubric: Rubric

    def __hash__(self) -> int:
        return id(self.rubric)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rubric is other.rubric


def per_rubric(work: Callable[[Rubric], _T]) -> Callable[[Rubric], _T]:
    """The same function of a rubric, which is frozen, remembered for the rubrics used last."""

    @lru_cache(maxsize=REMEMBERED)
    def known(key: _Same) -> _T:
        return work(key.rubric)

    return wraps(work)(lambda rubric: known(_Same(rubric)))


def per_policy(work: Callable[[Policy, Rubric], _T]) -> Callable[[Policy, Rubric], _T]:
    """The same function of a rubric under a policy."""

    @lru_cache(maxsize=REMEMBERED)
    def known(policy: Policy, key: _Same) -> _T:
        return work(policy, key.rubric)

    return wraps(work)(lambda policy, rubric: known(policy, _Same(rubric)))
