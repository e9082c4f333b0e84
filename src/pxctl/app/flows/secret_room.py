"""What every secret command works with: providers, the base commit's stores, the environment's branch, the journal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pxctl.app.flows.credentials import Base, choose_environment, read_base
from pxctl.app.wiring import state_folder
from pxctl.core.clock import Clock, SystemClock
from pxctl.core.errors import NetworkError, PxctlError, UsageError
from pxctl.load.loader import load
from pxctl.load.tree import WorkTree
from pxctl.model.configuration import Loaded
from pxctl.model.provider import Provider
from pxctl.secrets.base import fill
from pxctl.secrets.resolver import Resolver
from pxctl.signals.journal import Journal

if TYPE_CHECKING:
    from pxctl.app.flows.release import Desk
    from pxctl.release.view import View


@dataclass
class Room:
    """One repository, one environment."""

    root: Path
    wanted_environment: str | None = None
    base_rev: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    fetch: bool = True
    unread: PxctlError | None = field(default=None, init=False)
    """Why the environment's branch on the remote could not be read, where that was not the network."""

    @cached_property
    def loaded(self) -> Loaded:
        """The work tree's files."""
        return load(WorkTree(self.root))

    @cached_property
    def base(self) -> Base:
        """The reviewed state."""
        return read_base(self.root, self.base_rev)

    @cached_property
    def environment(self) -> str | None:
        """The environment that fills `{environment}`."""
        return choose_environment(self.loaded.config.project, self.wanted_environment)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What fills references."""
        return {"environment": self.environment} if self.environment else {}

    @cached_property
    def resolver(self) -> Resolver:
        """Grants and stores of the base commit."""
        return self.base.resolver(self.values)

    @cached_property
    def desk(self) -> Desk | None:
        """The environment's releases; None where no environment is chosen."""
        from pxctl.app.flows.release import Desk

        return Desk(self.root, self.environment, clock=self.clock) if self.environment else None

    @cached_property
    def view(self) -> View | None:
        """The environment branch's tip; None where there is no such branch."""
        if self.environment is None:
            return None
        from pxctl.release.branch import open_branch
        from pxctl.release.git import Git

        with suppress(PxctlError):
            branch = open_branch(Git(self.root), self.environment, self.loaded.config.project.state)
            try:
                tip = branch.tip(self.fetch)
            except NetworkError:
                tip = branch.tip(fetch=False)
            except PxctlError as error:
                self.unread = error if branch.remote is not None else None
                return None
            return branch.view(tip) if tip else None
        return None

    def doubts(self) -> tuple[str, ...]:
        """A warning where the environment's branch is there and cannot be trusted, so that it was read as none."""
        _ = self.view
        if self.unread is None:
            return ()
        return (f"which credential is live in `{self.environment}` is not known: {self.unread.message}",)

    def trusted_view(self) -> View | None:
        """The view for those who change something: a branch that was removed or rewritten is no missing branch.

        Raises what reading it raised, a RefusedError or a GitError.
        """
        view = self.view
        if self.unread is not None:
            raise self.unread
        return view

    @cached_property
    def journal(self) -> Journal:
        """The journal of this repository."""
        return Journal(state_folder(self.root) / "journal.jsonl")

    @cached_property
    def actor(self) -> str:
        """Who does this: git's identity, else the user of this machine."""
        from pxctl.app.flows.release import Desk

        with suppress(PxctlError):
            return Desk(self.root, self.environment or "-", clock=self.clock).actor.email
        import getpass

        return getpass.getuser()

    def provider(self, name: str) -> Provider:
        """A provider of the work tree. Raises UsageError."""
        from pxctl.app.flows.validate import chosen

        return chosen(self.loaded, (name,), False)[0]

    def reference(self, provider: Provider, name: str = "api_key") -> str:
        """The filled reference of a credential. Raises UsageError where there is none."""
        if provider.secret_policy == "none":
            raise UsageError(f"`{provider.id}`: no secret required", hint="its `secret_policy` is none")
        refs = provider.credential_refs()
        if name not in refs:
            raise UsageError(
                f"`{provider.id}` has no credential called `{name}`",
                hint="add `credential_ref` to its file" if not refs else f"it has: {', '.join(sorted(refs))}",
            )
        return fill(refs[name], self.values)

    def live_versions(self, provider: str) -> dict[str, str]:
        """The credential versions that the environment's branch names, by credential."""
        if self.view is None:
            return {}
        from pxctl.release.documents import decode

        data = self.view.read(f"credentials/{provider}.yaml")
        value: Any = decode(data) if data else {}
        return {name: str(entry["version"]) for name, entry in value.items() if isinstance(entry, dict)}

    def note(self, event: str, **fields: str | int | bool | None) -> str:
        """Write to the journal; returns the trace id."""
        return self.journal.append(event, at=self.clock.now(), actor=self.actor, environment=self.environment, **fields)
