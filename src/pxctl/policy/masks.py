"""Who passes each check of one request on a lane, as bit sets; deciding needs only their meet, the trace needs all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING

from pxctl.model.context import Context
from pxctl.model.decision import Reason

if TYPE_CHECKING:
    from pxctl.policy.bound import Seated
    from pxctl.policy.lane import Lane


def masker(lane: Lane) -> Callable[[int, Context], tuple[int, ...]]:
    """From a tenant's key and a context: the key, then who passes each check that a request's own values enter.

    The masks are in the order of the reasons; the lane's tables are bound once.
    """
    everybody, modality, privacy, capability = lane.all, lane.modality, lane.privacy, lane.capability
    language, any_language = lane.language, lane.any_language
    window_least, output_least, tokens_least = lane.context.least, lane.output.least, lane.tokens_left.least
    window_of, output_of, tokens_of = lane.context.of, lane.output.of, lane.tokens_left.of
    most, points, latencies = lane.plan.max_latency, lane.latency_points, lane.latency_masks
    usual = everybody if most is None else lane.latency(most)

    def masks(key: int, context: Context) -> tuple[int, ...]:
        output = context.output_tokens
        total = context.input_tokens + output
        able = everybody
        for name in context.features:
            able &= capability.get(name, 0)
        window = window_of(total) if total > window_least else everybody
        if output > output_least:
            window &= output_of(output)
        sla = context.sla_ms
        return (
            key,
            modality[context.modality],
            able,
            language.get(context.language, any_language),
            privacy[context.privacy],
            window,
            tokens_of(total) if total > tokens_least else everybody,
            usual
            if sla is None or (most is not None and sla * 1000 >= most)
            else latencies[bisect_right(points, sla * 1000)],
        )

    return masks


def stages(lane: Lane, seated: Seated, masks: tuple[int, ...]) -> tuple[tuple[Reason, int], ...]:
    """Every check but the budget's in order, each with those that pass it; `masks` as from `masker`."""
    _, modality, capability, language, privacy, window, tokens, latency = masks
    return (
        *lane.seat_stages(seated),
        (Reason.MODALITY, modality),
        (Reason.MISSING_CAPABILITY, capability),
        (Reason.LANGUAGE, language),
        (Reason.PRIVACY, privacy),
        (Reason.REGION, lane.region),
        (Reason.CONTEXT_WINDOW, window),
        (Reason.QUOTA, lane.requests_left & tokens),
        (Reason.CIRCUIT_OPEN, lane.circuit),
        (Reason.HEALTH, lane.health),
        (Reason.LATENCY, latency),
    )
