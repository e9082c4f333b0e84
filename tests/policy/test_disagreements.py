"""Every disagreement between the interpreters and the oracle that a run ever found, by name."""

from __future__ import annotations

from tests.policy.build import config, context, provider
from tests.policy.test_columns import assert_agree

from pxctl.model.signals import EPOCH, DeploymentSignal, Signals
from pxctl.policy.compile import compile_config


def test_an_excluded_dear_candidate_leaves_the_sums_of_the_others_alone() -> None:
    """Seed 108 of the long run: its cost, set against the span of the kept ones, left the 64-bit integers."""

    def priced(name: str, price: str, **more: object) -> object:
        return provider(name, models=[{"id": "m", "price": {"input_per_mtok": price, "output_per_mtok": 0}}], **more)

    here = config(
        priced("a", "1"), priced("b", "1.000001"), priced("c", "4000", compliance={"privacy_max": "public"}),  # type: ignore[arg-type]
        routes=[{"candidates": ["a/m", "b/m", "c/m"], "strategy": {"balanced": {"health": 1.0, "cost": 900.0}}}],
    )  # fmt: skip
    known = {
        f"{name}/m@eu": DeploymentSignal(health=health, health_at=EPOCH)
        for name, health in (("a", 0.5), ("b", 0.9), ("c", 1.0))
    }
    bound = compile_config(here).bind(Signals(deployments=known))
    assert_agree(bound, [context(input_tokens=tokens, trace_id=str(tokens)) for tokens in (0, 1, 7, 1_000_000)], "dear")
