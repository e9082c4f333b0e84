"""Tenants as the engine sees them: classes that share an access set, and what is their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pxctl.model.configuration import Configuration
from pxctl.model.tenant import Tenant
from pxctl.policy.fleet import Fleet
from pxctl.policy.integers import UNBOUNDED, pico


@dataclass(frozen=True, slots=True)
class Seat:
    """A tenant's place: `barred` and `withheld` are bit sets over providers; `budget` is 1e-12 USD a request.

    `ceiling` is the rank of its highest privacy level, -1 where that is no level. Tenants with equal `group` are
    treated alike by every deployment.
    """

    tenant: Tenant
    policy: str
    ceiling: int
    budget: int
    barred: int
    withheld: int
    group: int


class Tenancy:
    """Makes seats on first use; an index by allow and deny entry keeps that cheap with many providers."""

    def __init__(self, config: Configuration, fleet: Fleet, withheld: Mapping[str, frozenset[str]]) -> None:
        self._tenants = config.tenants
        self._rank = {level: i for i, level in enumerate(config.project.privacy_levels)}
        self._bits = fleet.provider_bits
        self._withheld = withheld
        self._all = (1 << len(fleet.provider_bits)) - 1
        self._allow: dict[str, int] = {}
        self._deny: dict[str, int] = {}
        for name, provider in config.providers.items():
            for entries, index in ((provider.tenants.allow, self._allow), (provider.tenants.deny, self._deny)):
                for entry in entries:
                    index[entry] = index.get(entry, 0) | self._bits[name]
        self._groups: dict[tuple[int, int], int] = {}
        self._seats: dict[str, Seat] = {}

    def seat(self, tenant: str) -> Seat | None:
        """The seat of a tenant; None where the roster has no such tenant."""
        found = self._seats.get(tenant)
        if found is None and tenant in self._tenants:
            found = self._seats[tenant] = self._make(self._tenants[tenant])
        return found

    def _make(self, tenant: Tenant) -> Seat:
        allowed = denied = withheld = 0
        for entry in ("*", tenant.id, f"tier:{tenant.tier}", f"business_line:{tenant.business_line}"):
            allowed |= self._allow.get(entry, 0)
            denied |= self._deny.get(entry, 0)
        for provider in self._withheld.get(tenant.id, ()):
            withheld |= self._bits.get(provider, 0)
        barred = (self._all & ~allowed) | denied
        limit = tenant.budget.usd_per_request
        return Seat(
            tenant=tenant,
            policy=tenant.policy or "default",
            ceiling=self._rank.get(tenant.privacy_max, -1),
            budget=UNBOUNDED if limit is None else pico(limit),
            barred=barred,
            withheld=withheld,
            group=self._groups.setdefault((barred, withheld), len(self._groups)),
        )
