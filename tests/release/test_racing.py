"""Fault 2: many publishers at once on one remote: nothing lost, no gap, who was refused knows why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pxctl.release.audit import tip_problems
from tests.release.world import Company, company, run

WORKER = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from pxctl.core.clock import SystemClock
from pxctl.core.errors import PxctlError, RefusedError
from pxctl.model.release import Actor
from pxctl.release.publish import Content, Publish
from pxctl.release.engine import World, make
from tests.release.world import company, Company, STANDARD, roster
from pxctl.model.project import Project, Environment
from pxctl.model.tenant import TenantSelector

root, number, count, same = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "same"
firm = Company(root, None, roster(64), Project(environments={{"production": Environment()}}))
subject = "policies/default" if same else f"policies/p{{number}}"
who = TenantSelector(names=tuple(f"t{{i:03d}}" for i in range(number * 4, number * 4 + 4)))
blobs = json.loads((root / "blobs.json").read_text())
out = []
for turn in range(count):
    name = subject.rpartition("/")[2]
    content = Content({{name: blobs[number * count + turn]}}, None)
    began = time.monotonic()
    while True:
        try:
            actor = Actor(name=f"w{{number}}", email="w@x")
            world = World(firm.project, firm.tenants, SystemClock(), actor)
            made = make(firm.branch, Publish(subject, content, who, reason=f"{{number}}/{{turn}}"), world)
            out.append([made.status, made.commit, time.monotonic() - began, made.attempts])
            break
        except RefusedError as error:
            out.append(["refused", None, error.message, 0])
print(json.dumps(out))
"""


def clones(firm: Company, tmp_path: Path, publishers: int, releases: int) -> list[Path]:
    blobs = []
    for index in range(publishers * releases):
        data = f"name: default\ndescription: '{index}'\n".encode()
        blobs.append(run(firm.root, "hash-object", "-w", "--stdin", input=data))
    made = []
    for number in range(publishers):
        clone = tmp_path / f"clone{number}"
        run(tmp_path, "clone", "-q", str(firm.remote), str(clone))
        (clone / ".git/objects/info").mkdir(exist_ok=True)
        (clone / ".git/objects/info/alternates").write_text(str(firm.root / ".git/objects") + "\n")
        (clone / "blobs.json").write_text(json.dumps(blobs))
        made.append(clone)
    return made


def race(tmp_path: Path, publishers: int, releases: int, same: bool) -> str:
    firm = company(tmp_path, tenants=64, remote=True)
    firm.init()
    script = WORKER.format(tests=str(Path(__file__).resolve().parents[2]))
    began = time.monotonic()
    workers = []
    for number, clone in enumerate(clones(firm, tmp_path, publishers, releases)):
        command = [
            sys.executable,
            "-c",
            script,
            str(clone),
            str(number),
            str(releases),
            "same" if same else "different",
        ]
        env = {**os.environ, "XDG_CACHE_HOME": str(clone / ".cache")}  # as if each were on a host of its own
        workers.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env))
    answers = []
    for worker in workers:
        out, err = worker.communicate(timeout=3600)
        assert worker.returncode == 0, err.decode()[-2000:]
        answers.append(json.loads(out))
    seconds = time.monotonic() - began
    acknowledged = [a for mine in answers for a in mine if a[0] in ("released", "recovered")]
    refused = [a for mine in answers for a in mine if a[0] == "refused"]
    assert len({a[1] for a in acknowledged}) == publishers * releases, "each publisher got each of its releases"
    view, seqs, commits = firm.view(), [], set()
    while view.commit is not None and view.release is not None:
        assert tip_problems(view, "production") == []
        seqs.append(view.release.seq)
        commits.add(view.commit)
        parents = view.header.parents if view.header else ()
        view = view.at(parents[0]) if parents else type(view)(view.store, None)
    assert seqs == list(range(publishers * releases + 1, 0, -1)), "seq has a gap"
    assert {a[1] for a in acknowledged} <= commits, "an acknowledged release is not on the branch"
    reasons = ("stale plan", "is being rolled out", "others kept publishing")
    assert all(any(reason in a[2] for reason in reasons) for a in refused), refused[:3]
    pins = firm.view().pins()
    for number in range(publishers):
        subject = "policies/default" if same else f"policies/p{number}"
        mine = {pins[f"t{i:03d}"].get(subject) for i in range(number * 4, number * 4 + 4)}
        assert len(mine) == 1 and None not in mine, "the last release of each publisher is what its tenants have"
    firm.git.close()
    waited, tries = sorted(a[2] for a in acknowledged), [a[3] for a in acknowledged]
    told = [sum(reason in a[2] for a in refused) for reason in reasons]
    return (
        f"| {len(acknowledged)} | 0 | {told[0] + told[1]} | {told[2]} | {sum(tries)}, at most {max(tries)} "
        f"| {waited[len(waited) // 2]:.1f} s, at most {waited[-1]:.1f} s | {seconds:.0f} s |"
    )


@pytest.mark.parametrize("same", [False, True], ids=["different", "same"])
def test_four_publishers(tmp_path: Path, same: bool) -> None:
    race(tmp_path, 4, 3, same)


@pytest.mark.soak
@pytest.mark.parametrize("publishers", [8, 16])
@pytest.mark.parametrize("same", [False, True], ids=["different", "same"])
def test_many_publishers(tmp_path: Path, publishers: int, same: bool) -> None:
    subjects = "the same" if same else "different"
    print(f"\n| {publishers} x 25 | {subjects} {race(tmp_path, publishers, 25, same)}")
