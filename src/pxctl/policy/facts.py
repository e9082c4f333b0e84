"""What `decide` leaves behind: raw facts, from which the whole decision is rendered when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pxctl.model.context import Context
from pxctl.model.decision import Considered, CostBasis, Decision, Reason, Refusal
from pxctl.policy.integers import request_key
from pxctl.policy.measured import STALE
from pxctl.policy.rank import balanced_scores, weighted_score

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pxctl.policy.bound import Seated
    from pxctl.policy.lane import Lane, Stage
    from pxctl.policy.prices import Prices

NO_CANDIDATE, NO_ROUTE, PRIVACY_CEILING = -1, -2, -3
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
        listed, spare = self._trace()
        fields = self._fields()
        fields["candidates"] = tuple([_fast(Considered, entry) for entry in listed])
        fields["listed_fallbacks"] = tuple([_fast(Considered, entry) for entry in spare])
        return _fast(Decision, fields)

    def as_dict(self) -> dict[str, Any]:
        """The decision with its trace, as JSON values; equal to `render().model_dump()`."""
        fields = self._fields()
        fields["candidates"], fields["listed_fallbacks"] = self._trace()
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

    def _trace(self) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
        lane, prices, context = self.lane, self.prices, self.context
        if lane is None or prices is None:
            return (), ()
        stages = request_stages(lane, self.seated, context)
        reasons: list[Reason | None] = [None] * len(lane.ids)
        left = lane.all
        for reason, passing in stages:
            gone = left & ~passing
            left &= passing
            while gone:
                low = gone & -gone
                reasons[low.bit_length() - 1] = reason
                gone ^= low
        costs = prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        priced: list[int | None] = [None] * len(lane.ids)
        for i, excluded in enumerate(reasons):
            if excluded is None:
                priced[i] = costs[i]
                if not self.mask >> i & 1:
                    reasons[i] = Reason.BUDGET
        ranks, scores = self._ranks(lane, costs)
        entries: tuple[dict[str, Any], ...] = tuple([
            {
                "deployment": name,
                "kept": reason is None,
                "reason": reason,
                "rank": rank,
                "score": score,
                "cost": cost,
                "cost_basis": None if cost is None else basis,
                "stale_health": measured.freshness == STALE,
            }
            for name, reason, rank, score, cost, basis, measured in zip(
                lane.ids, reasons, ranks, scores, priced, prices.bases, lane.measured, strict=True
            )
        ])  # fmt: skip
        return tuple([entries[i] for i in lane.listed]), entries[lane.count :]

    def _ranks(self, lane: Lane, costs: Any) -> tuple[list[int | None], list[int | None]]:
        """Rank and score by bit; None for those that are not kept."""
        kept = [i for i in range(lane.count) if self.mask >> i & 1]
        ranks: list[int | None] = [None] * len(lane.ids)
        scores: list[int | None] = [None] * len(lane.ids)
        for i, score in zip(kept, self._scores(lane, kept, costs), strict=True):
            scores[i] = score
        if not lane.static:
            kept.sort(key=lambda i: (lane.measured[i].freshness, scores[i]))
        for rank, i in enumerate(kept):
            ranks[i] = rank
        return ranks, scores

    def _scores(self, lane: Lane, kept: list[int], costs: Any) -> list[int]:
        weights = lane.plan.weights
        if lane.static:
            return [lane.fixed[i] for i in kept]
        if lane.plan.strategy == "cheapest":
            return [costs[i] for i in kept]
        if weights is not None:
            health = [lane.measured[i].health for i in kept]
            return balanced_scores(weights, health, [costs[i] for i in kept], [lane.measured[i].latency for i in kept])
        key = request_key(self.context.request_key, self.context.trace_id)
        return [weighted_score(key, lane.deployments[i].multiplier, lane.units[i]) for i in kept]


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
