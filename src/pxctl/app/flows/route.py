"""Route: one request through a repository's policies, with everything that the decision was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import ContextError, PxctlError, UsageError
from pxctl.model.context import Context
from pxctl.model.record import DecisionRecord, Difference, Reexecution
from pxctl.model.signals import SafeMode, Signals

if TYPE_CHECKING:
    from pxctl.app.flows.live import Live
    from pxctl.app.flows.release import Desk
    from pxctl.model.configuration import Configuration
    from pxctl.policy.compile import Compiled
    from pxctl.policy.facts import Facts

MAX_BYTES = 16 * 1024 * 1024


def route_request(
    root: Path,
    fields: Mapping[str, Any],
    *,
    rev: str | None = None,
    environment: str | None = None,
    signals: Path | None = None,
    now: datetime,
) -> DecisionRecord:
    """Decide one request with the files of the work tree, or of the commit `rev`.

    `signals` is a file of measured facts; without one, those of the repository's store, and what nobody measured is
    assumed to be well and said so. Raises ContextError, ConfigError, UsageError.
    """
    from pxctl.app.flows.flags import degraded_providers, evaluate_flags
    from pxctl.app.flows.rehearsal import environment_of
    from pxctl.policy.compile import compile_config

    loaded = load_files(root, rev)
    config = sound(loaded)
    context = make_context(fields)
    chosen = environment_of(config, environment)
    facts_known, assumed = _signals(root, config, signals, now)
    view = evaluate_flags(config, chosen, tenants=[context.tenant], degraded=degraded_providers(config, facts_known))
    facts_known = facts_known.model_copy(update={"safe_mode": _join(facts_known.safe_mode, view.safe_mode)})
    withheld = view.withheld.get(context.tenant, frozenset())
    compiled = compile_config(config, withheld={context.tenant: withheld}, source=loaded.source)
    record = _record(compiled.bind(facts_known).decide(context), facts_known)
    return record.model_copy(
        update={"environment": chosen, "withheld": tuple(sorted(withheld)), "assumed": (assumed,) if assumed else ()}
    )


def route_live(
    root: Path, fields: Mapping[str, Any], environment: str | None, *, signals: Path | None = None, now: datetime
) -> DecisionRecord:
    """Decide one request with what is live for its tenant in an environment, its safe mode too.

    Raises ContextError, ConfigError, UsageError, RefusedError (no release there yet).
    """
    context = make_context(fields)
    desk = _desk(root, environment)
    live, compiled = _what_is_live(desk, context.tenant)
    group = live.group_of(context.tenant)
    facts_known, assumed = _signals(root, group.config, signals, now)
    facts_known = facts_known.model_copy(update={"safe_mode": _join(facts_known.safe_mode, live.safe_mode)})
    record = _record(compiled.bind(facts_known).decide(context), facts_known)
    withheld = group.withheld.get(context.tenant, frozenset())
    return record.model_copy(
        update={
            "environment": desk.environment,
            "live": True,
            "withheld": tuple(sorted(withheld)),
            "assumed": (assumed,) if assumed else (),
        }
    )


def _desk(root: Path, environment: str | None) -> Desk:
    from pxctl.app.flows.rehearsal import environment_of
    from pxctl.app.flows.release import Desk

    return Desk(root, environment_of(sound(load_files(root, None)), environment))


def _what_is_live(desk: Desk, tenant: str, commit: str | None = None) -> tuple[Live, Compiled]:
    from pxctl.app.flows.live import resolve
    from pxctl.policy.compile import compile_config

    live = resolve(desk, [tenant], commit)
    group = live.group_of(tenant)
    versions = group.versions
    return live, compile_config(group.config, withheld=group.withheld, versions=versions, source=live.commit)


def replay_record(root: Path, record: DecisionRecord, rev: str | None = None) -> Reexecution:
    """Make a recorded decision again: at its commit, at `rev`, or (where it has none) with the work tree."""
    from pxctl.policy.compile import compile_config

    if record.live and rev is None:
        live, compiled = _what_is_live(_desk(root, record.environment), record.context.tenant, record.decision.source)
        source: str | None = live.commit
    else:
        loaded = load_files(root, rev or record.decision.source)
        source, version = loaded.source, record.decision.policy_version if record.live else None
        compiled = compile_config(
            sound(loaded),
            withheld={record.context.tenant: frozenset(record.withheld)},
            versions={} if version is None else {record.decision.policy: version},
            source=record.decision.source if rev is None else source,
        )
    again = compiled.bind(record.signals).decide(record.context).render()
    was, now = record.decision.model_dump(mode="json"), again.model_dump(mode="json")
    differences = tuple(
        Difference(field=name, recorded=was[name], now=now[name]) for name in was if was[name] != now[name]
    )
    return Reexecution(
        identical=not differences, source=source, recorded=record.decision, now=again, differences=differences
    )


def read_record(path: Path) -> DecisionRecord:
    """A recorded decision from a JSON file. Raises UsageError, ContextError."""
    from pydantic import ValidationError

    data = read_json(path)
    if not isinstance(data, dict) or "decision" not in data or "signals" not in data:
        raise ContextError(
            f"{path}: is not a recorded decision",
            hint="record one with `pxctl route ... --format json --output FILE`",
        )
    try:
        return DecisionRecord.model_validate(data)
    except ValidationError as error:
        raise _first(error, str(path)) from None


def read_fields(path: Path | None) -> dict[str, Any]:
    """The fields of a context file (a recorded decision's context too); nothing without a file. Raises UsageError."""
    if path is None:
        return {}
    data = read_json(path)
    if isinstance(data, dict) and isinstance(data.get("context"), dict):
        data = data["context"]
    if not isinstance(data, dict):
        raise UsageError(f"`{path}`: is not a JSON object with the fields of a context")
    return data


def read_json(path: Path) -> Any:
    """A JSON file, bounded in size and depth. Raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"`{path}`: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{path}`: more than {MAX_BYTES:,} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{path}`: not valid JSON: {str(error).lower()}") from None


def make_context(fields: Mapping[str, Any]) -> Context:
    """A context from its fields; absent ones (None) take their defaults. Raises ContextError."""
    from pydantic import ValidationError

    try:
        return Context.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        raise _first(error, "context") from None


def _first(error: Any, place: str) -> PxctlError:
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the context"
    if fault["type"] == "missing":
        hint = "give it with --tenant and --privacy" if where in ("tenant", "privacy") else None
        return ContextError(f"{place}: `{where}` is missing", hint=hint)
    if fault["type"] == "extra_forbidden":
        of_a_context = "." not in where or where.startswith("context.")
        hint = "fields: " + ", ".join(Context.model_fields) if of_a_context else None
        return ContextError(f"{place}: `{where}` is not a field", hint=hint)
    message = fault["msg"].removeprefix("Value error, ")
    return ContextError(f"{place}: `{where}`: {message[:1].lower()}{message[1:]}")


def _signals(root: Path, config: Configuration, path: Path | None, now: datetime) -> tuple[Signals, str]:
    from pydantic import ValidationError

    if path is not None:
        try:
            return Signals.model_validate(read_json(path)), ""
        except ValidationError as error:
            raise _first(error, str(path)) from None
    from pxctl.replay.baseline import ASSUMED, rehearsal_signals

    store = root / ".pxctl" / "signals.db"
    if not store.exists():
        return rehearsal_signals(config, Signals(now=now)), ASSUMED
    from pxctl.signals.store import SignalStore

    with SignalStore(store) as signals:
        measured = signals.snapshot(now)
    assumed = rehearsal_signals(config, measured).deployments
    known = {
        name: signal if (was := measured.deployments.get(name)) is None or was.health is None else was
        for name, signal in assumed.items()
    }
    return measured.model_copy(update={"deployments": known}), ASSUMED if known != measured.deployments else ""


def _join(one: SafeMode, other: SafeMode) -> SafeMode:
    return SafeMode(
        environment=one.environment or other.environment,
        business_lines=one.business_lines | other.business_lines,
        tenants=one.tenants | other.tenants,
    )


def _record(facts: Facts, signals: Signals) -> DecisionRecord:
    from pxctl.policy.explain import explain

    decision = facts.render()
    why, why_fallbacks = explain(facts, decision)
    looked_at = {entry.deployment for entry in (*decision.candidates, *decision.listed_fallbacks)}
    seen = {name: signals.deployments[name] for name in sorted(looked_at) if name in signals.deployments}
    tenant = facts.seated.seat.tenant
    covers = signals.safe_mode.covers(tenant.id, tenant.business_line)
    slim = signals.model_copy(
        update={
            "deployments": seen,
            "missing_credentials": signals.missing_credentials & {name.partition("/")[0] for name in looked_at},
            "safe_mode": SafeMode(tenants=frozenset({tenant.id}) if covers else frozenset()),
        }
    )
    return DecisionRecord(decision=decision, context=facts.context, signals=slim, why=why, why_fallbacks=why_fallbacks)
