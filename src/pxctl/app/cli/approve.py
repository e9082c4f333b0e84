"""`pxctl approve`: sign your agreement to a plan."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Call, KeyOption, verb

app = verb_app()


@verb(app, "pxctl approve releases/production/0042-default-12.yaml", "pxctl approve sha256:3f9c... --env production")
def approve(
    go: Call,
    what: Annotated[str, typer.Argument(metavar="REQUEST|DIGEST", help="A release request's file, or a plan digest.")],
    key: KeyOption = None,
) -> int:
    """Sign a plan with your SSH key; `pxctl apply` collects the signature, which counts for 24 hours.

    Who wrote the request does not approve it, and a bot never does.
    """
    from pxctl.app.flows.approvals import approve_plan
    from pxctl.report.release import approval_text

    go.out.answer(approve_plan(go.desk(key=key), what), go.format, approval_text)
    return 0
