"""Two policies over one set of cells: what `difference` searches and counts.

A *kind of request* is one value of each dimension: a tenant; a privacy level, modality and risk level; for task type,
language and region a value that a file names, or one for all that none names; for tags and features none, one, or two
that routes list; for amounts a range between two bounds that routes state. A cell holds the kinds that neither side can
tell apart; `size` counts kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from math import prod
from typing import Any, NamedTuple

from pxctl.model.base import MODALITIES, OTHER, UNDETERMINED
from pxctl.policy.compile import Compiled
from pxctl.policy.proof.side import Side
from pxctl.policy.proof.space import DIMENSIONS, MOST, RISKS, Box, unknown

TENANT, REGION = DIMENSIONS.index("tenant"), DIMENSIONS.index("region")
AMOUNTS = ("input_tokens", "output_tokens", "budget_usd", "sla_ms")


class Amount(NamedTuple):
    """A range of amounts (tokens; 1e-12 USD; ms), both ends inclusive; `absent`: requests that state none as well."""

    low: int
    high: int
    absent: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Tenants that have one policy before and one after (None: a policy that does not exist).

    `homes`: their own region before and after, where it differs and routes look at regions; requests that state no
    region are then a kind of their own.
    """

    before: str | None
    after: str | None
    tenants: tuple[str, ...]
    homes: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """How people call it."""
        one, other = self.before or "no policy", self.after or "no policy"
        return one if one == other else f"{one} -> {other}"


def pairs(old: Compiled, new: Compiled, tenants: Sequence[str]) -> Iterator[Pair]:
    """The tenants by what tells them apart before any request: their policies, and a home that moved."""
    found: dict[tuple[str | None, str | None, tuple[str, str] | None], list[str]] = {}
    for name in tenants:
        was, now = old.seat(name), new.seat(name)
        one = was.policy if was.policy in old.config.policies else None
        other = now.policy if now.policy in new.config.policies else None
        homes = was.tenant.region, now.tenant.region
        moved = homes[0] != homes[1] and (looks_at_regions(old, one) or looks_at_regions(new, other))
        found.setdefault((one, other, homes if moved else None), []).append(name)
    for (one, other, moved_homes), names in found.items():
        yield Pair(one, other, tuple(names), moved_homes)


def looks_at_regions(compiled: Compiled, policy: str | None) -> bool:
    """Whether some route of a policy matches by region."""
    if policy is None:
        return False
    tables = compiled.policy(policy).tables
    return tables.single["region"].open != tables.all


class Joint:
    """Cells that neither side can tell apart, each with its entries before and after.

    An entry is a privacy ceiling, a route or `no route`, as in `Space`. `values` holds each cell's representative;
    `moved` are the tenant cells whose access differs, `unstated` the cell of requests without a region, where their
    tenants' own one moved.
    """

    def __init__(self, old: Compiled, new: Compiled, pair: Pair) -> None:
        """Raises ValueError where a side has no such policy."""
        if pair.before is None or pair.after is None:
            raise ValueError("a policy that does not exist has no cells")
        self.old, self.new, self.pair = old, new, pair
        numbers: dict[Any, int] = {}
        self.before = Side(old, pair.before, pair.tenants, numbers)
        self.after = Side(new, pair.after, pair.tenants, numbers)
        self.values: list[list[Any]] = []
        self.masks_before: list[list[int]] = []
        self.masks_after: list[list[int]] = []
        self._weights: list[list[int]] = []
        self.moved = 0
        for name in DIMENSIONS:
            self._add(name)
        self.everything: Box = tuple((1 << len(values)) - 1 for values in self.values)
        self.unstated = sum(1 << i for i, value in enumerate(self.values[REGION]) if value is None)
        self._ids_before = [numbers.setdefault(x, len(numbers)) for x in self.before.identities()]
        self._ids_after = [numbers.setdefault(x, len(numbers)) for x in self.after.identities()]
        self._weight = cache(self._weigh)

    def _add(self, name: str) -> None:
        cells: dict[Any, Any] = {}
        sizes: dict[Any, int] = {}
        for value in self._candidates(name):
            key = (*self._masks(name, value), self._sort(name, value))
            cells.setdefault(key, value)
            sizes[key] = sizes.get(key, 0) + 1
        self.values.append(list(cells.values()))
        self.masks_before.append([key[0] for key in cells])
        self.masks_after.append([key[1] for key in cells])
        self._weights.append(list(sizes.values()))
        if name == "tenant":
            for i, key in enumerate(cells):
                if key[2][0] != key[2][1]:
                    self.moved |= 1 << i

    def _masks(self, name: str, value: Any) -> tuple[int, int]:
        if value is None:  # a request that states no region, of tenants whose own one moved
            was, now = self.pair.homes or ("", "")
            return self.before.mask(name, was), self.after.mask(name, now)
        return self.before.mask(name, value), self.after.mask(name, value)

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
        if name in AMOUNTS:
            return self._amounts(name)
        known = self.old.vocabulary.known[name] | self.new.vocabulary.known[name]
        if name in ("task_tags", "features"):
            singles = [(value,) for value in sorted(known)]
            one_sided = self.old.vocabulary.known[name] ^ self.new.vocabulary.known[name]
            return [(), *singles, (unknown(known),), *_couples(sorted(self._routed(name) | one_sided))]
        first: list[Any] = [UNDETERMINED] if name == "language" else []
        if name == "region" and self.pair.homes is not None:
            first = [None]
        unnamed = OTHER if name == "task_type" and OTHER not in known else unknown(known | {OTHER})
        return [*first, *sorted(known - set(first)), unnamed]

    def _amounts(self, name: str) -> list[Any]:
        most = MOST * 10**12 if name == "budget_usd" else MOST
        points = {p for side in (self.before, self.after) for p in side.tables.bounds[name].points if p <= most}
        starts = sorted({0, *points})
        ends = [*(start - 1 for start in starts[1:]), most]
        optional = name in ("budget_usd", "sla_ms")
        return [
            Amount(low, high, optional and high == most) for low, high in zip(starts, ends, strict=True)
        ]  # fmt: skip

    def _routed(self, name: str) -> set[str]:
        sides = (self.before.tables.sets[name], self.after.tables.sets[name])
        return {value for table in sides for value, mask in table.by_value.items() if mask}

    def _sort(self, name: str, value: Any) -> Any:
        if name == "tenant":
            own = self.before.arms(value), self.after.arms(value)
            return self.before.access(value), self.after.access(value), own
        if name == "language":
            return tuple(side.silent(value) for side in (self.before, self.after))
        return value if name in ("modality", "privacy", "features", *AMOUNTS) else None

    def _weigh(self, place: int, cells: int) -> int:
        weights = self._weights[place]
        return sum(weights[i] for i in range(len(weights)) if cells >> i & 1)

    def weight(self, place: int, cells: int) -> int:
        """How many values some cells of one dimension hold."""
        return self._weight(place, cells)

    def size(self, box: Box) -> int:
        """How many kinds of requests a box holds."""
        return prod(self._weight(place, cells) for place, cells in enumerate(box))

    def chosen(self, box: Box, place: int) -> list[int]:
        """The numbers of a box's cells in one dimension."""
        return [i for i in range(len(self.values[place])) if box[place] >> i & 1]

    def changed(self) -> tuple[int, int]:
        """The entries (as bit sets) of each side that have no counterpart in the same order on the other side."""
        matcher = SequenceMatcher(None, self._ids_before, self._ids_after, autojunk=False)
        before, after = (1 << self.before.entries) - 1, (1 << self.after.entries) - 1
        for block in matcher.get_matching_blocks():
            run = (1 << block.size) - 1
            before &= ~(run << block.a)
            after &= ~(run << block.b)
        return before, after

    def of_tenants(self, tenants: int) -> Box:
        """Every request of some tenant cells."""
        return (tenants, *self.everything[1:])

    def aside(self) -> tuple[int, int]:
        """Of the tenants whose access differs: those that still take the same routes, and the others."""
        if self._ids_before != self._ids_after:
            return 0, self.moved
        masks = zip(self.masks_before[TENANT], self.masks_after[TENANT], strict=True)
        same = sum(1 << i for i, (one, other) in enumerate(masks) if one == other)
        return self.moved & same, self.moved & ~same

    def concerned(self, tenants: int) -> int:
        """The entries (of both sides, which are the same) at which the access of some of these tenants differs."""
        if not tenants:
            return 0
        names = [value for i, value in enumerate(self.values[TENANT]) if tenants >> i & 1]
        found = 0
        for entry in range(self.before.entries):
            if self.before.kind(entry) == "route" and not self._alike(entry, entry, names):
                found |= 1 << entry
        return found

    def same(self, before: int, after: int, part: Box) -> bool:
        """Whether it is plain that a part that these entries take is decided alike, whatever the signals."""
        kinds = self.before.kind(before), self.after.kind(after)
        if kinds[0] != kinds[1]:
            return False
        if kinds[0] != "route":
            return True
        if self.before.content(before) != self.after.content(after):
            return False
        if not part[TENANT] & self.moved:
            return True
        return self._alike(before, after, [self.values[TENANT][i] for i in self.chosen(part, TENANT)])

    def _alike(self, before: int, after: int, tenants: Sequence[str]) -> bool:
        """Whether these entries' deployments see no difference in the access of some tenants."""
        concerned = self.before.providers(before) | self.after.providers(after)
        limits = self.before.max_cost(before), self.after.max_cost(after)
        return all(
            bool(self.before.access(name, concerned, limits[0]) == self.after.access(name, concerned, limits[1]))
            for name in tenants
        )


def _couples(values: Sequence[str]) -> list[tuple[str, ...]]:
    """Pairs of values that routes list, so that a route of each side can be matched at once."""
    return [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
