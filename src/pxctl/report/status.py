"""What is live, for people."""

from __future__ import annotations

from pxctl.model.live import EnvironmentStatus, SafeModeReport, SignersReport, SubjectStatus, TenantStatus
from pxctl.report.release import rollout_line
from pxctl.report.sync import sync_text, target_statuses
from pxctl.report.text import Cell, Table, listing, moment, plural

Part = Table | str | tuple[str, str]
_VERDICTS = {"failed": "failed", "inconclusive": "said nothing"}


def environments_text(statuses: list[EnvironmentStatus]) -> list[Part]:
    """Every environment, one after the other."""
    parts: list[Part] = []
    for status in statuses:
        parts += [*([""] if parts else []), *status_text(status)]
    return parts


def status_text(status: EnvironmentStatus) -> list[Part]:
    """One environment: its release, who has what, rollouts, what is blocked, safe mode."""
    where = f"{status.branch} on {status.remote}" if status.remote else f"branch {status.branch}"
    if status.tip is None:
        return [
            f"{status.environment}: no release yet ({where})",
            f"make the first: pxctl env init {status.environment}",
        ]
    parts: list[Part] = []
    if status.problems:
        parts.append(
            (f"{status.environment}: the tip {status.tip[:12]} is not a release: {status.problems[0]}", "bold red")
        )
        repair = f"pxctl env repair {status.environment}"
        parts.append(f"what follows is the last good release; `{repair}` puts it back on top")
    release = status.release
    if release is None:
        return parts
    actor = release.actor.principal or release.actor.name
    what = f"{release.op.replace('_', ' ')} {release.subject or ''}".rstrip()
    parts.append(
        f"{status.environment} #{release.seq}: {what} "
        f"by {actor}, {moment(release.time)}, {plural(status.tenants, 'tenant')} ({where})"
    )
    mode = status.safe_mode
    covered = [*(["everybody"] if mode.environment else []), *mode.business_lines, *mode.tenants]
    if covered:
        parts.append((f"safe mode is on for {listing(covered)}", "bold yellow"))
    parts += [(f"warning: {warning}", "yellow") for warning in status.warnings]
    if status.subjects:
        rows = [_row(status, subject) for subject in status.subjects]
        parts.append(Table(("subject", "who has which version", "stable", "rollout"), rows))
    if status.drift is not None:
        parts += ["", *sync_text(status.drift)]
    elif status.target_states:
        parts.append(target_statuses(status.target_states, status.environment, release.seq))
    for subject in status.subjects:
        state = subject.rollout
        for word in (state.overrides or ()) if state is not None else ():
            parts.append((
                f"gate {word.gate} of {subject.subject} at {word.step} was overridden by {word.by}, "
                f"{moment(word.at)}: {word.reason} (it {_VERDICTS[word.verdict]}: {word.detail})", "yellow",
            ))  # fmt: skip
        for block in subject.blocked:
            who = "" if block.tenants is None else f" for {listing(block.tenants)}"
            parts.append(
                f"blocked{who}: {block.subject}@{block.version} since #{block.since_seq}"
                + (f" ({block.reason})" if block.reason else "")
            )
    return parts


def _row(status: EnvironmentStatus, subject: SubjectStatus) -> tuple[Cell, ...]:
    have = [f"@{n}: {count if count < status.tenants else 'all'}" for n, count in subject.versions.items()]
    if subject.without:
        have.append(f"none: {subject.without}")
    state = subject.rollout
    line = ""
    if state is not None:
        settled = f"full since {moment(state.since)}"
        line = settled if state.state == "done" else f"@{state.version} {rollout_line(state)}"
    if subject.due is not None and state is not None and subject.due > state.since and state.state != "done":
        line += f", due {moment(subject.due)}"
    style = "yellow" if state is not None and state.state in ("running", "paused") else ""
    stable = f"@{subject.stable}" if subject.stable is not None else "-"
    return subject.subject, ", ".join(have), stable, (line, style)


def tenant_text(status: TenantStatus) -> list[Part]:
    """One tenant: each subject's version, and since which release."""
    rows = []
    pins = {f"policies/{n}": v for n, v in status.pins.policies.items()}
    pins |= {f"providers/{n}": v for n, v in status.pins.providers.items()}
    pins |= {"flags": status.pins.flags} if status.pins.flags is not None else {}
    for subject, number in pins.items():
        begun = status.since.get(subject)
        since = f"#{status.since_seq[subject]}, {moment(begun)}" if begun is not None else "-"
        rows.append((subject, f"@{number}", since))
    head = f"{status.tenant} in {status.environment} at #{status.seq}, {moment(status.at)}"
    return [
        head + (", in safe mode" if status.safe_mode else ""),
        Table(("subject", "version", "since"), rows) if rows else "nothing is released to it",
    ]


def signers_text(report: SignersReport) -> list[Part]:
    """Who may do what."""
    signers = report.signers
    if not signers.signers:
        return [f"{report.environment}: no signers; everybody who can push may release"]
    rows = [
        (p.principal, ", ".join(p.may), p.forge or "-", plural(len(p.keys), "key") + (", bot" if p.bot else ""))
        for p in signers.signers
    ]
    needs = signers.approvals
    agree = "no approvals" if needs.by == "none" else f"{plural(needs.required, 'approval')} by {needs.by}"
    return [
        f"{report.environment}: releases need {agree}; "
        f"changing signers needs {plural(signers.quorum, 'person', 'people')}",
        Table(("who", "may", "forge login", "keys"), rows),
    ]


def environments_table(statuses: list[EnvironmentStatus]) -> list[Part]:
    """One line an environment."""
    rows: list[tuple[Cell, ...]] = []
    for status in statuses:
        release = status.release
        if status.problems:
            rows.append((status.environment, ("not a release at the tip", "bold red"), status.branch, ""))
        elif release is None:
            rows.append((status.environment, "no release yet", status.branch, ""))
        else:
            running = sum(s.rollout is not None and s.rollout.state in ("running", "paused") for s in status.subjects)
            rows.append(
                (status.environment, f"#{release.seq}", status.branch, plural(running, "rollout") if running else "")
            )
    return [Table(("environment", "release", "branch", "on its way"), rows)]


def safe_mode_text(report: SafeModeReport) -> list[Part]:
    """Where safe mode is on."""
    mode = report.safe_mode
    covered = [*(["everybody"] if mode.environment else []), *mode.business_lines, *mode.tenants]
    if not covered:
        return [f"{report.environment}: safe mode is off"]
    return [(f"{report.environment}: safe mode is on for {', '.join(covered)}", "bold yellow")]
