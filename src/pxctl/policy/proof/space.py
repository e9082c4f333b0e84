"""All requests that a policy can see, as a product of finite sets.

Each dimension is cut into cells within which neither a route nor a deployment can tell requests apart. Tags and
features are sets; a request with more of them matches more routes and keeps fewer candidates, so the smallest sets are
enough to reach a route and to keep a candidate: none, one that a route names, and one that the question names.

Before the routes stand the privacy ceilings (a request above its tenant's is refused), behind them `no route`, so that
every point is taken by exactly one entry of the sequence: the first that matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pxctl.model.base import MODALITIES, OTHER, UNDETERMINED
from pxctl.model.routing import Match
from pxctl.policy.compile import Compiled, CompiledPolicy
from pxctl.policy.integers import UNBOUNDED, pico
from pxctl.policy.match import BoundTable
from pxctl.policy.tenancy import Seat

DIMENSIONS = (
    "tenant", "privacy", "modality", "task_type", "task_tags", "language", "risk_level", "region", "features",
    "input_tokens", "output_tokens", "budget_usd", "sla_ms",
)  # fmt: skip
MOST = 1_000_000_000
"""The largest count that a context may carry."""
RISKS = ("low", "medium", "high")
Box = tuple[int, ...]
"""A bit set of cells for each dimension, in the order of `DIMENSIONS`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Requests that nobody can tell apart in one dimension: `value` stands for them all.

    Amounts (tokens; 1e-12 USD; milliseconds) are the inclusive range `low` to `high`; `absent` says that the range
    holds the infinite amount too. `mask` is the set of entries that match; `sort` what deployments look at.
    """

    value: Any
    mask: int
    sort: Any = None
    low: int = 0
    high: int = 0
    absent: bool = False


def unknown(known: Iterable[str]) -> str:
    """A text that is not among `known`."""
    name, taken = "something-else", set(known)
    while name in taken:
        name += "-again"
    return name


class Space:
    """The cells of one policy under a question's `when`; `everything` is the box of all of them."""

    def __init__(self, compiled: Compiled, policy: CompiledPolicy, when: Match | None = None) -> None:
        self.compiled, self.policy, self.when = compiled, policy, when or Match()
        self.tables = policy.tables
        self.routes = len(policy.policy.routes)
        seats = [seat for seat in seats_of(compiled, policy.policy.name) if self._asked_tenant(seat)]
        self._ceilings = sorted({seat.ceiling for seat in seats})
        self.first = len(self._ceilings)
        self.none = self.first + self.routes
        self.entries = self.none + 1
        self._always = (1 << self.entries) - 1 ^ (((1 << self.routes) - 1) << self.first)
        made = {
            "tenant": self._tenants(seats),
            "privacy": self._privacy(),
            "modality": self._closed("modality", tuple(MODALITIES)),
            "risk_level": self._closed("risk_level", RISKS),
        }
        made |= {name: self._sets(name) for name in ("task_tags", "features")}
        made |= {name: self._open(name) for name in ("task_type", "language", "region")}
        made |= {name: self._amounts(name) for name in ("input_tokens", "output_tokens", "budget_usd", "sla_ms")}
        self.cells: tuple[tuple[Cell, ...], ...] = tuple(tuple(_merge(made[name])) for name in DIMENSIONS)
        self.everything: Box = tuple((1 << len(cells)) - 1 for cells in self.cells)
        self.empty = not all(self.everything)

    def route(self, entry: int) -> int | None:
        """The route of an entry; None for ceilings and for `no route`."""
        return entry - self.first if self.first <= entry < self.none else None

    def chosen(self, box: Box, name: str) -> list[Cell]:
        """The cells of a box in one dimension."""
        place = DIMENSIONS.index(name)
        return [cell for i, cell in enumerate(self.cells[place]) if box[place] >> i & 1]

    def _routes_to_entries(self, routes: int) -> int:
        return routes << self.first | self._always

    def _asked_tenant(self, seat: Seat) -> bool:
        when, tenant = self.when, seat.tenant
        given = ((when.tenant, tenant.id), (when.tier, tenant.tier), (when.business_line, tenant.business_line))
        return all(values is None or value in values for values, value in given)

    def _tenants(self, seats: Sequence[Seat]) -> list[Cell]:
        splits = [
            (number, split)
            for number in range(self.routes)
            if (split := self.policy.split(number)) is not None and split.unit == "tenant"
        ]
        cells = []
        for seat in seats:
            mask = self._routes_to_entries(self.tables.own_routes(seat.tenant))
            place = self._ceilings.index(seat.ceiling)
            mask &= ~((1 << self.first) - 1) | 1 << place
            arms = tuple((number, split.arm(split.tenant_place(seat.tenant.id))) for number, split in splits)
            cells.append(Cell(seat, mask, (seat.barred, seat.withheld, seat.budget, arms)))
        return cells

    def _privacy(self) -> list[Cell]:
        cells = []
        for rank, level in enumerate(self.compiled.vocabulary.levels):
            if self.when.privacy is None or level in self.when.privacy:
                mask = self._routes_to_entries(self.tables.single["privacy"].of(level))
                for place, ceiling in enumerate(self._ceilings):
                    if rank <= ceiling:
                        mask &= ~(1 << place)
                cells.append(Cell(level, mask, rank))
        return cells

    def _closed(self, name: str, values: Sequence[str]) -> list[Cell]:
        asked = getattr(self.when, name)
        table = self.tables.single[name]
        return [
            Cell(value, self._routes_to_entries(table.of(value)), value if name == "modality" else None)
            for value in values if asked is None or value in asked
        ]  # fmt: skip

    def _asked(self, name: str, value: str) -> bool:
        asked = getattr(self.when, name)
        if asked is None or value in asked:
            return True
        return OTHER in asked and value not in self.compiled.vocabulary.known[name]

    def _open(self, name: str) -> list[Cell]:
        known = self.compiled.vocabulary.known[name]
        values = {*known, OTHER, *(getattr(self.when, name) or ())}
        values |= {unknown(values)} | ({UNDETERMINED} if name == "language" else set())
        fleet = self.compiled.fleet.deployments
        cells = []
        for value in sorted(values, key=lambda v: (v != UNDETERMINED, v not in known, v == "*", v)):
            if self._asked(name, value):
                sort = tuple(d.index for d in fleet if not d.speaks(value)) if name == "language" else None
                cells.append(Cell(value, self._routes_to_entries(self.tables.single[name].of(value)), sort))
        return cells

    def _sets(self, name: str) -> list[Cell]:
        """The smallest sets: one value that the question asks for, if it does, and one that a route may list."""
        asked = getattr(self.when, name)
        table = self.tables.sets[name]
        named = [value for value, mask in table.by_value.items() if mask]
        singles: list[tuple[str, ...]] = [(), *((value,) for value in sorted(named))]
        if table.missing:
            singles.append((OTHER,))
        if asked is not None:
            singles = [tuple(dict.fromkeys((value, *single))) for value in sorted(asked) for single in singles]
        return [
            Cell(value, self._routes_to_entries(table.of_set(value)), value if name == "features" else None)
            for value in dict.fromkeys(singles)
        ]

    def _amounts(self, name: str) -> list[Cell]:
        table: BoundTable = self.tables.bounds[name]
        bounds = getattr(self.when, name)
        change = (lambda x: pico(x)) if name == "budget_usd" else int
        most = max(MOST * 10**12 if name == "budget_usd" else MOST, table.points[-1] if table.points else 0)
        low = 0 if bounds is None or bounds.min is None else change(bounds.min)
        high = most if bounds is None or bounds.max is None else change(bounds.max)
        optional = name in ("budget_usd", "sla_ms") and (bounds is None or bounds.max is None)
        cells, ends = [], [*(point - 1 for point in table.points), most]
        for start, end, mask in zip([0, *table.points], ends, table.masks, strict=True):
            first, last = max(start, low), min(end, high)
            if first <= last:
                absent = optional and end == most
                cells.append(Cell(first, self._routes_to_entries(mask), None, first, last, absent))
        return cells


def seats_of(compiled: Compiled, policy: str) -> list[Seat]:
    """The seats of a policy's tenants."""
    seats = (compiled.seat(name) for name in compiled.config.tenants)
    return [seat for seat in seats if seat.policy == policy]


def budget_of(cell: Cell) -> int:
    """The most that requests of a budget cell may spend, in 1e-12 USD."""
    return UNBOUNDED if cell.absent else cell.high


def _merge(cells: Iterable[Cell]) -> list[Cell]:
    """Cells that nobody can tell apart become one; ranges of amounts stay apart, since they are compared."""
    found: dict[Any, Cell] = {}
    for cell in cells:
        found.setdefault((cell.mask, cell.sort, cell.low, cell.high), cell)
    return list(found.values())
