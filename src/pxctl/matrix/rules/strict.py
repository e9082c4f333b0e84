"""X1 to X9: what the contract leaves open and is surely wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from pxctl.core.secretlike import looks_random, secret_format
from pxctl.matrix.look import NOTHING, Look, fault, kind_of, shown, walk
from pxctl.matrix.snapshot import twice_in
from pxctl.model.matrix import JsonPath, MatrixFault, MatrixProfile

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""Git's object ids are random by nature, and evidence names them."""

_IDS = (("provider_routes", "route_id"), ("candidate_gates", "gate_id"), ("source_gaps", "gap_id"))
_LISTS = ("provider_order", "evidence_refs")
_TEXTS = ("current_policy", "fallback_policy", "next_action")
_ROLLUP_LISTS = ("route_ids_requiring_action", "candidate_gate_ids_requiring_approval", "source_gap_ids")


def check(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    """All strict rules."""
    yield from _values(look, profile)
    yield from _ids(look)
    if "approval_boundaries" not in look.top or look.top["approval_boundaries"] == {}:
        yield fault("X4", ("approval_boundaries",), "no approval boundary is stated", "say what is not approved")
    yield from _lists(look)
    yield from _numbers(look, profile)


def _values(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    forbidden = {key.casefold() for key in profile.forbidden_keys}
    for path, value in walk(look.top):
        if isinstance(value, str):
            found = secret_format(value)
            if found or any(looks_random(word) and not _OBJECT_ID.fullmatch(word) for word in value.split()):
                message = f"the value looks like a secret ({found or 'random text'})"
                yield fault("X1", path, message, "take it out, and renew it where it was real")
        elif isinstance(value, float) and not math.isfinite(value):
            yield fault("X7", path, "NaN and infinity are no JSON numbers")
        elif isinstance(value, dict):
            for key in twice_in(value):
                yield fault("X9", (*path, key), "the key stands there twice; readers keep one and drop the other")
            for key, item in value.items():
                known = key in profile.denied_operations or key in profile.allowed_operations
                if key.endswith("_allowed") and item is not False and not (known and path == ("operation_boundaries",)):
                    yield fault("X3", (*path, key), f"`{key}` is {shown(item)}; nothing is allowed by a snapshot")
                if key.casefold().replace("-", "_") in forbidden:
                    yield fault("X5", (*path, key), f"`{key}` is no key for a snapshot, whatever its value")
                if secret_format(key):
                    yield fault("X1", path, "a key of this object looks like a secret")


def _ids(look: Look) -> Iterator[MatrixFault]:
    for name, field in _IDS:
        seen: set[str] = set()
        for path, member in look.members(name, optional=True):
            id_ = member.get(field, NOTHING)
            if not isinstance(id_, str) or not id_:
                yield fault("X8", (*path, field), f"`{field}` is {shown(id_)}, where an id belongs")
            elif id_ in seen:
                yield fault("X2", (*path, field), f"`{id_}` stands there twice")
            else:
                seen.add(id_)


def _list_of_texts(path: JsonPath, value: Any) -> Iterator[MatrixFault]:
    if not isinstance(value, list):
        yield fault("X6", path, f"a list belongs here, not {kind_of(value)}")
        return
    for i, item in enumerate(value):
        if not isinstance(item, str) or not item:
            yield fault("X6", (*path, i), f"a text belongs here, not {shown(item)}")


def _lists(look: Look) -> Iterator[MatrixFault]:
    for path, route in look.members("provider_routes"):
        for name in _LISTS:
            if name in route:
                yield from _list_of_texts((*path, name), route[name])
        for name in _TEXTS:
            if name in route and not isinstance(route[name], str):
                yield fault("X6", (*path, name), f"a sentence belongs here, not {kind_of(route[name])}")
    if "source_gaps" not in look.top:
        yield fault("X6", ("source_gaps",), "a list belongs here, not nothing", "an empty list says: no gaps")
    rollups, contract = look.object("rollups"), look.object("operator_contract")
    for name in _ROLLUP_LISTS:
        if name in rollups:
            yield from _list_of_texts(("rollups", name), rollups[name])
    denials = contract.get("must_not_interpret_as", NOTHING)
    if isinstance(denials, dict):
        yield fault("X6", ("operator_contract", "must_not_interpret_as"), "a list belongs here, not an object")
    policy = contract.get("provider_switch_policy", NOTHING)
    if isinstance(policy, list):
        yield fault("X6", ("operator_contract", "provider_switch_policy"), "a sentence belongs here, not a list")


def _numbers(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    rollups = look.object("rollups")
    counts: list[tuple[JsonPath, Any]] = [
        (("rollups", name), rollups.get(name, NOTHING)) for name in ("total_routes", *profile.zero_counts)
    ]
    for name in ("by_kind", "by_status", "by_route_gate"):
        value = rollups.get(name)
        counts += [(("rollups", name, key), item) for key, item in value.items()] if isinstance(value, dict) else []
    for path, value in counts:
        if value is not NOTHING and type(value) is not int:
            yield fault("X7", path, f"{shown(value)} is no whole number")
