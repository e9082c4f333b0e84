"""The last table of the demo: after each release, how many tenants had which version."""

from __future__ import annotations

from demo.story import Story
from pxctl.report.release import deed

BAR = 40


def what_was_live(story: Story, subject: str) -> list[str]:
    """One line a release: when, what, and a bar of the tenants by version, read from the branch itself."""
    log = story.ask("pxctl audit log --env production")
    releases = sorted(log["entries"], key=lambda release: release["seq"])
    story.check([release["seq"] for release in releases] == list(range(1, len(releases) + 1)), "no release is missing")
    lines = [f"{'#':>2}  {'time (UTC)':10}  {'what':35}  {subject}: tenants by version"]
    for release in releases:
        status = story.ask(f"pxctl status --env production --at {release['seq']}")
        versions = next((s["versions"] for s in status["subjects"] if s["subject"] == subject), {})
        total = sum(versions.values()) or 1
        parts = [f"@{number}: {count}" for number, count in sorted(versions.items(), key=lambda item: int(item[0]))]
        bar = "".join(number * round(BAR * count / total) for number, count in sorted(versions.items()))
        what = deed(release["op"], release["subject"], release["version"], release["step"])
        lines.append(
            f"{release['seq']:>2}  {release['time'][11:19]:10}  {what[:35]:35}  {bar:{BAR}}  {', '.join(parts)}"
        )
    return lines
