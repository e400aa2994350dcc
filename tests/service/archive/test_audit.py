"""What is done on the machine itself is written down too: people, staff lists, campaigns and their policy."""

from __future__ import annotations

import sqlalchemy as sa

from service.archive.engine import open_archive
from service.archive.people import NewPerson, import_staff
from service.archive.tables import AuditRow, Campaign, Person
from service.cli import build


def rows(archive):
    with archive.reading() as session:
        found = session.scalars(sa.select(AuditRow).order_by(AuditRow.id))
        return [(row.person_id, row.action, row.detail) for row in found]


def test_a_staff_list_leaves_one_row_for_each_person_it_adds_or_changes(archive):
    list_ = [NewPerson("a", "A", "agent", teams=("c/red",)), NewPerson("b", "B", "coach", teams=("c/red",))]
    assert import_staff(archive, list_) == {"added": 2, "changed": 0}
    assert [(who, did) for who, did, _ in rows(archive)] == [("cli", "person_added")] * 2
    import_staff(archive, list_)
    assert len(rows(archive)) == 2
    import_staff(archive, [list_[0], NewPerson("b", "B", "coach", teams=("c/blue",))], dry_run=True)
    assert len(rows(archive)) == 2
    import_staff(archive, [list_[0], NewPerson("b", "B", "coach", teams=("c/blue",))])
    with archive.reading() as session:
        coach = session.scalars(sa.select(Person.id).where(Person.login == "b")).one()
    assert rows(archive)[2:] == [("cli", "person_changed", {"person": coach, "role": "coach"})]


def test_the_commands_leave_a_row_each_with_the_policy(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TIMBRE_DATABASE", str(tmp_path / "x.db"))
    for command in (
        ["campaigns", "add", "service", "--policy", "no_voice"],
        ["campaigns", "add", "service", "--policy", "words_and_turns", "--audio-days", "30"],
        ["users", "add", "q", "--role", "qa", "--no-password"],
    ):
        build().main(command, standalone_mode=False)
    archive = open_archive(str(tmp_path / "x.db"))
    found = rows(archive)
    with archive.reading() as session:
        campaign = session.scalars(sa.select(Campaign.id)).one()
    archive.close()
    assert [(who, did) for who, did, _ in found] == [("cli", "campaign")] * 2 + [("cli", "person_added")]
    assert [detail["policy"] for _, did, detail in found if did == "campaign"] == ["no_voice", "words_and_turns"]
    assert found[1][2]["audio_days"] == 30 and found[1][2]["campaign"] == campaign
