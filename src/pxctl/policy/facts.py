"""What `decide` leaves behind: raw facts, from which the whole decision is rendered when somebody asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pxctl.model.context import Context
from pxctl.model.decision import Considered, CostBasis, Decision, Refusal
from pxctl.policy.measured import STALE
from pxctl.policy.trace import trace_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pxctl.policy.bound import Seated
    from pxctl.policy.lane import Lane
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
        fields = self.fields()
        if self.lane is not None:
            entries = [_fast(Considered, entry) for entry in self._entries(self.lane)]
            fields["candidates"] = tuple([entries[i] for i in self.lane.listed])
            fields["listed_fallbacks"] = tuple(entries[self.lane.count :])
        return _fast(Decision, fields)

    def as_dict(self) -> dict[str, Any]:
        """The decision with its trace, as JSON values; equal to `render().model_dump()`."""
        if self.lane is None:
            return self.fields()
        fields = trace_of(self.lane).fields(self)
        entries = self._entries(self.lane)
        fields["candidates"] = tuple([entries[i] for i in self.lane.listed])
        fields["listed_fallbacks"] = tuple(entries[self.lane.count :])
        return fields

    def record(self) -> dict[str, Any]:
        """The whole trace as logs keep it, each deployment named once: the fields of `Decision`, but instead of
        `candidates` and `listed_fallbacks` these.

        `kept`: (deployment, score, cost, basis) in rank order; `excluded`: deployments by reason, in the order in which
        reasons are tried; `over_budget`: what those with reason `budget` would have cost; `fallbacks_kept` and
        `fallbacks_excluded` likewise for listed fallbacks; `stale_health`: whose health is last known.
        """
        lane, prices = self.lane, self.prices
        if lane is None or prices is None:
            fields = self.fields()
            del fields["candidates"], fields["listed_fallbacks"]
            return fields
        return trace_of(lane).record(self, lane, prices)

    def line(self) -> str:
        """The record as one line of JSON: the same bytes as `json.dumps(facts.record())`, sooner."""
        lane, prices = self.lane, self.prices
        if lane is None or prices is None:
            return json.dumps(self.record())
        trace = trace_of(lane)
        return trace.lines.line(self, lane, prices, trace)

    def fields(self) -> dict[str, Any]:
        """The fields of `Decision` without the trace."""
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

    def _entries(self, lane: Lane) -> list[dict[str, Any]]:
        """The trace by bit, the fields of `Considered` in order."""
        return [] if self.prices is None else trace_of(lane).entries(self, lane, self.prices)


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
