"""Concrete requests of a group of kinds that two sides treat differently, and circumstances that show it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice, product
from math import prod
from typing import Any

from pxctl.core.bucketing import TOTAL
from pxctl.core.digest import key64
from pxctl.model.base import duration_ms
from pxctl.model.context import Context
from pxctl.model.provider import Price
from pxctl.model.signals import EPOCH, DeploymentSignal, SafeMode, Signals
from pxctl.policy.integers import UNBOUNDED
from pxctl.policy.plan import Plan, make_split
from pxctl.policy.proof.joint import AMOUNTS, Amount, Joint
from pxctl.policy.proof.kinds import BUDGET, SLA, Group
from pxctl.policy.proof.space import DIMENSIONS

TRACE = "difference"
KEYS = 4_000
"""How many request keys are tried where an order or an arm depends on them."""
LIKELY = 2
"""How many deployments are tried alone before anything else."""
SINGLE = 12
"""How many deployments are tried alone, and left out, one at a time."""
USUAL_SLA = 500
"""Milliseconds."""
LEAST = Decimal("0.000001")
"""The lowest price above nothing, in USD per million tokens, so that no budget is met."""
DEAREST = Decimal(10**11)
"""Above what a price may be, in USD per million tokens."""


def requests(joint: Joint, group: Group, plans: Iterable[Plan]) -> Iterator[Context]:
    """Requests of the kind that stands for the group: usual counts first, then those at which windows end."""
    values = {
        name: joint.values[place][group.sample[place]] for place, name in enumerate(DIMENSIONS)
        if name not in AMOUNTS
    }  # fmt: skip
    counts = list(islice(_counts(group.before.given, group.before.output, plans), 20))
    keys = _keys(plans)
    for key, limits in product(keys, _limits(*(joint.values[place][group.sample[place]] for place in (BUDGET, SLA)))):
        for given, output in counts:
            for cached in (0, given) if given else (0,):
                yield Context.model_validate({
                    **values, **limits, "input_tokens": given, "output_tokens": output, "cached_input_tokens": cached,
                    "trace_id": f"{TRACE}-{key}",
                })  # fmt: skip


def _keys(plans: Iterable[Plan]) -> list[int]:
    """Numbers of trace ids that come into every arm of the experiments that divide requests."""
    splits = {
        make_split(p.policy, p.route.experiment) for p in plans
        if p.route.experiment is not None and p.route.experiment.unit == "request"
    }  # fmt: skip
    found: dict[tuple[str, ...], int] = {}
    every = prod(len({0, *split.ends, TOTAL}) - 1 for split in splits)
    for number in range(10 * KEYS):
        key = key64(f"{TRACE}-{number}")
        found.setdefault(tuple(split.arm(split.request_place(key)) for split in splits), number)
        if len(found) >= every:
            break
    return list(found.values())


def _limits(budget: Amount, sla: Amount) -> list[dict[str, Any]]:
    """No limit where none need be stated, else the widest; then a usual SLA."""
    money = None if budget.absent else Decimal(budget.high // 10**6).scaleb(-6)
    usual = min(max(USUAL_SLA, sla.low), sla.high)
    return [{"budget_usd": money, "sla_ms": ms} for ms in (None if sla.absent else sla.high, usual)]


def _counts(given: tuple[int, int], output: tuple[int, int], plans: Iterable[Plan]) -> Iterator[tuple[int, int]]:
    fleet = [d for p in plans for d in (*p.candidates, *p.fallbacks)]
    windows = sorted({d.context_tokens for d in fleet if d.context_tokens}, reverse=True)
    most = sorted({d.max_output_tokens for d in fleet if d.max_output_tokens}, reverse=True)
    seen: set[tuple[int, int]] = set()
    for g, o in ((1_000, 100), (0, 0), (1, 1), *((g, o) for o in (100, 0, 1, *most) for g in (1_000, 0, 1, *windows))):
        small = min(max(o, output[0]), output[1])
        for point in (min(max(g, given[0]), given[1]), min(max(g - small, given[0]), given[1])):
            if (point, small) not in seen:
                seen.add((point, small))
                yield point, small


def fleet_of(plans: Iterable[Plan], first: Collection[str]) -> dict[str, str]:
    """The deployments of some plans, each with its provider; those in `first` first."""
    found = {d.id: d.provider for p in plans for d in (*p.candidates, *p.fallbacks)}
    return dict(sorted(found.items(), key=lambda item: item[0] not in first))


def situations(
    joint: Joint, fleet: dict[str, str], plans: list[Plan], group: Group, made: Sequence[Context]
) -> Iterator[tuple[str, Signals]]:
    """Signals that may show a difference, the plainest first, in words; then again with quotes and latencies of 0.

    `fleet`: the deployments of the plans, each with its provider, the likeliest to differ first.
    """
    yield from _situations(joint, fleet, plans, group, made, _measured)
    free = partial(_measured, quotes=[Decimal(0)] * len(fleet), latency=[0.0] * len(fleet))
    for words, signals in _situations(joint, fleet, plans, group, made, free):
        yield f"{words or 'when'}{' and' if words else ''} prices and latencies are 0", signals


def _situations(
    joint: Joint, fleet: dict[str, str], plans: list[Plan], group: Group, made: Sequence[Context],
    measured: Callable[..., Signals],
) -> Iterator[tuple[str, Signals]]:  # fmt: skip
    names, count = list(fleet), len(fleet)
    well = measured(names)
    yield "", well
    for name in names[:LIKELY]:
        yield f"when only {name} is available", measured(names, closed=set(names) - {name})
    yield "when nothing has been measured", Signals()
    for sign in (1, -1):
        steps = range(count)[::sign]
        yield (
            "when health and latency differ",
            measured(names, health=[1 - i / (2 * count) for i in steps], latency=[1.0 + 40 * i for i in steps]),
        )
        yield "when quoted prices differ", measured(names, quotes=[LEAST * (1 + i) for i in steps])
    yield "when no candidate is healthy", measured(names, health=[0.0] * count, latency=[1e6] * count)
    yield "when latencies are high", measured(names, latency=[1e6] * count)
    for odd in (0, 1):
        known = [None if i % 2 == odd else 1.0 + 40 * i for i in range(count)]
        yield "when latencies are unknown", measured(names, latency=known)
    for name in names[LIKELY:SINGLE]:
        yield f"when only {name} is available", measured(names, closed=set(names) - {name})
    for name in names[:SINGLE]:
        yield f"while {name} is down", measured(names, closed={name})
    for health in sorted({p.min_health for p in plans if p.min_health is not None}):
        yield f"at a health of {health / 1e6:g}", measured(names, health=[health / 1e6] * count)
    for latency in sorted({p.max_latency for p in plans if p.max_latency is not None}):
        yield f"at a latency of {latency / 1000:g} ms", measured(names, latency=[latency / 1000] * count)
    for quote in _between(group.before.cost, group.after.cost, made):
        yield "at a quoted price between the bounds", measured(names, quotes=[quote] * count)
    for line in sorted({group.before.line, group.after.line} - {""}):
        mode = SafeMode(business_lines=frozenset({line}))
        yield f"in a safe mode of business line {line}", _with(well, safe_mode=mode)
    yield "in safe mode", _with(well, safe_mode=SafeMode(environment=True))
    for provider in sorted(set(fleet.values())):
        yield f"while {provider} has no credential", _with(well, missing_credentials=frozenset({provider}))
    for age in _ages(joint):
        words, quotes, later = f"{age.total_seconds():g} s old", [Decimal(0)] * count, EPOCH + 2 * age
        yield f"when health is {words}", _with(measured(names, quotes=quotes, quote_at=later), now=EPOCH + age)
        yield f"when quotes are {words}", _with(measured(names, quotes=quotes, health_at=later), now=EPOCH + age)


def _between(one: int, other: int, made: Sequence[Context]) -> list[Decimal]:
    """Prices at which some of the requests costs more than the lower bound and no more than the higher one."""
    low, high = sorted((one, other))
    if low == high:
        return []
    cost = (low + high) // 2 if high < UNBOUNDED else 2 * low + 1
    counts = dict.fromkeys(c.input_tokens + c.output_tokens for c in made)
    usd = [Decimal(-(-cost // count)).scaleb(-6) for count in counts if count]
    return [price for price in usd if price < DEAREST][:8]


def _ages(joint: Joint) -> list[timedelta]:
    limits = [side.compiled.config.project.thresholds for side in (joint.before, joint.after)]
    found = {duration_ms(text) for limit in limits for text in (limit.health_fresh, limit.quote_fresh)}
    return [timedelta(milliseconds=ms) for ms in sorted(found)] if limits[0] != limits[1] else []


def _measured(
    names: Sequence[str], *, health: Sequence[float] = (), latency: Sequence[float | None] = (),
    quotes: Sequence[Decimal] = (), closed: Collection[str] = (),
    health_at: datetime = EPOCH, quote_at: datetime = EPOCH,
) -> Signals:  # fmt: skip
    """Everybody healthy and fast unless said otherwise; a quote holds for input and output alike."""
    prices = [Price(input_per_mtok=quote, output_per_mtok=quote) for quote in quotes]
    made = {
        name: DeploymentSignal(
            health=health[i] if health else 1.0, health_at=health_at, latency_p95_ms=latency[i] if latency else 1.0,
            quote=prices[i] if prices else None, quote_at=quote_at if prices else None,
            circuit="open" if name in closed else "closed",
        )
        for i, name in enumerate(names)
    }  # fmt: skip
    return Signals(deployments=made)


def _with(signals: Signals, **changes: Any) -> Signals:
    return signals.model_copy(update=changes)
