"""A shift of medians: found where it was made, not where only luck is, and nothing under eight calls or five agents."""

from __future__ import annotations

import numpy as np
import pytest

from service.archive.drift import FEWEST_AGENTS, FEWEST_CALLS, shift_between


def team(seed: int, *, agents: int = 8, calls: int = 10, median: float = 3.0, apart: float = 0.3, moved: float = 0.0):
    """Agents who differ by `apart`, their calls by 0.4."""
    rng = np.random.default_rng(seed)
    own = rng.normal(median, apart, agents)
    return {f"a{i}": list(rng.normal(own[i] + moved, 0.4, calls)) for i in range(agents)}


def test_a_shift_that_was_made_is_clear_and_in_its_interval() -> None:
    found = shift_between(team(1, moved=1.0), team(2, calls=40))
    assert found is not None and found.clear and found.low < 1.0 < found.high
    assert found.shift == pytest.approx(found.now - found.before)
    assert (found.n_now, found.n_before) == (80, 320)


def test_luck_is_seldom_called_clear() -> None:
    clear = [f.clear for seed in range(60) if (f := shift_between(team(seed), team(1000 + seed, calls=30))) is not None]
    assert len(clear) == 60 and sum(clear) <= 3


def test_one_agents_day_is_not_the_teams_shift() -> None:
    now, before = team(3), team(3, calls=40)
    now["a0"] = [v + 5 for v in now["a0"]]
    found = shift_between(now, before)
    assert found is not None and not found.clear


def test_the_same_values_give_the_same_interval() -> None:
    assert shift_between(team(1), team(2)) == shift_between(team(1), team(2))


def test_nothing_is_said_of_few_calls_or_few_agents() -> None:
    enough = team(1)
    assert shift_between(team(1, agents=FEWEST_AGENTS - 1), enough) is None
    assert shift_between(enough, team(1, agents=FEWEST_AGENTS - 1)) is None
    few = {f"a{i}": [1.0] for i in range(FEWEST_CALLS - 1)}
    assert shift_between(few, enough) is None and shift_between({}, enough) is None
    assert shift_between({**few, "b": [1.0]}, enough) is not None
