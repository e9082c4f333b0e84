"""`pxctl promote`: move a rollout to its next step."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Step, verb

app = verb_app()


@verb(
    app,
    "pxctl promote --env production --policy default",
    "pxctl promote --env production --if-ready",
    "pxctl promote --env production --override errors --reason 'Prometheus is gone for good'",
)
def promote(
    go: Step,
    full: Annotated[bool, typer.Option("--full", help="Go to the last step at once.")] = False,
    if_ready: Annotated[
        bool, typer.Option("--if-ready", help="Every rollout whose wait is over and whose gates hold; else nothing.")
    ] = False,
    override: Annotated[
        list[str] | None,
        typer.Option("--override", metavar="GATE", help="Go on without this gate; needs --reason. Repeat for more."),
    ] = None,
) -> int:
    """Move a rollout to its next step, once its gates are met.

    Without --policy, --provider or --flags: the only rollout that is on its way. With --if-ready a gate that failed
    ends the rollout, and one that says nothing pauses it; both exit 1.

    --override takes a person who may publish and approve. It is for gates that say nothing (for failed ones where
    pxctl.yaml allows it), never for missing approvals, and stands in the record.
    """
    from pxctl.app.flows.promote import promote_rollouts, stopped
    from pxctl.report.release import results_text

    desk, subject = go.desk(), go.subject()
    results = promote_rollouts(
        desk, subject, full=full, if_ready=if_ready, reason=go.reason, dry_run=go.dry_run,
        overrides=tuple(override or ()),
    )  # fmt: skip
    if len(results) == 1:
        go.answer(results[0])
    else:
        go.out.answer({"results": results}, go.format, lambda found: results_text(found["results"]))
    return 1 if stopped(results) else 0
