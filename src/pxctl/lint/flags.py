"""Walking over the targeting of flags: JSON Logic with flagd's own operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxctl.model.document import Path

OPERATORS = frozenset(
    {
        "var", "missing", "missing_some", "if", "?:", "==", "===", "!=", "!==", "!", "!!", "or", "and", ">", ">=", "<",
        "<=", "max", "min", "+", "-", "*", "/", "%", "map", "reduce", "filter", "all", "none", "some", "merge", "in",
        "cat", "substr", "log", "fractional", "starts_with", "ends_with", "sem_ver", "$ref",
    }
)  # fmt: skip
"""JSON Logic's operators and flagd's."""


def operators(node: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Every operator of a targeting with its path and operands. An empty mapping has none."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            yield from operators(item, (*path, i))
    elif isinstance(node, dict):
        for operator, operands in node.items():
            yield (*path, operator), operator, operands
            if operator != "var":
                yield from operators(operands, (*path, operator))


def fractionals(node: Any, path: Path) -> Iterator[tuple[Path, list[tuple[str, float]]]]:
    """Every fractional whose buckets are constants: the path, and variants with weights (1 where none is written)."""
    for at, operator, operands in operators(node, path):
        if operator != "fractional" or not isinstance(operands, list):
            continue
        buckets = [item for item in operands if isinstance(item, list)]
        pairs = [(b[0], b[1] if len(b) > 1 else 1) for b in buckets if b and isinstance(b[0], str)]
        weights = [w for _v, w in pairs if isinstance(w, (int, float)) and not isinstance(w, bool)]
        if len(pairs) == len(buckets) == len(weights) and len(pairs) > 1:
            yield at, [(variant, float(weight)) for variant, weight in pairs]


def answers(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every constant text that a targeting may answer with."""
    if isinstance(node, str):
        yield path, node
        return
    if not isinstance(node, dict) or len(node) != 1:
        return
    operator, operands = next(iter(node.items()))
    at = (*path, operator)
    if operator in ("if", "?:") and isinstance(operands, list):
        for i, item in enumerate(operands):
            if i % 2 or i == len(operands) - 1:
                yield from answers(item, (*at, i))
    elif operator == "fractional" and isinstance(operands, list):
        for i, item in enumerate(operands):
            if isinstance(item, list) and item and isinstance(item[0], str):
                yield (*at, i, 0), item[0]
