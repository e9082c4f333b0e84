"""Semantic difference: what means the same is nothing, what means something else is named by its names."""

from __future__ import annotations

from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.model.configuration import Configuration
from pxctl.replay.meaning import meaning

from .conftest import FILES, configured


def only(before: Configuration, after: Configuration) -> tuple[str, str, str | None, str | None]:
    (found,) = meaning(before, after)
    return found.what, f"{found.kind} {found.id}: {found.path}", found.before, found.after


def test_layout_comments_and_spelled_out_defaults_mean_nothing(company: Configuration) -> None:
    files = {path: "# a comment\n" + text for path, text in FILES.items()}
    files["providers/west.yaml"] += "enabled: true\ntenants: {allow: ['*']}\n"
    files["routing-policies/default.yaml"] = files["routing-policies/default.yaml"].replace(
        "candidates: [east/big@us, east/big@eu]",
        "strategy: listed\n    candidates: [{deployment: east/big@us, weight: 100}, east/big@eu]",
    )
    loaded = load(DictTree(files))
    assert not loaded.findings
    assert meaning(company, loaded.config) == ()


def test_a_weight(company: Configuration) -> None:
    after = configured(policy=("weight: 70", "weight: 50"))
    assert only(company, after) == (
        "changed", "policy default: routes/free/candidates/east/small@us/weight", "70", "50",
    )  # fmt: skip


def test_order_of_candidates_means_something(company: Configuration) -> None:
    after = configured(policy=("[east/big@us, east/big@eu]", "[east/big@eu, east/big@us]"))
    assert only(company, after) == (
        "reordered", "policy default: routes/rest/candidates", "[east/big@us, east/big@eu]",
        "[east/big@eu, east/big@us]",
    )  # fmt: skip


def test_a_set_has_no_order() -> None:
    before = configured(policy=("match: {tier: [free]}", "match: {tier: [free, silver]}"))
    after = configured(policy=("match: {tier: [free]}", "match: {tier: [silver, free]}"))
    wider = configured(policy=("match: {tier: [free]}", "match: {tier: [silver, free, gold]}"))
    assert meaning(before, after) == ()
    assert only(before, wider) == ("added", "policy default: routes/free/match/tier", None, "[gold]")


def test_added_removed_and_nested(company: Configuration) -> None:
    after = configured(
        west=("context_tokens: 32000, ", ""), tenants=("  - {id: cove, tier: free, business_line: labs, region: eu, "
                                                       "privacy_max: public}\n", ""))  # fmt: skip
    found = {(c.kind, c.id, c.what, c.path) for c in meaning(company, after)}
    assert found == {("provider", "west", "removed", "models/mid/context_tokens"), ("tenant", "cove", "removed", "")}


def test_routes_are_told_by_name() -> None:
    before = configured()
    text = FILES["routing-policies/default.yaml"]
    start, free, rest = text.index("  - name: restricted"), text.index("  - name: free"), text.index("  - name: rest\n")
    swapped = text[:start] + text[free:rest] + text[start:free] + text[rest:]
    after = load(DictTree({**FILES, "routing-policies/default.yaml": swapped})).config
    assert only(before, after)[:2] == ("reordered", "policy default: routes")
