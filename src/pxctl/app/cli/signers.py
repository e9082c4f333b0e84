"""`pxctl signers`: who may publish, approve, rotate, switch safe mode and change the signers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    verb_app,
)
from pxctl.app.cli.releasing import (
    DryRunOption,
    EnvOption,
    KeyOption,
    OfflineOption,
    ReasonOption,
    SkewOption,
    answer,
    desk_for,
    split,
)

app = verb_app(no_args_is_help=True)


@app.command(epilog=examples("pxctl signers add grace@example.com --public-key grace.pub --may publish,approve"))
def add(
    who: Annotated[str, typer.Argument(metavar="PRINCIPAL", help="A name for the person or robot, such as a mail.")],
    public_key: Annotated[
        list[Path] | None, typer.Option("--public-key", metavar="FILE", help="An SSH public key; repeat for more.")
    ] = None,
    forge: Annotated[str | None, typer.Option("--forge", metavar="LOGIN", help="The login on the forge.")] = None,
    may: Annotated[
        str, typer.Option("--may", metavar="A,B", help="publish, approve, rotate, safe_mode, signers.")
    ] = "publish,approve,rotate,safe_mode",
    bot: Annotated[bool, typer.Option("--bot", help="It is a robot: it never approves.")] = False,
    env: EnvOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    key: KeyOption = None,
    skew_ok: SkewOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Add a signer, or replace the one of that name."""
    from pxctl.app.flows.signers import add_signer

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    result = add_signer(desk, who, tuple(public_key or ()), forge, split(may), bot, reason, dry_run)
    return answer(out, result, format)


@app.command(epilog=examples("pxctl signers revoke grace@example.com --reason 'left the company'"))
def revoke(
    who: Annotated[str, typer.Argument(metavar="PRINCIPAL")],
    env: EnvOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    key: KeyOption = None,
    skew_ok: SkewOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Remove a signer. What they signed before stays valid; what they sign from now on is not."""
    from pxctl.app.flows.signers import revoke_signer

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    return answer(out, revoke_signer(desk, who, reason, dry_run), format)


@app.command("list", epilog=examples("pxctl signers list --env production"))
def list_(
    env: EnvOption = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Show who may do what, and how many must agree."""
    from pxctl.app.flows.signers import signers_of
    from pxctl.report.status import signers_text

    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(signers_of(desk_for(repo, env), fetch=not offline), format, signers_text)
    return 0


@app.command(epilog=examples("pxctl signers approvals --by signature --required 2 --env production"))
def approvals(
    by: Annotated[str, typer.Option("--by", help="none, forge or signature.")],
    required: Annotated[int, typer.Option("--required", min=0, max=20, help="How many people must agree.")] = 1,
    quorum: Annotated[
        int | None, typer.Option("--quorum", min=1, max=20, help="How many must agree to change the signers.")
    ] = None,
    env: EnvOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    key: KeyOption = None,
    skew_ok: SkewOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Say how many people must agree to a release, and to a change of the signers."""
    from pxctl.app.flows.signers import change_approvals

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    return answer(out, change_approvals(desk, by, required, quorum, reason, dry_run), format)
