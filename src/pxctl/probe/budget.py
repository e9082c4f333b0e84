"""What a validation run may cost: dollars and calls, checked before each call.

Money is integers of 1e-12 USD, as in the decision engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from pxctl.model.provider import Price
from pxctl.providers.base import Usage

PICO = 10**12


class BudgetSpentError(Exception):
    """The next call might cost more than is left."""


@dataclass
class Budget:
    """What is left; one for all regions of a provider."""

    usd: Decimal | None = None
    calls: int | None = None
    spent_pico: int = 0
    reserved_pico: int = 0
    used_calls: int = 0

    def reserve(self, pico: int) -> None:
        """Set aside the most that a call can cost. Raises BudgetSpentError where that is too much."""
        if self.calls is not None and self.used_calls >= self.calls:
            raise BudgetSpentError(f"the budget of {self.calls} calls is used up")
        if self.usd is not None and self.spent_pico + self.reserved_pico + pico > int(self.usd * PICO):
            raise BudgetSpentError(f"the next call may cost {dollars(pico)} USD, more than is left of {self.usd} USD")
        self.used_calls += 1
        self.reserved_pico += pico

    def settle(self, reserved: int, cost: int) -> None:
        """Replace what was set aside by what the call did cost."""
        self.reserved_pico -= reserved
        self.spent_pico += cost


def cost_pico(price: Price, usage: Usage) -> int:
    """Tokens x price in 1e-12 USD."""
    cached = price.cached_input_per_mtok if price.cached_input_per_mtok is not None else price.input_per_mtok
    amount = (
        (usage.input_tokens - usage.cached_tokens) * price.input_per_mtok
        + usage.cached_tokens * cached
        + usage.output_tokens * price.output_per_mtok
    )
    return int(amount * 10**6)


def dollars(pico: int) -> str:
    """USD with six places, rounded up."""
    return str((Decimal(pico) / PICO).quantize(Decimal("0.000001"), rounding=ROUND_UP))
