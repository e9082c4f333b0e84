"""What is live for one tenant, resolved into one document."""

from __future__ import annotations

from typing import Any

from pxctl.app.flows.live import live_view, resolve
from pxctl.app.flows.live_start import moment, required_tip
from pxctl.app.flows.release import Desk
from pxctl.load.writer import dump_yaml
from pxctl.model.live import LiveExport
from pxctl.release.documents import decode


def exported(desk: Desk, tenant: str, at: str | None) -> LiveExport:
    """The tenant's configuration as it is live; each provider with the credential version that is live."""
    commit = moment(desk, at, required_tip(desk, True))
    live = resolve(desk, [tenant], commit)
    group = live.group_of(tenant)
    view = live_view(desk, live.commit)
    credentials: dict[str, Any] = {}
    for provider in group.pins.providers:
        data = view.read(f"credentials/{provider}.yaml")
        if data is not None:
            credentials[provider] = decode(data)
    known = group.config.tenants.get(tenant)
    line = known.business_line if known is not None else ""
    return LiveExport(
        environment=live.environment, tenant=tenant, seq=live.release.seq, commit=live.commit, at=live.release.time,
        pins=group.pins, safe_mode=live.safe_mode.covers(tenant, line),
        roster=_plain(known) if known is not None else {},
        policies={n: _plain(p) for n, p in group.config.policies.items()},
        providers={n: _plain(p) for n, p in group.config.providers.items() if n in group.pins.providers},
        flags={n: _plain(f) for n, f in group.config.flags.items()}, credentials=credentials,
    )  # fmt: skip


def _plain(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return found


def exported_yaml(found: LiveExport) -> str:
    """The document as YAML."""
    return dump_yaml(found.model_dump(mode="json"))
