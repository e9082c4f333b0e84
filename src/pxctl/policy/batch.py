"""Many requests as integer-coded columns: what `columns.decide_many` is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pxctl.model.base import OTHER, UNDETERMINED
from pxctl.model.context import Context
from pxctl.policy.integers import request_key

DIMENSIONS: dict[str, Any] = {
    "privacy": None, "task_type": OTHER, "task_tags": (), "modality": "chat", "language": UNDETERMINED,
    "risk_level": "low", "region": None, "features": (), "budget_usd": None, "sla_ms": None,
}  # fmt: skip
"""The coded dimensions beside `tenant`, and what an absent column stands for."""
NUMBERS = ("input_tokens", "cached_input_tokens", "output_tokens")
_FIELDS = set(Context.model_fields)


class Coded(Protocol):
    """A column: row `i` holds `values[codes[i]]`.

    Values are those of `Context`'s fields: texts, tuples of texts (`task_tags`, `features`), Decimals or None
    (`budget_usd`), integers or None (`sla_ms`), texts or None (`region`); all hashable.
    """

    @property
    def codes(self) -> NDArray[Any]:
        """Integers into `values`, one a row."""
        ...

    @property
    def values(self) -> Sequence[Any]:
        """The distinct values."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """The plain `Coded`."""

    codes: NDArray[Any]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """`n` requests. `columns` must hold `tenant` and `privacy`; other absent dimensions have `Context`'s defaults.

    The three token counts are int64 arrays of length `n`; `request_key` is uint64, the key that `Context` would have
    (`encode` computes it from trace ids, replay from seed and row). Values must be such that `Context` would take them.
    """

    columns: Mapping[str, Coded]
    input_tokens: NDArray[np.int64]
    cached_input_tokens: NDArray[np.int64]
    output_tokens: NDArray[np.int64]
    request_key: NDArray[np.uint64]
    trace_ids: Sequence[str] | None = field(default=None)

    def __len__(self) -> int:
        return len(self.input_tokens)

    def column(self, name: str) -> Coded:
        """A column; one with the default in every row where the batch has none."""
        found = self.columns.get(name)
        return Column(np.zeros(len(self), dtype=np.int8), (DIMENSIONS[name],)) if found is None else found

    def context(self, row: int) -> Context:
        """One row as a context, not validated again."""
        fields: dict[str, Any] = {"tenant": None, **DIMENSIONS, "user": None}
        fields |= {name: column.values[column.codes[row]] for name, column in self.columns.items()}
        fields |= {name: int(getattr(self, name)[row]) for name in NUMBERS}
        fields["trace_id"] = "" if self.trace_ids is None else self.trace_ids[row]
        fields["request_key"] = int(self.request_key[row])
        return Context.model_construct(_FIELDS, **fields)


def encode(contexts: Sequence[Context]) -> Batch:
    """Contexts as a batch: the codes count values in order of first appearance."""
    columns: dict[str, Coded] = {}
    for name in ("tenant", *DIMENSIONS):
        seen: dict[Any, int] = {}
        codes = [seen.setdefault(getattr(context, name), len(seen)) for context in contexts]
        columns[name] = Column(np.array(codes, dtype=np.int32), tuple(seen))
    keys = [request_key(context.request_key, context.trace_id) for context in contexts]
    return Batch(
        columns,
        np.array([context.input_tokens for context in contexts], dtype=np.int64),
        np.array([context.cached_input_tokens for context in contexts], dtype=np.int64),
        np.array([context.output_tokens for context in contexts], dtype=np.int64),
        np.array(keys, dtype=np.uint64),
        [context.trace_id for context in contexts],
    )
