"""`pxctl audit`: read and verify the record of releases."""

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
from pxctl.app.cli.releasing import EnvOption, OfflineOption, desk_for

app = verb_app(no_args_is_help=True)


@app.command(epilog=examples("pxctl audit log --env production --limit 50"))
def log(
    env: EnvOption = None,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="How many, newest first.")] = 20,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """List releases, newest first: when, what, how many tenants, by whom, why."""
    from pxctl.app.flows.live_start import release_log
    from pxctl.report.audit import log_text

    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(release_log(desk_for(repo, env), limit, fetch=not offline), format, log_text)
    return 0


@app.command(epilog=examples("pxctl audit show 12 --env production", "pxctl audit show 12 --format json"))
def show(
    seq: Annotated[int, typer.Argument(min=1, help="The release's number.")],
    env: EnvOption = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Show the record of one release."""
    from pxctl.app.flows.live_start import one_release
    from pxctl.report.audit import release_record

    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(one_release(desk_for(repo, env), seq, fetch=not offline), format, release_record)
    return 0


@app.command(epilog=examples("pxctl audit verify --env production --trust-root 3f9c2d1e"))
def verify(
    env: EnvOption = None,
    trust_root: Annotated[
        str | None, typer.Option("--trust-root", metavar="COMMIT", help="The first release, as known from elsewhere.")
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="COMMIT", help="A tip that was seen before and must be in it.")
    ] = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Check every release from the first one on: chain, signatures, approvals, plan digests, version files, pins.

    Works on the branch alone. Exit 1 where anything is wrong, or where nothing says that the first release is the
    right one.
    """
    from pxctl.app.flows.live_start import verified
    from pxctl.report.audit import audit_text

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env)
    with out.progress("verifying") as step:
        report = verified(desk, trust_root, checkpoint, fetch=not offline, step=step.advance)
    out.answer(report, format, audit_text)
    return 1 if report.failed else 0


@app.command(epilog=examples("pxctl audit export --env production --output releases.json"))
def export(
    env: EnvOption = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Write every release as JSON, newest first, for an auditor's own tools."""
    from pxctl.app.flows.live_start import release_log
    from pxctl.report.json import to_json

    del format
    out = Output(output, quiet=quiet, verbose=verbose)
    out.write(to_json(release_log(desk_for(repo, env), None, fetch=not offline)))
    return 0
