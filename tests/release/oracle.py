"""What releases mean, once more and naively: dictionaries instead of trees, copies instead of history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pxctl.core.bucketing import bucket

STEPS: dict[str | None, list[tuple[str, int]]] = {
    None: [("full", 0)],
    "standard": [("dark", 0), ("canary", 0), ("percent", 25), ("full", 0)],
}
CANARY = {"t000", "t001"}


@dataclass
class Rollout:
    version: int
    plan: str | None
    step: int
    state: str
    before: dict[str, int | None]
    seed: str
    stable: int | None = None
    """What was stable when it began."""


@dataclass
class Oracle:
    """Pins by tenant and subject, and what the record must say."""

    pins: dict[str, dict[str, int]] = field(default_factory=dict)
    contents: dict[str, list[str]] = field(default_factory=dict)
    rollouts: dict[str, Rollout] = field(default_factory=dict)
    stable: dict[str, int] = field(default_factory=dict)
    blocked: set[tuple[str, int]] = field(default_factory=set)
    held: set[tuple[str, int, str]] = field(default_factory=set)
    safe: bool = False
    seq: int = 0

    def active(self, subject: str) -> Rollout | None:
        found = self.rollouts.get(subject)
        return found if found is not None and found.state in ("running", "paused") else None

    def have(self, subject: str) -> dict[str, int | None]:
        return {t: p.get(subject) for t, p in self.pins.items()}

    def set(self, subject: str, tenant: str, version: int | None) -> None:
        if version is None:
            self.pins[tenant].pop(subject, None)
        else:
            self.pins[tenant][subject] = version

    def reach(self, subject: str, rollout: Rollout) -> set[str]:
        found: set[str] = set()
        for kind, percent in STEPS[rollout.plan][: rollout.step + 1]:
            for tenant in self.pins:
                if (
                    kind == "full"
                    or (kind == "canary" and tenant in CANARY)
                    or (kind == "percent" and bucket(rollout.seed, tenant) < percent * 100)
                ):
                    found.add(tenant)
        return {t for t in found if (subject, rollout.version, t) not in self.held}

    def enter(self, subject: str, rollout: Rollout) -> None:
        for tenant in self.reach(subject, rollout):
            self.set(subject, tenant, rollout.version)
        if rollout.step == len(STEPS[rollout.plan]) - 1:
            rollout.state = "done"
            self.stable[subject] = rollout.version
        self.rollouts[subject] = rollout

    def revert(self, subject: str, rollout: Rollout) -> None:
        for tenant, version in self.have(subject).items():
            if version == rollout.version:
                back = rollout.before[tenant] if tenant in rollout.before else self.stable.get(subject)
                self.set(subject, tenant, back)

    def publish(self, subject: str, content: str, plan: str | None, again: bool, supersede: bool) -> str:
        known = self.contents.setdefault(subject, [])
        new = content not in known
        number = len(known) + 1 if new else known.index(content) + 1
        active = self.active(subject)
        if active is not None and active.version == number:
            return "unchanged"
        if (subject, number) in self.blocked and not again:
            return "refused"
        if not new and active is None and self.pins and set(self.have(subject).values()) == {number}:
            return "unchanged"
        if active is not None and not supersede:
            return "refused"
        before, stable = self.have(subject), self.stable.get(subject)
        if active is not None:
            stable = active.stable
            before = {t: (active.before.get(t) if t in active.before else self.stable.get(subject)) for t in before} | {
                t: v for t, v in active.before.items() if t in before
            }
            self.revert(subject, active)
        if new:
            known.append(content)
        if again:
            self.blocked.discard((subject, number))
            self.held = {h for h in self.held if h[:2] != (subject, number)}
        seed = f"rollout/production/{subject}@{number}"
        self.enter(subject, Rollout(number, plan, 0, "running", before, seed, stable))
        self.seq += 1
        return "released"

    def promote(self, subject: str, full: bool) -> str:
        rollout = self.active(subject)
        if rollout is None or rollout.state == "paused":
            return "refused"
        last = len(STEPS[rollout.plan]) - 1
        rollout.step = last if full else min(rollout.step + 1, last)
        self.enter(subject, rollout)
        self.seq += 1
        return "released"

    def pause(self, subject: str) -> str:
        rollout = self.active(subject)
        if rollout is None:
            return "refused"
        if rollout.state == "paused":
            return "unchanged"
        rollout.state = "paused"
        self.seq += 1
        return "released"

    def retry(self, subject: str) -> str:
        rollout = self.rollouts.get(subject)
        if rollout is None or rollout.state not in ("paused", "aborted"):
            return "refused"
        if rollout.state == "aborted":
            if (subject, rollout.version) in self.blocked:
                return "refused"
            rollout.step, rollout.before, rollout.stable = 0, self.have(subject), self.stable.get(subject)
            rollout.state = "running"
            self.enter(subject, rollout)
        rollout.state = "running" if rollout.state != "done" else "done"
        self.seq += 1
        return "released"

    def abort(self, subject: str) -> str:
        rollout = self.active(subject)
        if rollout is None:
            last = self.rollouts.get(subject)
            return "unchanged" if last is not None and last.state == "aborted" else "refused"
        self.revert(subject, rollout)
        rollout.state = "aborted"
        self.seq += 1
        return "released"

    def rollback(self, subject: str, number: int | None, tenants: set[str] | None) -> str:
        who = set(self.pins) if tenants is None else tenants
        if not who <= set(self.pins):
            return "refused"
        latest = self.rollouts.get(subject)
        have = {t: v for t, v in self.have(subject).items() if t in who}
        if number is not None:
            if number > len(self.contents.get(subject, ())):
                return "refused"
            wanted = {t: number for t, v in have.items() if v is not None or tenants is not None}
        elif latest is None:
            return "refused"
        else:
            wanted: dict[str, Any] = {
                t: latest.before.get(t, latest.stable) for t, v in have.items() if v == latest.version
            }
        moves = {t: v for t, v in wanted.items() if have[t] != v}
        if not moves and (tenants is not None or self.active(subject) is None):
            return "unchanged"
        leaving = {have[t] for t in moves} - {None}
        arriving = set(moves.values())
        top = max((v for v in arriving if v is not None), default=0)
        for version in leaving:
            if version is not None and version > top:
                if tenants is None:
                    self.blocked.add((subject, version))
                else:
                    self.held |= {(subject, version, t) for t in moves if have[t] == version}
        if tenants is None:
            self.blocked -= {(subject, v) for v in arriving if v is not None}
            self.held = {h for h in self.held if h[0] != subject or h[1] not in arriving}
            if latest is not None and (self.active(subject) or (latest.state == "done" and latest.version in leaving)):
                latest.state = "aborted"
            if self.stable.get(subject) in leaving:
                if len(arriving) == 1 and None not in arriving:
                    self.stable[subject] = next(iter(arriving))
                elif arriving == {None}:
                    self.stable.pop(subject, None)
        for tenant, version in moves.items():
            self.set(subject, tenant, version)
        self.seq += 1
        return "released"

    def roster(self, wanted: set[str]) -> str:
        if wanted == set(self.pins):
            return "unchanged"
        for tenant in sorted(wanted - set(self.pins)):
            mine: dict[str, int] = {}
            for subject in self.contents:
                rollout = self.rollouts.get(subject)
                version = self.stable.get(subject)
                if rollout is not None and (subject, rollout.version, tenant) not in self.held:
                    self.pins[tenant] = {}
                    if rollout.state == "done" or (self.active(subject) and tenant in self.reach(subject, rollout)):
                        version = rollout.version
                if version is not None:
                    mine[subject] = version
            self.pins[tenant] = mine
        for tenant in set(self.pins) - wanted:
            del self.pins[tenant]
        self.seq += 1
        return "released"

    def safe_mode(self, on: bool) -> str:
        if self.safe == on:
            return "unchanged"
        self.safe = on
        self.seq += 1
        return "released"
