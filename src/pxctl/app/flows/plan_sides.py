"""The two sides of a plan: a commit, the work tree, or what is live in an environment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.app.flows.rehearsal import rehearse
from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import ConfigError
from pxctl.model.configuration import Configuration
from pxctl.model.signals import SafeMode, Signals

if TYPE_CHECKING:
    from pxctl.policy.compile import Compiled
    from pxctl.replay.party import Party

LIVE = "env:"
WORK_TREE = "work tree"


@dataclass(frozen=True)
class Part:
    """A compiled configuration with its signals, for some tenants (None: all)."""

    compiled: Compiled
    signals: Signals
    tenants: frozenset[str] | None = None


@dataclass(frozen=True)
class PlanSide:
    """One side. `config` is the whole of it; where several are live, the one that most tenants have, with all tenants.

    `partial` says that it holds only what is released: providers, policies, flags, roster.
    """

    name: str
    commit: str | None
    config: Configuration
    parts: tuple[Part, ...]
    partial: bool = False
    warnings: tuple[str, ...] = ()

    def party(self) -> Party:
        """Everything bound."""
        from pxctl.replay.party import Party

        return Party(tuple((part.compiled.bind(part.signals), part.tenants) for part in self.parts))


def side_of(root: Path, text: str | None, environment: str | None, measured: Signals | None = None) -> PlanSide:
    """The side that a word names: a revision, `env:NAME`, or None for the work tree.

    Raises UsageError, GitError, and ConfigError that names the side whose files cannot be used.
    """
    if text is not None and text.startswith(LIVE):
        return _live(root, text.removeprefix(LIVE), measured)
    loaded = load_files(root, text)
    try:
        config = sound(loaded)
    except ConfigError as error:
        if text is None:
            raise
        hint = f"check `{text}` out and run `pxctl lint`, which shows every fault and its way out"
        raise ConfigError(f"{error.message}, in the files of `{text}`", span=error.span, hint=hint) from error
    ready = rehearse(config, environment, source=loaded.source, measured=measured)
    return PlanSide(text or WORK_TREE, loaded.source, config, (Part(ready.compiled, ready.signals),))


def side_from(config: Configuration, environment: str | None, *, measured: Signals | None = None) -> PlanSide:
    """A configuration that is already at hand."""
    ready = rehearse(config, environment, measured=measured)
    return PlanSide("", None, config, (Part(ready.compiled, ready.signals),))


def _live(root: Path, environment: str, measured: Signals | None) -> PlanSide:
    from pxctl.app.flows.live import resolve
    from pxctl.app.flows.release import Desk
    from pxctl.policy.compile import compile_config
    from pxctl.replay.baseline import rehearsal_signals

    live = resolve(Desk(root, environment))
    parts = tuple(
        Part(
            compile_config(group.config, withheld=group.withheld, versions=group.versions, source=live.commit),
            _in_safe_mode(rehearsal_signals(group.config, measured), live.safe_mode),
            frozenset(group.tenants),
        )
        for group in live.groups
    )
    tenants = {name: tenant for group in live.groups for name, tenant in group.config.tenants.items()}
    warnings = []
    if len(live.groups) > 1:
        others = sum(len(group.tenants) for group in live.groups[1:])
        warnings.append(
            f"{len(live.groups)} sets of versions are live in {environment}; meaning is compared with the one that"
            f" {len(live.groups[0].tenants)} tenants have, decisions of the other {others} with their own"
        )
    config = replace(live.groups[0].config, tenants=tenants)
    return PlanSide(f"{LIVE}{environment}", live.commit, config, parts, partial=True, warnings=tuple(warnings))


def _in_safe_mode(signals: Signals, mode: SafeMode) -> Signals:
    return signals.model_copy(update={"safe_mode": mode})


def comparable(side: PlanSide, other: PlanSide) -> Configuration:
    """A side's configuration for comparing meaning: what releases never hold is taken from the other side."""
    if not side.partial:
        return side.config
    return replace(
        side.config,
        project=other.config.project,
        guarantees=other.config.guarantees,
        scenarios=other.config.scenarios,
        config_keys=other.config.config_keys,
    )
