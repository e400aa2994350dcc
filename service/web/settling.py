"""What a service does once, before the first question: it would otherwise happen in the middle of somebody's page."""

from __future__ import annotations

import gc

from service.web.page import environment


def settle() -> None:
    """Compiles every template, and takes what is loaded by now out of the garbage collector's rounds.

    A full round goes through everything there is: a fifth of a second, for objects that stay as long as the process.
    """
    templates = environment()
    for name in templates.list_templates():
        templates.get_template(name)
    gc.collect()
    gc.freeze()
