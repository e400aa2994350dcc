"""Logs as one JSON object a line: ids, codes and numbers. What is not in the list below is never written."""

from __future__ import annotations

import json
import logging
import sys
import time

FIELDS = ("call", "stage", "code", "kind", "place", "took_s", "worker")


class JsonLines(logging.Formatter):
    """A record as JSON: its own fields by name; the text of an exception never, it may quote a call."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        said = {"at": at, "level": record.levelname.lower(), "from": record.name, "says": str(record.msg)}
        more = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return json.dumps({**said, **more}, default=str)


def log_to_stderr() -> None:
    """Ours on stderr; those of libraries only from warnings on, and without their arguments."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("timbre").setLevel(logging.INFO)
