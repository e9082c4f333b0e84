"""What `pxctl doctor` says of the forge: whether it answers, and whether main is protected as approvals need it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pxctl.app.flows.forge import forge_of
from pxctl.app.flows.release import Desk
from pxctl.model.configuration import Configuration
from pxctl.model.doctor import Check
from pxctl.release.forge.base import Protection


def forge_checks(root: Path, config: Configuration, offline: bool) -> Iterator[Check]:
    """Nothing where pxctl.yaml names no forge. Raises ForgeError, SecretError."""
    settings = config.project.forge
    if settings is None:
        return
    if offline:
        yield Check(name="forge", verdict="skipped", detail=f"{settings.url}: not asked (--offline)")
        return
    with closing(forge_of(Desk(root, next(iter(config.project.environments))))) as forge:
        found = forge.protection(settings.main)
    yield Check(name="forge", verdict="ok", detail=f"{settings.kind} {settings.repository or ''} answers")
    reviewed = any(e.approvals.by == "forge" for e in config.project.environments.values())
    if reviewed:
        most = max(e.approvals.required for e in config.project.environments.values() if e.approvals.by == "forge")
        yield _protected(settings.main, found, most)


def _protected(branch: str, found: Protection, required: int) -> Check:
    name = f"protection of {branch}"
    if found == Protection():
        return Check(
            name=name, verdict="warning", detail="none, or the token may not see it: requests may be merged unreviewed",
            mend="see docs/forge.md for the rules that approvals by review need",
        )  # fmt: skip
    wanted = {
        f"{required} approving reviews": (found.reviews_required or 0) >= required,
        "dismiss stale approvals": bool(found.dismisses_stale),
        "approval of the most recent push": bool(found.last_push_needs_approval),
        "no force pushes": found.force_push_allowed is False,
    }
    missing = [what for what, there in wanted.items() if not there]
    if missing:
        return Check(name=name, verdict="warning", detail=f"it does not ask for {', '.join(missing)}",
                     mend=f"add a rule for {branch} on the forge")  # fmt: skip
    return Check(name=name, verdict="ok", detail=", ".join(wanted))
