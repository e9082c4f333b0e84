"""Random histories of releases, edits by hand and failures: the sync after them always catches up."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.release.targets.base import Item, LiveState, Reported, TargetError, tenant_items, tenants_gone
from pxctl.release.targets.sync import changes_of, sync_target
from tests.release.targets.conftest import live

NAMES = st.sampled_from("abcdef")


class Memory:
    """A target that fails when it is told to: `fails` holds keys whose next order is refused."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.seq = 0
        self.fails: set[str] = set()
        self.down = False

    def wanted(self, state: LiveState) -> Mapping[str, Item]:
        return tenant_items(state)

    def gone(self, state: LiveState, reported: Reported) -> frozenset[str]:
        return tenants_gone(state, reported)

    def report(self) -> Reported:
        if self.down:
            raise TargetError("it is down")
        return Reported(dict(self.items), self.seq)

    def _order(self, state: LiveState, key: str) -> None:
        if self.down or key in self.fails:
            raise TargetError("no", status=500)
        self.seq = max(self.seq, state.seq)

    def put(self, state: LiveState, key: str, item: Item, replaces: str | None) -> None:
        self._order(state, key)
        self.items[key] = item.digest

    def delete(self, state: LiveState, key: str, replaces: str) -> None:
        self._order(state, key)
        self.items.pop(key, None)

    def finish(self, state: LiveState) -> None:
        self.seq = state.seq

    def close(self) -> None:
        pass


EVENTS = st.one_of(
    st.tuples(st.just("set"), NAMES, st.integers(1, 3)),
    st.tuples(st.just("remove"), NAMES, st.just(0)),
    st.tuples(st.just("edit"), NAMES, st.just(0)),
    st.tuples(st.just("lose"), NAMES, st.just(0)),
    st.tuples(st.just("down"), NAMES, st.booleans()),
    st.tuples(st.just("fail"), NAMES, st.booleans()),
    st.tuples(st.just("sync"), NAMES, st.booleans()),
)


@given(st.lists(EVENTS, max_size=30))
@settings(max_examples=200, deadline=None)
def test_whatever_happened_the_next_sync_catches_up(events: list[tuple[str, str, int]]) -> None:
    target, tenants, removed, seq, seen = Memory(), dict[str, int](), set[str](), 1, set[str]()
    for what, name, number in events:
        if what == "set":
            tenants[name], seq = number, seq + 1
            removed.discard(name)
        elif what == "remove" and name in tenants:
            del tenants[name]
            removed.add(name)
            seq += 1
        elif what == "edit" and name in target.items:
            target.items[name] = "by hand"
        elif what == "lose":
            target.items.pop(name, None)
        elif what == "down":
            target.down = bool(number)
        elif what == "fail":
            (target.fails.add if number else target.fails.discard)(name)
        elif what == "sync":
            before = dict(target.items)
            state = live(seq, tenants, frozenset(removed))
            report, found = sync_target(
                "m", "memory", target, state, dry_run=bool(number), concurrency=2, last_seen=seen
            )
            seen = set(found.items) if found is not None else seen
            touched = {*report.created, *report.updated, *report.deleted}
            changed = {k for k in {*before, *target.items} if before.get(k) != target.items.get(k)}
            assert changed == (set() if number or target.down else touched)
            wanted = {k: v.digest for k, v in tenant_items(state).items()}
            if report.state == "in_sync":
                assert target.items == wanted
            served = set(target.items) & set(wanted)
            assert set(report.refused) <= set(wanted) - served
    target.down, target.fails = False, set()
    state = live(seq, tenants, frozenset(removed))
    report, after = sync_target("m", "memory", target, state)
    assert report.state == "in_sync"
    assert after is not None
    assert target.items == {k: v.digest for k, v in tenant_items(state).items()}
    assert sync_target("m", "memory", target, state)[0].changes == 0


@given(st.dictionaries(NAMES, st.integers(1, 3)), st.dictionaries(NAMES, st.sampled_from("xyz")), st.sets(NAMES))
def test_changes_cover_everything_once(tenants: dict[str, int], there: dict[str, str], gone: set[str]) -> None:
    state = live(1, tenants)
    found = changes_of(tenant_items(state), Reported(there), gone - set(tenants))
    parts = [set(found.create), set(found.update), set(found.delete), set(found.unknown)]
    assert sum(map(len, parts)) + found.unchanged == len(set(tenants) | set(there))
    assert set(found.delete) <= gone
    assert not set(found.unknown) & set(tenants)
