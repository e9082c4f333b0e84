"""Options that the releasing verbs share, and how they answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pxctl.app.cli.options import Format, Output, find_root
from pxctl.core.errors import UsageError

if TYPE_CHECKING:
    from pxctl.app.flows.release import Desk
    from pxctl.model.live import ReleaseResult

EnvOption = Annotated[
    str | None, typer.Option("--env", "-e", metavar="NAME", help="The environment; default: the only one there is.")
]
ReasonOption = Annotated[str, typer.Option("--reason", "-r", metavar="WHY", help="Why; it stands in the record.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Show the plan and change nothing.")]
KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Sign with this SSH key; default: git's user.signingkey.")
]
SkewOption = Annotated[
    bool,
    typer.Option("--clock-skew-ok", help="Release although the last release is dated ahead of this machine's clock."),
]
PolicyOption = Annotated[str | None, typer.Option("--policy", "-p", metavar="NAME", help="A routing policy.")]
ProviderOption = Annotated[str | None, typer.Option("--provider", metavar="ID", help="A provider.")]
FlagsOption = Annotated[bool, typer.Option("--flags", help="The feature flags.")]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use what was last read from the remote.")]


def desk_for(
    repo: Path | None, env: str | None, *, key: Path | None = None, skew_ok: bool = False, rev: str = "HEAD"
) -> Desk:
    """The desk of one environment. Without a name: the only one there is. Raises UsageError."""
    from pxctl.app.flows.release import Desk

    root = find_root(repo)
    if env is None:
        names = sorted(Desk(root, "", rev).config.project.environments)
        if len(names) != 1:
            known = ", ".join(f"`{name}`" for name in names)
            raise UsageError("which environment?", hint=f"name one with --env: {known}")
        env = names[0]
    desk = Desk(root, env, rev, key, skew_ok)
    _ = desk.settings  # an unknown environment is said before anything else is read
    return desk


def one_subject(
    policy: str | None, provider: str | None, flags: bool = False, roster: bool = False, *, required: bool = True
) -> str | None:
    """The subject that the options name. Raises UsageError where there are several, or none and one is required."""
    named = [
        *([f"policies/{policy}"] if policy else []), *([f"providers/{provider}"] if provider else []),
        *(["flags"] if flags else []), *(["roster"] if roster else []),
    ]  # fmt: skip
    if len(named) > 1:
        raise UsageError("one subject at a time: " + ", ".join(named), hint="each subject is a release of its own")
    if not named and required:
        raise UsageError("what is to be released?", hint="--policy NAME, --provider ID, --flags or --roster")
    return named[0] if named else None


def split(text: str | None) -> tuple[str, ...]:
    """`a,b` as (a, b)."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def answer(out: Output, result: ReleaseResult, format: Format) -> int:
    """Show what came of it; 0."""
    from pxctl.report.release import release_text

    out.answer(result, format, release_text)
    return 0
