"""Which column of a trace means what: presets for public traces and spend logs, and a mapping of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pxctl.core.errors import UsageError
from pxctl.replay.rows import FIELDS

TimeUnit = Literal["iso", "s", "ms", "us"]


@dataclass(frozen=True)
class Columns:
    """Our field -> the trace's column. `time` says how a timestamp is written.

    `sticky_tenants`: ids that the roster lacks are mapped onto it, the same id always to the same tenant.
    `words` translates values of a dimension, such as a spend log's call types into modalities.
    """

    of: Mapping[str, str]
    time: TimeUnit = "iso"
    sticky_tenants: bool = False
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_CALLS = {
    "completion": "chat", "acompletion": "chat", "text_completion": "chat", "atext_completion": "chat",
    "anthropic_messages": "chat", "responses": "chat", "aresponses": "chat", "embedding": "embedding",
    "aembedding": "embedding", "image_generation": "image", "aimage_generation": "image", "transcription": "stt",
    "atranscription": "stt", "speech": "tts", "aspeech": "tts",
}  # fmt: skip

PRESETS: dict[str, Columns] = {
    "plain": Columns({name: name for name in FIELDS}),
    "azure2023": Columns(
        {"timestamp": "TIMESTAMP", "input_tokens": "ContextTokens", "output_tokens": "GeneratedTokens"}
    ),
    "mooncake": Columns(
        {"timestamp": "timestamp", "input_tokens": "input_length", "output_tokens": "output_length"}, time="ms"
    ),
    "litellm": Columns(
        {"timestamp": "startTime", "input_tokens": "prompt_tokens", "output_tokens": "completion_tokens",
         "tenant": "team_id", "user": "user", "trace_id": "request_id", "modality": "call_type"},
        sticky_tenants=True,
        words={"modality": _CALLS},
    ),
}  # fmt: skip
"""Azure's LLM inference traces (2023, and 2024 in the same columns), Mooncake's, LiteLLM's spend logs, and a file
whose columns have our own names."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "plain": ("input_tokens",),
    "azure2023": ("timestamp", "input_tokens", "output_tokens"),
    "mooncake": ("timestamp", "input_tokens", "output_tokens"),
    "litellm": ("input_tokens", "output_tokens"),
}


def columns_for(preset: str | None, extra: Mapping[str, str]) -> tuple[Columns, tuple[str, ...]]:
    """The mapping of a preset with `extra` (field -> column) laid over it, and the fields that must be there.

    Raises UsageError for an unknown preset or field.
    """
    name = preset or "plain"
    if name not in PRESETS:
        raise UsageError(f"no trace preset `{name}`", hint="presets: " + ", ".join(PRESETS))
    for key in extra:
        if key not in FIELDS:
            raise UsageError(f"`{key}` is not a field of a request", hint="fields: " + ", ".join(FIELDS))
    base = PRESETS[name]
    required = tuple(dict.fromkeys((*REQUIRED[name], *extra)))
    return Columns({**base.of, **extra}, base.time, base.sticky_tenants, base.words), required
