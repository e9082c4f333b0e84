"""Random histories with crashes and races, on the engine over a branch in memory, against a naive model."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pxctl.core.digest import blob_id
from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.project import Environment, Project
from pxctl.model.release import Actor
from pxctl.release.audit import content_problems, diff, scope_problems, tip_problems
from pxctl.release.controls import SafeModeSwitch
from pxctl.release.engine import World, make
from pxctl.release.publish import Content, Publish
from pxctl.release.rollback import Rollback
from pxctl.release.roster import Init, RosterChange
from pxctl.release.steps import Abort, Pause, Promote, Retry
from tests.release.memory import TROUBLES, Killed, MemoryBranch
from tests.release.oracle import Oracle
from tests.release.world import STANDARD, TestClock, roster

SUBJECTS = st.sampled_from(["policies/default", "policies/vip", "providers/openai"])
CONTENTS = st.sampled_from(["a", "b", "c", "d"])
EVERYBODY = roster(9)
TENANTS = st.sets(st.sampled_from(sorted(EVERYBODY)), min_size=1, max_size=2)


class Histories(RuleBasedStateMachine):
    """Each rule does something to both, in whatever trouble, and compares."""

    done: Counter[str]

    @initialize()
    def begin(self) -> None:
        self.branch, self.oracle, self.clock = MemoryBranch(), Oracle(), TestClock()
        self.roster = {t: EVERYBODY[t] for t in sorted(EVERYBODY)[:6]}
        self.project = Project(environments={"production": Environment()}, rollouts={"standard": STANDARD})
        self.heads: list[str] = []
        self.count = 0
        self.done["histories"] += 1
        self.do(Init(self.content("roster", "r0")), lambda o: self._begin(o), None)

    def _begin(self, oracle: Oracle) -> str:
        oracle.pins = {t: {} for t in self.roster}
        oracle.seq = 1
        return "released"

    def content(self, subject: str, text: str) -> Content:
        data = f"{subject} {text}".encode()
        self.branch.store.objects[blob_id(data)] = (blob_id(data), "blob", data)
        return Content({subject.rpartition("/")[2]: blob_id(data)}, "c" * 40)

    def attempt(self, intent: Any) -> str:
        self.clock.forward(seconds=1)
        world = World(self.project, self.roster, self.clock, Actor(name="a", email="a@b"), patience=30)
        try:
            status: str = make(self.branch, intent, world).status
        except (RefusedError, UsageError):
            status = "refused"
        except Killed:
            status = "killed"
        self.done[status] += 1
        return status

    def do(self, intent: Any, model: Callable[[Oracle], str], trouble: str | None) -> None:
        before = self.branch.head
        expected = copy.deepcopy(self.oracle)
        verdict = model(expected)
        self.branch.trouble = trouble
        status = self.attempt(intent)
        self.branch.trouble = None
        if status == "killed":
            assert verdict == "released", "killed while nothing was to be written"
            if self.branch.head != before or self.attempt(intent) == "released":
                self.oracle = expected
        else:
            assert ("released" if status == "recovered" else status) == verdict
            self.oracle = expected

    @rule(s=SUBJECTS, c=CONTENTS, p=st.sampled_from([None, "standard"]), again=st.booleans(), sup=st.booleans(),
          t=st.sampled_from(TROUBLES))  # fmt: skip
    def publish(self, s: str, c: str, p: str | None, again: bool, sup: bool, t: str | None) -> None:
        intent = Publish(s, self.content(s, c), plan=p, again=again, supersede=sup, reason="why")
        self.do(intent, lambda o: o.publish(s, c, p, again, sup), t)

    @rule(s=SUBJECTS, full=st.booleans(), t=st.sampled_from(TROUBLES))
    def promote(self, s: str, full: bool, t: str | None) -> None:
        self.do(Promote(s, full=full), lambda o: o.promote(s, full), t)

    @rule(s=SUBJECTS, t=st.sampled_from(TROUBLES))
    def pause(self, s: str, t: str | None) -> None:
        self.do(Pause(s), lambda o: o.pause(s), t)

    @rule(s=SUBJECTS, t=st.sampled_from(TROUBLES))
    def retry(self, s: str, t: str | None) -> None:
        self.do(Retry(s), lambda o: o.retry(s), t)

    @rule(s=SUBJECTS, t=st.sampled_from(TROUBLES))
    def abort(self, s: str, t: str | None) -> None:
        self.do(Abort(s), lambda o: o.abort(s), t)

    @rule(s=SUBJECTS, n=st.sampled_from([None, None, 1, 2, 3]), who=st.none() | TENANTS, t=st.sampled_from(TROUBLES))
    def rollback(self, s: str, n: int | None, who: set[str] | None, t: str | None) -> None:
        intent = Rollback({s: n}, frozenset(who) if who else None, reason="bad")
        self.do(intent, lambda o: o.rollback(s, n, who), t)

    @rule(who=st.sets(st.sampled_from(sorted(EVERYBODY)), min_size=3), t=st.sampled_from(TROUBLES))
    def change_roster(self, who: set[str], t: str | None) -> None:
        old, self.roster = self.roster, {x: EVERYBODY[x] for x in sorted(who)}
        self.count += 1
        if set(old) == who:
            return
        intent = RosterChange(self.content("roster", f"r{self.count}"), force=True, reason="sold")
        self.do(intent, lambda o: o.roster(who), t)
        if set(self.oracle.pins) != who:
            self.roster = old

    @rule(on=st.booleans(), t=st.sampled_from(TROUBLES))
    def safe_mode(self, on: bool, t: str | None) -> None:
        self.do(SafeModeSwitch(on), lambda o: o.safe_mode(on), t)

    @rule(a=SUBJECTS, b=SUBJECTS, c=CONTENTS, d=CONTENTS)
    def race(self, a: str, b: str, c: str, d: str) -> None:
        """Somebody else publishes between our plan and our move: we are refused, or both happened in that order."""
        mine = Publish(a, self.content(a, c), plan="standard", reason="mine")
        theirs = Publish(b, self.content(b, d), reason="theirs")
        other: list[str] = []

        def interloper() -> None:
            other.append(self.attempt(theirs))

        self.branch.interloper = interloper
        status = self.attempt(mine)
        self.branch.interloper = None
        if not other:
            model = copy.deepcopy(self.oracle)
            assert model.publish(a, c, "standard", False, False) == status
            self.oracle = model
            return
        assert other[0] == self.oracle.publish(b, d, None, False, False)
        if status in ("released", "recovered", "unchanged"):
            expected = self.oracle.publish(a, c, "standard", False, False)
            assert expected in ("released", "unchanged")

    @invariant()
    def same_as_the_model(self) -> None:
        if not getattr(self, "branch", None) or self.branch.head is None:
            return
        view = self.branch.view(self.branch.head)
        assert view.release is not None
        assert tip_problems(view, "production") == []
        got = {
            t: {
                **{f"policies/{n}": v for n, v in p.policies.items()},
                **{f"providers/{n}": v for n, v in p.providers.items()},
            }
            for t, p in view.pins().items()
        }
        assert got == self.oracle.pins
        assert view.release.seq == self.oracle.seq
        assert view.release.tenants == len(self.oracle.pins)
        assert dict(view.release.stable) == self.oracle.stable
        assert view.safe_mode.environment == self.oracle.safe
        states = {r.subject: (r.version, r.state) for r in view.release.rollouts}
        assert states == {s: (r.version, r.state) for s, r in self.oracle.rollouts.items()}
        parent = view.at(view.header.parents[0]) if view.header and view.header.parents else None
        changes = diff(view, parent)
        assert content_problems(view, view.release, changes) == []
        assert scope_problems(view.release, changes) == []


def _run(examples: int, steps: int) -> Counter[str]:
    """Run histories; what was done in them, and how often."""
    Histories.done = Counter()
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with mock.patch("pxctl.release.engine.after_a_loss", return_value=0):  # no waiting in memory
        run_state_machine_as_test(Histories, settings=limits)
    return Histories.done


def test_random_histories() -> None:
    _run(40, 25)


@pytest.mark.soak
def test_a_thousand_random_histories() -> None:
    done = _run(1200, 40)
    print(f"\n{done.pop('histories'):,} histories, {sum(done.values()):,} steps: {dict(done.most_common())}")
