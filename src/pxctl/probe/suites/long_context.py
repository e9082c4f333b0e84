"""long_context: a number in the middle of a long text is found.

The text fills half of the model's stated context, at most `MOST` tokens: enough to catch an endpoint that takes far
less than the file says, without a bill for the whole window.
"""

from __future__ import annotations

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.suites.base import answers_text
from pxctl.probe.suites.chat import LIMIT, check_answer
from pxctl.providers.base import ChatRequest, Message

MOST = 16_000
LINE = "Line {n}: the warehouse reported no change in stock, and nothing was shipped that day.\n"
LINE_TOKENS = 20


class LongContext:
    """A needle in a haystack."""

    name = "long_context"

    def applies(self, model: ModelSpec) -> bool:
        """Text models that state their context."""
        return answers_text(model) and model.context_tokens is not None

    async def run(self, call: Caller) -> str:
        """One long text with one number in it."""
        tokens = min((call.model.context_tokens or 0) // 2, MOST)
        number = str(call.rng.randrange(100_000, 1_000_000))
        lines = [LINE.format(n=n + 1) for n in range(max(4, tokens // LINE_TOKENS))]
        lines.insert(len(lines) // 2, f"Remember: the code of the safe is {number}.\n")
        question = "".join(lines) + "\nWhat is the code of the safe? Reply with the number alone."
        reply = await call.chat(ChatRequest(call.wire_name, (Message("user", question),), LIMIT))
        check_answer(reply)
        if number not in reply.text.replace(",", "").replace(" ", ""):
            raise CheckFailedError(
                "not_found_in_context", f"a number in the middle of about {tokens} tokens was not found"
            )
        call.tally.measured["context_tokens"] = float(tokens)
        return f"about {tokens} tokens of filler with a number in the middle"


SUITE = LongContext()
