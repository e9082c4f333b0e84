"""tools: the model calls an offered tool with arguments of the right form, and answers when it gets the result."""

from __future__ import annotations

from typing import Any

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError
from pxctl.probe.suites.base import answers_text
from pxctl.probe.suites.chat import LIMIT, check_answer
from pxctl.providers.base import ChatRequest, Message, ToolSpec

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "name of a city"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = ToolSpec("get_weather", "The weather in a city now", SCHEMA)


class Tools:
    """A tool call, there and back."""

    name = "tools"

    def applies(self, model: ModelSpec) -> bool:
        """Models that say `tools`."""
        return answers_text(model) and "tools" in model.capabilities

    async def run(self, call: Caller) -> str:
        """One question that needs the tool, and its result."""
        question = Message("user", "What is the weather in Lisbon now? Use the get_weather tool.")
        first = await call.chat(ChatRequest(call.wire_name, (question,), LIMIT, tools=(TOOL,)))
        if not first.tool_calls:
            raise CheckFailedError(
                "no_tool_call", "the model answered without calling the tool that it was told to use"
            )
        wish = first.tool_calls[0]
        if wish.name != TOOL.name:
            raise CheckFailedError("wrong_tool", f"the model called `{wish.name[:60]}`, which was not offered")
        if not fits(dict(wish.arguments), SCHEMA):
            raise CheckFailedError("wrong_arguments", "the tool call's arguments do not fit the tool's schema")
        turns = (
            question,
            Message("assistant", first.text, tool_calls=(wish,)),
            Message("tool", '{"celsius": 21, "sky": "clear"}', tool_call_id=wish.id, tool_name=wish.name),
        )
        check_answer(await call.chat(ChatRequest(call.wire_name, turns, LIMIT, tools=(TOOL,))))
        return "a question that needs a tool, and the tool's result"


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value is valid under a JSON Schema."""
    import jsonschema_rs

    return bool(jsonschema_rs.is_valid(schema, value))


SUITE = Tools()
