"""Every file-changing system call of a process and of all that it starts, stopped one by one; at the nth, SIGKILL.

A seccomp filter stops a process just before such a call and a tracer (ptrace) lets it go on, so the calls of pxctl, of
git and of what git starts are one row of moments, in the order in which they happen. Linux on x86-64 and aarch64.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

_CALLS: dict[str, dict[str, int]] = {
    "x86_64": {
        "open": 2, "creat": 85, "write": 1, "writev": 20, "pwrite64": 18, "pwritev": 296, "truncate": 76,
        "ftruncate": 77, "fallocate": 285, "rename": 82, "link": 86, "unlink": 87, "symlink": 88, "mkdir": 83,
        "rmdir": 84, "chmod": 90, "fchmod": 91, "openat": 257, "mkdirat": 258, "unlinkat": 263, "renameat": 264,
        "linkat": 265, "symlinkat": 266, "fchmodat": 268, "renameat2": 316, "sendfile": 40, "copy_file_range": 326,
    },
    "aarch64": {
        "openat": 56, "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "renameat2": 276,
        "truncate": 45, "ftruncate": 46, "fallocate": 47, "fchmod": 52, "fchmodat": 53, "write": 64, "writev": 66,
        "pwrite64": 68, "pwritev": 70, "sendfile": 71, "copy_file_range": 285,
    },
}  # fmt: skip
_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CREATES = os.O_CREAT | os.O_TRUNC
_BY_HANDLE = frozenset({"write", "writev", "pwrite64", "pwritev", "ftruncate", "fallocate", "fchmod"})
_TRACEME, _CONT, _SETOPTIONS, _SYSCALL_INFO, _SEIZED_EVENT = 0, 7, 0x4200, 0x420E, 7
_OPTIONS = 0x2 | 0x4 | 0x8 | 0x80 | 0x100000  # fork, vfork, clone, seccomp; who is traced dies with the tracer
_ALL_CHILDREN = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4


class Call(NamedTuple):
    """One stopped call: whose (`push`, `receive-pack`, ..., `pxctl`), which, and on what file where that is known."""

    process: str
    name: str
    file: str


class Traced(NamedTuple):
    """How the traced process ended (exit code, or minus the signal), and its calls up to then."""

    code: int
    calls: tuple[Call, ...]


def available() -> bool:
    """Whether calls can be stopped on this machine."""
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    found = traced(lambda: os.close(os.open("/dev/null", os.O_WRONLY | os.O_CREAT)))
    return [call.name for call in found.calls] == ["openat"]


def traced(work: Callable[[], object], kill_at: int = -1, spare: Collection[str] | None = ()) -> Traced:
    """Run `work` in a forked process; just before its call number `kill_at`, end everybody by SIGKILL.

    Everybody but who works inside the folders of `spare`; None: nobody but who makes that call. Waits for all to end.
    """
    out, into = os.pipe()
    tracer = os.fork()
    if tracer == 0:
        code = 1
        try:
            os.close(out)
            found = _trace(work, kill_at, spare)
            lines = [str(found.code), *("\t".join(call) for call in found.calls)]
            with os.fdopen(into, "w", errors="backslashreplace") as pipe:
                pipe.write("\n".join(lines))
            code = 0
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out, errors="backslashreplace") as pipe:
        result, *calls = pipe.read().split("\n")
    if os.waitpid(tracer, 0)[1]:
        raise RuntimeError("the tracer failed")
    return Traced(int(result), tuple(Call(*line.split("\t")) for line in calls))


def _trace(work: Callable[[], object], kill_at: int, spare: Collection[str] | None) -> Traced:
    main = os.fork()
    if main == 0:
        _be_traced(work)
    status = os.waitpid(main, 0)[1]
    if not os.WIFSTOPPED(status):
        return Traced(os.waitstatus_to_exitcode(status), ())
    _ptrace(_SETOPTIONS, main, _OPTIONS)
    _ptrace(_CONT, main, 0)
    living, calls, result, over = {main}, list[Call](), 0, False
    while living:
        try:
            pid, status = os.waitpid(-1, _ALL_CHILDREN)
        except ChildProcessError:
            break
        if not os.WIFSTOPPED(status):
            living.discard(pid)
            result = os.waitstatus_to_exitcode(status) if pid == main else result
            continue
        born, sent = pid not in living, os.WSTOPSIG(status)
        living.add(pid)
        if status >> 16 == _SEIZED_EVENT and (call := _call(pid)) is not None:
            if len(calls) == kill_at:
                over = spare is not None
                for one in [pid] if spare is None else [p for p in living if not _inside(p, spare)]:
                    os.kill(one, signal.SIGKILL)
            calls.append(call)
        elif over and born and not _inside(pid, spare or ()):
            os.kill(pid, signal.SIGKILL)
        quiet = status >> 16 or (born and sent == signal.SIGSTOP) or sent == signal.SIGTRAP
        _ptrace(_CONT, pid, 0 if quiet else sent)
    return Traced(result, tuple(calls))


def _be_traced(work: Callable[[], object]) -> None:
    code = 1
    try:
        if _libc.ptrace(_TRACEME, 0, None, None):
            raise OSError(ctypes.get_errno(), "ptrace")
        os.kill(os.getpid(), signal.SIGSTOP)
        _filter()
        found = work()
        code = found if isinstance(found, int) else 0
    finally:
        os._exit(code)


def _filter() -> None:
    """Stop at these calls (`RET_TRACE`), let all others pass."""
    machine = platform.machine()
    numbers = _CALLS[machine]
    flagged = {numbers["openat"]: 32, **({numbers["open"]: 24} if "open" in numbers else {})}
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, _ARCH[machine]), (0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0)]
    for number in numbers.values():
        if number in flagged:  # only one that makes or empties a file
            program += [(0x15, 0, 4, number), (0x20, 0, 0, flagged[number]), (0x45, 0, 1, _CREATES)]
            program += [(0x06, 0, 0, 0x7FF00000), (0x06, 0, 0, 0x7FFF0000)]
        else:
            program += [(0x15, 0, 1, number), (0x06, 0, 0, 0x7FF00000)]
    program.append((0x06, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    if _libc.prctl(38, 1, 0, 0, 0) or _libc.prctl(22, 2, ctypes.addressof(head), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def _call(pid: int) -> Call | None:
    """The call that a process is stopped before; None for one that changes no file (a pipe, a terminal)."""
    raw = ctypes.create_string_buffer(88)
    if _libc.ptrace(_SYSCALL_INFO, pid, ctypes.c_void_p(88), ctypes.addressof(raw)) <= 0:
        return None
    number, first, second = struct.unpack_from("QQQ", raw, 24)
    name = next((n for n, value in _CALLS[platform.machine()].items() if value == number), str(number))
    file = ""
    if name in _BY_HANDLE:
        try:
            file = str(Path(f"/proc/{pid}/fd/{first}").readlink())
        except OSError:
            return None
        if not file.startswith("/") or file.startswith("/dev/"):
            return None
    else:
        file = _text(pid, second if name.endswith("at") else first)
    return Call(_who(pid), name, file.replace("\n", " ").replace("\t", " "))


def _text(pid: int, address: int) -> str:
    try:
        with Path(f"/proc/{pid}/mem").open("rb") as memory:
            memory.seek(address)
            return memory.read(256).partition(b"\0")[0].decode("utf-8", "replace")
    except (OSError, ValueError, OverflowError):
        return ""


def _who(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return "?"
    name = words[0].rpartition("/")[2]
    if name != "git":
        return "pxctl" if "python" in name or "pytest" in name else name.removeprefix("git-")
    rest = iter(words[1:])
    for word in rest:
        if word in ("-c", "-C"):
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return name


def _inside(pid: int, folders: Collection[str]) -> bool:
    try:
        place = str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return False
    return any(place == folder or place.startswith(folder + "/") for folder in folders)


def _ptrace(request: int, pid: int, data: int) -> None:
    _libc.ptrace(request, pid, None, ctypes.c_void_p(data))
