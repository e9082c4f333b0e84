"""Publish, roll back and look up on an environment branch, against bare `git fast-import` in the same run.

Cpu milliseconds (user and system, ours and our git processes'), medians of interleaved rounds; ours from a process
that is running already. Wall times on a shared machine say more about the neighbours. Writes are synced.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pxctl.core.clock import FixedClock
from pxctl.model.project import Environment, Project
from pxctl.model.release import Actor, Principal, Signers
from pxctl.model.tenant import Tenant, TenantSelector
from pxctl.release.branch import Branch, open_branch
from pxctl.release.engine import World, make
from pxctl.release.git import Git
from pxctl.release.history import at_time
from pxctl.release.publish import Content, Publish
from pxctl.release.rollback import Rollback
from pxctl.release.roster import Init
from pxctl.release.sign import SigningKey, key_from_file
from pxctl.release.verify import Verification
from pxctl.release.view import tenant_path

PROJECT = Project(environments={"production": Environment()})
RUNS = 5


def cpu() -> tuple[float, float]:
    """Cpu milliseconds so far: of this process, and of its ended children."""
    mine, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (mine.ru_utime + mine.ru_stime), 1000 * (below.ru_utime + below.ru_stime)


class Bench:
    """One repository with one environment of so many tenants; every tenth of them is of tier `gold`."""

    def __init__(self, folder: Path, tenants: int, key: SigningKey | None = None) -> None:
        self.key = key
        self.root = Path(tempfile.mkdtemp(dir=folder))
        self.run("init", "-q", "-b", "main")
        self.run("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
        self.roster = {
            f"tenant-{i:06d}": Tenant(
                id=f"tenant-{i:06d}", tier="gold" if i % 10 == 0 else "free", business_line="b", region="eu",
                privacy_max="internal",
            )
            for i in range(tenants)
        }  # fmt: skip
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.count = 0
        who = (Principal(principal="a", keys=(key.public,)),) if key is not None else ()
        make(self.branch(), Init(self.content("roster"), signers=Signers(signers=who)), self.world())

    def run(self, *args: str, data: bytes | None = None) -> str:
        return subprocess.run(
            ["git", *args], cwd=self.root, input=data, check=True, capture_output=True
        ).stdout.decode()

    def branch(self) -> Branch:
        return open_branch(Git(self.root), "production", PROJECT.state)

    def world(self) -> World:
        self.now += timedelta(minutes=1)
        return World(PROJECT, self.roster, FixedClock(self.now), Actor(name="a", email="a@b"), self.key)

    def content(self, stem: str = "default") -> Content:
        self.count += 1
        blob = self.run("hash-object", "-w", "--stdin", data=f"name: default\ndescription: '{self.count}'\n".encode())
        return Content({stem: blob.strip()}, "c" * 40)  # a commit of main that is not here

    def publish(self, selection: str | TenantSelector) -> tuple[float, float]:
        content = self.content()
        return self.timed(lambda b: make(b, Publish("policies/default", content, selection), self.world()))  # type: ignore[arg-type]

    def rollback(self) -> tuple[float, float]:
        return self.timed(lambda b: make(b, Rollback({"policies/default": None}, reason="r"), self.world()))

    def timed(self, what: Callable[[Branch], object]) -> tuple[float, float]:
        """Cpu milliseconds in all, and those of git."""
        branch = self.branch()
        before = cpu()
        what(branch)
        branch.git.close()
        mine, git = (after - start for after, start in zip(cpu(), before, strict=True))
        return mine + git, git

    def fast_import(self, tenants: list[str]) -> float:
        """The same number of files with a shared blob, on a branch of their own, by bare fast-import."""
        self.count += 1
        lines = [b"blob\nmark :1\ndata 20\n" + f"policies: {self.count:09d}\n".encode() + b"\n",
                 b"commit refs/heads/peer\ncommitter a <a@b> 1767225600 +0000\ndata 1\nx\n"]  # fmt: skip
        if self.run("for-each-ref", "refs/heads/peer"):
            lines.append(b"from refs/heads/peer^0\n")
        lines += [f"M 100644 :1 {tenant_path(t)}\n".encode() for t in tenants]
        stream = b"".join(lines)
        before = cpu()
        self.run("fast-import", "--quiet", "--force", data=stream)
        return cpu()[1] - before[1]


def row(name: str, values: list[float], peer: list[float] | None = None) -> None:
    ratio = f"{statistics.median(values) / statistics.median(peer):.2f}" if peer else ""
    print(f"| {name} | {statistics.median(values):.0f} | {ratio} |")


def publishing(folder: Path) -> None:
    """1,000 of 10,000 tenants, against fast-import; then everybody back."""
    bench = Bench(folder, 10_000)
    gold = sorted(t for t, who in bench.roster.items() if who.tier == "gold")
    bench.fast_import(sorted(bench.roster))
    bench.publish("everyone")
    ours, peer, back, git = [], [], [], []
    for _ in range(RUNS):
        peer.append(bench.fast_import(gold))
        ours.append(bench.publish(TenantSelector(tier=("gold",)))[0])
        bench.publish("everyone")
        whole, in_git = bench.rollback()
        back.append(whole)
        git.append(in_git)
    print("| 10,000 tenants | cpu ms | ratio to fast-import |\n|---|---|---|")
    row("git fast-import, 1,000 files", peer)
    row("publish to 1,000", ours, peer)
    row("roll back 10,000: all", back)
    row("roll back 10,000: git's share", git)


def growth(folder: Path) -> None:
    """The same changes with 1,000, 10,000 and 100,000 tenants around."""
    print("\n| tenants | publish to 1,000 of them, cpu ms | to 10 | roll back one |\n|---|---|---|---|")
    for tenants in (1_000, 10_000, 100_000):
        bench = Bench(folder, tenants)
        bench.publish("everyone")
        names = sorted(bench.roster)
        many = TenantSelector(names=tuple(names[:: tenants // 1000]))
        few = TenantSelector(names=tuple(names[:10]))
        figures = []
        for selection in (many, few):
            figures.append(statistics.median(bench.publish(selection)[0] for _ in range(RUNS)))
        one = frozenset({names[0]})
        backs = []
        for number in range(RUNS):
            wish = Rollback({"policies/default": 1 + number % 2}, one, reason="r")
            world = bench.world()
            backs.append(bench.timed(lambda b, w=wish, x=world: make(b, w, x))[0])  # type: ignore[misc]
        print(f"| {tenants:,} | {figures[0]:.0f} | {figures[1]:.0f} | {statistics.median(backs):.0f} |")


def history(folder: Path) -> None:
    """Over 1,000 signed releases, with a fresh git each time: what was live at a time, the next one, all verified."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")]
    subprocess.run(command, check=True)
    bench = Bench(folder, 200, key_from_file(folder / "key"))
    for _ in range(999):
        bench.publish(TenantSelector(tier=("gold",)))
    tip = bench.branch().tip() or ""
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m) for m in (5, 250, 500, 750, 999)]

    def look(branch: Branch, moment: datetime) -> object:
        return branch.view(at_time(branch, tip, moment)).pins(["tenant-000007"])

    def verify(branch: Branch) -> None:
        report = Verification(branch, bench.now, timedelta(days=14)).walk(tip)
        assert (report.releases, report.signed, report.problems) == (1000, 1000, ())

    took = [bench.timed(lambda b, m=m: look(b, m))[0] for m in moments]  # type: ignore[misc]
    walks, began = [bench.timed(verify) for _ in range(3)], time.monotonic()
    bench.timed(verify)
    seconds = time.monotonic() - began
    late = [bench.publish(TenantSelector(tier=("gold",)))[0] for _ in range(RUNS)]
    print("\n| over 1,000 signed releases | cpu ms |\n|---|---|")
    print(f"| who had what at a time, cold (slowest of {len(took)}) | {max(took):.0f} |")
    print(f"| the next publish, signed | {statistics.median(late):.0f} |")
    print(f"| audit verify of all | {statistics.median(w for w, _ in walks):.0f} |")
    print(f"| audit verify of all: git's and ssh-keygen's share | {statistics.median(g for _, g in walks):.0f} |")
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"\naudit verify took {seconds:.1f} s by the clock, on {os.cpu_count()} cores with load {load}")


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        publishing(folder)
        growth(folder)
        history(folder)


if __name__ == "__main__":
    main()
