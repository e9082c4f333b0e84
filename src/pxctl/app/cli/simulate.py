"""`pxctl simulate`: send recorded traffic through the policies."""

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

app = verb_app()

EnvOption = Annotated[
    str | None, typer.Option("--env", "-e", help="Whose flags count; default: production, else the first.")
]


class SimulateFormat(StrEnum):
    """How a simulation is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command(
    epilog=examples(
        "pxctl simulate examples/traces/AzureLLMInferenceTrace_code.csv.gz --preset azure2023 --seed 1",
        "pxctl simulate trace.jsonl --column input_tokens=prompt --set privacy=public:70,internal:30",
    )
)
def simulate(
    trace: Annotated[Path, typer.Argument(help="CSV, JSON Lines (.gz too) or Parquet.", show_default=False)],
    preset: Annotated[str | None, typer.Option(help="azure2023, mooncake, litellm or plain; else guessed.")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="FIELD=COLUMN", help="Where a field stands.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="DIM=SHARES", help="Shares, as privacy=public:70,internal:30.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    rev: Annotated[str | None, typer.Option(help="Decide with this commit's files.")] = None,
    policy: Annotated[str | None, typer.Option(help="Decide every request with this policy.")] = None,
    env: EnvOption = None,
    repo: RepoOption = None,
    format: Annotated[SimulateFormat, format_option()] = SimulateFormat.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Send recorded traffic through the policies and count where it goes, what it costs, and what is refused.

    What the traffic does not say (tenant, privacy, ...) is drawn from the roster by seed. Exit 1 where the
    configuration could judge none of the requests.
    """
    from pxctl.app.flows.simulate import Traffic, pairs, replay_trace
    from pxctl.report.replay import replay_text
    from pxctl.report.replay_markdown import replay_markdown

    out = Output(output, quiet=quiet, verbose=verbose)
    traffic = Traffic(trace, preset, pairs(column or [], "--column"), pairs(set_ or [], "--set"), seed)
    with out.progress("replaying") as step:
        report = replay_trace(find_root(repo), traffic, rev=rev, policy=policy, environment=env, progress=step.advance)
    if format is SimulateFormat.MARKDOWN:
        out.write(replay_markdown(report))
    else:
        out.answer(report, format, replay_text)
    return 1 if report.totals.requests == 0 else 0
