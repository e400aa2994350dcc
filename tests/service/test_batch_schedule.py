"""What `timbre batch --install-schedule` prints runs exactly the batch that was asked for, whatever names hold."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.calls import timbre

NAMES = (
    "./-dash",
    "calls",
    "night calls",
    'l\'été "quoted"',
    "$(touch owned) `touch owned` ; touch owned",
    "100% $HOME ${HOME} %h \\n \\",
    "*[a]?.wav",
)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Prints the schedule from a folder; what stands for `timbre` writes its arguments down."""
    stub = tmp_path / "bin" / "timbre"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\nfor a in "$@"; do printf "%s\\0" "$a"; done > "{tmp_path}/argv"\n')
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("service.cli.batch_schedule.program", lambda: (str(stub),))
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path / "data"))

    def run(folder: Path, *args: str):
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        ran = timbre("batch", *args, "--campaign", folder.name, "--install-schedule", "--lang", "en")
        assert (ran.code, ran.err) == (0, "") and not (tmp_path / "data").exists()
        return ran.out

    return run


def expected(folder: Path, name: str) -> list[str]:
    options = ["--campaign", folder.name, "--until", "06:00", "--report", str(folder / "out.json"), "--lang", "en"]
    return ["batch", *options, "--", str(folder / name)]


@pytest.mark.parametrize("name", NAMES)
def test_cron_runs_what_was_asked(told, tmp_path, name):
    folder = tmp_path / "in % $HOME"
    out = told(folder, name, "--until", "06:00", "--report", "out.json")
    (line,) = (one for one in out.splitlines() if re.match(r"\d+ \d+ \* \* \* ", one))
    assert line.startswith("0 2 * * * ")
    command = line.split(" ", 5)[5]
    assert not re.search(r"(?<!\\)%", command)
    subprocess.run(["/bin/sh", "-c", command.replace("\\%", "%")], check=True, cwd="/", env={"PATH": "/usr/bin:/bin"})
    argv = (tmp_path / "argv").read_bytes().decode().split("\0")[:-1]
    assert argv == expected(folder, name) and not list(tmp_path.rglob("owned"))


def unquoted(line: str) -> list[str]:
    """As systemd reads an ExecStart line of quoted arguments: escapes, then variables, then specifiers."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    assert " ".join(f'"{one}"' for one in found) == line
    plain = [re.sub(r"\\(.)", r"\1", one) for one in found]
    for one in plain:
        assert not re.search(r"(?<!%)%(?:%%)*(?!%)", one) and not re.search(r"(?<!\$)\$(?:\$\$)*(?!\$)", one)
    return [one.replace("$$", "$").replace("%%", "%") for one in plain]


@pytest.mark.parametrize("name", NAMES)
def test_systemd_runs_what_was_asked(told, tmp_path, name):
    folder = tmp_path / "in % it"
    out = told(folder, name, "--until", "06:00", "--report", "out.json", "--at", "23:45")
    lines = dict(line.split("=", 1) for line in out.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert unquoted(lines["ExecStart"])[1:] == expected(folder, name)
    assert lines["WorkingDirectory"] == str(folder).replace("%", "%%")
    assert lines["OnCalendar"] == "*-*-* 23:45:00"
    if shutil.which("systemd-analyze"):
        unit = tmp_path / "timbre-batch.service"
        unit.write_text(out.partition("# /etc/systemd/system/timbre-batch.timer")[0].replace("User=timbre\n", ""))
        checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
        assert str(unit) not in checked.stderr


def test_what_no_line_can_hold_and_what_is_no_time_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for args in (["a\nb"], ["x", "--at", "2h"], ["x", "--sample", "all of them"]):
        ran = timbre("batch", *args, "--campaign", "x", "--install-schedule")
        assert ran.code == 2 and ran.err.count("\n") == 1 and not ran.out
