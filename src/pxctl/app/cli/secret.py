"""`pxctl secret`: set, rotate and inspect credentials, never showing one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    VerboseOption,
    examples,
    find_root,
    verb_app,
)
from pxctl.core.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from pxctl.core.secret import Secret

app = verb_app(no_args_is_help=True)

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Provider id.")]
Providers = Annotated[list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Provider ids; default: all.")]
NameOption = Annotated[str, typer.Option("--name", help="Which of the provider's credentials.")]
EnvOption = Annotated[str | None, typer.Option("--env", help="Fills {environment} in credential references.")]
BaseOption = Annotated[str | None, typer.Option("--base", help="The commit whose stores and grants hold.")]
LIMIT = 64 * 1024


@app.command("set", epilog=examples("pxctl secret set openai-main --env production", "pxctl secret set groq < key.txt"))
def set_(
    provider: Provider, name: NameOption = "api_key", env: EnvOption = None, base: BaseOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Store a credential. The value comes from a prompt or from stdin, never from the command line."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.secret import change_text

    room = Room(find_root(repo), env, base)
    expected = flow.present_version(room, provider, name)
    change = flow.set_secret(room, provider, name, read_value(provider), expected)
    Output(output, quiet=quiet, verbose=verbose).answer(change, format, change_text)
    return 0


@app.command(epilog=examples("pxctl secret rotate openai-main --env production"))
def rotate(
    provider: Provider, name: NameOption = "api_key", env: EnvOption = None, base: BaseOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Write a new version, validate the provider with it, and only then make it live; else the old one stays."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.rotate import rotate as run_rotation
    from pxctl.app.flows.secret_room import Room
    from pxctl.probe.settings import Settings
    from pxctl.report.evidence import progress_line
    from pxctl.report.secret import change_text

    out = Output(output, quiet=quiet, verbose=verbose)
    room = Room(find_root(repo), env, base)
    expected = flow.present_version(room, provider, name)
    value = read_value(provider)
    change = run_rotation(
        room, provider, name, value, expected, Settings(),
        lambda event: out.note(progress_line(event.provider, event.result)) if event.result else None,
    )  # fmt: skip
    out.answer(change, format, change_text)
    if not change.done and change.validation is not None:
        for evidence in change.validation.evidence:
            for reason in evidence.reasons:
                out.note(f"  - {reason}")
    return 0 if change.done else 1


@app.command(epilog=examples("pxctl secret clear groq --env staging"))
def clear(
    provider: Provider, name: NameOption = "api_key", env: EnvOption = None, base: BaseOption = None,
    confirm: Annotated[str | None, typer.Option("--confirm", help="The provider's id again; asks nothing.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Although the provider is live; needs --reason.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the audit record.")] = "",
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Remove a credential. Asks for the provider's name."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.secret import change_text

    room = Room(find_root(repo), env, base)
    room.reference(room.provider(provider), name)
    if confirm is None:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", hint=f"say --confirm {provider} if you mean it")
        confirm = typer.prompt(f"the secret of {provider} will be removed; type the provider's id", err=True)
    if confirm != provider:
        raise RefusedError("that is not the provider's id; nothing was done")
    change = flow.clear(room, provider, name, force=force, reason=reason)
    Output(output, quiet=quiet, verbose=verbose).answer(change, format, change_text)
    return 0


@app.command(epilog=examples("pxctl secret undo groq --version 4 --env staging"))
def undo(
    provider: Provider,
    version: Annotated[str, typer.Option("--version", help="The version to bring back.")],
    name: NameOption = "api_key", env: EnvOption = None, base: BaseOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Bring back a version that was cleared or replaced, where the store keeps versions."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.secret import change_text

    change = flow.undo(Room(find_root(repo), env, base), provider, name, version)
    Output(output, quiet=quiet, verbose=verbose).answer(change, format, change_text)
    return 0


@app.command(epilog=examples("pxctl secret status", "pxctl secret status --env production --format json"))
def status(
    providers: Providers = None, env: EnvOption = None, base: BaseOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Present or missing, version, age, rotated by whom, due when: from metadata alone. Exit 1 where one is overdue."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.secret import status_text

    report = flow.status(Room(find_root(repo), env, base), tuple(providers or ()))
    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(report, format, status_text)
    for warning in report.warnings:
        out.warn(warning)
    return report.exit_code


@app.command(epilog=examples("pxctl secret check openai-main --env production"))
def check(
    providers: Providers = None, env: EnvOption = None, base: BaseOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Reach the stores, log in, and resolve each credential for each endpoint; no value is shown or sent."""
    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.secret import check_text

    found = flow.check(Room(find_root(repo), env, base), tuple(providers or ()))
    Output(output, quiet=quiet, verbose=verbose).answer(found, format, check_text)
    return 0 if found.passed else 2


def read_value(provider: str) -> Secret:
    """The value, typed twice without echo, or the whole of stdin without its last line break. Raises UsageError."""
    from pxctl.core.secret import Secret

    if sys.stdin.isatty():
        import getpass

        first = getpass.getpass(f"secret of {provider}: ")
        if getpass.getpass("again: ") != first:
            raise UsageError("the two did not match; nothing was done")
        text = first
    else:
        text = sys.stdin.read(LIMIT + 1)
    if len(text) > LIMIT:
        raise UsageError("a secret of more than 64 KiB is none")
    text = text.strip("\r\n")
    if not text.strip():
        raise UsageError("no value came", hint="type it, or send it on stdin")
    if "\x00" in text:
        raise UsageError("the value holds a NUL character")
    return Secret(text)
