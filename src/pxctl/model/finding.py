"""What lint, load and interop say about a file, and the values that renderers show."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from pxctl.core.span import Span
from pxctl.model.base import Model


class Severity(StrEnum):
    """How bad a finding is. Only errors fail a run."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Edit(Model):
    """A safe replacement of the characters from `start` to `end` (0-based offsets into the file's text)."""

    file: str
    start: int
    end: int
    text: str


class Finding(Model):
    """One fault: its code, its place, a sentence that names it, and the way out."""

    code: str = Field(pattern=r"^PX[0-9]{4}$")
    severity: Severity
    span: Span
    message: str
    hint: str | None = None
    path: tuple[str | int, ...] = Field(default=(), description="where in the document")
    fix: tuple[Edit, ...] = ()
    rule: str = Field(default="", description="the rule's name, such as unknown-provider")
    snippet: str | None = Field(default=None, description="the line of the file, secrets masked")

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Findings are shown by place, then code."""
        return (self.span.file, self.span.line, self.span.column, self.code, self.message)


class RuleInfo(Model):
    """What renderers say about a rule."""

    code: str
    name: str
    family: str
    severity: Severity
    summary: str
    help: str = ""
    fixable: bool = False


class LintReport(Model):
    """All findings of one run, and how much was looked at."""

    schema_version: Literal[1] = 1
    findings: tuple[Finding, ...] = ()
    files: int = 0
    rules: int = 0
    ignored: int = Field(default=0, description="findings that a comment with a reason took out")
    rule_infos: dict[str, RuleInfo] = Field(default_factory=dict, exclude=True, description="of the codes found")

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
