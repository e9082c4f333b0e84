"""Publish, promote, abort, roll back: on a local branch and on a bare remote."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.tenant import TenantSelector
from pxctl.release.controls import SafeModeSwitch
from pxctl.release.documents import RELEASE
from pxctl.release.history import at_seq
from pxctl.release.publish import Publish
from pxctl.release.rollback import Rollback
from pxctl.release.roster import RosterChange
from pxctl.release.steps import Abort, Pause, Promote, Retry
from tests.release.world import Company, roster, run


def test_from_nothing_to_everybody_and_back(firm: Company) -> None:
    assert firm.init().status == "released"
    firm.publish("one")
    assert set(firm.pins().values()) == {1}
    firm.publish("two", plan="standard")
    assert set(firm.pins().values()) == {1}, "dark serves nobody"
    firm.make(Promote())
    assert {t for t, n in firm.pins().items() if n == 2} == {"t000", "t001"}
    firm.make(Promote())
    some = {t for t, n in firm.pins().items() if n == 2}
    assert {"t000", "t001"} < some < set(firm.tenants)
    firm.make(Promote())
    assert set(firm.pins().values()) == {2}
    firm.make(Rollback(reason="bad"))
    assert set(firm.pins().values()) == {1}
    assert [line.split()[1] for line in firm.log()] == [
        "rollback", "promote", "promote", "promote", "publish", "publish", "init",
    ]  # fmt: skip


def test_seq_has_no_gaps_and_time_moves_on(firm: Company) -> None:
    firm.init()
    for note in "abc":
        firm.publish(note)
    seqs, times = zip(*((int(x.split()[0]), x.split()[2]) for x in firm.log()), strict=True)
    assert seqs == (4, 3, 2, 1) and list(times) == sorted(times, reverse=True)


def test_publishing_twice_is_publishing_once(firm: Company) -> None:
    firm.init()
    first = firm.publish("one")
    again = firm.publish("one")
    assert (first.status, again.status) == ("released", "unchanged")
    assert len(firm.log()) == 2


def test_a_version_file_is_the_very_blob_of_its_source(firm: Company) -> None:
    firm.init()
    made = firm.publish("one")
    assert made.release is not None
    path = "versions/policies/default@1.yaml"
    source = made.release.source[path]
    assert firm.view().blob_id(path) == run(firm.root, "rev-parse", f"{source}:routing-policies/default.yaml")


def test_tenants_with_the_same_pins_share_a_blob(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    assert len(set(firm.view().pins_blobs().values())) == 1


def test_two_rollouts_of_two_subjects_side_by_side(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("p1", "providers/openai")
    firm.publish("two", plan="standard")
    firm.publish("p2", "providers/openai", plan="standard")
    firm.make(Promote("policies/default"))
    firm.make(Promote("providers/openai", full=True))
    firm.make(Abort("policies/default"))
    assert set(firm.pins().values()) == {1}
    assert set(firm.pins("providers/openai").values()) == {2}


def test_one_rollout_at_a_time_unless_superseded(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two", plan="standard")
    firm.make(Promote())
    with pytest.raises(RefusedError, match="is being rolled out"):
        firm.publish("three", plan="standard")
    firm.publish("three", plan="standard", supersede=True)
    assert set(firm.pins().values()) == {1}
    firm.make(Promote(full=True))
    assert set(firm.pins().values()) == {3}


def test_a_hotfix_while_another_rollout_is_paused(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("p1", "providers/openai")
    firm.publish("two", plan="standard")
    firm.make(Pause(reason="errors"))
    firm.publish("p2", "providers/openai")
    with pytest.raises(RefusedError, match="paused: errors"):
        firm.make(Promote())
    firm.make(Retry())
    firm.make(Promote(full=True))
    assert set(firm.pins().values()) == {2}


def test_a_withdrawn_version_comes_back_only_with_again(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two")
    firm.make(Rollback(reason="refusals doubled"))
    with pytest.raises(RefusedError, match="refusals doubled"):
        firm.publish("two")
    with pytest.raises(UsageError, match="needs a reason"):
        firm.publish("two", again=True)
    firm.publish("two", again=True, reason="was the vendor")
    assert set(firm.pins().values()) == {2}


def test_a_rollback_without_a_name_again_rolls_back_nothing_else(firm: Company) -> None:
    firm.init()
    firm.publish("one", "providers/openai")
    firm.publish("one")
    firm.publish("two")
    assert firm.make(Rollback(reason="bad")).status == "released"
    again = firm.make(Rollback(reason="bad"))
    assert again.status == "unchanged" and "rolled back policies/default to @1" in again.why
    assert set(firm.pins("providers/openai").values()) == {1}
    assert firm.make(Rollback({"providers/openai": None}, reason="bad, too")).status == "released"


def test_rolling_back_a_rollback(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two")
    firm.make(Rollback(reason="oops"))
    firm.make(Rollback({"policies/default": 2}, reason="it was not that"))
    assert set(firm.pins().values()) == {2}
    assert firm.view().release.blocked == ()  # type: ignore[union-attr]


def test_rollback_to_a_release_for_some_tenants(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    there = firm.view().commit
    firm.publish("two")
    firm.publish("p1", "providers/openai")
    firm.make(Rollback(tenants=frozenset({"t003"}), to_commit=there, reason="t003 only"))
    assert firm.pins()["t003"] == 1 and firm.pins("providers/openai")["t003"] is None
    assert {n for t, n in firm.pins().items() if t != "t003"} == {2}
    firm.publish("three", plan="standard")
    firm.make(Promote(full=True))
    assert set(firm.pins().values()) == {3}, "a newer version reaches who was rolled back from an older one"


def test_a_tenant_rolled_back_from_a_running_rollout_is_not_reached_again(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two", plan="standard")
    firm.make(Promote())
    firm.make(Rollback(tenants=frozenset({"t001"}), reason="t001 complains"))
    firm.make(Promote(full=True))
    assert firm.pins()["t001"] == 1
    assert {n for t, n in firm.pins().items() if t != "t001"} == {2}


def test_rollback_takes_each_tenant_back_to_its_own(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two", selection=TenantSelector(tier=("gold",)))
    firm.publish("three")
    firm.make(Rollback(reason="bad"))
    pins = firm.pins()
    assert {pins[t] for t in pins if firm.tenants[t].tier == "gold"} == {2}
    assert {pins[t] for t in pins if firm.tenants[t].tier != "gold"} == {1}


def test_rollback_revokes_flags_that_came_after(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    flags = firm.commit("feature_flags/provider.yaml", "flags: {}\n")
    firm.publish("two")
    firm.make(Publish("flags", flags))
    firm.make(Rollback({"policies/default": None}, reason="bad"))
    assert set(firm.pins().values()) == {1} and set(firm.pins("flags").values()) == {None}


def test_promote_if_ready_waits(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two", plan="standard")
    firm.make(Promote())
    firm.make(Promote())
    assert firm.make(Promote(if_ready=True)).status == "unchanged"
    firm.clock.forward(hours=2)
    assert firm.make(Promote(if_ready=True)).status == "released"
    with pytest.raises(RefusedError, match="no rollout"):
        firm.make(Promote())


def test_tenants_come_and_go(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    firm.publish("two", plan="standard")
    firm.make(Promote())
    firm.make(Promote())
    firm.tenants = {**roster(40)}
    del firm.tenants["t005"]
    content = firm.commit("tenants/all.yaml", "tenants: [1]\n")
    made = firm.make(RosterChange(content))
    assert made.release is not None and made.release.tenants == 39
    pins, view = firm.pins(), firm.view()
    assert "t005" not in pins and view.folder("tombstones")
    new = {pins[t] for t in pins if int(t[1:]) >= 12}
    assert new == {1, 2}, "a new tenant below the running percentage gets the new version, the others the stable one"
    firm.make(Promote(full=True))
    assert set(firm.pins().values()) == {2}
    firm.tenants = {**roster(40)}
    firm.make(RosterChange(firm.commit("tenants/all.yaml", "tenants: [2]\n")))
    assert firm.pins()["t005"] == 2 and not firm.view().folder("tombstones")


def test_who_joined_since_is_rolled_back_with_everybody(firm: Company) -> None:
    """They never had anything else, and yet the withdrawn version is nobody's any more."""
    firm.init()
    firm.publish("one")
    seq = firm.publish("two").release.seq  # type: ignore[union-attr]
    firm.tenants = roster(14)
    firm.make(RosterChange(firm.commit("tenants/all.yaml", "tenants: [1]\n")))
    assert set(firm.pins().values()) == {2} and len(firm.pins()) == 14
    firm.make(Rollback({"policies/default": None}, reason="bad"))
    assert set(firm.pins().values()) == {1}
    firm.publish("three")
    firm.make(Rollback(to_commit=at_seq(firm.branch, firm.view().commit or "", seq), to_seq=seq, reason="bad, too"))
    assert set(firm.pins().values()) == {2}


def test_a_roster_that_loses_almost_everybody_is_refused(firm: Company) -> None:
    firm.init()
    firm.tenants = roster(2)
    content = firm.commit("tenants/all.yaml", "tenants: [1]\n")
    with pytest.raises(RefusedError, match="remove 10 of 12"):
        firm.make(RosterChange(content))
    assert firm.make(RosterChange(content, force=True, reason="sold")).status == "released"


def test_a_dry_run_writes_nothing(firm: Company) -> None:
    firm.init()
    content = firm.commit("routing-policies/default.yaml", "name: default\n")
    objects = run(firm.root, "count-objects", "-v")
    before = run(firm.remote or firm.root, "for-each-ref", "refs/heads/env", "refs/pxctl")
    plan = firm.make(Publish("policies/default", content), dry_run=True)
    assert plan.status == "planned" and len(plan.plan.moved) == 12
    assert run(firm.remote or firm.root, "for-each-ref", "refs/heads/env", "refs/pxctl") == before
    assert run(firm.root, "count-objects", "-v") == objects


def test_clock_behind_the_branch(firm: Company) -> None:
    firm.init()
    firm.clock.at = datetime(2026, 11, 1, 9, 58, tzinfo=UTC)
    made = firm.publish("one")
    assert made.release is not None and made.release.time > datetime(2026, 11, 1, 10, tzinfo=UTC)
    firm.clock.at = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    with pytest.raises(RefusedError, match="ahead of this machine's clock"):
        firm.publish("two")
    assert firm.make(Rollback({"policies/default": None}, reason="now"), skew_ok=True).status == "released"


def test_the_work_tree_the_index_and_head_are_left_alone(firm: Company) -> None:
    firm.init()
    (firm.root / "dirty.txt").write_text("mine")
    run(firm.root, "add", "dirty.txt")
    before = run(firm.root, "status", "--porcelain"), run(firm.root, "rev-parse", "HEAD")
    firm.commit("routing-policies/default.yaml", "name: default\n")
    run(firm.root, "reset", "-q", "--soft", before[1])
    state = run(firm.root, "status", "--porcelain")
    firm.make(SafeModeSwitch(True, reason="x"))
    assert run(firm.root, "status", "--porcelain") == state
    assert (firm.view().read(RELEASE) or b"").startswith(b"{")
