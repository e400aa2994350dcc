"""From labels of the sound (`channel_0`, `speaker_1`) to parties: who is the agent, and whose is each stretch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audio.timeline import Party, Span, Word, merge
from service.baselines import NONE_EARLIER
from service.calls import CallFiles, Choices
from service.hearing import Heard, Voice
from service.measuring import Known
from service.scoring.evidence import Roles
from service.wording import Worded, known_language
from service.words.roles import decide_roles


def find_roles(files: CallFiles, heard: Heard, worded: Worded, choices: Choices) -> Roles | None:
    """Who is the agent. A call in two legs says it itself; without any voice there is nobody to name."""
    if not heard.voices:
        return None
    side = files.metadata.agent_channel
    return decide_roles(
        worded.words,
        heard.speech,
        option=_told(files, heard, choices),
        metadata=None if side is None or heard.mono else f"channel_{side}",
        transcript=worded.transcript_agent,
    )


def _told(files: CallFiles, heard: Heard, choices: Choices) -> str | None:
    """The agent's label as the person gave it: a speaker on mono, else a channel; the first of two legs."""
    if heard.mono:
        return None if choices.agent_speaker is None else f"speaker_{choices.agent_speaker}"
    channel = choices.agent_channel if files.customer_leg is None else 0
    return None if channel is None else f"channel_{channel}"


def party_of(label: str, roles: Roles) -> Party:
    """The party behind a label; third voices are unknown."""
    if label == roles.agent:
        return "agent"
    return "customer" if label == roles.customer else "unknown"


def voices_by_party(heard: Heard, roles: Roles) -> dict[Party, Voice]:
    """Agent and customer voices; the voice of third parties is not measured."""
    named = {party_of(v.label, roles): v for v in heard.voices}
    return {party: voice for party, voice in named.items() if party != "unknown"}


def speech_by_party(heard: Heard, roles: Roles) -> dict[Party, list[Span]]:
    """Sorted, disjoint speech of each party; agent and customer are always there, third voices joined in one.

    Speech of several at once on mono is nobody's, yet no silence: it stands with the third voices.
    """
    speech: dict[Party, list[Span]] = {"agent": [], "customer": []}
    for voice in heard.voices:
        party = party_of(voice.label, roles)
        speech[party] = merge([*speech.get(party, []), *voice.speech])
    if heard.together:
        speech["unknown"] = merge([*speech.get("unknown", []), *heard.together])
    return speech


def words_by_party(words: Mapping[str, Sequence[Word]], roles: Roles) -> dict[Party, tuple[Word, ...]]:
    """Words of each party, in time order."""
    joined: dict[Party, tuple[Word, ...]] = {}
    for label, spoken in words.items():
        party = party_of(label, roles)
        joined[party] = tuple(sorted((*joined.get(party, ()), *spoken), key=lambda w: w.span))
    return joined


def known_by_party(files: CallFiles, worded: Worded, roles: Roles, choices: Choices) -> dict[Party, Known]:
    """What to measure each party with: its words, the call's language, and the agent's earlier calls.

    Where the agent was only assumed there are none: the voice may be the customer's.
    """
    language = worded.info.language or known_language(choices.language or files.metadata.language)
    words = words_by_party(worded.words, roles)
    earlier = NONE_EARLIER if roles.decided_by == "assumed" else files.earlier
    return {
        "agent": Known(words.get("agent", ()), language, earlier),
        "customer": Known(words.get("customer", ()), language),
    }
