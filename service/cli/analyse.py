"""`timbre analyse`: one call to a scorecard, in the terminal, as JSON, as a page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer
from rich.console import Console

from service.calls import Analysis, CallFiles, Choices
from service.cli import common
from service.cli.progress import progress_on
from service.earlier_files import result_files
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.metadata import sidecar_of
from service.outputs import html_page, page_lang, shown, tracks_file, tracks_path
from service.pipeline import analysed
from service.rubric_used import used_in
from service.say import Lang, Say
from service.scoring.documents import to_json
from service.scoring.evidence import Policy
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.views import Audience, stricter
from service.settings import AudioChoice, Settings
from service.terminal import print_scorecard
from service.wiring import build_tools, limits_of
from service.words.transcript import Transcript


@dataclass(frozen=True)
class Outputs:
    """Where results go."""

    json: Path | None
    html: Path | None
    audio: AudioChoice
    lang: Lang | None
    quiet: bool
    audience: Audience = "others"


def analyse(
    recording: common.OptionalRecording = None,
    agent_file: Annotated[Path | None, typer.Option("--agent-file", metavar="FILE")] = None,
    customer_file: Annotated[Path | None, typer.Option("--customer-file", metavar="FILE")] = None,
    offset_s: Annotated[float, typer.Option("--offset-s", metavar="SECONDS")] = 0.0,
    transcript: common.TranscriptOption = None,
    transcript_format: common.TranscriptFormat = None,
    transcriber: Annotated[str | None, typer.Option("--transcriber", metavar="auto|none|NAME|FOLDER")] = None,
    device: Annotated[str | None, typer.Option("--device", metavar="auto|cpu|cuda")] = None,
    language: common.LanguageOption = None,
    agent_channel: common.AgentChannel = None,
    agent_speaker: common.AgentSpeaker = None,
    agent_name: common.AgentName = None,
    direction: Annotated[str | None, typer.Option("--direction", metavar="inbound|outbound")] = None,
    speakers: common.Speakers = None,
    diarizer: common.DiarizerOption = None,
    rubric: Annotated[str | None, typer.Option("--rubric", metavar="NAME|FILE")] = None,
    earlier: common.EarlierOption = None,
    pack: common.PackOption = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="combined|words_and_turns|no_voice")] = None,
    audience: common.For = "others",
    redact: common.Redact = "text",
    json: common.JsonOut = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="OUT")] = None,
    audio: Annotated[str, typer.Option("--audio", metavar="full|moments|none")] = "full",
    lang: common.LangOption = None,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
) -> None:
    """One call to a scorecard."""
    with common.one_sentence(lang) as say:
        files = call_files(recording, agent_file, customer_file, offset_s)
        choices = Choices(
            agent_channel=common.chosen_channel(agent_channel),
            agent_speaker=agent_speaker,
            language=common.chosen_language(language),
            direction=_direction(direction or files.metadata.direction),
            n_speakers=speakers,
            policy=_policy(policy),
            packs=common.own_packs(pack),
            redact=common.chosen_redaction(redact),
        )
        outputs = Outputs(json, html, _audio(audio), common.chosen_lang(lang), quiet, _audience(audience))
        settings = common.settings_with(transcriber=transcriber, device=device, diarizer=diarizer, rubric=rubric)
        beside = files.recording if files.customer_leg is None else None
        words = common.transcript_of(transcript, beside=beside)
        read_too = (*_originals(files), words, Path(settings.rubric), *(earlier or ()), *map(Path, pack or ()))
        _check_targets(outputs, read_too)
        _warn_of_an_edited_rubric(settings, (*([json] if json and json.is_file() else []), *(earlier or ())), say)
        read = common.given_transcript(words, transcript_format)
        run(common.with_earlier(_completed(files, read, agent_name), earlier), choices, outputs, settings)


def run(files: CallFiles, choices: Choices, outputs: Outputs, settings: Settings) -> None:
    """Analyse one call and write what was asked for."""
    rubric = load_rubric(settings.rubric)
    choices = replace(choices, policy=choices.policy or _of_settings(settings, rubric))
    tools = build_tools(settings, listen=files.transcript is None)
    with (
        progress_on(outputs.lang, quiet=outputs.quiet) as on_step,
        analysed(files, tools, rubric, choices, limits=limits_of(settings), on_step=on_step) as whole,
    ):
        analysis = shown(whole, outputs.audience)
        _write(analysis, outputs)
    if not outputs.quiet:
        lang = page_lang(analysis.evidence, outputs.lang)
        print_scorecard(analysis.evidence, analysis.judgement, lang=lang, console=Console(file=sys.stdout))


def _of_settings(settings: Settings, rubric: Rubric) -> Policy | None:
    """Settings may only be stricter than the rubric; an option decides alone."""
    return settings.policy and stricter(settings.policy, rubric.policy)


def _write(analysis: Analysis, outputs: Outputs) -> None:
    if outputs.json is not None:
        _write_tracks(tracks_path(outputs.json), analysis)
        write_whole(outputs.json, to_json(analysis.evidence, analysis.judgement))
    if outputs.html is not None:
        lang = page_lang(analysis.evidence, outputs.lang)
        write_whole(outputs.html, html_page(analysis, lang=lang, audio=outputs.audio))


def _write_tracks(path: Path, analysis: Analysis) -> None:
    """The voice frame by frame; where there is none to give, none of an earlier run stays either."""
    if analysis.voices:
        write_whole(path, tracks_file(analysis.voices))
    else:
        path.unlink(missing_ok=True)


def _warn_of_an_edited_rubric(settings: Settings, results: Sequence[Path], say: Say) -> None:
    """One sentence when results at hand were scored with another content under the same id and version."""
    if not results:
        return
    rubric = load_rubric(settings.rubric)
    for note in used_in(result_files(results), rubric).problems(rubric):
        print(f"timbre: {common.one_line(say(note))}", file=sys.stderr)


def call_files(
    recording: Path | None, agent_file: Path | None, customer_file: Path | None, offset_s: float
) -> CallFiles:
    """One recording, or both legs; anything else is one clear sentence."""
    if recording is not None and agent_file is None and customer_file is None:
        return CallFiles(recording, name=recording.name, metadata=common.known_facts(recording))
    if recording is None and agent_file is not None and customer_file is not None:
        common.existing(customer_file)
        known = common.known_facts(agent_file)
        return CallFiles(agent_file, customer_file, offset_s, name=agent_file.name, metadata=known)
    raise ServiceError("cli.one_call")


def _completed(files: CallFiles, transcript: Transcript | None, agent_name: str | None) -> CallFiles:
    return replace(files, transcript=transcript, metadata=common.named(files.metadata, agent_name))


def _originals(files: CallFiles) -> tuple[Path | None, ...]:
    return files.recording, files.customer_leg, sidecar_of(files.recording)


def _check_targets(outputs: Outputs, inputs: Iterable[Path | None]) -> None:
    """Before any work: everything that will be written has a place of its own, and replaces nothing that is read."""
    side_file = None if outputs.json is None else tracks_path(outputs.json)
    targets = [target for target in (outputs.json, side_file, outputs.html) if target is not None]
    read = tuple(source for source in inputs if source is not None)
    for at, target in enumerate(targets):
        check_writable(target, inputs=read)
        if target.absolute() in (other.absolute() for other in targets[:at]):
            raise ServiceError("cli.same_target", name=target.name)


def _direction(value: str | None) -> Literal["inbound", "outbound"]:
    direction: Literal["inbound", "outbound"] = common.one_of(
        "--direction", value or "inbound", ("inbound", "outbound")
    )
    return direction


def _policy(value: str | None) -> Policy | None:
    if value is None:
        return None
    policy: Policy = common.one_of("--policy", value, get_args(Policy))
    return policy


def _audience(value: str) -> Audience:
    audience: Audience = common.one_of("--for", value, get_args(Audience))
    return audience


def _audio(value: str) -> AudioChoice:
    choice: AudioChoice = common.one_of("--audio", value, get_args(AudioChoice))
    return choice
