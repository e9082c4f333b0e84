"""Random histories with the later moves among the older ones: whatever was accepted, audit verify accepts too."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pxctl.core.errors import InputError, RefusedError, UsageError
from pxctl.model.release import GateResult
from pxctl.release.controls import SafeModeSwitch, Skip, Tidy
from pxctl.release.engine import Outcome, Terms
from pxctl.release.gates_override import overruled
from pxctl.release.rollback import Rollback
from pxctl.release.steps import Abort, Pause, Promote, Retry
from pxctl.release.verify import Verification
from pxctl.release.withdraw import Withdraw
from tests.release.world import Company, company, run

POLICY, PROVIDER = "policies/default", "providers/openai"
ASKED = "tenants/all.yaml"
"""Stands in for a request: a file on main that a release may name."""
SILENT = GateResult(kind="metric", name="errors", verdict="inconclusive", detail="no samples")


def moves(firm: Company, dice: random.Random) -> dict[str, Callable[[], Outcome]]:
    """Everything that somebody may try next."""
    subject = dice.choice((POLICY, PROVIDER))
    some = dice.choice((None, frozenset({"t001", "t004"})))
    gates = overruled([SILENT], ["errors"], "the source is gone", "inconclusive")
    head = run(firm.root, "rev-parse", "HEAD")
    return {
        "publish": lambda: firm.publish(
            f"n{dice.random()}", subject=subject, plan=dice.choice((None, "standard")), supersede=dice.random() < 0.3
        ),
        "promote": lambda: firm.make(Promote(subject)),
        "override": lambda: firm.make(Promote(subject, overridden=gates, by="ada", reason="gone"), Terms(gates=gates)),
        "unmet": lambda: firm.make(Promote(subject), Terms(gates=(SILENT,))),
        "pause": lambda: firm.make(Pause(subject)),
        "retry": lambda: firm.make(Retry(subject)),
        "abort": lambda: firm.make(Abort(subject)),
        "rollback": lambda: firm.make(Rollback({subject: None}, some, reason="bad")),
        "withdraw": lambda: firm.make(Withdraw(PROVIDER, reason="ends", force=dice.random() < 0.5)),
        "skip": lambda: firm.make(
            Skip("tenants/all.yaml", "done"), Terms(request=("tenants/all.yaml", _blob(firm), head))
        ),
        "safe mode": lambda: firm.make(SafeModeSwitch(dice.random() < 0.5, tenants=some or frozenset())),
        "tidy": lambda: firm.make(Tidy()),
    }


def _blob(firm: Company) -> str:
    return run(firm.root, "rev-parse", f"HEAD:{ASKED}")


@pytest.mark.parametrize("seed", range(6))
def test_what_was_accepted_verifies(tmp_path: Path, seed: int) -> None:
    firm, dice, made = company(tmp_path), random.Random(seed), 0
    firm.init()
    for subject in (POLICY, PROVIDER):
        firm.publish("first", subject=subject)
    for _ in range(22):
        firm.clock.forward(hours=dice.choice((0, 1, 30, 200)))
        name, move = dice.choice(sorted(moves(firm, dice).items()))
        before = firm.view().commit
        try:
            outcome = move()
        except (RefusedError, UsageError, InputError):
            assert firm.view().commit == before, f"{name} was refused and yet released"
            continue
        assert name != "unmet" or outcome.status == "unchanged"
        made += outcome.status == "released"
    view = firm.view()
    assert view.commit is not None and made > 3
    report = Verification(firm.branch, firm.clock.now(), timedelta(days=14)).walk(view.commit)
    assert report.problems == ()
    pins = view.pins().values()
    have = {subject: set(view.numbers(subject)) for subject in (POLICY, PROVIDER)}
    for subject, numbers in have.items():
        assert {p.get(subject) for p in pins} - {None} <= numbers
    firm.git.close()
