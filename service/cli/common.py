"""What every command shares: its language, its errors, its options, its tools."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast, get_args

import typer
from pydantic import ValidationError

from audio.errors import AudioError
from audio.notes import Note
from models.errors import ModelError
from service.archive.room import NO_ROOM, is_full
from service.calls import CallFiles, RedactChoice
from service.earlier_files import read_earlier, result_files
from service.errors import EXIT_BAD_INPUT, EXIT_OUR_BUG, ServiceError
from service.labels import plain
from service.metadata import Metadata, metadata_of
from service.say import LANGS, Lang, Say
from service.scoring.errors import ScoringError
from service.settings import Settings, system_language
from service.words.errors import WordsError
from service.words.imported import read_transcript, transcript_beside
from service.words.rules import Pack, PackError, named_pack, packs_of, together
from service.words.transcript import Transcript

# Help texts are looked up in the catalogues by option name when the command starts (service.cli.main).
Recording = Annotated[Path, typer.Argument(metavar="RECORDING")]
OptionalRecording = Annotated[Path | None, typer.Argument(metavar="RECORDING")]
JsonOut = Annotated[Path | None, typer.Option("--json", metavar="OUT")]
LangOption = Annotated[str | None, typer.Option("--lang", metavar="fr|en")]
LanguageOption = Annotated[str | None, typer.Option("--language", metavar="fr|en")]
AgentChannel = Annotated[str | None, typer.Option("--agent-channel", metavar="0|1|left|right")]
AgentSpeaker = Annotated[int | None, typer.Option("--agent-speaker", min=0, max=7)]
Speakers = Annotated[int | None, typer.Option("--speakers", min=1, max=8)]
DiarizerOption = Annotated[str | None, typer.Option("--diarizer", metavar="mixture|pyannote")]
AgentName = Annotated[str | None, typer.Option("--agent-name", metavar="TEXT")]
EarlierOption = Annotated[list[Path] | None, typer.Option("--earlier", metavar="RESULT|FOLDER")]
TranscriptOption = Annotated[Path | None, typer.Option("--transcript", metavar="FILE")]
Redact = Annotated[str, typer.Option("--redact", metavar="text|text_and_sound|none")]
PackOption = Annotated[list[str] | None, typer.Option("--pack", metavar="FILE|FOLDER")]
For = Annotated[str, typer.Option("--for", metavar="coach|others")]
TranscriptFormat = Annotated[str | None, typer.Option("--transcript-format", metavar="FORMAT")]

READABLE = (AudioError, ModelError, ServiceError, WordsError, PackError, ScoringError)
"""Errors whose note is a sentence for the person; anything else is our bug."""

_CHANNELS = {"0": 0, "left": 0, "1": 1, "right": 1}


def chosen_lang(lang: str | None) -> Lang | None:
    """The language of messages and pages, checked; None when nobody chose."""
    if lang is None:
        return None
    for known in LANGS:
        if lang == known:
            return known
    raise ServiceError("cli.bad_option", option="--lang", value=lang[:20], allowed=", ".join(LANGS))


def chosen_language(language: str | None) -> str | None:
    """The language spoken in the call, checked."""
    if language is not None and language not in LANGS:
        raise ServiceError("cli.bad_option", option="--language", value=language[:20], allowed=", ".join(LANGS))
    return language


def chosen_channel(channel: str | None) -> int | None:
    """`left` or `right`, `0` or `1`."""
    if channel is None:
        return None
    if channel.lower() not in _CHANNELS:
        raise ServiceError("cli.bad_option", option="--agent-channel", value=channel[:20], allowed=", ".join(_CHANNELS))
    return _CHANNELS[channel.lower()]


def chosen_redaction(choice: str) -> RedactChoice:
    """What is masked, checked."""
    for known in get_args(RedactChoice):
        if choice == known:
            return cast(RedactChoice, known)
    raise ServiceError(
        "cli.bad_option", option="--redact", value=choice[:20], allowed=", ".join(get_args(RedactChoice))
    )


def one_of(option: str, value: str, allowed: tuple[Any, ...]) -> Any:
    """The value of an option, when it is one of those allowed."""
    if value not in allowed:
        raise ServiceError("cli.bad_option", option=option, value=value[:20], allowed=", ".join(allowed))
    return value


def settings_with(**changes: Any) -> Settings:
    """The settings, with the options that were given."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise ServiceError("cli.bad_setting", name=name, value=str(first.get("input", ""))[:40]) from exc


def existing(path: Path) -> Path:
    """The path, when a file is there."""
    if not os.path.exists(path):
        raise ServiceError("cli.no_such_file", name=path.name)
    return path


def known_facts(recording: Path) -> Metadata:
    """Metadata from the name and the sidecar."""
    return metadata_of(existing(recording))


def named(known: Metadata, agent_name: str | None) -> Metadata:
    """With the agent's name from the option, when it was given."""
    return known if agent_name is None else replace(known, agent=agent_name[:200])


def with_earlier(files: CallFiles, earlier: Sequence[Path] | None) -> CallFiles:
    """With what the given results say of the same agent's earlier calls; nothing given changes nothing."""
    calls, notes = read_earlier(result_files(earlier or ()), files.metadata)
    return replace(files, earlier=calls, notes=(*files.notes, *notes))


def transcript_of(path: Path | None, *, beside: Path | None = None) -> Path | None:
    """The transcript named by option, else the one lying beside the recording, else None."""
    return path or (transcript_beside(beside) if beside is not None else None)


def given_transcript(path: Path | None, form: str | None) -> Transcript | None:
    """The transcript in a file, when there is one."""
    return None if path is None else read_transcript(existing(path), format=form)


def own_packs(names: Sequence[str] | None) -> tuple[Pack, ...]:
    """The packs named by option, read and checked beside the built-in ones before any work is done."""
    own = tuple(named_pack(name) for name in names or ())
    for language in dict.fromkeys(pack.language for pack in own):
        together(packs_of(language, own))
    return own


def one_line(text: str) -> str:
    """Text on one line, without what a terminal could take for a command: parts of it may come from outside."""
    return " ".join(plain(text).splitlines())


def fail(note: Note, say: Say, code: int = EXIT_BAD_INPUT) -> NoReturn:
    """One sentence on stderr, then the exit code."""
    print(f"timbre: {one_line(say(note))}", file=sys.stderr)
    raise SystemExit(code)


def _our_bug(exc: Exception) -> Note:
    """The place in our code, never the content: an exception's own text may quote the call."""
    frame = traceback.extract_tb(exc.__traceback__)[-1]
    return Note("cli.our_bug", {"kind": type(exc).__name__, "place": f"{Path(frame.filename).name}:{frame.lineno}"})


def _debugging() -> bool:
    try:
        return Settings().debug
    except (ValidationError, ServiceError):  # a wrong setting is what brought us here
        return False


def _give_up_stdout() -> None:
    """Nobody can be told anything there any more; Python would try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """A polite end from outside (SIGTERM) unwinds like Ctrl+C, so that nothing half-done is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def one_sentence(lang: str | None = None) -> Iterator[Say]:
    """Errors inside become one sentence and an exit code, in the chosen language."""
    say = Say(next((known for known in LANGS if known == lang), system_language()))
    try:
        with stopping_cleanly():
            yield say
            sys.stdout.flush()
    except READABLE as exc:
        fail(exc.note, say)
    except BrokenPipeError:
        _give_up_stdout()
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (typer.Exit, typer.Abort, SystemExit):
        raise
    except Exception as exc:
        if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
            _give_up_stdout()
            fail(Note("cli.no_room"), say)
        if is_full(exc):
            fail(NO_ROOM, say)
        if _debugging():
            raise
        fail(_our_bug(exc), say, EXIT_OUR_BUG)
