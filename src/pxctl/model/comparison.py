"""Two policies on the same traffic, and policies against recorded results."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.replay import ReplayReport


class Difference(Model):
    """One measure on both sides, and B minus A with its 95 % confidence interval (paired by request)."""

    name: str
    unit: Literal["usd", "share", "ms"]
    a: float
    b: float
    difference: float
    low: float
    high: float
    pairs: int

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


class Comparison(Model):
    """An A/B run: the same requests, the same seed, two policies."""

    schema_version: Literal[1] = 1
    a: str
    b: str
    differences: tuple[Difference, ...]
    report_a: ReplayReport
    report_b: ReplayReport

    @property
    def unmet(self) -> tuple[str, ...]:
        """The faults that no request met, under A or under B."""
        return tuple(name for name in self.report_a.unmet if name in self.report_b.unmet)


class SimulationSet(Model):
    """Several runs, such as all scenarios of a repository."""

    schema_version: Literal[1] = 1
    runs: tuple[ReplayReport, ...]

    @property
    def ok(self) -> bool:
        """Whether every expectation of every run held."""
        return all(run.ok for run in self.runs)


class Chosen(Model):
    """What one way of choosing a model would have come to on recorded results."""

    name: str
    requests: int = Field(description="requests with a recorded result for what was chosen")
    score: float = Field(description="mean recorded score")
    cost: int | None = Field(default=None, description="sum of recorded costs, 1e-12 USD; None: not recorded")
    models: dict[str, int] = Field(default_factory=dict, description="how often each model was chosen")


class OutcomeReport(Model):
    """Every model alone, the best and a random choice for each request, and the policy's own choices."""

    schema_version: Literal[1] = 1
    table: str
    rows: int
    seed: int
    always: tuple[Chosen, ...]
    oracle: Chosen
    random: Chosen
    random_seeded: Chosen
    policy: Chosen | None = None
    refused: int = 0
    unrecorded: dict[str, int] = Field(default_factory=dict, description="chosen models without a recorded result")
