"""Identifiers: providers, tenants, deployments, subjects and versions."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TENANT = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?")


class DeploymentRef(NamedTuple):
    """How a file names deployments: `provider`, `provider/model` or `provider/model@region`.

    A model id may itself hold `/` and `@`-free text, such as `meta-llama/llama-3.1-8b`; the first `/` splits.
    """

    provider: str
    model: str = ""
    region: str = ""

    def __str__(self) -> str:
        text = self.provider
        if self.model:
            text += f"/{self.model}"
        return f"{text}@{self.region}" if self.region else text


def parse_deployment(text: str) -> DeploymentRef:
    """Split a deployment reference. Raises ValueError where a part is empty."""
    rest, at, region = text.rpartition("@") if "@" in text else (text, "", "")
    provider, slash, model = rest.partition("/")
    if not provider or (slash and not model) or (at and not (region and model)):
        raise ValueError(f"`{text}` is not provider, provider/model or provider/model@region")
    return DeploymentRef(provider, model, region)


class VersionRef(NamedTuple):
    """The n-th released content of a subject: `policies/default@12`."""

    subject: str
    number: int

    def __str__(self) -> str:
        return f"{self.subject}@{self.number}"


def parse_version(text: str) -> VersionRef:
    """Split `policies/default@12`. Raises ValueError."""
    subject, _, number = text.rpartition("@")
    if not subject or not number.isascii() or not number.isdigit():
        raise ValueError(f"`{text}` is not subject@number, such as policies/default@12")
    return VersionRef(subject, int(number))


def tenant_shard(tenant: str) -> str:
    """The two hex digits under which a tenant's file lies on an environment branch: the start of sha256(id)."""
    return hashlib.sha256(tenant.encode()).hexdigest()[:2]
