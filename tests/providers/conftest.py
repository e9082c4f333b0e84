"""Adapters against servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.servers import own_certificate

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, ModelSpec, Provider
from pxctl.providers.base import Adapter, ChatRequest, Message
from pxctl.providers.registry import open_adapter

KEY = "canary-key-0123456789abcdef"


def adapter_for(kind: str, url: str, timeout_s: float = 20.0, key: str | None = KEY, **options: str) -> Adapter:
    provider = Provider(
        id="p", display_name="P", kind=kind, endpoints=(Endpoint(region="us", url=url),), models=(ModelSpec(id="m"),),
        options=options,
    )  # fmt: skip
    secrets = {"api_key": Secret(key)} if key else {}
    return open_adapter(provider, provider.endpoints[0], secrets, timeout_s=timeout_s)


def using(
    kind: str, url: str, use: Callable[[Adapter], Awaitable[Any]], timeout_s: float = 20.0, **options: str
) -> Any:
    async def run() -> Any:
        adapter = adapter_for(kind, url, timeout_s, **options)
        try:
            return await use(adapter)
        finally:
            await adapter.aclose()

    return asyncio.run(run())


def ask(text: str = "ping", **fields: Any) -> ChatRequest:
    return ChatRequest("m", (Message("user", text),), **fields)


async def drained(adapter: Adapter, request: ChatRequest) -> list[Any]:
    return [event async for event in adapter.stream(request)]


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture
def tls_context(tmp_path: Path) -> Any:
    """A certificate that nobody vouches for."""
    return own_certificate(tmp_path)
