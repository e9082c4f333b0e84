"""vision: a number that stands only in a picture of an invoice comes back as text."""

from __future__ import annotations

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.invoice import invoice
from pxctl.probe.suites.chat import LIMIT, check_answer
from pxctl.providers.base import ChatRequest, Image, Message


class Vision:
    """Reading a rendered invoice."""

    name = "vision"

    def applies(self, model: ModelSpec) -> bool:
        """Models that take text and pictures and answer text."""
        return {"text", "image"} <= set(model.modality.input) and "text" in model.modality.output

    async def run(self, call: Caller) -> str:
        """One invoice with a number drawn for this run."""
        number = f"{call.rng.randrange(10_000, 100_000)}"
        total = f"{call.rng.randrange(100, 1000)}.{call.rng.randrange(10, 100)}"
        question = "What is the number of this invoice? Reply with the number alone."
        picture = Image(invoice(number, total))
        reply = await call.chat(ChatRequest(call.wire_name, (Message("user", question, (picture,)),), LIMIT))
        check_answer(reply)
        if number not in "".join(c for c in reply.text if c not in " ,.-\u202f"):
            raise CheckFailedError("misread", "the invoice's number did not come back: the picture was not read")
        return "a rendered invoice and the question for its number"


SUITE = Vision()
