"""A credential is sent to a host to which pxctl.yaml grants it not: an `env://` or `file://` reference without any
grant, or a reference whose grants name other hosts.

Why: without the grant the secret is not resolved, and every call fails.

Example:
    # providers/vllm.yaml: credential_ref: env://VLLM_KEY, url: https://vllm.example.com
    credential_grants: []

Fix: add `{ref: "env://VLLM_KEY", hosts: [vllm.example.com]}` to `credential_grants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pxctl.lint.base import Hit
from pxctl.lint.keys import split
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0213"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    grants = view.config.project.credential_grants
    for id_, provider in view.config.providers.items():
        for name, text in provider.credential_refs().items():
            parts = split(text)
            if parts is None or not provider.enabled or provider.status == "disabled":
                continue
            fitting = [grant for grant in grants if text.startswith(grant.ref)]
            if not fitting and parts[0] not in ("env", "file"):
                continue
            allowed = [host for grant in fitting for host in grant.hosts]
            at = ("credential_ref",) if name == "api_key" and provider.credential_ref == text else ("credentials", name)
            for endpoint in provider.endpoints:
                host = urlsplit(endpoint.url).hostname or ""
                if not any(_covers(pattern, host) for pattern in allowed):
                    message = f"the {name} is not granted to the host `{host}`"
                    hint = "add it to credential_grants in pxctl.yaml"
                    yield Hit(message, at, hint, document=view.document("provider", id_))


def _covers(pattern: str, host: str) -> bool:
    pattern = pattern.lower().rpartition("://")[2].split("/")[0]
    if not pattern.startswith("["):
        pattern = pattern.partition(":")[0]
    pattern = pattern.strip("[]")
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))
