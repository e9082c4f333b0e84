"""Release workflows across rooms: what is on main, evidence, gates and decision impact, gathered for release."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pxctl.app.wiring import state_folder, unsound
from pxctl.core.clock import Clock, SystemClock
from pxctl.core.errors import RefusedError, UsageError
from pxctl.load.tree import CommitTree
from pxctl.model.configuration import Configuration, Loaded
from pxctl.model.evidence import Evidence
from pxctl.model.live import ReleaseResult
from pxctl.model.project import Environment
from pxctl.model.release import Actor, Approval, GateResult
from pxctl.release.branch import Branch, open_branch
from pxctl.release.draft import Intent
from pxctl.release.engine import NO_TERMS, Outcome, Terms, World, make
from pxctl.release.gates import evidence_gate
from pxctl.release.git import Git
from pxctl.release.publish import Content
from pxctl.release.sign import SigningKey, configured_key, key_from_file

FOLDERS = {"policies": "routing-policies", "providers": "providers", "flags": "feature_flags", "roster": "tenants"}


@dataclass
class Desk:
    """Everything that a releasing command works with: the repository, main's content, the environment's branch."""

    root: Path
    environment: str
    rev: str = "HEAD"
    key_file: Path | None = None
    skew_ok: bool = False
    clock: Clock = field(default_factory=SystemClock)

    def at(self, rev: str) -> Desk:
        """The same desk, releasing from another commit."""
        return replace(self, rev=rev)

    @cached_property
    def git(self) -> Git:
        """Git in the repository."""
        return Git(self.root)

    @cached_property
    def tree(self) -> CommitTree:
        """The files of the commit that is released from."""
        return CommitTree(self.root, self.rev)

    @cached_property
    def loaded(self) -> Loaded:
        """Main's content, as far as it can be read."""
        from pxctl.load.loader import load

        return load(self.tree)

    @cached_property
    def config(self) -> Configuration:
        """Main's content. Only pxctl.yaml must be sound: a broken provider file does not stop a rollback."""
        errors = [f for f in self.loaded.findings if f.severity.value == "error" and f.span.file.startswith("pxctl.")]
        if errors:
            raise unsound(errors)
        return self.loaded.config

    @cached_property
    def settings(self) -> Environment:
        """The environment in pxctl.yaml. Raises UsageError where there is none of that name."""
        environments = self.config.project.environments
        if self.environment not in environments:
            known = ", ".join(f"`{name}`" for name in sorted(environments))
            raise UsageError(f"pxctl.yaml has no environment `{self.environment}`", hint=f"it has {known}")
        return environments[self.environment]

    @cached_property
    def branch(self) -> Branch:
        """The environment's branch. Raises UsageError where pxctl.yaml does not have the environment."""
        _ = self.settings
        return open_branch(self.git, self.environment, self.config.project.state)

    @cached_property
    def actor(self) -> Actor:
        """The git identity. Raises UsageError where there is none."""
        import os

        settings = self.git.config("user.name", "user.email")
        name = os.environ.get("GIT_AUTHOR_NAME") or settings.get("user.name", "")
        email = os.environ.get("GIT_AUTHOR_EMAIL") or settings.get("user.email", "")
        if not name or not email:
            raise UsageError(
                "git does not know who you are", hint="git config user.name NAME; git config user.email MAIL"
            )
        return Actor(name=name, email=email)

    @cached_property
    def key(self) -> SigningKey | None:
        """The signing key: `--key`, else git's own settings, else none."""
        if self.settings.sign == "never" and self.key_file is None:
            return None
        return key_from_file(self.key_file) if self.key_file is not None else configured_key(self.git)

    def world(self) -> World:
        """What a release is made in."""
        config = self.config
        return World(config.project, config.tenants, self.clock, self.actor, self.key, self.skew_ok)

    def content(self, subject: str) -> Content:
        """What the source commit holds of a subject: file names without ending, and their blobs."""
        kind, _, name = subject.partition("/")
        folder = FOLDERS[kind]
        files = {}
        for path in self.tree.paths():
            stem, _, ending = path.removeprefix(folder + "/").rpartition(".")
            if path.startswith(folder + "/") and ending in ("yaml", "json") and (not name or stem == name):
                files[stem] = self.tree.blob(path)
        errors = [
            f for f in self.loaded.findings
            if f.severity.value == "error" and f.span.file.rpartition(".")[0] in {f"{folder}/{stem}" for stem in files}
        ]  # fmt: skip
        if errors:
            raise unsound(errors)
        if not files:
            raise UsageError(
                f"`{folder}/{name or '*'}.yaml` is not in commit {(self.tree.source or '')[:12]}",
                hint=self._hint(folder, name),
            )
        return Content(files, self.tree.source)

    def _hint(self, folder: str, name: str) -> str:
        """What to do about a file that the commit does not have."""
        if any((self.root / folder).glob(f"{name or '*'}.*")):
            return "commit the file first; releases are made from commits, never from the work tree"
        inside = (path.removeprefix(folder + "/") for path in self.tree.paths() if path.startswith(folder + "/"))
        known = ", ".join(f"`{name.rpartition('.')[0]}`" for name in sorted(inside))
        gone = "; what is gone from main is taken from everybody with --withdraw" if folder == "providers" else ""
        return f"{folder}/ has {known or 'no file'}{gone}"

    def evidence(self, provider: str, blob: str) -> Evidence | None:
        """The newest evidence for a provider file, else the newest for the provider."""
        from pxctl.signals.store import SignalStore

        path = state_folder(self.root) / "signals.db"
        if not path.exists():
            return None
        with SignalStore(path) as store:
            return store.latest_evidence(provider, blob=blob) or store.latest_evidence(provider)

    def gates(self, subject: str, content: Content) -> tuple[tuple[GateResult, ...], Evidence | None]:
        """The gates before a subject's first step, judged now, and the evidence that was used."""
        kind, _, name = subject.partition("/")
        provider = self.config.providers.get(name) if kind == "providers" else None
        if provider is None:
            return (), None
        blob = content.files[name]
        evidence = self.evidence(name, blob)
        if self.settings.evidence != "required":
            return (), evidence if evidence is not None and evidence.blob == blob else None
        gate = evidence_gate(provider, blob, evidence, self.clock.now())
        return (gate,), evidence if gate.verdict == "passed" else None


def release(desk: Desk, intent: Intent, terms: Terms = NO_TERMS, *, dry_run: bool = False) -> ReleaseResult:
    """Make a release (or plan it), journal it, and say what happened."""
    subject = getattr(intent, "subject", None)
    if terms.approvals == ():
        terms = replace(terms, approvals=lambda digest: _signatures(desk, digest))
    try:
        outcome = make(desk.branch, intent, desk.world(), terms, dry_run=dry_run)
    except RefusedError as error:
        if not dry_run:
            note(desk, "release.refused", subject=str(subject or ""), reason=error.message)
        raise
    if outcome.status == "released" and outcome.release is not None:
        event = {"rollback": "policy.rolled_back", "safe_mode": "safe_mode.changed"}.get(outcome.release.op)
        note(desk, event or "release.applied", seq=outcome.release.seq, subject=outcome.release.subject or "")
        for gate in (g for g in outcome.release.gates if g.overridden is not None):
            why, name = gate.overridden or "", gate.name or gate.kind
            note(desk, "gate.overridden", seq=outcome.release.seq, gate=name, verdict=gate.verdict, reason=why)
    return result_of(desk.environment, outcome)


def _signatures(desk: Desk, digest: str) -> tuple[Approval, ...]:
    from pxctl.app.flows.approvals import approvals_for

    signers = desk.branch.view(desk.branch.tip()).signers
    return () if signers.approvals.by == "none" else approvals_for(desk, signers, digest, "", None)


def result_of(environment: str, outcome: Outcome) -> ReleaseResult:
    """An outcome as the value that is shown."""
    made = outcome.release if outcome.status in ("released", "recovered", "unchanged") else None
    rollouts = outcome.release.rollouts if outcome.release is not None else ()
    state = next((r for r in rollouts if r.subject == outcome.plan.subject), None)
    return ReleaseResult(
        status=outcome.status, environment=environment, plan=outcome.plan, seq=made.seq if made else None,
        commit=outcome.commit if made else None, why=outcome.why, rollout=state, release=made,
    )  # fmt: skip


def note(desk: Desk, event: str, **fields: str | int) -> None:
    """Write to the journal; a journal that cannot be written is said by doctor, not here."""
    from contextlib import suppress

    from pxctl.core.errors import PxctlError
    from pxctl.signals.journal import Journal

    with suppress(OSError, PxctlError, UsageError):
        journal = Journal(state_folder(desk.root) / "journal.jsonl")
        journal.append(event, at=desk.clock.now(), actor=desk.actor.email, environment=desk.environment, **fields)
