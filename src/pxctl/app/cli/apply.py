"""`pxctl apply`: what was merged on main becomes releases."""

from __future__ import annotations

from pxctl.app.cli.options import Format, verb_app
from pxctl.app.cli.releasing import Call, DryRunOption, KeyOption, SkewOption, verb

app = verb_app()


@verb(app, "pxctl apply --env production", "pxctl apply --env production --dry-run")
def apply(go: Call, dry_run: DryRunOption = False, key: KeyOption = None, skew_ok: SkewOption = False) -> int:
    """Apply every release request of this commit that has not been applied: once, and in order.

    Running it again does nothing. It stops at the first request that is refused; those before it stay applied.
    """
    from pxctl.app.flows.forge import apply_and_tell
    from pxctl.report.release import results_text

    results, warnings, error = apply_and_tell(go.desk(key=key, skew_ok=skew_ok), dry_run=dry_run)
    for warning in warnings:
        go.out.warn(warning)
    nothing = "nothing to do: every request on main is applied"
    if results or error is None or go.format == Format.JSON:
        go.out.answer({"results": results}, go.format, lambda found: results_text(found["results"], nothing))
    if error is not None:
        raise error
    return 0
