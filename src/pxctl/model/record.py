"""A decision with everything that it was made from, so that it can be made again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.signals import Signals


class DecisionRecord(Model):
    """What `pxctl route --format json` writes and `--from-trace` reads.

    `signals` holds the deployments that the decision looked at; `withheld` the providers that flags or pins did not
    release to the tenant; `why` one sentence for each entry of the trace, `why_fallbacks` for each listed fallback.
    """

    schema_version: Literal[1] = 1
    decision: Decision
    context: Context
    signals: Signals
    environment: str | None = None
    live: bool = Field(default=False, description="decided with what was live there; `source` is that release")
    withheld: tuple[str, ...] = ()
    assumed: tuple[str, ...] = Field(default=(), description="what nobody measured and was taken for granted")
    why: tuple[str, ...] = ()
    why_fallbacks: tuple[str, ...] = ()


class Difference(Model):
    """One field of a decision that came out otherwise."""

    field: str
    recorded: Any
    now: Any


class Reexecution(Model):
    """A recorded decision made again: `identical` is the verdict."""

    schema_version: Literal[1] = 1
    identical: bool
    source: str | None = Field(description="the commit that decided again; absent: the work tree")
    recorded: Decision
    now: Decision
    differences: tuple[Difference, ...] = ()
