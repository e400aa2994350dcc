"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.service.archive.fixtures", "tests.service.archive.receivers"]

REPOSITORY = Path(__file__).parents[1]

settings.register_profile("timbre", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("timbre")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes many minutes runs when it is asked for by its marker, and not because it is there."""
    if "nights" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("nights")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def shared_calls() -> Path:
    """Real recordings that stay out of the repository; tests that use them skip where they are absent."""
    folder = REPOSITORY.parent / "shared" / "calls"
    if not folder.is_dir():
        pytest.skip("the shared recordings are not beside this checkout")
    return folder
