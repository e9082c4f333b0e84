"""Every failure that pxctl expects, and the exit code that each ends in.

```
PxctlError
├── InputError        1  the input failed: findings, a broken guarantee, a gate that is not met
│   ├── ConfigError      a file of the repository cannot be used
│   ├── ContextError     a request context that the schema or the configuration refuses
│   └── TraceError       recorded traffic that cannot be read
├── ToolError         2  the tool could not do it
│   ├── UsageError       the command's words are off, or nothing matched
│   ├── GitError         git refused, is missing, or has no such repository, branch or commit
│   ├── NetworkError     a remote server did not answer as it should
│   └── StoreError       a secret store is down, sealed, slow, forbids, or has no such secret
└── RefusedError      4  not permitted: stale plan, missing approval, unreleased evidence
```

Anything else that reaches the boundary in `app/main.py` is a bug: exit 3, a short message, the traceback in a log file.

How messages read: lowercase, no full stop, user input in backticks, the place first, then the way out (`hint`).
"""

from __future__ import annotations

from pxctl.core.span import Span


class PxctlError(Exception):
    """Root of every expected failure.

    `message` says what is wrong, `span` where, `hint` what to do about it.
    """

    exit_code = 2

    def __init__(self, message: str, *, span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.span}: {self.message}" if self.span else self.message


class InputError(PxctlError):
    """The input failed (exit 1)."""

    exit_code = 1


class ConfigError(InputError):
    """A file of the repository cannot be used."""


class ContextError(InputError):
    """A request context that the schema or the configuration refuses; never answered by a guess."""


class TraceError(InputError):
    """Recorded traffic that cannot be read."""


class ToolError(PxctlError):
    """The tool could not do what was asked (exit 2)."""

    exit_code = 2


class UsageError(ToolError):
    """The command's words are off, or what they name matched nothing."""


class GitError(ToolError):
    """Git refused, is missing, or has no such repository, branch or commit."""


class NetworkError(ToolError):
    """A remote server did not answer as it should."""


class StoreError(ToolError):
    """A secret store is down, sealed, slow, forbids, or has no such secret."""


class RefusedError(PxctlError):
    """Not permitted: a stale plan, a missing approval, missing evidence (exit 4)."""

    exit_code = 4
