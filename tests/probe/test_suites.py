"""Each suite with a model that can, and with models that cannot in the ways that models do."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import struct
import time
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pxctl.core.clock import SystemClock
from pxctl.model.provider import ModelModality, ModelSpec, Price, Retries
from pxctl.probe.budget import Budget
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.invoice import _GLYPHS, MARGIN, SCALE, invoice
from pxctl.probe.suites.registry import NAMES, open_suite
from pxctl.probe.suites.speech import measure
from pxctl.providers.base import ChatReply, ChatRequest, EmbedReply, SpeechReply, StreamEvent, ToolCall, Usage

FREE = Price(input_per_mtok=Decimal(0))
ABLE = ModelSpec(
    id="m", modality=ModelModality(input=("text", "image"), output=("text", "embedding", "audio")), context_tokens=8000,
    capabilities=("chat", "streaming", "tools", "json_schema"),
)  # fmt: skip


class Model:
    """An adapter whose answers are made by a function of the request."""

    kind = "test"
    features = frozenset({"chat"})

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer

    async def chat(self, request: ChatRequest) -> ChatReply:
        found = self.answer(request)
        return found if isinstance(found, ChatReply) else ChatReply(found, "stop", Usage(1, 1))

    async def stream(self, request: ChatRequest):
        for piece in self.answer(request):
            yield StreamEvent(text=piece)
        yield StreamEvent(finish="stop", usage=Usage(1, 1))

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        return EmbedReply(self.answer(texts), Usage(1))

    async def speak(self, model: str, text: str) -> SpeechReply:
        return SpeechReply(self.answer(text))


def run(suite: str, answer: Callable[[Any], Any], model: ModelSpec = ABLE) -> str:
    """`ok`, or the code of the failed check."""
    caller = Caller(
        Model(answer), "p", "us", model, FREE, Budget(), Retries(max=0), time.monotonic() + 60, SystemClock(),
        random.Random(7), lambda _: None,
    )  # fmt: skip
    try:
        assert asyncio.run(open_suite(suite).run(caller))
    except CheckFailedError as failed:
        return failed.code
    return "ok"


def read(png: bytes) -> str:
    """Reads an invoice back, glyph by glyph: the test's own optical character recognition."""
    data, at, width = b"", 8, 0
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", png, at + 8 + size)[0]
        width = struct.unpack(">I", body[:4])[0] if kind == b"IHDR" else width
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    raw = zlib.decompress(data)
    rows = [raw[i + 1 : i + 1 + width] for i in range(0, len(raw), width + 1)]
    names = {glyph: char for char, glyph in _GLYPHS.items()}
    lines = []
    for top in range(MARGIN, len(rows) - MARGIN, 9 * SCALE):
        line = ""
        for left in range(MARGIN, width - MARGIN, 6 * SCALE):
            bits = [
                "".join("1" if rows[top + y * SCALE][left + x * SCALE] < 128 else "0" for x in range(5))
                for y in range(7)
            ]
            line += names[" ".join(bits)]
        lines.append(line.rstrip())
    return "\n".join(lines)


def test_the_invoice_can_be_read() -> None:
    assert read(invoice("2026-0417", "1284.50")) == "INVOICE\nNO: 2026-0417\n\nSERVICE    1\nTOTAL: 1284.50 EUR"


def looks(request: ChatRequest) -> str:
    text = read(request.messages[0].images[0].data)
    return f"It is {re.search(r'NO: ([0-9]+)', text)[1]}."  # type: ignore[index]


def remembers(request: ChatRequest) -> str:
    return re.search(r"safe is ([0-9]+)", request.messages[0].text)[1]  # type: ignore[index]


def forecasts(request: ChatRequest) -> ChatReply:
    if any(message.role == "tool" for message in request.messages):
        return ChatReply("21 degrees", "stop", Usage(1, 1))
    return ChatReply("", "tool_calls", Usage(1, 1), tool_calls=(ToolCall("1", "get_weather", {"city": "Lisbon"}),))


def calling(name: str, arguments: dict[str, Any]) -> Callable[[ChatRequest], ChatReply]:
    return lambda _: ChatReply("", "tool_calls", Usage(1, 1), tool_calls=(ToolCall("1", name, arguments),))


def vectors(texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    kinds = {"cat": (1.0, 0.1), "kitten": (0.9, 0.2), "tax": (0.1, 1.0)}
    return tuple(next(v for word, v in kinds.items() if word in text) for text in texts)


def wav(seconds: float = 2.0, loud: int = 8000, size: int | None = None, bits: int = 16) -> bytes:
    pcm = b"".join(struct.pack("<h", loud if i % 20 < 10 else -loud) for i in range(int(8000 * seconds)))
    fmt = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + fmt + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(pcm) if size is None else size) + pcm
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


JSON = json.dumps({"city": "Porto", "population": 231800, "coastal": True})


@pytest.mark.parametrize(
    ("suite", "answer", "expected"),
    [
        ("chat", lambda _: "ready", "ok"),
        ("chat", lambda _: "  ", "empty_answer"),
        ("chat", lambda _: ChatReply("", "length", Usage(1, 1)), "empty_answer"),
        ("chat", lambda _: ChatReply("rea", "content_filter", Usage(1, 1)), "content_policy"),
        ("chat", lambda _: ChatReply("ready", "stop", Usage(1, 1), "other-model"), "wrong_model"),
        ("streaming", lambda _: ["1, ", "2"], "ok"),
        ("streaming", lambda _: [], "empty_answer"),
        ("tools", forecasts, "ok"),
        ("tools", lambda _: "It is sunny", "no_tool_call"),
        ("tools", calling("get_wether", {"city": "Lisbon"}), "wrong_tool"),
        ("tools", calling("get_weather", {"town": "Lisbon"}), "wrong_arguments"),
        ("structured", lambda _: JSON, "ok"),
        ("structured", lambda _: f"```json\n{JSON}\n```", "not_json"),
        ("structured", lambda _: '{"city": "Porto"}', "wrong_form"),
        ("vision", looks, "ok"),
        ("vision", lambda _: "I see an invoice", "misread"),
        ("vision", lambda _: "It is 12345", "misread"),
        ("embeddings", vectors, "ok"),
        ("embeddings", lambda texts: vectors(texts)[:1], "wrong_count"),
        ("embeddings", lambda texts: tuple(((1.0,) * (i + 1)) for i, _ in enumerate(texts)), "wrong_dimension"),
        ("embeddings", lambda texts: ((0.0, 0.0),) * len(texts), "not_finite"),
        ("embeddings", lambda texts: ((float("nan"), 0.0),) * len(texts), "not_finite"),
        ("embeddings", lambda texts: ((1.0, 0.0),) * len(texts), "wrong_order"),
        ("speech", lambda _: wav(), "ok"),
        ("speech", lambda _: wav(size=0xFFFFFFFF), "ok"),
        ("speech", lambda _: wav(size=0), "ok"),
        ("speech", lambda _: wav(seconds=0.3), "too_short"),
        ("speech", lambda _: wav(loud=0), "silent"),
        ("speech", lambda _: b"ID3\x04 an mp3", "not_audio"),
        ("speech", lambda _: wav(bits=8), "not_audio"),
        ("speech", lambda _: b"RIFF\0\0\0\0WAVE", "not_audio"),
        ("long_context", remembers, "ok"),
        ("long_context", lambda _: "I do not know", "not_found_in_context"),
    ],
)  # fmt: skip
def test_suites(suite: str, answer: Callable[[Any], Any], expected: str) -> None:
    assert run(suite, answer) == expected


def test_what_applies_to_what() -> None:
    embedder = ModelSpec(id="e", modality=ModelModality(output=("embedding",)))
    speaker = ModelSpec(id="s", modality=ModelModality(output=("audio",)))
    plain = ModelSpec(id="p")
    applying = lambda model: {name for name in NAMES if open_suite(name).applies(model)}  # noqa: E731
    assert applying(embedder) == {"embeddings"} and applying(speaker) == {"speech"} and applying(plain) == {"chat"}
    assert applying(ABLE) == set(NAMES)


def test_the_measure_of_a_wav() -> None:
    seconds, loudness = measure(wav(1.5, 16384))
    assert seconds == pytest.approx(1.5) and loudness == pytest.approx(0.5)


@pytest.mark.real_model
def test_a_real_small_model() -> None:
    """Opt in: `REAL_MODEL_URL=http://127.0.0.1:8080/v1 REAL_MODEL=gemma3 pytest -m real_model tests/probe`."""
    from pxctl.model.provider import Endpoint, Provider, ValidationSpec
    from pxctl.probe.run import Credentials, Job, Runner
    from pxctl.probe.settings import Settings

    url = os.environ.get("REAL_MODEL_URL")
    if not url:
        pytest.skip("needs REAL_MODEL_URL, an OpenAI-compatible endpoint")
    provider = Provider(
        id="real", display_name="real", kind="openai_compatible", endpoints=(Endpoint(region="local", url=url),),
        secret_policy="none", models=(ModelSpec(id=os.environ.get("REAL_MODEL", "m"), capabilities=("streaming",)),),
        validation=ValidationSpec(suites=("chat", "streaming")), timeout_ms=120_000,
    )  # fmt: skip
    outcome = asyncio.run(
        Runner(Settings(deadline_s=600), lambda *_: Credentials(), "0").run([Job(provider, "", lambda _: FREE)])
    )
    assert outcome.evidence[0].passed, outcome.evidence[0].reasons
