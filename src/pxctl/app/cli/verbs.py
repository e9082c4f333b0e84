"""Every verb: its one line of help and the panel it stands in. The module is `app/cli/<verb>.py`, dashes as underscores
(`safe_mode.py`), and `import_.py` for the one verb that is a keyword of the language.

A verb whose module does not exist is not listed.
"""

from __future__ import annotations

from importlib.util import find_spec
from keyword import iskeyword
from typing import NamedTuple


class Verb(NamedTuple):
    """One verb of the command line, known without importing its module."""

    name: str
    panel: str
    help: str

    @property
    def module(self) -> str:
        """The module that implements it."""
        name = self.name.replace("-", "_")
        return f"pxctl.app.cli.{name}_" if iskeyword(name) else f"pxctl.app.cli.{name}"


_START = "Start"
_CHECK = "Check a change"
_REHEARSE = "Rehearse a change"
_RELEASE = "Release"
_RECORD = "Look after what is live"
_EXCHANGE = "Exchange"

VERBS: tuple[Verb, ...] = (
    Verb("init", _START, "Scaffold a repository of your own"),
    Verb("doctor", _START, "Say what is missing on this machine, and how to mend it"),
    Verb("schema", _START, "Print or write the JSON Schemas of the files"),
    Verb("explain", _START, "Explain a finding's code: what, why, example, fix"),
    Verb("lint", _CHECK, "Check every file of the repository"),
    Verb("prove", _CHECK, "Prove the guarantees for every possible request"),
    Verb("validate", _CHECK, "Call the real endpoints and keep the evidence"),
    Verb("provider", _CHECK, "List, show and register providers"),
    Verb("secret", _CHECK, "Set, rotate and inspect credentials, never showing one"),
    Verb("route", _REHEARSE, "Decide one request and show why"),
    Verb("simulate", _REHEARSE, "Send recorded traffic through the policies"),
    Verb("plan", _REHEARSE, "Show what a change does, to files and to decisions"),
    Verb("publish", _RELEASE, "Release a version of a policy, a provider, the flags or the roster"),
    Verb("apply", _RELEASE, "Apply the release requests that were merged"),
    Verb("approve", _RELEASE, "Sign your agreement to a plan"),
    Verb("promote", _RELEASE, "Move a rollout to its next step"),
    Verb("pause", _RELEASE, "Hold a rollout where it stands"),
    Verb("retry", _RELEASE, "Run a paused or aborted rollout again"),
    Verb("abort", _RELEASE, "Take a rollout's new version back from everybody who has it"),
    Verb("rollback", _RELEASE, "Put earlier versions back"),
    Verb("safe-mode", _RELEASE, "Allow only the allow-listed deployments, or end that"),
    Verb("status", _RECORD, "Show what is live where, and every rollout"),
    Verb("audit", _RECORD, "Read and verify the record of releases"),
    Verb("env", _RECORD, "Create and list environments"),
    Verb("signers", _RECORD, "Say who may publish, approve and rotate"),
    Verb("sync", _RECORD, "Push what is live to the targets and report drift"),
    Verb("export-live", _RECORD, "Write what is live as files"),
    Verb("watch", _RECORD, "Measure providers continuously"),
    Verb("matrix", _EXCHANGE, "Build, check and show the route-matrix snapshot"),
    Verb("import", _EXCHANGE, "Read another gateway's configuration"),
    Verb("export", _EXCHANGE, "Write another gateway's configuration"),
    Verb("serve", _EXCHANGE, "Serve the pages and the HTTP interface"),
)


def available() -> dict[str, Verb]:
    """The verbs whose module exists, by name, in the order of the table."""
    return {verb.name: verb for verb in VERBS if find_spec(verb.module) is not None}
