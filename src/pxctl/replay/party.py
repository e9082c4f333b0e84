"""Who decides for whom: one bound configuration for everybody, or several, each for its own tenants (what is live)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.batch import Batch, Column
from pxctl.policy.bound import Bound


@dataclass(frozen=True)
class Party:
    """Bound configurations and the tenants of each; None stands for all tenants."""

    parts: tuple[tuple[Bound, frozenset[str] | None], ...]

    def bound_for(self, tenant: str) -> Bound | None:
        """Who decides for a tenant; None where nobody does."""
        return next((bound for bound, tenants in self.parts if tenants is None or tenant in tenants), None)

    def split(self, batch: Batch) -> Iterator[tuple[Bound, NDArray[Any], Batch]]:
        """The rows of each bound configuration, with the batch cut down to them."""
        tenant = batch.column("tenant")
        for bound, tenants in self.parts:
            if tenants is None:
                yield bound, np.arange(len(batch)), batch
                continue
            mine = np.array([name in tenants for name in tenant.values], dtype=bool)
            rows = np.flatnonzero(mine[tenant.codes])
            if len(rows):
                yield bound, rows, take(batch, rows)


def take(batch: Batch, rows: NDArray[Any]) -> Batch:
    """Some rows of a batch, in that order."""
    columns = {name: Column(coded.codes[rows], tuple(coded.values)) for name, coded in batch.columns.items()}
    texts = None if batch.trace_ids is None else [batch.trace_ids[row] for row in rows.tolist()]
    return Batch(
        columns, batch.input_tokens[rows], batch.cached_input_tokens[rows], batch.output_tokens[rows],
        batch.request_key[rows], texts,
    )  # fmt: skip


def everybody(bound: Bound) -> Party:
    """One configuration for all tenants."""
    return Party(((bound, None),))
