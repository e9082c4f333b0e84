"""An environment branch in memory, with crashes, races and cut connections at will: the engine runs on it unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pxctl.release.branch import Advance, Branch
from pxctl.release.git import Git
from pxctl.release.objects import NewObject
from pxctl.release.view import View


class Killed(BaseException):
    """The process is gone."""


class MemoryStore:
    """Git objects in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, str, bytes]] = {}

    def many(self, names: Iterable[str]) -> list[tuple[str, str, bytes] | None]:
        return [self.objects.get(name) for name in names]


class MemoryBranch(Branch):
    """One reference and a store. `trouble` is what happens to the next move of the branch."""

    def __init__(self, environment: str = "production") -> None:
        super().__init__(Git.__new__(Git), environment, f"env/{environment}", None)
        self.store = MemoryStore()
        self.head: str | None = None
        self.trouble: str | None = None
        self.interloper: Callable[[], None] | None = None

    def tip(self, fetch: bool = True) -> str | None:
        return self.head

    def view(self, commit: str | None) -> View:
        return View(self.store, commit)

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield

    def write(self, objects: tuple[NewObject, ...]) -> None:
        if self.trouble == "killed while writing":
            self.trouble = None
            for item in objects[: len(objects) // 2]:
                self.store.objects[item.id] = (item.id, item.kind, item.data)
            raise Killed
        for item in objects:
            self.store.objects[item.id] = (item.id, item.kind, item.data)

    def advance(self, old: str | None, new: str) -> Advance:
        trouble, self.trouble = self.trouble, None
        interloper, self.interloper = self.interloper, None
        if interloper is not None:
            interloper()
        if trouble == "killed before":
            raise Killed
        if trouble == "cut before":
            return "unknown"
        if self.head != old:
            return "lost"
        self.head = new
        if trouble == "killed after":
            raise Killed
        return "unknown" if trouble == "cut after" else "done"


TROUBLES = (None, None, None, "killed while writing", "killed before", "killed after", "cut before", "cut after")
