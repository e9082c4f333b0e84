"""Faults by deployment: what is wrong with it at a moment of virtual time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError

from pxctl.core.errors import UsageError
from pxctl.model.base import duration_ms
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Fault

FOREVER = 2**62
CALLS = frozenset({"provider_outage", "region_outage", "latency_spike", "error_storm", "quota_exhausted",
                   "credential_expired"})  # fmt: skip
"""Faults that a call meets; the others are in what is measured."""
KINDS = get_args(Fault.model_fields["kind"].annotation)
_TIME = r"[0-9]+(?:ms|s|m|h|d|w)"
_WRITTEN = re.compile(rf"([a-z_]+)(?::(.+?))?(?:@({_TIME}))?(?:\+({_TIME}))?(?:\*([0-9.]+))?")


@dataclass(frozen=True, slots=True)
class Spell:
    """One fault over one deployment: `start` to `end` (exclusive), microseconds of virtual time.

    `fault` is the fault's number, in the order in which they were laid.
    """

    fault: int
    kind: str
    start: int
    end: int
    factor: float
    rate: float


@dataclass(frozen=True)
class Trouble:
    """Every spell of a run. `edges` are the moments at which something begins or ends, with words for people."""

    by_deployment: dict[str, tuple[Spell, ...]]
    edges: tuple[tuple[int, str], ...]
    first: int | None
    spans: tuple[tuple[int, int, str], ...] = ()
    """Each fault as a stretch of time, with words for people."""

    def words_at(self, at: int) -> str:
        """Which faults are on at a moment."""
        return ", ".join(words for start, end, words in self.spans if start <= at < end) or "no fault"

    def of(self, deployment: str, at: int) -> tuple[Spell, ...]:
        """What is wrong with a deployment at a moment."""
        spells = self.by_deployment.get(deployment)
        return () if spells is None else tuple(s for s in spells if s.start <= at < s.end)

    def met(self, at: int, deployments: Iterable[str], *, called: bool) -> set[int]:
        """The faults that deployments have at a moment: those that a call meets, or those in what is measured."""
        return {s.fault for name in deployments for s in self.of(name, at) if (s.kind in CALLS) is called}

    def any_at(self, at: int) -> bool:
        """Whether anything is wrong anywhere."""
        return any(s.start <= at < s.end for spells in self.by_deployment.values() for s in spells)


def deployments_of(config: Configuration) -> list[str]:
    """Every deployment of a configuration, in file order."""
    return [
        f"{provider.id}/{model.id}@{endpoint.region}"
        for provider in config.providers.values()
        for model in provider.models
        for endpoint in provider.endpoints
    ]


def trouble(config: Configuration, faults: Iterable[Fault]) -> Trouble:
    """Lay faults over the deployments that they name. Raises UsageError for a target that is nowhere."""
    names = deployments_of(config)
    found: dict[str, list[Spell]] = {}
    edges: list[tuple[int, str]] = []
    spans = []
    for number, fault in enumerate(faults):
        hit = [name for name in names if _hits(fault, name)]
        if not hit:
            raise UsageError(f"{fault.kind} names `{fault.target}`, which is no provider, region or deployment")
        start = duration_ms(fault.at) * 1000
        end = FOREVER if fault.for_ is None else start + duration_ms(fault.for_) * 1000
        spell = Spell(number, fault.kind, start, end, _factor(fault), 0.5 if fault.rate is None else fault.rate)
        for name in hit:
            found.setdefault(name, []).append(spell)
        words = f"{fault.kind.replace('_', ' ')} of {fault.target or 'everything'}"
        spans.append((start, end, words))
        edges.append((start, f"fault: {words}"))
        if end != FOREVER:
            edges.append((end, f"over: {words}"))
    return Trouble({n: tuple(s) for n, s in found.items()}, tuple(sorted(edges)),
                   min((start for start, _, _ in spans), default=None), tuple(spans))  # fmt: skip


def _factor(fault: Fault) -> float:
    return 5.0 if fault.factor is None else fault.factor


def _hits(fault: Fault, deployment: str) -> bool:
    target = fault.target
    if target is None:
        return True
    place, _, region = deployment.rpartition("@")
    if fault.kind == "region_outage":
        return region == target
    return target in (deployment, place, place.partition("/")[0], region)


def parse_fault(text: str) -> Fault:
    """`provider_outage:azure-eu@5m+3m`, `error_storm:openai-main@1m*0.5`, `latency_spike@2m+1m*4`. Raises UsageError.

    `KIND[:TARGET][@START][+LENGTH][*AMOUNT]`; the amount is a factor for a latency spike, else a rate.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None or match[1] not in KINDS:
        raise UsageError(
            f"`{text}` is no fault", hint="KIND[:TARGET][@START][+LENGTH][*AMOUNT]; kinds: " + ", ".join(KINDS)
        )
    kind, target, start, length, amount = match.groups()
    fields: dict[str, object] = {"kind": kind, "target": target, "at": start or "0s", "for": length}
    if amount is not None:
        fields["factor" if kind == "latency_spike" else "rate"] = amount
    try:
        return Fault.model_validate(fields)
    except ValidationError as error:
        raise UsageError(f"`{text}`: {error.errors()[0]['msg'].lower()}") from None
