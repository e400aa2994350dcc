"""Logs as one JSON object a line: ids, codes and numbers. What is not in the list below is never written."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from types import TracebackType

FIELDS = ("call", "stage", "code", "kind", "place", "took_s", "worker")
OURS = ("timbre", "uvicorn")
"""Whose messages are written: constants, their arguments apart. Those of others may be made of anything."""


class JsonLines(logging.Formatter):
    """A record as JSON: its own fields by name; the text of an exception never, it may quote a call."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        ours = record.name.partition(".")[0] in OURS
        says = str(record.msg).strip() if ours else f"{record.module}:{record.lineno}"
        said = {"at": at, "level": record.levelname.lower(), "from": record.name, "says": says}
        more = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            more = {"kind": record.exc_info[0].__name__, "place": place_of(record.exc_info[2]), **more}
        return json.dumps({**said, **more}, default=str)


def place_of(at: TracebackType | None) -> str:
    """File and line where an exception was raised."""
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else "?"


def log_to_stderr() -> None:
    """Ours on stderr; those of libraries only from warnings on; an exception nobody caught in a thread as a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("timbre").setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    kind = args.exc_type.__name__
    logging.getLogger("timbre").error("thread ended", extra={"kind": kind, "place": place_of(args.exc_traceback)})
