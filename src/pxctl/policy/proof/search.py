"""The depth-first search: which parts of a space are taken by which entries of its sequence.

A node is a box. Entries that do not touch it are dropped; the sequence is cut at the first entry that covers it. When
no wanted entry is left, the node is done. When the first entry left is wanted, its part of the box is a leaf: all of
its points are taken by that entry. Else the box is cut along an entry that comes before every wanted one, the one with
the fewest dimensions in which it does not cover the box, and its own part is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_, or_

from pxctl.core.errors import UsageError
from pxctl.policy.proof.space import Box, Space

NODES = 400_000
"""How many boxes one question may look at before it is given up with a message."""
_CHUNK = 32


class TooLargeError(UsageError):
    """A question that would take more boxes than the bound; never answered by a sample."""


class _Dimension:
    """One dimension's cells: which entries touch, and which cover, a set of cells."""

    def __init__(self, masks: Sequence[int], entries: int) -> None:
        self._masks = masks
        self._all = (1 << entries) - 1
        parts = [masks[i : i + _CHUNK] for i in range(0, len(masks), _CHUNK)]
        self._any = [reduce(or_, part) for part in parts]
        self._every = [reduce(and_, part) for part in parts]
        self._full = [(1 << len(part)) - 1 for part in parts]
        self._known: dict[int, tuple[int, int]] = {}
        self.own = _transpose(masks, entries)

    def of(self, cells: int) -> tuple[int, int]:
        """Entries that match some of the cells, and entries that match all of them."""
        found = self._known.get(cells)
        if found is not None:
            return found
        some, every, left, chunk = 0, self._all, cells, 0
        while left:
            part = left & (1 << _CHUNK) - 1
            if part == self._full[chunk]:
                some |= self._any[chunk]
                every &= self._every[chunk]
            elif part:
                base = chunk * _CHUNK
                while part:
                    low = part & -part
                    mask = self._masks[base + low.bit_length() - 1]
                    some |= mask
                    every &= mask
                    part ^= low
            left >>= _CHUNK
            chunk += 1
        if len(self._known) > 200_000:
            self._known.clear()
        found = self._known[cells] = some, every
        return found


def _transpose(masks: Sequence[int], entries: int) -> list[int]:
    """For each entry the set of cells that it matches."""
    if len(masks) == 1:
        return [masks[0] >> i & 1 for i in range(entries)]
    import numpy as np

    width = -(-entries // 8)
    rows = np.frombuffer(b"".join(mask.to_bytes(width, "little") for mask in masks), dtype=np.uint8)
    bits = np.unpackbits(rows.reshape(len(masks), width), axis=1, bitorder="little")[:, :entries]
    columns = np.packbits(bits.T, axis=1, bitorder="little")
    return [int.from_bytes(column.tobytes(), "little") for column in columns]


class Search:
    """Questions about one space, or about two sequences over the same cells."""

    def __init__(self, masks: Sequence[Sequence[int]], entries: int) -> None:
        """`masks`: for each dimension and cell the set of entries that match it."""
        self.dimensions = [_Dimension(some, entries) for some in masks]
        self.entries = entries
        self.nodes = 0

    @classmethod
    def of(cls, space: Space) -> Search:
        """The search of a space."""
        return cls([[cell.mask for cell in some] for some in space.cells], space.entries)

    def own(self, entry: int) -> Box:
        """The box that an entry matches."""
        return tuple(dimension.own[entry] for dimension in self.dimensions)

    def touched(self, box: Box) -> tuple[int, int, list[int]]:
        """Entries that some point of the box could take, entries that cover it, and by dimension those that do."""
        some = every = (1 << self.entries) - 1
        covers = []
        for dimension, cells in zip(self.dimensions, box, strict=True):
            touch, cover = dimension.of(cells)
            some &= touch
            every &= cover
            covers.append(cover)
        if every:
            some &= ((every & -every) << 1) - 1
        return some, every, covers

    def leaves(self, box: Box, wanted: int, limit: int = NODES) -> Iterator[tuple[Box, int]]:
        """Parts of the box, disjoint, that wanted entries take: (part, entry). Raises TooLargeError."""
        stack, spent = [box], 0
        while stack:
            box = stack.pop()
            spent += 1
            self.nodes += 1
            if spent > limit:
                raise TooLargeError(
                    f"more than {limit:,} parts of the space of requests would have to be looked at",
                    hint="narrow the guarantee's `when`, or split the policy",
                )
            some, _, covers = self.touched(box)
            bad = some & wanted
            if not bad:
                continue
            first = bad & -bad
            before = some & (first - 1)
            entry = (narrowest(before, covers) if before else first).bit_length() - 1
            own = self.own(entry)
            if not before:
                yield meet(box, own), entry
            stack.extend(minus(box, own))

    def takes(self, box: Box, entry: int, limit: int = NODES) -> Box | None:
        """A part of the box that the entry takes; None where there is none, which is a proof. Raises TooLargeError."""
        for part, _ in self.leaves(meet(box, self.own(entry)), 1 << entry, limit):
            return part
        return None


def narrowest(entries: int, covers: Sequence[int]) -> int:
    """The entry (as a bit) that covers the box in all but the fewest dimensions."""
    one = two = three = 0
    for cover in covers:
        open_ = entries & ~cover
        three |= two & open_
        two |= one & open_
        one |= open_
    for few in (one & ~two, two & ~three):
        if few:
            return few & -few
    return entries & -entries


def meet(box: Box, other: Box) -> Box:
    """What both boxes hold."""
    return tuple(a & b for a, b in zip(box, other, strict=True))


def minus(box: Box, other: Box) -> list[Box]:
    """The box without another one, as disjoint boxes; at most one a dimension."""
    pieces, left = [], list(box)
    for i, cells in enumerate(other):
        outside = left[i] & ~cells
        if outside:
            pieces.append((*left[:i], outside, *left[i + 1 :]))
        left[i] &= cells
        if not left[i]:
            return pieces
    return pieces
