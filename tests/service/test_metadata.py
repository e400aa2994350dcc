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
