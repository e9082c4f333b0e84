"""What a suite is.

A suite asks one model at one endpoint for one ability. `applies` says whether a model declares it; `run` makes the
calls through the caller and raises CheckFailedError where an answer is not good enough. A suite sends nothing that
could be anybody's data, and it returns, in words, what it sent.
"""

from __future__ import annotations

from typing import Protocol

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller


class Suite(Protocol):
    """One ability, checked."""

    name: str

    def applies(self, model: ModelSpec) -> bool:
        """Whether the model declares this ability."""
        ...

    async def run(self, call: Caller) -> str:
        """Check it; return what was sent, in words. Raises CheckFailedError, ProviderError, BudgetSpentError."""
        ...


def answers_text(model: ModelSpec) -> bool:
    """Whether a model takes text and answers text."""
    return "text" in model.modality.input and "text" in model.modality.output
