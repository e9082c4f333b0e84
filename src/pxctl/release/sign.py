"""SSH signatures (SSHSIG) by `ssh-keygen -Y`: made with a key file or an agent, checked offline."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pxctl.core.errors import ToolError, UsageError
from pxctl.model.release import Principal, Signers
from pxctl.release.git import Git

RELEASE_NAMESPACE = "pxctl-release"
APPROVAL_NAMESPACE = "pxctl-approval"
EVIDENCE_NAMESPACE = "pxctl-evidence"
Check = Callable[[bytes, str, str, Signers], Principal | None]
"""Who made a signature: `check`, or that of a walk."""


@dataclass(frozen=True)
class SigningKey:
    """A key that can sign: its file (private, or public with the private one in an agent), and its public half."""

    path: Path
    public: str

    def sign(self, data: bytes, namespace: str) -> str:
        """The armoured signature over `data`. Raises ToolError where ssh-keygen refuses."""
        done = _keygen(["-Y", "sign", "-q", "-n", namespace, "-f", str(self.path)], data)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ToolError(
                f"`{self.path}` does not sign: {said[-1] if said else 'ssh-keygen failed'}",
                hint="is the key in your agent (ssh-add), or readable without a passphrase?",
            )
        return done.stdout.decode()


def _keygen(args: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(["ssh-keygen", *args], input=data, capture_output=True, env=env, check=False)
    except FileNotFoundError:
        raise ToolError("ssh-keygen is not installed", hint="install OpenSSH 8.2 or newer") from None


def key_from_file(path: Path) -> SigningKey:
    """The signing key in a file: private, or public with its private half in an agent. Raises UsageError."""
    if not path.is_file():
        raise UsageError(f"`{path}` is not a key file", hint="make one: ssh-keygen -t ed25519 -f FILE")
    text = path.read_text("utf-8", "replace")
    if text.startswith(("ssh-", "ecdsa-", "sk-")):
        return SigningKey(path, " ".join(text.split()[:2]))
    beside = path.with_name(path.name + ".pub")
    if beside.is_file():
        return SigningKey(path, " ".join(beside.read_text("utf-8").split()[:2]))
    done = _keygen(["-y", "-P", "", "-f", str(path)], b"")
    if done.returncode:
        raise UsageError(f"`{path}` holds no usable SSH key", hint="its public half is expected beside it, as .pub")
    return SigningKey(path, " ".join(done.stdout.decode().split()[:2]))


def configured_key(git: Git) -> SigningKey | None:
    """The key of git's own settings (`gpg.format=ssh`, `user.signingkey`), or None. Raises UsageError."""
    settings = git.config("gpg.format", "user.signingkey")
    value = settings.get("user.signingkey", "")
    if settings.get("gpg.format") != "ssh" or not value:
        return None
    literal = value.removeprefix("key::")
    if literal.startswith(("ssh-", "ecdsa-", "sk-")):
        folder = git.directory / "pxctl"
        folder.mkdir(exist_ok=True)
        path = folder / "signing-key.pub"
        path.write_text(literal + "\n", encoding="utf-8")
        return SigningKey(path, " ".join(literal.split()[:2]))
    path = Path(value).expanduser()
    return key_from_file(path if path.is_absolute() else git.root / path)


def maker(signature: str, signers: Signers) -> tuple[Principal, str] | None:
    """The principal, with the key, that a signature claims to be by; None where it is nobody's of `signers`, or no
    signature. The key stands in it (OpenSSH's `PROTOCOL.sshsig`); whether it is true, `check` finds out."""
    body = signature.partition("-----BEGIN SSH SIGNATURE-----")[2].partition("-----END SSH SIGNATURE-----")[0]
    try:
        blob = base64.b64decode("".join(body.split()), validate=True)
        size = int.from_bytes(blob[10:14], "big")
        key = base64.b64encode(blob[14 : 14 + size]).decode()
    except ValueError:
        return None
    if blob[:6] != b"SSHSIG" or not size:
        return None
    keys = ((p, " ".join(k.split()[:2])) for p in signers.signers for k in p.keys)
    return next(((p, k) for p, k in keys if k.partition(" ")[2] == key), None)


def check(data: bytes, signature: str, namespace: str, signers: Signers) -> Principal | None:
    """The principal whose key made the signature, or None where it is no valid signature of anybody in `signers`.

    The allowed-signers file is made without validity times: revoking is removing, a clock decides nothing.
    """
    found = maker(signature, signers)
    return found[0] if found is not None and is_true(data, signature, namespace, found[0].principal, found[1]) else None


def is_true(data: bytes, signature: str, namespace: str, name: str, key: str) -> bool:
    """Whether ssh-keygen finds that this key made the signature. Raises ToolError where there is no ssh-keygen."""
    with tempfile.TemporaryDirectory(prefix="pxctl-") as folder:
        allowed, sig = Path(folder, "allowed"), Path(folder, "sig")
        allowed.write_text(f'{name} namespaces="{namespace}" {key}\n', encoding="utf-8")
        sig.write_text(signature, encoding="utf-8")
        args = ["-Y", "verify", "-q", "-f", str(allowed), "-I", name, "-n", namespace, "-s", str(sig)]
        return _keygen(args, data).returncode == 0
