"""R1 to R8: the roll-ups say what the routes, gates and gaps say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pxctl.matrix.look import NOTHING, Look, fault, kind_of, shown
from pxctl.model.matrix import JsonPath, MatrixFault, MatrixProfile

_COUNTS = (("R2", "by_kind", "kind"), ("R3", "by_status", "status"), ("R4", "by_route_gate", "route_gate"))


def check(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    """Compare every roll-up with what it rolls up."""
    rollups = look.object("rollups")
    total, routes = rollups.get("total_routes", NOTHING), look.length("provider_routes")
    if not isinstance(total, int | float) or total != routes:
        yield fault("R1", ("rollups", "total_routes"), f"total_routes is {shown(total)}, but there are {routes} routes")
    yield from _counts(look, rollups)
    action = [
        (path, route.get("route_id", NOTHING))
        for path, route in look.members("provider_routes")
        if route.get("status") == "action_required"
    ]
    yield from _same("R5", "route_ids_requiring_action", "route_id", action, rollups)
    gates = [
        (path, gate.get("gate_id", NOTHING))
        for path, gate in look.members("candidate_gates")
        if gate.get("approval_required") is True
    ]
    yield from _same("R6", "candidate_gate_ids_requiring_approval", "gate_id", gates, rollups)
    gaps = [(path, gap.get("gap_id", NOTHING)) for path, gap in look.members("source_gaps", optional=True)]
    yield from _same("R7", "source_gap_ids", "gap_id", gaps, rollups)
    for name in profile.zero_counts:
        value = rollups.get(name, NOTHING)
        if not isinstance(value, int | float) or value != 0:
            yield fault("R8", ("rollups", name), f"`{name}` is {shown(value)}, not 0")


def _counts(look: Look, rollups: dict[str, Any]) -> Iterator[MatrixFault]:
    for rule, name, field in _COUNTS:
        found: Counter[str] = Counter()
        whole = True
        for path, route in look.members("provider_routes"):
            value = route.get(field, NOTHING)
            if isinstance(value, str):
                found[value] += 1
            else:
                whole = False
                yield fault(rule, (*path, field), f"`{field}` is {kind_of(value)}, where a string is counted")
        listed = rollups.get(name, NOTHING)
        if not isinstance(listed, dict):
            yield fault(rule, ("rollups", name), f"`{name}` is {kind_of(listed)}, where an object of counts belongs")
            continue
        for key in sorted(found.keys() | listed.keys()) if whole else ():
            if key not in listed:
                yield fault(rule, ("rollups", name), f"`{key}` is missing; {found[key]} routes have it")
            elif key not in found:
                yield fault(rule, ("rollups", name, key), f"no route has the {field} `{key}`; leave it out")
            elif not isinstance(listed[key], int | float) or listed[key] != found[key]:
                message = f"{shown(listed[key])} routes are counted as `{key}`, but {found[key]} are"
                yield fault(rule, ("rollups", name, key), message)


def _same(
    rule: str, name: str, field: str, found: list[tuple[JsonPath, Any]], rollups: dict[str, Any]
) -> Iterator[MatrixFault]:
    """Both lists hold the same ids equally often, in any order."""
    listed = rollups.get(name, NOTHING)
    ids: list[str | None] = []
    whole = True
    for path, value in found:
        if isinstance(value, str):
            ids.append(value)
        elif len(found) == 1 and value in (NOTHING, None) and listed == [None]:
            ids.append(None)
        else:
            whole = False
            yield fault(rule, (*path, field), f"`{field}` is {kind_of(value)}, where an id belongs")
    if isinstance(listed, str | dict):
        listed = list(listed)
    if not isinstance(listed, list) or any(isinstance(item, list | dict) for item in listed):
        yield fault(rule, ("rollups", name), f"`{name}` is {kind_of(listed)}, where a list of ids belongs")
        return
    if not whole:
        return
    wanted, given = Counter(ids), Counter(listed)
    for id_ in sorted((wanted - given), key=str):
        yield fault(rule, ("rollups", name), f"`{id_}` is missing")
    for id_ in sorted((given - wanted), key=str):
        why = "stands there too often" if id_ in wanted else "does not belong there"
        yield fault(rule, ("rollups", name), f"{shown(id_)} {why}")
