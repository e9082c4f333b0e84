"""A router to embed: the decisions of a repository, a commit, or a live environment, in one Python object.

```python
from pxctl import Router

router = Router.from_environment("/srv/routing", "production")
decision = router.decide(tenant="acme", privacy="internal", input_tokens=1200, output_tokens=300)
decision.primary, decision.fallbacks, decision.cost       # cost in 1e-12 USD
```

It reads files and git objects on this machine alone; it opens no connection. Safe to share between threads: requests
are decided on a snapshot that a reload replaces as a whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pxctl.core.errors import ConfigError, ContextError, PxctlError, UsageError
from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.signals import SafeMode, Signals

if TYPE_CHECKING:
    from pxctl.model.configuration import Configuration
    from pxctl.policy.bound import Bound
    from pxctl.policy.compile import Compiled
    from pxctl.policy.facts import Facts

SignalSource = Signals | Callable[[], Signals] | None


@dataclass(frozen=True)
class _Snapshot:
    """What requests are decided on: compiled configurations, each tenant's place among them, and them bound."""

    mark: Any
    source: str | None
    compiled: tuple[Compiled, ...]
    safe_mode: SafeMode
    place: Mapping[str, int]
    bound: tuple[Bound, ...]
    signals: Signals

    def missing(self) -> set[str]:
        """The policies that tenants have and that do not exist."""
        configs = [one.config for one in self.compiled]
        return {
            t.policy or "default"
            for c in configs
            for t in c.tenants.values()
            if (t.policy or "default") not in c.policies
        }

    def of(self, tenant: str) -> Bound:
        found = self.place.get(tenant, 0 if len(self.bound) == 1 else None)
        if found is None:
            raise ContextError(f"there is no tenant `{tenant}`", hint="the environment's roster does not have it")
        return self.bound[found]


class Router:
    """Decides requests as `pxctl route` does.

    `root` is a repository. By default its work tree is used; with `rev` that commit (a branch is followed when it
    moves); with `environment` what is live there. `signals` are the measured facts, or a function that returns them;
    by default those of the repository's own store (`.pxctl/signals.db`), none where there is no store. With
    `assume_well`, deployments that nobody measured count as healthy.

    `reload_every` is how many seconds may pass before a decision looks again whether the source or the signals changed;
    None: only `reload` does. A change that cannot be used (a broken file, an invalid release) is not taken: decisions
    go on with what was good, and `last_error` says why.

    Raises UsageError, ConfigError, GitError or RefusedError where nothing good can be loaded to begin with.
    """

    def __init__(
        self, root: str | Path = ".", *, rev: str | None = None, environment: str | None = None,
        signals: SignalSource = None, assume_well: bool = False, reload_every: float | None = 5.0,
    ) -> None:  # fmt: skip
        if rev is not None and environment is not None:
            raise UsageError("a router follows a commit or an environment, not both")
        self.root = Path(root).resolve()
        self.rev = rev
        self.environment = environment
        self.reload_every = reload_every
        self.last_error: PxctlError | OSError | None = None
        self._signals = signals
        self._assume_well = assume_well
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._snapshot = self._load(self._mark())

    @classmethod
    def from_worktree(cls, root: str | Path = ".", **options: Any) -> Router:
        """A router that follows the files of a work tree. `options` are those of the constructor."""
        return cls(root, **options)

    @classmethod
    def from_commit(cls, root: str | Path, rev: str, **options: Any) -> Router:
        """A router of one commit, or of a branch, which it follows when it moves."""
        return cls(root, rev=rev, **options)

    @classmethod
    def from_environment(cls, root: str | Path, environment: str, **options: Any) -> Router:
        """A router of what is live in an environment; decisions name the released versions."""
        return cls(root, environment=environment, **options)

    @property
    def source(self) -> str | None:
        """The commit that decides now; None for a work tree."""
        return self._snapshot.source

    def decide(self, context: Context | Mapping[str, Any] | None = None, **fields: Any) -> Decision:
        """Decide one request: a `Context`, a mapping of its fields, or its fields. Raises ContextError."""
        return self.facts(context, **fields).render()

    def facts(self, context: Context | Mapping[str, Any] | None = None, **fields: Any) -> Facts:
        """As `decide`, but the slim form: what was chosen, the trace computed only when asked for (`render`)."""
        if context is not None and fields:
            raise UsageError("give a context or its fields, not both")
        if not isinstance(context, Context):
            context = _context(fields if context is None else context)
        every = self.reload_every
        if every is not None and time.monotonic() - self._looked >= every:
            self._look()
        return self._snapshot.of(context.tenant).decide(context)

    def reload(self) -> bool:
        """Look for changes now, and take them. Whether anything was taken. Raises what loading raises."""
        with self._lock:
            return self._reload()

    def set_signals(self, signals: SignalSource) -> None:
        """Use other measured facts from now on."""
        with self._lock:
            self._signals = signals
            self._rebind()

    def _look(self) -> None:
        """Reload if a look is due; one thread looks, the others go on with what there is."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._reload()
        except (PxctlError, OSError) as error:
            self.last_error = error
        finally:
            self._lock.release()

    def _reload(self) -> bool:
        self._looked = time.monotonic()
        mark = self._mark()
        if mark == self._snapshot.mark:
            changed = self._rebind()
        else:
            made = self._load(mark)
            if gone := made.missing() - self._snapshot.missing():
                name = min(gone)
                raise ConfigError(f"the policy `{name}` is gone, and tenants have it", hint="put its file back")
            self._snapshot = made
            changed = True
        self.last_error = None
        return changed

    def _mark(self) -> Any:
        """Something that differs when the source does; cheap to compute."""
        if self.environment is not None:
            return self._desk().branch.tip(), self._head()
        if self.rev is not None:
            return self._head()
        from pxctl.app.flows.watch_files import signature

        return signature(self.root)

    def _head(self) -> str:
        from pxctl.load.git import resolve_commit

        return resolve_commit(self.root, self.rev or "HEAD")

    def _desk(self) -> Any:
        from pxctl.app.flows.release import Desk

        return Desk(self.root, self.environment or "")

    def _load(self, mark: Any) -> _Snapshot:
        compiled, safe, place, source = self._live() if self.environment is not None else self._files()
        return self._bind(mark, source, compiled, safe, place)

    def _files(self) -> tuple[tuple[Compiled, ...], SafeMode, Mapping[str, int], str | None]:
        from pxctl.app.flows.flags import evaluate_flags
        from pxctl.app.flows.rehearsal import environment_of
        from pxctl.app.wiring import load_files, sound
        from pxctl.policy.compile import compile_config

        loaded = load_files(self.root, self.rev)
        config = sound(loaded)
        view = evaluate_flags(config, environment_of(config, None))
        compiled = compile_config(config, withheld=view.withheld, source=loaded.source)
        return (compiled,), view.safe_mode, {}, loaded.source

    def _live(self) -> tuple[tuple[Compiled, ...], SafeMode, Mapping[str, int], str | None]:
        from pxctl.app.flows.live import resolve
        from pxctl.policy.compile import compile_config

        live = resolve(self._desk())
        compiled: list[Compiled] = []
        place: dict[str, int] = {}
        for i, group in enumerate(live.groups):
            compiled.append(
                compile_config(group.config, withheld=group.withheld, versions=group.versions, source=live.commit)
            )
            place |= dict.fromkeys(group.tenants, i)
        return tuple(compiled), live.safe_mode, place, live.commit

    def _bind(
        self, mark: Any, source: str | None, compiled: tuple[Compiled, ...], safe: SafeMode, place: Mapping[str, int]
    ) -> _Snapshot:
        measured = self._measured()
        known = measured.safe_mode
        joined = SafeMode(
            environment=known.environment or safe.environment,
            business_lines=known.business_lines | safe.business_lines,
            tenants=known.tenants | safe.tenants,
        )
        signals = measured.model_copy(update={"safe_mode": joined})
        bound = tuple(one.bind(self._complete(one.config, signals)) for one in compiled)
        return _Snapshot(mark, source, compiled, safe, place, bound, measured)

    def _rebind(self) -> bool:
        was = self._snapshot
        made = self._bind(was.mark, was.source, was.compiled, was.safe_mode, was.place)
        if not made.signals.deployments and made.signals.model_copy(update={"now": was.signals.now}) == was.signals:
            return False  # time alone changes nothing where nothing was measured
        self._snapshot = made
        return True

    def _measured(self) -> Signals:
        if callable(self._signals):
            return self._signals()
        if self._signals is not None:
            return self._signals
        store = self.root / ".pxctl" / "signals.db"
        from pxctl.core.clock import SystemClock

        now = SystemClock().now()
        if not store.exists():
            return Signals(now=now)
        from pxctl.signals.store import SignalStore

        with SignalStore(store) as signals:
            return signals.snapshot(now)

    def _complete(self, config: Configuration, signals: Signals) -> Signals:
        if not self._assume_well:
            return signals
        from pxctl.replay.baseline import rehearsal_signals

        return rehearsal_signals(config, signals)


def _context(fields: Mapping[str, Any]) -> Context:
    from pxctl.app.flows.route import make_context

    return make_context(fields)
