"""The set logic of lint against the engine: what lint calls unreachable the engine never reaches, and the other way."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.lint.helpers import BASE

from pxctl.lint.eligible import why_never
from pxctl.lint.reach import covers, everything, left_over, reach
from pxctl.lint.view import View
from pxctl.load.loader import load
from pxctl.load.tree import WorkTree
from pxctl.model.configuration import Loaded
from pxctl.model.context import Context
from pxctl.model.routing import Constraints, Match, Policy, Route, TokenBounds
from pxctl.model.signals import DeploymentSignal, Signals
from pxctl.policy.compile import compile_config, decide

LOADED = load(WorkTree(BASE))
TENANTS = tuple(LOADED.config.tenants)
CHOICES: dict[str, list[Any]] = {
    "tenant": [("acme",), ("birch", "cedar")],
    "tier": [("gold",), ("free",), ("free", "gold")],
    "business_line": [("retail",), ("health",)],
    "task_type": [("chat",), ("agent", "other"), ("chat", "agent")],
    "modality": [("chat",), ("vision", "embedding"), ("chat", "vision", "tts", "stt", "embedding", "image")],
    "privacy": [("public",), ("internal", "confidential"), ("restricted",), ("public", "internal")],
    "risk_level": [("low",), ("medium", "high")],
    "region": [("eu",), ("us", "other")],
    "language": [("de",), ("en", "und"), ("other",)],
    "features": [("tools",), ("tools", "vision")],
    "input_tokens": [TokenBounds(max=100), TokenBounds(min=101), TokenBounds(min=50, max=2000)],
    "sla_ms": [TokenBounds(max=500), TokenBounds(min=501)],
}
REFERENCES = ("openai-main/gpt-4.1", "openai-main/gpt-4.1-mini@eu", "azure-eu", "ollama-local/llama3.2",
              "azure-eu/text-embedding-3-large")  # fmt: skip


def random_policy(rng: random.Random) -> Policy:
    routes = []
    for n in range(rng.randrange(2, 6)):
        names = rng.sample(sorted(CHOICES), rng.choice((0, 1, 1, 2, 3)))
        match = Match(**{name: rng.choice(CHOICES[name]) for name in names})
        regions = rng.choice((None, ("eu",), ("us",)))
        routes.append(Route(name=f"r{n}", match=match, constraints=Constraints(regions=regions),
                            candidates=tuple(rng.sample(REFERENCES, 2))))  # fmt: skip
    return Policy(name="default", routes=tuple(routes))


def random_context(rng: random.Random) -> Context:
    return Context(
        tenant=rng.choice(TENANTS),
        privacy=rng.choice(LOADED.config.project.privacy_levels),
        task_type=rng.choice(("chat", "agent", "other", "never-heard")),
        modality=rng.choice(("chat", "vision", "tts", "stt", "embedding", "image")),
        language=rng.choice(("de", "en", "und", "xx")),
        risk_level=rng.choice(("low", "medium", "high")),
        region=rng.choice((None, "eu", "us", "mars")),
        features=rng.choice(((), ("tools",), ("vision",), ("tools", "vision"), ("tools", "smell"))),
        input_tokens=rng.choice((0, 50, 100, 101, 2000, 2001, 200_000)),
        sla_ms=rng.choice((None, 500, 501)),
    )


def view_of(policy: Policy) -> tuple[View, Loaded]:
    loaded = replace(LOADED, config=replace(LOADED.config, policies={"default": policy}))
    return View(loaded), loaded


@pytest.mark.parametrize("policies", [60, pytest.param(2000, marks=pytest.mark.soak)])
def test_against_the_engine(policies: int) -> None:
    rng = random.Random(11)
    told = {"unreachable": 0, "no catch-all": 0, "never": 0}
    everywhere = Signals(deployments={
        d.id: DeploymentSignal(health=1.0, latency_p95_ms=1.0)
        for view in [View(LOADED)] for text in REFERENCES for d in view.expand(text)
    })  # fmt: skip
    for _ in range(policies):
        policy = random_policy(rng)
        view, loaded = view_of(policy)
        reached = reach(view, policy)
        boxes = reached.boxes
        dead = {policy.routes[i].name for i, box in enumerate(boxes) if box.empty or left_over(box, boxes[:i]) == []}
        dead |= {policy.routes[i].name for i, box in enumerate(boxes) if any(covers(b, box) for b in boxes[:i])}
        complete = left_over(everything(view, reached), boxes) == []
        never = {
            (route.name, d.id)
            for r, route in enumerate(policy.routes)
            if not boxes[r].empty
            for text in route.candidates
            for d in view.expand(str(text))
            if why_never(view, d, reached, r, route.constraints)
        }
        told["unreachable"] += len(dead)
        told["no catch-all"] += not complete
        told["never"] += len(never)
        compiled = compile_config(loaded.config)
        for _ in range(60):
            decision = decide(compiled, random_context(rng), everywhere)
            assert decision.route not in dead
            if complete:
                assert decision.refusal != "no_route"
            kept = {(decision.route, c.deployment) for c in decision.candidates if c.kept}
            assert not kept & never
    assert all(told.values()), told


def test_what_is_left_is_a_request_that_matches_nothing() -> None:
    """A box that is left over stands for real requests: its first one gets no route from the engine."""
    rng = random.Random(12)
    seen = 0
    for _ in range(80):
        policy = random_policy(rng)
        view, loaded = view_of(policy)
        reached = reach(view, policy)
        rest = left_over(everything(view, reached), [box for box in reached.boxes if not box.sets])
        if not rest:
            continue
        box = rest[0]
        number, privacy = sorted(box.who)[0]
        context = Context(
            tenant=reached.classes[number][0].id,
            privacy=privacy,
            task_type=sorted(box.values["task_type"])[0],
            modality=sorted(box.values["modality"])[0],  # type: ignore[arg-type]
            language=sorted(box.values["language"])[0],
            risk_level=sorted(box.values["risk_level"])[0],  # type: ignore[arg-type]
            region=sorted(box.values["region"])[0],
            input_tokens=box.ranges["input_tokens"][0],
            output_tokens=box.ranges["output_tokens"][0],
            sla_ms=box.ranges["sla_ms"][1] if box.ranges["sla_ms"][1] < 10**9 else None,
        )
        seen += 1
        assert decide(compile_config(loaded.config), context, Signals()).route is None
    assert seen > 20


def test_grouping_tenants_costs_the_names_in_routes_and_not_tenants_times_routes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pxctl.lint import reach as module
    from pxctl.model.tenant import Tenant

    tenants = {f"t{n}": Tenant(id=f"t{n}", tier="gold", business_line="retail", region="eu", privacy_max="internal")
               for n in range(1_000)}  # fmt: skip
    routes = [Route(name=f"r{n}", match=Match(tenant=(f"t{2 * n}", f"t{2 * n + 1}")), candidates=REFERENCES[:1])
              for n in range(200)]  # fmt: skip
    routes.append(Route(name="rest", match=Match(), candidates=REFERENCES[:1]))
    loaded = replace(LOADED, config=replace(LOADED.config, policies={}, tenants=tenants))
    asked = []
    takes = module._takes
    monkeypatch.setattr(module, "_takes", lambda match, tenant: asked.append(tenant.id) or takes(match, tenant))
    classes = module._classes(View(loaded), Policy(name="default", routes=tuple(routes)), list(tenants.values()))
    assert len(asked) < 1_000
    assert sorted(len(group) for group in classes) == [2] * 200 + [600]
