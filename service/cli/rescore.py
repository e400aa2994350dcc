"""`timbre rescore`: stored results under another rubric, other packs, a stricter policy or a person's edits."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from audio.notes import Note
from service.cli import common
from service.cli.rescore_archive import ArchiveAsked, rescore_archive
from service.diff_sentences import difference_sentences
from service.earlier_files import result_files
from service.errors import EXIT_BAD_INPUT, ServiceError
from service.files import check_writable, write_whole
from service.labels import Labels, plain
from service.outputs import page_lang
from service.rescoring import Asked, Rescored, rescored, rescored_content
from service.say import Lang, Say
from service.scoring.documents import as_json, parse_result, read_content
from service.scoring.edits import read_edits
from service.scoring.evidence import Policy
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.scoring.rubric_lock import edit_warning, hash_of
from service.scoring.views import Audience
from service.terminal import print_scorecard

MOST_RESULTS = 100_000
"""Of one run: each is a name in memory, and nothing more."""


@dataclass(frozen=True)
class Wanted:
    """What to print and to write. `json`: of one result; `out`: a folder for all of them."""

    json: Path | None
    out: Path | None
    html: bool
    diff: bool
    quiet: bool
    lang: Lang | None

    def target(self, source: Path) -> Path | None:
        """The new file of a result."""
        return self.json if self.out is None else self.out / source.name


def rescore(
    results: Annotated[list[Path] | None, typer.Argument(metavar="RESULT|FOLDER...")] = None,
    rubric: Annotated[str | None, typer.Option("--rubric", metavar="NAME|FILE")] = None,
    packs: Annotated[list[str] | None, typer.Option("--packs", metavar="PACK")] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="combined|words_and_turns|no_voice")] = None,
    edits: Annotated[Path | None, typer.Option("--edits", metavar="FILE")] = None,
    diff: Annotated[bool, typer.Option("--diff")] = False,
    json: common.JsonOut = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER")] = None,
    html: Annotated[bool, typer.Option("--html")] = False,
    audience: common.For = "others",
    lang: common.LangOption = None,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
    archive: Annotated[bool, typer.Option("--archive")] = False,
    campaign: Annotated[str | None, typer.Option("--campaign", metavar="NAME")] = None,
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
) -> None:
    """Stored results scored again."""
    with common.one_sentence(lang) as say:
        if archive:
            _only_files({"RESULT": results, "--edits": edits, "--out": out, "--policy": policy, "--html": html})
            rescore_archive(ArchiveAsked(campaign, account, rubric, packs, dry_run, json), say)
            return
        if not results:
            raise ServiceError("rescore.nothing")
        if dry_run or campaign:
            raise ServiceError("rescore.only_archive")
        wanted = Wanted(json, out, html, diff, quiet, common.chosen_lang(lang))
        files = result_files(results, limit=MOST_RESULTS, too_many="rescore.too_many")
        _check_places(wanted, files, (edits, *(Path(n) for n in (rubric, *(packs or ())) if n)))
        if edits is not None and len(files) != 1:
            raise ServiceError("rescore.edits_one_call", n=len(files))
        asked = Asked(
            rubric=None if rubric is None else load_rubric(rubric),
            packs=None if packs is None else common.own_packs(packs),
            policy=None if policy is None else common.one_of("--policy", policy, get_args(Policy)),
            edits=None if edits is None else read_edits(edits),
            audience=common.one_of("--for", audience, get_args(Audience)),
        )
        _all(files, asked, wanted, say)


def _only_files(given: Mapping[str, object]) -> None:
    """Raises ServiceError for an option that is about files."""
    for name, value in given.items():
        if value:
            raise ServiceError("rescore.not_archive", name=name)


def _check_places(wanted: Wanted, files: Sequence[Path], read_too: Sequence[Path | None]) -> None:
    """Before any work: a place for each file, none twice, and nothing that is read is replaced."""
    if wanted.html and wanted.json is None and wanted.out is None:
        raise ServiceError("rescore.html_where")
    if wanted.json is not None and (wanted.out is not None or len(files) != 1):
        raise ServiceError("rescore.json_one_call", n=len(files))
    if wanted.out is not None and not wanted.out.is_dir():
        raise ServiceError("rescore.out_no_folder", name=wanted.out.name)
    read = tuple(path for path in (*files, *read_too) if path is not None)
    taken: set[Path] = set()
    for target in (t for file in files if (t := wanted.target(file)) is not None):
        if target.absolute() in taken:
            raise ServiceError("cli.same_target", name=target.name)
        taken.add(target.absolute())
        for place in (target, *_beside(target, wanted)):
            check_writable(place, inputs=read)


def _beside(target: Path, wanted: Wanted) -> Iterator[Path]:
    if wanted.html:
        yield target.with_suffix(".html")
    if wanted.diff:
        yield target.with_suffix(".diff.json")


def _all(files: Sequence[Path], asked: Asked, wanted: Wanted, say: Say) -> None:
    """Every result; one that can't be scored is said, and the others go on."""
    gc.freeze()  # what is loaded by now stays: not worth looking through at every call
    failed, edited = 0, 0
    for file in files:
        try:
            edited += _one(file, asked, wanted, alone=len(files) == 1)
        except common.READABLE as exc:
            if len(files) == 1:
                raise
            failed += 1
            print(f"timbre: {common.one_line(file.name)}: {common.one_line(say(exc.note))}", file=sys.stderr)
    if edited and asked.rubric is not None:
        print(f"timbre: {common.one_line(say(edit_warning(edited, asked.rubric)))}", file=sys.stderr)
    if failed:
        counted = Note("rescore.some_failed", {"n": failed, "total": len(files)})
        common.fail(counted, say, EXIT_BAD_INPUT)


def _one(file: Path, asked: Asked, wanted: Wanted, *, alone: bool) -> bool:
    """Score, write, print. True when the rubric was edited since this result was scored under it."""
    content, target = read_content(file), wanted.target(file)
    if wanted.quiet and target is not None and not (wanted.diff or wanted.html):
        written = rescored_content(content, asked)
        write_whole(target, written.content)
        return _is_edited(asked.rubric, written.rubric, written.rubric_hash)
    done = rescored(parse_result(content), asked)
    if target is not None:
        _write(done, target, wanted)
    if not wanted.quiet:
        _print(file, done, wanted, alone=alone and target is None)
    return done.before is not None and _is_edited(asked.rubric, done.before.rubric, done.before.rubric_hash)


def _is_edited(rubric: Rubric | None, name: str, used_hash: str) -> bool:
    return rubric is not None and name == rubric.name and used_hash not in ("", hash_of(rubric))


def _write(done: Rescored, target: Path, wanted: Wanted) -> None:
    write_whole(target, done.content)
    if wanted.diff:
        write_whole(target.with_suffix(".diff.json"), as_json(done.difference))
    if wanted.html:
        from service.web.page import render_page  # the template engine is loaded only for pages

        lang = page_lang(done.edited, wanted.lang)
        write_whole(target.with_suffix(".html"), render_page(done.edited, done.result.judgement, lang=lang))


def _print(file: Path, done: Rescored, wanted: Wanted, *, alone: bool) -> None:
    """The scorecard of one result that goes nowhere else; else what changed, or how much of it."""
    lang = page_lang(done.edited, wanted.lang)
    if alone and not wanted.diff:
        print_scorecard(done.edited, done.result.judgement, lang=lang, console=Console(file=sys.stdout))
        return
    labels = Labels(lang)
    if wanted.diff:
        print(plain(file.name))
        for sentence in difference_sentences(done.difference, labels):
            print(f"  {common.one_line(sentence)}")
    else:
        found = done.difference
        counts = {"lines": len(found.lines), "moments": len(found.moments)}
        told = labels.say.text("diff.nothing" if found.empty else "diff.counts", **counts)
        print(f"{plain(file.name)}: {told}")
