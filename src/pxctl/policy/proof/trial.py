"""Concrete requests of a part in which two policies differ, the likeliest to show it first."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, product
from typing import Any

from pxctl.model.context import Context
from pxctl.policy.plan import Plan
from pxctl.policy.proof.joint import Joint
from pxctl.policy.proof.space import DIMENSIONS, MOST, Box

MOST_TRIALS = 600


def requests(joint: Joint, part: Box, before: int, after: int) -> Iterator[Context]:
    """Requests of the part: every tenant, modality, privacy level and set of features, at the counts that matter."""
    chosen = [
        [value for i, value in enumerate(values) if part[place] >> i & 1] for place, values in enumerate(joint.values)
    ]
    by_name: dict[str, list[Any]] = dict(zip(DIMENSIONS, chosen, strict=True))
    sides = ((joint.before, before), (joint.after, after))
    plans = [plan for side, entry in sides for plan in side.plans(entry)]
    ranges = {name: _ranges(joint, name, by_name[name]) for name in ("input_tokens", "output_tokens")}
    counts = list(islice(_counts(ranges, plans), 12))
    names = ("tenant", "modality", "privacy", "features", "language")
    few = [by_name[name][:4] for name in names]
    salts = range(4) if any(plan.strategy == "weighted" or plan.arm for plan in plans) else range(1)
    for (given, output), salt, values in islice(product(counts, salts, product(*few)), MOST_TRIALS):
        fields = dict(zip(names, values, strict=True))
        yield Context.model_validate({
            **fields,
            **{name: by_name[name][0] for name in ("task_type", "task_tags", "risk_level", "region")},
            "input_tokens": given, "output_tokens": output, "trace_id": f"difference-{salt}",
            "budget_usd": _usd(by_name["budget_usd"][0]), "sla_ms": by_name["sla_ms"][0],
        })  # fmt: skip


def _usd(pico: int | None) -> Decimal | None:
    return None if pico is None else Decimal(-(-pico // 1_000_000)).scaleb(-6)


def _ranges(joint: Joint, name: str, lows: list[int]) -> list[tuple[int, int]]:
    """Each low with the end of its cell."""
    starts = sorted(joint.values[DIMENSIONS.index(name)])
    ends = dict(zip(starts, [*(s - 1 for s in starts[1:]), MOST], strict=True))
    return [(low, ends[low]) for low in lows]


def _counts(ranges: dict[str, list[tuple[int, int]]], plans: list[Plan]) -> Iterator[tuple[int, int]]:
    """Token counts at which something changes: usual ones, the windows of the models, the ends of the ranges."""
    windows = sorted({d.context_tokens for p in plans for d in (*p.candidates, *p.fallbacks) if d.context_tokens})
    outputs = sorted({d.max_output_tokens for p in plans for d in (*p.candidates, *p.fallbacks) if d.max_output_tokens})
    givens = [1_000, 0, *windows, *(w + 1 for w in windows), *(w - 1 for w in windows)]
    usual = [(g, o) for o in (100, 0, *outputs, *(x + 1 for x in outputs)) for g in givens]
    seen: set[tuple[int, int]] = set()
    for given, output in usual:
        for low, high in ranges["input_tokens"][:8]:
            for low_output, high_output in ranges["output_tokens"][:8]:
                point = min(max(given, low), high), min(max(output, low_output), high_output)
                if point not in seen:
                    seen.add(point)
                    yield point
