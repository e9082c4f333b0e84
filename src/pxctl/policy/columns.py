"""Decide many requests at once: NumPy over the same tables that `decide` uses, and the same bits out.

Rows are grouped by route and experiment arm, in blocks of 65,536, so that memory is bounded by the block. What would
leave 64-bit integers (a request that may cost more than 18,000 USD on some candidate, a route that names more than 63
deployments) is decided one by one by `Bound.decide`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.core.errors import ContextError
from pxctl.model.decision import Refusal
from pxctl.policy.batch import NUMBERS, Batch, Column
from pxctl.policy.bound import Bound, Seated
from pxctl.policy.columns_kernel import COMPILED_FROM, Kernel, available, load
from pxctl.policy.columns_lane import MOST_BITS, BlockRows, LaneColumns
from pxctl.policy.columns_match import RouteColumns, to_words
from pxctl.policy.facts import Facts
from pxctl.policy.integers import UNBOUNDED

BLOCK = 1 << 16
REFUSALS = (None, Refusal.PRIVACY_CEILING, Refusal.NO_ROUTE, Refusal.NO_CANDIDATE)
"""What `Decisions.refusal` counts; `INVALID` is a row for which `decide` raises ContextError."""
PRIVACY_CEILING, NO_ROUTE, NO_CANDIDATE, INVALID = 1, 2, 3, 4
BASES = (None, "quote", "file", "ceiling")
_TOP = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class Decisions:
    """What `decide` would say of each row, as arrays in the order of the batch.

    `primary` and `fallbacks` (a row each, -1 where there are no more) are places in `Bound.compiled.fleet.deployments`;
    `route` is the route's number in its policy, `lane` a place in `lanes`: (policy, route, arm). -1 stands for none.
    `refusal` is a place in `REFUSALS`, or `INVALID`; `cost` is 1e-12 USD (-1: none), or more than int64 holds where
    `huge` names the row; `basis` a place in `BASES`.
    """

    lanes: tuple[tuple[str, str, str | None], ...]
    lane: NDArray[np.int32]
    route: NDArray[np.int32]
    primary: NDArray[np.int32]
    fallbacks: NDArray[np.int32]
    refusal: NDArray[np.int8]
    from_fallbacks: NDArray[np.bool_]
    degraded: NDArray[np.bool_]
    safe_mode: NDArray[np.bool_]
    cost: NDArray[np.int64]
    basis: NDArray[np.int8]
    huge: dict[int, int]


def decide_many(bound: Bound, batch: Batch, *, compiled: bool | None = None) -> Decisions:
    """Decide every row of a batch. Bit-identical to `bound.decide(batch.context(row))`; never raises ContextError.

    `compiled` asks for the ranks of the extra `fast` (ImportError without it) or forbids them; by default they are used
    where it is installed and this bound configuration has decided `COMPILED_FROM` rows. The answer is the same.
    """
    columns = bound.columns
    if columns is None:
        columns = bound.columns = Columns(bound)
    made: Decisions = columns.decide(batch, compiled)
    return made


class Columns:
    """The tables of one bound configuration, kept between batches."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound
        self._kernel: Kernel | None = None
        self._rows = 0
        self._any_cached = False
        self._routes: dict[str, RouteColumns] = {}
        self._lanes: dict[tuple[str, int, str | None], LaneColumns] = {}
        self._fleet = {d.id: d.index for d in bound.compiled.fleet.deployments}
        self._tenants: dict[tuple[str, ...], _Tenants] = {}

    def decide(self, batch: Batch, compiled: bool | None = None) -> Decisions:
        """Decide a batch, a block at a time."""
        self._rows += len(batch)
        if compiled is None:
            compiled = self._rows >= COMPILED_FROM and available()
        self._kernel = load() if compiled else None
        self._any_cached = bool(batch.cached_input_tokens.any())
        names: dict[tuple[str, int, str | None], int] = {}
        out = _empty(len(batch), self._width())
        tenants = self._known(tuple(batch.column("tenant").values))
        ranks = {level: i for i, level in enumerate(self.bound.compiled.vocabulary.levels)}
        rank = np.array([ranks.get(value, -1) for value in batch.column("privacy").values])
        for start in range(0, len(batch), BLOCK):
            self._block(batch, slice(start, min(start + BLOCK, len(batch))), tenants, rank, out, names)
        lanes = tuple(
            (policy, self.bound.compiled.config.policies[policy].routes[number].name, arm)
            for policy, number, arm in names
        )
        return Decisions(lanes, **out)

    def _width(self) -> int:
        policies = self.bound.compiled.config.policies.values()
        return max((route.max_fallbacks for policy in policies for route in policy.routes), default=0)

    def _known(self, names: tuple[str, ...]) -> _Tenants:
        found = self._tenants.get(names)
        if found is None:
            if len(self._tenants) > 16:
                self._tenants.clear()
            found = self._tenants[names] = _Tenants(self.bound, names)
        return found

    def _block(
        self, batch: Batch, rows: slice, tenants: _Tenants, rank: NDArray[Any], out: dict[str, Any],
        names: dict[tuple[str, int, str | None], int],
    ) -> None:  # fmt: skip
        tenant = batch.column("tenant").codes[rows]
        level = rank[batch.column("privacy").codes[rows]]
        policy = tenants.policy[tenant]
        refusal, base = out["refusal"][rows], rows.start
        out["safe_mode"][rows] = tenants.safe[tenant]
        refusal[level > tenants.ceiling[tenant]] = PRIVACY_CEILING
        refusal[(policy < 0) | (level < 0)] = INVALID
        open_rows = np.flatnonzero(refusal == 0)
        for code, name in enumerate(tenants.policies):
            mine = open_rows if len(tenants.policies) == 1 else open_rows[policy[open_rows] == code]
            if len(mine):
                self._policy(batch, name, mine + base, tenants, out, names)

    def _policy(
        self, batch: Batch, name: str, rows: NDArray[Any], tenants: _Tenants, out: dict[str, Any],
        names: dict[tuple[str, int, str | None], int],
    ) -> None:  # fmt: skip
        routes = self._routes.get(name)
        if routes is None:
            routes = self._routes[name] = RouteColumns(self.bound.router(name).policy.tables)
        picked = _Picked(batch, rows)
        tokens = {field: getattr(batch, field)[rows] for field in NUMBERS}
        tenant = picked.column("tenant").codes
        number = routes.route(tenants.own(name, self.bound), tenants.home, tenant, picked.column, tokens)
        out["refusal"][rows[number < 0]] = NO_ROUTE
        out["route"][rows] = number
        order = np.argsort(number.astype(np.int16 if number.max(initial=0) < 1 << 15 else np.int64), kind="stable")
        sorted_numbers = number[order]
        for low, high in _runs(sorted_numbers):
            route = int(sorted_numbers[low])
            if route < 0:
                continue
            for arm, group in self._arms(batch, name, route, rows[order[low:high]], tenants):
                self._lane(batch, (name, route, arm), group, tenants, out, names)

    def _arms(
        self, batch: Batch, policy: str, route: int, rows: NDArray[Any], tenants: _Tenants
    ) -> list[tuple[str | None, NDArray[Any]]]:
        split = self.bound.router(policy).policy.split(route)
        if split is None:
            return [(None, rows)]
        if split.unit == "tenant":
            place = tenants.places(split)[batch.column("tenant").codes[rows]]
        else:
            key = batch.request_key[rows]
            mixed = (key ^ (key >> np.uint64(32))) * np.uint64(split.multiplier)
            place = (((mixed >> np.uint64(32)) * np.uint64(10_000)) >> np.uint64(32)).astype(np.int64)
        arm = np.searchsorted(np.array(split.ends), place, side="right")
        arms = self.bound.arms(route, policy)
        return [(name, group) for i, name in enumerate(arms) if len(group := rows[arm == i])]

    def _lane(
        self, batch: Batch, key: tuple[str, int, str | None], rows: NDArray[Any], tenants: _Tenants,
        out: dict[str, Any], names: dict[tuple[str, int, str | None], int],
    ) -> None:  # fmt: skip
        policy, route, arm = key
        out["lane"][rows] = names.setdefault(key, len(names))
        columns = self._lanes.get(key)
        if columns is None:
            lane = self.bound.router(policy).lane(route, arm)
            columns = self._lanes[key] = LaneColumns(lane)
        given, output = batch.input_tokens[rows], batch.output_tokens[rows]
        huge = columns.too_large(given, output) if columns.bits <= MOST_BITS else np.ones(len(rows), dtype=bool)
        if huge.any():
            for row in rows[huge].tolist():
                self._single(batch, row, out)
            rows, given, output = rows[~huge], given[~huge], output[~huge]
        if len(rows):
            columns.decide(BlockRows(batch, rows, given, output, tenants, self._any_cached), out, self._kernel)

    def _single(self, batch: Batch, row: int, out: dict[str, Any]) -> None:
        try:
            facts: Facts = self.bound.decide(batch.context(row))
        except ContextError:
            out["refusal"][row] = INVALID
            return
        out["refusal"][row] = REFUSALS.index(facts.refusal)
        if facts.primary is not None:
            chain = [self._fleet[name] for name in facts.fallbacks]
            out["primary"][row] = self._fleet[facts.primary]
            out["fallbacks"][row, : len(chain)] = chain
            cost = facts.cost or 0
            out["cost"][row] = min(cost, (1 << 63) - 1)
            if cost > _TOP:
                out["huge"][row] = cost
            out["basis"][row] = BASES.index(facts.cost_basis)
        out["from_fallbacks"][row], out["degraded"][row] = facts.from_fallbacks, facts.degraded


class _Picked:
    """Some rows' columns."""

    def __init__(self, batch: Batch, rows: NDArray[Any]) -> None:
        self._batch, self._rows = batch, rows
        self._made: dict[str, Any] = {}

    def column(self, name: str) -> Any:
        found = self._made.get(name)
        if found is None:
            coded = self._batch.column(name)
            found = self._made[name] = Column(coded.codes[self._rows], tuple(coded.values))
        return found


class _Tenants:
    """What is known of a batch's tenants, by code."""

    def __init__(self, bound: Bound, names: tuple[str, ...]) -> None:
        self.names = names
        self.seated: list[Seated | None] = [_seated(bound, name) for name in names]
        policies = {s.seat.policy: i for i, s in enumerate(self.seated) if s is not None}
        self.policies = tuple(policies)
        place = {policy: i for i, policy in enumerate(self.policies)}
        self.policy = np.array([-1 if s is None else place[s.seat.policy] for s in self.seated], dtype=np.int64)
        self.ceiling = np.array([-1 if s is None else s.ceiling for s in self.seated], dtype=np.int64)
        self.safe = np.array([s is not None and s.safe for s in self.seated], dtype=bool)
        alike = {-1 if s is None else s.key: s for s in self.seated}
        places = {key: i for i, key in enumerate(alike)}
        self.seats = list(alike.values())
        self.key = np.array([places[-1 if s is None else s.key] for s in self.seated], dtype=np.int64)
        budgets = (UNBOUNDED if s is None else s.budget for s in self.seated)
        self.budget = np.array([min(budget, _TOP) for budget in budgets], dtype=np.int64)
        self.least_budget = int(self.budget.min(initial=_TOP))
        self.home = tuple("" if s is None else s.home for s in self.seated)
        self._own: dict[str, Any] = {}
        self._places: dict[str, NDArray[np.int64]] = {}

    def own(self, policy: str, bound: Bound) -> Any:
        """Words of the routes that each tenant's own values leave; nothing for other policies' tenants."""
        found = self._own.get(policy)
        if found is None:
            width = max(1, -(-bound.router(policy).policy.tables.all.bit_length() // 64))
            masks = [s.routes if s is not None and s.seat.policy == policy else 0 for s in self.seated]
            found = self._own[policy] = to_words(masks, width)
        return found

    def places(self, split: Any) -> NDArray[np.int64]:
        """Each tenant's bucket in an experiment."""
        found = self._places.get(split.seed)
        if found is None:
            found = self._places[split.seed] = np.array([split.tenant_place(name) for name in self.names])
        return found


def _seated(bound: Bound, name: str) -> Seated | None:
    try:
        return bound.seated(name)
    except ContextError:
        return None


def _runs(values: NDArray[Any]) -> list[tuple[int, int]]:
    """Ends of the runs of equal values."""
    if not len(values):
        return []
    cuts = (np.flatnonzero(values[1:] != values[:-1]) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(values)], strict=True))


def _empty(rows: int, width: int) -> dict[str, Any]:
    return {
        "lane": np.full(rows, -1, dtype=np.int32),
        "route": np.full(rows, -1, dtype=np.int32),
        "primary": np.full(rows, -1, dtype=np.int32),
        "fallbacks": np.full((rows, width), -1, dtype=np.int32),
        "refusal": np.zeros(rows, dtype=np.int8),
        "from_fallbacks": np.zeros(rows, dtype=bool),
        "degraded": np.zeros(rows, dtype=bool),
        "safe_mode": np.zeros(rows, dtype=bool),
        "cost": np.full(rows, -1, dtype=np.int64),
        "basis": np.zeros(rows, dtype=np.int8),
        "huge": {},
    }
