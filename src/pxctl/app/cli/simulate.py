"""`pxctl simulate`: send recorded traffic through the policies."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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
from pxctl.core.errors import UsageError

app = verb_app()
_FAULTS = "Faults"
_COMPARE = "Compare"


class SimulateFormat(StrEnum):
    """How a simulation is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command(
    epilog=examples(
        "pxctl simulate examples/traces/AzureLLMInferenceTrace_code.csv.gz --seed 1",
        "pxctl simulate trace.jsonl --column input_tokens=prompt --set privacy=public:70,internal:30",
        "pxctl simulate --all --workers 2",
        "pxctl simulate trace.csv.gz --fault provider_outage:azure-eu@5m+3m --format html --output run.html",
        "pxctl simulate trace.csv.gz --policy default --against regulated",
    )
)
def simulate(
    trace: Annotated[Path | None, typer.Argument(help="CSV, JSON Lines (.gz too) or Parquet.")] = None,
    preset: Annotated[str | None, typer.Option(help="azure2023, mooncake, litellm or plain; else guessed.")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="FIELD=COLUMN", help="Where a field stands.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="DIM=SHARES", help="Shares, as privacy=public:70,internal:30.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    rev: Annotated[str | None, typer.Option(help="Decide with this commit's files.")] = None,
    env: Annotated[
        str | None, typer.Option("--env", "-e", help="Whose flags count; default: production, else the first.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Decide every request with this policy.")] = None,
    signals: Annotated[
        str | None, typer.Option(metavar="FILE", help="Measured facts; `store` for the repository's own.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", "-s", help="Run this scenario.", rich_help_panel=_FAULTS)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every scenario.", rich_help_panel=_FAULTS)] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="FAULT", help=r"KIND\[:TARGET]\[@START]\[+LENGTH]\[*AMOUNT].", rich_help_panel=_FAULTS),
    ] = None,
    behave: Annotated[
        bool, typer.Option("--behave", help="Call what was decided, in virtual time.", rich_help_panel=_FAULTS)
    ] = False,
    error_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Where no signal says one.", rich_help_panel=_FAULTS)
    ] = 0.0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; changes no byte.")] = 1,
    against: Annotated[
        str | None, typer.Option(metavar="POLICY", help="A/B: the other policy.", rich_help_panel=_COMPARE)
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="TABLE", help="Recorded results a model.", rich_help_panel=_COMPARE)
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A score column.", rich_help_panel=_COMPARE)
    ] = None,
    model_is: Annotated[
        list[str] | None,
        typer.Option("--is", metavar="DEPLOYMENT=COLUMN", help="Its name there.", rich_help_panel=_COMPARE),
    ] = None,
    repo: RepoOption = None,
    format: Annotated[SimulateFormat, format_option()] = SimulateFormat.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Send recorded traffic through the policies and count where it goes, what it costs, and what is refused.

    What the traffic does not say (tenant, privacy, ...) is drawn from the roster by seed. With --scenario, --fault or
    --behave the chosen deployments are called in virtual time: they answer, fail and recover, and what is measured
    changes the next decisions. Exit 1 where an expectation is broken, a fault was met by no request, or none of the
    requests could be judged.
    """
    from pxctl.app.flows.rehearse import Asked, run
    from pxctl.report.simulation import as_html, as_markdown, as_text

    out = Output(output, quiet=quiet, verbose=verbose)
    if trace is None and not (scenario or every or outcomes):
        raise UsageError("no traffic", hint="name a trace, or a scenario with --scenario ID or --all")
    if error_rate or fault:
        behave = True
    asked = Asked(
        root=find_root(repo), trace=trace, preset=preset, columns=column or [], shares=set_ or [], seed=seed, rev=rev,
        environment=env, policy=policy, scenarios=scenario or [], every=every, faults=fault or [], behave=behave,
        error_rate=error_rate, workers=workers, against=against, outcomes=outcomes, models=model or [],
        names=model_is or [], signals=signals,
    )  # fmt: skip
    with out.progress("simulating") as step:
        value: Any = run(asked, step.advance)
    if format is SimulateFormat.HTML:
        out.write(as_html(value))
    elif format is SimulateFormat.MARKDOWN:
        out.write(as_markdown(value))
    else:
        out.answer(value, format, as_text)
    return 0 if asked.succeeded(value) else 1
