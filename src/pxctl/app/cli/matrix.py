"""`pxctl matrix`: the read-only inventory of how requests are routed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    examples,
    find_root,
    format_option,
    verb_app,
)

if TYPE_CHECKING:
    from pxctl.model.matrix import MatrixProfile

app = verb_app(no_args_is_help=True)

PlaceArgument = Annotated[Path, typer.Argument(metavar="[DIR|FILE]", help="A snapshot, or a folder of them.")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME|FILE", help="`contract`, `repo` (the repository's own), or a file."),
]


class PageFormat(StrEnum):
    """How a snapshot is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command(epilog=examples("pxctl matrix check snapshots/", "pxctl matrix check --strict --profile repo matrix.json"))
def check(
    place: PlaceArgument = Path(),
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what the contract leaves open too.")] = False,
    profile: ProfileOption = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> int:
    """Judge the last snapshot by name in a folder, or one file. All faults in one run."""
    from pxctl.matrix.check import check as judge
    from pxctl.matrix.snapshot import find, read_bytes
    from pxctl.report.matrix import check_json, check_text

    file = find(place)
    report = judge(read_bytes(file), str(file), _judging_profile(profile, repo), strict_too=strict)
    out = Output(output, quiet=quiet)
    if format is Format.JSON:
        out.answer(check_json(report), format, str)
    else:
        out.show(check_text(report))
    return 1 if report.failed else 0


def _judging_profile(wanted: str | None, repo: Path | None) -> MatrixProfile:
    from pxctl.matrix.profile import contract

    if wanted is None or wanted == "contract":
        return contract()
    from pxctl.app.flows.matrix import committed_profile, profile_file
    from pxctl.load.loader import load
    from pxctl.load.tree import CommitTree

    if wanted == "repo":
        root = find_root(repo)
        return committed_profile(root, load(CommitTree(root)))
    return profile_file(Path(wanted))


@app.command(epilog=examples("pxctl matrix build -o ai_provider_route_matrix_2026-11-23.json", "pxctl matrix build"))
def build(
    rev: Annotated[str, typer.Option("--rev", metavar="COMMIT", help="The commit that is described.")] = "HEAD",
    profile: ProfileOption = None,
    repo: RepoOption = None,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> int:
    """Make the snapshot of a commit: files and commits are read, nothing is called, nothing changes."""
    from pxctl.app.flows.matrix import snapshot_of
    from pxctl.matrix.build import render

    snapshot = snapshot_of(find_root(repo), rev, profile)
    out = Output(output, quiet=quiet)
    out.write(render(snapshot))
    if output is not None:
        out.note(
            f"{len(snapshot['provider_routes'])} routes of {snapshot['program_status']['source'][:12]} in {output}"
        )
    return 0


@app.command(epilog=examples("pxctl matrix show snapshots/", "pxctl matrix show --format html -o matrix.html"))
def show(
    place: PlaceArgument = Path(),
    format: Annotated[PageFormat, format_option()] = PageFormat.TEXT,
    output: OutputOption = None,
) -> int:
    """Show a snapshot on the terminal, or as a page."""
    from pxctl.matrix.snapshot import find
    from pxctl.report.matrix import show_html, show_markdown, show_text

    snapshot, out = _read(find(place)), Output(output)
    if format is PageFormat.MARKDOWN:
        out.write(show_markdown(snapshot))
    elif format is PageFormat.HTML:
        out.write(show_html(snapshot))
    else:
        out.answer(snapshot, format.value, show_text)
    return 0


def _read(file: Path) -> Any:
    from pxctl.core.errors import InputError
    from pxctl.matrix.snapshot import parse, read_bytes

    value, fault = parse(read_bytes(file))
    if fault is not None:
        raise InputError(f"{file}: {fault.message}", hint=fault.hint)
    if not isinstance(value, dict):
        raise InputError(f"{file}: the top level is no object", hint="see `pxctl matrix check`")
    return value


@app.command("diff", epilog=examples("pxctl matrix diff old.json new.json"))
def diff_(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A snapshot, or a folder of them.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A snapshot, or a folder of them.")],
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> int:
    """Show how two snapshots differ. A difference permits nothing."""
    from pxctl.matrix.diff import diff
    from pxctl.matrix.snapshot import find
    from pxctl.report.matrix import diff_text

    first, second = find(old), find(new)
    Output(output).answer(diff(_read(first), _read(second), str(first), str(second)), format, diff_text)
    return 0
