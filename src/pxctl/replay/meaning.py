"""What two configurations mean differently: objects by name, sets without order, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from pxctl.model.configuration import Configuration
from pxctl.model.impact import MeaningChange
from pxctl.model.routing import WeightedCandidate

KINDS = {
    "policies": "policy", "providers": "provider", "tenants": "tenant", "flags": "flags", "scenarios": "scenario",
}  # fmt: skip
NAMES = ("name", "id", "deployment", "region", "ref")
"""The field that names an item of a list of objects."""
ORDERED = frozenset({"routes", "candidates", "fallbacks", "fallback_models", "endpoints", "privacy_levels", "steps",
                     "arms"})  # fmt: skip
"""Lists and mappings whose order means something; all other lists are sets."""
LONGEST = 200


def meaning(before: Configuration, after: Configuration) -> tuple[MeaningChange, ...]:
    """Every difference in meaning, in the order project, policies, providers, tenants, the rest."""
    found: list[MeaningChange] = []
    found += _object("project", "pxctl.yaml", before.project, after.project)
    for attribute, kind in KINDS.items():
        found += _objects(kind, getattr(before, attribute), getattr(after, attribute))
    for attribute, kind in (("guarantees", "guarantee"), ("config_keys", "config key")):
        old, new = ({item.name: item for item in getattr(side, attribute)} for side in (before, after))
        found += _objects(kind, old, new)
    return tuple(found)


def _objects(kind: str, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel]) -> Iterator[MeaningChange]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield MeaningChange(kind=kind, id=name, what="removed")
        elif name not in before:
            yield MeaningChange(kind=kind, id=name, what="added")
        elif before[name] is not after[name]:
            yield from _object(kind, name, before[name], after[name])


def _object(kind: str, name: str, before: BaseModel, after: BaseModel) -> Iterator[MeaningChange]:
    if before == after:
        return
    for path, what, old, new in _differ((), _plain(before), _plain(after)):
        yield MeaningChange(kind=kind, id=name, what=what, path="/".join(path), before=old, after=new)


def _plain(value: Any) -> Any:
    """JSON-like values; a candidate written as a text is the same as one with the default weight."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        if any(isinstance(item, WeightedCandidate) for item in value):
            value = [WeightedCandidate(deployment=i) if isinstance(i, str) else i for i in value]
        return [_plain(item) for item in value]
    return value


_Difference = tuple[tuple[str, ...], Any, str | None, str | None]


def _differ(path: tuple[str, ...], before: Any, after: Any) -> Iterator[_Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        before, after = _alike(before, after)
        named = _named(before), _named(after)
        if named[0] is not None and named[1] is not None:
            yield from _mappings(path, named[0], named[1])
        elif path[-1:] and path[-1] in ORDERED:
            what = "reordered" if sorted(map(str, before)) == sorted(map(str, after)) else "changed"
            yield path, what, _show(before), _show(after)
        else:
            yield from _sets(path, before, after)
    else:
        yield (
            path,
            "added" if before is None else "removed" if after is None else "changed",
            _show(before),
            _show(after),
        )


def _alike(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """Lists of candidates in one way of writing, where one side has weights and the other has texts alone."""
    if any(isinstance(i, dict) and "weight" in i for i in (*before, *after)):
        return tuple(  # type: ignore[return-value]
            [{"deployment": i, "weight": 100} if isinstance(i, str) else i for i in side] for side in (before, after)
        )
    return before, after


def _named(items: Sequence[Any]) -> dict[str, Any] | None:
    """A list of objects as a mapping by their names; None where they have none, or share one."""
    for name in NAMES:
        if all(isinstance(item, dict) and isinstance(item.get(name), str) for item in items):
            made = {item[name]: item for item in items}
            return made if len(made) == len(items) else None
    return None


def _mappings(path: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]) -> Iterator[_Difference]:
    for key in dict.fromkeys((*before, *after)):
        if key not in after:
            yield (*path, key), "removed", _show(before[key]), None
        elif key not in before:
            yield (*path, key), "added", None, _show(after[key])
        else:
            yield from _differ((*path, key), before[key], after[key])
    kept = [key for key in before if key in after]
    if path[-1:] and path[-1] in ORDERED and kept != [key for key in after if key in before]:
        yield path, "reordered", _show([*before]), _show([*after])


def _sets(path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[_Difference]:
    old, new = {str(item): item for item in before}, {str(item): item for item in after}
    gone, come = [old[k] for k in old if k not in new], [new[k] for k in new if k not in old]
    if gone or come:
        what = "changed" if gone and come else "removed" if gone else "added"
        yield path, what, _show(gone) if gone else None, _show(come) if come else None


def _show(value: Any) -> str | None:
    """A value in few words: unset fields are left out."""
    if value is None:
        return None
    text = _words(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{k}: {_words(v)}" for k, v in value.items() if v not in (None, (), [], {}, ""))
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_words(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
