"""Fault 1: whatever is killed, wherever, the branch is at a release, and the next command goes through."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from tests.release.killpoints import COMMANDS, Deaths, Tally, judge, scene
from tests.release.tracer import available

pytestmark = pytest.mark.skipif(not available(), reason="needs ptrace and seccomp of Linux")

DEATHS: dict[str, tuple[Deaths, ...]] = {
    "local": ("everything", "that process alone"),
    "pushed": ("everything", "the publisher's host", "that process alone"),
}


@pytest.mark.parametrize("branch", DEATHS)
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_some_points(tmp_path: Path, command: str, branch: str) -> None:
    there = scene(tmp_path, command, branch == "pushed")
    tally = Tally()
    for number, deaths in enumerate(DEATHS[branch]):
        step = len(there.calls) // 2 + 1
        for point in range(number * step // 3, len(there.calls), step):
            judge(there, point, deaths, tally)
    judge(there, len(there.calls) - 1, "that process alone", tally)
    assert tally.wrong == [] and tally.points >= 4


@pytest.mark.soak
@pytest.mark.parametrize("branch", DEATHS)
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_every_point(tmp_path: Path, command: str, branch: str) -> None:
    there, wrong = scene(tmp_path, command, branch == "pushed"), list[str]()
    assert len(there.calls) >= 10, "a run without points shows nothing"
    for deaths in DEATHS[branch]:
        tally = Tally()
        for point in range(0, len(there.calls), int(os.environ.get("KILL_EVERY", "1"))):
            judge(there, point, deaths, tally)
        print(
            f"\n| {command} | {branch} | {deaths} | {tally.points} | {tally.old} | {tally.new} "
            f"| {tally.locks} | {tally.retries} | {len(tally.wrong)} |",
            flush=True,
        )
        wrong += tally.wrong
    assert wrong == []


@pytest.mark.soak
def test_every_point_is_more_than_two_hundred(tmp_path: Path) -> None:
    points = 0
    for number, (command, branch) in enumerate(itertools.product(COMMANDS, DEATHS)):
        points += len(scene(tmp_path / str(number), command, branch == "pushed").calls) * len(DEATHS[branch])
    print(f"\n{points:,} points")
    assert points >= 200
