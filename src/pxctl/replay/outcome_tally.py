"""Counting what came of calls: who answered, how long it took, which path a request went."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from pxctl.model.replay import ReplayReport, Totals, Window
from pxctl.policy.facts import Facts
from pxctl.replay.histogram import Histogram
from pxctl.replay.tally import Tally


class Served(NamedTuple):
    """What came of one routed request; `answered` is None where nobody did. Cost is of who answered."""

    answered: str | None
    tries: tuple[str, ...]
    time: int
    cost: int


class OutcomeTally(Tally):
    """A tally that also knows outcomes. `width` is the length of a reported window."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.histograms: dict[tuple[str, str], Histogram] = {}
        self.window_outcomes: dict[int, list[int]] = {}
        self.window_times: dict[int, Histogram] = {}
        self.window_answers: dict[tuple[int, str], int] = {}
        self.paths: Counter[str] = Counter()
        self.fault_paths: dict[str, Counter[str]] = {}
        self.answered: Counter[str] = Counter()
        self.bases: Counter[str] = Counter()

    def add_outcome(self, at: int, tenant: str, facts: Facts, sla_ms: int | None, served: Served, fault: str) -> None:
        """Count one routed request and what came of it."""
        primary, context = facts.primary or "", facts.context
        hit = served.answered == primary
        rescued = served.answered is not None and not hit
        lost = served.answered is None
        in_time = sla_ms is not None and not lost and served.time <= sla_ms * 1000
        values = (
            1, facts.from_fallbacks, facts.degraded, served.cost, context.input_tokens, context.output_tokens,
            hit, rescued, lost, sla_ms is not None, in_time, served.time,
        )  # fmt: skip
        self.add_values(at, tenant, facts, values)
        self.depth[len(facts.fallbacks)] += 1
        self.bases[facts.cost_basis or "none"] += 1
        slot = at // self.width
        outcome = self.window_outcomes.setdefault(slot, [0, 0, 0])
        outcome[0 if hit else 1 if rescued else 2] += 1
        if not lost:
            self._time(slot, primary, f"{facts.policy}/{facts.route}", facts.policy, served.time)
            self.answered[served.answered or ""] += 1
            key = (slot, served.answered or "")
            self.window_answers[key] = self.window_answers.get(key, 0) + 1
        if not hit:
            path = " → ".join((*served.tries, *(() if served.answered else ("nobody",))))
            self.paths[path] += 1
            self.fault_paths.setdefault(fault, Counter())[path] += 1

    def _time(self, slot: int, primary: str, route: str, policy: str, time: int) -> None:
        for key in (("all", "all"), ("deployments", primary), ("routes", route), ("policies", policy)):
            found = self.histograms.get(key)
            if found is None:
                found = self.histograms[key] = Histogram()
            found.add(time)
        found = self.window_times.get(slot)
        if found is None:
            found = self.window_times[slot] = Histogram()
        found.add(time)

    def _double(self) -> None:
        super()._double()
        outcomes: dict[int, list[int]] = {}
        times: dict[int, Histogram] = {}
        answers: dict[tuple[int, str], int] = {}
        for slot, values in self.window_outcomes.items():
            found = outcomes.setdefault(slot // 2, [0, 0, 0])
            for i, value in enumerate(values):
                found[i] += value
        for slot, histogram in self.window_times.items():
            times.setdefault(slot // 2, Histogram()).counts.update(histogram.counts)
        for (slot, name), count in self.window_answers.items():
            answers[slot // 2, name] = answers.get((slot // 2, name), 0) + count
        self.window_outcomes, self.window_times, self.window_answers = outcomes, times, answers

    def outcome_report(self, states: dict[int, tuple[bool, tuple[str, ...]]], **about: Any) -> ReplayReport:
        """The report; `states` are (safe mode, open circuits) by the start of each simulated window."""
        report = self.report(kind="simulation", paths=dict(self.paths.most_common(50)), **about)
        return report.model_copy(
            update={
                "totals": self._timed(report.totals, "all", "all"),
                **{
                    group: {name: self._timed(t, group, name) for name, t in getattr(report, group).items()}
                    for group in ("deployments", "routes", "policies")
                },
                "windows": tuple(self._with_outcome(window, states) for window in report.windows),
                "fault_paths": {f: dict(c.most_common(20)) for f, c in self.fault_paths.items()},
                "answered": dict(sorted(self.answered.items(), key=lambda i: (-i[1], i[0]))),
                "bases": dict(sorted(self.bases.items())),
            }
        )

    def _timed(self, totals: Totals, group: str, name: str) -> Totals:
        histogram = self.histograms.get((group, name))
        if histogram is None:
            return totals
        return totals.model_copy(
            update={"latency_p50": histogram.quantile(0.5), "latency_p95": histogram.quantile(0.95)}
        )

    def _with_outcome(self, window: Window, states: dict[int, tuple[bool, tuple[str, ...]]]) -> Window:
        slot = window.at // self.width
        hit, rescued, lost = self.window_outcomes.get(slot, [0, 0, 0])
        times = self.window_times.get(slot, Histogram())
        totals = window.totals.model_copy(
            update={"primary_ok": hit, "fallback_ok": rescued, "failed": lost, "latency_p50": times.quantile(0.5),
                    "latency_p95": times.quantile(0.95)}
        )  # fmt: skip
        inside = [state for at, state in states.items() if window.at <= at < window.at + window.length]
        answers = {name: n for (s, name), n in sorted(self.window_answers.items()) if s == slot}
        return window.model_copy(
            update={
                "totals": totals,
                "answered": answers,
                "safe_mode": any(safe for safe, _ in inside),
                "open_circuits": tuple(sorted({name for _, names in inside for name in names})),
            }
        )
