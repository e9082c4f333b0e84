"""The body of a pull request: the plan between two markers, and around it what people wrote, kept."""

from __future__ import annotations

BEGIN = "<!-- pxctl:plan:begin -->"
END = "<!-- pxctl:plan:end -->"
CUT = "\n\n_The plan is cut here: it is longer than the forge takes. `pxctl publish --dry-run` shows all of it._\n"


def with_plan(body: str, plan: str, limit: int) -> str:
    """The body with its plan part replaced (or added at the top), in at most `limit` characters.

    Markers inside the plan itself are taken apart, so that nothing in it ends the part early. What people wrote stays;
    where all is too long, the plan is cut at a line, with a note.
    """
    plan = plan.replace(BEGIN, "<!-- -->").replace(END, "<!-- -->").strip("\n")
    start = body.find(BEGIN)
    end = body.find(END, start)
    if 0 <= start < end:
        before, after = body[:start], body[end + len(END) :]
    else:
        before, after = "", "\n\n" + body.strip() if body.strip() else ""
    room = limit - len(before) - len(after) - len(BEGIN) - len(END) - 2
    if len(plan) > room:
        kept = plan[: max(room - len(CUT) - 4, 0)]
        kept = kept[: kept.rfind("\n")] if "\n" in kept else kept
        if kept.count("```") % 2:
            kept += "\n```"
        plan = kept + CUT
    return f"{before}{BEGIN}\n{plan}\n{END}{after}"


def plan_of(body: str) -> str | None:
    """The plan part of a body, or None where it has none."""
    start = body.find(BEGIN)
    end = body.find(END, start)
    return body[start + len(BEGIN) : end].strip("\n") if 0 <= start < end else None
