"""What is to be released: a subject's content on main, its gates and its rollout plan, as an intent."""

from __future__ import annotations

from collections.abc import Mapping

from pxctl.app.flows.gates import first_gates
from pxctl.app.flows.release import Desk
from pxctl.app.wiring import sound
from pxctl.core.errors import UsageError
from pxctl.core.ids import TENANT
from pxctl.model.evidence import Evidence
from pxctl.model.provider import Provider
from pxctl.model.release import ReleaseRequest
from pxctl.model.tenant import TenantSelector
from pxctl.release.draft import Intent
from pxctl.release.engine import NO_TERMS, Terms
from pxctl.release.publish import Content, Publish
from pxctl.release.roster import RosterChange
from pxctl.release.withdraw import Withdraw


def selector(
    tenants: tuple[str, ...] = (), business_lines: tuple[str, ...] = (), tiers: tuple[str, ...] = ()
) -> TenantSelector | None:
    """A selection from options, or None where none was given."""
    if not (tenants or business_lines or tiers):
        return None
    wrong = next((name for name in tenants if not TENANT.fullmatch(name)), None)
    if wrong is not None:
        raise UsageError(f"`{wrong}` is no tenant id", hint="lower-case letters, digits, `.`, `_` and `-`")
    return TenantSelector(names=tenants, business_line=business_lines, tier=tiers)


def publish_intent(
    desk: Desk,
    subject: str,
    *,
    selection: TenantSelector | None = None,
    rollout: str | None = None,
    reason: str = "",
    again: bool = False,
    supersede: bool = False,
    request: tuple[str, ReleaseRequest] | None = None,
    force: bool = False,
    withdraw: bool = False,
) -> tuple[Intent, Terms]:
    """What publishing a subject means here: the content, its gates, the rollout plan that applies."""
    if withdraw:
        return Withdraw(subject, selection if selection is not None else "everyone", reason, force), NO_TERMS
    content = desk.content(subject)
    path, wish = request if request is not None else (None, None)
    if subject == "roster":
        sound(desk.loaded)
        intent = RosterChange(content, reason, path, wish.version if wish else None, force=force)
        return intent, NO_TERMS
    gates, evidence = desk.gates(subject, content)
    gates = (*gates, *first_gates(desk, subject, content.files))
    if wish is None and rollout is None:
        rollout = _default_plan(desk, subject)
    return Publish(
        subject, content, selection if selection is not None else "everyone", rollout, reason, again, supersede,
        version=wish.version if wish else None, request=path, evidence=evidence, retires=_retires(desk, subject),
        force=force,
    ), Terms(gates=gates)  # fmt: skip


def retired(provider: Provider) -> str | None:
    """Why a provider cannot serve by its own file: it is disabled, or has no secret and needs one; else None."""
    if not provider.enabled or provider.status in ("disabled", "draft"):
        return "disabled"
    bare = provider.secret_policy == "required" and "api_key" not in provider.credential_refs()
    return "left without its secret" if bare else None


def _retires(desk: Desk, subject: str) -> bool:
    kind, _, name = subject.partition("/")
    provider = desk.config.providers.get(name) if kind == "providers" else None
    return provider is not None and retired(provider) is not None


def _default_plan(desk: Desk, subject: str) -> str | None:
    kind, _, name = subject.partition("/")
    provider = desk.config.providers.get(name) if kind == "providers" else None
    if provider is not None and provider.rollout is not None:
        return provider.rollout
    return desk.settings.rollout


def adopted(desk: Desk, empty: bool = False) -> tuple[Mapping[str, Content], tuple[Evidence, ...], tuple[str, ...]]:
    """What an environment's first release takes over from main, and what it leaves out, with the reason."""
    found: dict[str, Content] = {}
    evidences, warnings = [], []
    if empty:
        return found, (), ()
    config = desk.config
    subjects = [f"policies/{n}" for n in config.policies] + [f"providers/{n}" for n in config.providers]
    for subject in [*subjects, *(["flags"] if config.flags else [])]:
        content = desk.content(subject)
        gates, evidence = desk.gates(subject, content)
        bad = [g for g in gates if g.verdict != "passed"]
        if bad:
            warnings.append(f"{subject} is left out: {bad[0].detail}")
            continue
        found[subject] = content
        if evidence is not None:
            evidences.append(evidence)
    return found, tuple(evidences), tuple(warnings)
