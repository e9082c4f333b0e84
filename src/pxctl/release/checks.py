"""Signatures of a walk over many releases: those that come soon are begun ahead, as many at once as there are cores.

Nothing is kept beyond the walk: what a file remembered as checked, somebody could have written there.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from pxctl.core.digest import sha256
from pxctl.model.release import Principal, Signers
from pxctl.release.sign import is_true, maker


class Checks:
    """`sign.check`, each distinct signature once."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1)
        self._found: dict[tuple[str, ...], Future[bool]] = {}

    def check(self, data: bytes, signature: str, namespace: str, signers: Signers) -> Principal | None:
        """As `sign.check`."""
        found = maker(signature, signers)
        who = self._begin(data, signature, namespace, *found) if found is not None else None
        return found[0] if found is not None and who is not None and who.result() else None

    def soon(self, data: bytes, signature: str, namespace: str, signers: Signers) -> None:
        """Begin a check that will be asked for."""
        if (found := maker(signature, signers)) is not None:
            self._begin(data, signature, namespace, *found)

    def _begin(self, data: bytes, signature: str, namespace: str, who: Principal, key: str) -> Future[bool]:
        about = (sha256(data), signature, namespace, who.principal, key)
        if about not in self._found:
            self._found[about] = self._pool.submit(is_true, data, signature, namespace, who.principal, key)
        return self._found[about]

    def __enter__(self) -> Checks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
