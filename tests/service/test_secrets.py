"""Settings from files of one secret each, as containers get them."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import settings
from service.settings import Settings
from tests.calls import timbre

ADDRESS = "postgresql://timbre:hunter2@127.0.0.1:1/none"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_is_a_setting_without_its_last_line_end(secrets):
    (secrets / "timbre_database").write_text(f"{ADDRESS}\n")
    (secrets / "timbre_no_such_setting").write_text("x")
    assert Settings().database == ADDRESS and ADDRESS not in repr(Settings())


def test_the_environment_wins_over_a_secret_and_that_over_the_file(secrets, tmp_path, monkeypatch):
    (tmp_path / "timbre.toml").write_text('rubric = "a"\ndefault_model = "b"\n')
    monkeypatch.setenv("TIMBRE_CONFIG", str(tmp_path / "timbre.toml"))
    (secrets / "timbre_rubric").write_text("of the secret")
    assert (Settings().rubric, Settings().default_model) == ("of the secret", "b")
    monkeypatch.setenv("TIMBRE_RUBRIC", "of the environment")
    assert Settings().rubric == "of the environment"


@pytest.mark.parametrize("wrong", ["bytes", "folder"])
def test_a_secret_that_can_not_be_read_is_told_and_no_other_database_opened(secrets, wrong, tmp_path):
    path = secrets / "timbre_database"
    path.mkdir() if wrong == "folder" else path.write_bytes(b"\xff\x00hunter2")
    data = tmp_path / "data"
    ran = timbre("campaigns", "add", "x", env={"TIMBRE_SECRETS_DIR": str(secrets), "TIMBRE_DATA_DIR": str(data)})
    assert ran.code == 2 and len(ran.err_lines) == 1 and "timbre_database" in ran.err and "hunter2" not in ran.err
    assert not data.exists()


def test_without_a_folder_of_secrets_nothing_changes(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "SECRETS_DIR", str(tmp_path / "none"))
    assert Settings().database == ""


def test_a_setting_of_the_wrong_kind_is_one_sentence(tmp_path):
    ran = timbre("serve", env={"TIMBRE_HTTPS": "maybe", "TIMBRE_DATA_DIR": str(tmp_path / "d")})
    assert ran.code == 2 and len(ran.err_lines) == 1 and "https" in ran.err
