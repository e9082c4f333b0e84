"""A small company to release to: real repositories, a roster, a project, a clock that the test moves."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pxctl.core.clock import to_text
from pxctl.model.project import Environment, Project, RolloutPlan
from pxctl.model.release import Actor, Principal, Signers
from pxctl.model.tenant import Tenant
from pxctl.release.branch import Branch, open_branch
from pxctl.release.engine import NO_TERMS, Outcome, Terms, World, make
from pxctl.release.git import Git
from pxctl.release.publish import Content, Publish
from pxctl.release.roster import Init
from pxctl.release.sign import SigningKey, key_from_file
from pxctl.release.view import View

TIERS = ("gold", "silver", "free")
STANDARD = RolloutPlan.model_validate({
    "steps": [{"dark": True}, {"canary": {"names": ["t000", "t001"]}}, {"percent": 25, "wait": "1h"}, {"full": True}]
})  # fmt: skip


class TestClock:
    __test__ = False

    def __init__(self, at: datetime = datetime(2026, 11, 1, 10, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


def roster(count: int) -> dict[str, Tenant]:
    """`t000`, `t001`, ... in three tiers and two business lines."""
    return {
        f"t{i:03d}": Tenant(
            id=f"t{i:03d}",
            tier=TIERS[i % 3],
            business_line=("retail", "bank")[i % 2],
            region="eu",
            privacy_max="internal",
        )
        for i in range(count)
    }


def run(root: Path, *args: str, input: bytes | None = None) -> str:
    done = subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, input=input)
    return done.stdout.decode().strip()


def policy(note: str) -> str:
    return (
        f"name: default\ndescription: {note}\nroutes:\n  - name: all\n    match: {{}}\n    candidates: [openai/gpt]\n"
    )


@dataclass
class Company:
    """A repository with one environment; `remote` is a bare repository, or None for a local branch."""

    root: Path
    remote: Path | None
    tenants: dict[str, Tenant]
    project: Project
    key: SigningKey | None = None
    clock: TestClock = field(default_factory=TestClock)
    environment: str = "production"

    def __post_init__(self) -> None:
        self.git = Git(self.root)

    @property
    def branch(self) -> Branch:
        return open_branch(self.git, self.environment, self.project.state)

    def world(self, **changes: Any) -> World:
        values: dict[str, Any] = {
            "project": self.project, "roster": self.tenants, "clock": self.clock,
            "actor": Actor(name="Ada", email="ada@example.test"), "key": self.key, "patience": 5.0,
        }  # fmt: skip
        return World(**{**values, **changes})

    def commit(self, path: str, text: str) -> Content:
        """Write a file on main and return it as content."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        run(self.root, "add", path)
        run(self.root, "commit", "-q", "--allow-empty", "-m", f"edit {path}")
        head = run(self.root, "rev-parse", "HEAD")
        return Content({Path(path).stem: run(self.root, "rev-parse", f"HEAD:{path}")}, head)

    def make(self, intent: Any, terms: Terms = NO_TERMS, **changes: Any) -> Outcome:
        dry = changes.pop("dry_run", False)
        self.clock.forward(seconds=1)
        return make(self.branch, intent, self.world(**changes), terms, dry_run=dry)

    def init(self, signers: Signers | None = None, **adopt: Content) -> Outcome:
        row = "  - {{id: {}, tier: gold, business_line: b, region: eu, privacy_max: internal}}\n"
        lines = "".join(row.format(t) for t in self.tenants)
        content = self.commit("tenants/all.yaml", "tenants:\n" + lines)
        return self.make(Init(content, dict(adopt), signers=signers or Signers()))

    def publish(self, note: str, subject: str = "policies/default", **options: Any) -> Outcome:
        folder = {"policies": "routing-policies", "providers": "providers"}[subject.partition("/")[0]]
        content = self.commit(f"{folder}/{subject.partition('/')[2]}.yaml", policy(note))
        terms = options.pop("terms", NO_TERMS)
        return self.make(Publish(subject, content, **options), terms)

    def view(self) -> View:
        branch = self.branch
        return branch.view(branch.tip())

    def pins(self, subject: str = "policies/default") -> dict[str, int | None]:
        return {t: p.get(subject) for t, p in self.view().pins().items()}

    def log(self) -> list[str]:
        view, lines = self.view(), []
        while view.commit:
            assert view.release and view.header
            lines.append(f"{view.release.seq} {view.release.op} {to_text(view.release.time)}")
            parents = view.header.parents
            view = view.at(parents[0]) if parents else View(view.store, None)
        return lines


def make_key(folder: Path, name: str) -> SigningKey:
    """A fresh ed25519 key without a passphrase."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return key_from_file(path)


def principal(name: str, key: SigningKey, **fields: Any) -> Principal:
    return Principal(principal=name, keys=(key.public,), **fields)


def company(folder: Path, tenants: int = 12, remote: bool = False, **environment: Any) -> Company:
    """A fresh company."""
    root = folder / "repo"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    run(root, "config", "user.name", "Ada")
    run(root, "config", "user.email", "ada@example.test")
    bare = None
    if remote:
        bare = folder / "remote.git"
        run(folder, "init", "-q", "--bare", "-b", "main", str(bare))
        run(root, "remote", "add", "origin", str(bare))
    project = Project(
        environments={"production": Environment.model_validate(environment)}, rollouts={"standard": STANDARD}
    )
    return Company(root, bare, roster(tenants), project)
