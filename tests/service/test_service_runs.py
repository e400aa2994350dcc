"""The service for real: processes, ports, forms, a browser's questions, the end by SIGTERM, and what the logs say."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import unicodedata
from pathlib import Path

import httpx
import pytest

from service.archive.engine import open_archive
from service.archive.migrate import current
from tests.calls import SHIPPED
from tests.service.archive.fixtures import fresh_database
from tests.service.running import PASSWORD, Browser, Home, campaign_id, ended, log_lines, serving, until

AGENT = "Zéphirine Quintefeuille"
PREPARED = (
    (("campaigns", "add", "Service"), ""),
    (("users", "add", "quality", "--role", "qa"), f"{PASSWORD}\n"),
    (("users", "add", "zq", "--role", "agent", "--name", AGENT, "--no-password"), ""),
)
"""A campaign, a person of quality, and an agent."""
COMMON_WORDS = 4
"""Letters: shorter words are in any English log line."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Prepared by the commands as people type them."""
    home = Home(tmp_path_factory.mktemp("service"))
    done = [home.timbre(*args, said=said) for args, said in PREPARED]
    assert [ran.returncode for ran in done] == [0, 0, 0], done
    (home.folder / "campaign").write_text(campaign_id(done[0].stdout))
    return home


def prepared(home: Home) -> Home:
    """By the same commands, quickly."""
    said = [home.quickly(*args, said=said) for args, said in PREPARED]
    (home.folder / "campaign").write_text(campaign_id(said[0]))
    return home


def campaign(home: Home) -> str:
    return (home.folder / "campaign").read_text()


@pytest.mark.slow
def test_from_the_form_to_the_sound_and_to_the_end(home: Home) -> None:
    with serving(home) as (address, process):
        quality = Browser(address, "quality")
        calls = quality.upload(campaign(home), "en_recited", "fr_vecu", agent="zq")
        assert [c["new"] for c in calls] == [True, True]
        for call in calls:
            told = quality.events(call["id"])
            assert told[0] == "received" and told[-1] == "done"
            assert_scorecard(quality, str(call["id"]))
        assert [c["new"] for c in quality.upload(campaign(home), "fr_vecu", agent="zq")] == [False]
        until(lambda: 'timbre_jobs{state="done"} 8.0' in httpx.get(f"{address}/metrics").text, process)
        asked_by_hand(address)
        watched = httpx.Client(base_url=address, cookies=quality.client.cookies, timeout=60)
        with watched.stream("GET", f"/api/v1/calls/{held_back(home)}/events") as stream:  # would go on for minutes
            assert next(stream.iter_lines()).startswith("id: ")
            assert ended(process) == 143
    assert_says_nothing(home)


def assert_scorecard(person: Browser, call_id: str) -> None:
    page = person.client.get(f"/calls/{call_id}")
    assert page.status_code == 200 and AGENT in page.text
    address = f"/api/v1/calls/{call_id}/audio"
    assert f'"{address}"' in page.text
    whole = person.client.get(address)
    part = person.client.get(address, headers={"range": "bytes=1000-1999"})
    assert (whole.status_code, part.status_code, len(part.content)) == (200, 206, 1000)
    assert part.content == whole.content[1000:2000]
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"


def asked_by_hand(address: str) -> None:
    """What a proxy and a monitor ask, and a wrong password."""
    assert httpx.get(f"{address}/healthz").text == "ok"
    metrics = httpx.get(f"{address}/metrics").text
    assert "timbre_requests_total" in metrics and "Quintefeuille" not in metrics
    assert Browser(address, "quality", "a wrong password").page.status_code == 401


def held_back(home: Home) -> str:
    """A call that is not done, and that no worker takes."""
    with sqlite3.connect(home.folder / "data" / "timbre.db") as database:
        call_id = str(database.execute("SELECT id FROM call").fetchone()[0])
        database.execute("DELETE FROM event WHERE call_id = ? AND kind = 'done'", (call_id,))
    return call_id


def assert_says_nothing(home: Home) -> None:
    """No word of a transcript, no name of a person or file in the log; and it is a log."""
    lines, said = log_lines(home), words(home.log.read_text())
    assert {line["stage"] for line in lines if line["says"] == "done"} == {"analyse", "copy", "score", "announce"}
    assert not {"zephirine", "quintefeuille", "quality", "recited", "vecu", "fr_vecu", "en_recited"} & said
    spoken = {w for vtt in SHIPPED.glob("*.vtt") for w in words(vtt.read_text()) if len(w) > COMMON_WORDS}
    assert len(spoken) > 100
    assert spoken & said <= own_words()


def own_words() -> set[str]:
    """Of our constant sentences: what a log of no call says too."""
    return words("until service INFO warning error done failed lease lost timbre works received calls stopped serves")


def words(text: str) -> set[str]:
    bare = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return set(re.findall(r"[a-z_]{3,}", bare))


@pytest.mark.slow
def test_a_job_in_hand_at_the_end_is_taken_up_after_the_restart(tmp_path: Path) -> None:
    home = prepared(Home(tmp_path))
    with serving(home) as (address, process):
        quality = Browser(address, "quality")
        (call,) = quality.upload(campaign(home), "en_lived")
        until(lambda: "stage" in kinds(home), process)
        assert ended(process) == 143
    with serving(home) as (address, _):
        quality = Browser(address, "quality")
        assert quality.events(call["id"])[-1] == "done"
    assert list(tmp_path.glob("timbre-call-*")) == []


def kinds(home: Home) -> list[str]:
    with sqlite3.connect(home.folder / "data" / "timbre.db") as database:
        return [kind for (kind,) in database.execute("SELECT kind FROM event")]


@pytest.fixture
def on_postgresql(request: pytest.FixtureRequest, tmp_path: Path):
    request.param = "postgresql"
    yield from fresh_database(request, tmp_path)


@pytest.mark.slow
def test_web_and_workers_apart_on_postgresql(on_postgresql: str, tmp_path: Path) -> None:
    home = prepared(Home(tmp_path, on_postgresql))
    workers = [home.start("worker") for _ in range(2)]
    try:
        with serving(home, "--web-only") as (address, _):
            quality = Browser(address, "quality")
            calls = quality.upload(campaign(home), "fr_recite", "en_recited", agent="zq")
            for call in calls:
                assert quality.events(call["id"])[-1] == "done"
                assert_scorecard(quality, str(call["id"]))
    finally:
        codes = [ended(worker) for worker in workers]
    assert codes == [0, 0]
    assert_says_nothing(home)
    archive = open_archive(on_postgresql)
    with archive.engine.connect() as connection:
        assert current(connection)
    archive.close()
    assert not (tmp_path / "data" / "timbre.db").exists()


def test_a_service_that_can_not_begin_says_why_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    home = Home(tmp_path)
    for args in (("serve", "--port", "1"), ("worker",)):
        ran = home.timbre(*args)
        assert ran.returncode == 2 and ran.stderr.count("\n") == 1 and "Traceback" not in ran.stderr
    wrong = Home(tmp_path / "x", "postgresql://somebody:secret@127.0.0.1:1/none")
    os.makedirs(wrong.folder)
    ran = wrong.timbre("worker")
    assert ran.returncode == 2 and "secret" not in ran.stderr and ran.stderr.count("\n") == 1


def test_log_lines_hold_no_argument_and_no_text_of_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    import logging
    import threading
    import warnings

    from service.logs import log_to_stderr

    before = logging.getLogger().handlers[:], threading.excepthook
    log_to_stderr()
    try:
        logging.getLogger("timbre.x").warning("held", extra={"call": "id", "name_of_caller": "Dupont"})
        logging.getLogger("other").warning(f"Dupont {1}")
        logging.getLogger("uvicorn.error").error("for %s", "Dupont", exc_info=ValueError("Dupont"))
        warnings.showwarning("Dupont", UserWarning, "f.py", 3)
        thread = threading.Thread(target=lambda: int("Dupont"))
        thread.start()
        thread.join()
    finally:
        logging.captureWarnings(False)
        logging.getLogger().handlers[:], threading.excepthook = before
    err = capfd.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    assert "Dupont" not in err and len(lines) == 5
    assert lines[0]["call"] == "id" and lines[-1]["kind"] == "ValueError" and lines[-1]["says"] == "thread ended"
