"""From a reference to its value, at call time: one lookup for all who ask at once, and a short memory.

A value is kept for the store's `cache_ttl` (bounded to an hour) and dropped when it is set, rotated or cleared.
Failures are never kept, except for those who were waiting for the same lookup. Retries, with full jitter, happen only
for a store that is down or slow. No other source is ever tried.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from pxctl.model.base import duration_ms
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Backend, Metadata, Resolved, SecretError, SecretRef, parse_ref
from pxctl.secrets.grants import Grants
from pxctl.secrets.registry import open_backend

LONGEST_S = 3600.0
ENTRIES = 1024
ATTEMPTS = 3
BASE_S = 0.2


class Resolver:
    """Resolves references for one process; safe to use from several threads."""

    def __init__(
        self,
        grants: Grants | Callable[[], Grants],
        stores: Mapping[str, SecretStore] | None = None,
        *,
        backends: Mapping[str, Backend] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._grants = grants if isinstance(grants, Grants) else None
        self._read_grants = grants if not isinstance(grants, Grants) else None
        self._stores = dict(stores or {})
        self._backends: dict[str, Backend] = dict(backends or {})
        self._monotonic = monotonic
        self._sleep = sleep
        self._rng = rng or random.SystemRandom()
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[float, Resolved]] = {}
        self._flights: dict[str, Future[Resolved]] = {}

    def backend(self, scheme: str) -> Backend:
        """The backend of a scheme, opened once."""
        with self._lock:
            if scheme not in self._backends:
                self._backends[scheme] = open_backend(scheme, self._stores.get(scheme))
            return self._backends[scheme]

    def resolve_for(self, text: str, url: str) -> Resolved:
        """The secret of a reference for a request to `url`. Raises SecretError, `not_granted` before any lookup."""
        ref = parse_ref(text)
        self._granted().check(ref, url)
        return self._resolve(ref)

    def _granted(self) -> Grants:
        with self._lock:
            if self._grants is None:
                self._grants = self._read_grants() if self._read_grants else Grants()
            return self._grants

    def _resolve(self, ref: SecretRef) -> Resolved:
        with self._lock:
            kept = self._cache.get(ref.text)
            if kept and self._monotonic() < kept[0]:
                return kept[1]
            flight = self._flights.get(ref.text)
            mine = flight is None
            if flight is None:
                flight = self._flights[ref.text] = Future()
        if not mine:
            return flight.result()
        try:
            found = self._fetch(ref)
        except BaseException as error:
            with self._lock:
                self._flights.pop(ref.text, None)
            flight.set_exception(error)
            raise
        with self._lock:
            if self._flights.pop(ref.text, None) is flight:  # dropped in between: hand it out, do not keep it
                while len(self._cache) >= ENTRIES:
                    self._cache.pop(next(iter(self._cache)))
                self._cache[ref.text] = (self._monotonic() + self._ttl(ref.scheme), found)
        flight.set_result(found)
        return found

    def _fetch(self, ref: SecretRef) -> Resolved:
        backend = self.backend(ref.scheme)
        for attempt in range(ATTEMPTS):
            try:
                return backend.get(ref)
            except SecretError as fault:
                if not fault.retryable or attempt == ATTEMPTS - 1:
                    raise
                self._sleep(self._rng.uniform(0, BASE_S * 2**attempt))
        raise AssertionError("the loop returns or raises")

    def _ttl(self, scheme: str) -> float:
        return min(duration_ms(self._stores.get(scheme, SecretStore()).cache_ttl) / 1000, LONGEST_S)

    def describe(self, text: str) -> Metadata:
        """Metadata of a reference; no grant is needed, since no value is fetched."""
        ref = parse_ref(text)
        return self.backend(ref.scheme).describe(ref)

    def drop(self, text: str) -> None:
        """Forget every cached version of a reference; a lookup under way is not kept either."""
        plain = parse_ref(text).unversioned
        with self._lock:
            for key in [key for key in {*self._cache, *self._flights} if parse_ref(key).unversioned == plain]:
                self._cache.pop(key, None)
                self._flights.pop(key, None)
