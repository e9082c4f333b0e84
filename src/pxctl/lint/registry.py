"""Finds the rules: every module of `lint/rules`, and what other packages name under `pxctl.lint_rules`."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import get_args

from pxctl.core.errors import UsageError
from pxctl.core.plugins import offered
from pxctl.lint import rules as package
from pxctl.lint.base import FAMILIES, Rule, Scope
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

GROUP = "pxctl.lint_rules"
_SCOPES: tuple[Scope, ...] = get_args(Scope)


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by code, sorted. Raises UsageError where a rule of another package breaks the contract."""
    found: dict[str, Rule] = {}
    names = [f"{package.__name__}.{module.name}" for module in iter_modules(package.__path__)]
    modules = [import_module(name) for name in names]
    modules += [entry.load() for entry in offered(GROUP)]
    for module in modules:
        rule = as_rule(module)
        if rule.code in found:
            raise UsageError(f"two lint rules have the code `{rule.code}`: {found[rule.code].name} and {rule.name}")
        found[rule.code] = rule
    return dict(sorted(found.items()))


def as_rule(module: ModuleType) -> Rule:
    """A module as a Rule. Raises UsageError where it breaks the contract of `lint/base.py`."""
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    check = getattr(module, "check", None)
    code, family = str(getattr(module, "CODE", "")), str(getattr(module, "FAMILY", ""))
    scope = next((known for known in _SCOPES if known == getattr(module, "SCOPE", "")), None)
    if not code.startswith("PX") or scope is None or family not in FAMILIES or not module.__doc__:
        raise UsageError(f"the lint rule `{module.__name__}` lacks its docstring, CODE, SCOPE or FAMILY")
    if (check is None) != (scope == "reader"):
        raise UsageError(f"the lint rule `{module.__name__}` has no check, or has one that nobody calls")
    return Rule(
        code=code,
        name=name,
        family=family,
        severity=Severity(module.SEVERITY),
        scope=scope,
        doc=inspect.cleandoc(module.__doc__),
        check=check,
        locked=getattr(module, "LOCKED", False),
        fixable=getattr(module, "FIXABLE", False),
    )


def find_rules(word: str | None) -> list[Rule]:
    """The rule of a code or a name, or all of them for None. Raises UsageError where there is none."""
    rules = all_rules()
    if word is None:
        return list(rules.values())
    found = [
        rule for rule in rules.values() if word.upper() == rule.code or word.lower().replace("_", "-") == rule.name
    ]
    if not found:
        close = meant(word, [rule.code for rule in rules.values()] + [rule.name for rule in rules.values()])
        raise UsageError(f"`{word}` is no rule", hint=close or "`pxctl explain` lists them all")
    return found
