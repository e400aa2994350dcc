"""Facts of a call from its file name and its sidecar: found or left empty, never guessed."""

from __future__ import annotations

import json

import pytest

from service.errors import ServiceError
from service.metadata import MAX_SIDECAR_BYTES, Metadata, from_name, metadata_of, sidecar_of

NAMES = {
    "Auto0_GUID_0a1b_AGENT_ChrisL_DT_2025-02-19T06-01-22_Mono": Metadata(
        agent="ChrisL", external_id="0a1b", started_at="2025-02-19T06-01-22"
    ),
    "call40_stereo_L-agent_R-caller": Metadata(agent_channel=0),
    "call41_stereo_L-caller_R-agent": Metadata(agent_channel=1),
    "call-agent-x": Metadata(),
    "XL-agent": Metadata(),
    "2025-02-19 call": Metadata(),
    "": Metadata(),
}


@pytest.mark.parametrize("stem", NAMES)
def test_a_name_says_what_it_says_and_no_more(stem):
    assert from_name(stem) == NAMES[stem]


def test_the_sidecar_wins_over_the_name_and_keeps_what_it_does_not_say(tmp_path):
    call = tmp_path / "x_AGENT_Name_L-agent.wav"
    sidecar_of(call).write_text(json.dumps({"agent_channel": 1, "language": "fr"}))
    assert metadata_of(call) == Metadata(agent_channel=1, agent="Name", language="fr")


def test_without_a_sidecar_the_name_speaks(tmp_path):
    assert metadata_of(tmp_path / "x_R-agent.wav") == Metadata(agent_channel=1)


REFUSED = {
    "cli.sidecar_not_json": ["", "[]", "1", "{", "[" * 20_000],
    "cli.sidecar_key": ['{"nonsense": 1}'],
    "cli.sidecar_value": ['{"agent_channel": true}', '{"agent_channel": 2}', '{"agent": 5}', '{"agent": null}'],
    "cli.sidecar_too_large": [json.dumps({"agent": "x" * MAX_SIDECAR_BYTES})],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_a_sidecar_that_does_not_fit_is_refused_with_its_reason(code, text, tmp_path):
    call = tmp_path / "c.wav"
    sidecar_of(call).write_text(text)
    with pytest.raises(ServiceError) as caught:
        metadata_of(call)
    assert caught.value.note.code == code


@pytest.mark.parametrize(
    ("stem", "told"),
    [
        ("external-1001-0612345678-20250219-070122-1739944882.42", ("1001", "inbound", "2025-02-19T06-01-22")),
        ("exten-204-0612345678-20250219-070122-1739944882.42-in", ("204", "inbound", "2025-02-19T06-01-22")),
        ("out-0612345678-1001-20250219-070122-1739944882.42", ("1001", "outbound", "2025-02-19T06-01-22")),
        ("q-600-0612345678-20250219-070122-1739944882.42", ("", "inbound", "2025-02-19T06-01-22")),
        ("internal-1001-1002-20250219-070122-1739944882.42", ("", "", "2025-02-19T06-01-22")),
        ("external-s-0612345678-20250219-070122-1739944882.42", ("", "inbound", "2025-02-19T06-01-22")),
        ("external-1001-0612345678-20250219-070122-1234567890.42", ("1001", "inbound", "")),
        ("external-1001-0612345678-20251319-070122-1739944882.42", ("1001", "inbound", "")),
    ],
)
def test_names_of_an_exchange_say_agent_direction_and_time(stem, told):
    found = from_name(stem)
    assert (found.agent, found.direction, found.started_at) == told
    assert found.external_id == stem.removesuffix("-in").rsplit("-", 1)[1]


def test_folders_of_an_export_and_the_file_it_leaves_beside(tmp_path):
    folder = tmp_path / "year=2025" / "month=02" / "day=19" / "hour=06" / "conversation_id=0a1b-22"
    folder.mkdir(parents=True)
    assert metadata_of(folder / "r.ogg") == Metadata(external_id="0a1b-22", started_at="2025-02-19T06-00-00")
    for name in ("r_metadata.json", "r.ogg_metadata.json"):
        told = {"conversationId": "77", "startTime": "2025-02-19T07:01:22.5+01:00", "userIds": ["u1", "u2"]}
        (folder / name).write_text(json.dumps({**told, "initialDirection": "OUTBOUND", "queueIds": [{}], "x": 1}))
        found = metadata_of(folder / "r.ogg")
        assert found == Metadata(agent="u1", external_id="77", started_at="2025-02-19T06-01-22", direction="outbound")
        (folder / name).write_text(json.dumps({"conversationId": [1], "startTime": "noon", "userIds": [7]}))
        assert metadata_of(folder / "r.ogg") == Metadata(external_id="0a1b-22", started_at="2025-02-19T06-00-00")
        sidecar_of(folder / "r.ogg").write_text(json.dumps({"agent": "mine"}))
        assert metadata_of(folder / "r.ogg").agent == "mine"
        sidecar_of(folder / "r.ogg").unlink(), (folder / name).unlink()


def test_folders_that_only_look_like_an_export_say_nothing(tmp_path):
    assert metadata_of(tmp_path / "year=2025" / "month=13" / "day=1" / "hour=0" / "a=b=c" / "r.ogg") == Metadata()
