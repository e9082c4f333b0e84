"""`pxctl pause`: hold a rollout where it stands."""

from __future__ import annotations

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Step, verb

app = verb_app()


@verb(app, "pxctl pause --env production --policy default --reason 'looking into errors'")
def pause(go: Step) -> int:
    """Hold a rollout where it stands; nobody gets or loses a version.

    Without --policy, --provider or --flags: the only rollout that is on its way.
    """
    from pxctl.release.steps import Pause

    return go.make(Pause(go.subject(), reason=go.reason))
