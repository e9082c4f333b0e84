"""Every changed decision on a trace: counted, priced, placed; and the thresholds over it."""

from __future__ import annotations

import pytest

from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.impact import Side, TrafficImpact
from pxctl.policy.compile import compile_config
from pxctl.replay.baseline import rehearsal_signals
from pxctl.replay.contexts import contexts
from pxctl.replay.impact import traffic_impact
from pxctl.replay.limits import measure
from pxctl.replay.party import Party, everybody
from pxctl.replay.population import Crowd

from .conftest import configured, rows


def impact(before: Configuration, after: Configuration, count: int = 2000) -> TrafficImpact:
    old, new = (compile_config(c).bind(rehearsal_signals(c)) for c in (before, after))
    return traffic_impact(everybody(old), everybody(new), [rows(count)], Crowd(before, seed=2), seed=2, trace="rows")


def test_nothing_changes(company: Configuration) -> None:
    found = impact(company, configured())
    assert (found.rows, found.changed, found.moves, found.tenants) == (2000, 0, (), {})
    assert found.before == found.after


def test_counts_against_single_decisions(company: Configuration) -> None:
    after = configured(policy=("candidates: [east/big@us, east/big@eu]", "candidates: [east/small@eu, east/big@us]"))
    found = impact(company, after)
    old, new = (compile_config(c).bind(rehearsal_signals(c)) for c in (company, after))
    block = rows(2000)
    both = [
        (old.decide(c).render(), new.decide(c).render())
        for c in contexts(block, Crowd(company, seed=2).fill(block), 2)
    ]  # fmt: skip
    differ = [(a, b) for a, b in both if (a.primary, a.fallbacks, a.cost) != (b.primary, b.fallbacks, b.cost)]
    assert 0 < found.changed == len(differ) == found.primary_changed
    assert found.before.cost == sum(a.cost or 0 for a, _ in both)
    assert found.after.cost == sum(b.cost or 0 for _, b in both)
    (move,) = found.moves
    assert (move.before, move.after, move.requests) == ("east/big@us", "east/small@eu", len(differ))
    assert move.cost_after == sum(b.cost or 0 for _, b in differ)
    assert found.regions == {"us -> eu": len(differ)}
    assert found.region_widened == 0  # the chain reached eu before
    assert set(found.tenants) == {"acme"}
    assert found.routes == {"default/rest": len(differ)}
    assert found.examples[0].after["primary"] == "east/small@eu"


def test_newly_refused_and_unjudged(company: Configuration) -> None:
    gone = configured(west=("status: active", "status: disabled"))
    found = impact(company, gone)
    assert found.newly_refused == found.after.refused > 0
    assert any(m.after == "(no_candidate)" for m in found.moves)
    text = "  - {id: cove, tier: free, business_line: labs, region: eu, privacy_max: public}\n"
    unknown = impact(company, configured(tenants=(text, "")))
    assert unknown.after.unjudged > 0
    assert any(m.after == "(not judged)" for m in unknown.moves)


def test_a_chain_that_reaches_a_new_region(company: Configuration) -> None:
    after = configured(policy=("    constraints: {regions: [eu]}\n    candidates: [west/mid]\n",
                               "    candidates: [west/mid, east/big@us]\n"))  # fmt: skip
    wider = configured(east=("privacy_max: internal", "privacy_max: restricted"))
    wide = configured(
        policy=("    constraints: {regions: [eu]}\n    candidates: [west/mid]\n",
                "    candidates: [west/mid, east/big@us]\n"),
        east=("privacy_max: internal", "privacy_max: restricted"))  # fmt: skip
    assert impact(company, after).region_widened == 0  # east may not see restricted data
    found = impact(wider, wide)
    assert found.region_widened == found.fallbacks_changed == found.changed > 0
    assert not measure("residency", found).ok


def test_several_bound_configurations_each_for_its_tenants(company: Configuration) -> None:
    other = configured(policy=("candidates: [east/big@us, east/big@eu]", "candidates: [east/small@eu, east/big@us]"))
    one, two = (compile_config(c).bind(rehearsal_signals(c)) for c in (company, other))
    split = Party(((two, frozenset({"acme"})), (one, frozenset({"bolt"}))))
    crowd, block = Crowd(company, seed=2), rows(900)
    mixed = traffic_impact(everybody(one), split, [block], crowd, seed=2, trace="rows")
    whole = traffic_impact(everybody(one), everybody(two), [block], crowd, seed=2, trace="rows")
    assert {t: n for t, n in mixed.tenants.items() if t != "cove"} == whole.tenants  # only acme takes that route
    assert mixed.after.unjudged == mixed.tenants["cove"] > 0  # nobody decides for cove
    assert mixed.after.served + mixed.after.unjudged == 900


def sides(**after: int) -> TrafficImpact:
    base = {"served": 1000, "cost": 10**12, "latency": 10**6, "timed": 1000}
    return TrafficImpact(trace="t", seed=1, rows=1000, changed=15, before=Side(**base), after=Side(**{**base, **after}),
                         tenants={"a": 10, "b": 5})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "after", "ok"),
    [
        ("cost:+5%", {"cost": 1_050_000_000_000}, True),
        ("cost:+5%", {"cost": 1_050_000_000_001}, False),
        ("cost:5%", {"cost": 1}, True),
        ("latency:+10%", {"latency": 1_200_000}, False),
        ("refused:+0.1%", {"refused": 1}, True),
        ("refused:+0.1%", {"refused": 2}, False),
        ("refused:+0.1%", {"unjudged": 2}, False),
        ("changed:1.5%", {}, True),
        ("changed:1.4%", {}, False),
        ("tenants:2", {}, True),
        ("tenants:1", {}, False),
        ("residency", {}, True),
    ],
)
def test_thresholds(text: str, after: dict[str, int], ok: bool) -> None:
    assert measure(text, sides(**after)).ok is ok


@pytest.mark.parametrize(
    "text", ["decisions", "cost", "cost:5", "price:+5%", "residency:1%", "cost:-5%", "tenants:2%", ""]
)
def test_thresholds_that_mean_nothing(text: str) -> None:
    with pytest.raises(UsageError):
        measure(text, sides())
