"""The demo's world: a scratch copy of the sample configuration, a bare git remote, a signing key, model servers."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent.parent
COPIED = (
    *("providers", "routing-policies", "tenants", "feature_flags", "scenarios", "examples/traces"),
    *("pxctl.yaml", "guarantees.yaml", "config_keys.yaml", "matrix-profile.yaml"),
)


@dataclass(frozen=True)
class Served:
    """A provider of the sample that local model servers stand in for in the demo."""

    provider: str
    urls: Mapping[str, tuple[str, str]]
    """The sample's URL -> the server that plays it, and the path there."""
    variable: str


@dataclass(frozen=True)
class Server:
    """A model server that runs."""

    name: str
    port: int
    process: subprocess.Popen[bytes]


def environment(scratch: Path) -> dict[str, str]:
    """A clean environment: nothing of the reader's own git settings, keys or configuration."""
    keep = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TERM", "TMPDIR", "COLUMNS") if name in os.environ
    }
    home = scratch / "home"
    home.mkdir()
    path = os.pathsep.join([str(Path(sys.executable).parent), keep.get("PATH", os.defpath)])
    return {
        **keep, "PATH": path, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1", "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1",
    }  # fmt: skip


def git(folder: Path, env: Mapping[str, str], *args: str) -> str:
    """Run git; its standard output."""
    done = subprocess.run(["git", *args], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout.strip()


def make_repository(scratch: Path, env: dict[str, str], ports: Mapping[str, int], served: tuple[Served, ...]) -> Path:
    """The scratch copy, committed and pushed to a bare remote; the served providers point at this machine."""
    root = scratch / "harbourline"
    for name in COPIED:
        source, target = SAMPLE / name, root / name
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    (root / ".gitignore").write_text(".pxctl/\n", encoding="utf-8")
    _point_at_this_machine(root, ports, served)
    git(scratch, env, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(root, env, "init", "-q", "-b", "main")
    for name, value in (("user.name", "Ada Demo"), ("user.email", "ada@harbourline.example")):
        git(root, env, "config", name, value)
    git(root, env, "remote", "add", "origin", str(scratch / "remote.git"))
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "Harbourline's models and routes")
    git(root, env, "push", "-q", "-u", "origin", "main")
    return root


def _point_at_this_machine(root: Path, ports: Mapping[str, int], served: tuple[Served, ...]) -> None:
    """Endpoints, credentials, grants and registered keys of the served providers: no vault, no internet."""
    for one in served:
        file = root / "providers" / f"{one.provider}.yaml"
        text = file.read_text("utf-8")
        kept_at = re.search(r"llm/([a-z0-9-]+)#", text)
        if kept_at is None:
            raise RuntimeError(f"{file.name} keeps its credential somewhere else now")
        for old, (server, path) in one.urls.items():
            text = text.replace(f'"{old}"', f'"http://127.0.0.1:{ports[server]}{path}"')
        text = re.sub(r"^credential_ref: .*$", f"credential_ref: env://{one.variable}", text, flags=re.M)
        text = re.sub(r"^  suites: .*$", "  suites: [chat, streaming]", text, flags=re.M)
        file.write_text(text, encoding="utf-8")
        hosts = ", ".join(
            f'"http://127.0.0.1:{port}"' for port in sorted({ports[server] for server, _ in one.urls.values()})
        )
        grant = f'  - {{ref: "env://{one.variable}", hosts: [{hosts}]}}\n'
        key = f"  - {{name: {one.variable}, kind: env, description: the key of {one.provider} in the demo}}\n"
        _replace_line(root / "pxctl.yaml", rf"^  - .*llm/{kept_at[1]}\".*\n", grant)
        _replace_line(root / "config_keys.yaml", rf"^  - \{{name: llm\.{kept_at[1]},.*\n", key)


def _replace_line(file: Path, pattern: str, line: str) -> None:
    text, count = re.subn(pattern, lambda _: line, file.read_text("utf-8"), flags=re.M)
    if count != 1:
        raise RuntimeError(f"{file.name} has {count} lines like {pattern}")
    file.write_text(text, encoding="utf-8")


def make_key(scratch: Path, root: Path, env: Mapping[str, str]) -> bool:
    """An SSH key of the demo's own, and git told to sign with it; False where this machine has no ssh-keygen."""
    if shutil.which("ssh-keygen", path=env["PATH"]) is None:
        return False
    key = scratch / "home" / "demo-key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@harbourline.example", "-f", str(key)],
        env=env, check=True, capture_output=True,
    )  # fmt: skip
    git(root, env, "config", "gpg.format", "ssh")
    git(root, env, "config", "user.signingkey", f"{key}.pub")
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def model_servers(
    faults: Mapping[str, tuple[str, ...]], env: Mapping[str, str], scratch: Path
) -> Iterator[dict[str, Server]]:
    """One llmock a name, with the options that make it misbehave; all of them end with the demo."""
    running: dict[str, Server] = {}
    try:
        for name, options in faults.items():
            running[name] = start_server(name, free_port(), options, env, scratch)
        for server in running.values():
            wait_for(server, scratch)
        yield running
    finally:
        for server in running.values():
            stop_server(server)


def start_server(name: str, port: int, options: tuple[str, ...], env: Mapping[str, str], scratch: Path) -> Server:
    """Start a model server on a port of this machine alone."""
    with (scratch / f"llmock-{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmock.cli", "serve", "--host", "127.0.0.1", "--port", str(port), *options],
            env=dict(env), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    return Server(name, port, process)


def wait_for(server: Server, scratch: Path, seconds: float = 60.0) -> None:
    """Wait until a server accepts connections. Raises RuntimeError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.port), 0.2):
                return
        except OSError:
            time.sleep(0.05)
    log = (scratch / f"llmock-{server.name}.log").read_text("utf-8", "replace")
    raise RuntimeError(f"the model server for {server.name} did not start: {log[-500:]}")


def stop_server(server: Server) -> None:
    """End a server, by its own process id."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        try:
            server.process.wait(5)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait(5)


def a_secret() -> str:
    """A key that opens nothing but the demo's own servers."""
    return f"demo-{secrets.token_hex(16)}"


def leaks(scratch: Path, values: list[str]) -> list[str]:
    """Files below a folder, and git repositories with all their objects, that hold one of the values."""
    found = []
    for path in scratch.rglob("*"):
        if path.is_file() and _holds(path.read_bytes(), values):
            found.append(str(path.relative_to(scratch)))
        if path.name == "HEAD" and (path.parent / "objects").is_dir():
            command = ["git", "--git-dir", str(path.parent), "cat-file", "--batch-all-objects", "--batch"]
            done = subprocess.run(command, capture_output=True, check=True)
            if _holds(done.stdout, values):
                found.append(f"an object of {path.parent.relative_to(scratch)}")
    return found


def _holds(data: bytes, values: list[str]) -> bool:
    return any(value.encode() in data for value in values)
