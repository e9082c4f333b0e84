"""From a part of the space to a concrete request and its decision, so that everybody can check a counterexample."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.proof import Counterexample
from pxctl.model.signals import EPOCH, DeploymentSignal, Signals
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled
from pxctl.policy.proof.space import DIMENSIONS, MOST, Box, Cell, Space

LATENCY_MS = 1.0


@dataclass(frozen=True, slots=True)
class Amounts:
    """Token counts of a request; None: the smallest of its cell."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0


SMALLEST = Amounts()


def request(
    space: Space, part: Box, amounts: Amounts = SMALLEST, route: int | None = None, arm: str | None = None
) -> Context:
    """A request of a part; with `route` and `arm` one whose trace id comes into that arm."""
    pick = {name: _pick(space.chosen(part, name)) for name in DIMENSIONS}
    seat = pick["tenant"].value
    given = pick["input_tokens"].low if amounts.input_tokens is None else amounts.input_tokens
    output = pick["output_tokens"].low if amounts.output_tokens is None else amounts.output_tokens
    budget, sla = pick["budget_usd"], pick["sla_ms"]
    fields: dict[str, Any] = {
        "tenant": seat.tenant.id,
        **{name: pick[name].value for name in ("privacy", "modality", "task_type", "language", "risk_level", "region")},
        "task_tags": pick["task_tags"].value,
        "features": pick["features"].value,
        "input_tokens": min(given, MOST),
        "cached_input_tokens": min(amounts.cached_tokens, given),
        "output_tokens": min(output, MOST),
        "budget_usd": None if budget.absent else _usd(space, budget),
        "sla_ms": None if sla.absent else sla.high,
        "trace_id": _trace_id(space, seat.tenant.id, route, arm),
    }
    return Context.model_validate(fields)


def _pick(cells: list[Cell]) -> Cell:
    """The plainest cell: without a budget or an SLA where that is possible."""
    return next((cell for cell in cells if cell.absent), cells[0])


def _usd(space: Space, cell: Cell) -> Decimal:
    """The least budget of the cell where the question bounds it from below, else the largest; whole 1e-6 USD."""
    bounds = space.when.budget_usd
    low = bounds is not None and bounds.min is not None
    micro = -(-cell.low // 1_000_000) if low else cell.high // 1_000_000
    return Decimal(micro).scaleb(-6)


def _trace_id(space: Space, tenant: str, route: int | None, arm: str | None) -> str:
    split = None if route is None or arm is None else space.policy.split(route)
    if split is None or split.unit == "tenant":
        return f"{tenant}-proof"
    from pxctl.core.digest import key64

    numbers = range(10_000_000)
    return next(f"proof-{n}" for n in numbers if split.arm(split.request_place(key64(f"proof-{n}"))) == arm)


def well(compiled: Compiled) -> Signals:
    """Everybody healthy, just measured, fast; no quota, no quotes, no safe mode."""
    one = DeploymentSignal(health=1.0, health_at=EPOCH, latency_p95_ms=LATENCY_MS)
    return Signals(deployments={d.id: one for d in compiled.fleet.deployments})


def show(
    compiled: Compiled, space: Space, context: Context, deployment: str | None, message: str, *, first: bool = False
) -> Counterexample:
    """A counterexample: decided while all is well; where that does not send the request to `deployment` (as primary, if
    `first`, else as primary or fallback), the others of its route are down.

    Raises RuntimeError where the decision contradicts the proof, which would be a bug.
    """
    signals = well(compiled)
    decision = _decide(compiled.bind(signals), context)
    down: tuple[str, ...] = ()
    chain = (decision.primary,) if first else (decision.primary, *decision.fallbacks)
    if deployment is not None and deployment not in chain:
        others = {e.deployment for e in (*decision.candidates, *decision.listed_fallbacks)} - {deployment}
        down = tuple(sorted(others))
        gone = {name: DeploymentSignal(circuit="open") for name in others}
        signals = Signals(deployments={**signals.deployments, **gone})
        decision = _decide(compiled.bind(signals), context)
        if decision.primary != deployment:
            raise RuntimeError(f"the proof says `{deployment}` may serve {context!r}, the decision {decision!r}")
    seen = {e.deployment for e in (*decision.candidates, *decision.listed_fallbacks)}
    slim = {name: signal for name, signal in signals.deployments.items() if name in seen}
    return Counterexample(
        policy=space.policy.policy.name,
        route=decision.route,
        arm=decision.arm,
        deployment=deployment,
        message=message,
        context=context,
        decision=decision,
        signals=signals.model_copy(update={"deployments": slim}),
        down=down,
    )


def _decide(bound: Bound, context: Context) -> Decision:
    return bound.decide(context).render()
