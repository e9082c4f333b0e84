"""Validate providers: read the tree, resolve credentials under the base commit's grants, call, keep the evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pxctl import __version__
from pxctl.app.flows.credentials import Keys, choose_environment, read_base
from pxctl.app.wiring import state_folder
from pxctl.core.clock import Clock, SystemClock
from pxctl.core.errors import ConfigError, UsageError
from pxctl.load.loader import load
from pxctl.load.tree import CommitTree, Tree, WorkTree
from pxctl.model.configuration import Loaded
from pxctl.model.evidence import CallSample, ValidationReport
from pxctl.model.finding import Severity
from pxctl.model.provider import ModelSpec, Price, Provider
from pxctl.probe.run import CredentialSource, Event, Job, Runner
from pxctl.probe.settings import Settings
from pxctl.signals.store import SignalsError, SignalStore


@dataclass(frozen=True)
class Request:
    """What to validate. `rev` reads a commit instead of the work tree; `base` says whose grants hold."""

    root: Path
    providers: tuple[str, ...] = ()
    everything: bool = False
    rev: str | None = None
    base: str | None = None
    environment: str | None = None
    settings: Settings = field(default_factory=Settings)


def validate(
    request: Request, *, on_event: Callable[[Event], None] = lambda _: None, clock: Clock | None = None
) -> ValidationReport:
    """Validate, store evidence and samples, and report. Raises PxctlError before the first call where it cannot begin.

    An interrupted run, and one whose results could not be stored (`stored: false`), still reports.
    """
    clock = clock or SystemClock()
    tree: Tree = CommitTree(request.root, request.rev) if request.rev else WorkTree(request.root)
    loaded = load(tree)
    jobs = [job_of(loaded, provider) for provider in chosen(loaded, request.providers, request.everything)]
    environment = choose_environment(loaded.config.project, request.environment)
    base = read_base(request.root, request.base)
    values = {"environment": environment} if environment else {}
    _named_environment(jobs, environment)
    store = SignalStore(state_folder(request.root) / "signals.db")
    with store:
        live, warnings = _live(request, environment)
        keys = Keys(base.resolver(values), values, live)
        report, samples = run(jobs, keys, request.settings, environment, on_event, clock)
        report = report.model_copy(update={"source": loaded.source, "base": base.commit, "warnings": warnings})
        try:
            store.record(samples=samples, evidence=report.evidence, now=clock.now())
        except SignalsError:
            return report.model_copy(update={"stored": False})
    return report


def run(
    jobs: Sequence[Job],
    keys: CredentialSource,
    settings: Settings,
    environment: str | None,
    on_event: Callable[[Event], None],
    clock: Clock,
) -> tuple[ValidationReport, list[CallSample]]:
    """Run the suites; nothing is stored."""
    from dataclasses import replace

    runner = Runner(replace(settings, environment=environment), keys, __version__, clock=clock, on_event=on_event)
    outcome = asyncio.run(runner.run(jobs))
    report = ValidationReport(
        environment=environment, interrupted=outcome.interrupted, evidence=tuple(outcome.evidence)
    )
    return report, outcome.samples


def chosen(loaded: Loaded, names: Sequence[str], everything: bool) -> list[Provider]:
    """The providers that were named, or every enabled one. Raises UsageError, ConfigError."""
    providers = loaded.config.providers
    if not names and not everything:
        raise UsageError("no provider is named", hint="name providers, or say --all")
    if names and everything:
        raise UsageError("--all and names of providers exclude each other")
    broken = {
        finding.span.file: finding
        for finding in loaded.findings
        if finding.severity is Severity.ERROR and finding.span.file.startswith("providers/")
    }
    for name in names:
        if name not in providers:
            spoilt = next((f for path, f in broken.items() if Path(path).stem == name), None)
            if spoilt:
                raise ConfigError(spoilt.message, span=spoilt.span, hint=spoilt.hint or "run `pxctl lint`")
            known = ", ".join(sorted(providers)) or "none"
            raise UsageError(f"no provider is called `{name}`", hint=f"providers: {known}")
    if everything and broken:
        first = next(iter(broken.values()))
        raise ConfigError(first.message, span=first.span, hint="run `pxctl lint`: every provider file must be readable")
    found = [providers[name] for name in dict.fromkeys(names)]
    if everything:
        found = [p for _, p in sorted(providers.items()) if p.enabled and p.status != "disabled"]
    if not found:
        raise UsageError("there is no enabled provider to validate", hint="add one: `pxctl provider new`")
    return found


def job_of(loaded: Loaded, provider: Provider) -> Job:
    """A provider with its file's blob and its prices: the file's, else the catalogue's, else the modality's ceiling."""
    place = loaded.document_of("provider", provider.id)
    catalogue = loaded.config.catalogue
    vendor = catalogue.vendor_of(provider.kind, provider.endpoints[0].url)

    def price_of(model: ModelSpec) -> Price:
        known = catalogue.find(vendor, model.id)
        modality = "embedding" if "embedding" in model.modality.output else "chat"
        return model.price or (known.price if known and known.price else catalogue.ceiling(modality))

    return Job(provider, place[0].blob if place else "", price_of)


def _live(
    request: Request, environment: str | None
) -> tuple[Callable[[str], Mapping[str, str]], tuple[str, ...]]:  # fmt: skip
    """The credential versions that are live, and a warning where the environment's branch cannot be trusted: then they
    are those that this clone last saw."""
    if environment is None:
        return lambda _: {}, ()
    from pxctl.app.flows.secret_room import Room

    room = Room(request.root, environment)
    if warnings := room.doubts():
        room = Room(request.root, environment, fetch=False)
        warnings = tuple(f"{text}; what was last seen counts" for text in warnings)
    return room.live_versions, warnings


def _named_environment(jobs: Sequence[Job], environment: str | None) -> None:
    if environment is None:
        for job in jobs:
            if any("{environment}" in reference for reference in job.provider.credential_refs().values()):
                raise UsageError(
                    f"the credential of `{job.provider.id}` depends on the environment",
                    hint="say which with --env NAME",
                )
