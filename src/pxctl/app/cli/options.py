'''Options that every verb shares, and the way a verb answers.

A verb is a file `app/cli/<verb>.py` with `app = verb_app()` and one command (or several: then they are sub-commands):

```python
"""`pxctl lint`: check every file of the repository."""

from pxctl.app.cli.options import Format, FormatOption, Output, OutputOption, QuietOption, RepoOption, VerboseOption
from pxctl.app.cli.options import examples, find_root, verb_app

app = verb_app()


@app.command(epilog=examples("pxctl lint", "pxctl lint --format json --output findings.json"))
def lint(
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Check every file of the repository: schema first, then the rules. All findings in one run."""
    from pxctl.lint.run import run_lint            # heavy imports stand inside the function
    from pxctl.report.findings import findings_text

    out = Output(output, quiet=quiet, verbose=verbose)
    report = run_lint(find_root(repo))
    out.answer(report, format, findings_text)      # json: the value itself; text: what the function makes of it
    return 1 if report.failed else 0
```

What an answer may be: a text, a `report.text.Table`, a (text, style) pair, a list of these, or a renderable of rich.
The answer goes to stdout or, whole or not at all, to `--output`; messages (`out.note`, `out.detail`, `out.progress`)
go to stderr. More formats than two: a StrEnum with `Annotated[Mine, format_option()]`, and `out.write(text)`.
Failures are raised from `core.errors`; nobody catches them to print them. `return` the exit code; None is 0.
'''

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pxctl.core.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from pxctl.report.terminal import Step

PROJECT_FILES = ("pxctl.yaml", "pxctl.yml", "pxctl.json")
T = TypeVar("T")


class Format(StrEnum):
    """How an answer is written: for people, or for machines."""

    TEXT = "text"
    JSON = "json"


def format_option(help_: str = "How the answer is written.") -> Any:
    """`--format` for a verb with formats of its own."""
    return typer.Option("--format", "-f", help=help_, case_sensitive=False, rich_help_panel="Output")


RepoOption = Annotated[
    Path | None,
    typer.Option(
        "--repo",
        "-C",
        metavar="DIR",
        envvar="PXCTL_REPO",
        show_envvar=False,
        help="The repository; default: the nearest folder upwards that holds pxctl.yaml.",
    ),
]
FormatOption = Annotated[Format, format_option()]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the answer to a file.", rich_help_panel="Output"),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No messages, only the answer.", rich_help_panel="Output")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more, and why an error came about.", rich_help_panel="Output")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def verb_app(**settings: Any) -> typer.Typer:
    """The `app` of a verb's module."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode="rich",
        **{"no_args_is_help": False, **settings},
    )


def examples(*lines: str) -> str:
    """The `epilog=` of a command: every command shows at least one example of its use."""
    escaped = (line.replace("[", "\\[") for line in lines)
    return "\n".join(["Examples:", *(f"  $ {line}" for line in escaped)])


def find_root(repo: Path | None) -> Path:
    """The repository's root: the given folder, or the nearest one upwards from here that holds `pxctl.yaml`.

    Raises UsageError where there is none.
    """
    start = repo if repo is not None else Path.cwd()
    if not start.is_dir():
        raise UsageError(f"`{start}` is not a folder" if start.exists() else f"`{start}` does not exist")
    for folder in (start,) if repo is not None else (start, *start.parents):
        if any((folder / name).is_file() for name in PROJECT_FILES):
            return folder.resolve()
    where = f"`{start}` holds no pxctl.yaml" if repo is not None else "no pxctl.yaml here or in any folder above"
    raise UsageError(where, hint="name the repository with --repo DIR, or make one: `pxctl init DIR`")


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that is hard to undo; without a terminal `--yes` must stand on the command line."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} nobody can be asked here", hint="say --yes if you mean it")
    if not typer.confirm(question, err=True):
        raise RefusedError("not confirmed; nothing was done")


class Output:
    """Where a verb's answer and its messages go."""

    def __init__(self, path: Path | None = None, *, quiet: bool = False, verbose: bool = False) -> None:
        self.path = None if path is not None and str(path) == "-" else path
        self.quiet = quiet
        self.verbose = verbose

    def answer(self, value: T, format: Format | str, render: Callable[[T], Any]) -> None:
        """The verb's result: as JSON the value itself, as text what `render` makes of it."""
        if format == "json":
            from pxctl.report.json import to_json

            self.write(to_json(value))
        else:
            self.show(render(value))

    def write(self, text: str) -> None:
        """A finished document, byte for byte: to stdout, or to the file, whole or not at all."""
        if self.path is None:
            sys.stdout.write(text)
        else:
            write_atomically(self.path, text)

    def show(self, what: Any) -> None:
        """Something for people: in colour on a terminal, plain elsewhere and in files."""
        import io

        from pxctl.report.terminal import Terminal

        if self.path is None:
            Terminal(sys.stdout).show(what)
            return
        buffer = io.StringIO()
        Terminal(buffer).show(what)
        write_atomically(self.path, buffer.getvalue())

    def note(self, text: str) -> None:
        """A message on stderr, unless `--quiet`."""
        if not self.quiet:
            from pxctl.report.terminal import Terminal

            Terminal(sys.stderr).line(text)

    def warn(self, text: str) -> None:
        """A warning on stderr, also with `--quiet`."""
        from pxctl.report.terminal import Terminal

        Terminal(sys.stderr).line(("warning: ", "bold yellow"), text)

    def detail(self, text: str) -> None:
        """A message on stderr with `--verbose` alone."""
        if self.verbose:
            self.note(text)

    def progress(self, what: str, total: int | None = None) -> AbstractContextManager[Step]:
        """`with out.progress("reading", 10) as step: step.advance()`: on stderr; nothing with `--quiet`."""
        from pxctl.report.terminal import Terminal

        if self.quiet:
            import io

            return Terminal(io.StringIO()).progress(what, total)
        return Terminal(sys.stderr).progress(what, total)


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all. A device or pipe is written through. Raises OSError, UsageError."""
    if path.exists() and not path.is_file():
        if path.is_dir():
            raise UsageError(f"`{path}` is a folder", hint="name a file")
        path.write_text(text, encoding="utf-8")
        return
    import tempfile

    target = path.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"`{path}`: the folder `{path.parent}` does not exist")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise UsageError(f"`{path}`: {(error.strerror or 'cannot be written').lower()}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
