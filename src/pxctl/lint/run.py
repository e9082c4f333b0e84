"""From a loaded tree to a report: every rule, then severities, ignore comments and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pxctl.core.span import Span
from pxctl.lint import ignores, settings
from pxctl.lint.base import Hit, Rule
from pxctl.lint.edits import edits
from pxctl.lint.registry import all_rules
from pxctl.lint.snippets import hidden_places, with_line
from pxctl.lint.view import View, route_references
from pxctl.model.configuration import Configuration, Loaded
from pxctl.model.document import Document
from pxctl.model.finding import Finding, LintReport, RuleInfo, Severity

if TYPE_CHECKING:
    from pxctl.model.reading import Readings
    from pxctl.model.routing import Policy

LOCAL = ("provider", "document")
"""Scopes whose findings depend on one file, pxctl.yaml and the catalogue."""


def lint(loaded: Loaded, rules: Mapping[str, Rule] | None = None, readings: Readings | None = None) -> LintReport:
    """Every finding of the tree: what the loader found and what the rules find.

    What `readings` hold of a file is not found out again; they must come from the same rules, pxctl.yaml and catalogue.
    """
    rules = all_rules() if rules is None else rules
    local = local_findings(loaded, rules.values(), {} if readings is None else readings)
    return finish(loaded, [*local, *tree_findings(View(loaded), rules.values())], rules)


def local_findings(loaded: Loaded, rules: Iterable[Rule], readings: Readings) -> Iterator[Finding]:
    """What rules that look at one file find. Of other files they see pxctl.yaml and the catalogue, and no more."""
    chosen = [(rule, rule.check) for rule in rules if rule.scope in LOCAL and rule.check is not None]
    config = Configuration(project=loaded.config.project, catalogue=loaded.config.catalogue)
    view = View(Loaded(config, {}))
    providers = {loaded.origin["provider", id_][0]: provider for id_, provider in loaded.config.providers.items()}
    for file, document in loaded.documents.items():
        subjects = {"document": document, "provider": providers.get(file)}
        key = (file, document.blob)
        reading = readings.get(key)
        # the second file that defines a provider is no provider today, and may be one tomorrow
        whole = reading is not None and not (reading.sound and document.kind == "provider" and file not in providers)
        if reading is not None and reading.judged is not None and whole:
            yield from reading.judged
            continue
        found = [
            as_finding(rule, hit.document or document, hit)
            for rule, check in chosen
            if (subject := subjects[rule.scope]) is not None
            for hit in check(subject, view)
        ]
        if reading is not None and whole:
            readings[key] = replace(reading, judged=tuple(found))
        yield from found


def tree_findings(view: View, rules: Iterable[Rule]) -> Iterator[Finding]:
    """What rules that look at several files find."""
    for rule in rules:
        if rule.scope == "tree":
            yield from _found(rule, view.project_document, _run(rule, view))
        elif rule.scope == "policy":
            for name, policy in view.config.policies.items():
                hits = (hit for hit in _run(rule, policy, view) if _certain(view, policy, hit))
                yield from _found(rule, view.document("policy", name), hits)


def _certain(view: View, policy: Policy, hit: Hit) -> bool:
    """Not so where a route, or safe mode, names a provider whose file could not be read: then nobody can tell."""
    if not view.broken_providers:
        return True
    if hit.path[:1] == ("routes",) and len(hit.path) > 1:
        route = policy.routes[int(hit.path[1])]
        return view.certain(reference.text for reference in route_references(route, hit.path[:2]))
    if hit.path[:1] == ("safe_mode",) and policy.safe_mode is not None:
        return view.certain(policy.safe_mode.allow)
    return True


def _run(rule: Rule, *args: Any) -> Iterator[Hit]:
    return rule.check(*args) if rule.check is not None else iter(())


def _found(rule: Rule, home: Document | None, hits: Iterable[Hit]) -> Iterator[Finding]:
    for hit in hits:
        yield as_finding(rule, hit.document or home, hit)


def as_finding(rule: Rule, document: Document | None, hit: Hit) -> Finding:
    """A hit with its place."""
    if hit.span is not None:
        span = hit.span
    else:
        span = document.span(*hit.path, key=hit.key) if document is not None else Span("pxctl.yaml", 1, 1)
    fix = edits(document, hit.change) if hit.change is not None and document is not None else ()
    return Finding(
        code=rule.code,
        severity=rule.severity,
        span=span,
        message=hit.message,
        hint=hit.hint,
        path=hit.path,
        fix=fix,
        rule=rule.name,
    )


def finish(loaded: Loaded, raw: Iterable[Finding], rules: Mapping[str, Rule]) -> LintReport:
    """Severities, ignore comments, source lines, order."""
    wanted = loaded.config.project.lint
    comments = {file: found for file, doc in loaded.documents.items() if (found := ignores.ignores_of(doc))}
    beside: dict[tuple[str, int], list[ignores.Ignore]] = {}
    for file, found in comments.items():
        for comment in found:
            beside.setdefault((file, comment.target), []).append(comment)
    kept: list[Finding] = []
    ignored = 0
    found_once = list(_once([*loaded.findings, *raw]))
    hidden = hidden_places(found_once)
    for finding in found_once:
        rule = rules.get(finding.code)
        severity = settings.severity_of(rule, finding.span.file, wanted) if rule else finding.severity
        if severity is None:
            continue
        locked = rule is not None and rule.locked
        if not locked and ignores.takes_out(beside.get((finding.span.file, max(finding.span.line, 1)), []), finding):
            ignored += 1
            continue
        name = rule.name if rule else ""
        if (severity, name) != (finding.severity, finding.rule):
            finding = finding.model_copy(update={"severity": severity, "rule": name})
        kept.append(finding)
    kept += _about_comments(loaded, comments, rules)
    final = sorted((with_line(loaded, finding, hidden) for finding in kept), key=Finding.sort_key)
    codes = {finding.code for finding in final}
    return LintReport(
        findings=tuple(final),
        files=len(loaded.documents),
        rules=len(rules),
        ignored=ignored,
        rule_infos={code: info(rules[code]) for code in sorted(codes) if code in rules},
    )


def info(rule: Rule) -> RuleInfo:
    """What renderers say about a rule."""
    return RuleInfo(
        code=rule.code,
        name=rule.name,
        family=rule.family,
        severity=rule.severity,
        summary=rule.summary,
        help=rule.doc,
        fixable=rule.fixable,
    )


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, Span, str]] = set()
    for finding in findings:
        key = (finding.code, finding.span, finding.message)
        if key not in seen:
            seen.add(key)
            yield finding


def _about_comments(
    loaded: Loaded, comments: Mapping[str, list[ignores.Ignore]], rules: Mapping[str, Rule]
) -> Iterator[Finding]:
    wanted = loaded.config.project.lint
    known = frozenset(rules)
    complete = not any(finding.severity is Severity.ERROR for finding in loaded.findings)
    complete = complete and View(loaded).project_document is not None
    for file, found in comments.items():
        document = loaded.documents[file]
        for code, hit in ignores.faulty(document, found, known, complete):
            severity = settings.severity_of(rules[code], file, wanted) if code in rules else None
            if severity is not None:
                yield as_finding(rules[code], document, hit).model_copy(update={"severity": severity})
    document_of_project = View(loaded).project_document
    if document_of_project is not None and "PX0092" in rules:
        for _code, hit in settings.faulty(wanted, rules):
            yield as_finding(rules["PX0092"], document_of_project, hit)
