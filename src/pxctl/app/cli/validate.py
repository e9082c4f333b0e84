"""`pxctl validate`: call the real endpoints and keep the evidence."""

from __future__ import annotations

import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from pxctl.probe.run import Event

app = verb_app()


class ReportFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command(
    epilog=examples(
        "pxctl validate openai-main --env production",
        "pxctl validate --all --format junit --output validation.xml",
        "pxctl validate azure-eu --suite chat,tools --min-health eu=0.8",
    )
)
def validate(
    providers: Annotated[list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Provider ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every enabled provider.")] = False,
    suite: Annotated[
        list[str] | None, typer.Option("--suite", help="Suites instead of the file's: `chat,tools` or `eu=chat`.")
    ] = None,
    region: Annotated[list[str] | None, typer.Option("--region", help="Only these regions' endpoints.")] = None,
    env: Annotated[str | None, typer.Option("--env", help="Fills {environment} in credential references.")] = None,
    rev: Annotated[str | None, typer.Option("--rev", help="Validate the files of a commit, not the work tree.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="The commit whose credential grants hold.")] = None,
    min_health: Annotated[list[str] | None, typer.Option(help="Instead of the file's: `0.9` or `eu=0.8`.")] = None,
    max_p95_ms: Annotated[list[str] | None, typer.Option(help="Instead of the file's, likewise.")] = None,
    max_error_rate: Annotated[list[str] | None, typer.Option(help="Instead of the file's, likewise.")] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="Calls of the chat suite.")] = 3,
    budget_usd: Annotated[str | None, typer.Option(help="At most this much a provider.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=1, help="At most this many calls a provider.")] = None,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds a provider may take.")] = 120.0,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Providers at once.")] = 32,
    repo: RepoOption = None,
    format: Annotated[ReportFormat, format_option()] = ReportFormat.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Call the real endpoints: every suite, every region, within a budget. Evidence is kept; exit 1 where one fails."""
    from pxctl.app.flows.overrides import settings_from
    from pxctl.app.flows.validate import Request, validate
    from pxctl.report import evidence as report_evidence

    out = Output(output, quiet=quiet, verbose=verbose)
    settings = settings_from(
        suites=suite or (), regions=region or (), min_health=min_health or (), max_p95_ms=max_p95_ms or (),
        max_error_rate=max_error_rate or (), samples=samples, budget_usd=budget_usd, max_calls=max_calls,
        deadline_s=deadline, concurrency=concurrency,
    )  # fmt: skip
    request = Request(find_root(repo), tuple(providers or ()), everything, rev, base, env, settings)
    lock = threading.Lock()
    with out.progress("validating") as step:

        def tell(event: Event) -> None:
            with lock:
                if event.result is not None:
                    step.advance(0, report_evidence.progress_line(event.provider, event.result))
                elif event.evidence is not None:
                    step.advance(1)
                else:
                    step.expect(1)

        report = validate(request, on_event=tell)
    match format:
        case ReportFormat.MARKDOWN:
            out.write(report_evidence.validation_markdown(report))
        case ReportFormat.JUNIT:
            from pxctl.report.evidence_junit import validation_junit

            out.write(validation_junit(report))
        case ReportFormat.HTML:
            from pxctl.report.evidence_html import validation_html

            out.write(validation_html(report))
        case _:
            out.answer(report, format, report_evidence.validation_text)
    for warning in report.warnings:
        out.warn(warning)
    if not report.stored:
        out.warn(f"the evidence could not be stored in {Path('.pxctl') / 'signals.db'}")
    if report.interrupted:
        return 130
    return 2 if not report.stored else 0 if report.passed else 1
