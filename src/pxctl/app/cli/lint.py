"""`pxctl lint`: check every file of the repository."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pxctl.app.cli.options import (
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    VerboseOption,
    examples,
    find_root,
    format_option,
    verb_app,
)
from pxctl.core.errors import PxctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pxctl.app.flows.lint import Linted

app = verb_app()


class LintFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"
    MARKDOWN = "markdown"


@app.command(
    epilog=examples(
        "pxctl lint",
        "pxctl lint providers/openai-main.yaml",
        "pxctl lint --changed-since origin/main --format github",
        "pxctl lint --fix --diff",
        "pxctl lint --format sarif --output lint.sarif",
        "pxctl lint --as litellm config.yaml --env-file .env",
    )
)
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Only these files or folders.")
    ] = None,
    repo: RepoOption = None,
    format: Annotated[LintFormat, format_option()] = LintFormat.TEXT,
    output: OutputOption = None,
    changed_since: Annotated[
        str | None, typer.Option(metavar="REV", help="Only what changed since a commit, and what depends on it.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply safe fixes (to PATHs, where given); nothing else in the files changes.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Lint again on every save.")] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read everything anew.")] = False,
    gateway: Annotated[
        str | None, typer.Option("--as", metavar="FORMAT", help="PATHs are another gateway's files: litellm.")
    ] = None,
    env: Annotated[bool, typer.Option("--env", help="With --as: this process's variables count as set.")] = False,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", metavar="FILE", help="With --as: variables that it names count as set.")
    ] = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Check every file of the repository: its shape first, then the rules. All findings in one run."""
    out = Output(output, quiet=quiet, verbose=verbose)
    if sum((bool(paths), changed_since is not None)) > 1:
        raise UsageError("PATH and --changed-since cannot be combined", hint="use one of them")
    if gateway is not None:
        from pxctl.app.flows.interop import lint_foreign, variables

        if changed_since is not None or fix or diff or watch:
            raise UsageError("--as checks files where they stand", hint="leave out --changed-since, --fix and --watch")
        foreign = lint_foreign(gateway, paths or [], variables(env, env_file))
        _render(foreign, format, out, statistics)
        return 1 if foreign.report.failed else 0
    if diff or fix:
        root = find_root(repo)
        chosen = bool(paths) or changed_since is not None
        only = _lint(paths or [], repo, changed_since, cache=not no_cache).files if chosen else None
        if diff:
            return _show_diff(root, only, out)
        _apply(root, only, out)

    def once() -> int:
        linted = _lint(paths or [], repo, changed_since, cache=not no_cache)
        _render(linted, format, out, statistics)
        if changed_since is not None and not linted.report.files and not linted.report.findings:
            out.note(f"nothing changed since {changed_since}")
        return 1 if linted.report.failed else 0

    if watch:
        from pxctl.app.flows.watch_files import watch as wait

        root = find_root(repo)
        out.note(f"watching {root}; stop with Ctrl-C")
        wait(root, lambda: _go_on(once, out))
    return once()


def _go_on(once: Callable[[], int], out: Output) -> None:
    """A watcher has no exit code of its own, and outlives the moment in which an editor replaces a file."""
    try:
        once()
    except PxctlError as error:
        out.note(f"error: {error}")


def _lint(paths: list[Path], repo: Path | None, since: str | None, cache: bool) -> Linted:
    from pxctl.app.flows import lint as flow

    whole = flow.lint_cached if cache else flow.lint_whole
    if paths:
        try:
            root = find_root(repo)
        except UsageError:
            if repo is not None:
                raise
            return flow.lint_loose(paths)
        return flow.lint_paths(root, paths, whole)
    root = find_root(repo)
    return whole(root) if since is None else flow.lint_changed(root, since, whole)


def _render(linted: Linted, format: LintFormat, out: Output, statistics: bool) -> None:
    report = linted.report
    if format is LintFormat.JSON:
        from pxctl.report.json import to_json

        out.write(to_json(report))
    elif format is LintFormat.SARIF:
        from pxctl.report.sarif import findings_sarif

        out.write(findings_sarif(report, linted.texts))
    elif format is LintFormat.GITHUB:
        from pxctl.report.github import findings_github

        out.write(findings_github(report))
    elif format is LintFormat.JUNIT:
        from pxctl.report.junit import findings_junit

        out.write(findings_junit(report))
    elif format is LintFormat.MARKDOWN:
        from pxctl.report.markdown import findings_markdown

        out.write(findings_markdown(report))
    elif statistics:
        from pxctl.report.findings import statistics as table

        out.show(table(report))
    else:
        _text(linted, out)


def _text(linted: Linted, out: Output) -> None:
    from pxctl.report.findings import findings_rich, findings_text
    from pxctl.report.terminal import Terminal

    on_terminal = out.path is None and Terminal().rich
    out.show(findings_rich(linted.report) if on_terminal else findings_text(linted.report))


def _show_diff(root: Path, only: frozenset[str] | None, out: Output) -> int:
    from pxctl.app.flows.fix import diff, fixed_texts

    texts = fixed_texts(root, only)
    out.write(diff(root, texts))
    out.note(f"{len(texts)} files would change" if texts else "no safe fix")
    return 1 if texts else 0


def _apply(root: Path, only: frozenset[str] | None, out: Output) -> None:
    from pxctl.app.flows.fix import fixed_texts, write_texts

    texts = fixed_texts(root, only)
    write_texts(root, texts)
    for path in sorted(texts):
        out.note(f"mended {path}")
