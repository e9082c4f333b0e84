"""chat: a short question gets a short answer, several times, from the model that was asked."""

from __future__ import annotations

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.suites.base import answers_text
from pxctl.providers.base import ChatReply, ChatRequest, Message

LIMIT = 256
"""Output tokens: room enough for models that think before they answer."""


class Chat:
    """Answers, and latency."""

    name = "chat"

    def applies(self, model: ModelSpec) -> bool:
        """Every model from text to text."""
        return answers_text(model)

    async def run(self, call: Caller) -> str:
        """As many questions as samples are wanted."""
        for number in range(call.samples):
            question = f"This is connection check {number + 1}. Reply with the single word: ready"
            check_answer(await call.chat(ChatRequest(call.wire_name, (Message("user", question),), LIMIT)))
        return f"{call.samples} short questions"


def check_answer(reply: ChatReply) -> None:
    """An answer has text and ended by itself."""
    if not reply.text.strip():
        if reply.finish == "length":
            raise CheckFailedError("empty_answer", f"the model used {LIMIT} output tokens without a visible answer")
        raise CheckFailedError("empty_answer", "the answer is empty")
    if reply.finish == "content_filter":
        raise CheckFailedError("content_policy", "the vendor's filter cut a harmless answer")


SUITE = Chat()
