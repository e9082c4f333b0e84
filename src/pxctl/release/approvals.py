"""Approvals by SSH signature: over the plan digest, kept under `refs/pxctl/approvals/`, valid for 24 hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from pxctl.core.clock import from_text, to_text
from pxctl.core.errors import GitError, NetworkError, RefusedError, UsageError
from pxctl.model.release import Approval, Signers
from pxctl.release.branch import Branch
from pxctl.release.git import is_network
from pxctl.release.sign import APPROVAL_NAMESPACE, Check, SigningKey, check

VALID = timedelta(hours=24)


def statement(digest: str, at: datetime) -> bytes:
    """What is signed: the plan digest and when it was agreed to."""
    return f"pxctl approval\nplan {digest}\nat {to_text(at)}\n".encode()


def _ref(digest: str, principal: str) -> str:
    return f"refs/pxctl/approvals/{digest.removeprefix('sha256:')}/{principal}"


def approve(branch: Branch, signers: Signers, digest: str, key: SigningKey | None, now: datetime) -> Approval:
    """Sign a plan digest and keep the signature where `apply` finds it.

    Raises RefusedError where the key may not approve, UsageError where there is none.
    """
    if key is None:
        raise UsageError("no signing key is configured", hint="git config user.signingkey FILE, or --key FILE")
    who = signers.of_key(key.public)
    if who is None or "approve" not in who.may:
        raise RefusedError("your key may not approve here", hint="`pxctl signers list` shows who may")
    if who.bot:
        raise RefusedError(f"`{who.principal}` is a bot, and a bot never approves")
    body = statement(digest, now)
    signed = body + key.sign(body, APPROVAL_NAMESPACE).encode()
    blob = branch.git.run("hash-object", "-w", "--stdin", input=signed).decode().strip()
    ref = _ref(digest, who.principal)
    branch.git.run("update-ref", ref, blob)
    if branch.remote is not None:
        done = branch.git.try_run("push", "--porcelain", branch.remote, f"+{ref}:{ref}")
        if done.code:
            raise (NetworkError if is_network(done) else GitError)(f"the approval was not pushed: {done.said()}")
    return Approval(principal=who.principal, by="signature", at=now, plan_digest=digest, signature=signed.decode())


def collect(branch: Branch, signers: Signers, digest: str, now: datetime) -> tuple[Approval, ...]:
    """The valid approvals of a plan: signed by who they say, allowed, no bot, not older than 24 hours."""
    prefix = _ref(digest, "")
    if branch.remote is not None:
        branch.git.try_run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", branch.remote, f"+{prefix}*:{prefix}*"
        )
    found = []
    for line in branch.git.text("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines():
        ref, _, blob = line.partition(" ")
        data = branch.git.reader.one(blob)
        if data is not None:
            signed = data[2].decode("utf-8", "replace")
            approval = read(signed, digest, ref.removeprefix(prefix), signers)
            if approval is not None and now - VALID <= approval.at <= now + timedelta(minutes=5):
                found.append(approval)
    return tuple(sorted(found, key=lambda a: a.principal))


def parts(signed: str, digest: str) -> tuple[bytes, str, str] | None:
    """What was signed, the signature, and the time it names; None where that is no approval of this plan."""
    body, mark, signature = signed.partition("-----BEGIN SSH SIGNATURE-----")
    lines = body.splitlines()
    if len(lines) != 3 or lines[0] != "pxctl approval" or lines[1] != f"plan {digest}":
        return None
    return body.encode(), mark + signature, lines[2].removeprefix("at ")


def read(signed: str, digest: str, principal: str, signers: Signers, check: Check = check) -> Approval | None:
    """An approval as it was kept, or None where it is not by `principal`, for another plan, or not allowed."""
    found = parts(signed, digest)
    if found is None:
        return None
    who = check(found[0], found[1], APPROVAL_NAMESPACE, signers)
    if who is None or who.principal != principal or "approve" not in who.may or who.bot:
        return None
    try:
        at = from_text(found[2])
    except UsageError:
        return None
    return Approval(principal=principal, by="signature", at=at, plan_digest=digest, signature=signed)
