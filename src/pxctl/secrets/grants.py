"""A credential goes only where it was granted.

`Grants` is made from the project of the *base* commit, never from the change under review. It answers one question:
may the secret of this reference be sent to this URL? What is allowed:

- an explicit grant: its `ref` is the reference, or a prefix of it that ends at a `/` or `#`, and one of its `hosts`
  covers the URL;
- for references into a store (not `env://`, not `file://`): the very pair of reference and host that a provider file
  of the base commit already has, since that was reviewed.

A host is written `api.openai.com`, `*.openai.azure.com` (one or more labels in its place), `127.0.0.1:8080`, or with a
scheme. Without a port it covers every port of that host. Plain `http` is covered where the grant says `http://`, and on
loopback addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pxctl.core.errors import PxctlError
from pxctl.model.project import Project
from pxctl.model.provider import Provider
from pxctl.secrets.base import SecretError, SecretRef, fill, parse_ref
from pxctl.secrets.registry import NEEDS_GRANT

_URL = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:/[!-~]*)?", re.ASCII
)
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where a request goes: scheme, host in lower case, port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether it is this machine itself."""
        return self.host in ("localhost", "[::1]") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", self.host) is not None


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an endpoint, read so strictly that no two parsers can differ about it.

    Raises SecretError for user names, backslashes, control characters, non-ASCII hosts and the like.
    """
    found = _URL.fullmatch(url)
    if found is None or "\\" in url or "@" in url.split("?")[0] or ".." in url.split("://", 1)[1].split("/")[0]:
        raise SecretError(
            "not_granted",
            "the endpoint's URL is not plain enough to send a secret to",
            hint="write it as https://host/path",
        )
    scheme, host, port = found.groups()
    number = int(port) if port else _PORTS[scheme]
    if not 0 < number < 65536:
        raise SecretError("not_granted", f"`{number}` is not a port")
    return Origin(scheme, host.lower(), number)


@dataclass(frozen=True)
class Grants:
    """Which reference may go to which host; `forked` resolves nothing at all."""

    explicit: tuple[tuple[str, tuple[str, ...]], ...] = ()
    reviewed: frozenset[tuple[str, str]] = frozenset()
    forked: bool = False
    source: str = "the base commit"

    def check(self, ref: SecretRef, url: str) -> None:
        """Return where the secret of `ref` may go to `url`; else raise SecretError("not_granted")."""
        if self.forked:
            raise SecretError(
                "not_granted", "a pull request from a fork resolves no secret",
                hint="validate after the merge, or from a branch of this repository",
            )  # fmt: skip
        origin = origin_of(url)
        for prefix, hosts in self.explicit:
            if covers(prefix, ref.unversioned) and any(host_matches(host, origin) for host in hosts):
                return
        plain = origin.scheme == "http" and not origin.loopback
        if ref.scheme not in NEEDS_GRANT and not plain and (ref.unversioned, str(origin)) in self.reviewed:
            return
        why = " over plain http" if plain else ""
        raise SecretError("not_granted", f"`{ref}` is not granted to `{origin}`{why} by {self.source}")


def covers(prefix: str, reference: str) -> bool:
    """Whether a grant's prefix is the reference, or ends at one of its boundaries (`/` or `#`)."""
    if not reference.startswith(prefix):
        return False
    rest = reference[len(prefix) :]
    return not rest or rest[0] in "/#" or prefix[-1] in "/#"


def host_matches(pattern: str, origin: Origin) -> bool:
    """Whether a granted host covers an origin."""
    scheme, mark, rest = pattern.lower().rstrip("/").rpartition("://")
    if mark and scheme != origin.scheme:
        return False
    if not mark and origin.scheme == "http" and not origin.loopback:
        return False
    host, port = rest, ""
    if not rest.endswith("]"):
        head, colon, tail = rest.rpartition(":")
        if colon and tail.isdigit():
            host, port = head, tail
    if port and int(port) != origin.port:
        return False
    if host.startswith("*."):
        return origin.host.endswith(host[1:]) and len(origin.host) > len(host) - 1
    return host == origin.host


def grants_of(
    project: Project | None,
    providers: Iterable[Provider] = (),
    *,
    values: Mapping[str, str] | None = None,
    forked: bool = False,
    source: str = "the base commit",
) -> Grants:
    """The grants of a base tree: its project's, and the pairs that its provider files already have.

    `values` fills `{environment}` and `{tenant}`; what cannot be filled grants nothing.
    """
    values = values or {}
    explicit = []
    for grant in project.credential_grants if project else ():
        text = _filled(grant.ref, values)
        if text is not None:
            explicit.append((text, grant.hosts))
    reviewed = set()
    for provider in providers:
        for reference in provider.credential_refs().values():
            text = _filled(reference, values)
            if text is None:
                continue
            for endpoint in provider.endpoints:
                try:
                    reviewed.add((parse_ref(text).unversioned, str(origin_of(endpoint.url))))
                except SecretError:
                    continue
    return Grants(tuple(explicit), frozenset(reviewed), forked, source)


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    try:
        return fill(text, values)
    except PxctlError:
        return None
