"""Checking a LiteLLM configuration: every rule, every place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pxctl.interop.litellm.config import parse
from pxctl.interop.litellm.rules import REGISTRY, Hit, Subject, deployments, fallbacks, secrets, structure
from pxctl.interop.litellm.source import Source, open_source
from pxctl.model.catalogue import Catalogue
from pxctl.model.finding import Finding, Severity
from pxctl.model.interop import GatewayRule

_MODULES = (structure, secrets, fallbacks, deployments)
"""Importing them registers their rules."""


def rules() -> tuple[GatewayRule, ...]:
    """Every rule, by code."""
    return tuple(REGISTRY.rules[code][0] for code in sorted(REGISTRY.rules))


def check(
    text: str, file: str, catalogue: Catalogue, environment: Mapping[str, str] | frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Every finding of a text, by place. Never raises for what the text says."""
    source = open_source(text, file)
    found = [*_reader(source)]
    subject = Subject(parse(source, catalogue), catalogue, environment)
    for code, (rule, run) in sorted(REGISTRY.rules.items()):
        found += (_finding(source, code, rule.severity, hit) for hit in run(subject))
    unique = {(one.code, one.span, one.message): one for one in found}
    return tuple(sorted(unique.values(), key=Finding.sort_key))


def _reader(source: Source) -> Iterator[Finding]:
    """What the reader found: broken text, duplicate keys, tags."""
    for problem in source.problems:
        code = "PX0802" if problem.code == "PX0002" else "PX0800"
        severity = Severity.ERROR if problem.fatal or code == "PX0802" else Severity.WARNING
        yield Finding(
            code=code,
            severity=severity,
            span=problem.place.span(source.file),
            message=problem.message,
            hint=problem.hint,
            path=problem.path,
        )


def _finding(source: Source, code: str, severity: Severity, hit: Hit) -> Finding:
    return Finding(
        code=code,
        severity=hit.severity or severity,
        span=source.span(hit.path, hit.key),
        message=hit.message,
        hint=hit.hint,
        path=hit.path,
    )
