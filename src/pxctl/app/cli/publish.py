"""`pxctl publish`: release a version of a policy, a provider, the flags or the roster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import PrOption, RequestOption, Step, mode_of, one_subject, split, verb
from pxctl.core.errors import UsageError

app = verb_app()
_LIST = "comma-separated; several options must all hold, names are added"


@verb(
    app,
    "pxctl publish --env production --policy default --dry-run",
    "pxctl publish --env production --provider openai-main --tier gold,silver --rollout standard",
    "pxctl publish --env production --roster --direct",
    "pxctl publish --env production --provider old-account --withdraw --reason 'contract ends'",
    "pxctl publish --refresh releases/production/0042-default-12.yaml",
)
def publish(
    go: Step,
    roster: Annotated[bool, typer.Option("--roster", help="The tenants: add the new ones, remove the gone.")] = False,
    tenants: Annotated[str | None, typer.Option("--tenants", metavar="A,B", help=f"These tenants; {_LIST}.")] = None,
    business_line: Annotated[
        str | None, typer.Option("--business-line", metavar="X,Y", help="These business lines.")
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", metavar="X,Y", help="These tiers.")] = None,
    rollout: Annotated[
        str | None, typer.Option("--rollout", metavar="PLAN", help="A rollout of pxctl.yaml, or `immediate`.")
    ] = None,
    source: Annotated[str, typer.Option("--source", metavar="COMMIT", help="The commit to release from.")] = "HEAD",
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="Recorded traffic: which of its decisions change.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Release a version that was withdrawn; needs --reason.")
    ] = False,
    supersede: Annotated[bool, typer.Option("--supersede", help="End the rollout that is on its way.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take a provider from everybody who has it; needs --reason.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Remove many tenants at once, or take a provider that is in use; needs --reason."),
    ] = False,
    refresh: Annotated[
        str | None, typer.Option("--refresh", metavar="REQUEST", help="Plan a request that became stale again.")
    ] = None,
    direct: Annotated[bool, typer.Option("--direct", help="Release now, without a pull request.")] = False,
    pr: PrOption = False,
    request: RequestOption = False,
) -> int:
    """Release what a commit on main holds: the plan first, then the first step of the rollout.

    Without --pr, --request or --direct: a pull request where pxctl.yaml names a forge, else directly.
    """
    mode = mode_of(go.dry_run, direct, pr, request)
    if refresh is not None:
        return _refresh(go, roster, refresh, mode)
    from pxctl.app.flows.publish import publish_subject

    subject = one_subject(go.policy, go.provider, go.flags, roster)
    return go.answer(
        *publish_subject(
            go.desk(rev=source), subject or "", mode, tenants=split(tenants), business_lines=split(business_line),
            tiers=split(tier), rollout=rollout, reason=go.reason, again=again, supersede=supersede, force=force,
            withdraw=withdraw, trace=trace,
        )
    )  # fmt: skip


def _refresh(go: Step, roster: bool, request: str, mode: str | None) -> int:
    from pxctl.app.flows.refresh import refresh
    from pxctl.release.requests import environment_of

    if go.subject() or roster or mode == "direct":
        raise UsageError(
            "--refresh plans a request again as it is", hint="leave the subject and --direct out, or make a new request"
        )
    path = request.removeprefix("./")
    return go.answer(*refresh(replace(go, env=environment_of(path)).desk(), path, mode))
