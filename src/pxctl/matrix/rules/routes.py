"""E1 to E3, G1, G2: every route has its evidence, and every candidate its gate."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.matrix.look import NOTHING, Look, fault, shown
from pxctl.model.matrix import MatrixFault, MatrixProfile

EVIDENCE = ("current_policy", "provider_order", "fallback_policy", "evidence_refs", "next_action")


def check(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    """What each route and each gate must say, and which of them must be there."""
    routes = list(look.members("provider_routes"))
    for path, route in routes:
        for name in EVIDENCE:
            value = route.get(name, NOTHING)
            if value is NOTHING or not value:
                yield fault("E1", (*path, name), f"`{name}` is {shown(value)}; a route without it shows nothing")
        kind, status = route.get("kind"), route.get("status", NOTHING)
        wanted = profile.fixed_status.get(kind) if isinstance(kind, str) else None
        if wanted is not None and status != wanted:
            yield fault("E3", (*path, "status"), f"a `{kind}` is {shown(status)}; it must be `{wanted}`")
    yield from _present("E2", "provider_routes", "route_id", [route for _, route in routes], profile.required_routes)
    gates = list(look.members("candidate_gates"))
    wanted_gates = tuple(gate.gate_id for gate in profile.required_gates)
    yield from _present("G1", "candidate_gates", "gate_id", [gate for _, gate in gates], wanted_gates)
    for path, gate in gates:
        value = gate.get("approval_required", NOTHING)
        if value is not True:
            message = f"approval_required is {shown(value)}, not exactly `true`"
            yield fault("G2", (*path, "approval_required"), message)


def _present(
    rule: str, name: str, field: str, members: list[dict[str, object]], wanted: tuple[str, ...]
) -> Iterator[MatrixFault]:
    there = {value for member in members if isinstance(value := member.get(field), str)}
    for id_ in wanted:
        if id_ not in there:
            yield fault(rule, (name,), f"`{id_}` is missing")
