"""The hands of a suite: every call goes through here, and is paid for, timed, retried and recorded."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pxctl.core.clock import Clock
from pxctl.model.evidence import CallSample
from pxctl.model.provider import ModelSpec, Price, Retries
from pxctl.probe.budget import Budget, cost_pico
from pxctl.providers.base import Adapter, ChatReply, ChatRequest, EmbedReply, SpeechReply, Usage, estimate
from pxctl.providers.errors import ProviderError
from pxctl.providers.retry import with_retries

T = TypeVar("T")


class CheckFailedError(Exception):
    """The endpoint answered, but not as the suite requires; `code` is a short word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Streamed:
    """A stream, read to its end."""

    reply: ChatReply
    pieces: int
    first_ms: float


@dataclass
class Tally:
    """What the calls of one suite came to."""

    calls: int = 0
    failures: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    latency_ms: list[float] = field(default_factory=list)
    cost_pico: int = 0
    tokens: int = 0
    request_ids: list[str] = field(default_factory=list)
    measured: dict[str, float] = field(default_factory=dict)


@dataclass
class Caller:
    """Calls to one model at one endpoint."""

    adapter: Adapter
    provider: str
    region: str
    model: ModelSpec
    price: Price
    budget: Budget
    retries: Retries
    deadline: float
    clock: Clock
    rng: random.Random
    record: Callable[[CallSample], None]
    samples: int = 3
    tally: Tally = field(default_factory=Tally)

    @property
    def wire_name(self) -> str:
        """The model's name on the vendor's wire."""
        return self.model.deployment_name or self.model.id

    async def chat(self, request: ChatRequest) -> ChatReply:
        """A whole answer, whose model must be the one that was asked."""
        reply = await self._call(lambda: self.adapter.chat(request), _most(request), lambda r: r.usage)
        self._same_model(reply.model)
        return reply

    async def stream(self, request: ChatRequest) -> Streamed:
        """A streamed answer, read to its end."""

        async def read() -> Streamed:
            began, first, text, pieces = time.monotonic(), 0.0, [], 0
            async with aclosing(self.adapter.stream(request)) as events:  # type: ignore[type-var]  # a generator
                async for event in events:
                    if event.text:
                        first = first or (time.monotonic() - began) * 1000
                        pieces += 1
                        text.append(event.text)
                    if event.finish is not None:
                        usage = event.usage or estimate(request, "".join(text))
                        reply = ChatReply(
                            "".join(text), event.finish, usage, event.model, event.tool_calls, event.request_id
                        )
                        return Streamed(reply, pieces, first)
            raise ProviderError("stream_interrupted", "the stream ended without its last event")

        done = await self._call(read, _most(request), lambda r: r.reply.usage)
        self._same_model(done.reply.model)
        return done

    async def embed(self, texts: tuple[str, ...]) -> EmbedReply:
        """Vectors for texts."""
        most = Usage(sum(len(text) for text in texts))
        return await self._call(lambda: self.adapter.embed(self.wire_name, texts), most, lambda r: r.usage)

    async def speak(self, text: str) -> SpeechReply:
        """Spoken text."""
        most = Usage(len(text), len(text) * 20)
        return await self._call(lambda: self.adapter.speak(self.wire_name, text), most, lambda _: most)

    async def _call(self, attempt: Callable[[], Awaitable[T]], most: Usage, usage_of: Callable[[T], Usage]) -> T:
        reserved = cost_pico(self.price, most)
        self.budget.reserve(reserved)
        self.tally.calls += 1
        cost = 0
        began = 0.0

        async def once() -> T:
            nonlocal began
            self.tally.attempts += 1
            began = time.monotonic()
            return await attempt()

        try:
            reply = await with_retries(
                once, self.retries, deadline=self.deadline, on_failure=self._failed, rng=self.rng
            )
            latency = (time.monotonic() - began) * 1000
            usage = usage_of(reply)
            cost = cost_pico(self.price, usage)
        except ProviderError:
            self.tally.failures += 1
            raise
        finally:
            self.budget.settle(reserved, cost)
        self.tally.cost_pico += cost
        self.tally.tokens += usage.input_tokens + usage.output_tokens
        self.tally.latency_ms.append(round(latency, 3))
        self._note(reply)
        self.record(self._sample(ok=True, latency_ms=round(latency, 3)))
        return reply

    def _failed(self, error: ProviderError) -> None:
        self.tally.failed_attempts += 1
        self._note(error)
        self.record(self._sample(ok=False, error_code=error.code, error_message=error.message))

    def _sample(self, **fields: Any) -> CallSample:
        name = f"{self.provider}/{self.model.id}@{self.region}"
        return CallSample(provider=self.provider, deployment=name, at=self.clock.now(), **fields)

    def _note(self, answer: Any) -> None:
        found = getattr(answer, "request_id", None) or getattr(getattr(answer, "reply", None), "request_id", None)
        if found and len(self.tally.request_ids) < 16:
            self.tally.request_ids.append(found)

    def _same_model(self, answered: str) -> None:
        if answered and not any(same_model(answered, asked) for asked in (self.wire_name, self.model.id)):
            raise CheckFailedError("wrong_model", f"asked for `{self.wire_name}`, but `{answered[:100]}` answered")


def same_model(answered: str, asked: str) -> bool:
    """Whether a vendor's answer names the model that was asked: equal, or one is the other with a date or a suffix."""
    one, two = (
        "".join(c for c in name.rpartition("/")[2].lower().removesuffix(":latest") if c.isalnum())
        for name in (answered, asked)
    )
    return one.startswith(two) or two.startswith(one)


def _most(request: ChatRequest) -> Usage:
    """The most that a request can use: a token for each two characters, and the whole output."""
    likely = estimate(request, "")
    return Usage(likely.input_tokens * 2 + 16, request.max_output_tokens)
