"""`timbre batch --install-schedule`: the same batch every night, as a systemd service with its timer or a cron line.

Printed, never installed: whoever runs the machine reads it first. Paths are absolute, and every argument is quoted for
the one that will read it.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import time
from pathlib import Path

from service.errors import ServiceError
from service.say import Say

UNIT = "timbre-batch"


def program() -> tuple[str, ...]:
    """What starts this program, by its absolute path."""
    beside = Path(sys.executable).with_name("timbre")
    if beside.is_file():
        return (str(beside.absolute()),)
    return (str(Path(sys.executable).absolute()), "-c", "from service.cli import main; main()")


def absolute(source: str) -> str:
    """A source that means the same from every folder."""
    return source if "://" in source else str(Path.cwd() / source)


def schedule(arguments: Sequence[str], at: time, folder: Path, say: Say) -> str:
    """The three texts. Raises ServiceError for an argument that no such line can hold."""
    command = (*program(), *arguments)
    for text in (*command, str(folder)):
        if any(ord(c) < 32 or ord(c) == 127 or "\ud800" <= c <= "\udfff" for c in text):
            raise ServiceError("batch.schedule_name")
    return "\n".join((*_service(command, folder, say), "", *_timer(at, say), "", *_cron(command, at, folder, say)))


def _service(command: Sequence[str], folder: Path, say: Say) -> tuple[str, ...]:
    return (
        f"# /etc/systemd/system/{UNIT}.service",
        f"# {say.text('batch.schedule_service')}",
        "[Unit]",
        "Description=timbre batch",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        "User=timbre",
        "EnvironmentFile=-/etc/timbre.env",
        f"WorkingDirectory={str(folder).replace('%', '%%')}",
        f"ExecStart={' '.join(map(for_systemd, command))}",
        "SuccessExitStatus=3",
        "Nice=10",
        "UMask=0077",
        "NoNewPrivileges=true",
    )


def _timer(at: time, say: Say) -> tuple[str, ...]:
    return (
        f"# /etc/systemd/system/{UNIT}.timer",
        f"# {say.text('batch.schedule_timer', unit=UNIT)}",
        "[Unit]",
        "Description=timbre batch, every night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {at:%H:%M}:00",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )


def _cron(command: Sequence[str], at: time, folder: Path, say: Say) -> tuple[str, ...]:
    line = f"cd {shlex.quote(str(folder))} && {shlex.join(command)}".replace("%", "\\%")
    return (f"# {say.text('batch.schedule_cron')}", f"{at.minute} {at.hour} * * * {line}")


def for_systemd(text: str) -> str:
    """One argument of an ExecStart line: no specifier, no variable, no end of the quotes in it."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'
