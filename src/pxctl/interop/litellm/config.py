"""What a LiteLLM configuration says about routing, however badly it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pxctl.interop.litellm.source import Source
from pxctl.interop.litellm.vocabulary import vocabulary
from pxctl.model.catalogue import Catalogue
from pxctl.model.document import Path

MAX_FALLBACKS = 5
"""LiteLLM's own default for `max_fallbacks`."""

_ENV = re.compile(r"os\.environ/(.+)")


def environment_name(value: Any) -> str | None:
    """`OPENAI_API_KEY` of `os.environ/OPENAI_API_KEY`, else None."""
    found = _ENV.fullmatch(value.strip()) if isinstance(value, str) else None
    return found.group(1) if found else None


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """A number that is not a boolean, else None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Deployment:
    """One member of `model_list`. `provider` is LiteLLM's; `name` is the model without that prefix."""

    index: int
    group: str
    model: str
    provider: str
    name: str
    params: dict[str, Any]
    info: dict[str, Any]
    outer: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where it stands."""
        return ("model_list", self.index)

    @property
    def wildcard(self) -> bool:
        """Whether the caller chooses the model."""
        return "*" in self.model or "*" in self.group

    @property
    def order(self) -> float | None:
        """Lower is tried first."""
        return number(self.params.get("order"))

    @property
    def weight(self) -> float | None:
        """Its share under simple-shuffle."""
        return number(self.params.get("weight"))

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags for tag filtering."""
        tags = self.params.get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()

    def limit(self, name: str) -> int | None:
        """rpm or tpm, wherever it is written."""
        value = number(self.params.get(name, self.outer.get(name)))
        return int(value) if value is not None and value >= 1 else None

    @property
    def mode(self) -> str | None:
        """`model_info.mode`."""
        mode = self.info.get("mode")
        return mode if isinstance(mode, str) else None


@dataclass
class Config:
    """All deployments by group, and the settings that route."""

    source: Source
    deployments: list[Deployment] = field(default_factory=list)

    @cached_property
    def top(self) -> dict[str, Any]:
        """The whole configuration."""
        return mapping(self.source.value)

    @cached_property
    def groups(self) -> dict[str, list[Deployment]]:
        """Deployments by `model_name`, in order."""
        found: dict[str, list[Deployment]] = {}
        for deployment in self.deployments:
            found.setdefault(deployment.group, []).append(deployment)
        return found

    def setting(self, name: str) -> tuple[Any, Path]:
        """A routing setting: in router_settings, else in litellm_settings. (None, ()) where it is nowhere."""
        for section in ("router_settings", "litellm_settings"):
            settings = mapping(self.top.get(section))
            if settings.get(name) is not None:
                return settings[name], (section, name)
        return None, ()

    @cached_property
    def aliases(self) -> dict[str, str]:
        """`model_group_alias`: another name for a group."""
        value, _ = self.setting("model_group_alias")
        found = {}
        for alias, target in mapping(value).items():
            name = target.get("model") if isinstance(target, dict) else target
            if isinstance(name, str):
                found[alias] = name
        return found

    def listed(self, name: str) -> Iterator[tuple[str, list[str], Path]]:
        """The members of a fallback list: (group, targets, path of the targets)."""
        value, path = self.setting(name)
        for i, member in enumerate(value if isinstance(value, list) else ()):
            for group, targets in mapping(member).items():
                texts = targets if isinstance(targets, list) else [targets]
                yield group, [_target(one) for one in texts if _target(one)], (*path, i, group)

    @cached_property
    def fallbacks(self) -> dict[str, list[str]]:
        """Targets by group, as written, default fallbacks apart."""
        found: dict[str, list[str]] = {}
        for group, targets, _ in self.listed("fallbacks"):
            found.setdefault(group, targets)
        return found

    @cached_property
    def default_fallbacks(self) -> list[str]:
        """What every group without fallbacks of its own falls back to."""
        value, _ = self.setting("default_fallbacks")
        listed = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
        return listed or self.fallbacks.get("*", [])

    def targets(self, group: str) -> list[str]:
        """The groups that a group falls back to; aliases are resolved."""
        names = self.fallbacks.get(group)
        if names is None:
            names = [name for name in self.default_fallbacks if self.resolve(name) != group]
        return [self.resolve(name) for name in names]

    def resolve(self, name: str) -> str:
        """A group's name, by way of an alias where it is one."""
        return name if name in self.groups else self.aliases.get(name, name)

    def serves(self, name: str) -> bool:
        """Whether a request for that name finds a deployment: a group, an alias to one, or a wildcard."""
        name = self.resolve(name)
        return name in self.groups or any(
            "*" in group and re.fullmatch(re.escape(group).replace(r"\*", ".*"), name) for group in self.groups
        )

    @property
    def max_fallbacks(self) -> int:
        """How many groups a request tries after its own."""
        value = number(self.setting("max_fallbacks")[0])
        return int(value) if value is not None and value >= 0 else MAX_FALLBACKS

    @property
    def strategy(self) -> str:
        """The routing strategy's word."""
        value, _ = self.setting("routing_strategy")
        return value if isinstance(value, str) else "simple-shuffle"

    def chain(self, group: str) -> list[str]:
        """The groups that are tried after `group`: each target, then its own targets; no repeats."""
        found: list[str] = []

        def visit(name: str) -> None:
            for target in self.targets(name):
                if target != group and target not in found:
                    found.append(target)
                    visit(target)

        visit(group)
        return found


def _target(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("model")
    return value if isinstance(value, str) else ""


def parse(source: Source, catalogue: Catalogue) -> Config:
    """Whatever of the file makes sense; shapes that do not are left out (`check` reports them)."""
    config = Config(source)
    members = mapping(source.value).get("model_list")
    for index, member in enumerate(members if isinstance(members, list) else ()):
        outer = mapping(member)
        params = mapping(outer.get("litellm_params"))
        group, model = outer.get("model_name"), params.get("model")
        if isinstance(group, str) and group and isinstance(model, str) and model:
            provider, name = split_model(model, params, catalogue)
            config.deployments.append(
                Deployment(index, group, model, provider, name, params, mapping(outer.get("model_info")), outer)
            )
    return config


def split_model(model: str, params: dict[str, Any], catalogue: Catalogue) -> tuple[str, str]:
    """LiteLLM's provider and the model's name: by `custom_llm_provider`, the prefix, or the bare name.

    The provider is empty where LiteLLM would not find one.
    """
    known = vocabulary().providers
    prefix, slash, rest = model.partition("/")
    custom = params.get("custom_llm_provider")
    if isinstance(custom, str) and custom:
        return custom, rest if slash and prefix == custom else model
    if slash and prefix in known:
        return prefix, rest
    if model == "*":
        return "openai", model
    for provider, vendor in (
        ("openai", "openai"),
        ("anthropic", "anthropic"),
        ("bedrock", "aws"),
        ("cohere", "cohere"),
    ):
        if catalogue.find(vendor, model) is not None:
            return provider, model
    if not slash and re.match(r"(gpt-|o[134]-|o[134]$|chatgpt-|text-embedding-|whisper-|dall-e|tts-|ft:gpt)", model):
        return "openai", model
    if not slash and model.startswith("claude-"):
        return "anthropic", model
    return "", model
