"""What a trace hands on: blocks of requests in columns, so that memory is bounded by the block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NUMBERS = ("input_tokens", "cached_input_tokens", "output_tokens")
GIVEN = (
    "tenant", "task_type", "task_tags", "modality", "language", "privacy", "risk_level", "region", "features",
    "user", "budget_usd", "sla_ms", "trace_id",
)  # fmt: skip
"""Dimensions that a trace may carry as text; what it lacks, the population fills in."""
FIELDS = ("timestamp", *NUMBERS, *GIVEN)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a trace, counted from 0.

    `at` is microseconds since the trace's first row; `given` holds the texts of each dimension that the trace carries
    (an empty text: not given in that row); `lines` are the rows' lines in `file`, where they come from one.
    """

    start: int
    at: NDArray[np.int64]
    input_tokens: NDArray[np.int64]
    cached_input_tokens: NDArray[np.int64]
    output_tokens: NDArray[np.int64]
    given: dict[str, list[str]] = field(default_factory=dict)
    lines: Sequence[int] = ()
    file: str = ""

    def __len__(self) -> int:
        return len(self.at)

    def rows(self) -> NDArray[np.uint64]:
        """The row numbers."""
        return np.arange(self.start, self.start + len(self), dtype=np.uint64)

    def slice(self, low: int, high: int) -> Block:
        """Rows `low` to `high` of this block (positions in it)."""
        return Block(
            self.start + low,
            self.at[low:high],
            self.input_tokens[low:high],
            self.cached_input_tokens[low:high],
            self.output_tokens[low:high],
            {name: texts[low:high] for name, texts in self.given.items()},
            self.lines[low:high],
            self.file,
        )
