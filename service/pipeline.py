"""One call, from bytes to scorecard. `analysed` reads as the story; every step is a function elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from audio.channels import LayoutFacts, find_layout
from audio.decode import DecodeLimits
from audio.floor import build_turns, find_events, measure_floor
from audio.notes import Note
from audio.outcome import decide_outcome
from audio.timeline import Party
from service.calls import Analysis, CallFiles, Choices, OnStep, ignore, opened
from service.deliveries import measure_deliveries
from service.gathering import Conversation, Facts, gather
from service.hearing import Heard, hear
from service.measuring import Known, VoiceFacts, measure_party, measure_together, speech_of_others, with_delivery
from service.parties import find_roles, known_by_party, speech_by_party, voices_by_party, words_by_party
from service.refinding import refound
from service.scoring.evidence import Evidence, Roles
from service.scoring.judgement import Judgement
from service.scoring.rounding import rounded
from service.scoring.rubric import Rubric
from service.scoring.scorecard import judge
from service.wiring import Tools
from service.wording import Hotwords, Worded, from_recogniser, from_transcript, redacted, without_words
from service.words.spoken import spoken_turns

NOBODY = Roles(agent="", customer=None, decided_by="assumed", confidence=0.0)


@contextmanager
def analysed(
    files: CallFiles,
    tools: Tools,
    rubric: Rubric,
    choices: Choices,
    *,
    limits: DecodeLimits,
    on_step: OnStep = ignore,
) -> Iterator[Analysis]:
    """The analysis of one call, while its decoded sound is still there to be drawn or cut."""
    on_step("decode", 0.0)
    with opened(files, limits) as recording:
        layout = find_layout(recording)
        on_step("speech", 0.0)
        heard = hear(recording, layout, tools.detector, tools.diarizer, n_speakers=choices.n_speakers)
        on_step("words", 0.0)
        worded = find_words(files, heard, tools, choices, rubric.hotwords, recording.duration_s, on_step)
        worded = worded if choices.redact == "none" else redacted(worded)
        roles = find_roles(files, heard, worded, choices)
        on_step("voice", 0.0)
        conversation = follow(heard, worded, roles or NOBODY, layout, recording.duration_s)
        policy = choices.policy or rubric.policy
        if policy != "no_voice":
            known = known_by_party(files, worded, roles or NOBODY, choices)
            conversation = with_voices(conversation, heard, known, roles or NOBODY, tools)
        on_step("acts", 0.0)
        facts = Facts(recording, layout, heard, worded, roles, conversation)
        gathered = rounded(gather(facts, files, choices, tools, policy))
        evidence = with_deliveries(refound(gathered, choices.packs, voice=policy == "combined"), facts)
        on_step("score", 0.0)
        yield Analysis(evidence, judged(evidence, rubric, choices), conversation.voices, recording)
        on_step("score", 1.0)


def find_words(
    files: CallFiles,
    heard: Heard,
    tools: Tools,
    choices: Choices,
    hotwords: Hotwords,
    duration_s: float,
    on_step: OnStep,
) -> Worded:
    """An imported transcript wins; then the recogniser; else the reason why there are no words."""
    language = choices.language or files.metadata.language or None
    if files.transcript is not None:
        return from_transcript(files.transcript, heard, duration_s=duration_s, language=language)
    if tools.transcriber is None:
        return without_words(tools.no_transcriber or Note("cli.transcriber_off"))
    return from_recogniser(
        tools.transcriber,
        heard,
        duration_s=duration_s,
        language=language,
        hotwords=hotwords,
        on_progress=lambda share: on_step("words", share),
    )


def follow(heard: Heard, worded: Worded, roles: Roles, layout: LayoutFacts, duration_s: float) -> Conversation:
    """Turns with their words, floor events and floor measures."""
    speech = speech_by_party(heard, roles)
    events = find_events(speech, mono=heard.mono, paused=layout.paused, music=heard.music, ringing=heard.ringing)
    floor = measure_floor(
        speech, events, duration_s=duration_s, mono=heard.mono, source=heard.source, paused=layout.paused
    )
    turns = spoken_turns(build_turns(speech), words_by_party(worded.stored(), roles))
    return Conversation(
        speech=speech,
        turns=tuple(turns),
        floor=tuple(events),
        measures={party: tuple(found) for party, found in floor.by_party.items()},
        call_measures=tuple(floor.call),
        voices={},
        outcome=decide_outcome(heard.speech, duration_s=duration_s),
    )


def with_voices(
    said: Conversation, heard: Heard, known: Mapping[Party, Known], roles: Roles, tools: Tools
) -> Conversation:
    """The voice of each party, measured where it speaks alone, and the agent's delivery turn by turn."""
    voices: dict[Party, VoiceFacts] = {
        party: measure_party(
            voice,
            tools.tracker,
            others=speech_of_others(party, said.speech),
            source=heard.source,
            known=known[party],
        )
        for party, voice in voices_by_party(heard, roles).items()
    }
    measures = {party: (*said.measures.get(party, ()), *facts.measures) for party, facts in voices.items()}
    compared = measure_together(said.turns, voices, source=heard.source, mono=heard.mono)
    return replace(
        said,
        voices=voices,
        measures={**said.measures, **measures},
        call_measures=(*said.call_measures, *compared),
        turns=with_delivery(said.turns, voices),
    )


def with_deliveries(evidence: Evidence, facts: Facts) -> Evidence:
    """How the agent said each act that can be a gesture; nothing where the voice was not measured."""
    agent, worded = facts.conversation.voices.get("agent"), facts.worded
    if agent is None:
        return evidence
    known = Known(words_by_party(worded.words, facts.roles or NOBODY).get("agent", ()), worded.info.language)
    found = measure_deliveries(
        evidence.acts, evidence.turns, agent.tracks, known, source=evidence.source, snr_db=agent.quality.snr_db
    )
    return rounded(evidence.model_copy(update={"deliveries": found}))


def judged(evidence: Evidence, rubric: Rubric, choices: Choices) -> Judgement | None:
    """The scorecard; none without a conversation."""
    if evidence.outcome.kind != "conversation":
        return None
    return judge(evidence, rubric, policy=choices.policy)
