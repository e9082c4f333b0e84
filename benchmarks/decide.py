"""One decision: pxctl against LiteLLM's Router, two Rego engines, flagd's evaluator and a hand-written floor.

The peers are installed from PyPI into `.bench-venv` (made when it is missing), at the versions pinned below; rounds of
all sides alternate, so that a busy machine hits all alike. The floor chooses among the same candidates in plain Python
without a trace, experiments, safe mode, tenants or fallbacks; what the Rego and flagd forms cover is in `_reduced.py`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import _policies
from benchmarks._reduced import document
from pxctl.model.context import Context
from pxctl.policy.bound import Bound
from pxctl.policy.compile import compile_config

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".bench-venv"
LITELLM = "litellm==1.106.2"
PEERS = (LITELLM, "regopy==1.5.2", "opa-eval==0.1.1", "openfeature-flagd-core==2.0.0")
COVERS = {
    "regopy": "match, checks, cheapest; its `min` orders numbers as text, hence the wrong answers",
    "opa-eval": "match, checks, cheapest (regorus)",
    "openfeature-flagd-core": "match, weighted split; no checks, no cost (right: a candidate of the route)",
}
QUESTIONS = 60
SIZES = (3, 20, 200)
ROUNDS = 3


def main() -> None:
    """Print the table."""
    ours: dict[str, list[float]] = {}
    peer: dict[str, dict[str, list[Any]]] = {}
    engines: dict[str, list[dict[str, Any]]] = {}
    python = _peer_python()
    for _ in range(ROUNDS):
        for name, value in _ours().items():
            ours.setdefault(name, []).append(value)
        for strategy, by_size in _litellm(python).items():
            for size, value in by_size.items():
                peer.setdefault(strategy, {}).setdefault(size, []).append(value)
        for name, answer in _reduced(python).items():
            engines.setdefault(name, []).append(answer)
    rows = {name: statistics.median(values) for name, values in ours.items()}
    print("| pxctl, 30 routes x 20 candidates (60 deployments, 200 tenants) | p50, us |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value:.1f} |")
    print(f"\n| {LITELLM}, p50 us | " + " | ".join(f"{n} deployments" for n in SIZES) + " | 20: times ours |")
    print("|---|" + "---|" * (len(SIZES) + 1))
    base = rows["decide, trace kept as facts, all strategies in turn"]
    for strategy, by_size in peer.items():
        cells = [_median(by_size[str(size)]) for size in SIZES]
        ratio = f"{cells[1] / base:.0f}x" if isinstance(cells[1], float) else "-"
        print(f"| {strategy} | " + " | ".join(c if isinstance(c, str) else f"{c:.0f}" for c in cells) + f" | {ratio} |")
    like = {"openfeature-flagd-core": rows["decide, every route `weighted`"]}
    print("\n| the same 30 routes x 20 candidates, reduced | covers | p50, us | right | times ours |")
    print("|---|---|---|---|---|")
    for name, answers in engines.items():
        package = name.partition("==")[0]
        us = _median([answer["us"] for answer in answers])
        of = f"{answers[0]['agree']} of {answers[0]['of']}"
        ours_us = like.get(package, rows["decide, every route `cheapest`"])
        told = f"{us} | - | -" if isinstance(us, str) else f"{us:.0f} | {of} | {us / ours_us:,.0f}x"
        print(f"| {name} | {COVERS[package]} | {told} |")
        for answer in answers:
            if answer["error"]:
                print(f"{name}: {answer['error']}", file=sys.stderr)


def _median(values: list[Any]) -> float | str:
    numbers = [value for value in values if isinstance(value, float)]
    return statistics.median(numbers) if numbers else "does not run"


def p50(call: Callable[[Context], Any], contexts: list[Context]) -> float:
    """The median time of one call in microseconds, after one pass to warm up."""
    clock, samples = time.perf_counter_ns, []
    for context in contexts:
        call(context)
    for context in contexts:
        began = clock()
        call(context)
        samples.append(clock() - began)
    return statistics.median(samples) / 1000


def _bound(routes: int, candidates: int, only: Any = None) -> tuple[Bound, list[Context]]:
    config = _policies.configuration(routes, candidates, deployments=max(60, candidates + 3))
    if only is not None:
        policy = config.policies["default"]
        changed = tuple(route.model_copy(update={"strategy": only}) for route in policy.routes)
        config.policies["default"] = policy.model_copy(update={"routes": changed})  # type: ignore[index]
    return compile_config(config).bind(_policies.signals(config)), _policies.contexts(config, 4000)


def _ours() -> dict[str, float]:
    bound, contexts = _bound(30, 20)
    decide = bound.decide
    rows = {
        "decide, trace kept as facts, all strategies in turn": p50(decide, contexts),
        "... as a record for logs (every candidate with reason, rank, score, cost)": p50(
            lambda c: decide(c).record(), contexts
        ),
        "... as that record in one line of JSON": p50(lambda c: decide(c).line(), contexts),
        "... as a dict": p50(lambda c: decide(c).as_dict(), contexts),
        "... as the frozen model `Decision`": p50(lambda c: decide(c).render(), contexts),
        "hand-written floor": p50(floor(bound), contexts),
    }
    for strategy in _policies.STRATEGIES:
        made, contexts = _bound(30, 20, strategy if isinstance(strategy, str) else _balanced(strategy))
        name = strategy if isinstance(strategy, str) else "balanced"
        rows[f"decide, every route `{name}`"] = p50(made.decide, contexts)
    made, contexts = _bound(3000, 20)
    rows["decide, 3,000 routes"] = p50(made.decide, contexts)
    made, contexts = _bound(30, 3)
    rows["decide, 3 candidates"] = p50(made.decide, contexts)
    return rows


def _balanced(strategy: dict[str, Any]) -> Any:
    from pxctl.model.routing import Balanced

    return Balanced.model_validate(strategy)


def floor(bound: Bound) -> Callable[[Context], Any]:
    """First match by dictionary, a loop over the candidates, cheapest of what is left."""
    policy = bound.compiled.config.policies["default"]
    by_task: dict[str, list[Any]] = {}
    for number, route in enumerate(policy.routes):
        for task in route.match.task_type or ():
            by_task.setdefault(task, []).append((route.match, bound.router("default").lane(number, None)))
    tenants = bound.compiled.config.tenants
    levels = {level: i for i, level in enumerate(bound.compiled.vocabulary.levels)}

    def choose(c: Context) -> Any:
        tenant = tenants[c.tenant]
        for match, lane in by_task.get(c.task_type, ()):
            if match.tier is not None and tenant.tier not in match.tier:
                continue
            if match.privacy is not None and c.privacy not in match.privacy:
                continue
            level, total = levels[c.privacy], c.input_tokens + c.output_tokens
            best, least = None, None
            for d, m in zip(lane.deployments, lane.measured, strict=True):
                if level > d.privacy or total > d.context_tokens or not d.active or m.health < 800_000:
                    continue
                cost = c.input_tokens * d.rate.input + c.output_tokens * d.rate.output
                if least is None or cost < least:
                    best, least = d, cost
            return best
        return None

    return choose


def _peer_python() -> Path:
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    have = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout.split()
    if missing := [pin for pin in PEERS if pin not in have]:
        subprocess.run([python, "-m", "pip", "install", "-q", *missing], check=True)
    return python


def _reduced(python: Path) -> dict[str, dict[str, Any]]:
    """The answers of `_peers.py` to the first contexts of the benchmark, every route `cheapest`."""
    bound, contexts = _bound(30, 20, "cheapest")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document.json"
        file.write_text(json.dumps(document(bound, contexts[:QUESTIONS])))
        script = Path(__file__).parent / "_peers.py"
        done = subprocess.run([python, script, file, str(QUESTIONS)], check=True, capture_output=True, text=True)
    made: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return made


def _litellm(python: Path) -> dict[str, dict[str, Any]]:
    script = Path(__file__).parent / "_litellm.py"
    done = subprocess.run(
        [python, script, ",".join(map(str, SIZES)), "400"], check=True, capture_output=True, text=True
    )  # fmt: skip
    made: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["us"]
    return made
