"""What `decide` leaves behind: raw facts, from which the whole decision is rendered when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pxctl.model.context import Context
from pxctl.model.decision import Considered, CostBasis, Decision, Reason, Refusal
from pxctl.policy.integers import request_key
from pxctl.policy.measured import STALE
from pxctl.policy.rank import balanced_scores, weighted_scores

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pxctl.policy.bound import Seated
    from pxctl.policy.lane import Lane, Stage
    from pxctl.policy.prices import Prices

NO_CANDIDATE, NO_ROUTE, PRIVACY_CEILING = -1, -2, -3
COLUMNS = ("deployment", "kept", "reason", "rank", "score", "cost", "cost_basis", "stale_health")
"""What stands where in the entries of `Facts.record`."""
_REFUSALS = {
    NO_CANDIDATE: Refusal.NO_CANDIDATE, NO_ROUTE: Refusal.NO_ROUTE, PRIVACY_CEILING: Refusal.PRIVACY_CEILING,
}  # fmt: skip


class Facts:
    """One decision, slim. `bit` is the primary's place in the lane, below 0 a refusal; `mask` is what passed.

    Everything else is computed from these when it is asked for: `primary`, `fallbacks`, `cost` and so on are as in
    `pxctl.model.decision.Decision`.
    """

    __slots__ = ("bit", "context", "cost", "fallbacks", "lane", "mask", "prices", "seated")

    def __init__(
        self, lane: Lane | None, seated: Seated, context: Context, mask: int, bit: int, fallbacks: tuple[str, ...],
        cost: int | None, prices: Prices | None,
    ) -> None:  # fmt: skip
        self.lane = lane
        self.seated = seated
        self.context = context
        self.mask = mask
        self.bit = bit
        self.fallbacks = fallbacks
        self.cost = cost
        self.prices = prices

    def __repr__(self) -> str:
        return f"<Facts {self.primary or self.refusal} of route {self.route}>"

    @property
    def primary(self) -> str | None:
        """The deployment that the request goes to."""
        return self.lane.ids[self.bit] if self.lane is not None and self.bit >= 0 else None

    @property
    def refusal(self) -> Refusal | None:
        """Why there is no primary."""
        return _REFUSALS.get(self.bit)

    @property
    def route(self) -> str | None:
        """The route that matched."""
        return None if self.lane is None else self.lane.plan.route.name

    @property
    def arm(self) -> str | None:
        """The experiment's arm, where the route has one."""
        return None if self.lane is None else self.lane.plan.arm

    @property
    def policy(self) -> str:
        """The policy that decided."""
        return self.seated.seat.policy

    @property
    def safe_mode(self) -> bool:
        """Whether safe mode covers the tenant."""
        return self.seated.safe

    @property
    def from_fallbacks(self) -> bool:
        """Whether no candidate was kept and a listed fallback is primary."""
        return self.lane is not None and self.bit >= self.lane.count

    @property
    def degraded(self) -> bool:
        """Whether the primary's health is only last known."""
        return self.lane is not None and self.bit >= 0 and self.lane.measured[self.bit].freshness == STALE

    @property
    def cost_basis(self) -> CostBasis | None:
        """What the cost rests on."""
        return None if self.prices is None or self.bit < 0 else self.prices.bases[self.bit]  # type: ignore[return-value]

    def render(self) -> Decision:
        """The decision with its trace, as a value."""
        fields = self._fields()
        if self.lane is not None:
            entries = [_fast(Considered, entry) for entry in self._entries()]
            fields["candidates"] = tuple([entries[i] for i in self.lane.listed])
            fields["listed_fallbacks"] = tuple(entries[self.lane.count :])
        return _fast(Decision, fields)

    def as_dict(self) -> dict[str, Any]:
        """The decision with its trace, as JSON values; equal to `render().model_dump()`."""
        fields = self._fields()
        if self.lane is not None:
            entries = self._entries()
            fields["candidates"] = tuple([entries[i] for i in self.lane.listed])
            fields["listed_fallbacks"] = tuple(entries[self.lane.count :])
        return fields

    def record(self) -> dict[str, Any]:
        """The decision with its trace for logs: as `as_dict`, but each entry a tuple in the order of `COLUMNS`."""
        fields = self._fields()
        if self.lane is not None:
            rows = list(self._rows())
            fields["candidates"] = [rows[i] for i in self.lane.listed]
            fields["listed_fallbacks"] = rows[self.lane.count :]
        return fields

    def _fields(self) -> dict[str, Any]:
        lane, seated = self.lane, self.seated
        plan = None if lane is None else lane.plan
        return {
            "schema_version": 1,
            "trace_id": self.context.trace_id,
            "tenant": self.context.tenant,
            "policy": seated.seat.policy,
            "policy_version": seated.router.version,
            "source": seated.router.source,
            "route": None if plan is None else plan.route.name,
            "experiment": None if plan is None else plan.experiment,
            "arm": None if plan is None else plan.arm,
            "primary": self.primary,
            "fallbacks": self.fallbacks,
            "from_fallbacks": self.from_fallbacks,
            "degraded": self.degraded,
            "safe_mode": seated.safe,
            "refusal": _REFUSALS.get(self.bit),
            "cost": self.cost,
            "cost_basis": self.cost_basis,
            "strategy": None if plan is None else plan.strategy,
            "candidates": (),
            "listed_fallbacks": (),
        }

    def _entries(self) -> list[dict[str, Any]]:
        return [
            {
                "deployment": name, "kept": kept, "reason": reason, "rank": rank, "score": score, "cost": cost,
                "cost_basis": basis, "stale_health": stale,
            }
            for name, kept, reason, rank, score, cost, basis, stale in self._rows()
        ]  # fmt: skip

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """The trace by bit, a tuple in the order of `COLUMNS` each."""
        lane, prices, context, mask = self.lane, self.prices, self.context, self.mask
        if lane is None or prices is None:
            return iter(())
        reasons: list[Reason | None] = [None] * len(lane.ids)
        left = lane.all
        for reason, passing in request_stages(lane, self.seated, context):
            gone = left & ~passing
            if gone:
                left ^= gone
                for i in lane.bits_of(gone):
                    reasons[i] = reason
        for i in lane.bits_of(left & ~mask):
            reasons[i] = Reason.BUDGET
        costs: Sequence[int | None]
        costs = known = prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        bases: Sequence[str | None] = prices.bases
        if left != lane.all:
            reached = lane.flags(left)
            costs = [cost if flag else None for cost, flag in zip(known, reached, strict=True)]
            bases = [basis if flag else None for basis, flag in zip(bases, reached, strict=True)]
        ranks, scores = self._standing(lane, known)
        return zip(lane.ids, lane.flags(mask), reasons, ranks, scores, costs, bases, lane.stale, strict=True)

    def _standing(self, lane: Lane, costs: Sequence[int]) -> tuple[Sequence[int | None], Sequence[int | None]]:
        """Rank and score by bit; None for those that are not kept."""
        passed = self.mask & lane.candidates
        order = kept = lane.bits_of(passed)
        found = self._scores(lane, kept, costs)
        if not lane.static:
            groups = lane.groups.get(passed) or lane.group(passed)
            order = tuple([i for group in groups for i in sorted(group, key=found.__getitem__)])
        ranks: list[int | None] = [None] * len(lane.ids)
        scores: list[int | None] = [None] * len(lane.ids)
        for rank, i in enumerate(order):
            ranks[i] = rank
            scores[i] = found[i]
        return ranks, scores

    def _scores(self, lane: Lane, kept: Sequence[int], costs: Sequence[int]) -> Mapping[int, int] | Sequence[int]:
        """Scores by bit, of the kept at least."""
        if lane.static:
            return lane.fixed
        if lane.plan.strategy == "cheapest":
            return costs
        weights = lane.plan.weights
        if weights is None:
            hashes = lane.hashes(request_key(self.context.request_key, self.context.trace_id))
            return weighted_scores(hashes, lane.units)
        health = [lane.measured[i].health for i in kept]
        latency = [lane.measured[i].latency for i in kept]
        return dict(zip(kept, balanced_scores(weights, health, [costs[i] for i in kept], latency), strict=True))


_M = TypeVar("_M", bound="BaseModel")


def _fast(kind: type[_M], values: dict[str, Any]) -> _M:
    """A frozen model from values that are right by construction; pydantic's `model_construct` takes longer."""
    made = kind.__new__(kind)
    put = object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", _ALL_SET[kind])
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


_ALL_SET: dict[type[Any], set[str]] = {kind: set(kind.model_fields) for kind in (Considered, Decision)}


def request_stages(lane: Lane, seated: Seated, context: Context) -> list[Stage]:
    """Every check but the last in order, each with the bit set of those that pass it."""
    capability = lane.all
    for name in context.features:
        capability &= lane.capability.get(name, 0)
    total = context.input_tokens + context.output_tokens
    bounds = [lane.plan.max_latency, None if context.sla_ms is None else context.sla_ms * 1000]
    bound = min((x for x in bounds if x is not None), default=None)
    return [
        *lane.seat_stages(seated),
        (Reason.MODALITY, lane.modality[context.modality]),
        (Reason.MISSING_CAPABILITY, capability),
        (Reason.LANGUAGE, lane.language.get(context.language, lane.any_language)),
        (Reason.PRIVACY, lane.privacy[context.privacy]),
        (Reason.REGION, lane.region),
        (Reason.CONTEXT_WINDOW, lane.context.of(total) & lane.output.of(context.output_tokens)),
        (Reason.QUOTA, lane.requests_left & lane.tokens_left.of(total)),
        (Reason.CIRCUIT_OPEN, lane.circuit),
        (Reason.HEALTH, lane.health),
        (Reason.LATENCY, lane.all if bound is None else lane.latency(bound)),
    ]
