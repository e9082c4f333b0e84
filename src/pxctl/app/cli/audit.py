"""`pxctl audit`: read and verify the record of releases."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Read, verb

app = verb_app(no_args_is_help=True)


@verb(app, "pxctl audit log --env production --limit 50")
def log(
    go: Read,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="How many, newest first.")] = 20,
) -> int:
    """List releases, newest first: when, what, how many tenants, by whom, why."""
    from pxctl.app.flows.live_start import release_log
    from pxctl.report.audit import log_text

    return go.show(release_log(go.desk(), limit, fetch=not go.offline), log_text)


@verb(app, "pxctl audit show 12 --env production", "pxctl audit show 12 --format json")
def show(go: Read, seq: Annotated[int, typer.Argument(min=1, help="The release's number.")]) -> int:
    """Show the record of one release."""
    from pxctl.app.flows.live_start import one_release
    from pxctl.report.audit import release_record

    return go.show(one_release(go.desk(), seq, fetch=not go.offline), release_record)


@verb(app, "pxctl audit verify --env production --trust-root 3f9c2d1e")
def verify(
    go: Read,
    trust_root: Annotated[
        str | None, typer.Option("--trust-root", metavar="COMMIT", help="The first release, as known from elsewhere.")
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="COMMIT", help="A tip that was seen before and must be in it.")
    ] = None,
) -> int:
    """Check every release from the first one on: chain, signatures, approvals, plan digests, version files, pins.

    Works on the branch alone. Exit 1 where anything is wrong, or where nothing says that the first release is the
    right one.
    """
    from pxctl.app.flows.live_start import verified
    from pxctl.report.audit import audit_text

    desk = go.desk()
    with go.out.progress("verifying") as step:
        report = verified(desk, trust_root, checkpoint, fetch=not go.offline, step=step.advance)
    go.show(report, audit_text)
    return 1 if report.failed else 0


@verb(app, "pxctl audit export --env production --output releases.json")
def export(go: Read) -> int:
    """Write every release as JSON, newest first, for an auditor's own tools."""
    from pxctl.app.flows.live_start import release_log
    from pxctl.report.json import to_json

    go.out.write(to_json(release_log(go.desk(), None, fetch=not go.offline)))
    return 0
