"""Where users of other systems were burned by their releases; each name is an issue. The list: docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pxctl.core.bucketing import bucket
from pxctl.core.errors import RefusedError
from pxctl.model.release import Signers
from pxctl.model.tenant import TenantSelector
from pxctl.release.audit import tip_problems
from pxctl.release.branch import Branch
from pxctl.release.engine import Terms, make
from pxctl.release.git import SETTINGS
from pxctl.release.publish import Publish
from pxctl.release.steps import Promote
from tests.release.test_verbs import Say, commit, edit, repository, say  # noqa: F401 - say is a fixture
from tests.release.world import Company, company, make_key, principal, run


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Company]:
    made = company(tmp_path, remote=True)
    made.init()
    made.publish("one")
    yield made
    made.git.close()


def racing(firm: Company, meanwhile: object) -> Branch:
    """The branch as another host sees it, where something happens just before the first push."""

    class Late(Branch):
        def advance(self, old: str | None, new: str) -> object:  # type: ignore[override]
            if not getattr(self, "raced", False):
                self.raced = True
                meanwhile()  # type: ignore[operator]
            return super().advance(old, new)

    plain = firm.branch
    late = Late(plain.git, plain.environment, plain.name, plain.remote)
    late.__dict__["record"] = Path(f"{plain.record}.elsewhere")
    return late


def test_argo_cd_24179_a_release_touches_nobody_elses_files(firm: Company) -> None:
    before = {
        line.split("\t")[1]: line for line in run(firm.root, "ls-tree", "-r", firm.view().commit or "").splitlines()
    }
    made = firm.publish("two", selection=TenantSelector(names=("t003",)))
    after = {line.split("\t")[1]: line for line in run(firm.root, "ls-tree", "-r", made.commit or "").splitlines()}
    changed = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
    own = {p for p in changed if p.startswith("tenants/")}
    assert len(own) == 1 and own.pop().endswith("/t003.yaml")
    assert {p for p in changed if not p.startswith("tenants/")} == {"RELEASE.json", "versions/policies/default@2.yaml"}


def test_argo_cd_25190_released_is_only_said_of_what_is_on_the_branch(firm: Company) -> None:
    content = firm.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    late = racing(firm, lambda: firm.publish("p1", "providers/openai", selection=TenantSelector(names=("t011",))))
    made = make(late, Publish("policies/default", content, TenantSelector(names=("t001",))), firm.world())
    line = run(firm.remote or firm.root, "rev-list", "env/production").splitlines()
    assert made.status == "released" and made.commit == line[0] and len(line) == 4


def test_argo_cd_25694_nothing_to_do_forgets_nothing(firm: Company) -> None:
    tip = firm.view().commit
    source = firm.view().release.source  # type: ignore[union-attr]
    same = firm.commit("routing-policies/default.yaml", (firm.root / "routing-policies/default.yaml").read_text())
    again = firm.make(Publish("policies/default", same))
    assert again.status == "unchanged" and firm.view().commit == tip
    assert again.release is not None and again.release.source == source


def test_atlantis_6529_a_merged_request_is_applied_or_said(tmp_path: Path, say: Say) -> None:  # noqa: F811
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    say("publish", "--env", "production", "--policy", "default", "--request")
    path = root / "releases/production/0001-default-2.yaml"
    path.write_text(path.read_text() + "tenantz: everyone\n")
    commit(root, "a request with a typo")
    code, _, err = say("apply", "--env", "production")
    assert code == 1 and "0001-default-2.yaml" in err
    path.rename(path.with_suffix(".yml"))
    commit(root, "a request that nobody reads")
    code, out, err = say("apply", "--env", "production")
    assert code != 0, out + err


@pytest.mark.parametrize("issue", ["atlantis-1624", "atlantis-1122", "atlantis-2084"])
def test_atlantis_1624_1122_2084_an_old_plan_does_not_undo_what_came_after(firm: Company, issue: str) -> None:
    old = firm.commit("routing-policies/default.yaml", "name: default\ndescription: old\n")
    planned = firm.make(Publish("policies/default", old), dry_run=True).plan
    firm.publish("newer")
    with pytest.raises(RefusedError, match="stale plan"):
        firm.make(Publish("policies/default", old), Terms(digest=planned.digest))
    assert set(firm.pins().values()) == {2}


def test_octodns_checksum_a_digest_that_differs_is_refused_without_any_setting(firm: Company) -> None:
    content = firm.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    with pytest.raises(RefusedError, match="stale plan"):
        firm.make(Publish("policies/default", content), Terms(digest="sha256:" + "de" * 32))
    assert set(firm.pins().values()) == {1}


def test_growthbook_flutter_134_buckets_are_pinned_numbers() -> None:
    found = [bucket("rollout/production/policies/default@12", t) for t in ("acme", "globex", "initech", "umbrella")]
    assert found == [7760, 8775, 5844, 3067], (
        "whoever changes these moves tenants: give the algorithm a new name instead"
    )


def test_unleash_node_sdk_533_rollouts_and_experiments_are_not_correlated() -> None:
    tenants = [f"tenant-{i}" for i in range(4000)]
    early = {t for t in tenants if bucket("rollout/production/policies/default@2", t) < 2500}
    treated = {t for t in tenants if bucket("experiment/default/share", t) < 2500}
    assert abs(len(early & treated) / len(early) - 0.25) < 0.04


def test_kargo_3923_a_lost_race_does_not_get_stuck(firm: Company) -> None:
    content = firm.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    late = racing(firm, lambda: firm.publish("p", "providers/openai", selection=TenantSelector(names=("t011",))))
    made = make(late, Publish("policies/default", content, TenantSelector(names=("t001",))), firm.world())
    assert made.status == "released" and made.attempts == 2


def test_etcd_14370_objects_and_references_are_synced_before_a_release_counts() -> None:
    wanted = next(s for s in SETTINGS if s.startswith("core.fsync="))
    assert {"committed", "reference"} <= set(wanted.partition("=")[2].split(","))


def test_kargo_rebase_signatures_are_made_anew_not_carried_over(tmp_path: Path) -> None:
    firm = company(tmp_path, remote=True)
    firm.key = make_key(tmp_path, "ada")
    firm.init(Signers(signers=(principal("ada", firm.key),)))
    firm.publish("one", plan="standard")
    late = racing(firm, lambda: firm.publish("p", "providers/openai", selection=TenantSelector(names=("t011",))))
    made = make(late, Promote("policies/default"), firm.world())
    assert made.status == "released" and made.attempts == 2
    assert tip_problems(firm.view(), "production") == []
    firm.git.close()
