"""A seeded population: the dimensions that a trace lacks, drawn from the roster and from stated shares.

A draw depends on the seed, the dimension and the row's number alone. A tenant never sends above its own privacy
ceiling here: a level drawn above it becomes the ceiling. What a trace itself carries is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from pxctl.core.digest import key64
from pxctl.core.errors import TraceError, UsageError
from pxctl.core.span import Span
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.governance import Population
from pxctl.model.routing import Match
from pxctl.model.tenant import Tenant
from pxctl.replay.draws import U64, cuts, draws, pick, stream
from pxctl.replay.rows import Block

Codes = NDArray[np.intp]
DRAWN = ("task_type", "task_tags", "modality", "language", "privacy", "risk_level", "region", "features",
         "budget_usd", "sla_ms")  # fmt: skip
SETS = ("task_tags", "features")
ABSENT = {"region": None, "budget_usd": None, "sla_ms": None, "task_tags": (), "features": ()}
NOBODY = ("none", "")
ASSUMED_POPULATION = (
    "what the traffic does not say is drawn by seed: tenants evenly from the roster, each privacy level half as often"
    " as the one below and never above the tenant's ceiling, the rest at its defaults"
)
_ADAPTERS = {
    name: TypeAdapter(field.rebuild_annotation()).validate_python for name, field in Context.model_fields.items()
}


def parse_value(dimension: str, text: str) -> Any:
    """A dimension's value from text: sets are joined by `+` or `,`, `none` is absent. Raises ValueError."""
    if dimension in ABSENT and text in NOBODY:
        return ABSENT[dimension]
    raw: Any = tuple(text.replace("+", ",").split(",")) if dimension in SETS else text
    try:
        return _ADAPTERS[dimension](raw)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].lower()) from None


@dataclass(frozen=True, slots=True)
class Column:
    """One dimension of a block: a code a row, and what each code stands for."""

    codes: Codes
    values: list[Any]


@dataclass(frozen=True)
class _Shares:
    start: int
    ends: U64
    values: list[Any]

    def column(self, rows: U64) -> Column:
        if len(self.values) == 1:
            return Column(np.zeros(len(rows), dtype=np.intp), self.values)
        return Column(pick(self.ends, draws(self.start, rows)), self.values)


class Crowd:
    """Fills blocks. `template` restricts what is drawn (a scenario's); `population` gives shares."""

    def __init__(
        self,
        config: Configuration,
        *,
        seed: int,
        population: Population | None = None,
        template: Match | None = None,
        sticky_tenants: bool = False,
    ) -> None:
        self._config = config
        self._sticky = sticky_tenants
        self._levels = list(config.project.privacy_levels)
        self._shares: dict[str, _Shares] = {}
        self._template = template or Match()
        self._stated = frozenset(d for d in DRAWN if getattr(self._template, d, None) is not None)
        shares = population or Population()
        everybody = self._tenants(shares)
        self._add(seed, "tenant", everybody, str)
        for dimension in DRAWN:
            weights = self._weights(dimension, getattr(shares, dimension))
            self._add(seed, dimension, weights, _reader(dimension))
        for level in self._shares["privacy"].values:
            if level not in self._levels:
                raise UsageError(
                    f"the population names privacy `{level}`, which is no level",
                    hint=f"the levels are {', '.join(self._levels)}",
                )
        top = {t.id: self._rank(t.privacy_max) for t in config.tenants.values()}
        self._ceilings = np.array([top.get(t, len(self._levels) - 1) for t in self._shares["tenant"].values])

    def _rank(self, level: str) -> int:
        return self._levels.index(level) if level in self._levels else 0

    def _tenants(self, shares: Population) -> dict[str, float]:
        def fits(tenant: Tenant) -> bool:
            wanted = self._template
            pairs = ((wanted.tenant, tenant.id), (wanted.tier, tenant.tier), (wanted.business_line,
                     tenant.business_line))  # fmt: skip
            return all(listed is None or value in listed for listed, value in pairs)

        stated = dict.fromkeys(sorted(self._config.tenants), 1.0) if shares.tenant == "roster" else shares.tenant
        for name in stated:
            if name not in self._config.tenants:
                raise UsageError(f"the population names tenant `{name}`, which the roster lacks")
        chosen = {name: w for name, w in stated.items() if fits(self._config.tenants[name])}
        if not chosen:
            raise UsageError("the roster has no tenant for this traffic", hint="add tenants, or widen the template")
        return chosen

    def _weights(self, dimension: str, stated: Mapping[str, float]) -> Mapping[str, float]:
        listed = getattr(self._template, dimension, None)
        if listed is not None and dimension in self._stated and not hasattr(listed, "max"):
            return {str(v): stated.get(str(v), 0.0 if stated else 1.0) for v in listed} if _any(stated, listed) else {
                str(v): 1.0 for v in listed
            }  # fmt: skip
        if stated:
            return stated
        if dimension == "privacy":
            return {level: 2.0 ** -i for i, level in enumerate(self._levels)}  # fmt: skip
        return {"none" if dimension in ABSENT else Context.model_fields[dimension].default: 1.0}

    def _add(self, seed: int, dimension: str, weights: Mapping[str, float], read: Callable[[str], Any]) -> None:
        if any(w < 0 for w in weights.values()) or not 0 < sum(weights.values()) < inf:
            raise UsageError(f"the population's shares of {dimension} need finite weights of 0 and above, one above 0")
        try:
            values = [read(text) for text in weights]
        except ValueError as error:
            raise UsageError(f"the population's shares of {dimension}: {error}") from None
        self._shares[dimension] = _Shares(stream(seed, f"population/{dimension}"), cuts([*weights.values()]), values)

    def fill(self, block: Block) -> dict[str, Column]:
        """Every dimension of every row. Raises TraceError for a given value that no request may have."""
        rows = block.rows()
        columns = {d: share.column(rows) for d, share in self._shares.items()}
        drawn = columns["privacy"].codes
        if columns["privacy"].values != self._levels:
            order = np.array([self._rank(v) for v in columns["privacy"].values])
            drawn = order[drawn]
        columns["privacy"] = Column(np.minimum(drawn, self._ceilings[columns["tenant"].codes]), self._levels)
        for dimension, texts in block.given.items():
            if dimension not in ("trace_id", "user"):
                columns[dimension] = self._given(block, dimension, texts, columns.get(dimension))
        return columns

    def _given(self, block: Block, dimension: str, texts: list[str], drawn: Column | None) -> Column:
        """A dimension as the trace gives it; rows that leave it open keep what was drawn."""
        values: list[Any] = list(drawn.values) if drawn else []
        codes = drawn.codes.copy() if drawn else np.zeros(len(texts), dtype=np.intp)
        seen: dict[str, int] = {}
        for position, text in enumerate(texts):
            if not text:
                continue
            code = seen.get(text)
            if code is None:
                code = seen[text] = len(values)
                values.append(self._value(block, position, dimension, text))
            codes[position] = code
        return Column(codes, values)

    def _value(self, block: Block, position: int, dimension: str, text: str) -> Any:
        if dimension == "tenant" and self._sticky and text not in self._config.tenants:
            roster = self._shares["tenant"].values
            return roster[key64(text) % len(roster)]
        try:
            return parse_value(dimension, text)
        except ValueError as error:
            span = Span(block.file, block.lines[position]) if block.lines else None
            place = "" if span else f"row {block.start + position}: "
            raise TraceError(f"{place}{dimension} is `{text[:60]}`: {error}", span=span) from None


def _any(stated: Mapping[str, float], listed: tuple[Any, ...]) -> bool:
    return any(stated.get(str(v), 0.0) > 0 for v in listed)


def _reader(dimension: str) -> Callable[[str], Any]:
    return lambda text: parse_value(dimension, text)
