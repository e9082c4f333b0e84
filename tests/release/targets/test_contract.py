"""What every publish target must do, and what sync makes of one that does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model.project import PublishTarget
from pxctl.model.sync import SyncFailure, SyncReport, TargetReport
from pxctl.release.targets.base import LiveState
from pxctl.release.targets.http import HttpTarget
from pxctl.release.targets.registry import open_target
from pxctl.release.targets.sync import sync_target
from tests.release.targets.conftest import TOKEN, Place, live
from tests.release.targets.service import Service

ABC = {"a": 1, "b": 1, "c": 1}


def run(place: Place, state: LiveState, **more: object) -> TargetReport:
    return sync_target("mine", place.kind, place.target, state, **more)[0]  # type: ignore[arg-type]


class TestTarget:
    """The contract."""

    def test_the_first_sync_fills_it_and_the_second_does_nothing(self, place: Place) -> None:
        first = run(place, live(3, ABC))
        assert first.state == "in_sync"
        assert set(first.created) == place.held()
        again = run(place, live(3, ABC))
        assert (again.state, again.changes, again.unchanged) == ("in_sync", 0, len(first.created))

    def test_argo_cd_25694_a_sync_with_nothing_to_do_keeps_the_number(self, place: Place) -> None:
        for seq in (3, 3):
            run(place, live(seq, ABC))
            assert place.target.report().seq == 3
        run(place, live(4, ABC))  # a release that changes nothing here
        assert place.target.report().seq in (3, 4)

    def test_a_dry_run_says_what_would_happen_and_does_nothing(self, place: Place) -> None:
        report = run(place, live(3, ABC), dry_run=True)
        assert report.state == "out_of_sync"
        assert report.created
        assert place.held() == set()

    def test_only_what_changed_is_written(self, place: Place) -> None:
        run(place, live(3, ABC))
        report = run(place, live(4, {**ABC, "b": 2}))
        expected = ("b",) if place.tenants else ()
        assert (report.updated, report.created, report.deleted) == (expected, (), ())

    def test_an_edit_behind_its_back_is_drift_and_is_put_right_at_the_same_release(self, place: Place) -> None:
        run(place, live(3, ABC))
        name = "a" if place.tenants else "flags"
        for _ in range(2):
            place.meddle(name)
            assert run(place, live(3, ABC), dry_run=True).updated == (name,)
            assert run(place, live(3, ABC)).updated == (name,)
            assert run(place, live(3, ABC)).changes == 0

    def test_going_back_to_an_earlier_content_is_a_change_like_any_other(self, place: Place) -> None:
        for seq, version in ((1, 1), (2, 2), (3, 1), (4, 2)):
            report = run(place, live(seq, {"a": version}, flags=version))
            assert report.state == "in_sync"
            assert report.changes > 0

    def test_argo_cd_24179_what_is_there_and_not_ours_is_left_alone_and_named(self, place: Place) -> None:
        place.plant("stranger")
        report = run(place, live(3, ABC))
        assert "stranger" in place.held()
        if place.tenants:
            assert report.unknown == ("stranger",)
            assert report.state == "out_of_sync"

    def test_argo_cd_24179_nothing_live_deletes_nothing_that_was_not_removed(self, place: Place) -> None:
        if not place.tenants:
            pytest.skip("this target holds no tenants")
        run(place, live(3, ABC))
        report = run(place, live(4, {}))
        assert (report.deleted, report.unknown) == ((), ("a", "b", "c"))
        assert place.held() == set(ABC)

    def test_tombstones_become_deletions_once(self, place: Place) -> None:
        if not place.tenants:
            pytest.skip("this target holds no tenants")
        run(place, live(3, ABC))
        removed = frozenset({"b", "long-gone"})
        report = run(place, live(4, {"a": 1, "c": 1}, removed))
        assert (report.deleted, report.state) == (("b",), "in_sync")
        assert place.held() == {"a", "c"}
        assert run(place, live(4, {"a": 1, "c": 1}, removed)).changes == 0
        back = run(place, live(5, ABC, frozenset({"b"})))  # a tombstone of somebody who is back
        assert (back.created, back.deleted) == (("b",), ())

    def test_a_release_older_than_what_it_has_is_not_sent(self, place: Place) -> None:
        run(place, live(9, ABC))
        report = run(place, live(8, {**ABC, "a": 2}, flags=2))
        assert report.state == "newer"
        assert report.changes == 0
        assert run(place, live(9, ABC)).changes == 0

    def test_a_name_with_tricks_stays_one_item(self, place: Place) -> None:
        if not place.tenants:
            pytest.skip("this target holds no tenants")
        names = {"a..b": 1, "a.json": 1, "a-_-b": 1}
        assert run(place, live(3, names)).state == "in_sync"
        assert place.held() == set(names)


def test_flag_versions_that_nobody_has_disappear(tmp_path: Path) -> None:
    target = open_target("f", PublishTarget(kind="flags", path="out"), "production", None, str(tmp_path))
    sync_target("f", "flags", target, live(1, ABC, flags=1))
    report, _ = sync_target("f", "flags", target, live(2, ABC, flags=2))
    assert (report.created, report.updated, report.deleted) == (("flags@2",), ("flags", "tenants"), ("flags@1",))
    folder = tmp_path / "out/production"
    assert sorted(p.name for p in folder.iterdir()) == ["RELEASE.json", "flags.json", "flags@2.json", "tenants.json"]
    assert json.loads((folder / "tenants.json").read_text()) == {"tenants": {"a": 2, "b": 2, "c": 2}}


def test_a_directory_holds_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    target = open_target("d", PublishTarget(kind="directory", path="out"), "production", None, str(tmp_path))
    sync_target("d", "directory", target, live(1, ABC))
    before = {p.name: p.read_bytes() for p in (tmp_path / "out/production/tenants").iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    report, _ = sync_target("d", "directory", target, live(2, dict.fromkeys(ABC, 2)))
    assert {p.name: p.read_bytes() for p in (tmp_path / "out/production/tenants").iterdir()} == before
    assert report.state == "out_of_sync"
    assert report.kept == 3
    assert "no space left" in (report.error or "")
    assert json.loads((tmp_path / "out/production/RELEASE.json").read_text())["seq"] == 1


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    target = open_target("d", PublishTarget(kind="directory", path="out"), "production", None, str(tmp_path))
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out/production/tenants").mkdir(parents=True)
    (tmp_path / "out/production/tenants/a.json").symlink_to(victim)
    assert sync_target("d", "directory", target, live(1, {"a": 1}))[0].state == "in_sync"
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "http"}, {"kind": "http", "url": "http://config.example.test"}, {"kind": "directory"},
        {"kind": "directory", "path": ".git/hooks"}, {"kind": "directory", "path": "."}, {"kind": "flags"},
        {"kind": "carrier-pigeon"},
    ],
)  # fmt: skip
def test_settings_that_make_no_target(settings: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        open_target("x", PublishTarget.model_validate(settings), "production", None, str(tmp_path))


@pytest.mark.parametrize(
    ("states", "failed", "code"),
    [
        (["in_sync"], 0, 0),
        (["in_sync", "out_of_sync"], 0, 1),
        (["out_of_sync"], 1, 2),
        (["down"], 0, 2),
        (["newer"], 0, 2),
    ],
)
def test_exit_codes(states: list[str], failed: int, code: int) -> None:
    failures = (SyncFailure(key="a", action="put", reason="no"),) * failed
    targets = tuple(TargetReport(target="t", kind="k", state=s, failed=failures) for s in states)  # type: ignore[arg-type]
    assert SyncReport(environment="e", seq=1, commit="c", targets=targets).exit_code == code


# the service


@pytest.fixture
def http(service: Service) -> HttpTarget:
    settings = PublishTarget(kind="http", url=service.url)
    target = open_target("s", settings, "production", Secret(TOKEN), "/")
    assert isinstance(target, HttpTarget)
    target._rest._sleep = lambda _: None
    return target


def test_a_service_that_is_down_keeps_what_it_had_and_catches_up(http: HttpTarget, service: Service) -> None:
    _, seen = sync_target("s", "http", http, live(3, ABC))
    assert seen is not None
    before = dict(service.tenants)
    service.down = True
    state = live(4, {**ABC, "b": 2, "d": 2, "e": 2})
    report, after = sync_target("s", "http", http, state, last_seen=seen.items)
    assert (report.state, report.kept, report.refused) == ("down", 3, ("d", "e"))
    assert after is None
    assert service.tenants == before
    service.down = False
    report, _ = sync_target("s", "http", http, state)
    assert (report.state, report.created, report.updated) == ("in_sync", ("d", "e"), ("b",))
    http.close()


def test_a_service_that_was_never_seen_refuses_everybody(http: HttpTarget, service: Service) -> None:
    service.down = True
    report, _ = sync_target("s", "http", http, live(1, ABC))
    assert report.refused == ("a", "b", "c")
    http.close()


def test_one_tenant_that_is_refused_stops_nobody_else(http: HttpTarget, service: Service) -> None:
    sync_target("s", "http", http, live(3, {"a": 1, "b": 1}))
    service.trouble = {"a": [422], "c": [422]}
    state = live(4, dict.fromkeys("abcd", 2))
    report, _ = sync_target("s", "http", http, state)
    assert report.state == "out_of_sync"
    assert ({f.key for f in report.failed}, report.refused, report.kept) == ({"a", "c"}, ("c",), 1)
    assert (report.created, report.updated) == (("d",), ("b",))
    assert service.tenants["a"]["seq"] == 3
    assert sync_target("s", "http", http, state)[0].state == "in_sync"
    http.close()


def test_trouble_is_retried_and_the_same_order_has_the_same_key(http: HttpTarget, service: Service) -> None:
    service.trouble = {"a": [503, 502, 500]}
    service.cut_after = {"b"}
    report, _ = sync_target("s", "http", http, live(3, ABC))
    assert report.state == "in_sync"
    assert service.ignored == 1  # the answer to b was lost, and b came again
    assert [t for _, t, _ in service.orders].count("a") == 4
    http.close()


def test_argo_cd_25190_what_is_accepted_and_not_done_has_failed(http: HttpTarget, service: Service) -> None:
    service.forgets = {"b"}
    report, _ = sync_target("s", "http", http, live(3, ABC))
    assert report.state == "out_of_sync"
    assert [(f.key, f.reason) for f in report.failed] == [("b", "it was accepted, and the target does not have it")]
    http.close()


def test_a_target_that_stops_answering_is_left_in_peace(http: HttpTarget, service: Service) -> None:
    everybody = {f"t{n:03d}": 1 for n in range(100)}
    service.trouble = {t: [503] * 5 for t in everybody}
    report, _ = sync_target("s", "http", http, live(3, everybody), concurrency=2)
    assert len(report.failed) == 100
    assert len(service.orders) <= 8 * 5
    http.close()


def test_concurrency_is_bounded(http: HttpTarget, service: Service) -> None:
    service.delay = 0.005
    sync_target("s", "http", http, live(3, {f"t{n:03d}": 1 for n in range(40)}), concurrency=3)
    assert 2 <= service.most_at_once <= 3
    http.close()


def test_reports_are_read_page_by_page(http: HttpTarget, service: Service) -> None:
    everybody = {f"t{n:02d}": 1 for n in range(25)}
    sync_target("s", "http", http, live(3, everybody))
    service.page = 10
    assert len(http.report().items) == 25
    http.close()


def test_a_newer_release_at_the_service_wins(http: HttpTarget, service: Service) -> None:
    sync_target("s", "http", http, live(3, ABC))
    service.seq = 5  # somebody else, in between
    real = http.report
    http.report = lambda: type(r := real())(r.items, 3)  # type: ignore[method-assign]
    report, _ = sync_target("s", "http", http, live(4, dict.fromkeys(ABC, 2)))
    assert len(report.failed) == 3
    assert all("409" in f.reason for f in report.failed)
    assert {t["seq"] for t in service.tenants.values()} == {3}
    http.close()


def test_a_wrong_token_is_said_and_not_shown(service: Service) -> None:
    target = open_target("s", PublishTarget(kind="http", url=service.url), "production", Secret("another-token-1"), "/")
    report, _ = sync_target("s", "http", target, live(3, ABC))
    assert report.state == "down"
    assert "401" in (report.error or "")
    assert "another-token" not in report.model_dump_json()
    target.close()
