"""A policy of ours, with its providers, as a LiteLLM configuration.

A route becomes a group. Requests to LiteLLM name their group, so of a route's match only `task_type` (the group's name
and its aliases), `task_tags` (tag filtering) and a lower bound on input tokens (context window fallbacks) can be said;
everything else is a note. So are health, latency, cost and privacy, which LiteLLM does not judge.
"""

from __future__ import annotations

import re
from typing import Any

from pxctl.core.errors import UsageError
from pxctl.interop.litellm.config import MAX_FALLBACKS
from pxctl.interop.litellm.members import Members
from pxctl.interop.litellm.names import free
from pxctl.interop.litellm.restore import read_back, restored
from pxctl.load.writer import dump_yaml
from pxctl.model.configuration import Configuration
from pxctl.model.interop import Exported, Note
from pxctl.model.routing import Balanced, Policy, Route

_WORDS = {"cheapest": "cost-based-routing", "fastest": "latency-based-routing"}


def export_config(config: Configuration, policy: str) -> Exported:
    """The text that LiteLLM loads, and a note for everything that it cannot say. Raises UsageError."""
    if policy not in config.policies:
        raise UsageError(f"`{policy}` is no policy here", hint="known: " + (", ".join(config.policies) or "none"))
    return _Export(config, config.policies[policy]).done()


class _Export:
    def __init__(self, config: Configuration, policy: Policy) -> None:
        self.config, self.policy = config, policy
        self.notes: list[Note] = []
        self.members = Members(config, self.notes)
        self.groups: dict[str, list[str]] = {}
        """Group -> its deployments' ids, first those that are tried first."""
        self.aliases: dict[str, str] = {}
        self.fallbacks: dict[str, list[str]] = {}
        self.windows: dict[str, list[str]] = {}
        self.strategies: dict[str, str] = {}
        self.words: dict[str, str] = {}
        """Group -> the strategy of its route."""
        self.tagged = False
        self.group_of: dict[str, str] = {}
        self.then: dict[str, list[str]] = {}
        """Route -> its listed fallbacks that may be called, without its candidates."""
        self.chains: dict[str, list[str]] = {}
        """Group -> what LiteLLM tries after it."""

    def done(self) -> Exported:
        for route in self.policy.routes:
            self._name(route)
        for route in self.policy.routes:
            self._group(route)
        for route in self.policy.routes:
            group = self.group_of[route.name]
            own = self.groups[group] if self._kind(route) == "plain" else self.members.deployments(route)
            self.then[route.name] = [one for one in self.members.listed_fallbacks(route) if one not in own]
            if self._kind(route) == "plain":
                self.chains[group] = self.then[route.name]
        for route in self.policy.routes:
            self._after(route)
        self._policy_notes()
        data: dict[str, Any] = {"model_list": self.members.listed}
        settings = self._settings()
        kept = self.policy.metadata.get("litellm")
        if isinstance(kept, dict):
            restored(data, settings, kept)
        if settings:
            data["router_settings"] = settings
        return Exported(gateway="litellm", text=dump_yaml(data), notes=tuple(self.notes))

    def note(self, subject: str, why: str) -> None:
        self.notes.append(Note(kind="no_counterpart", subject=subject, why=why))

    def _kind(self, route: Route) -> str:
        """`plain`, `tag` or `long`: what of LiteLLM the route is said with."""
        given = set(route.match.model_dump(exclude_none=True))
        if "task_type" in given and given == {"task_type", "task_tags"} and route.match.task_tags:
            return "tag" if any(self._base(route, other) for other in self.policy.routes) else "plain"
        if given == {"task_type", "input_tokens"} and route.match.input_tokens and route.match.input_tokens.max is None:
            return "long" if any(self._base(route, other) for other in self.policy.routes) else "plain"
        return "plain"

    def _base(self, route: Route, other: Route) -> bool:
        """Whether `other` is the group's own route: later, and matching by the same task types alone."""
        routes = self.policy.routes
        return (
            routes.index(other) > routes.index(route)
            and set(other.match.model_dump(exclude_none=True)) == {"task_type"}
            and other.match.task_type == route.match.task_type
        )

    def _name(self, route: Route) -> None:
        types = route.match.task_type or ()
        if self._kind(route) != "plain":
            self.group_of[route.name] = types[0]
            return
        alone = set(route.match.model_dump(exclude_none=True)) == {"task_type"}
        wanted = types[0] if alone and types[0] not in self.groups else route.name
        group = free(wanted, self.groups) if wanted in self.groups else wanted
        self.groups[group] = []
        self.group_of[route.name] = group
        if alone and wanted == types[0]:
            for alias in types[1:]:
                self.aliases.setdefault(alias, group)
        else:
            said = ", ".join(sorted(route.match.model_dump(exclude_none=True)))
            why = (
                f"whether a request is one of its {said} is the caller's to see to" if said else "it takes what is left"
            )
            self.note(f"route {route.name}", f"{why}; callers ask for the group `{group}`")

    def _group(self, route: Route) -> None:
        """Write the route's candidates into its group."""
        kind, group = self._kind(route), self.group_of[route.name]
        ids = self.members.deployments(route)
        if not ids:
            self.note(f"route {route.name}", "none of its candidates can be called; it has no deployment")
        weights = self.members.weights(route, ids)
        word = "balanced" if isinstance(route.strategy, Balanced) else str(route.strategy)
        ranked = self._ranked(word, ids)
        if kind == "long":
            return
        tags = list(route.match.task_tags or ()) if kind == "tag" else []
        if kind == "plain" and any(
            self._kind(one) == "tag" and self.group_of[one.name] == group for one in self.policy.routes
        ):
            tags = ["default"]
        self.tagged = self.tagged or bool(tags)
        for i, id_ in enumerate(ranked):
            share = weights.get(id_)
            order = i + 1 if word in ("listed", "priority", "balanced") and len(ranked) > 1 else None
            self.members.add(
                group, id_, weight=share if word == "weighted" and weights else None, order=order, tags=tags
            )
        if kind == "plain":
            self.groups[group], self.words[group] = ranked, word
            if word in _WORDS and len(ranked) > 1:
                self.strategies[group] = _WORDS[word]
            if word == "balanced" and len(ranked) > 1:
                self.note(f"route {route.name}", "`balanced` has no counterpart; the candidates are tried as listed")
        self._route_notes(route)

    def _tag_groups(self) -> set[str]:
        """Groups that have a route for a tag: their other members are for requests without one."""
        return {self.group_of[route.name] for route in self.policy.routes if self._kind(route) == "tag"}

    def _ranked(self, word: str, ids: list[str]) -> list[str]:
        if word == "priority":
            return sorted(ids, key=lambda id_: (self.config.providers[id_.partition("/")[0]].priority, ids.index(id_)))
        return ids

    def _after(self, route: Route) -> None:
        """Write the listed fallbacks, as groups where they are groups, else as groups of their own."""
        kind, group = self._kind(route), self.group_of[route.name]
        ids = self.then[route.name]
        if kind == "plain" and ids:
            self.fallbacks[group] = self._named(ids, apart=group)
        elif kind == "tag":
            own = self.members.deployments(route)
            if ids != [one for one in self.chains.get(group, ()) if one not in own]:
                self.note(f"route {route.name}", f"a tag has no fallbacks of its own; those of `{group}` hold")
        elif kind == "long":
            own = self.members.deployments(route)
            lead, used = self._lead(own, ids, str(route.strategy))
            self.windows[group] = [*lead, *self._named(ids[used:])]

    def _lead(self, own: list[str], ids: list[str], word: str) -> tuple[list[str], int]:
        """The group that stands for a route's candidates, and how many of the fallbacks follow from it."""
        for group, members in self.groups.items():
            after = [one for one in self.chains.get(group, ()) if one not in own]
            same = members == own and (len(own) == 1 or self.words.get(group) == word)
            if same and ids[: len(after)] == after:
                return [group], len(after)
        return self._named(own), 0

    def _named(self, ids: list[str], apart: str = "") -> list[str]:
        """The groups whose deployments, one group after the other, are these; new ones where there are none.

        LiteLLM goes on to a fallback group's own fallbacks, so a group fits only if those follow it here too; and it
        shuffles within a group, so a group of several fits only if it has an order.
        """
        found: list[str] = []
        own = () if apart in self._tag_groups() else self.groups.get(apart, ())
        at = 0
        while at < len(ids):
            best, length = "", 0
            for group, members in self.groups.items():
                ordered = len(members) == 1 or self.words.get(group) in ("listed", "priority")
                if group == apart or not ordered or ids[at : at + len(members)] != members:
                    continue
                seen = {*ids[: at + len(members)], *own}
                after = [one for one in self.chains.get(group, ()) if one not in seen]
                reach = len(members) + len(after)
                if ids[at + len(members) : at + reach] == after and reach > length:
                    best, length = group, reach
            if not best:
                best, length = free(f"fallback/{ids[at]}", self.groups), 1
                self.groups[best] = [ids[at]]
                self.members.add(best, ids[at], fallback_only=True)
            found.append(best)
            at += length
        return found

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        words = set(self.strategies.values())
        several = [group for group, ids in self.groups.items() if len(ids) > 1]
        if len(words) == 1 and set(self.strategies) == set(several):
            settings["routing_strategy"] = words.pop()
        elif words:
            settings["routing_groups"] = [
                {"group_name": word, "models": [group for group in self.strategies if self.strategies[group] == word],
                 "routing_strategy": word}
                for word in sorted(words)
            ]  # fmt: skip
        if self.fallbacks:
            settings["fallbacks"] = [{group: names} for group, names in self.fallbacks.items()]
            config = read_back({"model_list": self.members.listed}, settings)
            longest = max(len(config.chain(group)) for group in config.groups)
            if longest > MAX_FALLBACKS:
                settings["max_fallbacks"] = longest
        if self.windows:
            settings["context_window_fallbacks"] = [{group: names} for group, names in self.windows.items()]
        if self.aliases:
            settings["model_group_alias"] = dict(self.aliases)
        if self.tagged:
            settings["enable_tag_filtering"] = True
        return settings

    def _route_notes(self, route: Route) -> None:
        given = route.constraints.model_dump(exclude_none=True)
        unsaid = [name for name in given if name != "regions"]
        if unsaid:
            self.note(f"route {route.name}", f"LiteLLM does not judge {', '.join(unsaid)}")
        if route.experiment is not None:
            self.note(f"route {route.name}", f"the experiment `{route.experiment.name}` has no counterpart")

    def _policy_notes(self) -> None:
        if self.policy.safe_mode is not None:
            self.note("safe mode", "LiteLLM has none; export another policy for it")
        levels = {provider.compliance.privacy_max for provider in self.members.used()}
        if levels - {None}:
            self.note("privacy levels", "LiteLLM sends any request to any deployment of a group")
        limited = [p.id for p in self.members.used() if p.tenants.allow != ("*",) or p.tenants.deny]
        if limited:
            self.note("tenants", f"who may use {', '.join(limited)} is for keys and teams of LiteLLM to say")
        vaulted = [f"{re.sub('[^A-Z0-9]', '_', p.id.upper())}_API_KEY" for p in self.members.used()
                   if any(not ref.startswith("env://") for ref in p.credential_refs().values())]  # fmt: skip
        if vaulted:
            self.notes.append(Note(kind="for_you", subject="secrets",
                                   why="set " + ", ".join(vaulted) + " from the secret store"))  # fmt: skip
