"""A validation suite needs something that none of the provider's models has.

Why: the suite cannot pass, so the provider is never released.

Example:
    models: [{id: m, capabilities: [chat]}]
    validation: {suites: [chat, vision]}

Fix: remove the suite, or state the model's modality and capabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import ModelSpec, Provider

CODE = "PX0625"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def _has(model: ModelSpec, suite: str) -> bool:
    inputs, outputs = model.modality.input, model.modality.output
    return {
        "vision": "image" in inputs and "text" in outputs,
        "embeddings": "embedding" in outputs,
        "speech": "audio" in inputs or "audio" in outputs,
        "tools": "tools" in model.capabilities,
        "structured": "json_schema" in model.capabilities,
        "streaming": "text" in outputs,
        "chat": "text" in outputs and "text" in inputs,
        "long_context": "text" in outputs,
    }.get(suite, True)


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, suite in enumerate(provider.validation.suites):
        if not any(_has(model, suite) for model in provider.models):
            yield Hit(
                f"no model has what the suite `{suite}` needs",
                ("validation", "suites", i),
                "remove it, or add the model",
            )
