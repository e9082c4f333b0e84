"""Two sequences of routes over the same cells, cut into disjoint parts that one entry of each side takes.

Left out is what is plainly decided alike: where both sides take an entry that neither changed nor moved, for tenants
with the same access. Every other request is in exactly one part, so that parts can be counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.policy.proof.joint import REGION, TENANT, Joint
from pxctl.policy.proof.search import Search, TooLargeError
from pxctl.policy.proof.space import Box

NODES = 200_000
"""How many boxes one comparison may look at before the rest is given up with a message."""
Part = tuple[Box, int, int]


class Sequences:
    """Both sides' searches and what they have spent together."""

    def __init__(self, joint: Joint, nodes: int = NODES) -> None:
        self.joint, self._limit = joint, nodes
        self.before = Search(joint.masks_before, joint.before.entries)
        self.after = Search(joint.masks_after, joint.after.entries)

    @property
    def nodes(self) -> int:
        """How many boxes were looked at."""
        return self.before.nodes + self.after.nodes

    def changed(self) -> Iterator[Part]:
        """The parts that may be decided otherwise. Raises TooLargeError."""
        before, after = self.joint.changed()
        kept_before = (1 << self.joint.before.entries) - 1 & ~before
        kept_after = (1 << self.joint.after.entries) - 1 & ~after
        for entry in _bits(before):
            for part, _ in self._leaves(self.before, self.before.own(entry), 1 << entry):
                for piece, second in self._leaves(self.after, part, -1):
                    yield piece, entry, second
        for entry in _bits(after):
            for part, _ in self._leaves(self.after, self.after.own(entry), 1 << entry):
                for piece, first in self._leaves(self.before, part, kept_before):
                    yield piece, first, entry
        for box, wanted in self._aside(kept_before):
            for part, first in self._leaves(self.before, box, wanted):
                for piece, second in self._leaves(self.after, part, kept_after):
                    yield piece, first, second

    def _aside(self, kept: int) -> Iterator[tuple[Box, int]]:
        """Boxes in which requests may differ although no entry does, with the entries of before at which they may:
        tenants with other access, and requests without a region of tenants whose own region moved."""
        joint = self.joint
        same, other = joint.aside()
        yield joint.of_tenants(other), kept
        if joint.unstated:
            left = joint.of_tenants(joint.everything[TENANT] & ~other)
            yield (*left[:REGION], joint.unstated, *left[REGION + 1 :]), kept
        stated = joint.of_tenants(same)
        yield (*stated[:REGION], stated[REGION] & ~joint.unstated, *stated[REGION + 1 :]), joint.concerned(same)

    def all(self) -> Iterator[Part]:
        """Every part of the whole space. Raises TooLargeError."""
        for part, first in self._leaves(self.before, self.joint.everything, -1):
            for piece, second in self._leaves(self.after, part, -1):
                yield piece, first, second

    def _leaves(self, side: Search, box: Box, wanted: int) -> Iterator[tuple[Box, int]]:
        if not wanted or not all(box):
            return
        left = self._limit - self.nodes
        if left <= 0:
            raise TooLargeError(f"more than {self._limit:,} parts of the space of requests would have to be looked at")
        yield from side.leaves(box, wanted, left)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
