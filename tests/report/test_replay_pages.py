"""Pages and comments: self-contained, escaped, complete, the same bytes for the same value."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pxctl.model.comparison import SimulationSet
from pxctl.model.impact import ChangePlan, Limit, MeaningChange, Move, Side, TrafficImpact
from pxctl.model.replay import Event, Held, ReplayReport, Totals, Window
from pxctl.report.amounts import change, clock, milliseconds, money, share, signed_money, sparkline
from pxctl.report.html.charts import nice
from pxctl.report.html.plan import plan_html
from pxctl.report.html.simulation import page
from pxctl.report.markup import code, fold, plain, table
from pxctl.report.plan import plan_text
from pxctl.report.plan_markdown import MARKER, plan_markdown
from pxctl.report.replay import replay_text
from pxctl.report.simulation import as_markdown
from pxctl.report.text import Table

EVIL = "<script>alert(1)</script>|`x`\n@everyone"
MINUTE = 60_000_000


def run(name: str = "outage") -> ReplayReport:
    windows = tuple(
        Window(
            at=i * MINUTE, length=MINUTE, totals=Totals(requests=10, routed=9, refused=1, cost=10**9 * i, primary_ok=8,
                                                        fallback_ok=1, latency_p50=400_000, latency_p95=800_000),
            deployments={"a/m@eu": 6, EVIL: 3},
        )
        for i in range(5)
    )  # fmt: skip
    totals = Totals(requests=50, routed=45, refused=5, cost=10**10, primary_ok=40, fallback_ok=5)
    return ReplayReport(
        kind="simulation", scenario=name, description=EVIL, rows=50, duration=5 * MINUTE, totals=totals,
        deployments={"a/m@eu": Totals(requests=30, routed=30), EVIL: Totals(requests=15, routed=15)},
        routes={EVIL: totals}, tenants={EVIL: totals}, refusals={"no_route": 5},
        paths={f"a/m@eu → {EVIL}": 5}, fault_paths={EVIL: {f"a/m@eu → {EVIL}": 5}},
        answered={"a/m@eu": 45}, windows=windows,
        events=(Event(at=MINUTE, what="fault: provider outage of a"), Event(at=3 * MINUTE,
                what="over: provider outage of a"), Event(at=2 * MINUTE, what="safe mode: on")),
        expectations=(Held(name="served_min", wanted=">= 0.99", got=EVIL, ok=False),), assumptions=(EVIL,),
    )  # fmt: skip


def plan() -> ChangePlan:
    impact = TrafficImpact(
        trace=EVIL, seed=1, rows=100, changed=10, primary_changed=10, before=Side(served=100, cost=10**12),
        after=Side(served=100, cost=2 * 10**12), tenants={EVIL: 10}, routes={"default/x": 10},
        moves=(Move(before=EVIL, after="b/m@eu", requests=10, cost_before=1, cost_after=2, tenants=1),),
    )  # fmt: skip
    changes = (MeaningChange(kind="policy", id="default", what="changed", path=EVIL, before=EVIL, after="2"),)
    return ChangePlan(base="main", head="work tree", meaning=changes, traffic=impact, warnings=(EVIL,),
                      limits=(Limit(text="cost:+5%", measured="+100.00 %", ok=False),))  # fmt: skip


class Tags(HTMLParser):
    """Every tag is closed, and none is there that a page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PAGES = {"run": page(run()), "set": page(SimulationSet(runs=(run("one"), run("two")))), "plan": plan_html(plan())}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_pages_are_whole_and_safe(html: str) -> None:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe"} & tags.seen
    assert "alert(1)" in html
    assert not re.search(r"https?://", html)


def test_a_run_shows_its_charts_its_bands_and_its_verdict() -> None:
    html = page(run())
    assert html.count("<svg") == 5
    assert "provider outage of a" in html
    assert "var(--safe)" in html or "var(--warn)" in html
    assert 'class="tag bad"' in html
    assert page(run()) == html


def test_markdown_escapes_what_people_wrote() -> None:
    for text in (as_markdown(run()), plan_markdown(plan())):
        assert "<script>" not in re.sub(r"``.*?``|`[^`]*`", "", text)
        assert "\n@everyone" not in text
    assert plain("a|b *c* @d") == "a\\|b \\*c\\* @\u200bd"
    assert code("a`b|c") == "`` a`b|c ``"
    assert table(Table(("x",), [["a`b|c"]]), codes=(0,)).splitlines()[2] == "| `` a`b\\|c `` |"
    assert fold("a<b", "x\n") == "<details><summary>a&lt;b</summary>\n\nx\n\n</details>\n"


def test_the_comment_never_outgrows_its_bound() -> None:
    many = tuple(MeaningChange(kind="policy", id=f"p{i}", what="added") for i in range(5000))
    big = plan().model_copy(update={"meaning": many})
    for longest in (1000, 5000, 65_536):
        text = plan_markdown(big, longest)
        assert len(text) <= longest
        assert text.startswith(MARKER)
        assert "5,000 changes in meaning" in text


def test_text_has_every_part() -> None:
    said = str(replay_text(run())) + str(plan_text(plan()))
    for wanted in ("served_min", "hit rate", "no_route", "exceeded", "cost:+5%", "10 of 100 decisions change"):
        assert wanted in said


def test_figures() -> None:
    assert (money(1), money(10**12), money(1_234_567_000_000_000)) == ("$0.000001", "$1.00", "$1,234.57")
    assert (signed_money(0), signed_money(5 * 10**11), signed_money(-(10**12))) == ("$0", "+$0.500000", "-$1.00")
    assert (share(None), share(0.99999), share(0.00001), share(1.0)) == ("-", ">99.99 %", "<0.01 %", "100.00 %")
    assert (change(0, 5), change(4, 5)) == ("-", "+25.0 %")
    assert (milliseconds(840_000), milliseconds(12_300_000)) == ("840 ms", "12.3 s")
    assert clock(5_430_000_000) == "1:30:30"
    assert sparkline([]) == ""
    assert sparkline([0, 1, 2]) == "▁▅█"
    assert len(sparkline(list(range(1000)))) == 60
    assert [nice(v) for v in (0, 0.07, 1, 7, 41, 850)] == pytest.approx([1.0, 0.08, 1.0, 8.0, 50.0, 1000.0])
