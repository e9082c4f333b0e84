"""What is live, as configuration: the pins of an environment branch, resolved into what the engine compiles.

Tenants with the same pins share one configuration. Providers that main has and the pins do not are in it too, withheld,
so that a decision says `not_released` instead of not knowing them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from pxctl.app.flows.flags import evaluate_flags
from pxctl.app.flows.release import Desk
from pxctl.app.wiring import sound
from pxctl.core.errors import RefusedError, UsageError
from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.model.configuration import Configuration, Loaded
from pxctl.model.release import Pins, Release
from pxctl.model.signals import SafeMode
from pxctl.release.audit import last_good
from pxctl.release.view import View


@dataclass(frozen=True)
class LiveGroup:
    """The tenants that have the same pins, and the configuration that these pins mean.

    `withheld` and `versions` are what `compile_config` takes beside the configuration.
    """

    pins: Pins
    tenants: tuple[str, ...]
    loaded: Loaded
    withheld: Mapping[str, frozenset[str]]
    versions: Mapping[str, str]
    flagged: SafeMode = field(default_factory=SafeMode)
    """Where the flags of this group switch safe mode on."""

    @property
    def config(self) -> Configuration:
        """The configuration; its roster holds this group's tenants alone."""
        return self.loaded.config


@dataclass(frozen=True)
class Live:
    """An environment, resolved."""

    environment: str
    commit: str
    release: Release
    safe_mode: SafeMode
    groups: tuple[LiveGroup, ...]

    def group_of(self, tenant: str) -> LiveGroup:
        """The group of a tenant. Raises UsageError where the environment does not have it."""
        for group in self.groups:
            if tenant in group.tenants:
                return group
        raise UsageError(f"environment `{self.environment}` has no tenant `{tenant}`", hint="see `pxctl status`")


def live_view(desk: Desk, commit: str | None = None) -> View:
    """The last good release at or before a commit (default: the tip). Raises RefusedError where there is none."""
    at = commit if commit is not None else desk.branch.tip()
    view = last_good(desk.branch.view(at), desk.environment) if at is not None else None
    if view is None or view.release is None or view.commit is None:
        raise RefusedError(
            f"environment `{desk.environment}` has no releases yet", hint=f"pxctl env init {desk.environment}"
        )
    return view


def resolve(desk: Desk, tenants: Collection[str] | None = None, commit: str | None = None) -> Live:
    """What is live for some tenants (None: all), grouped by distinct pins, largest group first."""
    view = live_view(desk, commit)
    blobs = view.pins_blobs(tenants)
    missing = sorted(set(tenants or ()) - set(blobs))
    if missing:
        raise UsageError(f"environment `{desk.environment}` has no tenant `{missing[0]}`", hint="see `pxctl status`")
    by_blob: dict[str, list[str]] = {}
    for tenant, blob in sorted(blobs.items()):
        by_blob.setdefault(blob, []).append(tenant)
    roster = roster_of(desk, view)
    pins = view.pins_of_blobs(by_blob)
    order = sorted(by_blob, key=lambda b: (-len(by_blob[b]), b))
    groups = tuple(_group(desk, view, pins[blob], tuple(by_blob[blob]), roster) for blob in order)
    mode, release = view.safe_mode, view.release
    if release is None or view.commit is None:
        raise RefusedError(f"environment `{desk.environment}` has no releases yet")
    by_flag = {t for g in groups for t in (g.tenants if g.flagged.environment else g.flagged.tenants)}
    safe = SafeMode(
        environment=mode.environment, business_lines=frozenset(mode.business_lines),
        tenants=frozenset(mode.tenants) | by_flag,
    )  # fmt: skip
    return Live(desk.environment, view.commit, release, safe, groups)


def pinned_by(desk: Desk, subject: str) -> int:
    """How many tenants of the environment have some version of a subject; 0 where there is no release yet."""
    tip = desk.branch.tip()
    view = last_good(desk.branch.view(tip), desk.environment) if tip is not None else None
    return pinned_in(view, subject) if view is not None else 0


def pinned_in(view: View, subject: str) -> int:
    """How many tenants of a release have some version of a subject, such as `providers/groq`."""
    blobs = view.pins_blobs()
    pins = view.pins_of_blobs(blobs.values())
    return sum(pins[blob].get(subject) is not None for blob in blobs.values())


def roster_of(desk: Desk, view: View) -> Configuration:
    """The environment's own roster, as the last roster release had it, under main's project settings."""
    files = _project_files(desk)
    number = view.numbers("roster")[-1:]
    for stem, blob in view.version_files("roster", number[0]).items() if number else ():
        files[f"tenants/{stem}.yaml"] = view.blob(blob)
    return sound(load(DictTree(files, view.commit)))


def _project_files(desk: Desk) -> dict[str, str | bytes]:
    return {p: desk.tree.read(p) for p in desk.tree.paths() if p.startswith(("pxctl.", "config_keys."))}


def _group(desk: Desk, view: View, pins: Pins, tenants: tuple[str, ...], roster: Configuration) -> LiveGroup:
    files = _project_files(desk)
    subjects = {f"policies/{n}": v for n, v in pins.policies.items()}
    subjects |= {f"providers/{n}": v for n, v in pins.providers.items()}
    subjects |= {"flags": pins.flags} if pins.flags is not None else {}
    folders = {"policies": "routing-policies", "providers": "providers", "flags": "feature_flags"}
    for subject, number in subjects.items():
        for stem, blob in view.version_files(subject, number).items():
            files[f"{folders[subject.partition('/')[0]]}/{stem}.yaml"] = view.blob(blob)
    others = frozenset(desk.loaded.config.providers) - frozenset(pins.providers)
    for path in desk.tree.paths():
        if path.startswith("providers/") and path.rpartition("/")[2].rpartition(".")[0] in others:
            files[path] = desk.tree.read(path)
    loaded = load(DictTree(files, view.commit))
    config = replace(sound(loaded), tenants={t: roster.tenants[t] for t in tenants if t in roster.tenants})
    flags = evaluate_flags(config, desk.environment)
    withheld = {t: away for t in tenants if (away := others | flags.withheld.get(t, frozenset()))}
    return LiveGroup(
        pins, tenants, replace(loaded, config=config), withheld,
        {name: f"policies/{name}@{number}" for name, number in pins.policies.items()},
        flags.safe_mode,
    )  # fmt: skip
