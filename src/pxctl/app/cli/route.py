"""`pxctl route`: decide one request and show why."""

from __future__ import annotations

from pathlib import Path
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
    find_root,
    verb_app,
)
from pxctl.core.errors import UsageError

app = verb_app()


@app.command(
    epilog=examples(
        "pxctl route --tenant acme --privacy internal --input-tokens 1200 --output-tokens 300 --explain",
        "pxctl route --tenant acme --privacy internal --live --env production",
        "pxctl route --context request.json --format json --output decision.json",
        "pxctl route --from-trace decision.json",
    )
)
def route(
    tenant: Annotated[str | None, typer.Option(help="Who asks.")] = None,
    privacy: Annotated[str | None, typer.Option(help="The data's privacy level.")] = None,
    task_type: Annotated[str | None, typer.Option(help="What is to be done, such as chat.")] = None,
    task_tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A tag of the task; repeat it.")] = None,
    modality: Annotated[str | None, typer.Option(help="chat, vision, tts, stt, embedding or image.")] = None,
    language: Annotated[str | None, typer.Option(help="BCP 47, such as de or pt-br.")] = None,
    risk_level: Annotated[str | None, typer.Option(help="low, medium or high.")] = None,
    region: Annotated[str | None, typer.Option(help="Default: the tenant's.")] = None,
    feature: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Needed capability; repeat it.")] = None,
    input_tokens: Annotated[int | None, typer.Option(help="Estimate.")] = None,
    cached_input_tokens: Annotated[int | None, typer.Option(help="How many of them come from the cache.")] = None,
    output_tokens: Annotated[int | None, typer.Option(help="Estimate.")] = None,
    budget_usd: Annotated[str | None, typer.Option(help="The most that this request may cost.")] = None,
    sla_ms: Annotated[int | None, typer.Option(help="The longest that it may take.")] = None,
    trace_id: Annotated[str | None, typer.Option(help="Decides the buckets of weights and experiments.")] = None,
    context: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON; options stand above it.")] = None,
    signals: Annotated[Path | None, typer.Option(metavar="FILE", help="Measured facts as JSON.")] = None,
    environment: Annotated[str | None, typer.Option("--env", "-e", metavar="NAME", help="Whose flags count.")] = None,
    rev: Annotated[str | None, typer.Option(help="Decide with this commit's files.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Decide with what is released to the tenant in --env.")] = False,
    from_trace: Annotated[Path | None, typer.Option(metavar="FILE", help="Make a recorded decision again.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Every step, every deployment, and why.")] = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Decide one request and show why. Exit 1 where it is refused, or where --from-trace comes out otherwise."""
    from pxctl.app.flows.route import read_fields, read_record, replay_record, route_live, route_request
    from pxctl.core.clock import SystemClock
    from pxctl.report.decision import decision_explained, decision_text, reexecution_text

    out = Output(output, quiet=quiet, verbose=verbose)
    root = find_root(repo)
    if from_trace is not None:
        again = replay_record(root, read_record(from_trace), rev)
        out.answer(again, format, reexecution_text)
        return 0 if again.identical else 1
    given = {
        "tenant": tenant, "privacy": privacy, "task_type": task_type, "task_tags": task_tag or None,
        "modality": modality, "language": language, "risk_level": risk_level, "region": region,
        "features": feature or None, "input_tokens": input_tokens, "cached_input_tokens": cached_input_tokens,
        "output_tokens": output_tokens, "budget_usd": budget_usd, "sla_ms": sla_ms, "trace_id": trace_id,
    }  # fmt: skip
    fields = {**read_fields(context), **{name: value for name, value in given.items() if value is not None}}
    now = SystemClock().now()
    if live and rev is not None:
        raise UsageError("--live and --rev exclude each other", hint="a release holds versions, not a commit of main")
    if live:
        record = route_live(root, fields, environment, signals=signals, now=now)
    else:
        record = route_request(root, fields, rev=rev, environment=environment, signals=signals, now=now)
    out.answer(record, format, decision_explained if explain else decision_text)
    return 1 if record.decision.refusal else 0
