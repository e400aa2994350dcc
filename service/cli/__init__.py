"""The command line: `timbre`. Each command parses, calls the parts, writes; nothing is decided here.

Help texts live in the catalogues (`cli.command.analyse`, `cli.option.lang` ...) so that `--help` speaks French
to a French system; `main` puts them in place.
"""

from __future__ import annotations

from typing import Any

import typer

from service.cli import keeping, models, rubric, rules, serve, users, verbs
from service.cli.analyse import analyse
from service.cli.batch import batch
from service.cli.demo import demo
from service.cli.export import export, import_vcon
from service.cli.init import init
from service.cli.listening import listening
from service.cli.plan import plan
from service.cli.report import report
from service.cli.rescore import rescore
from service.say import Say
from service.settings import system_language


def build() -> Any:
    """The command tree, with its help in the system's language."""
    app = typer.Typer(name="timbre", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    app.callback(help="x")(_version_option)
    app.command("analyse")(analyse)
    app.command("rescore")(rescore)
    app.command("turns")(verbs.turns)
    app.command("floor")(verbs.floor)
    app.command("voice")(verbs.voice)
    app.command("acts")(verbs.acts)
    app.command("schema")(verbs.schema)
    app.command("demo")(demo)
    app.command("init")(init)
    app.command("serve")(serve.serve)
    app.command("worker")(serve.worker)
    app.command("purge")(keeping.purge)
    app.command("batch")(batch)
    app.command("plan")(plan)
    app.command("report")(report)
    app.command("export")(export)
    app.command("import")(import_vcon)
    app.command("listening")(listening)
    _add_groups(app)
    command = typer.main.get_command(app)
    _explain(command, Say(system_language()))
    return command


def _add_groups(app: typer.Typer) -> None:
    """Commands of two words."""
    store = typer.Typer(no_args_is_help=True)
    store.command("fetch")(models.fetch)
    store.command("list")(models.list_models)
    store.command("verify")(models.verify)
    app.add_typer(store, name="models", help="x")
    people = typer.Typer(no_args_is_help=True)
    people.command("add")(users.add)
    people.command("import")(users.import_people)
    people.command("password")(users.password)
    app.add_typer(people, name="users", help="x")
    _add_keeping(app)
    campaigns = typer.Typer(no_args_is_help=True)
    campaigns.command("add")(users.add_campaign)
    campaigns.callback(help="x")(_group)
    app.add_typer(campaigns, name="campaigns", help="x")
    packs = typer.Typer(no_args_is_help=True)
    packs.command("test")(rules.test)
    packs.command("try")(rules.try_text)
    app.add_typer(packs, name="rules", help="x")
    rubrics = typer.Typer(no_args_is_help=True)
    rubrics.command("check")(rubric.check)
    rubrics.command("show")(rubric.show)
    rubrics.command("diff")(rubric.diff)
    rubrics.command("import")(rubric.import_grid)
    app.add_typer(rubrics, name="rubric", help="x")


def _add_keeping(app: typer.Typer) -> None:
    """What is given to people, held by law, and deleted."""
    one = typer.Typer(no_args_is_help=True)
    one.command("export")(keeping.person_export)
    one.command("delete")(keeping.person_delete)
    app.add_typer(one, name="person", help="x")
    holds = typer.Typer(no_args_is_help=True)
    holds.command("add")(keeping.hold_add)
    holds.command("list")(keeping.hold_list)
    holds.command("release")(keeping.hold_release)
    app.add_typer(holds, name="hold", help="x")
    calls = typer.Typer(no_args_is_help=True)
    calls.command("delete")(keeping.calls_delete)
    calls.callback(help="x")(_group)
    app.add_typer(calls, name="calls", help="x")


def _print_version(asked: bool) -> None:
    """Before any command is looked for: `timbre --version` names none."""
    if asked:
        from importlib.metadata import version

        print(f"timbre {version('timbre')}")
        raise typer.Exit


def _version_option(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_print_version, help="x"),
) -> None:
    """Options of `timbre` itself."""


def _group() -> None:
    """Keeps a group with one command a group."""


def _explain(command: Any, say: Say, path: str = "") -> None:
    """Help of a command, its options and its sub-commands, from the catalogue."""
    name = f"{path}{command.name}" if path or command.name != "timbre" else "timbre"
    command.help = command.short_help = None
    command.help = say.text(f"cli.command.{name.replace(' ', '.')}")
    for param in command.params:
        if param.name in ("help", "install_completion", "show_completion") or not hasattr(param, "help"):
            continue
        specific = f"cli.option.{name.replace(' ', '.')}.{param.name}"
        param.help = say.text(specific if say.has(specific) else f"cli.option.{param.name}")
    for child in getattr(command, "commands", {}).values():
        _explain(child, say, "" if name == "timbre" else f"{name} ")


def main() -> None:
    """Entry point of the `timbre` command."""
    build()()
