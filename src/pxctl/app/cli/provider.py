"""`pxctl provider`: list, show and register providers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

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
    verb_app,
)
from pxctl.core.errors import UsageError

app = verb_app(no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="PROVIDER", help="Provider id.")]
EnvOption = Annotated[str | None, typer.Option("--env", help="Fills {environment} in credential references.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Although it is live; needs --reason.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; stands in the journal.")]
CatalogOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from-catalog", metavar="VENDOR/MODEL", help="Fill a model from the price catalogue; repeat for more."
    ),
]
SortOption = Annotated[str, typer.Option("--sort", help="priority, id, last_checked, latency, failures, health.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="Fields from a YAML or JSON file.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="The adapter, such as openai_compatible.")]
UrlOption = Annotated[list[str] | None, typer.Option("--url", help="An endpoint: `region=https://...`.")]
RefOption = Annotated[str | None, typer.Option("--credential-ref", help="Where the secret is kept.")]
NameOption = Annotated[str | None, typer.Option("--display-name", help="The name that people see.")]


@app.command("list", epilog=examples("pxctl provider list", "pxctl provider list --secret missing --sort latency"))
def list_(
    kind: Annotated[list[str] | None, typer.Option("--kind")] = None,
    status: Annotated[list[str] | None, typer.Option("--status", help="In the file, or observed.")] = None,
    secret: Annotated[str | None, typer.Option("--secret", help="`present` or `missing`.")] = None,
    health_below: Annotated[float | None, typer.Option("--health-below", min=0, max=1)] = None,
    sort: SortOption = "priority",
    env: EnvOption = None, repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """List providers: what their files say beside what is observed."""
    from pxctl.app.flows.inventory import inventory
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.provider import list_text

    if secret not in (None, "present", "missing"):
        raise UsageError(f"`{secret}` is neither present nor missing")
    room = Room(find_root(repo), env, fetch=False)
    found = inventory(
        room, kinds=kind or (), statuses=status or (), secret=secret, health_below=health_below, sort=sort
    )  # fmt: skip
    Output(output, quiet=quiet, verbose=verbose).answer(found, format, list_text)
    return 0


@app.command(epilog=examples("pxctl provider show openai-main --env production"))
def show(
    provider: Id, env: EnvOption = None, repo: RepoOption = None, format: FormatOption = Format.TEXT,
    output: OutputOption = None, quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Show one provider: status, evidence, signals, secret, chain, onboarding time."""
    from pxctl.app.flows.inventory import one
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.provider import show_text

    row = one(Room(find_root(repo), env, fetch=False), provider)
    Output(output, quiet=quiet, verbose=verbose).answer(row, format, show_text)
    return 0


@app.command(epilog=examples("pxctl provider new groq --from-catalog groq/llama-3.3-70b-versatile"))
def new(
    provider: Id, from_catalog: CatalogOption = None, file: FileOption = None, kind: KindOption = None,
    url: UrlOption = None, credential_ref: RefOption = None, display_name: NameOption = None,
    repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Write a provider's file as a draft; no secret is asked for."""
    from pxctl.app.flows.register import Plan, register
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.provider import registration_text

    room = Room(find_root(repo))
    value = fields(room, provider, from_catalog, file, kind, url, credential_ref, display_name)
    found = register(room, value, None, Plan())
    Output(output, quiet=quiet, verbose=verbose).answer(found, format, registration_text)
    return 0


@app.command("register", epilog=examples(
    "pxctl provider register mistral --from-catalog mistral/mistral-small-latest --env production < key.txt",
    "pxctl provider register ours --file ours.yaml --pr --env production",
))  # fmt: skip
def register_(
    provider: Id, from_catalog: CatalogOption = None, file: FileOption = None, kind: KindOption = None,
    url: UrlOption = None, credential_ref: RefOption = None, display_name: NameOption = None,
    no_secret: Annotated[bool, typer.Option("--no-secret", help="Ask for no secret; it is stored already.")] = False,
    branch: Annotated[str | None, typer.Option("--branch", help="Commit the file on this new branch.")] = None,
    pr: Annotated[bool, typer.Option("--pr", help="Commit it on a branch and open a pull request.")] = False,
    env: EnvOption = None, repo: RepoOption = None, format: FormatOption = Format.TEXT, output: OutputOption = None,
    quiet: QuietOption = False, verbose: VerboseOption = False,
) -> int:  # fmt: skip
    """Register a provider: check its file, store its secret (from a prompt or stdin), write the file, commit it."""
    from pxctl.app.cli.secret import read_value
    from pxctl.app.flows.register import Plan, checked, register, text_of
    from pxctl.app.flows.secret_room import Room
    from pxctl.report.provider import registration_text

    room = Room(find_root(repo), env)
    value = fields(room, provider, from_catalog, file, kind, url, credential_ref, display_name)
    checked(room.root, f"providers/{provider}.yaml", text_of(value))
    wanted = value.get("secret_policy", "required" if value.get("credential_ref") else "none") != "none"
    scheme = str(value.get("credential_ref", "")).partition("://")[0]
    secret = read_value(provider) if wanted and not no_secret and scheme not in ("env", "file", "") else None
    found = register(room, value, secret, Plan(branch, pr))
    Output(output, quiet=quiet, verbose=verbose).answer(found, format, registration_text)
    return 0


@app.command(epilog=examples("pxctl provider enable groq"))
def enable(provider: Id, env: EnvOption = None, repo: RepoOption = None, quiet: QuietOption = False) -> int:
    """Set `enabled: true` in the provider's file."""
    return _edit(provider, "enabled", True, env, repo, quiet, False, "")


@app.command(epilog=examples("pxctl provider disable groq"))
def disable(
    provider: Id, env: EnvOption = None, force: ForceOption = False, reason: ReasonOption = "",
    repo: RepoOption = None, quiet: QuietOption = False,
) -> int:  # fmt: skip
    """Set `enabled: false` in the provider's file. Refused while the environment pins it."""
    return _edit(provider, "enabled", False, env, repo, quiet, force, reason)


@app.command("set-status", epilog=examples("pxctl provider set-status groq standby"))
def set_status(
    provider: Id,
    status: Annotated[str, typer.Argument(help="draft, active, standby or disabled.")],
    env: EnvOption = None, force: ForceOption = False, reason: ReasonOption = "",
    repo: RepoOption = None, quiet: QuietOption = False,
) -> int:  # fmt: skip
    """Set `status` in the provider's file."""
    known = ("draft", "active", "standby", "disabled")
    if status not in known:
        raise UsageError(f"`{status}` is no status", hint=f"statuses: {', '.join(known)}; the rest is observed")
    return _edit(provider, "status", status, env, repo, quiet, force, reason)


def _edit(
    provider: str, field: str, value: Any, env: str | None, repo: Path | None, quiet: bool, force: bool, reason: str
) -> int:
    from pxctl.app.flows.inventory import edit
    from pxctl.app.flows.secret_room import Room

    path = edit(Room(find_root(repo), env), provider, field, value, force=force, reason=reason)
    Output(quiet=quiet).note(f"{path}: {field} is {str(value).lower()} now; commit it")
    return 0


def fields(
    room: Any, provider: str, catalog: list[str] | None, file: Path | None, kind: str | None, urls: list[str] | None,
    credential_ref: str | None, display_name: str | None,
) -> dict[str, Any]:  # fmt: skip
    """A provider's fields: from the catalogue, then the file, then the flags, then what a terminal is asked."""
    from pxctl.app.flows.register import from_catalogue, read_file

    value = from_catalogue(room.loaded.config.catalogue, tuple(catalog or ()))
    if file is not None:
        value |= read_file(file)
    value["id"] = provider
    given = {"kind": kind, "credential_ref": credential_ref, "display_name": display_name}
    value |= {name: text for name, text in given.items() if text is not None}
    if urls:
        value["endpoints"] = [_endpoint(text) for text in urls]
    missing = [name for name in ("kind", "endpoints", "models") if not value.get(name)]
    if missing and not sys.stdin.isatty():
        raise UsageError(
            f"`{provider}` lacks {', '.join(missing)}",
            hint="say --from-catalog VENDOR/MODEL, --file, or --kind and --url",
        )
    if "kind" in missing:
        value["kind"] = typer.prompt("kind (openai_compatible, anthropic, gemini, azure_openai, ...)", err=True)
    if "endpoints" in missing:
        value["endpoints"] = [_endpoint(typer.prompt("endpoint (region=https://...)", err=True))]
    if "models" in missing:
        value["models"] = [{"id": typer.prompt("model id", err=True), "capabilities": ["chat", "streaming"]}]
    if missing and not value.get("credential_ref"):
        value["credential_ref"] = typer.prompt("credential reference (empty: none)", default="", err=True) or None
    if not value.get("credential_ref"):
        value.pop("credential_ref", None)
        value.setdefault("secret_policy", "none")
    value.setdefault("display_name", provider)
    value.setdefault("status", "draft")
    return value


def _endpoint(text: str) -> dict[str, str]:
    region, mark, url = text.partition("=")
    if not mark or "://" in region:
        region, url = "default", text
    return {"region": region, "url": url}
