"""Before the first question every template is compiled, and what is loaded is left alone by the collector."""

from __future__ import annotations

import gc

from service.web.page import environment
from service.web.settling import settle


def test_every_template_is_compiled_and_what_is_loaded_is_left_alone():
    templates = environment()
    assert templates.cache is not None
    templates.cache.clear()
    before = gc.get_freeze_count()
    try:
        settle()
        compiled = {name for _, name in templates.cache.keys()}  # noqa: SIM118 - a cache, not a dict
        assert {"page.html", "team.html", "session.html"} <= compiled and compiled == set(templates.list_templates())
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
