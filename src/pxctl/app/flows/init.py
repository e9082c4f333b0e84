"""`pxctl init`: the files of a repository of one's own. All of them are written, or none; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pxctl.core.errors import GitError, RefusedError, UsageError
from pxctl.load.git import run_git

_PROJECT = """\
# What else may stand here: pxctl schema project
version: 1
environments:
  production: {}
regions: [eu, us]
tiers: [standard]
business_lines: [main]
"""

_GRANT = """\
# A secret goes only to the hosts that stand here.
credential_grants:
  - {ref: "env://OPENAI_API_KEY", hosts: [api.openai.com]}
"""

_OPENAI = """\
id: openai
display_name: OpenAI
kind: openai_compatible
status: active
endpoints:
  - {region: us, url: "https://api.openai.com/v1"}
credential_ref: env://OPENAI_API_KEY
rotation: {every: 90d, warn_before: 14d}
default_model: gpt-4.1-mini
models:
  - id: gpt-4.1-mini
    modality: {input: [text, image], output: [text]}
    capabilities: [chat, streaming, tools, json_schema, vision]
    context_tokens: 1047576
    max_output_tokens: 32768
    price: {input_per_mtok: 0.4, cached_input_per_mtok: 0.1, output_per_mtok: 1.6}
  - id: gpt-5.4-mini
    modality: {input: [text, image], output: [text]}
    capabilities: [chat, streaming, tools, json_schema, vision, reasoning]
    context_tokens: 272000
    max_output_tokens: 128000
    price: {input_per_mtok: 0.75, cached_input_per_mtok: 0.075, output_per_mtok: 4.5}
compliance: {privacy_max: internal, data_regions: [us]}
validation: {suites: [chat, streaming], max_p95_ms: 5000, budget_usd: 0.05}
"""

_OLLAMA = """\
id: ollama
display_name: Ollama on this machine
kind: ollama
status: active
endpoints:
  - {region: eu, url: "http://127.0.0.1:11434"}
default_model: llama3.2
models:
  - id: llama3.2
    modality: {input: [text], output: [text]}
    capabilities: [chat, streaming, tools]
    context_tokens: 131072
    price: {input_per_mtok: 0, output_per_mtok: 0}
  - id: llama3.2:1b
    modality: {input: [text], output: [text]}
    capabilities: [chat, streaming]
    context_tokens: 131072
    price: {input_per_mtok: 0, output_per_mtok: 0}
compliance: {privacy_max: restricted, data_regions: [eu]}
validation: {suites: [chat, streaming], max_p95_ms: 20000}
"""

_POLICY = """\
name: default
description: what everybody gets
safe_mode: {{allow: [{first}]}}
routes:
  - name: everything
    match: {{}}
    candidates: [{first}]
    fallbacks: [{second}]
"""

_TENANTS = """\
tenants:
  - {{id: my-team, tier: standard, business_line: main, region: {region}, privacy_max: internal}}
"""


@dataclass(frozen=True)
class Scaffold:
    """What was made where."""

    folder: str
    written: tuple[str, ...]
    kept: tuple[str, ...]
    git: bool
    provider: str


def files_of(provider: str) -> Mapping[str, str]:
    """The files of a new repository, by path, with `openai` or `ollama` as its one provider."""
    cloud = provider == "openai"
    first, second = (
        ("openai/gpt-4.1-mini", "openai/gpt-5.4-mini") if cloud else ("ollama/llama3.2", "ollama/llama3.2:1b")
    )
    return {
        "pxctl.yaml": _PROJECT + _GRANT if cloud else _PROJECT,
        f"providers/{provider}.yaml": _OPENAI if cloud else _OLLAMA,
        "routing-policies/default.yaml": _POLICY.format(first=first, second=second),
        "tenants/tenants.yaml": _TENANTS.format(region="us" if cloud else "eu"),
        ".gitignore": "# what pxctl keeps on this machine\n.pxctl/\n",
    }


def scaffold(folder: Path, provider: str, *, git: bool = True) -> Scaffold:
    """Write the files into `folder`, and make it a git repository where it is in none.

    A `.gitignore` that is there is kept. Raises RefusedError where another of the files exists, OSError where the disk
    refuses; then nothing is left behind.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"`{folder}` is a file", hint="name a folder that is new or empty")
    files = dict(files_of(provider))
    kept = tuple(path for path in (".gitignore",) if _there(folder / path))
    for path in kept:
        del files[path]
    clash = [path for path in files if _there(folder / path)]
    if clash:
        raise RefusedError(
            f"`{folder}` already has {', '.join(clash)}", hint="nothing was written; name another folder"
        )
    made: list[Path] = []
    try:
        for path, text in files.items():
            _make_folder((folder / path).parent, made)
            with (folder / path).open("x", encoding="utf-8") as file:
                made.append(folder / path)
                file.write(text)
        started = git and _start_git(folder)
    except BaseException:
        _take_back(made)
        raise
    return Scaffold(str(folder), tuple(files), kept, started, provider)


def _there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _make_folder(folder: Path, made: list[Path]) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def _start_git(folder: Path) -> bool:
    try:
        run_git(["rev-parse", "--git-dir"], folder)
    except GitError as error:
        if "not in a git repository" not in error.message:
            raise
        run_git(["init", "--quiet", "--initial-branch=main"], folder)
        return True
    return False


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
