"""Prove: a repository's guarantees and what is noteworthy about its policies, with the places in the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration, Loaded
from pxctl.model.proof import Counterexample, GuaranteeResult, Outage, ProofReport, RouteFinding

_Placed = TypeVar("_Placed", RouteFinding, Outage, Counterexample)


def prove_files(
    root: Path,
    *,
    rev: str | None = None,
    policies: Sequence[str] = (),
    guarantees: Sequence[str] = (),
    environment: str | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> ProofReport:
    """Judge every guarantee (or those named) and examine every policy (or those named).

    Flags are those of `environment`, default production. Raises ConfigError, UsageError.
    """
    loaded = load_files(root, rev)
    return prove_loaded(
        loaded, policies=policies, guarantees=guarantees, environment=environment, progress=progress
    )  # fmt: skip


def prove_loaded(
    loaded: Loaded,
    *,
    policies: Sequence[str] = (),
    guarantees: Sequence[str] = (),
    environment: str | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> ProofReport:
    """As `prove_files`, on what was loaded already."""
    from pxctl.app.flows.flags import evaluate_flags
    from pxctl.app.flows.rehearsal import environment_of
    from pxctl.policy.compile import compile_config
    from pxctl.policy.proof.audit import audit
    from pxctl.policy.proof.claims import judge

    config = sound(loaded)
    _known(config, policies, guarantees)
    chosen = environment_of(config, environment)
    compiled = compile_config(config, withheld=evaluate_flags(config, chosen).withheld, source=loaded.source)
    results = []
    for guarantee in config.guarantees:
        if guarantees and guarantee.name not in guarantees:
            continue
        progress(f"guarantee {guarantee.name}")
        results.append(_place_guarantee(loaded, judge(compiled, guarantee)))
    progress("routes and outages")
    report = audit(compiled, tuple(policies))
    return report.model_copy(update={
        "guarantees": tuple(results),
        "findings": tuple(_place(loaded, finding) for finding in report.findings),
        "outages": tuple(_place(loaded, outage) for outage in report.outages),
        "assumptions": (f"flags are those of environment `{chosen}`", *report.assumptions),
    })  # fmt: skip


def _known(config: Configuration, policies: Sequence[str], guarantees: Sequence[str]) -> None:
    for kind, wanted, known in (
        ("policy", policies, list(config.policies)), ("guarantee", guarantees, [g.name for g in config.guarantees]),
    ):  # fmt: skip
        for name in wanted:
            if name not in known:
                raise UsageError(f"there is no {kind} `{name}`", hint=f"known: {', '.join(known) or 'none'}")


def _place_guarantee(loaded: Loaded, result: GuaranteeResult) -> GuaranteeResult:
    found = loaded.document_of("guarantee", result.name)
    shown = result.counterexample
    return result.model_copy(update={
        "where": None if found is None else str(found[0].span(*found[1])),
        "counterexample": None if shown is None else _place(loaded, shown),
    })  # fmt: skip


def _place(loaded: Loaded, value: _Placed) -> _Placed:
    """The value with `file:line` of its route, or of its policy."""
    found = loaded.document_of("policy", value.policy)
    policy = loaded.config.policies.get(value.policy)
    if found is None or policy is None:
        return value
    names = [route.name for route in policy.routes]
    steps = ("routes", names.index(value.route)) if value.route in names else ()
    return value.model_copy(update={"where": str(found[0].span(*found[1], *steps))})
