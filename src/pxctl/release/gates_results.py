"""Gates that are no metrics: what other rooms found, as values -> gate results. Checking nothing is inconclusive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pxctl.model.evidence import Evidence
from pxctl.model.finding import LintReport, Severity
from pxctl.model.impact import Limit
from pxctl.model.release import Approval, GateResult
from pxctl.release.draft import missing_approvals

Verdict = Literal["passed", "failed", "inconclusive"]


class Claim(NamedTuple):
    """Something that holds, does not, or could not be settled (None)."""

    name: str
    holds: bool | None
    detail: str = ""


def claims_gate(kind: str, claims: Iterable[Claim], wanted: Collection[str] = (), name: str = "") -> GateResult:
    """Guarantees that were proved, scenarios that were run. `wanted`: names that must be among them (none: all).

    A wanted one that is missing, one that could not be settled, and none at all are inconclusive; one that does not
    hold is a failure, whatever the others are.
    """
    there = {claim.name: claim for claim in claims}
    chosen = {n: there.get(n) for n in (wanted or there)}
    broken = [c for c in chosen.values() if c is not None and c.holds is False]
    unclear = [n for n, c in chosen.items() if c is None or c.holds is None]
    facts = {"checked": len(chosen), "failed": [c.name for c in broken], "unclear": unclear}

    def result(verdict: Verdict, detail: str) -> GateResult:
        return GateResult(kind=kind, name=name, verdict=verdict, detail=detail, facts=facts)

    if broken:
        first = broken[0]
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return result("failed", f"`{first.name}` does not hold{': ' + first.detail if first.detail else ''}{more}")
    if not chosen:
        return result("inconclusive", "there is nothing to check")
    if unclear:
        found = there.get(unclear[0])
        why = found.detail if found is not None and found.detail else "it was not checked"
        return result("inconclusive", f"`{unclear[0]}`: {why}")
    return result("passed", f"all {len(chosen)} hold")


def lint_gate(report: LintReport, name: str = "") -> GateResult:
    """No errors. A run that looked at no file is inconclusive."""
    errors = [f for f in report.findings if f.severity is Severity.ERROR]
    facts = {"files": report.files, "rules": report.rules, "errors": len(errors)}
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        detail = f"{first.span}: {first.message} [{first.code}]{more}"
        return GateResult(kind="lint", name=name, verdict="failed", detail=detail, facts=facts)
    verdict: Verdict = "passed" if report.files else "inconclusive"
    detail = f"{report.files} files, no errors" if report.files else "no file was looked at"
    return GateResult(kind="lint", name=name, verdict=verdict, detail=detail, facts=facts)


def decisions_gate(limits: Collection[Limit], rows: int, name: str = "") -> GateResult:
    """The decision impact is under its limits, on traffic that has rows."""
    broken = [limit for limit in limits if not limit.ok]
    facts = {"rows": rows, **{limit.text: limit.measured for limit in limits}}
    if broken:
        detail = "; ".join(f"{limit.text}: {limit.measured}" for limit in broken)
        return GateResult(kind="decisions", name=name, verdict="failed", detail=detail, facts=facts)
    if not rows or not limits:
        why = "the traffic has no requests" if not rows else "no limit is set (`fail_on`)"
        return GateResult(kind="decisions", name=name, verdict="inconclusive", detail=why, facts=facts)
    detail = f"on {rows:,} requests: " + "; ".join(f"{limit.text}: {limit.measured}" for limit in limits)
    return GateResult(kind="decisions", name=name, verdict="passed", detail=detail, facts=facts)


def approvals_gate(
    required: int, approvals: Iterable[Approval], digest: str, author: str | None, name: str = ""
) -> GateResult:  # fmt: skip
    """Enough people agreed to this very plan. Missing ones are inconclusive: somebody may still agree."""
    given = [a for a in approvals if a.plan_digest == digest]
    missing = missing_approvals(required, given, digest, author)
    facts = {"required": required, "plan_digest": digest, "approved": sorted({a.principal for a in given})}
    if missing:
        detail = f"{missing} of {required} approvals are missing for plan {digest}"
        return GateResult(kind="approvals", name=name, verdict="inconclusive", detail=detail, facts=facts)
    return GateResult(kind="approvals", name=name, verdict="passed", detail=f"{required} approved", facts=facts)


def suites_gate(
    evidence: Evidence | None,
    blob: str,
    suites: Collection[str],
    regions: Collection[str],
    now: datetime,
    name: str = "",
) -> GateResult:
    """Each of these suites passed in each region, for exactly this version of the provider's file, and still counts."""

    def result(verdict: Verdict, detail: str, facts: Mapping[str, object] | None = None) -> GateResult:
        return GateResult(kind="evidence", name=name, verdict=verdict, detail=detail, facts=dict(facts or {}))

    if evidence is None:
        return result("inconclusive", "it was never validated")
    if evidence.blob != blob:
        return result("inconclusive", "the evidence is for another version of the file")
    if not suites or not regions:
        return result("inconclusive", "there is no suite to look at")
    facts = {"digest": evidence.digest, "blob": blob}
    states = {f"{suite}@{region}": _suite(evidence, suite, region, now) for suite in suites for region in regions}
    for verdict in ("failed", "inconclusive"):
        bad = [f"{where}: {why}" for where, (found, why) in states.items() if found == verdict]
        if bad:
            return result("failed" if verdict == "failed" else "inconclusive", "; ".join(bad), facts)
    return result("passed", f"{len(states)} results of {', '.join(suites)} passed", facts)


def _suite(evidence: Evidence, suite: str, region: str, now: datetime) -> tuple[Verdict, str]:
    results = [r for r in evidence.results if r.suite == suite and r.region == region]
    if not results:
        return "inconclusive", "no result"
    failed = [r for r in results if not r.passed]
    if failed:
        return "failed", failed[0].reason or failed[0].error or "failed"
    if any((r.expires_at or evidence.expires_at) <= now for r in results):
        return "inconclusive", "the result expired"
    return "passed", ""
