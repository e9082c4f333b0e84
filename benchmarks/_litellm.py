"""Runs in an environment of its own that has LiteLLM: how long its Router takes to choose a deployment.

Prints JSON: {"version": ..., "us": {strategy: {deployments: median microseconds}}}. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
STRATEGIES = (
    "simple-shuffle", "least-busy", "latency-based-routing", "usage-based-routing", "usage-based-routing-v2",
    "cost-based-routing",
)  # fmt: skip


def router(strategy: str, deployments: int) -> Any:
    from litellm import Router

    models = [
        {
            "model_name": "group",
            "litellm_params": {"model": f"openai/gpt-{i}", "api_key": "none", "api_base": "http://127.0.0.1:1",
                               "rpm": 10_000, "tpm": 10_000_000, "weight": 1 + i % 5},
            "model_info": {"id": f"d{i}", "input_cost_per_token": 1e-6 * (1 + i % 7), "output_cost_per_token": 2e-6},
        }
        for i in range(deployments)
    ]  # fmt: skip
    return Router(model_list=models, routing_strategy=strategy, num_retries=0)


def measure(strategy: str, deployments: int, rounds: int) -> float | str:
    import asyncio

    made = router(strategy, deployments)
    messages = [{"role": "user", "content": "hello"}]
    samples = []

    async def run() -> None:
        for i in range(rounds + rounds // 10):
            began = time.perf_counter_ns()
            await made.async_get_available_deployment(model="group", messages=messages, request_kwargs={})
            if i >= rounds // 10:
                samples.append(time.perf_counter_ns() - began)

    def plain() -> None:
        for i in range(rounds + rounds // 10):
            began = time.perf_counter_ns()
            made.get_available_deployment(model="group", messages=messages, request_kwargs={})
            if i >= rounds // 10:
                samples.append(time.perf_counter_ns() - began)

    found: list[float] = []
    for call in (plain, lambda: asyncio.run(run())):
        samples.clear()
        try:
            call()
        except Exception as error:
            print(f"{strategy}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        found.append(statistics.median(samples) / 1000)
    return min(found) if found else "does not run"


def main() -> None:
    from importlib.metadata import version

    sizes = [int(text) for text in sys.argv[1].split(",")]
    rounds = int(sys.argv[2])
    us = {s: {n: measure(s, n, max(50, rounds // max(1, n // 10))) for n in sizes} for s in STRATEGIES}
    print(json.dumps({"version": version("litellm"), "us": us}))


if __name__ == "__main__":
    main()
