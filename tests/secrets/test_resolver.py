"""One lookup for all who ask at once, a short memory, and no memory of failures."""

from __future__ import annotations

import threading
import time

import pytest

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Metadata, Resolved, SecretError, SecretRef
from pxctl.secrets.grants import Grants
from pxctl.secrets.resolver import LONGEST_S, Resolver

URL = "https://api.test/v1"
GRANTS = Grants(explicit=(("mem://", ("api.test",)),))


class Memory:
    """Counts its lookups; fails or waits where told."""

    scheme = "mem"

    def __init__(self) -> None:
        self.gets = 0
        self.value = "first-value"
        self.faults: list[SecretError] = []
        self.wait = threading.Event()
        self.wait.set()

    def get(self, ref: SecretRef) -> Resolved:
        self.gets += 1
        self.wait.wait(5)
        if self.faults:
            raise self.faults.pop(0)
        return Resolved(Secret(self.value), "1")

    def describe(self, ref: SecretRef) -> Metadata:
        return Metadata(present=True)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def resolver(memory: Memory, ttl: str = "5m", clock=time.monotonic) -> Resolver:
    return Resolver(
        GRANTS, {"mem": SecretStore(cache_ttl=ttl)}, backends={"mem": memory}, monotonic=clock, sleep=lambda _: None
    )


def test_a_reference_without_a_grant_is_never_looked_up(memory: Memory) -> None:
    with pytest.raises(SecretError, match="not granted"):
        resolver(memory).resolve_for("mem://a#k", "https://evil.test/v1")
    assert memory.gets == 0


def test_concurrent_requests_share_one_lookup(memory: Memory) -> None:
    memory.wait.clear()
    found: list[str] = []
    mine = resolver(memory)
    threads = [
        threading.Thread(target=lambda: found.append(mine.resolve_for("mem://a#k", URL).secret.reveal()))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    memory.wait.set()
    for thread in threads:
        thread.join()
    assert found == ["first-value"] * 20 and memory.gets == 1


def test_a_value_is_kept_for_its_time_and_dropped_when_told(memory: Memory) -> None:
    now = [0.0]
    mine = resolver(memory, "60s", lambda: now[0])
    ask = lambda: mine.resolve_for("mem://a#k", URL).secret.reveal()  # noqa: E731
    ask()
    memory.value = "second-value"
    now[0] = 59.9
    assert ask() == "first-value"
    now[0] = 60.0
    assert ask() == "second-value"
    memory.value = "third-value"
    mine.drop("mem://a#k?version=1")
    assert ask() == "third-value"


def test_the_time_is_bounded(memory: Memory) -> None:
    now = [0.0]
    mine = resolver(memory, "900w", lambda: now[0])
    mine.resolve_for("mem://a#k", URL)
    now[0] = LONGEST_S
    mine.resolve_for("mem://a#k", URL)
    assert memory.gets == 2


def test_a_lookup_that_was_under_way_when_the_secret_was_dropped_is_not_kept(memory: Memory) -> None:
    memory.wait.clear()
    mine = resolver(memory)
    thread = threading.Thread(target=lambda: mine.resolve_for("mem://a#k", URL))
    thread.start()
    while not memory.gets:
        time.sleep(0.001)
    mine.drop("mem://a#k")
    memory.wait.set()
    thread.join()
    memory.value = "second-value"
    assert mine.resolve_for("mem://a#k", URL).secret.reveal() == "second-value"


def test_only_what_may_pass_is_tried_again_and_failures_are_not_kept(memory: Memory) -> None:
    memory.faults = [SecretError("down", "no"), SecretError("slow", "no")]
    assert resolver(memory).resolve_for("mem://a#k", URL).version == "1"
    assert memory.gets == 3
    memory.faults = [SecretError("sealed", "sealed")]
    mine = resolver(memory)
    with pytest.raises(SecretError, match="sealed"):
        mine.resolve_for("mem://a#k", URL)
    assert memory.gets == 4
    assert mine.resolve_for("mem://a#k", URL).version == "1"
