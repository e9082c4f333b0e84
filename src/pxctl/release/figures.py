"""Figures about how an environment is run, from git history alone: nothing is measured beside it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pxctl.core.clock import to_text
from pxctl.core.errors import GitError
from pxctl.model.base import duration_ms
from pxctl.model.evidence import Evidence
from pxctl.model.live import Figures, Spread
from pxctl.model.provider import Provider
from pxctl.model.release import Release
from pxctl.release import documents
from pxctl.release.branch import Branch
from pxctl.release.history import added_on_main, commits
from pxctl.release.view import View


def releases_of(branch: Branch, tip: str) -> list[Release]:
    """Every release, oldest first; commits that are none are left out."""
    found = []
    for record in branch.git.reader.many(f"{c}:{documents.RELEASE}" for c, _ in reversed(commits(branch, tip))):
        try:
            if record is not None:
                found.append(documents.decode_release(record[2], documents.RELEASE))
        except GitError:
            continue
    return found


def figures(branch: Branch, tip: str, providers: Mapping[str, Provider], now: datetime) -> Figures:
    """The figures of an environment at its tip. `providers` are main's, for what they say about secrets."""
    history = releases_of(branch, tip)
    first: dict[tuple[str, int], Release] = {}
    full: dict[tuple[str, int], Release] = {}
    source: dict[tuple[str, int], str] = {}
    staged = finished = rollbacks = 0
    exposed: list[float] = []
    withdrawn: set[tuple[str, int]] = set()
    for release in history:
        for path, commit in release.source.items():
            kind, _, name = path.removeprefix("versions/").partition("/")
            stem, _, number = name.removesuffix(".yaml").rpartition("@")
            source.setdefault((kind if kind in ("flags", "roster") else f"{kind}/{stem}", int(number)), commit)
        rollbacks += release.op == "rollback"
        for block in release.blocked:
            key = (block.subject, block.version)
            if block.since_seq == release.seq and key in first and key not in withdrawn:
                withdrawn.add(key)
                exposed.append((release.time - first[key].time).total_seconds())
        state = next((r for r in release.rollouts if r.subject == release.subject), None)
        if release.op not in ("publish", "promote", "init") or (state is None and release.op != "init"):
            continue
        for one in release.rollouts if release.op == "init" else (state,):
            if one is None:
                continue
            key = (one.subject, one.version)
            if release.tenants_moved:
                first.setdefault(key, release)
            if one.state == "done" and key not in full:
                full[key] = release
                finished += release.op != "init"
                staged += one.steps > 1
    times = _times(branch, source.values())
    live = [(full[k].time - times[c]).total_seconds() for k, c in source.items() if k in full and c in times]
    secrets = _secrets(branch.view(tip), history[-1] if history else None, providers, now)
    return Figures(
        environment=branch.environment, releases=len(history), since=history[0].time if history else None,
        onboarding=_spread(_onboarding(branch, first)), publish_to_live=_spread(live), exposure=_spread(exposed),
        rollbacks=rollbacks, finished_rollouts=finished, staged_rollouts=staged, secrets=secrets[0],
        secrets_managed=secrets[1], secrets_overdue=secrets[2],
    )  # fmt: skip


def _onboarding(branch: Branch, first: Mapping[tuple[str, int], Release]) -> list[float]:
    begun: dict[str, Release] = {}
    for (subject, _), release in first.items():
        if subject.startswith("providers/") and (subject not in begun or release.seq < begun[subject].seq):
            begun[subject] = release
    if not begun:
        return []
    added = added_on_main(branch, "providers")
    return [(r.time - added[s]).total_seconds() for s, r in begun.items() if s in added]


def _times(branch: Branch, ids: Iterable[str]) -> dict[str, datetime]:
    from pxctl.release.objects import decode_commit

    wanted = list(dict.fromkeys(ids))
    found = zip(wanted, branch.git.reader.many(wanted), strict=True)
    return {id_: datetime.fromtimestamp(decode_commit(o[2]).time, UTC) for id_, o in found if o and o[1] == "commit"}


def overdue(view: View, providers: Mapping[str, Provider], now: datetime) -> list[str]:
    """What has run out at a release: evidence that its providers rested on, secrets that were to be rotated."""
    found = []
    for name in sorted(view.folder("evidence")):
        data = view.read(f"evidence/{name}")
        try:
            evidence = documents.decode_model(Evidence, data or b"", name)
        except GitError as error:
            found.append(error.message)
            continue
        if evidence.expires_at < now and evidence.provider in providers:
            found.append(f"evidence for {evidence.provider} expired {to_text(evidence.expires_at)}")
    secrets = _secrets(view, view.release, providers, now)[2]
    return [*found, *(f"the secret of {name} is overdue for rotation" for name in secrets)]


def _secrets(
    view: View, release: Release | None, providers: Mapping[str, Provider], now: datetime
) -> tuple[int, int, tuple[str, ...]]:
    live = {s.partition("/")[2] for s in release.counters if s.startswith("providers/")} if release else set()
    needing = [p for p in providers.values() if p.id in live and p.secret_policy == "required"]
    managed, overdue = 0, []
    for provider in needing:
        data = view.read(f"credentials/{provider.id}.yaml")
        if data is None:
            continue
        managed += 1
        touched = documents.decode(data).get("api_key", {}).get("touched_at")
        if provider.rotation is None or not isinstance(touched, str):
            continue
        due = datetime.fromisoformat(touched) + timedelta(milliseconds=duration_ms(provider.rotation.every))
        if due < now:
            overdue.append(provider.id)
    return len(needing), managed, tuple(sorted(overdue))


def _spread(seconds: Iterable[float]) -> Spread:
    values = sorted(max(value, 0.0) for value in seconds)
    if not values:
        return Spread()
    return Spread(count=len(values), median_s=statistics.median(values), longest_s=values[-1])
