"""A simulation: traffic through the policies in virtual time, with faults, and with what is measured fed back.

Window by window: signals of what was seen so far are bound, every request of the window is decided and called, its
fallbacks in turn where calls fail, and what came of the calls is measured. Windows follow one another, so a run is one
process; runs side by side (scenarios, the arms of an A/B) share the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pxctl.core.errors import ContextError, UsageError
from pxctl.model.context import Context
from pxctl.model.decision import Refusal
from pxctl.model.replay import Event, Met, ReplayReport
from pxctl.model.signals import Signals
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled
from pxctl.policy.facts import Facts
from pxctl.replay.behaviour import Behaviour
from pxctl.replay.contexts import contexts
from pxctl.replay.faults import Trouble
from pxctl.replay.outcome_tally import OutcomeTally, Served
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.safety import SafetySwitch
from pxctl.replay.telemetry import Telemetry

WINDOW = 10_000_000
"""Microseconds between two looks at the signals."""
DAY = 86_400_000_000
LONGEST = 31 * DAY
"""Microseconds of virtual time at most: every window probes every deployment, whether there is traffic or not."""
MOST_EVENTS = 500
ASSUMED = (
    "calls: latency 0.6 of the mean plus an exponential of 0.4, p95 as measured or 800 ms, whatever the tokens",
    "a dead endpoint fails after 1 s, a 401 or 429 after 100 ms; failed calls cost nothing and are not repeated"
    " on the same deployment",
    "telemetry: one probe a deployment and window, health over the last minute, circuits as in `replay/telemetry.py`",
)


@dataclass(frozen=True)
class Terms:
    """How a run goes. Times are microseconds; `error_rate` is where no signal says one."""

    seed: int = 1
    window: int = WINDOW
    error_rate: float = 0.0
    safe_mode_rate: float = 0.5
    safe_mode_window: int = 60_000_000
    safe_mode_off_at: int | None = None
    quotes: bool = False


class Came(NamedTuple):
    """What came of one request in one world; without a primary it was refused or not judged."""

    primary: str | None = None
    answered: str | None = None
    time: int = 0
    cost: int = 0


class World:
    """The running state: what is true, what is known, what was counted."""

    def __init__(self, compiled: Compiled, signals: Signals, trouble: Trouble, terms: Terms) -> None:
        self._compiled, self._trouble, self.terms = compiled, trouble, terms
        self._safe = signals.safe_mode
        self._behaviour = Behaviour(
            compiled.config, signals, trouble, seed=terms.seed, error_rate=terms.error_rate
        )  # fmt: skip
        self._telemetry = Telemetry(
            compiled.config, signals, trouble, self._behaviour, width=terms.window, quotes=terms.quotes
        )
        self._switch = SafetySwitch(terms.safe_mode_rate, terms.safe_mode_window, terms.window)
        self._off = terms.safe_mode_off_at
        self._known: Signals | None = None
        self._bound: Bound | None = None
        self._number = -1
        self.tally = OutcomeTally(terms.window)
        self.events: list[Event] = [Event(at=at, what=what) for at, what in trouble.edges]
        self.states: dict[int, tuple[bool, tuple[str, ...]]] = {}
        self._met = [0] * len(trouble.spans)
        self._open_window(0)

    def _open_window(self, number: int) -> None:
        self._number = number
        at = number * self.terms.window
        if self._off is not None and at >= self._off:
            if self._switch.on:
                self._note(at, "safe mode: off, by the scenario")
            self._switch.switch_off()
            self._off = None
        safe = self._safe.model_copy(update={"environment": self._safe.environment or self._switch.on})
        known = self._telemetry.signals(at, safe)
        if self._bound is None or known != self._known:
            self._known, self._bound = known, self._compiled.bind(known)
        self.states[at] = (safe.environment, self._telemetry.open_circuits())

    def _close_window(self) -> None:
        end = (self._number + 1) * self.terms.window
        self._telemetry.close_window(end, self._number)
        self._note_circuits()
        if self._switch.close_window(end):
            self._note(end, "safe mode: on")

    def _note_circuits(self) -> None:
        """One line for all circuits that moved at one moment in one way."""
        moved: dict[tuple[int, str], list[str]] = {}
        for at, name, state in self._telemetry.events:
            moved.setdefault((at, state), []).append(name)
        for (at, state), names in moved.items():
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            self._note(at, f"circuit {state.replace('_', ' ')}: {', '.join(names[:3])}{more}")
        self._telemetry.events.clear()

    def _note(self, at: int, what: str) -> None:
        if len(self.events) < MOST_EVENTS:
            self.events.append(Event(at=at, what=what))

    def advance(self, at: int) -> None:
        """Let time pass until `at`. Raises UsageError where that would take too many windows."""
        if at > LONGEST:
            raise UsageError(
                f"the traffic spans {at // DAY:,} days, a run in virtual time at most {LONGEST // DAY}",
                hint="cut the trace, or replay it without calls (no --behave, --fault or --scenario)",
            )
        while self._number < at // self.terms.window:
            self._close_window()
            self._open_window(self._number + 1)

    def request(self, at: int, row: int, context: Context) -> Came:
        """Decide a request, call what was decided, and count what came of it."""
        self.advance(at)
        assert self._bound is not None  # noqa: S101 - the first window binds
        try:
            facts = self._bound.decide(context)
        except ContextError as error:
            self.tally.reject(at, str(error))
            return Came()
        met: set[int] = set()
        if self._met and facts.lane is not None:
            met |= self._trouble.met(at, facts.lane.ids, called=False)
        if facts.primary is None:
            self._count(met)
            self.tally.add(at, context.tenant, facts)
            if facts.refusal is Refusal.NO_CANDIDATE:
                self._switch.saw(primary_ok=False)
            return Came()
        served = self._call(at, row, facts, facts.primary, met)
        self._count(met)
        self._switch.saw(served.answered == facts.primary)
        fault = "" if served.answered == facts.primary else self._trouble.words_at(at)
        self.tally.add_outcome(at, context.tenant, facts, context.sla_ms, served, fault)
        return Came(facts.primary, served.answered, served.time, served.cost)

    def _count(self, met: set[int]) -> None:
        for number in met:
            self._met[number] += 1

    def _call(self, at: int, row: int, facts: Facts, primary: str, met: set[int]) -> Served:
        time = 0
        tries: tuple[str, ...] = ()
        for number, name in enumerate((primary, *facts.fallbacks)):
            attempt = self._behaviour.attempt(name, at + time, row, number)
            self._telemetry.saw(name, attempt)
            met |= self._trouble.met(at + time, (name,), called=True)
            time += attempt.time
            tries = (*tries, name)
            if attempt.ok:
                return Served(name, tries, time, cost_of(facts, name))
        return Served(None, tries, time, 0)

    def report(self, **about: object) -> ReplayReport:
        """What came of it all."""
        return self.tally.outcome_report(
            self.states,
            seed=self.terms.seed,
            source=self._compiled.source,
            events=tuple(sorted(self.events, key=lambda e: e.at)),
            safe_mode_since=self._switch.on_since,
            faults=tuple(
                Met(what=what, at=start, requests=requests)
                for (start, _, what), requests in zip(self._trouble.spans, self._met, strict=True)
            ),
            **about,
        )


def cost_of(facts: Facts, name: str) -> int:
    """What a request costs on one deployment of its chain, in 1e-12 USD."""
    if name == facts.primary or facts.lane is None or facts.prices is None:
        return facts.cost or 0
    context = facts.context
    costs = facts.prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
    return costs[facts.lane.ids.index(name)]


def simulate(
    compiled: Compiled,
    signals: Signals,
    blocks: Iterable[Block],
    crowd: Crowd,
    trouble: Trouble,
    terms: Terms,
    *,
    until: int = 0,
    progress: Callable[[int], None] | None = None,
    **about: object,
) -> ReplayReport:
    """Run traffic through a world; rows out of order are taken as of the latest moment seen. `until` lets time pass."""
    world = World(compiled, signals, trouble, terms)
    latest = 0
    for block in blocks:
        filled = contexts(block, crowd.fill(block), terms.seed)
        for row, (at, context) in enumerate(zip(block.at.tolist(), filled, strict=True), block.start):
            latest = max(latest, at)
            world.request(latest, row, context)
        if progress is not None:
            progress(len(block))
    world.advance(until)
    return world.report(**about)
