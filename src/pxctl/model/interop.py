"""What reading and writing another gateway's configuration gives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxctl.core.span import Span
from pxctl.model.base import Model
from pxctl.model.finding import Finding, Severity

NoteKind = Literal["no_counterpart", "approximated", "for_you"]


class Note(Model):
    """Something that did not come over as it is: what, where, why, and what to do about it."""

    kind: NoteKind
    subject: str
    why: str
    span: Span | None = None


class Imported(Model):
    """Another gateway's configuration as files of ours, what was wrong in it, and what has no counterpart."""

    schema_version: Literal[1] = 1
    gateway: str
    file: str
    files: dict[str, str] = Field(default_factory=dict, description="path in the repository -> text")
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    providers: int = 0
    deployments: int = 0
    routes: int = 0

    @property
    def failed(self) -> bool:
        """Whether the source has an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


class Exported(Model):
    """Our configuration as another gateway's text, and what it cannot express."""

    schema_version: Literal[1] = 1
    gateway: str
    text: str
    notes: tuple[Note, ...] = ()


class GatewayRule(Model):
    """A rule for another gateway's files: what `pxctl explain` shows of it."""

    code: str
    name: str
    severity: Severity
    doc: str
