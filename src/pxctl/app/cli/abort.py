"""`pxctl abort`: take a rollout's version back."""

from __future__ import annotations

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Step, verb

app = verb_app()


@verb(app, "pxctl abort --env production --policy default --reason 'p95 doubled'")
def abort(go: Step) -> int:
    """Take a rollout's new version back: everybody who has it gets what they had before.

    Without --policy, --provider or --flags: the only rollout that is on its way.
    """
    from pxctl.release.steps import Abort

    return go.make(Abort(go.subject(), reason=go.reason))
