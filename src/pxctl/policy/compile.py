"""Files -> tables. Nothing is computed before it is needed: policies, routes and tenants on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pxctl.core.errors import ContextError
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.routing import Policy, candidate_text
from pxctl.model.signals import Signals
from pxctl.policy.bound import Bound
from pxctl.policy.fleet import Fleet
from pxctl.policy.match import MatchTables
from pxctl.policy.plan import Plan, Split, make_plan, make_split
from pxctl.policy.tenancy import Seat, Tenancy
from pxctl.policy.vocabulary import Vocabulary, vocabulary


class CompiledPolicy:
    """One policy: its match tables, plans and experiments."""

    def __init__(self, policy: Policy, compiled: Compiled, version: str | None, source: str | None) -> None:
        self.policy = policy
        self.version = version
        self.source = source
        self._compiled = compiled
        self._plans: dict[tuple[int, str | None], Plan] = {}
        self._splits: dict[int, Split | None] = {}

    @cached_property
    def tables(self) -> MatchTables:
        """Bit sets over the policy's routes."""
        return MatchTables(self.policy, self._compiled.vocabulary)

    @cached_property
    def allowed(self) -> frozenset[int]:
        """Fleet indices of what safe mode leaves; nothing without a `safe_mode` block."""
        block = self.policy.safe_mode
        texts = () if block is None else block.allow
        return frozenset(d.index for text in texts for d in self._compiled.fleet.expand(text))

    def plan(self, number: int, arm: str | None) -> Plan:
        """A route under an arm (None for a route without an experiment)."""
        found = self._plans.get((number, arm))
        if found is None:
            found = self._plans[number, arm] = make_plan(self._compiled.fleet, self.policy, number, arm)
        return found

    def named(self, number: int) -> int:
        """The deployments that a route names, under any arm, as a bit set over the fleet."""
        route, mask = self.policy.routes[number], 0
        arms = route.experiment.arms.values() if route.experiment else ()
        listed = [c for some in (route.candidates, *(arm.candidates or () for arm in arms)) for c in some]
        for text in (*(candidate_text(c) for c in listed), *route.fallbacks):
            mask |= self._compiled.fleet.mask(text)
        return mask

    def split(self, number: int) -> Split | None:
        """The experiment of a route."""
        if number not in self._splits:
            experiment = self.policy.routes[number].experiment
            self._splits[number] = None if experiment is None else make_split(self.policy.name, experiment)
        return self._splits[number]


class Compiled:
    """A configuration, ready to be bound to signals. Immutable in effect; may be shared between threads."""

    def __init__(
        self, config: Configuration, withheld: Mapping[str, frozenset[str]], versions: Mapping[str, str],
        source: str | None,
    ) -> None:  # fmt: skip
        self.config = config
        self.source = source
        self.versions = dict(versions)
        self.fleet = Fleet(config.providers, config.project.privacy_levels)
        self._tenancy = Tenancy(config, self.fleet, withheld)
        self._policies: dict[str, CompiledPolicy] = {}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The values that the configuration knows."""
        return vocabulary(self.config)

    def policy(self, name: str) -> CompiledPolicy:
        """A policy by name. Raises ContextError where there is none."""
        found = self._policies.get(name)
        if found is None:
            policy = self.config.policies.get(name)
            if policy is None:
                known = ", ".join(sorted(self.config.policies)) or "none"
                raise ContextError(f"there is no policy `{name}`", hint=f"the policies are {known}")
            found = self._policies[name] = CompiledPolicy(policy, self, self.versions.get(name), self.source)
        return found

    def seat(self, tenant: str) -> Seat:
        """A tenant's place. Raises ContextError for an unknown tenant."""
        found = self._tenancy.seat(tenant)
        if found is None:
            raise ContextError(f"there is no tenant `{tenant}`", hint="tenants are listed in tenants/*.yaml")
        return found

    def bind(self, signals: Signals) -> Bound:
        """This configuration under given signals; the work is done when requests come."""
        return Bound(self, signals)

    def expand(self, reference: str) -> list[str]:
        """The deployment ids that a reference names, in order. Raises ValueError for a text that is no reference."""
        return [deployment.id for deployment in self.fleet.expand(reference)]


def compile_config(
    config: Configuration, *, withheld: Mapping[str, frozenset[str]] | None = None,
    versions: Mapping[str, str] | None = None, source: str | None = None,
) -> Compiled:  # fmt: skip
    """Compile a configuration.

    `withheld`: provider ids that flags or pins do not release, by tenant id. `versions`: what decisions name as the
    policy's version, by policy name. `source`: the commit that the configuration is of.
    """
    return Compiled(config, withheld or {}, versions or {}, source)


def decide(compiled: Compiled, context: Context, signals: Signals) -> Decision:
    """Decide one request and render it: for a single question. Many requests: `compiled.bind(signals)` once."""
    return compiled.bind(signals).decide(context).render()


def expand(config: Configuration, reference: str) -> list[str]:
    """The deployment ids that a reference names under a configuration. Raises ValueError for no reference."""
    return [d.id for d in Fleet(config.providers, config.project.privacy_levels).expand(reference)]
