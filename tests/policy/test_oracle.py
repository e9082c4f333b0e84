"""The engine against the oracle: random policies, contexts and signals; every disagreement is a bug in one of them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy import generate
from tests.policy.oracle import Oracle

from pxctl.core.errors import ContextError
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.decision import Reason, Refusal
from pxctl.model.signals import Signals
from pxctl.policy.batch import encode
from pxctl.policy.bound import Bound
from pxctl.policy.columns import BASES, INVALID, REFUSALS, decide_many
from pxctl.policy.compile import compile_config

ERROR = {"error": "ContextError"}


def asked(answer: Any, context: Context) -> dict[str, Any]:
    """An answer, or the mark of a refused context."""
    try:
        return answer(context)  # type: ignore[no-any-return]
    except ContextError:
        return ERROR


def explain(seed: object, context: Context, signals: Signals, got: Any, wanted: Any) -> str:
    differs = {k: (got.get(k), v) for k, v in wanted.items() if got.get(k) != v} or got
    return f"seed {seed}\n{context!r}\nnow {signals.now}\n(engine, oracle): {differs}"


def compare(rng: Random, rounds: int, contexts: int, label: object) -> Counter[Any]:
    """Compare on random cases; what was reached, by kind."""
    seen: Counter[Any] = Counter()
    for number in range(rounds):
        config = generate.configuration(rng)
        withheld = generate.withheld(rng, config)
        oracle, compiled = Oracle(config, withheld), compile_config(config, withheld=withheld)
        names = tuple(config.tenants)
        for _ in range(4):
            signals = generate.signals(rng, config)
            bound = compiled.bind(signals)
            asked_of = [generate.context(rng, config, names) for _ in range(contexts // 4)]
            answers = []
            for context in asked_of:
                wanted = asked(lambda c, o=oracle, s=signals: o.decide(c, s), context)
                got = asked(lambda c, b=bound: b.decide(c).render().model_dump(mode="json"), context)
                assert got == wanted, explain((label, number), context, signals, got, wanted)
                count(seen, wanted)
                answers.append(wanted)
            compare_columns(bound, asked_of, answers, (label, number))
    return seen


def compare_columns(bound: Bound, contexts: list[Context], answers: list[dict[str, Any]], label: object) -> None:
    """The same requests at once, in columns: every field that columns give, against the oracle's."""
    found = decide_many(bound, encode(contexts))
    fleet = [deployment.id for deployment in bound.compiled.fleet.deployments]
    for row, wanted in enumerate(answers):
        if found.refusal[row] == INVALID:
            assert wanted is ERROR, explain(label, contexts[row], bound.signals, "invalid", wanted)
            continue
        lane = found.lanes[found.lane[row]] if found.lane[row] >= 0 else (wanted["policy"], None, None)
        got = {
            "policy": lane[0], "route": lane[1], "arm": lane[2],
            "primary": fleet[found.primary[row]] if found.primary[row] >= 0 else None,
            "fallbacks": [fleet[place] for place in found.fallbacks[row].tolist() if place >= 0],
            "refusal": None if found.refusal[row] == 0 else str(REFUSALS[found.refusal[row]]),
            "from_fallbacks": bool(found.from_fallbacks[row]), "degraded": bool(found.degraded[row]),
            "safe_mode": bool(found.safe_mode[row]), "cost_basis": BASES[found.basis[row]],
            "cost": found.huge.get(row, int(found.cost[row])) if found.cost[row] >= 0 else None,
        }  # fmt: skip
        expected = {name: wanted[name] for name in got}
        assert got == expected, explain(label, contexts[row], bound.signals, got, expected)


def count(seen: Counter[Any], answer: dict[str, Any]) -> None:
    seen["all"] += 1
    if answer is ERROR:
        seen["error"] += 1
        return
    seen[answer["refusal"] or "routed"] += 1
    seen["from_fallbacks"] += answer["from_fallbacks"]
    seen["degraded"] += answer["degraded"]
    seen["basis", answer["cost_basis"]] += 1
    seen["arm", answer["arm"] and answer["arm"][:3]] += 1
    kept = 0
    for entry in answer["candidates"]:
        seen["candidate", entry["reason"]] += 1
        kept += entry["kept"]
    for entry in answer["listed_fallbacks"]:
        seen["fallback", entry["reason"]] += 1
    if kept > 1:
        seen["ranked", answer["strategy"]] += 1


def check_coverage(seen: Counter[Any], share: float) -> None:
    """Every reason, refusal, strategy and basis was reached in at least `share` of the cases."""
    floor = int(seen["all"] * share)
    wanted: list[Any] = ["error", "from_fallbacks", "degraded", "routed", *map(str, Refusal)]
    wanted += [("candidate", str(reason)) for reason in Reason]
    wanted += [("fallback", str(reason)) for reason in Reason if reason not in (Reason.HEALTH, Reason.LATENCY)]
    wanted += [("ranked", s) for s in ("listed", "priority", "weighted", "cheapest", "fastest", "balanced")]
    wanted += [("basis", b) for b in ("quote", "file", "ceiling")] + [("arm", a) for a in ("control"[:3], "arm")]
    rare = {str(k): seen[k] for k in wanted if seen[k] < floor}
    assert not rare, f"reached too seldom (below {floor}): {rare}"
    assert not seen["fallback", "health"]
    assert not seen["fallback", "latency"]


@pytest.mark.parametrize("part", range(4))
def test_agreement_on_random_cases(part: int) -> None:
    """100,000 random contexts in four parts, so that several workers share them."""
    seen = compare(Random(f"agreement {part}"), rounds=125, contexts=200, label=part)
    assert seen["all"] == 25_000
    check_coverage(seen, 0.0025)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_agreement_on_a_million_cases(part: int) -> None:
    seen = compare(Random(f"soak {part}"), rounds=500, contexts=200, label=part)
    assert seen["all"] == 100_000


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_agreement_with_shrinking(rng: Random) -> None:
    compare(rng, rounds=1, contexts=4, label="hypothesis")


def test_the_same_case_gives_the_same_bytes() -> None:
    def run() -> list[str]:
        rng = Random(7)
        config: Configuration = generate.configuration(rng)
        bound = compile_config(config).bind(generate.signals(rng, config))
        contexts = [generate.context(rng, config, tuple(config.tenants)) for _ in range(50)]
        return [str(asked(lambda c: bound.decide(c).render().model_dump(mode="json"), c)) for c in contexts]

    assert run() == run()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("millionths", lambda x: int(x * 1e6)),
        ("microseconds", lambda ms: int(min(ms, 2e9) * 1000)),
        ("normalise", lambda xs: [0.0 for _ in xs]),
        ("mix", lambda k, text: k),
        ("bucket", lambda seed, key: 0),
    ],
)
def test_the_judge_notices(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any) -> None:
    """A small fault on one side is found; otherwise agreement would mean little."""
    monkeypatch.setattr(f"tests.policy.oracle.{name}", wrong)
    with pytest.raises(AssertionError):
        compare(Random("mutant"), rounds=60, contexts=200, label=name)
