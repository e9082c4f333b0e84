"""What a LiteLLM file says that has no counterpart here: listed, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.interop.litellm.config import Config, mapping
from pxctl.interop.litellm.routes import STRATEGIES
from pxctl.model.interop import Note, NoteKind

_TAKEN = frozenset(
    {"model_list", "fallbacks", "default_fallbacks", "context_window_fallbacks", "model_group_alias", "max_fallbacks",
     "num_retries", "timeout", "request_timeout", "routing_strategy", "enable_tag_filtering", "max_budget",
     "budget_duration"}
)  # fmt: skip
_WHY: dict[str, tuple[NoteKind, str]] = {
    "content_policy_fallbacks": ("no_counterpart", "a decision is made before the call and does not see its content"),
    "cooldown_time": ("approximated", "circuits come from measured signals; see `thresholds` in pxctl.yaml"),
    "allowed_fails": ("approximated", "circuits come from measured signals; see `thresholds` in pxctl.yaml"),
    "allowed_fails_policy": ("no_counterpart", "circuits come from measured signals, not from error classes"),
    "retry_policy": ("approximated", "`retries` of a provider counts all errors alike"),
    "model_group_retry_policy": ("approximated", "`retries` belongs to a provider, not to a group"),
    "provider_budget_config": ("no_counterpart", "budgets belong to tenants, not to providers"),
    "stream_timeout": ("no_counterpart", "a provider has one timeout, and one for tools"),
    "environment_variables": ("no_counterpart", "pxctl sets no variables"),
    "cache": ("no_counterpart", "caching answers is not routing"),
    "cache_params": ("no_counterpart", "caching answers is not routing"),
    "guardrails": ("no_counterpart", "pxctl does not see content"),
    "mcp_servers": ("no_counterpart", "tools are not routed here"),
    "master_key": ("no_counterpart", "pxctl serves no requests; the gateway keeps its own key"),
    "database_url": ("no_counterpart", "pxctl keeps its state in git"),
}
_DEFAULT: dict[str, tuple[NoteKind, str]] = {
    "router_settings": ("no_counterpart", "the gateway's own setting"),
    "litellm_settings": ("no_counterpart", "the gateway's own setting"),
    "general_settings": ("no_counterpart", "the gateway's own setting"),
    "": ("no_counterpart", "a section that does not route"),
}


def leftovers(config: Config) -> Iterator[Note]:
    """A note for every setting and section that was not taken over."""
    for section, value in config.top.items():
        if section in ("router_settings", "litellm_settings", "general_settings"):
            for name in mapping(value):
                if name not in _TAKEN:
                    yield _note(config, section, name)
        elif section not in _TAKEN:
            yield _note(config, "", section)
    strategy, path = config.setting("routing_strategy")
    if strategy is not None and not (isinstance(strategy, str) and strategy in STRATEGIES):
        subject, where = f"routing_strategy: {str(strategy)[:40]}", config.source.span(path)
        why = "it watches the gateway's own traffic; here such groups are shared out by weight"
        yield Note(kind="approximated", subject=subject, span=where, why=why)
    for deployment in config.deployments:
        where = config.source.span((*deployment.path, "litellm_params"))
        if deployment.wildcard:
            yield Note(kind="for_you", subject=f"wildcard {deployment.group}", span=where,
                       why="the caller chose the model; it is the model `*` here: list the models in use")  # fmt: skip
        if deployment.provider == "auto_router":
            yield Note(kind="no_counterpart", subject=f"auto router {deployment.group}", span=where,
                       why="it reads the prompt to choose a group; pxctl decides by what is known before")  # fmt: skip
        if "max_budget" in deployment.params:
            yield Note(kind="no_counterpart", subject=f"max_budget of {deployment.group}", span=where,
                       why="budgets belong to tenants, not to deployments")  # fmt: skip
    shuffled = [
        group
        for group, targets in config.fallbacks.items()
        if any(len(config.groups.get(config.resolve(target), [])) > 1 for target in targets)
    ]
    if shuffled:
        yield Note(kind="approximated", subject="fallbacks of " + ", ".join(shuffled),
                   why="LiteLLM shuffles within a fallback group; here its deployments have an order")  # fmt: skip


def _note(config: Config, section: str, name: str) -> Note:
    kind, why = _WHY.get(name, _DEFAULT[section])
    subject = f"{section}.{name}" if section else name
    path = (section, name) if section else (name,)
    return Note(kind=kind, subject=subject, why=why, span=config.source.span(path, key=True))
