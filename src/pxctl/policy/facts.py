"""What `decide` leaves behind: raw facts, from which the whole decision is rendered when somebody asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from pxctl.model.context import Context
from pxctl.model.decision import Considered, CostBasis, Decision, Refusal
from pxctl.policy.measured import STALE

if TYPE_CHECKING:
    from pxctl.policy.bound import Seated
    from pxctl.policy.lane import Lane
    from pxctl.policy.prices import Prices

NO_CANDIDATE, NO_ROUTE, PRIVACY_CEILING = -1, -2, -3
_REFUSALS = {
    NO_CANDIDATE: Refusal.NO_CANDIDATE, NO_ROUTE: Refusal.NO_ROUTE, PRIVACY_CEILING: Refusal.PRIVACY_CEILING,
}  # fmt: skip


class Facts:
    """One decision, slim. `bit` is the primary's place in the lane, below 0 a refusal; `mask` is what passed.

    Deciding hands on what it has computed: `costs` by bit (None: no check and no rank needed them) and, where a request
    changes the order, `order`, the kept candidates' bits by rank, with `scores` by bit. The rest is computed when it is
    asked for: `primary`, `fallbacks`, `cost` and so on are as in `pxctl.model.decision.Decision`.
    """

    __slots__ = (
        "bit", "context", "cost", "costs", "fallbacks", "lane", "mask", "order", "prices", "scores", "seated",
    )  # fmt: skip

    def __init__(
        self, lane: Lane | None, seated: Seated, context: Context, mask: int, bit: int, fallbacks: tuple[str, ...],
        cost: int | None, prices: Prices | None, costs: Sequence[int] | None = None,
        scores: Sequence[int] | dict[int, int] | None = None, order: list[int] | None = None,
    ) -> None:  # fmt: skip
        self.lane = lane
        self.seated = seated
        self.context = context
        self.mask = mask
        self.bit = bit
        self.fallbacks = fallbacks
        self.cost = cost
        self.prices = prices
        self.costs = costs
        self.scores = scores
        self.order = order

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
        if self.lane is None:
            return _frozen(Decision, self.fields())
        fields = self.as_dict()
        for name in ("candidates", "listed_fallbacks"):
            fields[name] = tuple([_frozen(Considered, entry) for entry in fields[name]])
        return _frozen(Decision, fields)

    def as_dict(self) -> dict[str, Any]:
        """The decision with its trace, as JSON values; equal to `render().model_dump()`."""
        return self.fields() if self.lane is None else self.lane.trace.whole(self)

    def record(self) -> dict[str, Any]:
        """The whole trace as logs keep it, each deployment named once: the fields of `Decision`, but instead of
        `candidates` and `listed_fallbacks` these.

        `kept`: (deployment, score, cost, basis) in rank order; `excluded`: deployments by reason, in the order in which
        reasons are tried; `over_budget`: what those with reason `budget` would have cost; `fallbacks_kept` and
        `fallbacks_excluded` likewise for listed fallbacks; `stale_health`: whose health is last known.
        """
        if self.lane is not None:
            return self.lane.trace.record(self)
        fields = self.fields()
        del fields["candidates"], fields["listed_fallbacks"]
        return fields

    def line(self) -> str:
        """The record as one line of JSON: the same bytes as `json.dumps(facts.record())`, sooner."""
        return json.dumps(self.record()) if self.lane is None else self.lane.trace.line(self)

    def reasons(self) -> set[str]:
        """What excluded candidates, each reason once."""
        return set() if self.lane is None else self.lane.trace.reasons(self)

    def every_cost(self) -> Sequence[int]:
        """1e-12 USD on each deployment of the lane, by bit."""
        if self.costs is None and self.prices is not None:
            context = self.context
            self.costs = self.prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        return self.costs or ()

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


_M = TypeVar("_M", bound="BaseModel")


def _frozen(kind: type[_M], values: dict[str, Any]) -> _M:
    """A frozen model from values that are right by construction; pydantic's `model_construct` takes longer."""
    made = _NEW(kind)
    _PUT_VALUES(made, values)
    _PUT_NAMES(made, _ALL_SET[kind])
    _PUT_EXTRA(made, None)
    _PUT_PRIVATE(made, None)
    return made


_ALL_SET: dict[type[Any], set[str]] = {kind: set(kind.model_fields) for kind in (Considered, Decision)}
_NEW = object.__new__
_PUT_VALUES, _PUT_NAMES, _PUT_EXTRA, _PUT_PRIVATE = [
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
]
