"""Severities as pxctl.yaml sets them, per path too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit, Rule
from pxctl.lint.words import close
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.project import LintSettings


def severity_of(rule: Rule, file: str, settings: LintSettings) -> Severity | None:
    """The severity of a rule for a file, or None where it is off; the last setting that names the path wins."""
    setting = settings.rules.get(rule.code)
    if setting is None or rule.locked:
        return rule.severity
    word: str = rule.severity.value
    if isinstance(setting, str):
        word = setting
    else:
        for entry in setting if isinstance(setting, tuple) else (setting,):
            if not entry.paths or any(_fits(file, pattern) for pattern in entry.paths):
                word = entry.severity
    return None if word == "off" else Severity(word)


def _fits(file: str, pattern: str) -> bool:
    return fnmatchcase(file, pattern) or file.startswith(pattern.rstrip("/") + "/")


def faulty(settings: LintSettings, rules: Mapping[str, Rule]) -> Iterator[tuple[str, Hit]]:
    """Settings that do nothing: codes that are no rule, and severities that cannot change."""
    for code in settings.rules:
        path = ("lint", "rules", code)
        if code not in rules:
            found = close(code, tuple(rules))
            yield "PX0092", Hit(f"`{code}` is no rule", path, f"did you mean `{found}`?" if found else None, key=True)
        elif rules[code].locked:
            message = f"the severity of {code} ({rules[code].name}) cannot be changed"
            yield "PX0092", Hit(message, path, "a file that cannot be read is never fine; remove the line", key=True)
