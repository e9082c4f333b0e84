"""`pxctl plan`: what a change does, to files and to decisions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import (
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    VerboseOption,
    examples,
    find_root,
    format_option,
    verb_app,
)
from pxctl.core.errors import PxctlError

app = verb_app()


class PlanFormat(StrEnum):
    """How a plan is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command(
    epilog=examples(
        "pxctl plan main.. --trace examples/traces/AzureLLMInferenceTrace_code.csv.gz --preset azure2023",
        "pxctl plan main..feature --trace t.jsonl --fail-on cost:+5% --fail-on residency --format markdown",
    )
)
def plan(
    change: Annotated[str, typer.Argument(metavar="BASE..HEAD", help="Commits or env:NAME; BASE.. is the work tree.")],
    trace: Annotated[Path | None, typer.Option(help="Recorded traffic to decide on both sides.")] = None,
    preset: Annotated[str | None, typer.Option(help="azure2023, mooncake, litellm or plain; else guessed.")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="FIELD=COLUMN", help="Where a field stands.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="DIM=SHARES", help="Shares, as privacy=public:70,internal:30.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIMIT", help="cost:+5%, latency:+10%, refused:+0.1%, changed:1%, tenants:20, residency, decisions."
        ),
    ] = None,
    prove: Annotated[bool, typer.Option(help="Compare over all requests, not only on the trace.")] = True,
    allow_pinned: Annotated[
        bool, typer.Option("--allow-pinned", help="A provider may go although tenants of an environment have it.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="0 nothing changes, 1 error or limit exceeded, 2 changes.")
    ] = False,
    env: Annotated[
        str | None, typer.Option("--env", "-e", help="Whose flags count; default: production, else the first.")
    ] = None,
    signals: Annotated[
        str | None, typer.Option(metavar="FILE", help="Measured facts; `store` for the repository's own.")
    ] = None,
    repo: RepoOption = None,
    format: Annotated[PlanFormat, format_option()] = PlanFormat.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Show what a change does: to files in meaning, to any request at all (proved), to recorded traffic, to tenants.

    Exit 1 where a `--fail-on` threshold is exceeded, or a provider is removed, disabled or left without its secret that
    tenants of an environment have.
    """
    from pxctl.app.flows.plan import plan_change, split_range
    from pxctl.app.flows.rehearsal import measured_signals
    from pxctl.app.flows.simulate import Traffic, pairs
    from pxctl.report.plan import plan_text
    from pxctl.report.plan_markdown import plan_markdown

    out = Output(output, quiet=quiet, verbose=verbose)
    try:
        root = find_root(repo)
        base, head = split_range(change)
        traffic = None
        if trace is not None:
            traffic = Traffic(trace, preset, pairs(column or [], "--column"), pairs(set_ or [], "--set"), seed)
        with out.progress("planning") as step:
            made = plan_change(
                root, base, head, traffic=traffic, fail_on=tuple(fail_on or ()), prove=prove,
                environment=env, measured=measured_signals(root, signals), progress=step.advance,
                guard_pinned=not allow_pinned,
            )  # fmt: skip
    except PxctlError as error:
        if detailed_exitcode:
            error.exit_code = 1
        raise
    if format is PlanFormat.MARKDOWN:
        out.write(plan_markdown(made))
    elif format is PlanFormat.HTML:
        from pxctl.report.html.plan import plan_html

        out.write(plan_html(made))
    else:
        out.answer(made, format, plan_text)
    if not made.ok:
        return 1
    return 2 if detailed_exitcode and made.changes else 0
