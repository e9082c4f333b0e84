"""Two experiments share a seed, or an experiment uses a rollout's seed.

Why: the same tenants are in both, so neither result says what caused it.

Example:
    experiment: {name: a, seed: spring, ...}
    experiment: {name: b, seed: spring, ...}

Fix: leave `seed` out (each experiment then has its own), or choose another.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0519"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    seen: dict[str, str] = {}
    for policy_name, policy in view.config.policies.items():
        for r, route in enumerate(policy.routes):
            experiment = route.experiment
            if experiment is None:
                continue
            seed = experiment.seed or f"experiment/{policy_name}/{experiment.name}"
            at = ("routes", r, "experiment", "name" if experiment.seed is None else "seed")
            home = view.document("policy", policy_name)
            if seed.startswith("rollout/"):
                yield Hit(f"`{seed}` is a rollout's seed", at, "choose another seed", document=home)
            twin = seen.setdefault(seed, f"{policy_name}/{experiment.name}")
            if twin != f"{policy_name}/{experiment.name}":
                yield Hit(f"experiment `{twin}` has the same seed", at, "leave the seed out", document=home)
