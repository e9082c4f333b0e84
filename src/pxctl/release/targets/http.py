"""A tenant-config service.

| request | means |
|---|---|
| `GET /internal/config/tenants?environment=E[&after=T]` | `{"seq": 12, "tenants": [{tenant, digest}], "next": "T"}` |
| `PUT /internal/config/tenants/{tenant}` | this configuration, of release `seq` |
| `DELETE /internal/config/tenants/{tenant}?environment=E` | the tenant is gone |

PUT and DELETE carry an `Idempotency-Key`: an order that is sent again because its answer was lost has the same key, and
nothing else has. (A key made of the content alone would be wrong: what somebody changed by hand, twice in the same way,
would be put right once.) A service answers 409 to an order of an older release than it has, unless the order says
`adopts: N` and it has at most release N: then the history was begun anew, and it counts on from the order's `seq`.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from pxctl.core.digest import digest
from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.rest import Rest
from pxctl.release.targets.base import Item, LiveState, Reported, TargetError, named, tenant_items, tenants_gone

PLACE = "/internal/config/tenants"
HINTS = {
    401: "the target does not accept the token; `credential_ref` of the target says where it comes from",
    403: "the token may not write tenants' configuration there",
    404: "the target does not know this place; check its `url`",
    409: "the target has a newer release; fetch the environment's branch and run it again",
    413: "the target does not take a configuration of that size",
    422: "the target does not understand this configuration; its version may be older than pxctl's",
}


def open_target(
    name: str, settings: project.PublishTarget, environment: str, token: Secret | None, root: str
) -> HttpTarget:  # fmt: skip
    """The service at `url`. Raises ConfigError."""
    if not settings.url:
        raise ConfigError(named(name, settings, "`url` is missing"))
    timeout = settings.timeout_ms / 1000
    rest = Rest(settings.url, token, error=TargetError, hints=HINTS, timeout=timeout, patience=6 * timeout)
    return HttpTarget(rest, environment)


class HttpTarget:
    """One service, for one environment."""

    def __init__(self, rest: Rest, environment: str) -> None:
        self._rest, self._environment = rest, environment
        self._round = ""

    def wanted(self, live: LiveState) -> dict[str, Item]:
        """One configuration per tenant."""
        return tenant_items(live)

    def gone(self, live: LiveState, reported: Reported) -> frozenset[str]:
        """Tenants that were removed."""
        return tenants_gone(live, reported)

    def report(self) -> Reported:
        """What the service says it has, over all pages."""
        self._round = uuid.uuid4().hex
        items: dict[str, str] = {}
        seq, after = 0, None
        while True:
            params: dict[str, str | int] = {"environment": self._environment, **({"after": after} if after else {})}
            page = self._rest.call("GET", PLACE, params=params)
            try:
                items |= {str(entry["tenant"]): str(entry["digest"]) for entry in page["tenants"]}
                seq, following = max(seq, int(page.get("seq") or 0)), page.get("next")
            except (TypeError, KeyError, ValueError, AttributeError):
                raise TargetError(
                    "the target's report is not in the form that pxctl reads", hint="see docs/targets.md"
                ) from None
            if not following or following == after:
                return Reported(items, seq)
            after = str(following)

    def put(self, live: LiveState, key: str, item: Item, replaces: str | None) -> None:
        """PUT one tenant's configuration."""
        body = {**item.document(), "seq": live.seq, "commit": live.commit, **_adopts(live)}
        self._order("PUT", live, key, body, item.digest)

    def delete(self, live: LiveState, key: str, replaces: str) -> None:
        """DELETE one tenant; one that is not there is fine."""
        try:
            self._order("DELETE", live, key, None, None)
        except TargetError as error:
            if error.status not in (404, 410):
                raise

    def _order(self, method: str, live: LiveState, tenant: str, body: Any, content: str | None) -> None:
        key = digest([self._round, live.environment, live.commit, method, tenant, content])
        params: dict[str, str | int] = {}
        if body is None:
            params = {"environment": live.environment, "seq": live.seq, **_adopts(live)}
        self._rest.call(
            method,
            f"{PLACE}/{quote(tenant, safe='')}",
            body,
            params,
            headers={"idempotency-key": key.removeprefix("sha256:")},
        )

    def finish(self, live: LiveState) -> None:
        """Nothing: every order names its release."""

    def close(self) -> None:
        """Let go of connections."""
        self._rest.close()


def _adopts(live: LiveState) -> dict[str, int]:
    return {} if live.adopts is None else {"adopts": live.adopts}
