"""`pxctl env tidy`: what nobody has and no rollback reaches leaves the tip; nothing else does; history keeps all."""

from __future__ import annotations

import pytest

from pxctl.core.errors import RefusedError
from pxctl.release.controls import Tidy
from pxctl.release.rollback import Rollback
from pxctl.release.steps import Abort
from tests.release.world import Company, run

DEFAULT = "policies/default"


@pytest.fixture
def firm(shop: Company) -> Company:
    """Three full versions of the policy, a day apart; the rollback window is two weeks."""
    shop.init()
    for note in ("one", "two", "three"):
        shop.publish(note)
        shop.clock.forward(days=1)
    return shop


def numbers(firm: Company) -> list[int]:
    return firm.view().numbers(DEFAULT)


def test_inside_the_window_everything_stays(firm: Company) -> None:
    made = firm.make(Tidy())
    assert (made.status, made.why) == ("unchanged", "every version at the tip is still needed")
    assert numbers(firm) == [1, 2, 3]


def test_after_the_window_what_nobody_has_leaves_the_tip_and_stays_in_history(firm: Company) -> None:
    before = firm.view().commit
    firm.clock.forward(days=12, hours=12)
    assert firm.make(Tidy("spring")).status == "released", "@1 was stable until 14.5 days ago, @2 until 13.5"
    assert numbers(firm) == [2, 3]
    firm.clock.forward(days=2)
    firm.make(Tidy())
    assert numbers(firm) == [3]
    assert "one" in run(firm.root, "show", f"{before}:versions/policies/default@1.yaml")
    assert firm.view().release is not None and firm.view().release.former == ()
    assert firm.make(Tidy()).status == "unchanged"


def test_a_version_that_a_single_tenant_has_never_leaves(firm: Company) -> None:
    firm.make(Rollback({DEFAULT: 1}, frozenset({"t005"})))
    firm.clock.forward(days=400)
    firm.make(Tidy())
    assert numbers(firm) == [1, 3]
    assert firm.pins()["t005"] == 1


def test_a_rollout_on_its_way_keeps_both_of_its_versions(firm: Company) -> None:
    firm.publish("four", plan="standard")
    firm.clock.forward(days=400)
    firm.make(Tidy())
    assert numbers(firm) == [3, 4]
    firm.make(Abort(DEFAULT))
    firm.make(Tidy())
    assert numbers(firm) == [3, 4], "an aborted rollout can be tried again"


def test_what_was_taken_back_stays_while_it_can_be_gone_back_to(firm: Company) -> None:
    firm.make(Rollback({DEFAULT: 2}))
    firm.clock.forward(days=20)
    firm.make(Tidy())
    assert 2 in numbers(firm) and 3 in numbers(firm), "the last rollout's version is what `publish --again` releases"
    assert 1 not in numbers(firm)


def test_going_back_to_what_left_says_so(firm: Company) -> None:
    seq_of_one = 2
    firm.clock.forward(days=400)
    firm.make(Tidy())
    commit = run(firm.root, "log", "--format=%H", "env/production").split()[-seq_of_one]
    with pytest.raises(RefusedError, match="policies/default@1 left the tip"):
        firm.make(Rollback({DEFAULT: None}, None, commit, seq_of_one))


def test_the_same_content_again_is_a_new_version_after_it_left(firm: Company) -> None:
    firm.clock.forward(days=400)
    firm.make(Tidy())
    made = firm.publish("one")
    assert (made.plan.version, made.status) == (4, "released"), "numbers are given once"


def test_other_kinds_are_tidied_alike_and_the_roster_is_left_alone(firm: Company) -> None:
    for note in ("a", "b"):
        firm.publish(note, subject="providers/openai")
        firm.clock.forward(days=20)
    assert firm.make(Tidy()).status == "released"
    view = firm.view()
    assert (view.numbers("providers/openai"), view.numbers("roster")) == ([2], [1])
