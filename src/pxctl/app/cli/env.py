"""`pxctl env`: make an environment's first release, list environments, look after their branches."""

from __future__ import annotations

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
from pxctl.app.cli.releasing import ChangeOf, OfflineOption, desks, verb

app = verb_app(no_args_is_help=True)


@verb(app, "pxctl env init production", "pxctl env init staging --empty")
def init(
    go: ChangeOf,
    empty: Annotated[
        bool, typer.Option("--empty", help="Take over the roster alone; publish the rest yourself.")
    ] = False,
    principal: Annotated[
        str | None, typer.Option("--principal", metavar="WHO", help="Your name among the signers; default: your mail.")
    ] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="No signers, even though a key is configured.")] = False,
) -> int:
    """Make the first release of an environment: everything that is on main now, for every tenant.

    Providers without fresh passing evidence are left out where the environment requires evidence. Where a signing key
    is configured you become the first signer, and every release from then on must be signed.
    """
    from pxctl.app.flows.live_start import first_release

    return go.answer(
        first_release(
            go.desk(), empty=empty, principal=principal, unsigned=unsigned, reason=go.reason, dry_run=go.dry_run
        )
    )


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

    statuses = all_statuses(desks(repo), fetch=not offline)
    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer({"environments": statuses}, format, lambda found: environments_table(found["environments"]))
    return 0


@verb(app, "pxctl env repair production --reason 'somebody merged into the branch'")
def repair(go: ChangeOf) -> int:
    """Put the last good release back on top of commits that are none. Nothing is erased; the record names them."""
    from pxctl.app.flows.live_start import repaired

    return go.answer(repaired(go.desk(), go.reason, go.dry_run))


@verb(app, "pxctl env tidy production")
def tidy(go: ChangeOf) -> int:
    """Remove versions from the tip that nobody has and no rollback can reach any more; history keeps them."""
    from pxctl.release.controls import Tidy

    return go.make(Tidy(go.reason))
