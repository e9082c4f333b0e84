"""The lazy group: it knows every verb by name and help line, and imports a verb's module when that verb runs."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pxctl import __version__
from pxctl.app.cli.tidy import tidy
from pxctl.app.cli.verbs import Verb, available

_SHARED = {"--repo": 1, "-C": 1, "--format": 1, "--output": 1, "-o": 1, "--quiet": 0, "-q": 0, "--verbose": 0, "-v": 0}
"""Shared options that may also stand before the verb, and how many values each takes."""

HELP = """Govern AI model providers and model routing from a git repository.

Files are what you want, an environment's branch is what is live.
Nothing goes live that was not checked and rehearsed on recorded traffic, and one command undoes it.
"""
EPILOG = "\n\n".join(
    (
        "Start: pxctl init my-models && cd my-models && pxctl lint",
        "Exit codes: 0 done, 1 the input failed, 2 the tool could not do it, 3 a bug, 4 refused, 130 interrupted.",
    )
)


class LazyGroup(TyperGroup):
    """The root command."""

    def __init__(self, **attrs: Any) -> None:
        self.verbs = available()
        attrs["commands"] = {verb.name: _stub(verb) for verb in self.verbs.values()}
        super().__init__(**attrs)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let shared options stand before the verb, as in `pxctl --repo DIR lint`."""
        return super().parse_args(ctx, hoist(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb, and only now import it."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and command.name in self.verbs:
            command = load_verb(self.verbs[command.name])
        return name, command, rest


def hoist(args: list[str]) -> list[str]:
    """Move shared options that stand before the verb to where the verb's own options are read."""
    at = 0
    while at < len(args):
        name, equals, _ = args[at].partition("=")
        if name not in _SHARED:
            break
        at += 1 if equals else 1 + _SHARED[name]
    if at == 0 or at >= len(args) or args[at].startswith("-"):
        return args
    shared, rest = args[:at], args[at:]
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *shared, *rest[end:]]


def load_verb(verb: Verb) -> Any:
    """Import a verb's module and turn its `app` into a command."""
    app: typer.Typer = import_module(verb.module).app
    app._add_completion = False
    command = get_command(app)
    command.name = verb.name
    command.help = command.help or verb.help + "."
    tidy(command)
    return command


def _stub(verb: Verb) -> TyperCommand:
    return TyperCommand(verb.name, callback=None, help=verb.help, short_help=verb.help, rich_help_panel=verb.panel)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"pxctl {__version__}\n")
        raise typer.Exit


def root() -> Any:
    """The command line as a whole."""
    app = typer.Typer(
        cls=LazyGroup,
        name="pxctl",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(help=HELP, epilog=EPILOG)
    def pxctl(
        version: bool = typer.Option(
            False, "--version", "-V", callback=_version, is_eager=True, help="Print the version and stop."
        ),
    ) -> None:
        del version

    command = get_command(app)
    tidy(command)
    return command
