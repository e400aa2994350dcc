"""From labels to parties: who is who, and nobody's speech lost on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audio.recording import Channel
from audio.timeline import Span, Word
from service.calls import CallFiles, Choices
from service.hearing import Heard, Voice
from service.metadata import Metadata
from service.parties import find_roles, party_of, speech_by_party, voices_by_party, words_by_party
from service.scoring.evidence import Roles, WordsInfo
from service.wording import Worded

SPEECH = {"channel_0": [Span(0, 2)], "channel_1": [Span(2, 5)], "channel_2": [Span(1, 3)], "channel_3": [Span(2.5, 6)]}
ROLES = Roles(agent="channel_1", customer="channel_0", decided_by="option", confidence=1.0)


def heard(*labels: str, mono: bool = False) -> Heard:
    channel = Channel(0, np.zeros(8000, np.float32), 8000)
    voices = tuple(Voice(label, channel, SPEECH[f"channel_{label[-1]}"], []) for label in labels)
    return Heard(voices, "diarized mono" if mono else "two channels", None, ())


def roles_of(call: Heard, *, legs: bool = False, option: int | None = None, side: int | None = None) -> Roles | None:
    files = CallFiles(Path("a"), Path("b") if legs else None, metadata=Metadata(agent_channel=side))
    return find_roles(files, call, Worded({}, WordsInfo(available=False)), Choices(agent_channel=option))


def test_each_label_is_the_party_its_role_says_and_third_voices_are_unknown():
    assert [party_of(label, ROLES) for label in SPEECH] == ["customer", "agent", "unknown", "unknown"]


def test_third_voices_are_one_party_and_are_not_measured():
    call = heard(*SPEECH)
    speech = speech_by_party(call, ROLES)
    assert speech == {"agent": [Span(2, 5)], "customer": [Span(0, 2)], "unknown": [Span(1, 6)]}
    assert set(voices_by_party(call, ROLES)) == {"agent", "customer"}


def test_speech_of_several_at_once_is_nobodys_and_no_silence():
    call = replace(heard("speaker_0", "speaker_1", mono=True), together=(Span(5, 5.5),))
    roles = Roles(agent="speaker_0", customer="speaker_1", decided_by="option", confidence=1.0)
    assert speech_by_party(call, roles) == {"agent": [Span(0, 2)], "customer": [Span(2, 5)], "unknown": [Span(5, 5.5)]}
    assert set(voices_by_party(call, roles)) == {"agent", "customer"}


def test_a_silent_party_is_there_with_nothing():
    assert speech_by_party(heard(), ROLES) == {"agent": [], "customer": []}


def test_words_of_a_party_are_in_time_order():
    words = {"channel_2": (Word("late", Span(2, 3)),), "channel_3": (Word("early", Span(0, 1)),), "channel_1": ()}
    joined = words_by_party(words, ROLES)
    assert [word.text for word in joined["unknown"]] == ["early", "late"] and joined["agent"] == ()


@pytest.mark.parametrize(("option", "side", "agent", "by"), [(1, 0, 1, "option"), (None, 1, 1, "metadata")])
def test_an_option_wins_over_the_name_of_the_file(option, side, agent, by):
    roles = roles_of(heard("channel_0", "channel_1"), option=option, side=side)
    assert roles is not None and (roles.agent, roles.decided_by) == (f"channel_{agent}", by)


def test_a_call_in_two_legs_says_itself_who_is_who():
    roles = roles_of(heard("channel_0", "channel_1"), legs=True, option=1)
    assert roles is not None and (roles.agent, roles.customer, roles.decided_by) == ("channel_0", "channel_1", "option")


def test_a_channel_means_nothing_on_mono():
    roles = roles_of(heard("speaker_0", "speaker_1", mono=True), option=1, side=1)
    assert roles is not None and roles.decided_by == "assumed" and roles.confidence == 0


@pytest.mark.parametrize("number", [0, 1])
def test_on_mono_a_person_names_the_agents_voice(number):
    call = heard("speaker_0", "speaker_1", mono=True)
    files = CallFiles(Path("a"), None, metadata=Metadata(agent_channel=1 - number))
    choices = Choices(agent_channel=1 - number, agent_speaker=number)
    roles = find_roles(files, call, Worded({}, WordsInfo(available=False)), choices)
    assert roles is not None and (roles.decided_by, roles.confidence) == ("option", 1.0)
    assert (roles.agent, roles.customer) == (f"speaker_{number}", f"speaker_{1 - number}")


def test_a_speakers_number_means_nothing_on_two_channels():
    files = CallFiles(Path("a"), None)
    worded = Worded({}, WordsInfo(available=False))
    roles = find_roles(files, heard("channel_0", "channel_1"), worded, Choices(agent_speaker=1))
    assert roles is not None and roles.decided_by == "assumed"


def test_without_any_voice_there_is_nobody_to_name():
    assert roles_of(heard()) is None
