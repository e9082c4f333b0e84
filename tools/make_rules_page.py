"""Write docs/rules.md from the rules: `python tools/make_rules_page.py`."""

from __future__ import annotations

from pathlib import Path

from pxctl.lint.base import FAMILIES
from pxctl.lint.registry import all_rules
from pxctl.lint.run import info
from pxctl.report.rules import rules_markdown

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"

if __name__ == "__main__":
    PAGE.write_text(rules_markdown([info(rule) for rule in all_rules().values()], FAMILIES), encoding="utf-8")
