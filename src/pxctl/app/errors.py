"""The error boundary: the one place that tells expected failures from bugs, and turns both into exit codes.

| exit | means |
|---|---|
| 0 | done; nothing to report |
| 1 | the input failed |
| 2 | the tool could not do it: usage, files, network, git, secret store |
| 3 | a bug: the traceback is in a log file whose path is printed |
| 4 | refused |
| 130 | interrupted |
| 141 | whoever read the output went away (`pxctl audit log | head`) |
"""

from __future__ import annotations

import errno
import os
import re
import sys
from typing import Any

from pxctl.core.errors import PxctlError

EXIT_BUG = 3
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141
NARROWEST = 40
"""Columns below which `COLUMNS` is not believed."""

_SURROUNDINGS = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOENT", "EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EISDIR", "ENOTDIR", "EMFILE", "ENFILE"),
        *("ENAMETOOLONG", "ELOOP", "EIO", "EEXIST", "EXDEV", "EFBIG"),
    )
    if hasattr(errno, name)
)
"""Errors of the operating system that say something about files, not about pxctl."""


def guarded(args: list[str]) -> int:
    """Run the command line; whatever happens, give an exit code and, on stderr, one clear message."""
    _ready_streams()
    try:
        code = _run(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError as error:
        if not _reader_gone():
            return bug(error)
        _drop_stdout()
        return EXIT_PIPE
    except PxctlError as error:
        return report(error, verbose=_verbose(args))
    except OSError as error:
        if error.errno in _SURROUNDINGS:
            say(_about_file(error))
            _drop_stdout()
            return 2
        return bug(error)
    except MemoryError:
        say("out of memory", "give pxctl less input at once, or more memory")
        return 2
    except Exception as error:
        return bug(error)


def _ready_streams() -> None:
    """A closed stream swallows what is written; a character that a stream cannot encode is escaped, never an error."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  # lives as long as we do
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    columns = os.environ.get("COLUMNS", "80")
    if not columns.isdecimal() or int(columns) < NARROWEST:
        del os.environ["COLUMNS"]  # nothing can be laid out in it


def _run(args: list[str]) -> int:
    import typer

    from pxctl.app.cli.group import root

    command = root()
    if os.environ.get("_PXCTL_COMPLETE"):
        command(args, prog_name="pxctl")  # answers the shell and exits
    usage_error: Any = typer.BadParameter.__mro__[1]
    try:
        with command.make_context("pxctl", list(args)) as context:
            result = command.invoke(context)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        say("interrupted")
        return EXIT_INTERRUPTED
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return 2
        return _usage(error)
    return result if isinstance(result, int) else 0


def _usage(error: Any) -> int:
    context = error.ctx
    message = re.sub(r"'([^']*)'", r"`\1`", " ".join(error.format_message().split()).rstrip("."))
    message = message.replace("Value error, ", "")
    message = re.sub(r"Input should be (.*?)(?:, unable to parse .*)?$", r"it should be \1", message)
    hint = f"see `{context.command_path} --help`" if context is not None else None
    say(message[:1].lower() + message[1:], hint)
    return 2


def report(error: PxctlError, *, verbose: bool = False) -> int:
    """Say an expected failure on stderr; the answer is its exit code."""
    say(str(error), error.hint)
    cause = error.__cause__
    while verbose and cause is not None:
        say(f"because of {type(cause).__name__}: {cause}", label="")
        cause = cause.__cause__
    return error.exit_code


def bug(error: BaseException) -> int:
    """Write the traceback to a log file and say where it is."""
    from pxctl.app.crash import without_environment, write_log
    from pxctl.core.secret import brief

    place = write_log(error)
    say(f"this is a bug in pxctl: {type(error).__name__}: {brief(without_environment(str(error)))}")
    say(f"the traceback is in {place}" if place else "the traceback could not be written to any file", label="")
    return EXIT_BUG


def say(message: str, hint: str | None = None, *, label: str = "error: ") -> None:
    """One message on stderr, redacted, in colour on a terminal."""
    from pxctl.core.secret import redact

    red, bold, plain = ("\x1b[31m", "\x1b[1m", "\x1b[0m") if _colour() else ("", "", "")
    text = f"{red}{bold}{label}{plain}{redact(_printable(message))}\n" if label else f"{redact(_printable(message))}\n"
    if hint:
        text += f"  {bold}hint:{plain} {redact(_printable(hint))}\n"
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _verbose(args: list[str]) -> bool:
    return "--verbose" in args or "-v" in args


def _about_file(error: OSError) -> str:
    what = (error.strerror or "the operating system refused").lower()
    if isinstance(error, FileNotFoundError) and not error.filename:
        return "the current folder does not exist any more"
    return f"`{os.fsdecode(error.filename)}`: {what}" if error.filename else f"writing the output: {what}"


def _reader_gone() -> bool:
    """Whether it is our own stdout that broke, not a pipe or socket to somebody else."""
    import select

    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), select.POLLOUT)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
    except (OSError, ValueError, AttributeError):
        return True


def _drop_stdout() -> None:
    """Nobody reads stdout any more, or it is full: what the interpreter flushes at exit goes nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
