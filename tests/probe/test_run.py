"""The runner against real servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from decimal import Decimal

import pytest
from tests.servers import answering, free_port, get_json, http, llmock, raw_server

from pxctl.core.secret import Secret
from pxctl.model.evidence import Evidence
from pxctl.model.provider import Endpoint, Limits, ModelSpec, Price, Provider, Retries, ValidationSpec
from pxctl.probe.run import Credentials, Job, Outcome, Runner
from pxctl.probe.settings import Override, Settings
from pxctl.secrets.base import SecretError

PRICE = Price(input_per_mtok=Decimal("0.4"), output_per_mtok=Decimal("1.6"))


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with llmock() as url:
        yield url


def provider(url: str, name: str = "p", regions: tuple[str, ...] = ("us",), **fields) -> Provider:
    model = ModelSpec(id="gpt-4.1-mini", capabilities=("chat", "streaming", "tools", "json_schema"), price=PRICE)
    base = {
        "id": name, "display_name": name, "kind": "openai_compatible", "credential_ref": "env://K",
        "timeout_ms": 20_000, "endpoints": tuple(Endpoint(region=region, url=f"{url}/v1") for region in regions),
        "models": (model,), "retries": Retries(max=2), "validation": ValidationSpec(suites=("chat", "streaming")),
    }  # fmt: skip
    return Provider(**{**base, **fields})


def keys(_provider: Provider, _endpoint: Endpoint) -> Credentials:
    return Credentials({"api_key": Secret("canary-key-0123456789")}, "3")


def run(*providers: Provider, settings: Settings | None = None, credentials=keys) -> Outcome:
    jobs = [Job(one, "blob", lambda model: model.price or PRICE) for one in providers]
    return asyncio.run(Runner(settings or Settings(), credentials, "0.1").run(jobs))


def one(*args, **fields) -> Evidence:
    (found,) = run(*args, **fields).evidence
    return found


def test_evidence_from_a_real_server(mock: str) -> None:
    outcome = run(provider(mock, regions=("us", "eu")))
    (found,) = outcome.evidence
    assert found.passed and found.health == 1.0 and found.credential_version == "3" and not found.partial
    assert [(r.suite, r.region, r.calls) for r in sorted(found.results, key=lambda r: (r.region, r.suite))] == [
        ("chat", "eu", 3), ("streaming", "eu", 2), ("chat", "us", 3), ("streaming", "us", 2),
    ]  # fmt: skip
    assert all(r.tokens and Decimal(r.cost_usd) > 0 and r.sent and len(r.latency_ms) == r.calls for r in found.results)
    assert all(r.measured["first_piece_ms"] > 0 for r in found.results if r.suite == "streaming")
    assert len(outcome.samples) == 10 and {s.deployment for s in outcome.samples} == {
        "p/gpt-4.1-mini@us",
        "p/gpt-4.1-mini@eu",
    }
    assert "canary" not in found.model_dump_json()


def test_tools_and_structured_output(mock: str) -> None:
    found = one(provider(mock, validation=ValidationSpec(suites=("tools", "structured"))))
    assert found.passed, found.reasons


FAULTS = [
    {"type": "fail", "status": 429, "retry_after": 0.3, "times": 2, "match": {"stream": False}},
    {"type": "fail", "status": 500, "times": 1, "match": {"stream": False}},
    {"type": "fail", "status": 503, "times": 1, "match": {"stream": False}},
    {"type": "stream_fault", "kind": "truncate", "times": 1},
    {"type": "stream_fault", "kind": "disconnect", "times": 1},
]


def test_a_flaky_server_is_retried_politely(monkeypatch: pytest.MonkeyPatch) -> None:
    """llmock scripts the faults and judges how the client behaved: it must name no misbehaviour."""
    monkeypatch.setattr("pxctl.providers.retry.BASE_S", 0.2)
    with llmock() as url:
        get_json(f"{url}/_llmock/scenario", {"behaviors": FAULTS})
        retrying = provider(url, retries=Retries(max=5, jitter="none"), timeout_ms=30_000)
        found = one(retrying, settings=Settings(Override(min_health=0.0)))
        report = get_json(f"{url}/_llmock/verdict")
    assert found.passed, found.reasons
    assert report["faults_injected"] == 6 and report["findings"] == [], report
    assert sum(r.failed_attempts for r in found.results) == sum(r.attempts - r.calls for r in found.results) == 6
    assert found.health_parts["reliability"] < 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            http("401 Unauthorized", '{"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}'),
            "authentication",
        ),
        (http("404 Not Found", "nothing here", "text/plain"), "not_found"),
        (http("200 OK", "<html>", "text/html"), "bad_response"),
        (http("302 Found", "", location="https://elsewhere.test/"), "bad_response"),
    ],
)
def test_failures_have_a_reason_that_helps(answer: bytes, code: str) -> None:
    with raw_server(answering(answer)) as server:
        found = one(provider(server.url))
    assert not found.passed and found.state == "pending_fix" and found.health == 0.0
    assert found.results[0].error == code and found.results[0].reason and "; " in found.results[0].reason
    assert len(server.requests) <= 2  # no retry where it cannot help, and no second suite after a rejected key


def test_the_model_that_answers_must_be_the_one_that_was_asked() -> None:
    body = {
        "model": "gpt-unasked", "choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
    }  # fmt: skip
    with raw_server(answering(http("200 OK", json.dumps(body)))) as server:
        found = one(provider(server.url, validation=ValidationSpec(suites=("chat",))))
    assert found.results[0].error == "wrong_model" and "gpt-unasked" in (found.results[0].reason or "")


def test_no_credential_no_call(mock: str) -> None:
    get_json(f"{mock}/_llmock/requests", method="DELETE")
    assert "no `credential_ref`" in one(provider(mock, credential_ref=None)).reasons[0]

    def sealed(*_: object) -> Credentials:
        raise SecretError("sealed", "the vault is sealed")

    found = one(provider(mock), credentials=sealed)
    assert not found.passed and {r.error for r in found.results} == {"secret_store"} and "unseal" in found.reasons[0]

    def refused(*_: object) -> Credentials:
        raise SecretError("not_granted", "no grant")

    assert {r.error for r in one(provider(mock), credentials=refused).results} == {"not_granted"}
    assert get_json(f"{mock}/_llmock/requests")["count"] == 0
    free = provider(mock, credential_ref=None, secret_policy="none")
    assert one(free, credentials=lambda *_: Credentials()).passed


def test_a_store_that_is_sealed_in_the_middle(mock: str) -> None:
    def source(asked: Provider, endpoint: Endpoint) -> Credentials:
        if endpoint.region == "eu":
            raise SecretError("sealed", "the vault is sealed")
        return keys(asked, endpoint)

    found = one(provider(mock, regions=("us", "eu")), credentials=source)
    by_region = {(r.region, r.suite): r.passed for r in found.results}
    assert by_region[("us", "chat")] and not by_region[("eu", "chat")] and not found.passed


def test_budgets_stop_before_the_call(mock: str) -> None:
    get_json(f"{mock}/_llmock/requests", method="DELETE")
    found = one(provider(mock), settings=Settings(max_calls=2))
    assert found.results[0].error == "budget" and found.results[0].calls == 2 and found.results[1].calls == 0
    assert get_json(f"{mock}/_llmock/requests")["count"] == 2
    assert one(provider(mock), settings=Settings(budget_usd=Decimal(0))).results[0].calls == 0


def test_a_suite_that_no_model_can_do_and_options_that_do_not_exist_fail(mock: str) -> None:
    found = one(provider(mock), settings=Settings(Override(suites=("vision",))))
    assert found.results[0].error == "no_model" and not found.passed
    for fields in ({"options": {"proxy": "http://evil.test"}}, {"kind": "no_such_kind"}):
        assert {r.error for r in one(provider(mock, **fields)).results} == {"configuration"}
    assert "no endpoint in region" in one(provider(mock), settings=Settings(regions=("mars",))).reasons[0]


def test_a_deadline_ends_a_provider_and_not_the_others(mock: str) -> None:
    def hang(connection: socket.socket, _: bytes) -> None:
        connection.recv(1)  # until the client gives up

    with raw_server(hang) as server:
        slow, good = run(
            provider(server.url, "slow", timeout_ms=60_000), provider(mock, "good"), settings=Settings(deadline_s=4)
        ).evidence
    assert good.passed and {r.error for r in slow.results} == {"deadline"}


def test_an_interrupted_run_leaves_partial_evidence(mock: str) -> None:
    def hang(connection: socket.socket, _: bytes) -> None:
        connection.recv(1)  # until the client gives up

    async def interrupted(url: str) -> Outcome:
        providers = (provider(mock, "good"), provider(url, "slow", timeout_ms=60_000))
        done = asyncio.Event()
        runner = Runner(Settings(), keys, "0.1", on_event=lambda event: done.set() if event.evidence else None)
        task = asyncio.create_task(runner.run([Job(each, "blob", lambda _: PRICE) for each in providers]))
        await done.wait()
        task.cancel()
        return await task

    with raw_server(hang) as server:
        outcome = asyncio.run(interrupted(server.url))
    good, slow = outcome.evidence
    assert (
        outcome.interrupted and good.passed and slow.partial and not slow.passed and "interrupted" in slow.reasons[-1]
    )


def test_regions_run_within_the_account_s_concurrency(mock: str) -> None:
    found = one(provider(mock, regions=("a", "b", "c"), limits=Limits(concurrency=1)))
    assert found.passed and [r.region for r in found.results] == ["a", "a", "b", "b", "c", "c"]


def test_nobody_there() -> None:
    found = one(provider(f"http://127.0.0.1:{free_port()}", retries=Retries(max=0)))
    assert found.results[0].error == "connection" and found.results[1].calls == 0
    with contextlib.suppress(StopIteration):
        assert "not run" in next(reason for reason in found.reasons if reason.startswith("streaming"))
