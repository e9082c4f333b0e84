"""Which requests of a part may be sent to a deployment, whatever the signals, and which surely can be.

*May*: there are signals under which it is kept. The smallest token counts, the largest budget and the tenant with most
money are enough to ask, since eligibility only falls with tokens and rises with money. *Surely*: it is kept while
everything works, at the largest counts that the question bounds (else at the smallest).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pxctl.core.bucketing import TOTAL
from pxctl.model.base import MODALITIES
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import Rate, rate
from pxctl.policy.plan import CONTROL, Plan
from pxctl.policy.proof.search import meet
from pxctl.policy.proof.space import DIMENSIONS, Box, Cell, Space, budget_of

TENANT, PRIVACY, MODALITY = (DIMENSIONS.index(name) for name in ("tenant", "privacy", "modality"))
LANGUAGE, FEATURES = DIMENSIONS.index("language"), DIMENSIONS.index("features")
INPUT, OUTPUT, BUDGET = (DIMENSIONS.index(name) for name in ("input_tokens", "output_tokens", "budget_usd"))


@dataclass(frozen=True, slots=True)
class Option:
    """A deployment of a plan; `fallback` when it is a listed one."""

    plan: Plan
    deployment: Deployment
    fallback: bool


@dataclass(frozen=True, slots=True)
class Witness:
    """A part of the space and the amounts of a request in it."""

    part: Box
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Eligibility:
    """Eligibility in one space; boxes of deployments are made once."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._boxes: dict[int, Box] = {}
        self._options: dict[tuple[int, str | None], tuple[Option, ...]] = {}
        self._payers: dict[int, int] = {}
        self._catalogue = space.compiled.config.catalogue

    def arms(self, number: int) -> Iterator[tuple[Plan, int]]:
        """The plans of a route, each with the tenant cells that can come to it."""
        policy = self.space.policy
        split = policy.split(number)
        tenants = self.space.cells[TENANT]
        everybody = (1 << len(tenants)) - 1
        if split is None:
            yield policy.plan(number, None), everybody
            return
        shares = [end - start for start, end in zip((0, *split.ends), split.ends, strict=False)]
        shares.append(TOTAL - split.ends[-1])
        for arm, share in zip((*split.arms, CONTROL), shares, strict=True):
            if split.unit == "tenant":
                cells = sum(1 << i for i, cell in enumerate(tenants) if (number, arm) in cell.sort[3])
            else:
                cells = everybody if share else 0
            if cells:
                yield policy.plan(number, arm), cells

    def options(self, plan: Plan) -> tuple[Option, ...]:
        """The deployments that no file rules out for every request: candidates first, then listed fallbacks."""
        key = (plan.number, plan.arm)
        found = self._options.get(key)
        if found is None:
            listed = [Option(plan, d, False) for d in plan.candidates if d.active]
            spare = [Option(plan, d, True) for d in plan.fallbacks if d.active or d.standby]
            found = self._options[key] = tuple(
                option for option in (*listed, *spare)
                if (option.deployment.keyless or option.deployment.has_key) and option.deployment.stays(plan.regions)
            )  # fmt: skip
        return found

    def box(self, d: Deployment) -> Box:
        """The requests that a deployment takes, amounts and money aside."""
        found = self._boxes.get(d.index)
        if found is None:
            space, cells = self.space, list(self.space.everything)
            bit = d.provider_bit
            cells[TENANT] = _some(space.cells[TENANT], lambda c: not (c.sort[0] | c.sort[1]) & bit)
            cells[PRIVACY] = _some(space.cells[PRIVACY], lambda c: c.sort <= d.privacy)
            cells[MODALITY] = _some(space.cells[MODALITY], lambda c: c.sort in d.modalities)
            cells[LANGUAGE] = _some(space.cells[LANGUAGE], lambda c: d.index not in c.sort)
            cells[FEATURES] = _some(space.cells[FEATURES], lambda c: d.capabilities.issuperset(c.sort))
            found = self._boxes[d.index] = tuple(cells)
        return found

    def may(self, option: Option, part: Box) -> Witness | None:
        """A request of the part that may be sent to the deployment; None where there is none."""
        d, both = option.deployment, meet(part, self.box(option.deployment))
        if not all(both):
            return None
        given = min(cell.low for cell in self.space.chosen(both, "input_tokens"))
        output = min(cell.low for cell in self.space.chosen(both, "output_tokens"))
        if not fits(d, given, output):
            return None
        for modality in self.modalities(d, both):
            cost, cached = cheapest(self.rate(d, modality), given, output)
            place = _richest(self.space, both)
            if cost <= self.bound(option.plan, both, place):
                narrowed = self.only(both, MODALITY, modality) if modality else both
                return Witness(self._narrow(narrowed, place, given, output), given, output, cached)
        return None

    def surely(self, option: Option, part: Box, given: int, output: int) -> Box:
        """The requests of the part that the deployment takes at these counts while everything works."""
        d = option.deployment
        both = meet(part, self.box(d))
        if not all(both) or not fits(d, given, output):
            return tuple(0 for _ in part)
        tenants = modalities = 0
        least = min(budget_of_low(cell, self.space) for cell in self.space.chosen(part, "budget_usd"))
        for i, cell in enumerate(self.space.cells[MODALITY]):
            if both[MODALITY] >> i & 1:
                paying = self._paying(self.rate(d, cell.value).cost(given, 0, output), min(option.plan.max_cost, least))
                tenants |= paying
                modalities |= 1 << i if paying else 0
        cells = list(both)
        cells[TENANT] &= tenants
        cells[MODALITY] &= modalities
        return tuple(cells)

    def _paying(self, cost: int, bound: int) -> int:
        """The tenant cells whose own budget, and a bound, let a cost pass."""
        if cost > bound:
            return 0
        found = self._payers.get(cost)
        if found is None:
            found = self._payers[cost] = _some(self.space.cells[TENANT], lambda c: cost <= c.sort[2])
        return found

    def rate(self, d: Deployment, modality: str) -> Rate:
        """The file's price, else the modality's ceiling."""
        return d.rate if d.rate is not None else rate(self._catalogue.ceiling(modality or next(iter(MODALITIES))))

    def modalities(self, d: Deployment, part: Box) -> list[str]:
        """The modalities that must be told apart: all of the part where the price depends on it, else any."""
        return [cell.value for cell in self.space.chosen(part, "modality")][: None if d.rate is None else 1]

    def bound(self, plan: Plan, part: Box, tenant: int) -> int:
        """The most that a request of the part may cost, for one tenant cell."""
        own = max(budget_of(cell) for cell in self.space.chosen(part, "budget_usd"))
        return int(min(plan.max_cost, self.space.cells[TENANT][tenant].sort[2], own))

    def only(self, part: Box, dimension: int, value: object) -> Box:
        """The part with one cell of a dimension."""
        cells = self.space.cells[dimension]
        place = next(i for i, cell in enumerate(cells) if cell.value == value and part[dimension] >> i & 1)
        return (*part[:dimension], 1 << place, *part[dimension + 1 :])

    def _narrow(self, part: Box, tenant: int, given: int, output: int) -> Box:
        cells = list(part)
        cells[TENANT] = 1 << tenant
        cells[INPUT] = _some(self.space.cells[INPUT], lambda c: c.low <= given <= c.high) & part[INPUT]
        cells[OUTPUT] = _some(self.space.cells[OUTPUT], lambda c: c.low <= output <= c.high) & part[OUTPUT]
        return tuple(cells)

    def narrow(self, witness: Witness, tenant: int, given: int, output: int, cached: int) -> Witness:
        """A witness with other amounts and one tenant cell."""
        part = self._narrow(witness.part, tenant, given, output)
        return replace(witness, part=part, input_tokens=given, output_tokens=output, cached_tokens=cached)


def fits(d: Deployment, given: int, output: int) -> bool:
    """Whether token counts fit the model's window."""
    if d.context_tokens is not None and given + output > d.context_tokens:
        return False
    return d.max_output_tokens is None or output <= d.max_output_tokens


def cheapest(price: Rate, given: int, output: int) -> tuple[int, int]:
    """The least cost of these counts, and the cached tokens that make it."""
    cached = given if price.cached < price.input else 0
    return price.cost(given, cached, output), cached


def budget_of_low(cell: Cell, space: Space) -> int:
    """The least budget that a request of the cell has: the question's lower bound; without one nobody states any."""
    bounds = space.when.budget_usd
    return cell.low if bounds is not None and bounds.min is not None else budget_of(cell)


def _richest(space: Space, part: Box) -> int:
    budgets = {i: cell.sort[2] for i, cell in enumerate(space.cells[TENANT]) if part[TENANT] >> i & 1}
    return max(budgets, key=budgets.__getitem__, default=0)


def _some(cells: tuple[Cell, ...], passes: Callable[[Cell], bool]) -> int:
    mask = 0
    for i, cell in enumerate(cells):
        if passes(cell):
            mask |= 1 << i
    return mask
