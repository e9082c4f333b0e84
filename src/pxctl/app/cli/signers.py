"""`pxctl signers`: who may publish, approve, rotate, switch safe mode and change the signers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Change, Read, split, verb

app = verb_app(no_args_is_help=True)


@verb(app, "pxctl signers add grace@example.com --public-key grace.pub --may publish,approve")
def add(
    go: Change,
    who: Annotated[str, typer.Argument(metavar="PRINCIPAL", help="A name for the person or robot, such as a mail.")],
    public_key: Annotated[
        list[Path] | None, typer.Option("--public-key", metavar="FILE", help="An SSH public key; repeat for more.")
    ] = None,
    forge: Annotated[str | None, typer.Option("--forge", metavar="LOGIN", help="The login on the forge.")] = None,
    may: Annotated[
        str, typer.Option("--may", metavar="A,B", help="publish, approve, rotate, safe_mode, signers.")
    ] = "publish,approve,rotate,safe_mode",
    bot: Annotated[bool, typer.Option("--bot", help="It is a robot: it never approves.")] = False,
) -> int:
    """Add a signer, or replace the one of that name."""
    from pxctl.app.flows.signers import add_signer

    keys = tuple(public_key or ())
    return go.answer(add_signer(go.desk(), who, keys, forge, split(may), bot, go.reason, go.dry_run))


@verb(app, "pxctl signers revoke grace@example.com --reason 'left the company'")
def revoke(go: Change, who: Annotated[str, typer.Argument(metavar="PRINCIPAL")]) -> int:
    """Remove a signer. What they signed before stays valid; what they sign from now on is not."""
    from pxctl.app.flows.signers import revoke_signer

    return go.answer(revoke_signer(go.desk(), who, go.reason, go.dry_run))


@verb(app, "pxctl signers list --env production", name="list")
def list_(go: Read) -> int:
    """Show who may do what, and how many must agree."""
    from pxctl.app.flows.signers import signers_of
    from pxctl.report.status import signers_text

    return go.show(signers_of(go.desk(), fetch=not go.offline), signers_text)


@verb(app, "pxctl signers approvals --by signature --required 2 --env production")
def approvals(
    go: Change,
    by: Annotated[str, typer.Option("--by", help="none, forge or signature.")],
    required: Annotated[int, typer.Option("--required", min=0, max=20, help="How many people must agree.")] = 1,
    quorum: Annotated[
        int | None, typer.Option("--quorum", min=1, max=20, help="How many must agree to change the signers.")
    ] = None,
) -> int:
    """Say how many people must agree to a release, and to a change of the signers."""
    from pxctl.app.flows.signers import change_approvals

    return go.answer(change_approvals(go.desk(), by, required, quorum, go.reason, go.dry_run))
