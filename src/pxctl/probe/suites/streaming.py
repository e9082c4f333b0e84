"""streaming: an answer comes in pieces and ends with its end mark."""

from __future__ import annotations

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller
from pxctl.probe.suites.base import answers_text
from pxctl.probe.suites.chat import LIMIT, check_answer
from pxctl.providers.base import ChatRequest, Message


class Streaming:
    """Pieces, the time to the first of them, the end mark."""

    name = "streaming"

    def applies(self, model: ModelSpec) -> bool:
        """Models that say `streaming`."""
        return answers_text(model) and "streaming" in model.capabilities

    async def run(self, call: Caller) -> str:
        """Two streamed answers."""
        times = max(1, call.samples - 1)
        first, pieces = [], 0
        for number in range(times):
            question = f"This is stream check {number + 1}. Count from 1 to 10, separated by commas"
            done = await call.stream(ChatRequest(call.wire_name, (Message("user", question),), LIMIT))
            check_answer(done.reply)
            first.append(done.first_ms)
            pieces += done.pieces
        call.tally.measured |= {"first_piece_ms": round(min(first), 3), "pieces": float(pieces)}
        return f"{times} requests to count to ten, streamed"


SUITE = Streaming()
