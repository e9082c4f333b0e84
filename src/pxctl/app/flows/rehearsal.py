"""A configuration ready for rehearsal: flags evaluated, policies compiled, bound to baseline or measured signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.core.errors import InputError, UsageError
from pxctl.core.span import Span
from pxctl.model.configuration import Configuration
from pxctl.model.signals import Signals

if TYPE_CHECKING:
    from pxctl.policy.bound import Bound
    from pxctl.policy.compile import Compiled


STORE = "store"
"""Names the repository's own store of measured facts."""


def environment_of(config: Configuration, wanted: str | None) -> str:
    """The environment whose flags count: the wanted one, else production, else the first. Raises UsageError."""
    known = config.project.environments
    if wanted is not None and wanted not in known:
        raise UsageError(f"there is no environment `{wanted}`", hint="the environments are " + ", ".join(known))
    return wanted or ("production" if "production" in known else next(iter(known)))


def measured_signals(root: Path, text: str | None) -> Signals | None:
    """Measured facts to rehearse with: of a JSON file, or of the repository's own store (`store`); None for none.

    Raises UsageError where there is no such file or store, InputError for a file that holds something else.
    """
    if text is None:
        return None
    if text == STORE:
        from pxctl.core.clock import SystemClock
        from pxctl.signals.store import SignalStore

        path = root / ".pxctl" / "signals.db"
        if not path.is_file():
            raise UsageError("nothing was measured here yet", hint="run `pxctl validate`, or name a file")
        with SignalStore(path) as store:
            return store.snapshot(SystemClock().now())
    from pydantic import ValidationError

    try:
        return Signals.model_validate_json(Path(text).read_bytes())
    except FileNotFoundError:
        raise UsageError(f"no file of signals `{text}`") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(map(str, first["loc"]))
        raise InputError(
            f"{place}: {first['msg'].lower()}" if place else first["msg"].lower(), span=Span(text)
        ) from None


@dataclass(frozen=True)
class Rehearsal:
    """A configuration as one environment's flags release it. `error_rate` and `window_ms` are when safe mode trips."""

    compiled: Compiled
    signals: Signals
    error_rate: float
    window_ms: int
    withheld: Mapping[str, frozenset[str]]

    def bind(self) -> Bound:
        """The policies under the signals."""
        return self.compiled.bind(self.signals)


def rehearse(
    config: Configuration, environment: str | None, *, source: str | None = None, measured: Signals | None = None
) -> Rehearsal:
    """Evaluate the flags of an environment, compile, and make the signals of a rehearsal."""
    from pxctl.app.flows.flags import evaluate_flags
    from pxctl.policy.compile import compile_config
    from pxctl.replay.baseline import rehearsal_signals

    flags = evaluate_flags(config, environment_of(config, environment))
    signals = rehearsal_signals(config, measured)
    safe = signals.safe_mode
    union = safe.model_copy(
        update={
            "environment": safe.environment or flags.safe_mode.environment,
            "business_lines": safe.business_lines | flags.safe_mode.business_lines,
            "tenants": safe.tenants | flags.safe_mode.tenants,
        }
    )
    return Rehearsal(
        compile_config(config, withheld=flags.withheld, source=source),
        signals.model_copy(update={"safe_mode": union}),
        flags.threshold.error_rate,
        flags.threshold.window_ms,
        flags.withheld,
    )


def bind_for(
    config: Configuration, environment: str | None, *, source: str | None = None, measured: Signals | None = None
) -> Bound:
    """`rehearse`, bound."""
    return rehearse(config, environment, source=source, measured=measured).bind()
