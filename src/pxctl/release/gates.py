"""Gates that release judges itself, from values: evidence. The others arrive as results."""

from __future__ import annotations

from datetime import datetime

from pxctl.core.clock import to_text
from pxctl.model.evidence import Evidence
from pxctl.model.provider import Provider
from pxctl.model.release import GateResult


def evidence_gate(
    provider: Provider, blob: str, evidence: Evidence | None, now: datetime, credential: str | None = None
) -> GateResult:
    """Whether fresh passing evidence exists for exactly this provider file, each region and suite, and credential.

    `credential`: the credential version that is live, where that is known.
    """
    name = f"evidence for {provider.id}"

    def result(ok: bool, detail: str) -> GateResult:
        facts = (
            {} if evidence is None else {"blob": evidence.blob, "digest": evidence.digest, "health": evidence.health}
        )
        return GateResult(kind="evidence", name=name, verdict="passed" if ok else "failed", detail=detail, facts=facts)

    if evidence is None:
        return result(False, "it was never validated")
    if evidence.provider != provider.id or evidence.blob != blob:
        return result(False, "the evidence is for another version of the file")
    if evidence.expires_at <= now:
        return result(False, f"the evidence expired {to_text(evidence.expires_at)}")
    if evidence.started_at > now and (evidence.started_at - now).total_seconds() > 300:
        return result(False, f"the evidence is dated {to_text(evidence.started_at)}, in the future")
    if not evidence.passed:
        first, *more = evidence.reasons or (f"health {evidence.health:.2f}",)
        why = f"{first} (and {len(more)} more)" if more else first
        return result(False, f"pending_fix: validation failed: {why}")
    if evidence.partial:
        return result(False, "the validation was partial")
    if credential is not None and evidence.credential_version not in (None, credential):
        return result(False, f"it was validated with credential {evidence.credential_version}, live is {credential}")
    missing = _missing(provider, evidence, now)
    if missing:
        return result(False, "no fresh result for " + ", ".join(missing))
    return result(True, f"validated {to_text(evidence.finished_at)}, health {evidence.health:.2f}")


def _missing(provider: Provider, evidence: Evidence, now: datetime) -> list[str]:
    fresh = {(r.suite, r.region) for r in evidence.results if r.passed and (r.expires_at is None or r.expires_at > now)}
    return [
        f"{suite}@{endpoint.region}"
        for suite in provider.validation.suites
        for endpoint in provider.endpoints
        if (suite, endpoint.region) not in fresh and suite not in evidence.overrides
    ]
