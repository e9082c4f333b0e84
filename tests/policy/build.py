"""Small configurations for tests: `config(provider("a"), routes=[{"candidates": ["a/m"]}])`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.project import Project
from pxctl.model.provider import Provider
from pxctl.model.routing import Policy
from pxctl.model.tenant import Tenant


def provider(name: str, *, regions: Sequence[str] = ("eu",), models: Sequence[Any] = ("m",), **more: Any) -> Provider:
    """An active provider without a secret; models by id, or as mappings."""
    specs = [
        {"id": m, "price": {"input_per_mtok": 1, "output_per_mtok": 2}} if isinstance(m, str) else m for m in models
    ]
    fields = {
        "id": name, "display_name": name, "kind": "other", "status": "active", "secret_policy": "none",
        "endpoints": [{"region": r, "url": "http://127.0.0.1"} for r in regions], "models": specs,
        "compliance": {"privacy_max": "restricted"},
    }  # fmt: skip
    return Provider.model_validate({**fields, **more})


def tenant(name: str = "acme", **more: Any) -> Tenant:
    """A gold tenant in `eu` that may carry anything."""
    fields = {"id": name, "tier": "gold", "business_line": "line", "region": "eu", "privacy_max": "restricted"}
    return Tenant.model_validate({**fields, **more})


def policy(name: str, routes: Sequence[dict[str, Any]], **more: Any) -> Policy:
    """A policy; routes without a name are `r0`, `r1`, and match everything unless they say otherwise."""
    named = [{"name": f"r{i}", "match": {}, **route} for i, route in enumerate(routes)]
    return Policy.model_validate({"name": name, "routes": named, **more})


def config(
    *providers: Provider, routes: Sequence[dict[str, Any]] = (), tenants: Sequence[Tenant] = (),
    policies: Sequence[Policy] = (), **more: Any,
) -> Configuration:  # fmt: skip
    """A configuration with a policy `default` of these routes."""
    all_policies = (*policies, policy("default", routes)) if routes else policies
    return Configuration(
        project=more.pop("project", None) or Project.model_validate({"environments": {"production": {}}}),
        providers={p.id: p for p in providers},
        policies={p.name: p for p in all_policies},
        tenants={t.id: t for t in (tenants or [tenant()])},
        **more,
    )


def context(**fields: Any) -> Context:
    """A request of tenant acme with internal data."""
    return Context.model_validate({"tenant": "acme", "privacy": "internal", **fields})
