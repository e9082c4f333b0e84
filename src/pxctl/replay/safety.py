"""When safe mode trips by itself: the share of failed requests over a window of virtual time.

A request failed where its primary did not answer, or where no candidate was left; other refusals are what the policy
wants.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

ENOUGH = 20
"""Requests below which a share says nothing."""


@dataclass
class SafetySwitch:
    """Watches one environment. Once on, safe mode stays until `switch_off`.

    `error_rate` and `window` (microseconds) are the thresholds; `width` the length of one step.
    """

    error_rate: float
    window: int
    width: int
    on: bool = False
    on_since: int | None = None
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _routed: int = 0
    _failed: int = 0

    def saw(self, primary_ok: bool) -> None:
        """Note what came of one request."""
        self._routed += 1
        self._failed += not primary_ok

    def close_window(self, end: int) -> bool:
        """The step that ends at `end` is over; True where safe mode has just tripped."""
        self._recent.append((self._routed, self._failed))
        self._routed = self._failed = 0
        while len(self._recent) > max(1, self.window // self.width):
            self._recent.popleft()
        routed = sum(r for r, _ in self._recent)
        failed = sum(f for _, f in self._recent)
        if not self.on and routed >= ENOUGH and failed >= self.error_rate * routed:
            self.on = True
            if self.on_since is None:
                self.on_since = end
            return True
        return False

    def switch_off(self) -> None:
        """Somebody ends safe mode; what failed before is forgotten."""
        self.on = False
        self._recent.clear()
