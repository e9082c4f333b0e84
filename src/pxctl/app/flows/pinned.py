"""Providers that a change takes away while tenants of an environment have them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pxctl.app.flows.intents import retired
from pxctl.app.flows.live import pinned_in
from pxctl.core.errors import PxctlError
from pxctl.model.configuration import Configuration
from pxctl.model.impact import Limit
from pxctl.release.audit import last_good
from pxctl.release.branch import Branch, open_branch
from pxctl.release.git import Git
from pxctl.release.view import View


def taken_away(before: Configuration, after: Configuration) -> dict[str, str]:
    """Provider -> what happens to it: it is removed, disabled, or left without its secret."""
    found = {name: "removed" for name in before.providers if name not in after.providers}
    for name, provider in after.providers.items():
        old, why = before.providers.get(name), retired(provider)
        if why is not None and old is not None and retired(old) is None:
            found[name] = why
    return found


def pinned_limits(root: Path, before: Configuration, after: Configuration) -> tuple[list[Limit], list[str]]:
    """One broken limit for each environment whose tenants have a provider that is taken away, and the ways out.

    Environments are read as they are now (from the remote, else as last seen, which is said); only where a provider is
    taken away is anything read at all.
    """
    gone = taken_away(before, after)
    limits: list[Limit] = []
    warnings: list[str] = []
    for environment in after.project.environments if gone else ():
        branch = open_branch(Git(root), environment, after.project.state)
        view, warning = _last_good(branch)
        warnings += [warning] if warning else []
        for name, what in gone.items():
            users = pinned_in(view, f"providers/{name}") if view is not None else 0
            if users:
                limits.append(Limit(
                    text="pinned", measured=f"{users} tenants of {environment} have `{name}`, which is {what}", ok=False
                ))  # fmt: skip
                warnings.append(
                    f"`{name}` must leave {environment} first: pxctl publish --env {environment} --provider {name} "
                    "--withdraw --reason WHY; if this is meant all the same, say --allow-pinned"
                )
    return limits, warnings


def _last_good(branch: Branch) -> tuple[View | None, str | None]:
    tip, warning = None, None
    try:
        tip = branch.tip()
    except PxctlError as error:
        warning = f"{branch.environment} was compared as it was last read: {error.message}"
        with suppress(PxctlError):  # what a checkout fetched is good enough to look at
            tip = branch.tip(fetch=False) or branch.git.resolve(f"refs/remotes/{branch.remote}/{branch.name}")
    if tip is None:
        return None, warning
    return last_good(branch.view(tip), branch.environment), warning
