"""Runs suites against the endpoints of providers, many providers at once, and makes evidence of what it saw.

Regions of a provider run side by side; suites of a region one after another. Where a suite fails in a way that the
next one must share (no connection, no access), the rest of that region is marked and not called. A provider has a
deadline and a budget; a run that is interrupted still yields evidence, partial and not passing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pxctl.core.clock import Clock, SystemClock
from pxctl.core.errors import PxctlError, StoreError
from pxctl.core.secret import Secret, brief
from pxctl.model.evidence import CallSample, Evidence, SuiteResult
from pxctl.model.provider import Endpoint, ModelSpec, Price, Provider
from pxctl.probe.budget import Budget, BudgetSpentError, dollars
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.health import percentile
from pxctl.probe.settings import RegionSettings, Settings, settings_of
from pxctl.probe.suites.registry import NAMES, open_suite
from pxctl.probe.verdict import make_evidence
from pxctl.providers.base import Adapter
from pxctl.providers.errors import ADVICE, ProviderError
from pxctl.providers.registry import open_adapter

SHARED = frozenset(
    {"authentication", "connection", "not_granted", "secret_store", "quota_exhausted", "deadline", "budget"}
)
"""Errors that the next suite at the same endpoint would meet as well."""


@dataclass(frozen=True)
class Credentials:
    """What a provider's endpoint is given: secrets by name, and the version of the `api_key`."""

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    version: str | None = None


CredentialSource = Callable[[Provider, Endpoint], Credentials]
"""Resolves credentials for one endpoint; may take time; raises PxctlError, with nothing sent."""


@dataclass(frozen=True)
class Job:
    """One provider to be validated: its file's blob, and what its models cost."""

    provider: Provider
    blob: str
    price_of: Callable[[ModelSpec], Price]


@dataclass(frozen=True)
class Event:
    """Progress: a suite ended, or (with `result` None) a provider began or ended (then with its evidence)."""

    provider: str
    result: SuiteResult | None = None
    evidence: Evidence | None = None


@dataclass
class Outcome:
    """What a run came to: evidence by provider, in the order of the jobs, and every request's sample."""

    evidence: list[Evidence] = field(default_factory=list)
    samples: list[CallSample] = field(default_factory=list)
    interrupted: bool = False


@dataclass
class Runner:
    """A validation run. `run` may be called once."""

    settings: Settings
    credentials: CredentialSource
    tool_version: str
    clock: Clock = field(default_factory=SystemClock)
    rng: random.Random = field(default_factory=random.SystemRandom)
    on_event: Callable[[Event], None] = lambda _: None
    adapter: Callable[..., Adapter] = open_adapter

    async def run(self, jobs: Sequence[Job]) -> Outcome:
        """Validate every provider. Ends early, with partial evidence, when its task is cancelled."""
        outcome = Outcome()
        gate = asyncio.Semaphore(self.settings.concurrency)
        states = [_State(job, self.clock.now()) for job in jobs]

        async def one(state: _State) -> None:
            async with gate:
                self.on_event(Event(state.job.provider.id))
                state.started_at = self.clock.now()
                await self._provider(state, outcome)
                state.done = True
                self._close(state, outcome)

        tasks = [asyncio.create_task(one(state)) for state in states]
        try:
            await asyncio.gather(*tasks)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            outcome.interrupted = True
        for state in states:
            if not state.done:
                state.partial = state.planned is None or len(state.results) < state.planned
                self._close(state, outcome)
        order = {job.provider.id: place for place, job in enumerate(jobs)}
        outcome.evidence.sort(key=lambda evidence: order[evidence.provider])
        return outcome

    def _close(self, state: _State, outcome: Outcome) -> None:
        evidence = make_evidence(
            state.job.provider, state.job.blob, state.results, self.settings,
            started_at=state.started_at, finished_at=self.clock.now(), tool_version=self.tool_version,
            credential_version=state.credential_version, partial=state.partial, reasons=state.reasons,
        )  # fmt: skip
        outcome.evidence.append(evidence)
        self.on_event(Event(state.job.provider.id, evidence=evidence))

    async def _provider(self, state: _State, outcome: Outcome) -> None:
        provider = state.job.provider
        endpoints = [e for e in provider.endpoints if not self.settings.regions or e.region in self.settings.regions]
        if provider.secret_policy == "required" and "api_key" not in provider.credential_refs():
            state.reasons.append("`secret_policy` is required, but the provider file has no `credential_ref`")
        if not endpoints:
            state.reasons.append(f"no endpoint in region {', '.join(self.settings.regions)}")
        if state.reasons:
            return
        state.planned = sum(len(_plan(provider, settings_of(provider, self.settings, e.region))) for e in endpoints)
        base = settings_of(provider, self.settings, None)
        budget = Budget(base.budget_usd, base.max_calls)
        deadline = time.monotonic() + self.settings.deadline_s
        limit = asyncio.Semaphore(provider.limits.concurrency or len(endpoints))

        async def region(endpoint: Endpoint) -> None:
            async with limit:
                await self._region(state, endpoint, budget, deadline, outcome)

        async with asyncio.TaskGroup() as group:
            for endpoint in endpoints:
                group.create_task(region(endpoint))

    async def _region(
        self, state: _State, endpoint: Endpoint, budget: Budget, deadline: float, outcome: Outcome
    ) -> None:
        provider = state.job.provider
        settings = settings_of(provider, self.settings, endpoint.region)
        plan = _plan(provider, settings)
        blocked: tuple[str, str] | None = None
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                given = await asyncio.to_thread(self.credentials, provider, endpoint)
        except TimeoutError:
            blocked = ("secret_store", "the secret store did not answer within the provider's deadline")
        except PxctlError as error:
            blocked = (_store_code(error), f"{error.message}; {error.hint}" if error.hint else error.message)
        else:
            if given.version:
                state.versions[endpoint.region] = given.version
            try:
                adapter = self.adapter(provider, endpoint, given.secrets)
            except PxctlError as error:
                blocked = ("configuration", f"{error.message}; {error.hint}" if error.hint else error.message)
        if blocked:
            state.add(self, [_unrun(s, m, endpoint, *blocked) for s, m in plan])
            return
        try:
            for suite, model in plan:
                if blocked or model is None:
                    state.add(self, [_unrun(suite, model, endpoint, *(blocked or _NO_MODEL))])
                    continue
                caller = Caller(
                    adapter, provider.id, endpoint.region, model, state.job.price_of(model), budget, provider.retries,
                    deadline, self.clock, self.rng, outcome.samples.append, settings.samples,
                )  # fmt: skip
                result = await self._suite(suite, caller, deadline)
                state.add(self, [result])
                if not result.passed and result.error in SHARED:
                    blocked = (result.error, f"not run: `{suite}` failed before ({result.error})")
        finally:
            await adapter.aclose()

    async def _suite(self, name: str, caller: Caller, deadline: float) -> SuiteResult:
        error: str | None = None
        reason: str | None = None
        sent = ""
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                sent = await open_suite(name).run(caller)
        except CheckFailedError as failed:
            error, reason = failed.code, str(failed)
        except BudgetSpentError as spent:
            error, reason = "budget", f"{spent}; raise `budget_usd` or `max_calls`, or run fewer suites"
        except ProviderError as failed:
            error, reason = failed.code, f"{failed.message.rstrip('.')}; {failed.hint or ADVICE[failed.code]}"
        except TimeoutError:
            error, reason = "deadline", "the provider's deadline passed; raise --deadline or look why it is slow"
        tally = caller.tally
        return SuiteResult(
            suite=name, model=caller.model.id, region=caller.region, passed=error is None, calls=tally.calls,
            failures=tally.failures, latency_ms=tuple(tally.latency_ms),
            latency_p50_ms=percentile(tally.latency_ms, 0.5), latency_p95_ms=percentile(tally.latency_ms, 0.95),
            cost_usd=dollars(tally.cost_pico), tokens=tally.tokens, error=error,
            reason=brief(reason, 400) if reason else None, attempts=tally.attempts,
            failed_attempts=tally.failed_attempts, sent=sent, measured=tally.measured,
            request_ids=tuple(tally.request_ids),
        )  # fmt: skip


@dataclass
class _State:
    job: Job
    started_at: datetime
    results: list[SuiteResult] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    planned: int | None = None
    partial: bool = False
    done: bool = False

    @property
    def credential_version(self) -> str | None:
        return ",".join(sorted(set(self.versions.values()))) or None

    def add(self, runner: Runner, results: list[SuiteResult]) -> None:
        self.results.extend(results)
        for result in results:
            runner.on_event(Event(self.job.provider.id, result))


_NO_MODEL = ("no_model", "no model of this provider declares what the suite needs; see `capabilities` and `modality`")


def _plan(provider: Provider, settings: RegionSettings) -> list[tuple[str, ModelSpec | None]]:
    """(suite, model) in the order of running: the default model first; a suite that no model can do stays, failing."""
    first = provider.default_model
    models = sorted(provider.models, key=lambda model: model.id != first)
    found: list[tuple[str, ModelSpec | None]] = []
    for name in sorted(settings.suites, key=NAMES.index):
        able = [model for model in models if open_suite(name).applies(model)]
        if name not in ("chat", "embeddings"):
            able = able[:1]
        found.extend((name, model) for model in able or (None,))
    return found


def _unrun(suite: str, model: ModelSpec | None, endpoint: Endpoint, error: str, reason: str) -> SuiteResult:
    return SuiteResult(
        suite=suite, model=model.id if model else "", region=endpoint.region, passed=False, calls=0, error=error,
        reason=brief(reason, 400),
    )  # fmt: skip


def _store_code(error: PxctlError) -> str:
    if getattr(error, "fault", "") == "not_granted":
        return "not_granted"
    return "secret_store" if isinstance(error, StoreError) else "configuration"
