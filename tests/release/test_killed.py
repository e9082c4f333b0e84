"""Fault 1: whatever is killed, wherever, the branch is at a release, and the next command goes through."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pxctl.release.publish import Content, Publish
from pxctl.release.rollback import Rollback
from pxctl.release.steps import Promote
from tests.release.killpoints import Change, Tally, enumerate_points, judge
from tests.release.world import Company, company, policy

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

CHANGES: dict[str, Change] = {
    "publish": lambda firm: Publish("policies/default", _content(firm), plan="standard"),
    "promote": lambda firm: Promote("policies/default", full=True, from_step=0),
    "rollback": lambda firm: Rollback({"policies/default": 1}, reason="bad"),
}


def _content(firm: Company) -> Content:
    return firm.__dict__["next"] if "next" in firm.__dict__ else Content({"default": NEXT[0]}, NEXT[1])


NEXT = ("", "")


def prepared(folder: Path, remote: bool, change: str) -> Company:
    global NEXT
    firm = company(folder, remote=remote)
    firm.init()
    firm.publish("one")
    content = firm.commit("routing-policies/default.yaml", policy("two"))
    NEXT = (content.files["default"], content.source or "")
    if change != "publish":
        firm.make(Publish("policies/default", content, plan="standard"))
    if change == "rollback":
        firm.make(Promote(full=True))
    return firm


def run_all(tmp_path: Path, change: str, remote: bool, every: int) -> Tally:
    tally = Tally()
    home = tmp_path / "home"
    home.mkdir()
    firm = prepared(home, remote, change)
    scratch = tmp_path / "scratch"
    points = enumerate_points(firm, CHANGES[change], scratch)
    for point in points[::every]:
        judge(firm, CHANGES[change], point, scratch, tally)
    firm.git.close()
    return tally


def _sound(tally: Tally) -> None:
    assert tally.torn == [] and tally.fsck == [] and tally.stuck == []
    assert tally.retries <= tally.points


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_killed_at_some_points(tmp_path: Path, change: str, remote: bool) -> None:
    _sound(run_all(tmp_path, change, remote, every=23 if remote else 11))


@pytest.mark.soak
def test_killed_at_every_point(tmp_path: Path) -> None:
    total = 0
    print("\n| command | branch | points | old release | new one | torn | fsck | stale locks | second tries |")
    for change in sorted(CHANGES):
        for remote in (False, True):
            folder = tmp_path / f"{change}-{remote}"
            folder.mkdir()
            tally = run_all(folder, change, remote, every=int(os.environ.get("KILL_EVERY", "1")))
            _sound(tally)
            total += tally.points
            kind = "pushed" if remote else "local"
            print(f"| {change} | {kind} | {tally.points} | {tally.old} | {tally.new} | {len(tally.torn)} "
                  f"| {len(tally.fsck)} | {tally.locks} | {tally.retries} |")  # fmt: skip
    print(f"{total} points")
    assert total >= 200 or "KILL_EVERY" in os.environ
