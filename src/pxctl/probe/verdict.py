"""From results to evidence: what passes, and in words why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pxctl.core.digest import digest
from pxctl.model.base import duration_ms
from pxctl.model.evidence import Evidence, SuiteResult
from pxctl.model.provider import Provider
from pxctl.probe.health import error_rate, latencies, percentile, score
from pxctl.probe.settings import Settings, settings_of


def make_evidence(
    provider: Provider,
    blob: str,
    results: Sequence[SuiteResult],
    settings: Settings,
    *,
    started_at: datetime,
    finished_at: datetime,
    tool_version: str,
    credential_version: str | None = None,
    partial: bool = False,
    reasons: Sequence[str] = (),
) -> Evidence:
    """The evidence of one provider. It passes if every suite did and every region keeps its thresholds."""
    finished_at = max(finished_at, started_at)  # a clock that jumped back must not make evidence of negative length
    expires = finished_at + timedelta(milliseconds=duration_ms(provider.validation.evidence_ttl))
    dated = tuple(result.model_copy(update={"expires_at": expires}) for result in results)
    why = list(reasons)
    why += [f"{r.suite} {r.model or '-'}@{r.region}: {r.error}: {r.reason}" for r in dated if not r.passed]
    worst, parts, floor = _health(provider, dated, settings, why)
    if partial:
        why.append("interrupted: not every suite ran")
    if not dated and not why:
        why.append("no suite ran")
    found = Evidence(
        provider=provider.id,
        blob=blob,
        credential_version=credential_version,
        tool_version=tool_version,
        environment=settings.environment,
        started_at=started_at,
        finished_at=finished_at,
        expires_at=expires,
        passed=not why,
        partial=partial,
        health=worst,
        health_parts=parts,
        min_health=floor,
        results=dated,
        overrides=settings.words(),
        reasons=tuple(why),
    )
    return sealed(found)


def sealed(evidence: Evidence) -> Evidence:
    """The evidence with its digest: SHA-256 over its canonical JSON without the digest."""
    body = evidence.model_dump(mode="json", exclude={"digest"})
    return evidence.model_copy(update={"digest": digest(body)})


def intact(evidence: Evidence) -> bool:
    """Whether the digest is that of the content."""
    return sealed(evidence).digest == evidence.digest


def _health(
    provider: Provider, results: Sequence[SuiteResult], settings: Settings, why: list[str]
) -> tuple[float, dict[str, float], float]:
    worst, parts, floor = (1.0, {}, provider.validation.min_health) if results else (0.0, {}, 0.0)
    regional: dict[str, float] = {}
    for region in dict.fromkeys(result.region for result in results):
        mine = [result for result in results if result.region == region]
        bounds = settings_of(provider, settings, region)
        health, these = score(mine, bounds.max_p95_ms)
        regional[f"region:{region}"] = health
        if health <= worst:
            worst, parts, floor = health, these, bounds.min_health
        answered = [result for result in mine if result.calls]
        if not answered:
            continue  # nothing was called: the results say why, thresholds have nothing to add
        if health < bounds.min_health:
            why.append(f"{region}: health {health:.3f} is below {bounds.min_health:g}")
        rate = error_rate(answered)
        if rate > bounds.max_error_rate:
            why.append(f"{region}: error rate {rate:.3f} is above {bounds.max_error_rate:g}")
        p95 = percentile(latencies(mine), 0.95)
        if bounds.max_p95_ms is not None and p95 is not None and p95 > bounds.max_p95_ms:
            why.append(f"{region}: p95 latency {p95:.0f} ms is above {bounds.max_p95_ms} ms")
    return worst, {**parts, **regional}, floor
