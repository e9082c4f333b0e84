"""The example in docs/plan.md is what the tool makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import git

from pxctl.app.flows.plan import plan_change
from pxctl.app.flows.simulate import Traffic
from pxctl.report.plan_markdown import plan_markdown

from .conftest import FILES

DOCS = Path(__file__).parents[2] / "docs" / "plan.md"
TRACE = Path(__file__).parents[2] / "examples/traces/AzureLLMInferenceTrace_code.csv.gz"
POLICY = "routing-policies/default.yaml"
EDITS = (
    ("candidates: [east/big@us, east/big@eu]", "candidates: [east/small@us, east/big@eu]"),
    ("weight: 70", "weight: 60"),
)


def test_the_comment_in_the_docs(make_repo: Callable[..., Path]) -> None:
    root = make_repo(FILES)
    base = git(root, "rev-parse", "--short=12", "HEAD")
    text = FILES[POLICY]
    for old, new in EDITS:
        assert old in text
        text = text.replace(old, new)
    (root / POLICY).write_text(text, encoding="utf-8")
    git(root, "commit", "-qam", "cheaper")
    plan = plan_change(root, base, "HEAD", traffic=Traffic(TRACE), fail_on=("cost:+5%", "residency", "refused:+0.1%"))
    made = plan_markdown(plan)
    shown = DOCS.read_text(encoding="utf-8").partition("\n---\n\n")[2]
    assert shown.splitlines() == made.splitlines(), f"docs/plan.md is out of date; after its rule it must say:\n{made}"
