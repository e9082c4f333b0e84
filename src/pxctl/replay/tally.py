"""Counting decisions: integers only, so that sums from any number of workers are the same to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pxctl.model.decision import Refusal
from pxctl.model.replay import ReplayReport, Totals, Window
from pxctl.policy.facts import Facts

MINUTE = 60_000_000
MOST_WINDOWS = 512
MOST_MESSAGES = 200
SUMS = (
    "requests", "from_fallbacks", "degraded", "cost", "input_tokens", "output_tokens",
    "primary_ok", "fallback_ok", "failed", "sla_asked", "sla_met", "latency_sum",
)  # fmt: skip
"""What is summed; a replay without behaviour gives the first six alone."""
_ZEROS = [0] * len(SUMS)
Key = tuple[str, str, str | None, str | None, str | None, str | None]
"""Tenant, policy, route, arm, primary, refusal."""


class Tally:
    """Sums of a replay. Holds one entry a combination that occurred, never one a request."""

    def __init__(self, width: int = MINUTE) -> None:
        self.width = width
        self.sums: dict[Key, list[int]] = {}
        self.windows: dict[tuple[int, str | None], list[int]] = {}
        self.depth: Counter[int] = Counter()
        self.excluded: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.rows = 0
        self.last = 0

    def add(self, at: int, tenant: str, facts: Facts) -> None:
        """Count one decision, made `at` microseconds after the trace began."""
        context, cost = facts.context, facts.cost or 0
        values = (1, facts.from_fallbacks, facts.degraded, cost, context.input_tokens, context.output_tokens)
        self.add_values(at, tenant, facts, values)
        if facts.primary is not None:
            self.depth[len(facts.fallbacks)] += 1
        elif facts.refusal is Refusal.NO_CANDIDATE:
            self.exclude(facts)

    def add_values(self, at: int, tenant: str, facts: Facts, values: Sequence[int]) -> None:
        """Count one decision with these sums."""
        primary = facts.primary
        self.put((tenant, facts.policy, facts.route, facts.arm, primary, facts.refusal), values)
        if at >= 8 * MOST_WINDOWS * self.width:
            self._double()
        self.put_window(at // self.width, primary, 1, values[3])
        self.rows += 1
        self.last = max(self.last, at)

    def exclude(self, facts: Facts, count: int = 1) -> None:
        """Note why `count` requests that were refused alike have no candidate."""
        for reason in facts.reasons():
            self.excluded[reason] += count

    def put(self, key: Key, values: Sequence[int]) -> None:
        """Add sums of requests with one key: in the order of `SUMS`, the first ones or all."""
        found = self.sums.get(key)
        if found is None:
            found = self.sums[key] = _ZEROS.copy()
        for i, value in enumerate(values):
            found[i] += value

    def put_window(self, slot: int, primary: str | None, requests: int, cost: int) -> None:
        """Add requests of one window with one primary (None: refused)."""
        window = self.windows.get((slot, primary))
        if window is None:
            self.windows[slot, primary] = [requests, cost]
        else:
            window[0] += requests
            window[1] += cost

    def reject(self, at: int, message: str) -> None:
        """Count a request that the configuration refuses to judge."""
        known = message in self.rejected or len(self.rejected) < MOST_MESSAGES
        self.rejected[message if known else "others"] += 1
        self.rows += 1
        self.last = max(self.last, at)

    def trim(self) -> None:
        """Twice as long windows, half as many, once there are more than can be shown."""
        while max((slot for slot, _ in self.windows), default=0) >= MOST_WINDOWS:
            self._double()

    def merge(self, other: Tally) -> None:
        """Take in what another worker counted."""
        while self.width < other.width:
            self._double()
        while other.width < self.width:
            other._double()
        for key, values in other.sums.items():
            _sum_into(self.sums, key, values)
        for slot, values in other.windows.items():
            _sum_into(self.windows, slot, values)
        self.depth.update(other.depth)
        self.excluded.update(other.excluded)
        self.rejected.update(other.rejected)
        self.rows += other.rows
        self.last = max(self.last, other.last)

    def _double(self) -> None:
        self.width *= 2
        merged: dict[tuple[int, str | None], list[int]] = {}
        for (slot, name), values in self.windows.items():
            _sum_into(merged, (slot // 2, name), values)
        self.windows = merged

    def report(self, **about: Any) -> ReplayReport:
        """The sums as a report; `about` are its other fields."""
        self.trim()
        refusals: Counter[str] = Counter()
        for key, values in self.sums.items():
            if key[5] is not None:
                refusals[str(key[5])] += values[0]
        return ReplayReport(
            rows=self.rows,
            duration=self.last,
            totals=self._group(lambda _key: "all").get("all", Totals()),
            refusals=_sorted(refusals),
            excluded=_sorted(self.excluded),
            rejected=_sorted(self.rejected),
            deployments=self._group(lambda key: key[4]),
            regions=self._group(lambda key: key[4].rpartition("@")[2] if key[4] else None),
            routes=self._group(lambda key: f"{key[1]}/{key[2]}" if key[2] else None),
            policies=self._group(lambda key: key[1]),
            tenants=self._group(lambda key: key[0]),
            arms=self._group(lambda key: f"{key[1]}/{key[2]}/{key[3]}" if key[3] else None),
            fallbacks=dict(sorted(self.depth.items())),
            windows=tuple(self._windows()),
            **about,
        )

    def _group(self, name_of: Any) -> dict[str, Totals]:
        groups: dict[str, list[int]] = {}
        refused: Counter[str] = Counter()
        for key, values in self.sums.items():
            name = name_of(key)
            if name is not None:
                _sum_into(groups, name, values)
                refused[name] += values[0] if key[5] is not None else 0
        return {
            name: Totals(
                **dict(zip(SUMS, values, strict=True)), refused=refused[name], routed=values[0] - refused[name]
            )
            for name, values in sorted(groups.items(), key=lambda item: (-item[1][0], item[0]))
        }

    def _windows(self) -> Iterable[Window]:
        slots: dict[int, dict[str | None, list[int]]] = {}
        for (slot, name), values in self.windows.items():
            slots.setdefault(slot, {})[name] = values
        for slot, found in sorted(slots.items()):
            refused = found.pop(None, [0, 0])[0]
            routed = sum(v[0] for v in found.values())
            cost = sum(v[1] for v in found.values())
            totals = Totals(requests=routed + refused, routed=routed, refused=refused, cost=cost)
            shares = {name: v[0] for name, v in sorted(found.items(), key=lambda i: (-i[1][0], i[0] or "")) if name}
            yield Window(at=slot * self.width, length=self.width, totals=totals, deployments=shares)


def _sum_into(sums: dict[Any, list[int]], key: Any, values: list[int]) -> None:
    found = sums.get(key)
    if found is None:
        sums[key] = list(values)
    else:
        for i, value in enumerate(values):
            found[i] += value


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


__all__ = ["MINUTE", "SUMS", "Key", "Tally"]
