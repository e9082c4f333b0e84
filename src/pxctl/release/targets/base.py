"""What pxctl asks of a publish target, and the values that go there.

A target is a projection of an environment's branch: it can be thrown away and made again. The contract, which one test
class checks for every member:

- `wanted` says, from what is live, which items the target should hold: key -> item. It reads nothing.
- `report` says what it does hold: key -> digest, and the seq of the newest release that reached it. It raises
  TargetError where the target cannot be asked; nothing is guessed about a target that is down.
- `put` and `delete` are idempotent, and each is whole or not at all: a reader sees the old item or the new one.
- An order that is repeated because its answer was lost is recognised; a repair is never taken for a repetition.
- An item that pxctl did not make is never removed; `gone` names those that were ours and are not wanted any more.
- A target that fails in the middle keeps what it had for every item that was not written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pxctl.core.digest import digest
from pxctl.model import project
from pxctl.release.rest import RestError


class TargetError(RestError):
    """A target refused or did not answer. `status` is HTTP's, or None where there was no answer."""


@dataclass(frozen=True)
class Item:
    """One thing that a target holds: its digest, and how its document is made (only when it is sent)."""

    digest: str
    document: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class LiveTenant:
    """A tenant's live configuration. Tenants with the same pins share `shared`; `own` is the tenant's alone."""

    tenant: str
    shared: Mapping[str, Any]
    own: Mapping[str, Any]
    shared_digest: str

    @property
    def digest(self) -> str:
        """The digest by which targets are compared: over the parts' digests, so that shared parts are read once."""
        return config_digest(self.tenant, self.shared_digest, self.own)


@dataclass(frozen=True)
class LiveState:
    """What is live in an environment: tenants, those that were removed, and the flag files by version."""

    environment: str
    seq: int
    commit: str
    tenants: Mapping[str, LiveTenant] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    flags: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Version of the flags -> one document in flagd's schema."""
    main_flags: int | None = None
    """The version that most tenants have."""
    flags_of: Mapping[str, int] = field(default_factory=dict)
    adopts: int | None = None
    """The newer release, of another history, that the target holds and that this one takes the place of."""


@dataclass(frozen=True)
class Reported:
    """What a target holds: key -> digest, and the newest release that reached it (0: none)."""

    items: Mapping[str, str] = field(default_factory=dict)
    seq: int = 0


class Target(Protocol):
    """One publish target of one environment."""

    def wanted(self, live: LiveState) -> Mapping[str, Item]:
        """What it should hold."""
        ...

    def gone(self, live: LiveState, reported: Reported) -> frozenset[str]:
        """What it holds of ours that it should not hold any more."""
        ...

    def report(self) -> Reported:
        """What it holds. Raises TargetError."""
        ...

    def put(self, live: LiveState, key: str, item: Item, replaces: str | None) -> None:
        """Write one item; `replaces` is the digest that was reported, or None for a new one. Raises TargetError."""
        ...

    def delete(self, live: LiveState, key: str, replaces: str) -> None:
        """Remove one item. Raises TargetError."""
        ...

    def finish(self, live: LiveState) -> None:
        """Called after every item of a release was written: the target is at that release now. Raises TargetError."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def config_digest(tenant: str, shared_digest: str, own: Mapping[str, Any]) -> str:
    """The digest of a tenant's configuration: over the tenant, the digest of the shared part, and the own part."""
    return digest({"tenant": tenant, "shared": shared_digest, "own": own})


def tenant_items(live: LiveState) -> dict[str, Item]:
    """One item per tenant: what tenant-config services and rendered directories hold."""

    def item(one: LiveTenant) -> Item:
        found = one.digest
        return Item(found, lambda: {
            "schema_version": 1, "environment": live.environment, "tenant": one.tenant, "digest": found,
            "config": {**one.shared, **one.own}, "own": sorted(one.own),
        })  # fmt: skip

    return {tenant: item(one) for tenant, one in live.tenants.items()}


def tenants_gone(live: LiveState, reported: Reported) -> frozenset[str]:
    """Tenants with a tombstone that the target still holds."""
    return frozenset(t for t in live.removed if t in reported.items and t not in live.tenants)


def named(name: str, settings: project.PublishTarget, what: str) -> str:
    """How errors name a target."""
    return f"target `{name}` ({settings.kind}): {what}"
