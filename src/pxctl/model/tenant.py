"""The tenant roster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pxctl.model.base import Id, Model, Money, Name, TenantId


class TenantBudget(Model):
    """What a tenant may spend: a bound on each request, and a monthly sum that reports compare with."""

    usd_per_request: Money | None = None
    usd_per_month: Money | None = None


class Tenant(Model):
    """A customer or team."""

    id: TenantId
    display_name: Name | None = None
    tier: Name
    business_line: Name
    region: Name
    privacy_max: Name = Field(description="highest privacy level that its requests may carry")
    policy: Id | None = Field(default=None, description="absent: the policy named default")
    budget: TenantBudget = TenantBudget.model_construct()


class Roster(Model):
    """A file of tenants."""

    tenants: Annotated[tuple[Tenant, ...], Field(min_length=1)]


class TenantSelector(Model):
    """A selection of tenants: every given dimension must hold, any value within one; names are added to it."""

    tier: tuple[Name, ...] = ()
    business_line: tuple[Name, ...] = ()
    region: tuple[Name, ...] = ()
    names: tuple[TenantId, ...] = ()
    everyone: bool = False

    def selects(self, tenant: Tenant) -> bool:
        """Whether the tenant is in the selection."""
        if self.everyone or tenant.id in self.names:
            return True
        dimensions = (
            (self.tier, tenant.tier),
            (self.business_line, tenant.business_line),
            (self.region, tenant.region),
        )
        given = [(values, value) for values, value in dimensions if values]
        return bool(given) and all(value in values for values, value in given)
