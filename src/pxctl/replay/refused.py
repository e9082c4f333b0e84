"""Requests that no candidate takes, in groups: those of a group were refused for the same reasons.

Which checks a request fails follows from its lane, from how its tenant is treated, from the values that the checks
compare, and from which of the lane's token limits its counts exceed. So the work grows with such combinations, of
which a trace has few, and not with its refused requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.core.errors import ContextError
from pxctl.policy.batch import Batch
from pxctl.policy.bound import Bound
from pxctl.policy.columns import NO_CANDIDATE, Decisions
from pxctl.policy.facts import Facts
from pxctl.policy.lane import Cap
from pxctl.replay.batches import Groups

COMPARED = ("modality", "privacy", "features", "language", "sla_ms")
_TOP = (1 << 62) - 1


def without_candidate(bound: Bound, batch: Batch, found: Decisions) -> Iterator[tuple[Facts, int]]:
    """One decision of each group, and how many requests the group has."""
    refused = np.flatnonzero(found.refusal == NO_CANDIDATE)
    if not len(refused):
        return
    tenants = batch.column("tenant")
    treated = np.array([_key(bound, name) for name in tenants.values], dtype=np.int64)
    for number in np.unique(found.lane[refused]).tolist():
        rows = refused[found.lane[refused] == number]
        lane = bound.decide(batch.context(int(rows[0]))).lane
        assert lane is not None  # noqa: S101 - `no_candidate` comes after a route was taken
        output = batch.output_tokens[rows]
        total = batch.input_tokens[rows] + output
        groups = Groups(
            treated[tenants.codes[rows]], *(batch.column(name).codes[rows] for name in COMPARED),
            _step(lane.context, total), _step(lane.tokens_left, total), _step(lane.output, output),
        )  # fmt: skip
        for place, count in zip(groups.first.tolist(), groups.counts(), strict=True):
            yield bound.decide(batch.context(int(rows[place]))), count


def _key(bound: Bound, tenant: str) -> int:
    try:
        return bound.seated(tenant).key
    except ContextError:  # none of its requests was judged
        return -1


def _step(cap: Cap, amounts: NDArray[Any]) -> NDArray[np.int64]:
    """How many of a limit's steps each amount exceeds."""
    points = np.array([min(point, _TOP) for point in cap.points], dtype=np.int64)
    return np.searchsorted(points, amounts, side="left")
