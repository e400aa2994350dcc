"""The smaller verbs on the same parts: turns, floor, voice, acts, schema."""

from __future__ import annotations

import json as json_lib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from audio.channels import find_layout
from audio.timeline import Party
from service.calls import CallFiles, Choices, opened
from service.cli import common
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.hearing import Heard, hear
from service.labels import plain as shown
from service.measuring import Known, measure_party, speech_of_others
from service.metadata import sidecar_of
from service.parties import find_roles, known_by_party, speech_by_party, voices_by_party
from service.pipeline import NOBODY, follow
from service.plain import plain
from service.scoring.evidence import Roles
from service.settings import Settings
from service.wiring import build_detector, build_diarizer, build_tracker, limits_of
from service.wording import Worded, from_transcript, without_words
from service.words.imported import read_transcript
from service.words.redaction import mask_transcript
from service.words.rules import acts_of_transcript, packs_of, together
from service.words.spoken import turns_of_transcript


@dataclass(frozen=True, eq=False)
class Listened:
    """A call heard without a scorecard."""

    heard: Heard
    worded: Worded
    roles: Roles
    layout: Any
    duration_s: float
    notes: tuple[Any, ...]


@contextmanager
def _listened(files: CallFiles, choices: Choices, settings: Settings) -> Iterator[Listened]:
    with opened(files, limits_of(settings)) as recording:
        layout = find_layout(recording)
        heard = hear(recording, layout, build_detector(), build_diarizer(settings), n_speakers=choices.n_speakers)
        worded = _words(files, heard, choices, recording.duration_s)
        roles = find_roles(files, heard, worded, choices) or NOBODY
        notes = (*recording.notes, *layout.notes, *heard.notes, *worded.notes)
        yield Listened(heard, worded, roles, layout, recording.duration_s, notes)


def _words(files: CallFiles, heard: Heard, choices: Choices, duration_s: float) -> Worded:
    if files.transcript is None:
        from audio.notes import Note

        return without_words(Note("cli.transcriber_off"))
    return from_transcript(files.transcript, heard, duration_s=duration_s, language=choices.language)


def turns(
    recording: common.Recording,
    rttm: Annotated[Path | None, typer.Option("--rttm", metavar="OUT")] = None,
    speakers: common.Speakers = None,
    diarizer: common.DiarizerOption = None,
    lang: common.LangOption = None,
) -> None:
    """Diarization only, as RTTM."""
    with common.one_sentence(lang):
        files = _files(recording, (rttm,))
        settings = common.settings_with(diarizer=diarizer)
        with _listened(files, Choices(n_speakers=speakers), settings) as call:
            lines = _rttm_lines(recording.stem, call.heard)
        _emit("".join(lines), rttm)


def _rttm_lines(stem: str, heard: Heard) -> list[str]:
    """NIST RTTM, one line per IPU, in time order; the file field has no blanks."""
    from audio.floor import find_ipus

    name = "_".join(shown(stem).split()) or "call"
    spoken = sorted((ipu, v.label) for v in heard.voices for ipu in find_ipus(v.speech))
    return [
        f"SPEAKER {name} 1 {span.start_s:.3f} {span.duration_s:.3f} <NA> <NA> {label} <NA> <NA>\n"
        for span, label in spoken
    ]


def floor(
    recording: common.Recording,
    json: common.JsonOut = None,
    agent_channel: common.AgentChannel = None,
    agent_speaker: common.AgentSpeaker = None,
    speakers: common.Speakers = None,
    diarizer: common.DiarizerOption = None,
    lang: common.LangOption = None,
) -> None:
    """Gaps, overlaps and their kinds, as JSON."""
    with common.one_sentence(lang):
        files = _files(recording, (json,))
        channel = common.chosen_channel(agent_channel)
        choices = Choices(agent_channel=channel, agent_speaker=agent_speaker, n_speakers=speakers)
        with _listened(files, choices, common.settings_with(diarizer=diarizer)) as call:
            said = follow(call.heard, call.worded, call.roles, call.layout, call.duration_s)
        document = {
            "schema_version": "timbre.floor/1",
            "source": call.heard.source,
            "duration_s": call.duration_s,
            "roles": call.roles,
            "speech": said.speech,
            "turns": [{"party": t.party, "span": t.span} for t in said.turns],
            "events": said.floor,
            "measures": said.measures,
            "call_measures": said.call_measures,
            "notes": call.notes,
        }
        _emit(_document(document), json)


def voice(
    recording: common.Recording,
    json: common.JsonOut = None,
    no_gates: Annotated[bool, typer.Option("--no-gates")] = False,
    transcript: common.TranscriptOption = None,
    language: common.LanguageOption = None,
    agent_channel: common.AgentChannel = None,
    agent_speaker: common.AgentSpeaker = None,
    agent_name: common.AgentName = None,
    earlier: common.EarlierOption = None,
    speakers: common.Speakers = None,
    diarizer: common.DiarizerOption = None,
    lang: common.LangOption = None,
) -> None:
    """Every voice measure per party, as JSON."""
    with common.one_sentence(lang):
        files = _files(recording, (json,), transcript, tuple(earlier or ()))
        files = replace(files, metadata=common.named(files.metadata, agent_name))
        files = common.with_earlier(files, earlier)
        choices = Choices(
            agent_channel=common.chosen_channel(agent_channel),
            agent_speaker=agent_speaker,
            language=common.chosen_language(language),
            n_speakers=speakers,
        )
        with _listened(files, choices, common.settings_with(diarizer=diarizer)) as call:
            known = known_by_party(files, call.worded, call.roles, choices)
            parties = _voices(call, known, gates=not no_gates)
        document = {
            "schema_version": "timbre.voice/1",
            "source": call.heard.source,
            "duration_s": call.duration_s,
            "roles": call.roles,
            "parties": parties,
            "notes": (*call.notes, *files.notes),
        }
        _emit(_document(document), json)


def _voices(call: Listened, known: Mapping[Party, Known], *, gates: bool) -> dict[str, Any]:
    speech = speech_by_party(call.heard, call.roles)
    tracker = build_tracker()
    found: dict[str, Any] = {}
    for party, voice in voices_by_party(call.heard, call.roles).items():
        facts = measure_party(
            voice,
            tracker,
            others=speech_of_others(party, speech),
            source=call.heard.source,
            known=known[party],
            gates=gates,
        )
        found[party] = {
            "label": voice.label,
            "quality": facts.quality,
            "measures": facts.measures,
            "metallic": facts.metallic,
        }
    return found


def acts(
    transcript: Annotated[Path, typer.Argument(metavar="TRANSCRIPT")],
    language: common.LanguageOption = None,
    pack: common.PackOption = None,
    jsonl: Annotated[Path | None, typer.Option("--jsonl", metavar="OUT")] = None,
    transcript_format: common.TranscriptFormat = None,
    redact: common.Redact = "text",
    lang: common.LangOption = None,
) -> None:
    """Acts of a transcript alone, one JSON line per turn."""
    with common.one_sentence(lang):
        spoken = common.chosen_language(language)
        _check((jsonl,), (transcript, *map(Path, pack or ())))
        read = read_transcript(common.existing(transcript), format=transcript_format)
        masking = common.chosen_redaction(redact) != "none"
        known: Any = spoken or _guessed([line.text for line in read.lines])
        turns_read = turns_of_transcript(mask_transcript(read, known) if masking else read)
        packs = packs_of(known, common.own_packs(pack))
        found = acts_of_transcript(turns_read, together(packs))
        used = {"packs": [p.name for p in packs]} if pack else {}
        rows = (
            {"turn": turn.index, "party": turn.party, "acts": acts_found, **used}
            for turn, acts_found in zip(turns_read, found, strict=True)
        )
        _emit("".join(json_lib.dumps(row, ensure_ascii=False) + "\n" for row in rows), jsonl)


def _guessed(texts: list[str]) -> Any:
    from service.words.language import guess_language

    language, _ = guess_language(texts)
    if language is None:
        raise ServiceError("cli.say_language")
    return language


def schema(lang: common.LangOption = None) -> None:
    """The JSON Schema of a result: envelope, evidence and judgement."""
    from service.scoring.documents import json_schema

    with common.one_sentence(lang):
        print(json_lib.dumps(json_schema(), indent=2, sort_keys=True))


def _check(targets: tuple[Path | None, ...], inputs: tuple[Path, ...]) -> None:
    for target in targets:
        if target is not None:
            check_writable(target, inputs=inputs)


def _files(
    recording: Path,
    targets: tuple[Path | None, ...],
    transcript: Path | None = None,
    earlier: tuple[Path, ...] = (),
) -> CallFiles:
    known = common.known_facts(recording)
    _check(targets, (recording, sidecar_of(recording), *(() if transcript is None else (transcript,)), *earlier))
    return CallFiles(recording, metadata=known, transcript=common.given_transcript(transcript, None))


def _document(document: dict[str, Any]) -> str:
    return json_lib.dumps(plain(document), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _emit(text: str, target: Path | None) -> None:
    if target is None:
        sys.stdout.write(text)
    else:
        write_whole(target, text)
