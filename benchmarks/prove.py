"""Proofs over 3,000 overlapping routes: one guarantee that holds, one that is broken, every dead route, a difference;
compiling and binding beside them; z3 on the same guarantee where it is installed (`pip install z3-solver`).

z3 gets the finished cells of the space (finite domains, as bit vectors) and is asked for one request that some route
answers outside the European Union, which no earlier route takes.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from benchmarks import _policies
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Guarantee
from pxctl.model.proof import DecisionDifference
from pxctl.policy.compile import Compiled, compile_config
from pxctl.policy.proof.audit import audit, dead_routes
from pxctl.policy.proof.claims import judge
from pxctl.policy.proof.difference import difference
from pxctl.policy.proof.space import Space

ROUTES, CANDIDATES = 3_000, 20
BROKEN = Guarantee.model_validate({"name": "eu", "when": {"privacy": ["internal"]}, "always": {"regions": ["eu"]}})


def main() -> None:
    """Print the table."""
    config = _policies.configuration(ROUTES, CANDIDATES)
    signals = _policies.signals(config)
    contexts = _policies.contexts(config, 300)
    compiled, compile_s = timed(lambda: whole(config))
    first, bind_s = timed(lambda: compiled.bind(signals).decide(contexts[0]))
    _, again_s = timed(lambda: [compiled.bind(signals).decide(c) for c in contexts])
    import numpy as _numpy  # what importing it takes is not a proof's time

    _ = _numpy
    broken, broken_s = timed(lambda: judge(compiled, BROKEN))
    held_config = _only_eu(config)
    held_compiled = compile_config(held_config)
    whole(held_config, held_compiled)
    held, held_s = timed(lambda: judge(held_compiled, BROKEN))
    dead, dead_s = timed(lambda: dead_routes(compiled, "default"))
    other = _one_line(config, next(n for n in range(ROUTES // 2, ROUTES) if n not in dead))
    changed, changed_s = timed(lambda: difference(compiled, compile_config(other)))
    examined, examined_s = timed(lambda: audit(compiled))
    dearer = _dearer(config)
    wide, wide_s = timed(lambda: difference(compiled, compile_config(dearer)))
    assert broken.status == "broken", broken
    assert held.status == "holds", held
    rows = {
        f"compile {ROUTES:,} routes x {CANDIDATES} candidates, every table": compile_s,
        "bind new signals and decide the first request": bind_s,
        "bind and decide, 300 requests, mean": again_s / len(contexts),
        f"one guarantee, broken, with its counterexample ({broken.parts} parts looked at)": broken_s,
        f"one guarantee, holds ({held.parts} parts looked at)": held_s,
        f"all dead routes ({len(dead)} found)": dead_s,
        f"all unasked: gaps, refusals, outages of one and two ({len(examined.outages)} fatal)": examined_s,
        f"difference after a one-line change, counted ({counted(changed)})": changed_s,
        f"difference after a price change of one provider, counted ({counted(wide)})": wide_s,
    }
    peer = z3_seconds(compiled)
    if peer is not None:
        rows["z3, the broken guarantee: build and check"] = peer[0]
        rows["z3, check alone"] = peer[1]
    print("| | cpu ms |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {1000 * value:.1f} |")
    if peer is None:
        print("\nz3 is not installed here.")
    assert first is not None


def counted(found: DecisionDifference) -> str:
    """How many pairs of routes and kinds of requests."""
    least = "" if found.counted else "at least "
    return f"{found.pairs:,} pairs of routes, {least}{found.kinds_changed:,} of {found.kinds:,} kinds of requests"


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The answer and the cpu seconds that it took."""
    began = time.process_time()
    made = work()
    return made, time.process_time() - began


def whole(config: Configuration, compiled: Compiled | None = None) -> Compiled:
    """Compile, and make every table that is otherwise made on first use."""
    compiled = compiled or compile_config(config)
    policy = compiled.policy("default")
    _ = policy.tables
    for number in range(len(policy.policy.routes)):
        policy.plan(number, None)
        policy.named(number)
    for tenant in config.tenants:
        compiled.seat(tenant)
    return compiled


def _only_eu(config: Configuration) -> Configuration:
    """The same routes behind twelve (a tier and a business line each) that together keep internal data in the EU."""
    from pxctl.model.routing import Route

    policy = config.policies["default"]
    eu = [d.id for d in compile_config(config).fleet.deployments if d.region == "eu"][:20]
    made = []
    for tier in _policies.TIERS:
        for line in _policies.LINES:
            made.append(Route.model_validate({
                "name": f"eu-{tier}-{line}", "candidates": eu, "constraints": {"regions": ["eu"]},
                "match": {"privacy": ["internal"], "tier": [tier], "business_line": [line]},
            }))  # fmt: skip
    changed = policy.model_copy(update={"routes": (*made, *policy.routes)})
    return dataclasses.replace(config, policies={"default": changed})


def _one_line(config: Configuration, number: int) -> Configuration:
    policy = config.policies["default"]
    routes = list(policy.routes)
    routes[number] = routes[number].model_copy(update={"max_fallbacks": 1})
    return dataclasses.replace(config, policies={"default": policy.model_copy(update={"routes": tuple(routes)})})


def _dearer(config: Configuration) -> Configuration:
    """The price of one provider of 60, which every third route names."""
    provider = config.providers["p7"]
    spec = provider.models[0]
    assert spec.price is not None
    price = spec.price.model_copy(update={"output_per_mtok": spec.price.output_per_mtok + 1})
    changed = provider.model_copy(update={"models": (spec.model_copy(update={"price": price}),)})
    return dataclasses.replace(config, providers={**config.providers, "p7": changed})


def z3_seconds(compiled: Compiled) -> tuple[float, float] | None:
    """(build and check, check alone) in cpu seconds; None without z3."""
    try:
        import z3
    except ImportError:
        return None
    space = Space(compiled, compiled.policy("default"), BROKEN.when)
    bad = {
        number for number in range(space.routes)
        if any(d.region != "eu" for d in compiled.policy("default").plan(number, None).candidates)
    }  # fmt: skip
    began = time.process_time()
    solver = z3.Solver()
    cells = [z3.BitVec(f"d{i}", 12) for i in range(len(space.cells))]
    free = z3.BoolVal(True)
    found = []
    for x, some in zip(cells, space.cells, strict=True):
        solver.add(z3.ULT(x, len(some)))
    for entry in range(space.first, space.none):
        matches = []
        for x, some in zip(cells, space.cells, strict=True):
            inside = [i for i, cell in enumerate(some) if cell.mask >> entry & 1]
            if len(inside) < len(some):
                matches.append(z3.Or(*(x == i for i in inside)))
        match = z3.And(*matches)
        if entry - space.first in bad:
            found.append(z3.And(free, match))
        reached = z3.Bool(f"free{entry}")
        solver.add(reached == z3.And(free, z3.Not(match)))
        free = reached
    solver.add(z3.Or(*found))
    middle = time.process_time()
    assert solver.check() == z3.sat
    return time.process_time() - began, time.process_time() - middle
