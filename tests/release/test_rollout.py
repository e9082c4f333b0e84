"""Whom a step reaches: nobody is ever moved back, and the numbers are what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.core.bucketing import bucket
from pxctl.model.project import Step
from pxctl.model.release import Blocked
from pxctl.model.tenant import TenantSelector
from pxctl.release import rollout
from tests.release.world import roster

PEOPLE = tuple(roster(60).values())
steps = st.lists(
    st.one_of(
        st.just(Step(dark=True)),
        st.builds(
            lambda t: Step(canary=TenantSelector(tier=t)),
            st.lists(st.sampled_from(["gold", "free"]), min_size=1).map(tuple),
        ),
        st.integers(1, 9999).map(lambda p: Step(percent=p / 100)),
        st.just(Step(full=True)),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@given(steps, st.text(max_size=8), st.sets(st.sampled_from([t.id for t in PEOPLE]), max_size=5))
def test_no_step_takes_the_version_from_anybody(plan: tuple[Step, ...], seed: str, exempt: set[str]) -> None:
    before: set[str] = set()
    for step in range(len(plan)):
        now = rollout.reached(plan, step, seed, PEOPLE, exempt)
        assert before <= now
        before = now


def _monotone(tenants: int) -> int:
    moved_back = 0
    everyone = tuple(roster(tenants).values())
    buckets = {t.id: bucket("rollout/p/x@2", t.id) for t in everyone}
    before: set[str] = set()
    for percent in range(101):
        now = {t for t, b in buckets.items() if b < percent * 100}
        if 0 < percent < 100 and percent % 10 == 1:
            assert now == rollout.reached((Step(percent=percent),), 0, "rollout/p/x@2", everyone)
        moved_back += len(before - now)
        before = now
    assert len(before) == tenants
    return moved_back


def test_ten_thousand_tenants_and_a_hundred_and_one_percentages() -> None:
    assert _monotone(10_000) == 0


def test_dark_reaches_nobody_and_full_everybody() -> None:
    assert rollout.reached((Step(dark=True),), 0, "s", PEOPLE) == set()
    assert rollout.reached((Step(full=True),), 0, "s", PEOPLE, {PEOPLE[0].id}) == {t.id for t in PEOPLE}


def test_a_percentage_does_not_reach_exempt_tenants() -> None:
    most = rollout.reached((Step(percent=99.99),), 0, "s", PEOPLE, {"t000"})
    assert "t000" not in most and len(most) > 50


def test_blocks_are_for_everybody_or_for_some() -> None:
    blocks = (
        Blocked(subject="flags", version=3, since_seq=1, reason="", tenants=("a", "b")),
        Blocked(subject="flags", version=2, since_seq=1, reason="", tenants=None),
    )
    assert rollout.held(blocks, "flags", 3) == {"a", "b"}
    assert rollout.is_blocked(blocks, "flags", 3) is None
    assert rollout.is_blocked(blocks, "flags", 2) is not None


@pytest.mark.parametrize("percent", [1, 25, 50])
def test_a_percentage_is_about_that_many(percent: int) -> None:
    everyone = tuple(roster(4000).values())
    share = len(rollout.reached((Step(percent=percent),), 0, "seed", everyone)) / len(everyone)
    assert abs(share - percent / 100) < 0.03


@given(
    st.builds(
        TenantSelector,
        tier=st.lists(st.sampled_from(["gold", "silver", "none"]), max_size=2).map(tuple),
        business_line=st.lists(st.sampled_from(["retail", "bank"]), max_size=2).map(tuple),
        region=st.lists(st.sampled_from(["eu", "us"]), max_size=1).map(tuple),
        names=st.lists(st.sampled_from(["t000", "t007", "t059"]), max_size=2).map(tuple),
        everyone=st.booleans(),
    )
)
def test_selecting_many_is_selecting_each(selection: TenantSelector) -> None:
    each = {t.id for t in PEOPLE if selection.selects(t)}
    assert rollout.selected(selection, PEOPLE) == each
    assert rollout.chosen_ids(selection, {t.id: t for t in PEOPLE}) == each
