"""Validation: 20 providers x 4 suites at once, against the slowest provider alone; mocks that wait 50 ms a call.

DESIGN's budget (issue 5): at most twice the slowest provider's own time.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import ExitStack
from decimal import Decimal

from tests.servers import llmock

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, ModelSpec, Price, Provider, ValidationSpec
from pxctl.probe.run import Credentials, Job, Runner
from pxctl.probe.settings import Settings

PROVIDERS = 20
SUITES = ("chat", "streaming", "tools", "structured")
LATENCY_MS = 50
ROUNDS = 5


def provider(number: int, url: str) -> Provider:
    model = ModelSpec(id="gpt-4.1-mini", capabilities=("chat", "streaming", "tools", "json_schema"))
    return Provider(
        id=f"p{number}", display_name="p", kind="openai_compatible", credential_ref="env://K", models=(model,),
        endpoints=(Endpoint(region="us", url=f"{url}/v1"),), validation=ValidationSpec(suites=SUITES),
    )  # fmt: skip


def seconds(providers: list[Provider]) -> float:
    price = Price(input_per_mtok=Decimal(1), output_per_mtok=Decimal(1))
    jobs = [Job(one, "blob", lambda _: price) for one in providers]
    runner = Runner(Settings(), lambda *_: Credentials({"api_key": Secret("benchmark-key-0000")}), "bench")
    began = time.perf_counter()
    outcome = asyncio.run(runner.run(jobs))
    took = time.perf_counter() - began
    assert all(one.passed for one in outcome.evidence), outcome.evidence[0].reasons
    return took


def main() -> None:
    """Print the table."""
    alone: list[float] = []
    together: list[float] = []
    with ExitStack() as stack:  # four mocks, so that it is not one mock's CPU that is measured
        urls = [stack.enter_context(llmock("--latency-ms", str(LATENCY_MS))) for _ in range(4)]
        fleet = [provider(number, urls[number % 4]) for number in range(PROVIDERS)]
        seconds(fleet[:1])
        for _ in range(ROUNDS):
            alone.append(max(seconds([one]) for one in fleet[:4]))
            together.append(seconds(fleet))
    one, all_ = statistics.median(alone), statistics.median(together)
    print("| what | median of 5 |\n|---|---:|")
    print(f"| slowest of the providers alone, {len(SUITES)} suites | {one:.2f} s |")
    print(f"| {PROVIDERS} providers x {len(SUITES)} suites at once | {all_:.2f} s |")
    print(f"| ratio (budget: 2) | {all_ / one:.2f} |")


if __name__ == "__main__":
    main()
