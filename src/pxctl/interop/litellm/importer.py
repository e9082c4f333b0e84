"""A LiteLLM configuration as files of a repository of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxctl.interop.litellm.check import check
from pxctl.interop.litellm.config import Config, Deployment, mapping, number, parse
from pxctl.interop.litellm.facts import host_of
from pxctl.interop.litellm.leftovers import leftovers
from pxctl.interop.litellm.providers import Providers, harmless
from pxctl.interop.litellm.routes import Routes
from pxctl.interop.litellm.source import open_source
from pxctl.load.writer import dump_yaml
from pxctl.model.catalogue import Catalogue
from pxctl.model.interop import Imported, Note

SETTINGS = (
    "fallbacks", "default_fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "max_fallbacks",
    "routing_strategy",
)  # fmt: skip
"""Kept word for word in the policy's metadata, so that an export says them as they were said."""


def import_config(
    text: str, file: str, catalogue: Catalogue, environment: Mapping[str, str] | frozenset[str] | None = None
) -> Imported:
    """Providers, a policy, one tenant, pxctl.yaml and config_keys.yaml; findings and notes beside them.

    A request asks for a group by putting its name into `task_type`. A file without a usable deployment gives no files.
    """
    findings = check(text, file, catalogue, environment)
    config = parse(open_source(text, file), catalogue)
    providers = Providers(config, catalogue)
    apart: list[Deployment] = []
    for deployment in config.deployments:
        (apart.append if deployment.provider == "auto_router" else providers.add)(deployment)
    routes = Routes(config, providers, set()).all()
    notes = [*providers.notes, *leftovers(config)]
    if not routes:
        return Imported(gateway="litellm", file=file, findings=findings, notes=tuple(notes))
    finished = providers.finished()
    notes += _general(config)
    policy: dict[str, Any] = {
        "name": "default",
        "description": "imported from LiteLLM: a request's task_type names the group",
        "routes": routes,
    }
    kept = _kept(config, apart)
    if kept:
        policy["metadata"] = {"litellm": kept}
    files = {f"providers/{id_}.yaml": dump_yaml(data) for id_, data in sorted(finished.items())}
    files["routing-policies/default.yaml"] = dump_yaml(policy)
    files["tenants/callers.yaml"] = dump_yaml({"tenants": [_tenant(config)]})
    retired = any(_retired(data, catalogue) for data in finished.values())
    files["pxctl.yaml"] = dump_yaml(_project(finished, retired=retired))
    if providers.variables:
        keys = [{"name": name, "kind": "env", "description": f"used by provider {id_}"}
                for name, id_ in sorted(providers.variables.items())]  # fmt: skip
        files["config_keys.yaml"] = dump_yaml({"keys": keys})
    return Imported(
        gateway="litellm",
        file=file,
        files=dict(sorted(files.items())),
        findings=findings,
        notes=tuple(notes),
        providers=len(finished),
        deployments=len(set(providers.references.values())),
        routes=len(routes),
    )


def _general(config: Config) -> list[Note]:
    return [
        Note(
            kind="for_you",
            subject="compliance",
            why="LiteLLM knows no privacy levels: state each provider's `compliance.privacy_max`, raise the tenant's; "
            "until then only `public` requests are routed",
            span=config.source.span(("model_list",)),
        )
    ]


def _kept(config: Config, apart: list[Deployment]) -> dict[str, Any]:
    """What an export needs to say the same again: settings as written, and members that are no deployment."""
    kept: dict[str, Any] = {}
    for name in SETTINGS:
        value, _ = config.setting(name)
        if value is not None and harmless(name, value):
            kept[name] = value
    members = [
        {name: value for name, value in one.outer.items() if harmless(name, value)}
        for one in apart
        if harmless("litellm_params", one.params)
    ]
    if members:
        kept["model_list"] = members
    return kept


def _retired(provider: Mapping[str, Any], catalogue: Catalogue) -> bool:
    """Whether one of a provider's models is retired by the day of the catalogue."""
    vendor = catalogue.vendor_of(provider["kind"], provider["endpoints"][0]["url"])
    entries = [
        catalogue.find(vendor, spec[name])
        for spec in provider["models"]
        for name in ("id", "deployment_name")
        if name in spec
    ]
    day = catalogue.dated
    return any(entry and entry.deprecated and day and entry.deprecated <= day for entry in entries)


def _tenant(config: Config) -> dict[str, Any]:
    tenant: dict[str, Any] = {
        "id": "callers",
        "display_name": "Everybody who calls the gateway",
        "tier": "standard",
        "business_line": "shared",
        "region": "global",
        "privacy_max": "public",
    }
    budget = number(config.setting("max_budget")[0])
    duration = config.setting("budget_duration")[0]
    if budget is not None and budget > 0 and isinstance(duration, str):
        found = re.fullmatch(r"(\d+)(d|mo)", duration)
        if found:
            months = int(found[1]) * (1 if found[2] == "mo" else 1 / 30)
            tenant["budget"] = {"usd_per_month": round(budget / months, 2)} if months else {}
    return tenant


def _project(providers: Mapping[str, Mapping[str, Any]], *, retired: bool) -> dict[str, Any]:
    """`pxctl.yaml`; a retired model, which was reported in the source, is a warning here until it is replaced."""
    grants: dict[str, set[str]] = {}
    for data in providers.values():
        refs = [data.get("credential_ref"), *mapping(data.get("credentials")).values()]
        hosts = {host_of(endpoint["url"]) for endpoint in data["endpoints"]}
        for ref in refs:
            if isinstance(ref, str):
                grants.setdefault(ref, set()).update(host for host in hosts if host and not host.endswith(".invalid"))
    project: dict[str, Any] = {"version": 1, "environments": {"production": {}}}
    regions = sorted({endpoint["region"] for data in providers.values() for endpoint in data["endpoints"]} | {"global"})
    project |= {"regions": regions, "tiers": ["standard"], "business_lines": ["shared"]}
    listed = [{"ref": ref, "hosts": sorted(hosts)} for ref, hosts in sorted(grants.items()) if hosts]
    if listed:
        project["credential_grants"] = listed
    if retired:
        project["lint"] = {"rules": {"PX0405": "warning"}}
    return project
