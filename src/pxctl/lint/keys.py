"""Credential references, and the configuration keys that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pxctl.lint.view import View
from pxctl.model.document import Document, Path

SCHEMES = frozenset({"env", "vault", "aws-secrets", "file", "keyring"})
"""Schemes of secret stores that pxctl has, which are also the kinds of registered keys."""

_REF = re.compile(r"([a-z][a-z0-9+-]*)://([^#?\s]*)(?:#([^?\s]*))?(?:\?\S*)?")


class KeyReference(NamedTuple):
    """One reference to a secret: where it stands, and its parts."""

    document: Document | None
    path: Path
    text: str
    scheme: str
    name: str
    key: str


def split(text: str) -> tuple[str, str, str] | None:
    """Scheme, name and key of a reference, or None where it is none."""
    found = _REF.fullmatch(text)
    return (found.group(1), found.group(2), found.group(3) or "") if found else None


def references(view: View) -> Iterator[KeyReference]:
    """Every well-formed reference to a secret in providers and pxctl.yaml."""
    for document, path, text in reference_texts(view):
        parts = split(text)
        if parts is not None:
            yield KeyReference(document, path, text, *parts)


def reference_texts(view: View) -> Iterator[tuple[Document | None, Path, str]]:
    """Every value that should be a reference to a secret, well-formed or not."""
    for id_, provider in view.config.providers.items():
        document = view.document("provider", id_)
        if provider.credential_ref is not None:
            yield document, ("credential_ref",), provider.credential_ref
        for name, text in provider.credentials.items():
            yield document, ("credentials", name), text
    project, home = view.config.project, view.project_document
    for store, settings in project.secret_stores.items():
        for field in ("role_id_ref", "secret_id_ref", "token_ref", "jwt_ref"):
            if (text := getattr(settings, field)) is not None:
                yield home, ("secret_stores", store, field), text
    if project.forge is not None and project.forge.credential_ref is not None:
        yield home, ("forge", "credential_ref"), project.forge.credential_ref
    for name, target in project.targets.items():
        if target.credential_ref is not None:
            yield home, ("targets", name, "credential_ref"), target.credential_ref


def key_names(reference: KeyReference) -> frozenset[str]:
    """The names under which a reference may be registered; empty for schemes that are not registered.

    `env://NAME` is NAME. A path is its parts joined by dots, with and without its mount and `#key`; placeholders such
    as `{environment}` are left out: `vault://secret/{environment}/llm/openai#api_key` is `llm.openai`.
    """
    if reference.scheme not in SCHEMES:
        return frozenset()
    if reference.scheme == "env":
        return frozenset({reference.name})
    parts = [part for part in reference.name.split("/") if part and not re.fullmatch(r"\{[a-z]+\}", part)]
    if not parts:
        return frozenset()
    names = {".".join(parts), ".".join(parts[1:]) or parts[0], "/".join(parts)}
    if reference.scheme == "file":
        names.add(parts[-1])
    with_key = {f"{name}.{reference.key}" for name in names} if reference.key else set()
    return frozenset(names | with_key)


def registered(view: View) -> Mapping[str, frozenset[str]]:
    """Registered names by kind."""
    kinds: dict[str, set[str]] = {}
    for key in view.config.config_keys:
        kinds.setdefault(key.kind, set()).add(key.name)
    return {kind: frozenset(names) for kind, names in kinds.items()}
