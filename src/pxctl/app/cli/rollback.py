"""`pxctl rollback`: put earlier versions back."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Change, PrOption, RequestOption, mode_of, split, verb

app = verb_app()


@verb(
    app,
    "pxctl rollback --env production --reason 'refusals doubled'",
    "pxctl rollback --env production --policy default@11 --tenant acme --dry-run",
    "pxctl rollback --env production --to 41 --reason 'back to Friday'",
    "pxctl rollback --env production --policy default@3 --pr --reason 'older than the rollback window'",
)
def rollback(
    go: Change,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", "-p", metavar="NAME[@N]", help="This policy; repeat for more.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option("--provider", metavar="ID[@N]", help="This provider; repeat for more.")
    ] = None,
    flags: Annotated[bool, typer.Option("--flags", help="The feature flags.")] = False,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", metavar="A,B", help="These tenants only.")] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="SEQ", help="What was live at this release.")] = None,
    keep_flags: Annotated[bool, typer.Option("--keep-flags", help="Leave the flags as they are.")] = False,
    pr: PrOption = False,
    request: RequestOption = False,
) -> int:
    """Put back what was live before, as a new release, in any combination of subjects and tenants.

    Without a name: the rollout that is on its way, else the last one that finished. The version that is taken back
    stays blocked until `pxctl publish --again --reason WHY`.

    At once, unless --pr or --request asks for it: for what was not live inside the rollback window, or where others
    should agree.
    """
    from pxctl.app.flows.rollback import roll_back

    named = [*(f"policies/{p}" for p in policy or ()), *(f"providers/{p}" for p in provider or ())]
    mode = mode_of(go.dry_run, False, pr, request)
    return go.answer(
        *roll_back(
            go.desk(), [*named, *(["flags"] if flags else [])], mode, tenants=split(tenant), to=to, reason=go.reason,
            keep_flags=keep_flags,
        )
    )  # fmt: skip
