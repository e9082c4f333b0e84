"""Rules for people: one in full, or all as a table; and the page docs/rules.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pxctl.model.finding import RuleInfo
from pxctl.report.text import Table


def rules_text(answer: Mapping[str, Sequence[RuleInfo]]) -> Any:
    """One rule with its whole documentation, or a table of many."""
    rules = answer["rules"]
    if len(rules) == 1:
        rule = rules[0]
        fix = "; `pxctl lint --fix` mends it" if rule.fixable else ""
        return f"{rule.code} {rule.name} ({rule.family}, {rule.severity.value}{fix})\n\n{rule.help}"
    rows = [(rule.code, rule.name, rule.severity.value, rule.summary) for rule in rules]
    return Table(("code", "rule", "severity", "what"), rows)


def rules_markdown(rules: Sequence[RuleInfo], families: Mapping[str, str]) -> str:
    """docs/rules.md: a table of all rules, then each with its documentation."""
    parts = [
        "# Rules",
        "",
        "Made from the rules themselves by `python tools/make_rules_page.py`; a test keeps it true.",
        "",
        f"{len(rules)} rules. `pxctl explain CODE` prints the same. Severities can be changed in pxctl.yaml under",
        "`lint.rules`, for some paths too; one line is excepted by `# pxctl: ignore CODE reason`.",
        "",
    ]
    for family, title in families.items():
        chosen = [rule for rule in rules if rule.family == family]
        parts += [f"## {title}", "", "| code | rule | severity | what it finds |", "|---|---|---|---|"]
        for rule in chosen:
            star = " (fixable)" if rule.fixable else ""
            summary = rule.summary.replace("|", "\\|")
            parts.append(
                f"| [{rule.code}](#{rule.code.lower()}) | {rule.name} | {rule.severity.value}{star} | {summary} |"
            )
        parts.append("")
        for rule in chosen:
            parts += [f"### {rule.code}", "", f"**{rule.name}**", "", markdown_help(rule.help), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def markdown_help(text: str) -> str:
    """A rule's documentation as Markdown: the example as a code block, the labels bold."""
    out: list[str] = []
    code = False
    for line in text.split("\n"):
        if line == "Example:":
            out += ["**Example:**", "", "```yaml"]
            code = True
        elif code and (line.startswith("    ") or not line):
            if line:
                out.append(line[4:])
            else:
                out += ["```", ""]
                code = False
        else:
            out.append(re.sub(r"^(Why|Fix):", r"**\1:**", line))
    return "\n".join(out)
