"""What `pxctl init` made, and what to do next."""

from __future__ import annotations

from pxctl.report.text import plural

_NEXT = {
    "openai": "export OPENAI_API_KEY=...   # then: pxctl validate openai",
    "ollama": "ollama pull llama3.2   # then: pxctl validate ollama",
}


def scaffold_text(folder: str, written: tuple[str, ...], kept: tuple[str, ...], git: bool, provider: str) -> list[str]:
    """The files, and the next commands in their order."""
    lines = [f"made {plural(len(written), 'file')} in {folder}{' (a new git repository)' if git else ''}"]
    lines += [f"  {path}" for path in written]
    lines += [f"  {path}: yours was kept; let it list .pxctl/" for path in kept]
    lines += ["", "next:"]
    if folder != ".":
        lines.append(f"  cd {folder}")
    lines += [
        "  pxctl lint",
        "  git add . && git commit -m 'Our models and routes'",
        "  pxctl route --tenant my-team --privacy internal",
        f"  {_NEXT[provider]}",
        "  pxctl env init production",
    ]
    return lines
