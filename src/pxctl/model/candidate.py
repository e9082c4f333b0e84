"""The two ways of writing a candidate, read alike. Apart from the policy's model, which is slow to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pxctl.model.routing import WeightedCandidate


def candidate_text(candidate: str | WeightedCandidate) -> str:
    """The deployment reference of a candidate, in either way of writing it."""
    return candidate if isinstance(candidate, str) else candidate.deployment


def candidate_weight(candidate: str | WeightedCandidate) -> int:
    """The weight of a candidate; 100 where none is written."""
    return 100 if isinstance(candidate, str) else candidate.weight
