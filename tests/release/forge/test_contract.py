"""What every forge must do, against a stand-in that is checked against the vendor's own description."""

from __future__ import annotations

import pytest

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.forge.base import Check, Forge, ForgeError, PullWish
from pxctl.release.forge.body import plan_of
from pxctl.release.forge.registry import kinds, open_forge
from pxctl.release.forge.reviews import count_reviews
from tests.release.forge.conftest import FAKES, Time
from tests.release.forge.fake import FakeGitHub, Fault

PATH = "releases/production/0001.yaml"
DIGEST = "sha256:" + "a" * 64


def wish(plan: str = "## plan\n12 tenants", **more: object) -> PullWish:
    return PullWish(head="pxctl/0001", base="main", title="publish default@12", plan=plan, **more)  # type: ignore[arg-type]


def branch(fake: FakeGitHub, commits: int = 1, author: str = "ada") -> None:
    for number in range(commits):
        fake.commit("pxctl/0001", {PATH: f"op: publish\n# {number}\n"}, f"request {number}", author)


def test_every_kind_has_a_stand_in() -> None:
    assert set(kinds()) == set(FAKES)


class TestForge:
    """The contract."""

    def test_opens_a_pull_request_with_the_plan_as_its_body(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        pull = forge.open_pull(wish(labels=("pxctl", "env: production")))
        assert (pull.number, pull.state, pull.head, pull.base) == (1, "open", "pxctl/0001", "main")
        assert plan_of(pull.body) == "## plan\n12 tenants"
        assert pull.labels == ("pxctl", "env: production")
        assert pull.head_commit == fake.tip("pxctl/0001")
        assert pull.author is not None
        assert pull.author.login == "ada"
        assert pull.merge_commit is None
        assert not pull.from_fork

    def test_opening_again_updates_and_keeps_what_people_wrote(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        first = forge.open_pull(wish())
        fake.pulls[1]["body"] = "Please look at the third row.\r\n\r\n" + first.body + "\r\n\r\nThanks!"
        again = forge.open_pull(wish("## plan\n13 tenants"))
        assert again.number == 1
        assert plan_of(again.body.replace("\r\n", "\n")) == "## plan\n13 tenants"
        assert again.body.startswith("Please look at the third row.")
        assert again.body.endswith("Thanks!")
        assert len(fake.pulls) == 1

    def test_opening_again_without_a_change_writes_nothing(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        forge.open_pull(wish(labels=("pxctl",)))
        fake.asked.clear()
        forge.open_pull(wish(labels=("pxctl",)))
        assert {method for method, _ in fake.asked} == {"GET"}

    @pytest.mark.parametrize("cut", ["before", "after"])
    def test_a_lost_answer_opens_no_second_one(self, fake: FakeGitHub, forge: Forge, cut: str) -> None:
        branch(fake)
        fake.faults.append(Fault(method="POST", cut=cut))
        assert forge.open_pull(wish()).number == 1
        assert len(fake.pulls) == 1

    def test_somebody_else_was_first(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        other = open_forge(project.Forge(url=fake.url, repository=fake.repository), Secret(fake.token))
        assert forge.find_pull("pxctl/0001") is None
        other.open_pull(wish())
        fake.asked.clear()
        assert forge.open_pull(wish("## newer")).number == 1
        other.close()

    def test_a_branch_that_is_not_there(self, fake: FakeGitHub, forge: Forge) -> None:
        with pytest.raises(ForgeError, match=r"422.*head invalid"):
            forge.open_pull(wish())

    def test_a_body_that_is_too_long_is_cut_with_a_note(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        pull = forge.open_pull(wish("```\n" + "a row of the plan\n" * 10_000 + "```"))
        assert len(pull.body) <= 65_536
        plan = plan_of(pull.body)
        assert plan is not None
        assert "The plan is cut here" in plan
        assert plan.count("```") == 2

    @pytest.mark.parametrize("how", ["squash", "rebase", "merge"])
    @pytest.mark.parametrize("lag", [False, True])
    def test_finds_the_request_of_a_merge(self, fake: FakeGitHub, forge: Forge, how: str, lag: bool) -> None:
        branch(fake, commits=3)
        forge.open_pull(wish())
        fake.commit("main", {"other": "x"}, "meanwhile")
        head = fake.tip("pxctl/0001")
        merged = fake.merge(1, how)
        fake.index_lags = lag
        pull = forge.merged_with(merged, "main")
        assert pull is not None
        assert (pull.number, pull.state, pull.merge_commit, pull.head_commit) == (1, "merged", merged, head)
        assert pull.merged_by is not None
        assert pull.merged_by.login == "carol"

    def test_finds_it_by_every_commit_of_a_rebase(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake, commits=3)
        forge.open_pull(wish())
        fake.merge(1, "rebase")
        assert len(fake.came_with) == 3
        for commit in fake.came_with:
            pull = forge.merged_with(commit, "main")
            assert pull is not None
            assert pull.number == 1

    def test_a_commit_that_came_without_a_request(self, fake: FakeGitHub, forge: Forge) -> None:
        direct = fake.commit("main", {PATH: "by hand"}, "direct")
        assert forge.merged_with(direct, "main") is None
        assert forge.merged_with("f" * 40, "main") is None

    def test_an_open_request_and_another_base_are_no_merge(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        forge.open_pull(wish())
        head = fake.tip("pxctl/0001")
        assert head is not None
        assert forge.merged_with(head, "main") is None
        merged = fake.merge(1, "squash")
        assert forge.merged_with(merged, "release") is None

    def test_all_pages_are_read(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake, commits=5)
        forge.open_pull(wish())
        for number in range(7):
            fake.review(1, f"reviewer-{number}")
        fake.page_cap = 2
        assert [r.author.login for r in forge.reviews(1) if r.author] == [f"reviewer-{n}" for n in range(7)]
        assert len(forge.commits(1)) == 5

    def test_reviews_commits_and_files_are_enough_to_count_approvals(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        forge.open_pull(wish())
        fake.review(1, "bob")  # for a head that is pushed over
        fake.user("dan")
        branch(fake, author="dan")
        fake.review(1, "carol")
        fake.review(1, "dan")
        fake.user("helper[bot]", "Bot")
        fake.review(1, "helper[bot]")
        fake.review(1, "eve", association="NONE")
        fake.review(1, "ada")
        fake.review(1, "")
        fake.review(1, "frank")["state"] = "DISMISSED"
        merged = fake.merge(1, "squash")
        pull = forge.merged_with(merged, "main")
        assert pull is not None
        counted = count_reviews(pull, forge.reviews(1), forge.commits(1), DIGEST)
        assert [(a.principal, a.head, a.by) for a in counted.approvals] == [("carol", pull.head_commit, "forge")]
        assert {i.login for i in counted.ignored} == {
            "bob", "dan", "helper[bot]", "eve", "ada", "(nobody)", "frank",
        }  # fmt: skip
        assert forge.blob_at(pull.head_commit, PATH) == forge.blob_at(merged, PATH) is not None
        assert forge.blob_at(merged, "releases/production") is None
        assert forge.blob_at(merged, "releases/none.yaml") is None

    def test_checks_are_set_once(self, fake: FakeGitHub, forge: Forge) -> None:
        commit = fake.tip("main")
        assert commit
        long = "a description that is far too long for a forge " * 5
        for state in ("pending", "pending", "success"):
            forge.set_check(commit, Check("pxctl/gates", state, long))  # type: ignore[arg-type]
        forge.set_check(commit, Check("pxctl/apply", "failure", url="https://ci.example.test/1"))
        assert len(fake.statuses[commit]) == 3
        found = {check.context: check for check in forge.checks(commit)}
        assert found["pxctl/gates"].state == "success"
        assert len(found["pxctl/gates"].description) <= 140
        assert found["pxctl/apply"] == Check("pxctl/apply", "failure", "", "https://ci.example.test/1")

    def test_protection(self, fake: FakeGitHub, forge: Forge) -> None:
        assert forge.protection("main").reviews_required is None
        parameters = {
            "required_approving_review_count": 2, "dismiss_stale_reviews_on_push": True,
            "require_last_push_approval": True, "require_code_owner_review": False,
            "required_review_thread_resolution": False,
        }  # fmt: skip
        source = {"ruleset_source_type": "Repository", "ruleset_source": "acme/config", "ruleset_id": 1}
        fake.rules = [
            {"type": "pull_request", "parameters": parameters, **source},
            {"type": "non_fast_forward", **source},
        ]
        found = forge.protection("main")
        assert (found.reviews_required, found.dismisses_stale, found.last_push_needs_approval) == (2, True, True)
        assert found.force_push_allowed is False

    # when things go wrong

    def test_a_wrong_token(self, fake: FakeGitHub, forge: Forge) -> None:
        fake.token = "another"
        with pytest.raises(ForgeError) as caught:
            forge.find_pull("x")
        assert caught.value.status == 401
        assert caught.value.hint is not None
        assert "credential_ref" in caught.value.hint
        assert "ghp_" not in f"{caught.value!r}{caught.value}{caught.value.hint}"

    def test_a_missing_permission_is_named(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        wanted = {"x-accepted-github-permissions": "pull_requests=write"}
        fake.faults.append(Fault(403, wanted, {"message": "Resource not accessible by integration"}, method="POST"))
        with pytest.raises(ForgeError, match="403, Resource not accessible by integration") as caught:
            forge.open_pull(wish())
        assert caught.value.hint == "the token lacks a permission: pull_requests=write"

    def test_a_repository_that_is_not_there(self, fake: FakeGitHub) -> None:
        other = open_forge(project.Forge(url=fake.url, repository="acme/other"), Secret(fake.token))
        with pytest.raises(ForgeError, match="404") as caught:
            other.pull(1)
        assert "forge.repository" in (caught.value.hint or "")
        other.close()

    def test_trouble_is_retried_with_jitter(self, fake: FakeGitHub, forge: Forge, time: Time) -> None:
        branch(fake)
        fake.faults = [Fault(502), Fault(503), Fault(500), Fault(cut="before")]
        forge.open_pull(wish())
        assert len(time.slept) == 4
        assert len(set(time.slept)) == 4
        assert all(0 <= s <= 8 for s in time.slept)

    def test_trouble_that_does_not_end_is_an_error(self, fake: FakeGitHub, forge: Forge) -> None:
        fake.faults = [Fault(503)] * 20
        with pytest.raises(ForgeError, match="503") as caught:
            forge.pull(1)
        assert caught.value.status == 503
        fake.faults.clear()

    @pytest.mark.parametrize(
        "headers", [{"retry-after": "7"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000007"}]
    )
    @pytest.mark.parametrize("status", [403, 429])
    def test_rate_limits_are_waited_for(
        self, fake: FakeGitHub, forge: Forge, time: Time, headers: dict[str, str], status: int
    ) -> None:
        fake.faults = [Fault(status, headers, {"message": "API rate limit exceeded"})]
        assert forge.find_pull("x") is None
        assert 7 <= time.slept[0] <= 9

    def test_a_rate_limit_beyond_patience_says_until_when(self, fake: FakeGitHub, forge: Forge, time: Time) -> None:
        fake.faults = [Fault(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1002000"})]
        with pytest.raises(ForgeError, match=r"no requests left for this token for 200[01] s"):
            forge.find_pull("x")
        assert time.slept == []

    def test_the_token_follows_no_redirect_and_no_link_to_another_host(self, fake: FakeGitHub, forge: Forge) -> None:
        fake.faults = [Fault(301, {"location": "http://127.0.0.2:9/steal"})]
        with pytest.raises(ForgeError, match=r"another host, `127\.0\.0\.2`"):
            forge.pull(1)
        branch(fake, commits=3)
        forge.open_pull(wish())
        fake.page_cap, fake.next_host = 2, "http://127.0.0.2:9"
        with pytest.raises(ForgeError, match="another host"):
            forge.commits(1)

    def test_a_renamed_repository_is_followed_within_the_host(self, fake: FakeGitHub, forge: Forge) -> None:
        branch(fake)
        forge.open_pull(wish())
        fake.faults = [Fault(301, {"location": f"{fake.url}/repos/acme/config/pulls/1"})]
        assert forge.pull(1).number == 1

    def test_an_answer_that_is_no_json(self, fake: FakeGitHub, forge: Forge) -> None:
        fake.faults = [Fault(200, {"content-type": "text/html"}, "<html>")]
        with pytest.raises(ForgeError, match="pull request without"):
            forge.pull(1)


def test_a_token_is_not_sent_in_clear() -> None:
    with pytest.raises(ConfigError, match="https"):
        open_forge(project.Forge(url="http://git.example.test", repository="a/b"), Secret("0123456789"))


@pytest.mark.parametrize("repository", ["a", "a/b/c", "../x", "a/..", "a b/c", "a/b?x"])
def test_names_that_are_no_repository(repository: str) -> None:
    with pytest.raises(ConfigError):
        open_forge(project.Forge(repository=repository), None)


def test_an_unknown_kind() -> None:
    with pytest.raises(ConfigError, match="no kind `sourcehut`"):
        open_forge(project.Forge(kind="sourcehut", repository="a/b"), None)
