"""Requests that lose every deployment when providers or regions fail.

While everything works, a deployment takes a box of requests: a product of sets. So a part of the space falls into few
classes by who takes a request; a failure that leaves nobody of a class leaves its requests without a deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pxctl.policy.fleet import Deployment
from pxctl.policy.plan import Plan
from pxctl.policy.proof.eligible import FEATURES, LANGUAGE, MODALITY, PRIVACY, TENANT, Eligibility
from pxctl.policy.proof.search import TooLargeError
from pxctl.policy.proof.space import Box

CLASSES = 20_000
"""How many classes of requests one part may fall into before it is given up with a message."""
Kill = Callable[[Sequence[Deployment]], tuple[str, ...] | None]
"""What must fail so that none of these deployments is left; None where nothing allowed does it."""


@dataclass(frozen=True, slots=True)
class Weak:
    """A part of the space whose requests lose every deployment when `down` fail, at these token counts."""

    part: Box
    down: tuple[str, ...]
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Takers:
    """A part of the space whose requests, at these token counts, are taken by exactly these deployments."""

    part: Box
    deployments: tuple[Deployment, ...]
    input_tokens: int
    output_tokens: int


def any_of(providers: int, regions: int) -> Kill:
    """At most so many providers and regions at once."""

    def kill(alive: Sequence[Deployment]) -> tuple[str, ...] | None:
        return _hit(alive, providers, regions)

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


def weak_point(eligible: Eligibility, plan: Plan, part: Box, kill: Kill) -> Weak | None:
    """A request of the part that `kill` can leave without any deployment; None is a proof that there is none.

    Raises TooLargeError.
    """
    for taken in takers(eligible, plan, part):
        down = kill(taken.deployments)
        if down is not None:
            return Weak(taken.part, down, taken.input_tokens, taken.output_tokens)
    return None


def takers(eligible: Eligibility, plan: Plan, part: Box) -> list[Takers]:
    """The classes of a part's requests by who takes them while everything works. Raises TooLargeError."""
    given, output = corner(eligible, part)
    options = eligible.options(plan)
    pieces = [part]
    if any(option.deployment.rate is None for option in options):
        pieces = [eligible.only(part, MODALITY, cell.value) for cell in eligible.space.chosen(part, "modality")]
    found = []
    for piece in pieces:
        boxes = [eligible.surely(option, piece, given, output) for option in options]
        for mask, box in _classes(piece, [box if all(box) else None for box in boxes]).items():
            names = dict.fromkeys(option.deployment for i, option in enumerate(options) if mask >> i & 1)
            found.append(Takers(box, tuple(names), given, output))
    return found


def _classes(part: Box, boxes: Sequence[Box | None]) -> dict[int, Box]:
    """By the boxes (as a bit set) that hold its requests, a part of the part."""
    found: dict[int, Box] = {sum(1 << i for i, box in enumerate(boxes) if box is not None): part}
    for place in (TENANT, PRIVACY, MODALITY, LANGUAGE, FEATURES):
        groups = {part[place]: (1 << len(boxes)) - 1}
        for i, box in enumerate(boxes):
            if box is None or not part[place] & ~box[place]:
                continue
            split: dict[int, int] = {}
            for cells, mask in groups.items():
                for some, bits in ((cells & box[place], mask), (cells & ~box[place], mask & ~(1 << i))):
                    if some:
                        split[some] = bits
            groups = split
        if len(groups) == 1:
            continue
        made: dict[int, Box] = {}
        for one, area in found.items():
            for cells, other in groups.items():
                made.setdefault(one & other, (*area[:place], cells, *area[place + 1 :]))
        if len(made) > CLASSES:
            raise TooLargeError(
                f"more than {CLASSES:,} kinds of requests would have to be told apart on one route",
                hint="narrow the guarantee's `when`, or split the route",
            )
        found = made
    return found
