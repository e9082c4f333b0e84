"""What `pxctl doctor` found: one value a check."""

from __future__ import annotations

from typing import Literal

from pxctl.model.base import Model

Verdict = Literal["ok", "info", "warning", "problem", "skipped"]


class Check(Model):
    """One thing looked at: how it is, and how to mend it where it is not well."""

    name: str
    verdict: Verdict
    detail: str
    mend: str | None = None


class Checkup(Model):
    """Everything that was looked at. Only problems fail."""

    schema_version: Literal[1] = 1
    repository: str | None = None
    checks: tuple[Check, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something has to be mended."""
        return any(check.verdict == "problem" for check in self.checks)
