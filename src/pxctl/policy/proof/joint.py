"""Two policies over one set of cells: what `difference` searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from pxctl.model.base import MODALITIES, OTHER, UNDETERMINED
from pxctl.policy.compile import Compiled
from pxctl.policy.proof.side import Side
from pxctl.policy.proof.space import DIMENSIONS, MOST, RISKS, Box, unknown

TENANT = DIMENSIONS.index("tenant")
Entry = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Tenants that have one policy before and one after (None: a policy that does not exist)."""

    before: str | None
    after: str | None
    tenants: tuple[str, ...]

    @property
    def name(self) -> str:
        """How people call it."""
        one, other = self.before or "no policy", self.after or "no policy"
        return one if one == other else f"{one} -> {other}"


def pairs(old: Compiled, new: Compiled, tenants: Sequence[str]) -> Iterator[Pair]:
    """The tenants by the policies that they have before and after."""
    found: dict[tuple[str | None, str | None], list[str]] = {}
    for name in tenants:
        was, now = old.seat(name).policy, new.seat(name).policy
        key = (was if was in old.config.policies else None, now if now in new.config.policies else None)
        found.setdefault(key, []).append(name)
    for (one, other), names in found.items():
        yield Pair(one, other, tuple(names))


class Joint:
    """Cells that neither side can tell apart, each with its entries before and after.

    An entry is a privacy ceiling, a route or `no route`, as in `Space`. `values` holds each cell's representative.
    """

    def __init__(self, old: Compiled, new: Compiled, pair: Pair) -> None:
        self.old, self.new, self.pair = old, new, pair
        self.empty = pair.before is None and pair.after is None
        one, other = pair.before is None, pair.after is None
        self.broken = (
            "" if one == other else f"the policy {'did' if one else 'does'} not exist {'before' if one else 'any more'}"
        )
        if self.empty or self.broken:
            return
        numbers: dict[Any, int] = {}
        self.before = Side(old, pair.before or "", pair.tenants, numbers)
        self.after = Side(new, pair.after or "", pair.tenants, numbers)
        self.entries_before, self.entries_after = self.before.entries, self.after.entries
        self.values: list[list[Any]] = []
        self.masks_before: list[list[int]] = []
        self.masks_after: list[list[int]] = []
        self.sizes: list[int] = []
        self.moved = 0
        for name in DIMENSIONS:
            self._add(name)
        self.everything: Box = tuple((1 << len(values)) - 1 for values in self.values)
        self._ids_before = [numbers.setdefault(x, len(numbers)) for x in self.before.identities()]
        self._ids_after = [numbers.setdefault(x, len(numbers)) for x in self.after.identities()]
        self.homes = sum(self.before.home(name) != self.after.home(name) for name in pair.tenants)

    def _add(self, name: str) -> None:
        cells: dict[Any, Any] = {}
        sizes: dict[Any, int] = {}
        for value in self._candidates(name):
            key = (self.before.mask(name, value), self.after.mask(name, value), self._sort(name, value))
            cells.setdefault(key, value)
            sizes[key] = sizes.get(key, 0) + 1
        self.values.append(list(cells.values()))
        self.masks_before.append([key[0] for key in cells])
        self.masks_after.append([key[1] for key in cells])
        if name == "tenant":
            self.sizes = list(sizes.values())
            for i, key in enumerate(cells):
                if key[2][0] != key[2][1]:
                    self.moved |= 1 << i

    def _candidates(self, name: str) -> list[Any]:
        if name == "tenant":
            return list(self.pair.tenants)
        if name == "privacy":
            levels = self.new.vocabulary.levels
            return [level for level in self.old.vocabulary.levels if level in levels]
        if name == "modality":
            return list(MODALITIES)
        if name == "risk_level":
            return list(RISKS)
        if name in ("input_tokens", "output_tokens", "budget_usd", "sla_ms"):
            points = {p for side in (self.before, self.after) for p in side.tables.bounds[name].points}
            amounts = sorted({0, *(p for p in points if p <= MOST * 10**12)})
            optional: list[int | None] = [None, *amounts]
            return optional if name in ("budget_usd", "sla_ms") else amounts
        known = self.old.vocabulary.known[name] | self.new.vocabulary.known[name]
        if name in ("task_tags", "features"):
            singles = [(value,) for value in sorted(known)]
            one_sided = self.old.vocabulary.known[name] ^ self.new.vocabulary.known[name]
            return [(), *singles, (unknown(known),), *_couples(sorted(self._routed(name) | one_sided))]
        first = [UNDETERMINED] if name == "language" else []
        return [*first, *sorted(known - set(first)), unknown(known | {OTHER}), OTHER]

    def _routed(self, name: str) -> set[str]:
        sides = (self.before.tables.sets[name], self.after.tables.sets[name])
        return {value for table in sides for value, mask in table.by_value.items() if mask}

    def _sort(self, name: str, value: Any) -> Any:
        if name == "tenant":
            own = self.before.arms(value), self.after.arms(value)
            return self.before.access(value), self.after.access(value), own
        if name in ("modality", "privacy", "features"):
            return value
        if name == "language":
            return tuple(side.silent(value) for side in (self.before, self.after))
        return None

    def settled(self, box: Box) -> bool:
        """Whether every tenant of the box has the same access before and after."""
        return not box[TENANT] & self.moved

    def changed(self) -> tuple[list[int], list[int]]:
        """The entries of each side that have no counterpart in the same order on the other side."""
        matcher = SequenceMatcher(None, self._ids_before, self._ids_after, autojunk=False)
        before, after = set(range(self.entries_before)), set(range(self.entries_after))
        for block in matcher.get_matching_blocks():
            before -= set(range(block.a, block.a + block.size))
            after -= set(range(block.b, block.b + block.size))
        return sorted(before), sorted(after)

    def common(self, before: int, after: int) -> tuple[int, bool]:
        """The entries (of before) at the start of two sets that are equal one by one, and whether that is all."""
        found = 0
        while before and after:
            one, other = before & -before, after & -after
            if self._ids_before[one.bit_length() - 1] != self._ids_after[other.bit_length() - 1]:
                return found, False
            found |= one
            before ^= one
            after ^= other
        return found, not before and not after

    def same(self, before: int, after: int, part: Box) -> bool:
        """Whether a part that these entries take is decided alike, whatever the signals."""
        kinds = self.before.kind(before), self.after.kind(after)
        if kinds[0] != kinds[1]:
            return False
        if kinds[0] != "route":
            return True
        one, other = self.before.content(before), self.after.content(after)
        if one != other:
            return False
        if not part[TENANT] & self.moved:
            return True
        concerned = self.before.providers(before) | self.after.providers(after)
        tenants = [v for i, v in enumerate(self.values[TENANT]) if part[TENANT] >> i & 1]
        return all(
            bool(self.before.access(name, concerned) == self.after.access(name, concerned)) for name in tenants
        )  # fmt: skip

    def name_before(self, entry: int) -> str | None:
        """The route of an entry before."""
        return self.before.name(entry)

    def name_after(self, entry: int) -> str | None:
        """The route of an entry after."""
        return self.after.name(entry)


def _couples(values: Sequence[str]) -> list[tuple[str, ...]]:
    """Pairs of values that routes list, so that a route of each side can be matched at once."""
    return [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
