"""What measurements mean, purely. The words are Argo Rollouts'; four things differ, where theirs burned people:

- A measurement without samples (or fewer than `min_samples`), and NaN, are inconclusive, never a success and never 0.
- The worst verdict wins: a later inconclusive or failed query does not hide a failure.
- Failures are looked for in every `count` measurements in a row since the step began, so that waiting forgets none.
- Inconclusive stops: the rollout pauses for a person, and is never promoted.

A metric has failed when more than `failure_limit` of `count` measurements in a row failed (strictly more: a limit of 0
allows none), is inconclusive when more than `inconclusive_limit` of the last `count` were, or when none of them
succeeded, and is running until `count` were taken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pxctl.core.clock import to_text
from pxctl.model.project import Gate
from pxctl.model.release import GateResult

Phase = Literal["successful", "running", "inconclusive", "error", "failed"]
ORDER: tuple[Phase, ...] = ("successful", "running", "inconclusive", "error", "failed")
"""From best to worst."""
_CONDITION = re.compile(r"\s*(<=|>=|<|>|==)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "==": lambda value, bound: value == bound,
}


@dataclass(frozen=True)
class Measurement:
    """One value of a metric over one interval that ended `at`; `error` says why there is none."""

    at: datetime
    value: float | None = None
    samples: int = 0
    error: str = ""


@dataclass(frozen=True)
class Limits:
    """How many measurements are taken, and how many of them may fail or be inconclusive."""

    count: int = 1
    failure_limit: int = 0
    inconclusive_limit: int = 0


@dataclass(frozen=True)
class MetricVerdict:
    """What became of a metric: its phase, how many measurements had which, and the last value."""

    phase: Phase
    detail: str
    taken: int = 0
    failed: int = 0
    inconclusive: int = 0
    errors: int = 0
    last: float | None = None


def condition(text: str) -> Callable[[float], bool]:
    """`<= 0.02` as a test. Raises ValueError."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no condition such as <= 0.02")
    test, bound = _TESTS[found[1]], float(found[2])
    return lambda value: test(value, bound)


def phase_of(measurement: Measurement, holds: Callable[[float], bool], min_samples: int = 1) -> Phase:
    """What one measurement means."""
    if measurement.error:
        return "error"
    if measurement.value is None or math.isnan(measurement.value) or measurement.samples < max(min_samples, 1):
        return "inconclusive"
    return "successful" if holds(measurement.value) else "failed"


def worst(phases: Iterable[Phase]) -> Phase:
    """The worst of several phases; none at all is inconclusive, because nothing was looked at."""
    return max(phases, key=ORDER.index, default="inconclusive")


def judge(phases: Sequence[Phase], limits: Limits) -> Phase:
    """What a metric's measurements, oldest first, mean together."""
    if most_in_a_row(phases, "failed", limits.count) > limits.failure_limit:
        return "failed"
    if len(phases) < limits.count:
        return "running"
    last = phases[-limits.count :]
    unclear = sum(phase in ("inconclusive", "error") for phase in last)
    if unclear > limits.inconclusive_limit or "successful" not in last:
        return "inconclusive"
    return "successful"


def most_in_a_row(phases: Sequence[Phase], wanted: Phase, count: int) -> int:
    """The most measurements of a phase among any `count` in a row."""
    here = most = 0
    for at, phase in enumerate(phases):
        here += phase == wanted
        if at >= count:
            here -= phases[at - count] == wanted
        most = max(most, here)
    return most


def judge_metric(measurements: Sequence[Measurement], gate: Gate) -> MetricVerdict:
    """A metric gate's measurements since its step began. Raises ValueError for a gate without condition."""
    if gate.success is None:
        raise ValueError("a metric gate needs `success`, such as <= 0.02")
    holds, limits = condition(gate.success), Limits(gate.count, gate.failure_limit, gate.inconclusive_limit)
    ordered = sorted(measurements, key=lambda m: m.at)
    phases = [phase_of(m, holds, gate.min_samples) for m in ordered]
    phase = judge(phases, limits)
    values = [m.value for m in ordered if m.value is not None and not math.isnan(m.value)]
    counts = {name: phases.count(name) for name in ORDER}
    return MetricVerdict(
        phase, _detail(phase, ordered, phases, gate), len(phases), counts["failed"], counts["inconclusive"],
        counts["error"], values[-1] if values else None,
    )  # fmt: skip


def _detail(phase: Phase, measured: Sequence[Measurement], phases: Sequence[Phase], gate: Gate) -> str:
    taken = f"{len(phases)} of {gate.count} measurements"
    if not phases:
        return f"nothing was measured yet; one measurement takes {gate.interval}"
    if phase == "failed":
        bad = [m for m, p in zip(measured, phases, strict=True) if p == "failed"]
        value = bad[-1].value
        return (
            f"{len(bad)} of {len(phases)} measurements are not {gate.success}, the last {value:g} at "
            f"{to_text(bad[-1].at)} (allowed: {gate.failure_limit} of {gate.count} in a row)"
        )
    if phase == "running":
        return f"{taken} were taken, every {gate.interval}"
    if phase == "inconclusive":
        said = next((m.error for m in reversed(measured) if m.error), "")
        few = f"fewer than {gate.min_samples} samples" if gate.min_samples > 1 else "no samples"
        unclear = sum(p in ("inconclusive", "error") for p in phases[-gate.count :])
        return f"{unclear} of the last {gate.count} measurements say nothing: {said or few}"
    return f"{phases[-gate.count :].count('successful')} of the last {gate.count} measurements are {gate.success}"


def result_of(kind: str, name: str, verdict: MetricVerdict) -> GateResult:
    """The record of a metric gate. `running` is inconclusive with `phase: running` in its facts."""
    found: Literal["passed", "failed", "inconclusive"] = "inconclusive"
    if verdict.phase in ("successful", "failed"):
        found = "passed" if verdict.phase == "successful" else "failed"
    return GateResult(kind=kind, name=name, verdict=found, detail=verdict.detail, facts={
        "phase": verdict.phase, "measurements": verdict.taken, "failed": verdict.failed,
        "inconclusive": verdict.inconclusive, "errors": verdict.errors,
        **({} if verdict.last is None or math.isinf(verdict.last) else {"last": verdict.last}),
    })  # fmt: skip


Move = Literal["go", "wait", "pause", "abort"]


def move_of(results: Iterable[GateResult], due: bool) -> Move:
    """What an unattended rollout does next: gates that failed end it at once, also while it waits; when it is due, it
    goes on if all passed, waits while a metric is still being measured, and pauses otherwise."""
    verdicts = list(results)
    if any(r.verdict == "failed" for r in verdicts):
        return "abort"
    if not due:
        return "wait"
    unclear = [r for r in verdicts if r.verdict == "inconclusive"]
    if not unclear:
        return "go"
    return "wait" if all(r.facts.get("phase") == "running" for r in unclear) else "pause"
