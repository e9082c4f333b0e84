"""Other gateways' files: checked where they stand, imported into a repository, written from one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pxctl.app.flows.lint import Linted
from pxctl.core import lines
from pxctl.core.errors import ConfigError, RefusedError, UsageError
from pxctl.core.secretlike import mask_line
from pxctl.core.span import Span
from pxctl.interop.base import Gateway
from pxctl.interop.registry import gateway, names
from pxctl.lint.ignores import ignores_of, takes_out
from pxctl.load.bounds import MAX_BYTES
from pxctl.load.catalogue import load_catalogue
from pxctl.load.loader import load
from pxctl.load.text import decode
from pxctl.load.tree import CommitTree, WorkTree
from pxctl.model.document import Document
from pxctl.model.finding import Finding, LintReport, RuleInfo
from pxctl.model.interop import Exported, Imported


def read_text(path: Path) -> str:
    """The text of somebody else's file, within our bounds. Raises UsageError, ConfigError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"`{path}`: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read", span=Span(str(path)))
    text, problem = decode(data)
    if problem is not None:
        raise ConfigError(problem.message, span=problem.place.span(str(path)), hint=problem.hint)
    return text


def variables(use_own: bool, file: Path | None) -> frozenset[str] | None:
    """Names of variables that are set: in this process, in an env file, in both; None where neither is asked for."""
    if not use_own and file is None:
        return None
    import os

    found = {name for name, value in os.environ.items() if value} if use_own else set()
    if file is not None:
        lines = (line.strip() for line in read_text(file).splitlines())
        pattern = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.+)")
        found |= {match[1] for line in lines if (match := pattern.fullmatch(line)) and match[2].strip("'\" ")}
    return frozenset(found)


def lint_foreign(name: str, files: Sequence[Path], environment: frozenset[str] | None = None) -> Linted:
    """Every finding of some files in another gateway's format, but those that an ignore comment takes out.

    Raises UsageError where there is no file.
    """
    form, catalogue = gateway(name), load_catalogue()
    if not files:
        raise UsageError(f"no file given to check as {name}", hint=f"pxctl lint --as {name} config.yaml")
    findings: list[Finding] = []
    texts: dict[str, str] = {}
    ignored = 0
    for file in files:
        texts[file.as_posix()] = text = read_text(file)
        found = form.check(text, file.as_posix(), catalogue, environment)
        comments = ignores_of(Document(file.as_posix(), form.name, text, None))
        kept = [finding for finding in found if not takes_out(comments, finding)]
        ignored += len(found) - len(kept)
        findings += _with_lines(kept, text, form)
    infos = {rule.code: rule_info(rule.code, form) for rule in form.rules()}
    report = LintReport(
        findings=tuple(sorted(findings, key=Finding.sort_key)),
        files=len(files),
        rules=len(infos),
        ignored=ignored,
        rule_infos={code: infos[code] for code in sorted({finding.code for finding in findings}) if code in infos},
    )
    return Linted(report, texts)


def _with_lines(findings: Sequence[Finding], text: str, form: Gateway) -> Iterator[Finding]:
    """Findings with their rule's name and the line that they speak of, secrets masked."""
    rules = {rule.code: rule.name for rule in form.rules()}
    for finding in findings:
        line = lines.line(text, finding.span.line) if finding.code != "PX0807" else None
        snippet = None if line is None else mask_line(line)
        yield finding.model_copy(update={"rule": rules.get(finding.code, ""), "snippet": snippet})


def rule_info(code: str, form: Gateway) -> RuleInfo:
    """A format's rule as `pxctl explain` shows it. Raises UsageError for an unknown code."""
    for rule in form.rules():
        if code.upper() == rule.code or code.lower() == rule.name:
            summary = " ".join(rule.doc.split("\n\n", 1)[0].split()).rstrip(".")
            return RuleInfo(
                code=rule.code, name=rule.name, family=form.name, severity=rule.severity, summary=summary, help=rule.doc
            )
    raise UsageError(f"`{code}` is no rule for {form.title}")


def foreign_rules(code: str) -> list[RuleInfo]:
    """The rule of that code or name for some other gateway's files, or nothing."""
    for name in names():
        form = gateway(name)
        if any(code.upper() == rule.code or code.lower() == rule.name for rule in form.rules()):
            return [rule_info(code, form)]
    return []


def import_file(name: str, file: Path, environment: frozenset[str] | None = None) -> Imported:
    """A file of another gateway as files of ours; nothing is written."""
    return gateway(name).read(read_text(file), file.as_posix(), load_catalogue(), environment)


def write_into(imported: Imported, folder: Path, *, force: bool = False) -> list[str]:
    """Write an import's files into a folder. Raises RefusedError, with nothing written, where one would be lost."""
    lost = [
        name
        for name, text in imported.files.items()
        if (folder / name).exists() and (folder / name).read_bytes() != text.encode()
    ]
    if lost and not force:
        raise RefusedError(
            f"`{folder}` holds {', '.join(f'`{name}`' for name in lost)} already",
            hint="import into an empty folder and move over what you want, or say --force",
        )
    from pxctl.app.cli.options import write_atomically

    for name, text in imported.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text)
    return list(imported.files)


def export_policy(name: str, root: Path, policy: str, rev: str | None) -> Exported:
    """A policy of a work tree or of a commit in another gateway's format.

    Raises ConfigError where a file of the repository cannot be used.
    """
    form = gateway(name)
    loaded = load(CommitTree(root, rev) if rev else WorkTree(root))
    if loaded.findings:
        first = loaded.findings[0]
        more = f" (and {len(loaded.findings) - 1} more)" if len(loaded.findings) > 1 else ""
        raise ConfigError(first.message + more, span=first.span, hint="`pxctl lint` shows every finding")
    return form.write(loaded.config, policy)
