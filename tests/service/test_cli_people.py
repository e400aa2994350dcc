"""People and campaigns by the command line, on SQLite and PostgreSQL: what is added, what is refused and stays out."""

from __future__ import annotations

import io
from unittest import mock

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from service.archive import passwords
from service.archive.engine import open_archive
from service.archive.logins import LoginRefused, log_in, session_of
from service.archive.tables import Account, Campaign, Coaching, Person, Team
from tests.calls import timbre

ON_SQLITE = pytest.mark.parametrize("address", ["sqlite"], indirect=True)
"""What never comes as far as the database."""
PASSWORD = "a long enough password"  # noqa: S105
HEAD = "login;name;role;telephony_id;team;account;from;until"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def asked(address, tmp_path):
    """`asked("users", "add", ..., said="...")` on the test's archive."""

    def run(*args, said="", lang="en"):
        env = {"TIMBRE_DATABASE": address, "TIMBRE_DATA_DIR": str(tmp_path / "data")}
        with mock.patch("sys.stdin", io.StringIO(said)):
            return timbre(*args, "--lang", lang, env=env)

    return run


@pytest.fixture
def people(archive):
    def rows():
        with archive.reading() as session:
            return {p.login: p for p in session.scalars(sa.select(Person))}

    return rows


def written(tmp_path, *lines, encoding="utf-8"):
    path = tmp_path / "staff.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def everything(archive):
    with archive.reading() as session:
        return {t.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(t))
                for t in (Account, Campaign, Team, Person, Coaching)}  # fmt: skip


def test_a_campaign_is_added_once_and_then_changed(asked, archive):
    first, again = asked("campaigns", "add", "café"), asked("campaigns", "add", "café", "--policy", "no_voice")
    assert (first.code, again.code, first.out) == (0, 0, again.out)
    with archive.reading() as session:
        found = session.scalars(sa.select(Campaign)).one()
    assert (found.name, found.policy) == ("café", "no_voice") and found.id in first.out


@ON_SQLITE
@pytest.mark.parametrize(
    "args", [("",), ("x", "--policy", "loud"), ("x", "--rubric", "no_such"), ("x", "--pack", "/no/such")]
)
def test_a_campaign_that_can_not_be_is_refused(asked, archive, args):
    ran = asked("campaigns", "add", *args)
    assert ran.code == 2 and len(ran.err_lines) == 1 and ran.err.startswith("timbre: ")
    assert everything(archive)["campaign"] == 0


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_person_is_added_logs_in_and_reads_their_own_language(asked, people, archive, lang):
    assert asked("users", "add", "qa@x", "--role", "qa", said=f"{PASSWORD}\n", lang=lang).code == 0
    assert log_in(archive, "qa@x", PASSWORD, "here")
    assert people()["qa@x"].lang == lang and PASSWORD not in people()["qa@x"].password_hash


def test_the_language_of_the_pages_can_be_another(asked, people):
    assert asked("users", "add", "a", "--role", "agent", "--no-password", "--pages-lang", "fr", lang="en").code == 0
    assert people()["a"].lang == "fr" and people()["a"].password_hash is None


@ON_SQLITE
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("a", "--role", "king"), PASSWORD),
        (("a b", "--role", "qa"), PASSWORD),
        (("a\x1b[2J", "--role", "qa"), PASSWORD),
        (("a\udcff", "--role", "qa"), PASSWORD),
        (("a", "--role", "qa"), "short"),
        (("a", "--role", "qa"), ""),
        (("a", "--role", "auditor"), PASSWORD),
        (("a", "--role", "coach", "--team", "no slash"), PASSWORD),
        (("a", "--role", "coach", "--team", "/"), PASSWORD),
        (("a", "--role", "qa", "--pages-lang", "de"), PASSWORD),
        (("there", "--role", "qa"), PASSWORD),
        (("a", "--role", "agent", "--telephony-id", "7"), PASSWORD),
    ],
)
def test_a_person_who_can_not_be_is_refused_in_one_sentence(asked, archive, args, said):
    assert asked("users", "add", "there", "--role", "agent", "--telephony-id", "7", "--no-password").code == 0
    before = everything(archive)
    ran = asked("users", "add", *args, said=said)
    assert ran.code == 2 and len(ran.err_lines) == 1 and "\x1b" not in ran.err
    assert everything(archive) == before


def test_a_new_password_shuts_the_sessions_of_the_old_one(asked, archive):
    asked("users", "add", "qa", "--role", "qa", said=PASSWORD)
    old = log_in(archive, "qa", PASSWORD, "here")
    assert asked("users", "password", "qa", said="quite another password").code == 0
    with archive.reading() as session:
        assert session_of(session, old.cookie) is None
    assert log_in(archive, "qa", "quite another password", "here")
    with pytest.raises(LoginRefused):
        log_in(archive, "qa", PASSWORD, "here")
    assert asked("users", "password", "nobody", said=PASSWORD).code == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ","])
def test_a_staff_list_as_spreadsheets_write_it(asked, people, archive, tmp_path, encoding, separator):
    lines = (
        HEAD,
        "lea;Léa Noël;agent;1001;Résiliations/Équipe 1;;02/01/2026;31/12/2026",
        "max;Max;coach;;Résiliations/Équipe 1|Résiliations/Équipe 2;;;",
        "",
        "aud;Élise;auditor;;;Cliente;2026-01-02;",
    )
    path = written(tmp_path, *(line.replace(";", separator) for line in lines), encoding=encoding)
    ran = asked("users", "import", path)
    assert (ran.code, ran.err) == (0, "") and ran.out.startswith("3 added, 0 changed")
    found = people()
    assert (found["lea"].name, found["aud"].name, found["lea"].telephony_id) == ("Léa Noël", "Élise", "1001")
    assert found["lea"].active_from == found["aud"].active_from == 1767312000.0
    assert found["lea"].active_until == 1798675200.0 and found["max"].active_until is None
    with archive.reading() as session:
        teams = {t.id: t.name for t in session.scalars(sa.select(Team))}
        coached = {teams[c.team_id] for c in session.scalars(sa.select(Coaching))}
    assert coached == {"Équipe 1", "Équipe 2"} and teams[found["lea"].team_id] == "Équipe 1"


def test_a_list_that_comes_again_changes_what_it_says_and_no_password(asked, people, archive, tmp_path):
    asked("users", "import", written(tmp_path, HEAD, "max;Max;coach;;C/1|C/2;;;", "lea;Lea;agent;1;C/1;;;"))
    asked("users", "password", "max", said=PASSWORD)
    ran = asked("users", "import", written(tmp_path, HEAD, "max;Maxime;coach;;C/2;;;", "lea;Lea;qa;;;;;"))
    assert ran.out.startswith("0 added, 2 changed")
    found = people()
    with archive.reading() as session:
        coached = session.scalars(sa.select(Team.name).join(Coaching)).all()
    assert coached == ["2"]  # a team that the list takes away is no longer seen
    assert (found["max"].name, found["lea"].team_id, found["lea"].telephony_id) == ("Maxime", None, None)
    assert log_in(archive, "max", PASSWORD, "here")


def test_a_trial_says_what_would_be_and_changes_nothing(asked, archive, tmp_path):
    before = everything(archive)
    ran = asked("users", "import", written(tmp_path, HEAD, "lea;Lea;agent;1;C/1;A;;"), "--dry-run")
    assert (ran.code, everything(archive)) == (0, before) and ran.out.startswith("1 would be added")


@pytest.mark.parametrize(
    "line",
    [
        "lea;Lea;boss;;;;;",
        "l ea;Lea;agent;;;;;",
        ";Lea;agent;;;;;",
        "lea;Lea;agent;;no slash;;;",
        "lea;Lea;agent;;;;31/02/2026;",
        "lea;Lea;agent;;;;tomorrow;",
        "lea;Lea;auditor;;;;;",
        "lea;Lea;agent;;;;;;one too many",
        "lea;Lea;agent;7;;;;",
        "=cmd|'/C calc'!A0;Lea;agent;;;;;",
        "../../lea;Lea;agent;;;;;",
        "lea\x00;Lea;agent;;;;;",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_changed(asked, archive, tmp_path, line):
    before = everything(archive)
    ran = asked("users", "import", written(tmp_path, HEAD, "ok;Fine;agent;7;C/1;;;", line))
    assert ran.code == 2 and len(ran.err_lines) == 1 and "Line 3" in ran.err and "Lea" not in ran.err
    assert everything(archive) == before


@ON_SQLITE
@pytest.mark.parametrize(
    "content", [b"", b"name;role\nx;qa", b"login;salary\nx;1", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_staff_list_is_refused(asked, archive, tmp_path, content):
    path = tmp_path / "staff.csv"
    path.write_bytes(content)
    assert asked("users", "import", path).code == 2
    assert asked("users", "import", tmp_path / "none.csv").code == 2
    assert everything(archive)["person"] == 0


def test_hostile_cells_are_kept_as_text_that_can_be_shown(asked, people, tmp_path):
    cells = ("<script>alert(1)</script>", "=HYPERLINK(1)", "a\x1b[31mb", "x\x00y", "'; DROP TABLE person; --", "‮gpj")
    names = [f'l{n};"{name}";agent;"{name}{n}";"C/{name}";;;' for n, name in enumerate(cells)]
    ran = asked("users", "import", written(tmp_path, HEAD, *names))
    assert (ran.code, ran.err) == (0, "")
    kept = [people()[f"l{n}"].name for n in range(len(cells))]
    assert kept == ["<script>alert(1)</script>", "=HYPERLINK(1)", "a[31mb", "xy", "'; DROP TABLE person; --", "gpj"]


def test_two_databases_of_one_command_are_apart(asked, tmp_path):
    env = {"TIMBRE_DATA_DIR": str(tmp_path / "mine")}
    assert timbre("campaigns", "add", "c", env=env).code == 0
    own = open_archive(str(tmp_path / "mine" / "timbre.db"))
    assert everything(own)["campaign"] == 1
    own.close()
    assert (tmp_path / "mine").stat().st_mode & 0o077 == 0
