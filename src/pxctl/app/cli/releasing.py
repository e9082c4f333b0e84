'''What the releasing verbs share: their options, declared once, and how they answer.

A command takes one parameter for all of them, and its own options after it:

```python
@verb(app, "pxctl abort --env production --policy default")
def abort(go: Step) -> int:
    """Take a rollout's new version back."""
    from pxctl.release.steps import Abort

    return go.make(Abort(go.subject(), reason=go.reason))
```

`verb` hands typer a signature in which the fields of that class stand one by one.
'''

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    VerboseOption,
    examples,
    find_root,
)
from pxctl.core.errors import UsageError

if TYPE_CHECKING:
    from pxctl.app.flows.release import Desk
    from pxctl.model.live import ReleaseResult
    from pxctl.release.draft import Intent

EnvOption = Annotated[
    str | None, typer.Option("--env", "-e", metavar="NAME", help="The environment; default: the only one there is.")
]
EnvArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: the only environment there is.")]
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
AtOption = Annotated[str | None, typer.Option("--at", metavar="TIME|SEQ", help="At a moment, or at a release.")]
PrOption = Annotated[bool, typer.Option("--pr", help="Write a release request and open a pull request for it.")]
RequestOption = Annotated[
    bool, typer.Option("--request", help="Write the release request into the work tree, for `pxctl apply`.")
]

F = TypeVar("F", bound=Callable[..., int])
_FIRST = ("env", "policy", "provider", "flags")
"""Shared options that stand before a command's own ones."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """Any command on an environment."""

    env: EnvOption = None
    repo: RepoOption = None
    format: FormatOption = Format.TEXT
    output: OutputOption = None
    quiet: QuietOption = False
    verbose: VerboseOption = False

    @property
    def out(self) -> Output:
        """Where the answer goes."""
        return Output(self.output, quiet=self.quiet, verbose=self.verbose)

    def desk(self, **more: Any) -> Desk:
        """The desk of the environment; `more` as `desk_for` takes it. Raises UsageError."""
        return desk_for(self.repo, self.env, **more)


@dataclass(frozen=True, kw_only=True)
class Read(Call):
    """A command that reads the environment's branch."""

    offline: OfflineOption = False

    def show(self, value: Any, render: Callable[[Any], Any]) -> int:
        """Answer with a value; 0."""
        self.out.answer(value, self.format, render)
        return 0


@dataclass(frozen=True, kw_only=True)
class Change(Call):
    """A command that makes a release."""

    dry_run: DryRunOption = False
    reason: ReasonOption = ""
    key: KeyOption = None
    skew_ok: SkewOption = False

    def desk(self, **more: Any) -> Desk:
        """The desk, with what the release is signed with."""
        return super().desk(key=self.key, skew_ok=self.skew_ok, **more)

    def make(self, intent: Intent) -> int:
        """Make the release that is meant, and answer with it."""
        from pxctl.app.flows.release import release

        return self.answer(release(self.desk(), intent, dry_run=self.dry_run))

    def answer(self, result: ReleaseResult, message: str = "") -> int:
        """Show what came of it, with a message for people; 0."""
        from pxctl.report.release import release_text

        self.out.answer(result, self.format, release_text)
        if message:
            self.out.note(message)
        return 0


@dataclass(frozen=True, kw_only=True)
class ChangeOf(Change):
    """A command that makes a release of an environment that is named without `--env`."""

    env: EnvArgument = None

    def desk(self, **more: Any) -> Desk:
        """The desk; its environment is asked for without an option."""
        return super().desk(option="", **more)


@dataclass(frozen=True, kw_only=True)
class Step(Change):
    """A command about one subject: the one that is named, or the only rollout that is on its way."""

    policy: PolicyOption = None
    provider: ProviderOption = None
    flags: FlagsOption = False

    def subject(self) -> str | None:
        """The subject that is named, if any. Raises UsageError where there are several."""
        return one_subject(self.policy, self.provider, self.flags, required=False)


def verb(app: typer.Typer, *lines: str, name: str | None = None) -> Callable[[F], F]:
    """Register a command whose first parameter is one of the classes above; `lines` are examples of its use."""

    def register(function: F) -> F:
        first, *own = inspect.signature(function, eval_str=True).parameters.values()
        kind = first.annotation
        hints = get_type_hints(kind, include_extras=True)
        shared = {
            f.name: inspect.Parameter(
                f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name]
            )
            for f in fields(kind)
        }

        def run(**given: Any) -> int:
            return function(kind(**{n: given.pop(n) for n in shared}), **given)

        below = [f.name for f in fields(kind)[len(fields(Call)) :]] + [f.name for f in fields(Call)]
        placed = [
            *(shared[n] for n in _FIRST if n in shared),
            *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own),
            *(shared[n] for n in below if n not in _FIRST),
        ]
        run.__signature__ = inspect.Signature(placed, return_annotation=int)  # type: ignore[attr-defined]  # typer reads it
        run.__doc__, run.__name__, run.__annotations__ = function.__doc__, function.__name__, {}
        app.command(name, epilog=examples(*lines))(run)
        return function

    return register


def desk_for(
    repo: Path | None, env: str | None, *, key: Path | None = None, skew_ok: bool = False, rev: str = "HEAD",
    option: str = "--env ",
) -> Desk:  # fmt: skip
    """The desk of one environment. Without a name: the only one there is. Raises UsageError.

    `option`: how the environment is named on this command line.
    """
    from pxctl.app.flows.release import Desk

    root = find_root(repo)
    if env is None:
        names = sorted(Desk(root, "", rev).config.project.environments)
        if len(names) != 1:
            raise UsageError("which environment?", hint="name one: " + ", ".join(f"`{option}{name}`" for name in names))
        env = names[0]
    desk = Desk(root, env, rev, key, skew_ok)
    _ = desk.settings  # an unknown environment is said before anything else is read
    return desk


def desks(repo: Path | None) -> list[Desk]:
    """A desk for each environment of pxctl.yaml."""
    from pxctl.app.flows.release import Desk

    root = find_root(repo)
    names = sorted(Desk(root, "").config.project.environments)
    return [Desk(root, name) for name in names]


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


def mode_of(dry_run: bool, direct: bool, pr: bool, request: bool) -> str | None:
    """What becomes of a plan; None is left to the repository's settings. Raises UsageError where two are asked for."""
    named = [("--direct", direct), ("--pr", pr), ("--request", request)]
    asked = [option for option, given in named if given]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} are two ways of releasing", hint="use one of them")
    if dry_run:
        return "dry-run"
    return asked[0].removeprefix("--") if asked else None


def split(text: str | None) -> tuple[str, ...]:
    """`a,b` as (a, b). Raises UsageError for an empty text: an empty variable of a script must not mean everybody."""
    parts = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    if text is not None and not parts:
        raise UsageError("an option that selects is empty", hint="name what is meant, or leave the option out")
    return parts
