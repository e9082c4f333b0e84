"""Scenarios: invented or borrowed traffic, faults, and what must hold at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from pxctl.model.base import duration_ms
from pxctl.model.decision import usd
from pxctl.model.governance import Scenario
from pxctl.model.replay import Held, ReplayReport
from pxctl.model.routing import TokenBounds
from pxctl.policy.neglog import NEGLOG
from pxctl.replay.draws import U64, draws, stream
from pxctl.replay.records import CHUNK
from pxctl.replay.rows import NUMBERS, Block

MEAN_INPUT, MEAN_OUTPUT = 1500, 150
ASSUMED_TOKENS = f"tokens are exponential with means of {MEAN_INPUT} in and {MEAN_OUTPUT} out, requests evenly spaced"
_TABLE = np.array(NEGLOG, dtype=np.int64)


def invented(scenario: Scenario) -> Iterator[Block]:
    """The scenario's own traffic: evenly spaced, exponential token counts inside the template's bounds."""
    template, seed = scenario.template, scenario.seed
    for block in _empty(scenario):
        rows = block.rows()
        yield Block(
            block.start,
            block.at,
            _bounded(_exponential(stream(seed, "tokens/in"), rows, MEAN_INPUT), template.input_tokens),
            block.cached_input_tokens,
            _bounded(_exponential(stream(seed, "tokens/out"), rows, MEAN_OUTPUT), template.output_tokens),
        )


def borrowed(scenario: Scenario, trace: Iterable[Block]) -> Iterator[Block]:
    """The trace's rows over and over, evenly spaced over the scenario's duration; what they give stays given."""
    known = list(trace)
    count = sum(map(len, known))
    gathered = {name: np.concatenate([getattr(b, name) for b in known]) for name in NUMBERS}
    given = {name: [text for b in known for text in b.given[name]] for name in known[0].given}
    for block in _empty(scenario):
        at = (block.rows() % np.uint64(count)).astype(np.intp)
        texts = {name: [column[i] for i in at] for name, column in given.items()}
        whole, cached, output = (gathered[name][at] for name in NUMBERS)
        yield Block(block.start, block.at, whole, cached, output, texts)


def _empty(scenario: Scenario) -> Iterator[Block]:
    length = duration_ms(scenario.duration) * 1000
    for start in range(0, scenario.requests, CHUNK):
        count = min(CHUNK, scenario.requests - start)
        numbers = np.arange(start, start + count, dtype=object)
        at = np.array([n * length // scenario.requests for n in numbers], dtype=np.int64)
        zeros = np.zeros(count, dtype=np.int64)
        yield Block(start, at, zeros, zeros, zeros)


def _exponential(start: int, rows: U64, mean: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return (_TABLE[(draws(start, rows) >> np.uint64(20)).astype(np.intp)] * mean) >> 20


def _bounded(
    values: np.ndarray[tuple[int], np.dtype[np.int64]], bounds: TokenBounds | None
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if bounds is None:
        return values
    return np.clip(values, bounds.min, bounds.max)


def judge(scenario: Scenario, report: ReplayReport, first_fault: int | None) -> tuple[Held, ...]:
    """Hold every stated expectation against what came of the run. What nothing was shown of does not hold."""
    expect, totals = scenario.expect, report.totals
    found = []
    for name, share in (
        ("hit_rate_min", totals.hit_rate), ("fallback_success_min", totals.fallback_success),
        ("served_min", totals.served), ("sla_min", totals.sla),
    ):  # fmt: skip
        least = getattr(expect, name)
        if least is not None:
            got = "nothing to show it on" if share is None else f"{share:.4f}"
            found.append(Held(name=name, wanted=f">= {least:g}", got=got, ok=share is not None and share >= least))
    if expect.refused_max is not None:
        share = totals.refused_share
        found.append(Held(name="refused_max", wanted=f"<= {expect.refused_max:g}", got=f"{share:.4f}",
                          ok=totals.requests > 0 and share <= expect.refused_max))  # fmt: skip
    if expect.cost_usd_max is not None:
        found.append(Held(name="cost_usd_max", wanted=f"<= {expect.cost_usd_max}", got=usd(totals.cost),
                          ok=totals.cost <= int(expect.cost_usd_max * 10**12)))  # fmt: skip
    if expect.safe_mode_within is not None:
        found.append(_safe_mode(expect.safe_mode_within, report, first_fault or 0))
    used = [*report.answered]
    if expect.regions_only is not None:
        outside = sorted({n.rpartition("@")[2] for n in used} - set(expect.regions_only))
        found.append(Held(name="regions_only", wanted=", ".join(expect.regions_only),
                          got=", ".join(outside) or "no other", ok=not outside and bool(used)))  # fmt: skip
    if expect.never is not None:
        hit = [n for n in used if any(_names(ref, n) for ref in expect.never)]
        found.append(Held(name="never", wanted=", ".join(expect.never), got=", ".join(hit) or "none", ok=not hit))
    return tuple(found) + (met(report) if found or report.unmet else ())


def met(report: ReplayReport) -> tuple[Held, ...]:
    """Every fault has to be met by a request: a fault that none met shows nothing."""
    return tuple(
        Held(name="fault", wanted=fault.what, got=_met_by(fault.requests), ok=fault.requests > 0)
        for fault in report.faults
    )


def _met_by(requests: int) -> str:
    return "met by no request" if not requests else f"met by {requests:,} request{'s' if requests > 1 else ''}"


def _safe_mode(within: str, report: ReplayReport, first_fault: int) -> Held:
    since = report.safe_mode_since
    took = None if since is None else max(0, since - first_fault)
    return Held(
        name="safe_mode_within",
        wanted=f"<= {within}",
        got="never" if took is None else f"{took / 1_000_000:g}s",
        ok=took is not None and took <= duration_ms(within) * 1000,
    )


def _names(reference: str, deployment: str) -> bool:
    place = deployment.rpartition("@")[0]
    return reference in (deployment, place, place.partition("/")[0])
