"""structured: asked for JSON of a schema, the model answers JSON of that schema."""

from __future__ import annotations

import json
from typing import Any

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.suites.base import answers_text
from pxctl.probe.suites.chat import LIMIT, check_answer
from pxctl.probe.suites.tools import fits
from pxctl.providers.base import ChatRequest, Message

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "population": {"type": "integer"},
        "coastal": {"type": "boolean"},
    },
    "required": ["city", "population", "coastal"],
    "additionalProperties": False,
}


class Structured:
    """An answer that fits a schema."""

    name = "structured"

    def applies(self, model: ModelSpec) -> bool:
        """Models that say `json_schema`."""
        return answers_text(model) and "json_schema" in model.capabilities

    async def run(self, call: Caller) -> str:
        """One question with a schema for its answer."""
        question = Message(
            "user", "Name a city in Portugal, its population, and whether it lies on the coast. Answer as JSON."
        )
        reply = await call.chat(ChatRequest(call.wire_name, (question,), LIMIT, json_schema=SCHEMA))
        check_answer(reply)
        try:
            value = json.loads(reply.text)
        except (ValueError, RecursionError):
            raise CheckFailedError("not_json", "the answer is not JSON, although a schema was given") from None
        if not fits(value, SCHEMA):
            raise CheckFailedError("wrong_form", "the answer is JSON, but does not fit the schema that was given")
        return "a question with a JSON Schema for its answer"


SUITE = Structured()
