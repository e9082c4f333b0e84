"""Publish: directly, as a request in the work tree, or as a pull request."""

from __future__ import annotations

from pathlib import Path

from pxctl.app.flows.release import Desk, publish_intent, release, selector
from pxctl.core.digest import blob_id
from pxctl.core.errors import GitError, NetworkError, UsageError
from pxctl.load.writer import dump_yaml
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest
from pxctl.model.tenant import TenantSelector
from pxctl.release.requests import next_path

_HEADER = "# A release request: merging it approves it, and `pxctl apply` makes it so. Do not edit it after that.\n"


def publish_subject(
    desk: Desk,
    subject: str,
    mode: str | None,
    *,
    tenants: tuple[str, ...] = (),
    business_lines: tuple[str, ...] = (),
    tiers: tuple[str, ...] = (),
    rollout: str | None = None,
    reason: str = "",
    again: bool = False,
    supersede: bool = False,
    force: bool = False,
    trace: Path | None = None,
) -> tuple[ReleaseResult, str]:
    """Publish a subject; `mode` is direct, dry-run, request, pr, or None for what the repository is set up for.

    Returns the result (of a plan, where a request was written) and a message for people.
    """
    chosen = selector(tenants, business_lines, tiers)
    if mode is None:
        mode = "pr" if desk.config.project.forge is not None else "direct"
    intent, terms = publish_intent(
        desk, subject, selection=chosen, rollout=rollout, reason=reason, again=again, supersede=supersede, force=force
    )
    impact = decision_impact(desk, subject, trace) if trace is not None else None
    result = release(desk, intent, terms, dry_run=mode != "direct").model_copy(update={"impact": impact})
    if mode in ("direct", "dry-run") or result.status == "unchanged":
        return result, ""
    plan = getattr(intent, "plan", None)
    request = ReleaseRequest(
        op="roster" if subject == "roster" else "publish", subject=subject, version=result.plan.version,
        source=desk.tree.source, tenants=chosen or "everyone", rollout=plan, reason=reason, supersede=supersede,
        again=again, force=force, plan_digest=result.plan.digest,
    )  # fmt: skip
    message = write_request(desk, request, result, mode == "pr")
    return result.model_copy(update={"why": "a release request asks for it"}), message


def decision_impact(desk: Desk, subject: str, trace: Path) -> str:
    """What the new content of a subject does to the decisions on recorded traffic, against its stable version."""
    from pxctl.app.flows.gates import overlay
    from pxctl.app.flows.live import live_view
    from pxctl.app.flows.plan import impact_of
    from pxctl.app.flows.simulate import Traffic
    from pxctl.app.wiring import sound
    from pxctl.load.loader import load
    from pxctl.report.text import percent

    view = live_view(desk)
    number = view.release.stable.get(subject) if view.release is not None else None
    if number is None:
        return "there is no earlier version to compare with"
    before = sound(load(overlay(desk, view, subject, number)))
    found = impact_of(before, sound(desk.loaded), Traffic(trace), environment=desk.environment)
    return (
        f"{found.changed:,} of {found.rows:,} on {found.trace} change ({percent(found.changed, found.rows)}): "
        f"{found.primary_changed:,} another primary, {found.newly_refused:,} newly refused, "
        f"{found.region_widened:,} reach another region"
    )


def write_request(desk: Desk, request: ReleaseRequest, result: ReleaseResult, pull: bool) -> str:
    """Write a request into the work tree, or onto a branch with a pull request; says where it is."""
    there = desk.root / "releases" / desk.environment
    existing = {p for p in desk.tree.paths() if p.startswith("releases/")}
    existing |= {f"releases/{desk.environment}/{p.name}" for p in there.glob("*") if p.is_file()}
    path = next_path(desk.environment, existing, request.subject, request.version, request.op)
    text = _HEADER + request_text(request)
    if not pull:
        there.mkdir(parents=True, exist_ok=True)
        (desk.root / path).write_text(text, encoding="utf-8")
        return f"wrote {path}: commit it, have it merged to main, then run `pxctl apply --env {desk.environment}`"
    return _pull(desk, path, text, result)


def request_text(request: ReleaseRequest) -> str:
    """A request as YAML, defaults left out."""
    value = request.model_dump(mode="json", exclude_defaults=True)
    value.setdefault("tenants", "everyone")
    if isinstance(request.tenants, TenantSelector):
        value["tenants"] = request.tenants.model_dump(mode="json", exclude_defaults=True)
    order = [name for name in ReleaseRequest.model_fields if name in value]
    return dump_yaml({name: value[name] for name in order})


def _pull(desk: Desk, path: str, text: str, result: ReleaseResult) -> str:
    from pxctl.app.flows.forge import open_request
    from pxctl.release.commits import commit_file
    from pxctl.release.git import is_network
    from pxctl.report.release import headline, plan_markdown

    settings = desk.config.project.forge
    if settings is None:
        raise UsageError("pxctl.yaml names no forge", hint="add `forge: {repository: owner/name}`, or use --direct")
    remote = "origin"
    if not desk.git.config(f"remote.{remote}.url"):
        raise UsageError(f"the repository has no remote `{remote}`", hint="git remote add origin URL")
    name = f"pxctl/{desk.environment}-{path.rpartition('/')[2].rpartition('.')[0]}"
    title, data = headline(result.plan), text.encode()
    tip = _branch_tip(desk, remote, name)
    if tip is None or desk.git.try_run("rev-parse", "-q", "--verify", f"{tip}:{path}").out.decode().strip() != blob_id(
        data
    ):
        parent = tip or desk.tree.source or "HEAD"
        commit = commit_file(desk.git, parent, path, data, desk.actor, desk.clock.now(), title)
        done = desk.git.try_run("push", "--porcelain", "--no-verify", remote, f"{commit}:refs/heads/{name}")
        if done.code:
            raise (NetworkError if is_network(done) else GitError)(f"pushing `{name}`: {done.said()}")
    pull = open_request(desk, name, title, plan_markdown(result), ("pxctl", f"env:{desk.environment}"))
    return f"pull request {pull.number}: {pull.url}"


def _branch_tip(desk: Desk, remote: str, name: str) -> str | None:
    """The tip of a request's branch on the remote, fetched; None where there is none.

    The same request again changes nothing there (its reviews stay); another one goes on top, never by force.
    """
    done = desk.git.try_run("ls-remote", remote, f"refs/heads/{name}")
    tip = done.out.decode().partition("\t")[0].strip()
    if done.code or not tip:
        return None
    desk.git.try_run("fetch", "--no-tags", "--no-write-fetch-head", "--quiet", remote, f"refs/heads/{name}")
    return desk.git.resolve(tip)
