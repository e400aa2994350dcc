"""Where a batch finds its calls, and what it makes of names, manifests and traps."""

from __future__ import annotations

import json

import pytest

from service.archive.errors import ArchiveError
from service.archive.sources import Entry, Refused, entries, zone_named

PARIS = zone_named("Europe/Paris")


def lay(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"RIFF")


def found(*sources, zone=PARIS):
    return list(entries([str(s) for s in sources], zone))


def one(folder, row, name="calls.csv", **kw):
    lay(folder, "a.wav", "c.wav")
    (folder / name).write_bytes(row if isinstance(row, bytes) else row.encode())
    (entry,) = found(folder / name, **kw)
    return entry


def test_a_folder_gives_its_recordings_in_order_and_nothing_hidden(tmp_path):
    lay(tmp_path, "b.wav", "sub/a.mp3", ".hidden.wav", ".git/x.wav", "notes.txt", "b.vtt")
    assert [e.name for e in found(tmp_path)] == ["b.wav", "a.mp3"]


def test_two_legs_of_one_name_are_one_call(tmp_path):
    lay(tmp_path, "1-agent.wav", "1-customer.wav", "2_tx.wav", "2_rx.wav", "3-out.wav", "alone-in.wav")
    legs = [sorted(e.files) for e in found(tmp_path)]
    assert legs == [["agent_leg", "customer_leg"]] * 2 + [["recording"]] * 2


def test_what_lies_beside_a_recording_belongs_to_it(tmp_path):
    name = "x_GUID_77_AGENT_Zo_DT_2025-02-19T06-01-22"
    lay(tmp_path, f"{name}.wav", f"{name}.vtt")
    (entry,) = found(tmp_path)
    assert (entry.external_id, entry.agent, entry.started_at) == ("77", "Zo", 1739944882.0)
    assert "transcript" in entry.files


def test_the_same_file_by_two_ways_is_one_call(tmp_path):
    lay(tmp_path, "a.wav", "sub/b.wav")
    assert len(found(tmp_path, tmp_path / "a.wav", tmp_path / "**" / "*.wav")) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("mark", [";", ","])
def test_a_manifest_in_any_usual_dress(tmp_path, encoding, mark):
    text = "recording;agent;started_at;direction\r\na.wav;Zoé;25/12/2024 08:30;outbound\r\n".replace(";", mark)
    entry = one(tmp_path, text.encode(encoding))
    assert (entry.agent, entry.direction, entry.started_at) == ("Zoé", "outbound", 1735111800.0)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-07-01T10:00:00", 1719820800.0),
        ("2024-07-01T10:00:00Z", 1719828000.0),
        ("2024-07-01T10:00:00+05:30", 1719808200.0),
        ("01/07/2024", 1719784800.0),
    ],
)
def test_times_are_read_in_the_zone_that_was_stated_unless_they_name_their_own(tmp_path, text, at):
    assert one(tmp_path, f"recording,started_at\na.wav,{text}\n").started_at == at


def test_json_lines(tmp_path):
    row = {"agent_leg": "a.wav", "customer_leg": "c.wav", "leg_offset_s": 1.5, "do_not_analyse": True}
    entry = one(tmp_path, json.dumps(row) + "\n\n", name="calls.jsonl")
    assert sorted(entry.files) == ["agent_leg", "customer_leg"] and entry.leg_offset_s == 1.5 and entry.do_not_analyse


@pytest.mark.parametrize(
    "row",
    [
        "recording,started_at\na.wav,31/02/2024\n",
        "recording,direction\na.wav,up\n",
        "recording,agent_channel\na.wav,left\n",
        "recording,do_not_analyse\na.wav,perhaps\n",
        "recording,agent\n,Zo\n",
        "recording\n../outside.wav\n",
        "recording\n/etc/passwd\n",
        "recording,agent_leg,customer_leg\na.wav,a.wav,c.wav\n",
    ],
)
def test_a_row_that_cannot_be_is_refused_and_the_next_goes_on(tmp_path, row):
    lay(tmp_path, "a.wav", "c.wav", "good.wav")
    (tmp_path / "calls.csv").write_text(row + "good.wav" + "," * row.partition("\n")[0].count(",") + "\n")
    bad, good = found(tmp_path / "calls.csv")
    assert isinstance(bad, Refused) and isinstance(good, Entry)


@pytest.mark.parametrize("text", ["nothing\na.wav\n", "recording;surprise\na.wav;x\n", ""])
def test_a_manifest_with_other_columns_is_one_sentence(tmp_path, text):
    (tmp_path / "calls.csv").write_text(text)
    with pytest.raises(ArchiveError, match=r"batch\.columns"):
        found(tmp_path / "calls.csv")


@pytest.mark.parametrize("line", ["[", "[1]", '{"recording": "a.wav", "more": 1}', "[" * 100_000, '"x"'])
def test_a_json_line_that_is_no_call_is_refused(tmp_path, line):
    assert isinstance(one(tmp_path, line, name="calls.jsonl"), Refused)


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(ArchiveError, match="no_source"):
        found(tmp_path / "nowhere")
    with pytest.raises(ArchiveError, match="zone"):
        zone_named("Mars/Olympus")
    with pytest.raises(ArchiveError, match="zone"):
        zone_named("../../etc/passwd")


def test_links_to_folders_are_not_followed(tmp_path):
    lay(tmp_path, "in/a.wav", "out/b.wav")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert [e.name for e in found(tmp_path / "in")] == ["a.wav"]


def test_a_row_whose_cells_moved_is_refused(tmp_path):
    assert isinstance(one(tmp_path, "recording,agent\na.wav,Martin,Zo\n"), Refused)


@pytest.mark.parametrize("head", ["recording,agent\n", ""])
def test_a_line_that_is_no_csv_is_one_sentence(tmp_path, head):
    (tmp_path / "calls.csv").write_text(head + "a.wav," + "x" * 200_000 + "\n")
    with pytest.raises(ArchiveError, match=r"batch\.(row|columns)"):
        found(tmp_path / "calls.csv")
