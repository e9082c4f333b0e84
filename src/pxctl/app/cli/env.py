"""`pxctl env`: make an environment's first release, list environments, look after their branches."""

from __future__ import annotations

from pathlib import Path
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
    verb_app,
)
from pxctl.app.cli.releasing import DryRunOption, KeyOption, OfflineOption, ReasonOption, answer, desk_for

if TYPE_CHECKING:
    from pxctl.app.flows.release import Desk

app = verb_app(no_args_is_help=True)
NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: the only environment there is.")]


@app.command(epilog=examples("pxctl env init production", "pxctl env init staging --empty"))
def init(
    name: NameArgument = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Take over the roster alone; publish the rest yourself.")
    ] = False,
    principal: Annotated[
        str | None, typer.Option("--principal", metavar="WHO", help="Your name among the signers; default: your mail.")
    ] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="No signers, even though a key is configured.")] = False,
    key: KeyOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Make the first release of an environment: everything that is on main now, for every tenant.

    Providers without fresh passing evidence are left out where the environment requires evidence. Where a signing key
    is configured you become the first signer, and every release from then on must be signed.
    """
    from pxctl.app.flows.live_start import first_release

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, name, key=key)
    result = first_release(desk, empty=empty, principal=principal, unsigned=unsigned, reason=reason, dry_run=dry_run)
    return answer(out, result, format)


@app.command("list", epilog=examples("pxctl env list"))
def list_(
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """List the environments of pxctl.yaml and where each stands."""
    from pxctl.app.flows.live_start import all_statuses
    from pxctl.report.status import environments_table

    out = Output(output, quiet=quiet, verbose=verbose)
    statuses = all_statuses(desks(repo), fetch=not offline)
    out.answer({"environments": statuses}, format, lambda found: environments_table(found["environments"]))
    return 0


@app.command(epilog=examples("pxctl env repair production --reason 'somebody merged into the branch'"))
def repair(
    name: NameArgument = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    key: KeyOption = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Put the last good release back on top of commits that are none. Nothing is erased; the record names them."""
    from pxctl.app.flows.live_start import repaired

    out = Output(output, quiet=quiet, verbose=verbose)
    return answer(out, repaired(desk_for(repo, name, key=key), reason, dry_run), format)


@app.command(epilog=examples("pxctl env tidy production"))
def tidy(
    name: NameArgument = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    key: KeyOption = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Remove versions from the tip that nobody has and no rollback can reach any more; history keeps them."""
    from pxctl.app.flows.release import release
    from pxctl.release.controls import Tidy

    out = Output(output, quiet=quiet, verbose=verbose)
    return answer(out, release(desk_for(repo, name, key=key), Tidy(reason), dry_run=dry_run), format)


def desks(repo: Path | None) -> list[Desk]:
    """A desk for each environment of pxctl.yaml."""
    from pxctl.app.cli.options import find_root
    from pxctl.app.flows.release import Desk

    root = find_root(repo)
    names = sorted(Desk(root, "").config.project.environments)
    return [Desk(root, name) for name in names]
