"""How two snapshots differ. A difference is shown; it permits nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pxctl.model.matrix import MatrixChange, MatrixDiff

_LISTS = (
    ("route", "provider_routes", "route_id"),
    ("gate", "candidate_gates", "gate_id"),
    ("source gap", "source_gaps", "gap_id"),
)
_OBJECTS = (
    ("approval boundary", "approval_boundaries"),
    ("operation boundary", "operation_boundaries"),
    ("operator contract", "operator_contract"),
    ("roll-up", "rollups"),
    ("programme", "program_status"),
)


def diff(old: Any, new: Any, old_name: str, new_name: str) -> MatrixDiff:
    """Every difference between two snapshots' values, whatever their shape; routes, gates and gaps are paired by id."""
    before, after = _object(old), _object(new)
    changes: list[MatrixChange] = []
    for what, name, key in _LISTS:
        changes += _paired(what, _by_id(before.get(name), key), _by_id(after.get(name), key))
    for what, name in _OBJECTS:
        changes += _fields(what, name, _object(before.get(name)), _object(after.get(name)))
    rest = {name for _, name, _ in _LISTS} | {name for _, name in _OBJECTS}
    others = [{key: value for key, value in side.items() if key not in rest} for side in (before, after)]
    changes += _fields("other", "", others[0], others[1])
    return MatrixDiff(old=old_name, new=new_name, changes=tuple(changes))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _by_id(value: Any, key: str) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for i, member in enumerate(value if isinstance(value, list) else ()):
        member = _object(member)
        id_ = member.get(key)
        name = id_ if isinstance(id_, str) else f"[{i}]"
        found[name if name not in found else f"{name}[{i}]"] = member
    return found


def _paired(
    what: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[MatrixChange]:
    for id_ in [*old, *(id_ for id_ in new if id_ not in old)]:
        if id_ not in new:
            yield MatrixChange(kind="removed", what=what, id=id_)
        elif id_ not in old:
            yield MatrixChange(kind="added", what=what, id=id_)
        else:
            yield from _fields(what, id_, old[id_], new[id_])
    moved = [id_ for id_ in old if id_ in new]
    if moved != [id_ for id_ in new if id_ in old]:
        yield MatrixChange(kind="changed", what=what, id="order", old=list(old), new=list(new))


def _fields(what: str, id_: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[MatrixChange]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield MatrixChange(kind="removed", what=what, id=id_, field=name, old=old[name])
        elif name not in old:
            yield MatrixChange(kind="added", what=what, id=id_, field=name, new=new[name])
        elif old[name] != new[name] or type(old[name]) is not type(new[name]):
            yield MatrixChange(kind="changed", what=what, id=id_, field=name, old=old[name], new=new[name])
