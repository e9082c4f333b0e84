"""Keys in plain text, variables that are not set, shell syntax that LiteLLM does not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pxctl.core.secretlike import looks_random, secret_format
from pxctl.interop.litellm.config import environment_name, mapping
from pxctl.interop.litellm.rules import Hit, Subject, rule
from pxctl.model.document import Path
from pxctl.model.finding import Severity

SENSITIVE = re.compile(
    r"(?i)(^|_)(api_?key|secret|password|passwd|token|access_key_id|secret_access_key|credentials?|master_key|private_key"
    r"|salt_key|auth)(_|$)|^database_url$"
)
_NOT_SECRET = re.compile(
    r"(?i).*(_tokens?_(cost|limit|budget)|cost_per|max_.*tokens|_tokens|key_generation|tokenizer|_limit|_name|_param(s|eters)?"
    r"|_file|_policy|_types?|_header(s|_name)?|api_key_tpm.*|api_key_rpm.*|_ref|_url|custom_auth|.*_auth_method)$"
    r"|^(allow|disable|enable|require|use|store|custom|user|public|default|forward|configurable)_.*|^no-|^tags?$"
)
_PLACEHOLDER = re.compile(
    r"(?i)none|null|empty|na|n/a|not[-_ ]?(needed|required|used)|no[-_]?key|dummy.*|fake.*|local.*|test.*|anything"
    r"|ollama|lm[-_]?studio|placeholder.*|x+|\*+|<.*>|sk-(1234|xxx+|dummy|fake|no.*key.*|local|test)|unused|ignored|your[-_].*"
    r"|my[-_]fake[-_]key|changeme"
)


def sensitive(name: str) -> bool:
    """Whether a key of that name usually holds a secret."""
    return bool(SENSITIVE.search(name)) and not _NOT_SECRET.fullmatch(name)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from walk(item, (*path, i))
    else:
        yield path, value


@rule("PX0807", "litellm-plain-text-key", Severity.ERROR)
def plain_text_key(subject: Subject) -> Iterator[Hit]:
    """A secret stands in the file in plain text.

    Why: whoever reads the repository, its history or a backup has it. Text that looks like a stand-in (`none`, `dummy`)
    is reported as information.

    Example:

        api_key: sk-live-...

    Fix: write `api_key: os.environ/OPENAI_API_KEY`, put the value into your secret store, and renew it.
    """
    for path, value in walk(mapping(subject.config.source.value)):
        if not isinstance(value, str) or not value or environment_name(value) or not path:
            continue
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        found = secret_format(value) or secret_format("Bearer " + value if name == "Authorization" else "")
        userinfo = re.search(r"://[^/\s:@]*:[^/\s@]+@", value) and not re.search(
            r"://[^/\s:@]*:(\$|<|os\.environ)", value
        )
        if found or userinfo:
            what = found or "password in a URL"
            yield Hit(f"`{name}` holds a secret in plain text ({what})", path, _hint(name))
        elif sensitive(name) and not value.startswith(("${", "$", "hcp_vault", "/")):
            group = _group(subject, path)
            of = f" of `{group}`" if group else ""
            if _PLACEHOLDER.fullmatch(value) or (len(value) < 16 and not value.startswith("sk-") and name == "api_key"):
                yield Hit(f"`{name}`{of} holds a stand-in in plain text", path, _hint(name), severity=Severity.INFO)
            else:
                yield Hit(f"`{name}`{of} holds its value in plain text", path, _hint(name))
        elif looks_random(value) and "key" in name.lower() and not _NOT_SECRET.fullmatch(name):
            yield Hit(f"`{name}` holds random text that may be a secret", path, _hint(name), severity=Severity.WARNING)


def _hint(name: str) -> str:
    variable = re.sub(r"[^A-Za-z0-9]+", "_", name).upper() or "NAME"
    return f"write os.environ/{variable}, and renew a value that was ever committed"


def _group(subject: Subject, path: Path) -> str:
    if path[:1] == ("model_list",) and len(path) > 1 and isinstance(path[1], int):
        member = mapping(subject.config.source.value)["model_list"][path[1]]
        name = mapping(member).get("model_name")
        return name if isinstance(name, str) else ""
    return ""


@rule("PX0808", "litellm-unset-variable", Severity.INFO)
def unset_variable(subject: Subject) -> Iterator[Hit]:
    """A variable that `os.environ/...` names is not set.

    Why: LiteLLM takes an unset variable for an empty key, and the first request fails with 401. Reported as information
    as long as nobody said which environment counts; `--env` (this process) or `--env-file FILE` make it an error.

    Fix: set it where LiteLLM runs, or correct its name.
    """
    given = mapping(mapping(subject.config.source.value).get("environment_variables"))
    known = None if subject.environment is None else frozenset(subject.environment) | frozenset(given)
    seen: set[str] = set()
    for path, value in walk(mapping(subject.config.source.value)):
        name = environment_name(value)
        if name is None or name in seen:
            continue
        seen.add(name)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            yield Hit(f"`{name[:60]}` is no name of a variable", path, severity=Severity.ERROR)
        elif known is not None and name not in known:
            yield Hit(f"the variable `{name}` is not set", path, "set it where LiteLLM runs", severity=Severity.ERROR)
        elif known is None and name not in given:
            yield Hit(f"needs the variable `{name}`", path, "check with --env or --env-file FILE")


@rule("PX0820", "litellm-shell-variable", Severity.ERROR)
def shell_variable(subject: Subject) -> Iterator[Hit]:
    """A value is written as a shell would (`${NAME}`), which LiteLLM does not replace.

    Why: the text itself is sent as the key, or accepted as the master key.

    Fix: write `os.environ/NAME`.
    """
    for path, value in walk(mapping(subject.config.source.value)):
        found = re.fullmatch(r"\$\{?([A-Z][A-Z0-9_]*)(:-[^}]*)?\}?", value) if isinstance(value, str) else None
        if found:
            yield Hit(f"LiteLLM does not replace `${{{found[1]}}}`", path, f"write os.environ/{found[1]}")
