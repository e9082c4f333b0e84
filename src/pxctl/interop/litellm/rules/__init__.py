"""What `pxctl lint --as litellm` looks for: one function a rule, found by its decorator."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pxctl.interop.litellm.config import Config
from pxctl.model.catalogue import Catalogue
from pxctl.model.document import Path
from pxctl.model.finding import Severity
from pxctl.model.interop import GatewayRule


class Hit(NamedTuple):
    """One fault: the sentence, the path of the value (its key with `key`), the way out."""

    message: str
    path: Path = ()
    hint: str | None = None
    key: bool = False
    severity: Severity | None = None


@dataclass(frozen=True)
class Subject:
    """What a rule looks at."""

    config: Config
    catalogue: Catalogue
    environment: Mapping[str, str] | frozenset[str] | None = None


Check = Callable[[Subject], Iterator[Hit]]


@dataclass
class _Registry:
    rules: dict[str, tuple[GatewayRule, Check]] = field(default_factory=dict)


REGISTRY = _Registry()


def rule(code: str, name: str, severity: Severity) -> Callable[[Check], Check]:
    """Register a check; its docstring is what `pxctl explain` shows."""

    def register(check: Check) -> Check:
        if code in REGISTRY.rules:
            raise ValueError(f"two rules have the code {code}")
        doc = inspect.cleandoc(check.__doc__ or "")
        REGISTRY.rules[code] = (GatewayRule(code=code, name=name, severity=severity, doc=doc), check)
        return check

    return register
