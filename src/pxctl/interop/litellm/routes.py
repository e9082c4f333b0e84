"""Groups of a LiteLLM file as routes of ours: a request asks for a group by its `task_type`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pxctl.interop.litellm.config import Config, Deployment
from pxctl.interop.litellm.names import free, slug
from pxctl.interop.litellm.providers import Providers, marker

STRATEGIES = {
    "simple-shuffle": "weighted",
    "latency-based-routing": "fastest",
    "cost-based-routing": "cheapest",
}
"""What LiteLLM calls them; the other strategies watch its own traffic and become `weighted`."""

MOST = 20
"""`max_fallbacks` of a route goes up to this."""


@dataclass
class Routes:
    """Makes the routes of one configuration."""

    config: Config
    providers: Providers
    names: set[str]

    def all(self) -> list[dict[str, Any]]:
        """The routes, in the order of the groups; context window and tag routes before their group's own."""
        found: list[dict[str, Any]] = []
        for group, members in self.config.groups.items():
            usable = [one for one in members if one.index in self.providers.references]
            if not usable or all(marker(one).get("fallback_only") for one in usable):
                continue
            found += self._long(group)
            found += self._tagged(group, usable)
            found.append(self._route(group, {"task_type": self._asked(group)}, self._untagged(usable), group))
        return found

    def _asked(self, group: str) -> list[str]:
        return [group, *(alias for alias, target in self.config.aliases.items() if target == group)]

    def _route(
        self,
        name: str,
        match: dict[str, Any],
        members: Sequence[Deployment],
        group: str | None,
        then: Sequence[str] = (),
    ) -> dict[str, Any]:
        """One route; its fallbacks are the chain of `group`, or else the groups `then`."""
        id_ = free(slug(name), self.names)
        self.names.add(id_)
        first, later = self._ordered(members)
        strategy = self._strategy(first)
        route: dict[str, Any] = {"name": id_, "match": match}
        if strategy != "listed":
            route["strategy"] = strategy
        route["candidates"] = self._candidates(first, strategy)
        taken = [self.providers.references[one.index] for one in first]
        fallbacks = [reference for reference in later if reference not in taken]
        for target in then if group is None else self.config.chain(group)[: self.config.max_fallbacks]:
            fallbacks += [one for one in self._references(target) if one not in fallbacks and one not in taken]
        if fallbacks:
            route["fallbacks"] = fallbacks
        total = len(set(taken)) - 1 + len(fallbacks)
        if total != 3:
            route["max_fallbacks"] = min(total, MOST)
        return route

    def _ordered(self, members: Sequence[Deployment]) -> tuple[list[Deployment], list[str]]:
        """The deployments that are tried first, and the references of those with a higher `order`.

        One deployment for each `order` is a plain list: all are candidates.
        """
        if all(member.order is None for member in members):
            return list(members), []
        ranked = sorted(members, key=lambda one: (one.order is None, one.order or 0))
        levels = [(one.order is None, one.order) for one in ranked]
        if len(set(levels)) == len(levels):
            return ranked, []
        first = [one for one, level in zip(ranked, levels, strict=True) if level == levels[0]]
        later = [one for one, level in zip(ranked, levels, strict=True) if level != levels[0]]
        return first, list(dict.fromkeys(self.providers.references[one.index] for one in later))

    def _strategy(self, members: Sequence[Deployment]) -> str:
        distinct = {self.providers.references[one.index] for one in members}
        if len(distinct) < 2 or (
            any(one.order is not None for one in members) and len({one.order for one in members}) > 1
        ):
            return "listed"
        return STRATEGIES.get(self.config.strategy, "weighted")

    def _candidates(self, members: Sequence[Deployment], strategy: str) -> list[Any]:
        shares: dict[str, float] = {}
        for one, share in zip(members, _shares(members), strict=True):
            reference = self.providers.references[one.index]
            shares[reference] = shares.get(reference, 0) + max(share, 0)
        if strategy != "weighted" or len(set(shares.values())) == 1:
            return list(shares)
        weights = whole(list(shares.values()))
        return [{"deployment": ref, "weight": weight} for ref, weight in zip(shares, weights, strict=True)]

    def _usable(self, group: str) -> list[Deployment]:
        return [one for one in self.config.groups.get(group, []) if one.index in self.providers.references]

    def _references(self, group: str) -> list[str]:
        members = self._untagged(self._usable(group))
        if not members:
            return []
        first, later = self._ordered(members)
        return list(dict.fromkeys([*(self.providers.references[one.index] for one in first), *later]))

    def _long(self, group: str) -> list[dict[str, Any]]:
        """A route for prompts that are too long for the group, where context window fallbacks are given."""
        for name, targets, path in self.config.listed("context_window_fallbacks"):
            if self.config.resolve(name) != group:
                continue
            window = self._window(group)
            reached = [one for name in map(self.config.resolve, targets) for one in (name, *self.config.chain(name))]
            known = [one for one in dict.fromkeys(reached) if self._references(one)][: self.config.max_fallbacks]
            if window is None or not known:
                why = "the group's context window or the target is not known"
                self.providers.note("no_counterpart", f"context_window_fallbacks of {group}", why, path)
                return []
            match = {"task_type": self._asked(group), "input_tokens": {"min": window + 1}}
            return [self._route(f"{group}-long", match, self._untagged(self._usable(known[0])), None, known[1:])]
        return []

    def _window(self, group: str) -> int | None:
        """The largest context of a group, as its providers' files now say it."""
        found = []
        for one in self._untagged(self.config.groups[group]):
            reference = self.providers.references.get(one.index)
            if reference is not None:
                provider, _, rest = reference.partition("/")
                spec = self.providers.drafts[provider].models[rest.rpartition("@")[0]]
                found.append(spec.get("context_tokens"))
        known = [window for window in found if isinstance(window, int)]
        return max(known) if known and len(known) == len(found) else None

    def _filters(self) -> bool:
        return self.config.setting("enable_tag_filtering")[0] is True

    def _tagged(self, group: str, members: Sequence[Deployment]) -> list[dict[str, Any]]:
        if not self._filters():
            return []
        tags = dict.fromkeys(tag for one in members for tag in one.tags if tag != "default")
        return [
            self._route(
                f"{group}-{tag}",
                {"task_type": self._asked(group), "task_tags": [tag]},
                [one for one in members if tag in one.tags],
                group,
            )
            for tag in tags
        ]

    def _untagged(self, members: Sequence[Deployment]) -> Sequence[Deployment]:
        """Who serves a request without tags: those with the tag `default`, else everybody."""
        if not self._filters():
            return members
        return [one for one in members if "default" in one.tags] or members


def _shares(members: Sequence[Deployment]) -> list[float]:
    """How simple-shuffle shares requests out: by `weight` if one is given, else by rpm, else by tpm, else equally."""
    for said in (
        [one.weight for one in members],
        [one.limit("rpm") for one in members],
        [one.limit("tpm") for one in members],
    ):
        if any(share is not None and share > 0 for share in said):
            return [float(share or 0) for share in said]
    return [100.0 for _ in members]


def whole(shares: list[float]) -> list[int]:
    """Shares as whole weights from 0 to 1,000,000 in the same proportion, as exactly as that allows."""
    if all(share == int(share) and share <= 1_000_000 for share in shares):
        return [int(share) for share in shares]
    largest = max(shares)
    for scale in (10, 100, 1000, 10_000):
        scaled = [round(share * scale, 9) for share in shares]
        if all(share == int(share) for share in scaled) and largest * scale <= 1_000_000:
            return [int(share) for share in scaled]
    return [round(share / largest * 1_000_000) for share in shares]
