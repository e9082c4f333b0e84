"""Making a snapshot from a loaded commit: what the files say, and nothing that they do not say.

Pure: the configuration, the evidence references and the date come in as values. No provider is called, no secret read,
nothing written. The same commit gives the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pxctl.core.errors import InputError
from pxctl.matrix.check import judge
from pxctl.model.configuration import Loaded
from pxctl.model.matrix import SNAPSHOT_SCHEMA, MatrixProfile
from pxctl.model.provider import Provider
from pxctl.model.routing import Balanced, Policy, Route, candidate_text, candidate_weight
from pxctl.policy.fleet import Deployment, Fleet


def build(
    loaded: Loaded, profile: MatrixProfile, dated: datetime, evidence: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The snapshot of a commit under a profile.

    `dated` is the commit's time; `evidence` holds, by provider id, where recorded validation results stand. Raises
    InputError where the snapshot would not pass the profile's own strict check: nothing is invented to satisfy it.
    """
    fleet = Fleet(loaded.config.providers, loaded.config.project.privacy_levels)
    routes: list[dict[str, Any]] = []
    gaps: list[dict[str, str]] = [
        {"gap_id": "live-signals", "note": "health, latency, quota and prices of the moment are not read"}
    ]
    for finding in loaded.findings:
        gaps.append(
            {"gap_id": f"unreadable/{finding.span.file}", "note": f"{finding.code}: the file could not be used"}
        )
    for _, policy in sorted(loaded.config.policies.items()):
        for number, route in enumerate(policy.routes):
            routes.append(_route(loaded, fleet, policy, number, route, evidence))
    for name, provider in sorted(loaded.config.providers.items()):
        if not evidence.get(name):
            gaps.append(
                {"gap_id": f"no-evidence/{name}", "note": "no validation result is recorded on any environment"}
            )
        for spec in provider.models:
            if spec.price is None:
                gaps.append({"gap_id": f"no-price/{name}/{spec.id}", "note": "the file states no price"})
    snapshot = {
        "schema_version": SNAPSHOT_SCHEMA,
        "generated_at": dated.isoformat(),
        "program_status": {"program": profile.program or profile.name, "read_only_mode": True, "source": loaded.source},
        "approval_boundaries": dict.fromkeys(profile.approval_boundaries, False),
        "operation_boundaries": dict.fromkeys(profile.denied_operations, False)
        | dict.fromkeys(profile.allowed_operations, True),
        "provider_routes": routes,
        "candidate_gates": [
            {"gate_id": gate.gate_id, "approval_required": True, "reason": gate.reason}
            for gate in profile.required_gates
        ],
        "source_gaps": list({gap["gap_id"]: gap for gap in gaps}.values()),
        "rollups": {},
        "operator_contract": {
            "must_not_interpret_as": list(profile.denials),
            "provider_switch_policy": profile.switch_policy or " ".join(profile.switch_policy_holds),
        },
    }
    snapshot["rollups"] = _rollups(snapshot, profile)
    faults = judge(snapshot, profile, strict_too=True)
    if faults:
        first = faults[0]
        raise InputError(
            f"what this commit says does not satisfy the profile `{profile.name}`: {first.place}: {first.message}"
            + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""),
            hint="name the routes and gates that this repository has in the profile; `build` invents none",
        )
    return snapshot


def render(snapshot: Mapping[str, Any]) -> str:
    """The snapshot as JSON text, the same bytes for the same snapshot."""
    return json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n"


def _route(
    loaded: Loaded, fleet: Fleet, policy: Policy, number: int, route: Route, evidence: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    candidates = _expanded(fleet, [candidate_text(candidate) for candidate in route.candidates])
    listed = [one for one in _expanded(fleet, route.fallbacks) if one not in candidates]
    order = [*candidates, *listed]
    providers = list(dict.fromkeys(one.provider for one in order))
    unproven = [name for name in providers if not evidence.get(name)]
    usable = any(one.active for one in candidates) or any(one.active or one.standby for one in listed)
    if not usable:
        status, action = "blocked", "no candidate or fallback is active: activate one by a reviewed change"
    elif unproven:
        status = "action_required"
        action = "validate " + ", ".join(unproven) + ", outside this snapshot"
    else:
        status, action = "observed", "none; display only"
    paid = any(_costs(fleet.providers[one.provider], one.model) for one in order)
    arms = route.experiment.arms.items() if route.experiment else ()
    tried = {
        name: [one.id for one in _expanded(fleet, [candidate_text(c) for c in arm.candidates or route.candidates])]
        for name, arm in arms
    }
    return {
        "route_id": f"{policy.name}/{route.name}",
        "kind": "experiment_route" if route.experiment else "policy_route",
        "status": status,
        "route_gate": "paid_provider_call_gate" if paid else "provider_switch_gate",
        "current_policy": _policy_text(policy, number, route),
        "provider_order": [one.id for one in order] or [candidate_text(one) for one in route.candidates],
        "fallback_policy": _fallback_text(route, listed),
        "evidence_refs": _references(loaded, policy, providers, evidence),
        "next_action": action,
        **({"experiment_arms": tried} if tried else {}),
    }


def _expanded(fleet: Fleet, references: Sequence[str]) -> list[Deployment]:
    found: dict[str, Deployment] = {}
    for reference in references:
        for deployment in fleet.expand(reference):
            found.setdefault(deployment.id, deployment)
    return list(found.values())


def _costs(provider: Provider, model: str) -> bool:
    """Whether a call may cost money: any price above 0, or none stated."""
    price = next((spec.price for spec in provider.models if spec.id == model), None)
    return price is None or price.input_per_mtok > Decimal(0) or price.output_per_mtok > Decimal(0)


def _policy_text(policy: Policy, number: int, route: Route) -> str:
    dimensions = ", ".join(sorted(route.match.model_dump(exclude_none=True))) or "everything that is left"
    strategy: str = "balanced" if isinstance(route.strategy, Balanced) else route.strategy
    if strategy == "weighted":
        shares = (f"{candidate_text(one)} {candidate_weight(one)}" for one in route.candidates)
        strategy += " (" + ", ".join(shares) + ")"
    text = (
        f"route {number + 1} of {len(policy.routes)} of policy {policy.name}; matches {dimensions}; ranks by {strategy}"
    )
    limits = ", ".join(sorted(route.constraints.model_dump(exclude_none=True)))
    if limits:
        text += f"; constrained by {limits}"
    if route.experiment:
        text += f"; experiment {route.experiment.name} by {route.experiment.unit}"
    return text


def _fallback_text(route: Route, listed: Sequence[Deployment]) -> str:
    if route.max_fallbacks == 0:
        return "no fallback"
    text = f"the other candidates in rank order, then {', '.join(one.id for one in listed) or 'nobody'}"
    return f"{text}; at most {route.max_fallbacks}"


def _references(
    loaded: Loaded, policy: Policy, providers: Sequence[str], evidence: Mapping[str, Sequence[str]]
) -> list[str]:
    found: list[str] = []
    for kind, name in [("policy", policy.name), *(("provider", name) for name in providers)]:
        place = loaded.document_of(kind, name)
        if place is not None:
            found.append(f"{place[0].file}@{place[0].blob[:12]}" if place[0].blob else place[0].file)
    for name in providers:
        found.extend(evidence.get(name, ()))
    return found


def _rollups(snapshot: Mapping[str, Any], profile: MatrixProfile) -> dict[str, Any]:
    routes = snapshot["provider_routes"]
    counts = {
        f"by_{field}": dict(sorted(Counter(route[field] for route in routes).items()))
        for field in ("kind", "status", "route_gate")
    }
    return {
        "total_routes": len(routes),
        **counts,
        "route_ids_requiring_action": [r["route_id"] for r in routes if r["status"] == "action_required"],
        "candidate_gate_ids_requiring_approval": [gate["gate_id"] for gate in snapshot["candidate_gates"]],
        "source_gap_ids": [gap["gap_id"] for gap in snapshot["source_gaps"]],
        **dict.fromkeys(profile.zero_counts, 0),
    }
