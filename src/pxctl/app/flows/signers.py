"""Signers: who may do what in an environment."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from pydantic import ValidationError

from pxctl.app.flows.approvals import approvals_for
from pxctl.app.flows.live_start import required_tip
from pxctl.app.flows.release import Desk, release
from pxctl.core.errors import UsageError
from pxctl.model.live import ReleaseResult, SignersReport
from pxctl.model.release import Permission, Principal
from pxctl.release.controls import SignersChange
from pxctl.release.engine import Terms


def add_signer(
    desk: Desk, who: str, keys: tuple[Path, ...], forge: str | None, may: tuple[str, ...], bot: bool, reason: str,
    dry_run: bool,
) -> ReleaseResult:  # fmt: skip
    """Add a principal, or replace the one of that name."""
    texts = tuple(_public(path) for path in keys)
    if not texts and forge is None:
        raise UsageError("a signer needs a key or a login", hint="--public-key FILE, or --forge LOGIN")
    try:
        person = Principal(principal=who, keys=texts, forge=forge, may=cast(tuple[Permission, ...], may), bot=bot)
    except ValidationError as error:
        place, *at = error.errors()[0]["loc"]
        if place == "may" and at and isinstance(at[0], int):
            known = ", ".join(get_args(Permission))
            raise UsageError(f"`{may[at[0]]}` is nothing that a signer may do", hint=known) from None
        raise UsageError(
            f"`{who}` is no name for a signer", hint="letters, digits and . _ @ + -, such as a mail address"
        ) from None
    return _change(desk, SignersChange(add=person, reason=reason), dry_run)


def _public(path: Path) -> str:
    try:
        parts = path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"`{path}` cannot be read", hint="an SSH public key, such as id_ed25519.pub") from None
    if len(parts) < 2 or not parts[0].startswith(("ssh-", "ecdsa-", "sk-")):
        raise UsageError(f"`{path}` is no SSH public key", hint="name the .pub file")
    return " ".join(parts[:2])


def revoke_signer(desk: Desk, who: str, reason: str, dry_run: bool) -> ReleaseResult:
    """Remove a principal."""
    return _change(desk, SignersChange(revoke=who, reason=reason), dry_run)


def change_approvals(
    desk: Desk, by: str, required: int, quorum: int | None, reason: str, dry_run: bool
) -> ReleaseResult:
    """Change how many people must agree."""
    if by not in ("none", "forge", "signature"):
        raise UsageError(f"`{by}` is no kind of approval", hint="none, forge or signature")
    change = SignersChange(approvals=(by, required), quorum=quorum, reason=reason)  # type: ignore[arg-type]  # a word of three
    return _change(desk, change, dry_run)


def _change(desk: Desk, change: SignersChange, dry_run: bool) -> ReleaseResult:
    signers = desk.branch.view(desk.branch.tip()).signers
    terms = Terms(approvals=lambda digest: approvals_for(desk, signers, digest, "", None), quorum=signers.quorum)
    return release(desk, change, terms, dry_run=dry_run)


def signers_of(desk: Desk, *, fetch: bool = True) -> SignersReport:
    """The signers at the tip."""
    view = desk.branch.view(required_tip(desk, fetch))
    return SignersReport(environment=desk.environment, signers=view.signers)
