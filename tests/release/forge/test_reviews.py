"""Which reviews count, purely; and the body of a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.model.release import Principal, Signers
from pxctl.release.forge.base import Person, Pull, PullCommit, Review
from pxctl.release.forge.body import BEGIN, END, plan_of, with_plan
from pxctl.release.forge.github_values import commit as read_commit
from pxctl.release.forge.reviews import by_signers, count_reviews

HEAD, OLD, DIGEST = "a" * 40, "b" * 40, "sha256:" + "d" * 64
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PULL = Pull(1, "", "t", "", "merged", False, Person("ada"), "b", HEAD, "main", False)
WRITTEN = [PullCommit(HEAD, (Person("dan"), Person("erin")))]


def review(login: str | None, state: str = "approved", commit: str | None = HEAD, **more: object) -> Review:
    author = None if login is None else Person(login, bot=login.endswith("[bot]"))
    return replace(Review("7", author, state, commit, AT, True), **more)  # type: ignore[arg-type]


def who(*reviews: Review, signers: Signers | None = None) -> tuple[str, ...]:
    counted = count_reviews(PULL, reviews, WRITTEN, DIGEST, by_signers(signers) if signers else None)
    return tuple(a.principal for a in counted.approvals)


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        (review("bob", commit=OLD), "it was given for bbbbbbbbbbbb, not for aaaaaaaaaaaa"),
        (review("bob", commit=None), "it was given for no commit"),
        (review("bob", "dismissed"), "it was dismissed"),
        (review("bob", "changes_requested"), "it asks for changes"),
        (review("helper[bot]"), "a bot does not approve"),
        (review("ADA"), "who opened the request does not approve it"),
        (review("Dan"), "who wrote a commit of the request does not approve it"),
        (review("erin"), "who wrote a commit of the request does not approve it"),
        (review("bob", trusted=False), "its author may not write to the repository"),
        (review(None), "the account is gone"),
    ],
)
def test_reviews_that_do_not_count_say_why(given_: Review, why: str) -> None:
    counted = count_reviews(PULL, [given_], WRITTEN, DIGEST)
    assert counted.approvals == ()
    assert [i.why.startswith(why) for i in counted.ignored] == [True]


def test_the_last_review_that_decides_something_is_the_one() -> None:
    yes, no, remark = review("bob"), review("bob", "changes_requested"), review("bob", "commented")
    assert who(yes, remark) == ("bob",)
    assert who(no, yes) == ("bob",)
    assert who(yes, no) == ()
    assert who(yes, review("bob", "dismissed")) == ()


def test_an_approval_of_an_older_head_takes_back_the_newer_one_of_nobody() -> None:
    assert who(review("bob", commit=OLD), review("bob")) == ("bob",)
    assert who(review("bob"), review("Bob")) == ("Bob",)


def test_people_are_counted_not_logins() -> None:
    signers = Signers(signers=(
        Principal(principal="bob@acme", forge="bob"),
        Principal(principal="carol@acme", forge="Carol", may=("publish",)),
        Principal(principal="robot", forge="robot", bot=True),
    ))  # fmt: skip
    assert who(review("BOB"), review("carol"), review("robot"), review("zed"), signers=signers) == ("bob@acme",)


def test_writers_are_authors_committers_and_co_authors_but_not_the_forge_itself() -> None:
    message = "x\n\nCo-authored-by: Fay <123+fay@users.noreply.github.com>\nCo-authored-by: G <g@example.test>"
    found = read_commit(
        {"sha": HEAD, "author": {"login": "dan"}, "committer": {"login": "web-flow"}, "commit": {"message": message}}
    )
    assert found.writers == (Person("dan"), Person("fay"))
    assert read_commit({"sha": HEAD, "author": None, "committer": None, "commit": {"message": ""}}).writers == ()


@given(st.lists(st.sampled_from(["approved", "changes_requested", "commented", "dismissed"]), max_size=6))
def test_a_review_never_raises_the_count_after_a_refusal(states: list[str]) -> None:
    deciding = [s for s in states if s != "commented"]
    assert who(*(review("bob", s) for s in states)) == (("bob",) if deciding and deciding[-1] == "approved" else ())


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_the_plan_is_found_again_and_the_rest_stays(before: str, after: str, plan: str) -> None:
    before, after = (t.replace(BEGIN, "").replace(END, "") for t in (before, after))
    body = f"{before}{BEGIN}\nold\n{END}{after}"
    made = with_plan(body, plan, 10_000)
    assert made.startswith(before + BEGIN)
    assert made.endswith(END + after)
    assert plan_of(made) == plan.replace(BEGIN, "<!-- -->").replace(END, "<!-- -->").strip("\n")
    assert with_plan(made, plan, 10_000) == made


def test_a_plan_cannot_end_its_own_part() -> None:
    made = with_plan("", f"a\n{END}\nb", 10_000)
    assert made.count(END) == 1
    assert "b" in (plan_of(made) or "")


@given(st.integers(500, 3000), st.text(min_size=0, max_size=4000))
def test_a_long_plan_fits(limit: int, plan: str) -> None:
    made = with_plan("", plan, limit)
    assert len(made) <= limit
    assert plan_of(made) is not None
