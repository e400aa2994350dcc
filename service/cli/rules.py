"""`timbre rules`: run the examples of a pack, and say why a line matches or what stopped it."""

from __future__ import annotations

from typing import Annotated

import typer

from audio.timeline import Party
from service.cli import common
from service.errors import ServiceError
from service.say import Say
from service.words.rules import named_pack
from service.words.rules.commands import Tested, run_examples, why
from service.words.rules.loading import BUILT_IN

_PARTIES: dict[str, Party] = {"agent": "agent", "customer": "customer"}
EXIT_WRONG_EXAMPLES = 1


def test(
    packs: Annotated[list[str] | None, typer.Argument(metavar="[PACK]...")] = None,
    lang: common.LangOption = None,
) -> None:
    """Run the examples of packs; exit code 1 when one of them is not as it should be."""
    with common.one_sentence(lang) as say:
        read = [named_pack(name) for name in packs or BUILT_IN]
        tested = [run_examples(pack) for pack in read]
        for one in tested:
            _print_tested(one, say)
        if any(one.wrong for one in tested):
            raise typer.Exit(EXIT_WRONG_EXAMPLES)


test.__test__ = False  # type: ignore[attr-defined]  # a command, whatever its name


def _print_tested(tested: Tested, say: Say) -> None:
    heads = [say.text(f"cli.rules.{name}") for name in ("act", "rules", "match", "no_match", "wrong")]
    rows = [[a.act, *map(str, (a.n_rules, a.n_match, a.n_no_match, a.n_wrong))] for a in tested.acts]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        print(
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        )
    for note in (*tested.wrong, tested.total):
        print(common.one_line(say(note)))


def try_text(
    pack: Annotated[str, typer.Argument(metavar="PACK")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    party: Annotated[str, typer.Option("--party", metavar="agent|customer")] = "agent",
    lang: common.LangOption = None,
) -> None:
    """Say why a line matches, or which condition stopped it."""
    with common.one_sentence(lang) as say:
        if party not in _PARTIES:
            raise ServiceError("cli.bad_option", option="--party", value=party[:20], allowed=", ".join(_PARTIES))
        for note in why(named_pack(pack), text, _PARTIES[party]):
            print(common.one_line(say(note)))
