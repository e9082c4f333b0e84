"""Requests that lose every deployment when providers or regions fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pxctl.policy.fleet import Deployment
from pxctl.policy.plan import Plan
from pxctl.policy.proof.eligible import MODALITY, Eligibility, Option
from pxctl.policy.proof.search import TooLargeError, meet, minus
from pxctl.policy.proof.space import Box

PARTS = 20_000
Kill = Callable[[Sequence[Deployment]], tuple[str, ...] | None]
"""What must fail so that none of these deployments is left; None where nothing allowed does it."""


@dataclass(frozen=True, slots=True)
class Weak:
    """A part of the space whose requests lose every deployment when `down` fail, at these token counts."""

    part: Box
    down: tuple[str, ...]
    input_tokens: int
    output_tokens: int


def any_of(providers: int, regions: int) -> Kill:
    """At most so many providers and regions at once."""

    def kill(alive: Sequence[Deployment]) -> tuple[str, ...] | None:
        return _hit(alive, providers, regions)

    return kill


def exactly(down: frozenset[str]) -> Kill:
    """These providers."""

    def kill(alive: Sequence[Deployment]) -> tuple[str, ...] | None:
        return tuple(sorted(down)) if all(d.provider in down for d in alive) else None

    return kill


def _hit(alive: Sequence[Deployment], providers: int, regions: int) -> tuple[str, ...] | None:
    if not alive:
        return ()
    first = alive[0]
    if providers:
        rest = _hit([d for d in alive if d.provider != first.provider], providers - 1, regions)
        if rest is not None:
            return (f"provider {first.provider}", *rest)
    if regions:
        rest = _hit([d for d in alive if d.region != first.region], providers, regions - 1)
        if rest is not None:
            return (f"region {first.region}", *rest)
    return None


def corner(eligible: Eligibility, part: Box) -> tuple[int, int]:
    """The token counts at which a part is judged: the largest that the question bounds, else the smallest."""
    found = []
    for name in ("input_tokens", "output_tokens"):
        bounds, cells = getattr(eligible.space.when, name), eligible.space.chosen(part, name)
        bounded = bounds is not None and bounds.max is not None
        found.append(max(c.high for c in cells) if bounded else min(c.low for c in cells))
    return found[0], found[1]


def weak_point(
    eligible: Eligibility, plan: Plan, part: Box, kill: Kill, served: frozenset[str] | None = None
) -> Weak | None:
    """A request of the part that `kill` can leave without any deployment; None is a proof that there is none.

    With `served`, only requests count that some of these providers serves while all is well. Raises TooLargeError.
    """
    given, output = corner(eligible, part)
    options = eligible.options(plan)
    pieces = [part]
    if any(option.deployment.rate is None for option in options):
        pieces = [eligible.only(part, MODALITY, cell.value) for cell in eligible.space.chosen(part, "modality")]
    for piece in pieces:
        boxes = [(option, eligible.surely(option, piece, given, output)) for option in options]
        starts = [piece]
        if served is not None:
            starts = [box for option, box in boxes if option.deployment.provider in served and all(box)]
        for start in starts:
            found = _search(start, boxes, kill)
            if found is not None:
                return Weak(found[0], found[1], given, output)
    return None


def _search(start: Box, boxes: Sequence[tuple[Option, Box]], kill: Kill) -> tuple[Box, tuple[str, ...]] | None:
    stack, spent = [start], 0
    while stack:
        part = stack.pop()
        spent += 1
        if spent > PARTS:
            raise TooLargeError(
                f"more than {PARTS:,} kinds of requests would have to be told apart on one route",
                hint="narrow the guarantee's `when`, or split the route",
            )
        touching = [(option, box) for option, box in boxes if all(meet(part, box))]
        sure = [option.deployment for option, box in touching if meet(part, box) == part]
        if kill(sure) is None:
            continue
        down = kill([option.deployment for option, _ in touching])
        if down is not None:
            return part, down
        _, own = next((option, box) for option, box in touching if meet(part, box) != part)
        stack.append(meet(part, own))
        stack.extend(minus(part, own))
    return None
