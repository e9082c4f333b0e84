"""`pxctl explain`: what a rule finds, why, an example and the fix."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import Format, FormatOption, Output, OutputOption, examples, verb_app

app = verb_app()


@app.command(epilog=examples("pxctl explain PX0101", "pxctl explain unknown-provider", "pxctl explain"))
def explain(
    rule: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A code or a rule's name; none: all.")] = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> int:
    """Explain a finding's code: what it says, why it matters, an example, and the fix."""
    from pxctl.app.flows.interop import foreign_rules
    from pxctl.lint.registry import find_rules
    from pxctl.lint.run import info
    from pxctl.report.rules import rules_text

    found = foreign_rules(rule) if rule is not None else []
    Output(output).answer({"rules": found or [info(one) for one in find_rules(rule)]}, format, rules_text)
    return 0
