"""Keeps an adapter's promise: whatever shape an answer has, only ProviderError leaves.

An adapter reads answers as they should be. One of another shape makes it stumble over a type, a key or an index; here,
at the seam, that becomes `bad_response`. It holds for plugins as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager

from pxctl.providers.base import Adapter, ChatReply, ChatRequest, EmbedReply, Feature, SpeechReply, StreamEvent
from pxctl.providers.errors import ProviderError


class Guarded:
    """An adapter behind its guard."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self.kind: str = adapter.kind
        self.features: frozenset[Feature] = adapter.features

    async def chat(self, request: ChatRequest) -> ChatReply:
        """As the adapter."""
        with _shaped():
            return await self._adapter.chat(request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """As the adapter."""
        with _shaped():
            async with aclosing(self._adapter.stream(request)) as events:  # type: ignore[type-var]  # a generator
                async for event in events:
                    yield event

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        """As the adapter."""
        with _shaped():
            return await self._adapter.embed(model, texts)

    async def speak(self, model: str, text: str) -> SpeechReply:
        """As the adapter."""
        with _shaped():
            return await self._adapter.speak(model, text)

    async def aclose(self) -> None:
        """As the adapter."""
        await self._adapter.aclose()


@contextmanager
def _shaped() -> Iterator[None]:
    try:
        yield
    except (TypeError, AttributeError, KeyError, IndexError, ValueError, RecursionError) as error:
        where = type(error).__name__
        raise ProviderError("bad_response", f"the answer has an unexpected shape ({where} while reading it)") from None
