"""`pxctl retry`: run a paused or aborted rollout again."""

from __future__ import annotations

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Step, verb

app = verb_app()


@verb(app, "pxctl retry --env production --policy default")
def retry(go: Step) -> int:
    """Go on with a paused rollout where it stopped, or start an aborted one again from its first step.

    Without --policy, --provider or --flags: the only rollout that is on its way.
    """
    from pxctl.release.steps import Retry

    return go.make(Retry(go.subject(), reason=go.reason))
