"""A compiled configuration under given signals: what `decide` runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pxctl.core.errors import ContextError
from pxctl.model.context import Context
from pxctl.model.signals import Signals
from pxctl.policy.facts import NO_ROUTE, PRIVACY_CEILING, Facts
from pxctl.policy.integers import request_key
from pxctl.policy.lane import Lane
from pxctl.policy.match import Matcher
from pxctl.policy.measured import Measurer
from pxctl.policy.plan import CONTROL
from pxctl.policy.tenancy import Seat

if TYPE_CHECKING:
    from pxctl.policy.compile import Compiled, CompiledPolicy

Run = Callable[[Any, Context], Facts]


class PolicyRouter:
    """One policy under given signals: its lanes, made when a request first takes them."""

    def __init__(self, policy: CompiledPolicy, bound: Bound) -> None:
        self.policy = policy
        self.version = policy.version
        self.source = policy.source
        self.runs: list[Run | None] = [None] * len(policy.policy.routes)
        self._bound = bound
        self._lanes: dict[tuple[int, str | None], Lane] = {}

    def lane(self, number: int, arm: str | None) -> Lane:
        """The lane of a route under an arm (None for a route without an experiment)."""
        found = self._lanes.get((number, arm))
        if found is None:
            plan = self.policy.plan(number, arm)
            found = Lane(plan, self._bound.measurer, self._bound.compiled.vocabulary.levels, self.policy.allowed)
            self._lanes[number, arm] = found
        return found

    def run(self, number: int) -> Run:
        """What decides the requests of a route; remembered in `runs`."""
        split = self.policy.split(number)
        if split is None:
            made: Run = self.lane(number, None).run
        else:
            by_tenant = split.unit == "tenant"
            arms: dict[str, Run] = {}

            def made(seated: Any, context: Context) -> Facts:
                if by_tenant:
                    place = split.tenant_place(context.tenant)
                else:
                    place = split.request_place(request_key(context.request_key, context.trace_id))
                arm = split.arm(place)
                run = arms.get(arm)
                if run is None:
                    run = arms[arm] = self.lane(number, arm).run
                return run(seated, context)

        self.runs[number] = made
        return made


@dataclass(slots=True)
class Seated:
    """A tenant's seat under given signals; `key` joins its group with safe mode, `routes` what its own values leave."""

    seat: Seat
    safe: bool
    key: int
    budget: int
    ceiling: int
    routes: int
    home: str
    match: Matcher
    runs: list[Run | None]
    router: PolicyRouter


class Bound:
    """Decides requests. Safe to share between threads: what it remembers is only ever added or forgotten."""

    def __init__(self, compiled: Compiled, signals: Signals) -> None:
        self.compiled = compiled
        self.signals = signals
        config = compiled.config
        self.measurer = Measurer(signals, config.project.thresholds, config.catalogue)
        self._ranks = {level: i for i, level in enumerate(compiled.vocabulary.levels)}
        self._routers: dict[str, PolicyRouter] = {}
        self._seated: dict[str, Seated] = {}
        self.columns: Any = None  # the arrays of `columns.decide_many`, made when it is first used

    def decide(self, context: Context) -> Facts:
        """Decide one request. Raises ContextError for an unknown tenant, level or policy; never guesses."""
        seated = self._seated.get(context.tenant)
        if seated is None:
            seated = self.seated(context.tenant)
        rank = self._ranks.get(context.privacy)
        if rank is None:
            raise self._no_level(context.privacy)
        if rank > seated.ceiling:
            return Facts(None, seated, context, 0, PRIVACY_CEILING, (), None, None)
        routes = seated.match(seated.routes, seated.home, context)
        if not routes:
            return Facts(None, seated, context, 0, NO_ROUTE, (), None, None)
        number = (routes & -routes).bit_length() - 1
        run = seated.runs[number]
        if run is None:
            run = seated.router.run(number)
        return run(seated, context)

    def router(self, policy: str) -> PolicyRouter:
        """A policy under these signals. Raises ContextError for a policy that does not exist."""
        found = self._routers.get(policy)
        if found is None:
            found = self._routers[policy] = PolicyRouter(self.compiled.policy(policy), self)
        return found

    def seated(self, tenant: str) -> Seated:
        """A tenant's place under these signals. Raises ContextError for an unknown tenant, or one without a policy."""
        found = self._seated.get(tenant)
        if found is not None:
            return found
        seat = self.compiled.seat(tenant)
        router = self.router(seat.policy)
        safe = self.signals.safe_mode.covers(seat.tenant.id, seat.tenant.business_line)
        tables = router.policy.tables
        found = self._seated[tenant] = Seated(
            seat=seat,
            safe=safe,
            key=seat.group * 2 + safe,
            budget=seat.budget,
            ceiling=seat.ceiling,
            routes=tables.own_routes(seat.tenant),
            home=seat.tenant.region,
            match=tables.matcher,
            runs=router.runs,
            router=router,
        )
        return found

    def arms(self, number: int, policy: str) -> tuple[str | None, ...]:
        """The arms of a route, `control` last; `(None,)` for a route without an experiment."""
        split = self.compiled.policy(policy).split(number)
        return (None,) if split is None else (*split.arms, CONTROL)

    def _no_level(self, privacy: str) -> ContextError:
        levels = ", ".join(self._ranks)
        return ContextError(f"`{privacy}` is not a privacy level", hint=f"the levels are {levels}")
