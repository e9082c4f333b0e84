"""What is live: the environment as a whole, and one tenant."""

from __future__ import annotations

from collections import Counter

from pxctl.core.errors import UsageError
from pxctl.model.live import EnvironmentStatus, SubjectStatus, TenantStatus
from pxctl.model.project import Project
from pxctl.model.tenant import Tenant
from pxctl.release import rollout
from pxctl.release.audit import last_good, tip_problems
from pxctl.release.branch import Branch
from pxctl.release.history import since
from pxctl.release.steps import due_at
from pxctl.release.view import View


def environment_status(branch: Branch, commit: str | None, project: Project) -> EnvironmentStatus:
    """The state at a commit; where that is no release, of the last good one, with the problems."""
    settings = project.environments.get(branch.environment)
    status = EnvironmentStatus(
        environment=branch.environment, branch=branch.name, remote=branch.remote, tip=commit,
        targets=settings.targets if settings is not None else (),
    )  # fmt: skip
    if commit is None:
        return status
    view: View | None = branch.view(commit)
    problems = tip_problems(branch.view(commit), branch.environment)
    if problems:
        view = last_good(branch.view(commit), branch.environment)
    if view is None or view.release is None:
        return status.model_copy(update={"problems": tuple(problems)})
    release = view.release
    blobs = Counter(view.pins_blobs().values())
    pins = view.pins_of_blobs(blobs)
    subjects = []
    for subject in sorted(set(release.counters) - {"roster"}):
        counts: Counter[int | None] = Counter()
        for id_, many in blobs.items():
            counts[pins[id_].get(subject)] += many
        state = rollout.latest(release, subject)
        plan = project.rollout_plan(state.plan) if state is not None else None
        due = due_at(state, plan) if state is not None and plan is not None and state.state == "running" else None
        subjects.append(
            SubjectStatus(
                subject=subject,
                versions={n: c for n, c in sorted(counts.items(), key=_order) if n is not None},
                without=counts[None],
                stable=release.stable.get(subject),
                rollout=state,
                due=due,
                blocked=tuple(b for b in release.blocked if b.subject == subject),
            )
        )
    return status.model_copy(
        update={
            "release": release,
            "problems": tuple(problems),
            "tenants": sum(blobs.values()),
            "subjects": tuple(subjects),
            "safe_mode": view.safe_mode,
        }
    )


def _order(item: tuple[int | None, int]) -> int:
    return item[0] or 0


def tenant_status(branch: Branch, commit: str, tenant: str, known: Tenant | None) -> TenantStatus:
    """One tenant at one commit. Raises UsageError where the environment does not have it."""
    view: View | None = branch.view(commit)
    if tip_problems(branch.view(commit), branch.environment):
        view = last_good(branch.view(commit), branch.environment)
    pins = view.pins([tenant]).get(tenant) if view is not None else None
    if view is None or view.release is None or view.commit is None or pins is None:
        raise UsageError(f"`{branch.environment}` has no tenant `{tenant}` there", hint="see `pxctl status`")
    found = since(branch, view.commit, tenant)
    line = known.business_line if known is not None else ""
    mode = view.safe_mode
    return TenantStatus(
        environment=branch.environment,
        tenant=tenant,
        seq=view.release.seq,
        commit=view.commit,
        at=view.release.time,
        pins=pins,
        since={s: t for s, (_, t) in found.items()},
        since_seq={s: n for s, (n, _) in found.items()},
        safe_mode=mode.environment or tenant in mode.tenants or line in mode.business_lines,
    )
