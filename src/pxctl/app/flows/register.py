"""Register a provider: lint what would be written, store the secret, write the file, commit it. Nothing half done.

The secret is stored first. If the store fails, nothing else has happened, and the journal says so; if a later step
fails, the secret that this run stored is removed again, and the error says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pxctl.app.flows.lint import lint_tree
from pxctl.app.flows.release import Desk
from pxctl.app.flows.secret import permitted
from pxctl.app.flows.secret_room import Room
from pxctl.core.errors import ConfigError, InputError, PxctlError, UsageError
from pxctl.core.secret import Secret
from pxctl.load.tree import WorkTree
from pxctl.load.writer import dump_yaml
from pxctl.model.catalogue import Catalogue, CatalogueModel
from pxctl.model.finding import Severity
from pxctl.model.inventory import Registration
from pxctl.secrets.base import SecretError, fill, parse_ref

HEADER = "# yaml-language-server: $schema=../schemas/provider.schema.json\n"
VENDORS: Mapping[str, tuple[str, str, str]] = {
    "openai": ("openai_compatible", "us", "https://api.openai.com/v1"),
    "anthropic": ("anthropic", "us", "https://api.anthropic.com"),
    "google": ("gemini", "global", "https://generativelanguage.googleapis.com/v1beta"),
    "mistral": ("openai_compatible", "eu", "https://api.mistral.ai/v1"),
    "groq": ("openai_compatible", "us", "https://api.groq.com/openai/v1"),
    "deepseek": ("openai_compatible", "cn", "https://api.deepseek.com/v1"),
    "x-ai": ("openai_compatible", "us", "https://api.x.ai/v1"),
    "together": ("openai_compatible", "us", "https://api.together.xyz/v1"),
    "ollama": ("ollama", "local", "http://127.0.0.1:11434"),
}
"""Vendor in the catalogue -> kind, region, and the URL that the vendor documents."""


@dataclass(frozen=True)
class Plan:
    """What to do with a new provider's file: into the work tree, or onto a branch, with or without a pull request."""

    branch: str | None = None
    pull_request: bool = False
    force: bool = False


class _With:
    """A tree with one more file."""

    def __init__(self, tree: WorkTree, path: str, data: bytes) -> None:
        self.source: str | None = None
        self._tree, self._path, self._data = tree, path, data

    def paths(self) -> list[str]:
        return sorted({*self._tree.paths(), self._path})

    def read(self, path: str) -> bytes:
        return self._data if path == self._path else self._tree.read(path)


def from_catalogue(catalogue: Catalogue, names: tuple[str, ...]) -> dict[str, Any]:
    """Kind, endpoint and models of a provider file from the catalogue. Raises UsageError for an unknown model."""
    value: dict[str, Any] = {}
    models = []
    for name in names:
        known = catalogue.models.get(name)
        if known is None:
            near = [key for key in catalogue.models if key.rpartition("/")[2] == name.rpartition("/")[2]][:5]
            hint = f"near: {', '.join(near)}" if near else "write it as vendor/model, such as openai/gpt-4.1"
            raise UsageError(f"the catalogue of {catalogue.dated} has no `{name}`", hint=hint)
        models.append(_model(known))
        if known.vendor in VENDORS and "kind" not in value:
            kind, region, url = VENDORS[known.vendor]
            value |= {"kind": kind, "endpoints": [{"region": region, "url": url}]}
    if models:
        value |= {"default_model": models[0]["id"], "models": models}
    return value


def _model(known: CatalogueModel) -> dict[str, Any]:
    able = known.capabilities or ()
    modes = {
        "embedding": (["text"], ["embedding"]), "tts": (["text"], ["audio"]), "stt": (["audio"], ["text"]),
        "image": (["text"], ["image"]),
    }  # fmt: skip
    goes_in, comes_out = modes.get(known.mode or "", (["text", "image"] if "vision" in able else ["text"], ["text"]))
    model: dict[str, Any] = {"id": known.id, "modality": {"input": goes_in, "output": comes_out}}
    capabilities = [name for name in able if name in ("chat", "streaming", "tools", "json_schema", "vision")]
    if capabilities:
        model["capabilities"] = capabilities
    if known.context_tokens:
        model["context_tokens"] = known.context_tokens
    if known.max_output_tokens:
        model["max_output_tokens"] = known.max_output_tokens
    if known.price:
        model["price"] = known.price.model_dump(mode="python", exclude_none=True)
    return model


def text_of(value: Mapping[str, Any]) -> str:
    """A provider file, fields in the order that people know."""
    order = (
        "id", "display_name", "kind", "enabled", "status", "priority", "endpoints", "secret_policy", "credential_ref",
        "rotation", "default_model", "fallback_models", "models",
    )  # fmt: skip
    names = [name for name in order if name in value] + [name for name in value if name not in order]
    return HEADER + dump_yaml({name: value[name] for name in names})


def checked(root: Path, path: str, text: str) -> tuple[str, ...]:
    """Lint the tree as it would be; warnings about the new file. Raises ConfigError for the first error in it."""
    report = lint_tree(_With(WorkTree(root), path, text.encode()))
    mine = [finding for finding in report.findings if finding.span.file == path]
    errors = [finding for finding in mine if finding.severity is Severity.ERROR]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ConfigError(f"{errors[0].message}{more}", span=errors[0].span, hint=errors[0].hint)
    return tuple(f"{finding.code}: {finding.message}" for finding in mine)


def register(room: Room, value: Mapping[str, Any], secret: Secret | None, plan: Plan) -> Registration:
    """Do it all; see the module's text for what happens where a step fails."""
    name = str(value.get("id", ""))
    path = f"providers/{name}.yaml"
    text = text_of(value)
    if (room.root / path).exists() and not plan.force:
        raise UsageError(f"`{path}` exists already", hint="edit it, or choose another id")
    warnings = checked(room.root, path, text)
    stored: tuple[str, str] | None = None
    if secret is not None:
        stored = _store(room, name, str(value.get("credential_ref") or ""), secret)
    try:
        branch, commit, pull = _write(room, name, path, text, plan)
    except (PxctlError, OSError) as error:
        raise _taken_back(room, name, stored, error) from error
    trace = room.note(
        "provider.created", provider_id=name, path=path, branch=branch, secret_version=stored[1] if stored else None
    )
    reference, version = stored or (None, None)
    return Registration(
        provider=name, path=path, text=text, stored=reference, version=version, branch=branch, commit=commit,
        pull_request=pull, trace_id=trace, warnings=(*warnings, *_ungranted(room, value)),
    )  # fmt: skip


def _ungranted(room: Room, value: Mapping[str, Any]) -> tuple[str, ...]:
    """What has to be granted before the credential can be used."""
    reference = value.get("credential_ref")
    if not reference:
        return ()
    try:
        ref = parse_ref(fill(str(reference), room.values))
        for endpoint in value.get("endpoints", ()):
            room.base.grants(room.values).check(ref, str(endpoint["url"]))
    except PxctlError as error:
        return (f"{error.message}: validate after the merge, or have it granted in pxctl.yaml first",)
    return ()


def _store(room: Room, name: str, reference: str, secret: Secret) -> tuple[str, str]:
    if not reference:
        raise UsageError("a secret was given, but no `credential_ref` to store it under", hint="say --credential-ref")
    try:
        ref = parse_ref(fill(reference, room.values))
        permitted(room, name, "api_key")
        backend = room.resolver.backend(ref.scheme)
        known = backend.describe(ref)
        if known.present:
            raise SecretError("conflict", f"`{ref}` holds a secret already", hint="use `pxctl secret rotate`")
        version = backend.put(ref, secret, expected=known.version, by=room.actor)
    except PxctlError as error:
        room.note("provider.register_failed", provider_id=name, step="secret", reason=error.message)
        raise
    return ref.text, version


def _write(room: Room, name: str, path: str, text: str, plan: Plan) -> tuple[str | None, str | None, str | None]:
    if plan.branch is None and not plan.pull_request:
        target = room.root / path
        target.parent.mkdir(exist_ok=True)
        try:
            target.write_text(text, encoding="utf-8")
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return None, None, None
    from pxctl.release.commits import commit_file

    desk = room.desk or Desk(room.root, next(iter(room.loaded.config.project.environments)), clock=room.clock)
    branch = plan.branch or f"pxctl/provider-{name}"
    if desk.git.resolve(f"refs/heads/{branch}"):
        raise UsageError(f"the branch `{branch}` exists already", hint="name another one with --branch")
    title = f"Register provider {name}"
    commit = commit_file(desk.git, "HEAD", path, text.encode(), desk.actor, desk.clock.now(), title + "\n")
    desk.git.run("update-ref", f"refs/heads/{branch}", commit, "0" * 40)
    if not plan.pull_request:
        return branch, commit, None
    try:
        return branch, commit, _pull(desk, branch, commit, title, text)
    except BaseException:
        desk.git.try_run("update-ref", "-d", f"refs/heads/{branch}", commit)
        raise


def _pull(desk: Desk, branch: str, commit: str, title: str, text: str) -> str:
    from pxctl.app.flows.forge import open_request

    if desk.config.project.forge is None:
        raise UsageError("pxctl.yaml names no forge", hint="add `forge: {repository: owner/name}`, or use --branch")
    desk.git.run("push", "--porcelain", "--no-verify", "origin", f"{commit}:refs/heads/{branch}")
    pull = open_request(desk, branch, title, f"```yaml\n{text}```\n", ("pxctl",))
    return f"pull request {pull.number}: {pull.url}"


def _taken_back(room: Room, name: str, stored: tuple[str, str] | None, error: Exception) -> PxctlError:
    """Remove what this run stored, note it, and say it."""
    said = error.message if isinstance(error, PxctlError) else (getattr(error, "strerror", None) or str(error)).lower()
    hint = error.hint if isinstance(error, PxctlError) else None
    after = ""
    if stored is not None:
        after = "; the secret that was stored is removed again"
        try:
            ref = parse_ref(stored[0])
            room.resolver.backend(ref.scheme).clear(ref, by=room.actor)
            room.resolver.drop(stored[0])
        except PxctlError as second:
            after = f"; the secret stays at `{stored[0]}` (removing it failed: {second.message})"
    with suppress(PxctlError):
        room.note("provider.register_failed", provider_id=name, step="write", reason=said + after)
    kind = type(error) if isinstance(error, PxctlError) else UsageError
    if not issubclass(kind, UsageError | InputError):
        kind = UsageError
    return kind(f"registering `{name}` failed: {said}{after}", hint=hint)


def read_file(path: Path) -> dict[str, Any]:
    """A provider's fields from a YAML or JSON file outside the repository. Raises ConfigError."""
    from pxctl.load.loader import load_document

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"`{path}`: {(error.strerror or 'cannot be read').lower()}") from None
    document, _, findings = load_document(str(path), "provider", data)
    if not isinstance(document.data, dict):
        message = findings[0].message if findings else "the file must hold a mapping"
        raise ConfigError(message, span=findings[0].span if findings else None)
    return dict(json.loads(json.dumps(document.data, default=str)))
