"""A against B: both worlds take the same requests in lockstep, and every difference is paired by request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import sqrt

from pxctl.model.comparison import Comparison, Difference
from pxctl.replay.batches import batch_of
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.simulation import Came, World

Z95 = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""


class Paired:
    """Differences of integers, summed exactly: mean and 95 % interval by the normal approximation."""

    def __init__(self) -> None:
        self.pairs = self.a = self.b = self.squares = 0

    def add(self, a: int, b: int) -> None:
        """Note one pair."""
        self.pairs += 1
        self.a += a
        self.b += b
        self.squares += (b - a) ** 2

    def difference(self, name: str, unit: str, scale: float) -> Difference:
        """The measure in units of `scale`; an interval of a single pair is unbounded below and above its value."""
        n = self.pairs
        if n == 0:
            return Difference(name=name, unit=unit, a=0, b=0, difference=0, low=0, high=0, pairs=0)
        mean = (self.b - self.a) / n
        spread = (n * self.squares - (self.b - self.a) ** 2) / (n * (n - 1)) if n > 1 else 0.0
        half = Z95 * sqrt(max(spread, 0.0) / n)
        return Difference(
            name=name, unit=unit, a=self.a / n / scale, b=self.b / n / scale, difference=mean / scale,
            low=(mean - half) / scale, high=(mean + half) / scale, pairs=n,
        )  # fmt: skip


def compare(
    a: World,
    b: World,
    names: tuple[str, str],
    blocks: Iterable[Block],
    crowd: Crowd,
    *,
    seed: int,
    progress: Callable[[int], None] | None = None,
    **about: object,
) -> Comparison:
    """Run both worlds over the same rows. A request that a world cannot judge counts as not answered there."""
    cost, answered, hit, refused, in_time, latency = (Paired() for _ in range(6))
    latest = 0
    for block in blocks:
        batch = batch_of(block, crowd.fill(block), seed)
        for row, at in enumerate(block.at.tolist()):
            latest = max(latest, at)
            context = batch.context(row)
            one, two = (world.request(latest, block.start + row, context) for world in (a, b))
            cost.add(one.cost, two.cost)
            answered.add(one.answered is not None, two.answered is not None)
            hit.add(_hit(one), _hit(two))
            refused.add(one.primary is None, two.primary is None)
            if context.sla_ms is not None:
                bound = context.sla_ms * 1000
                in_time.add(*(came.answered is not None and came.time <= bound for came in (one, two)))
            if one.answered is not None and two.answered is not None:
                latency.add(one.time, two.time)
        if progress is not None:
            progress(len(block))
    measures = [
        cost.difference("cost of a request", "usd", 1e12),
        answered.difference("served", "share", 1),
        hit.difference("answered by the primary", "share", 1),
        refused.difference("refused", "share", 1),
        in_time.difference("SLA met", "share", 1),
        latency.difference("latency, where both answered", "ms", 1000),
    ]
    return Comparison(
        a=names[0],
        b=names[1],
        differences=tuple(measure for measure in measures if measure.pairs),
        report_a=a.report(policy=names[0], **about),
        report_b=b.report(policy=names[1], **about),
    )


def _hit(came: Came) -> bool:
    return came.answered is not None and came.answered == came.primary
