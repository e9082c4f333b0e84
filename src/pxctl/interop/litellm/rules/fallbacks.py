"""Fallbacks: targets that do not exist, circles, and targets that cannot stand in."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.interop.litellm.config import Config, Deployment
from pxctl.interop.litellm.facts import context, entry_of, modality, zone
from pxctl.interop.litellm.rules import Hit, Subject, rule
from pxctl.model.document import Path
from pxctl.model.finding import Severity

LISTS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")


def _all(config: Config) -> Iterator[tuple[str, str, list[str], Path]]:
    for name in LISTS:
        for group, targets, path in config.listed(name):
            yield name, group, targets, path
    value, path = config.setting("default_fallbacks")
    if isinstance(value, list):
        yield "default_fallbacks", "*", [one for one in value if isinstance(one, str)], path


def _at(path: Path, config: Config, i: int) -> Path:
    """The i-th target's place; the list's own where the targets are one text."""
    return (*path, i) if (*path, i) in config.source.composed.values else path


def _near(name: str, config: Config) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, [*config.groups, *config.aliases], 1, 0.7)
    return f"did you mean `{close[0]}`?" if close else None


@rule("PX0809", "litellm-missing-fallback-target", Severity.ERROR)
def missing_target(subject: Subject) -> Iterator[Hit]:
    """A fallback names a group that does not exist, or fallbacks are given for one.

    Why: LiteLLM notices when the first deployment has already failed, and answers that request with an error.

    Example:

        fallbacks: [{chat: [chat-bakcup]}]

    Fix: correct the name, or add the group to `model_list`.
    """
    config = subject.config
    if not config.groups:
        return
    for name, group, targets, path in _all(config):
        if group != "*" and not config.serves(group):
            hint = _near(group, config) or "add it to model_list"
            yield Hit(f"`{name}` are given for `{group}`, which is no group", path, hint, key=True)
        for i, target in enumerate(targets):
            if not config.serves(target):
                hint = _near(target, config) or "add it to model_list"
                yield Hit(f"`{group}` falls back to `{target}`, which is no group", _at(path, config, i), hint)


@rule("PX0810", "litellm-fallback-cycle", Severity.ERROR)
def cycle(subject: Subject) -> Iterator[Hit]:
    """Groups fall back to each other in a circle.

    Why: when the first fails for a reason that the second shares, requests go round until `max_fallbacks` is used up,
    and each round costs its timeouts.

    Fix: end the chain at a group that falls back to nobody.
    """
    config = subject.config
    reported: set[frozenset[str]] = set()
    for group, _targets, path in config.listed("fallbacks"):
        trail = _circle(config, group)
        if trail and frozenset(trail) not in reported:
            reported.add(frozenset(trail))
            yield Hit(
                "fallbacks go in a circle: " + " -> ".join([*trail, trail[0]]), path, "break the circle", key=True
            )


def _circle(config: Config, start: str) -> list[str]:
    """The way from a group back to itself by way of others, or nothing."""
    stack: list[tuple[str, list[str]]] = [(start, [start])]
    seen: set[str] = set()
    while stack:
        here, trail = stack.pop()
        for target in map(config.resolve, config.fallbacks.get(here, [])):
            if target == start and len(trail) > 1:
                return trail
            if target not in seen and target != start:
                seen.add(target)
                stack.append((target, [*trail, target]))
    return []


@rule("PX0811", "litellm-self-fallback", Severity.ERROR)
def self_fallback(subject: Subject) -> Iterator[Hit]:
    """A group falls back to itself.

    Why: it is a retry with the name of a fallback, and hides that there is none.

    Fix: use `num_retries` for retries, and name another group.
    """
    config = subject.config
    for name, group, targets, path in _all(config):
        for i, target in enumerate(targets):
            if group != "*" and config.resolve(target) == config.resolve(group):
                yield Hit(f"`{name}`: `{group}` falls back to itself", _at(path, config, i))


@rule("PX0815", "litellm-chain-too-long", Severity.WARNING)
def too_long(subject: Subject) -> Iterator[Hit]:
    """A group's fallbacks are more than `max_fallbacks` (5 where nothing is said).

    Why: whatever comes after is never tried.

    Fix: shorten the list, or raise `max_fallbacks` in router_settings.
    """
    config = subject.config
    most = config.max_fallbacks
    for group, targets, path in config.listed("fallbacks"):
        chain = config.chain(group) if group in config.groups else targets
        if len(targets) > most or (len(chain) > most and not _circle(config, group)):
            lost = ", ".join(chain[most:]) or "the rest"
            yield Hit(f"`{group}` has {len(chain)} fallbacks in a row, of which {most} are tried; never: {lost}",
                      path, "raise max_fallbacks in router_settings", key=True)  # fmt: skip


def _pairs(subject: Subject) -> Iterator[tuple[str, Deployment, Deployment, Path, str]]:
    """The first deployment of a group and each one of a target, where both exist."""
    config = subject.config
    for name, group, targets, path in _all(config):
        if name == "content_policy_fallbacks":
            continue
        sources = config.groups.get(config.resolve(group), [])
        for i, target in enumerate(targets):
            resolved = config.resolve(target)
            if resolved == config.resolve(group):
                continue
            for other in config.groups.get(resolved, []):
                if sources:
                    yield name, sources[0], other, _at(path, config, i), target


@rule("PX0812", "litellm-modality-mismatch", Severity.ERROR)
def modality_mismatch(subject: Subject) -> Iterator[Hit]:
    """A group falls back to, or mixes, models of another modality: chat and embedding, speech and image.

    Why: the fallback fails as surely as what it stands in for.

    Fix: fall back to a model of the same kind.
    """
    seen: set[Path] = set()
    for _, first, other, path, target in _pairs(subject):
        mine = modality(first, entry_of(first, subject.catalogue))
        theirs = modality(other, entry_of(other, subject.catalogue))
        if mine and theirs and mine != theirs and path not in seen:
            seen.add(path)
            yield Hit(f"`{first.group}` is {mine} and falls back to `{target}`, which is {theirs}", path)
    for group, members in subject.config.groups.items():
        kinds = [(one, modality(one, entry_of(one, subject.catalogue))) for one in members]
        known = [(one, kind) for one, kind in kinds if kind]
        for one, kind in known[1:]:
            if kind != known[0][1]:
                message = f"`{group}` mixes {known[0][1]} and {kind}"
                yield Hit(message, (*one.path, "litellm_params", "model"), "give each modality a group of its own")


@rule("PX0813", "litellm-smaller-context", Severity.WARNING)
def smaller_context(subject: Subject) -> Iterator[Hit]:
    """A group falls back to a model with a smaller context window.

    Why: a long prompt that the first model takes is refused by its fallback. As a context window fallback it is an
    error: it can never help.

    Fix: fall back to a model with at least the same window.
    """
    for name, first, other, path, target in _pairs(subject):
        mine = context(first, entry_of(first, subject.catalogue))
        theirs = context(other, entry_of(other, subject.catalogue))
        if mine is None or theirs is None:
            continue
        if name == "context_window_fallbacks" and theirs <= mine:
            message = f"`{first.group}` takes {mine:,} tokens; `{target}` takes no more ({theirs:,})"
            yield Hit(message, path, severity=Severity.ERROR)
        elif name != "context_window_fallbacks" and theirs < mine:
            yield Hit(f"`{first.group}` takes {mine:,} tokens, its fallback `{target}` only {theirs:,}", path)


@rule("PX0814", "litellm-other-region", Severity.ERROR)
def other_region(subject: Subject) -> Iterator[Hit]:
    """A group that answers in one region falls back to, or mixes in, a deployment in another.

    Why: data leaves the region exactly when something fails, which nobody sees. An error where it leaves the European
    Union or the United Kingdom, else a warning.

    Fix: fall back within the region, or keep two groups.
    """
    seen: set[tuple[Path, str]] = set()
    for _, first, other, path, target in _pairs(subject):
        yield from _leaves(
            first, other, path, f"`{first.group}` answers in {{}} and falls back to `{target}` in {{}}", seen
        )
    for group, members in subject.config.groups.items():
        for other in members[1:]:
            place = (*other.path, "litellm_params", "model")
            yield from _leaves(members[0], other, place, f"`{group}` answers in {{}} and in {{}}", seen)


def _leaves(first: Deployment, other: Deployment, path: Path, text: str, seen: set[tuple[Path, str]]) -> Iterator[Hit]:
    from pxctl.interop.litellm.facts import stated_zone

    mine, theirs = stated_zone(first) or (zone(first) if stated_zone(other) else None), zone(other)
    if mine is None or theirs is None or mine == theirs or (path, theirs) in seen:
        return
    seen.add((path, theirs))
    severity = Severity.ERROR if mine in ("eu", "uk") else Severity.WARNING
    yield Hit(text.format(mine, theirs), path, "fall back within the region", severity=severity)


@rule("PX0817", "litellm-alias-to-nothing", Severity.ERROR)
def alias_to_nothing(subject: Subject) -> Iterator[Hit]:
    """`model_group_alias` points at a group that does not exist, or hides one of the same name.

    Why: requests by that name are refused.

    Fix: correct the name of the group.
    """
    config = subject.config
    value, path = config.setting("model_group_alias")
    if value is not None and not isinstance(value, dict):
        yield Hit("`model_group_alias` must be a mapping of alias to group", path)
    for alias, target in config.aliases.items():
        if not config.serves(target):
            yield Hit(
                f"the alias `{alias}` points at `{target}`, which is no group", (*path, alias), _near(target, config)
            )
        elif alias in config.groups:
            yield Hit(
                f"`{alias}` is a group; the alias of that name hides it", (*path, alias), severity=Severity.WARNING
            )
