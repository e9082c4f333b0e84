"""Who waits how long: figures of a policy, on histories that are made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pxctl.model.release import Actor
from pxctl.release.contention import after_a_loss, after_a_win
from pxctl.release.objects import encode_commit, new_object
from pxctl.release.view import View
from tests.release.memory import MemoryStore

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def history(*releases: tuple[str, float]) -> View:
    """A branch of releases by whom, how many seconds ago; the oldest first."""
    store, tip = MemoryStore(), None
    for who, ago in releases:
        when = datetime.fromtimestamp(NOW.timestamp() - ago, UTC)
        made = new_object("commit", encode_commit("0" * 40, tip, (who, f"{who}@x"), when, "x"))
        store.objects[made.id] = (made.id, made.kind, made.data)
        tip = made.id
    return View(store, tip)


def longest(view: View, who: str = "ada") -> float:
    return max(after_a_win(view, Actor(name=who, email=f"{who}@x"), NOW) for _ in range(300))


@pytest.mark.parametrize(
    "releases",
    [
        (),
        (("ada", 1),),
        tuple(("ada", ago) for ago in (5, 4, 3, 2, 1)),
        tuple(("bob", ago) for ago in (5, 4, 3, 2, 1)),
        (("bob", 20), ("ada", 10)),
        (("bob", 5000), ("bob", 4000), ("ada", 1)),
    ],
    ids=["nothing yet", "once, alone", "a script of ours", "a script of theirs", "people taking turns", "long ago"],
)
def test_nobody_waits_where_nobody_else_is_waiting(releases: tuple[tuple[str, float], ...]) -> None:
    assert longest(history(*releases)) == 0


def test_who_has_won_among_others_lets_them_go_first() -> None:
    names = ["bob", "eve", "bob", "ada", "eve", "ada"]
    busy = history(*((who, len(names) - 1 - i) for i, who in enumerate(names)))
    assert 0.5 < longest(busy) <= 2.0, "two others, a release a second"
    assert 0.3 < longest(busy, "eve") <= 1.0, "one has gone since"
    assert longest(busy, "bob") == 0, "the others have had theirs"
    assert longest(busy, "dan") == 0, "a newcomer has not had a turn"


def test_the_wait_after_a_loss_grows_and_then_shrinks() -> None:
    bounds = [max(after_a_loss(attempt) for _ in range(500)) for attempt in (1, 2, 3, 8, 40)]
    assert all(got <= bound for got, bound in zip(bounds, (0.5, 1.0, 2.0, 1.0, 0.2), strict=True))
    assert bounds[0] < bounds[2] > bounds[3] > bounds[4]
