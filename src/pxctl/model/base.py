"""What every model shares: frozen, no unknown fields, constrained strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63, description="kebab-case, stable")]
TenantId = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$", description="stable tenant id")]
Name = Annotated[str, Field(min_length=1, max_length=128)]
ModelId = Annotated[str, Field(pattern=r"^[^\s@]+$", max_length=200, description="as the vendor writes it")]
DeploymentText = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(/[^\s@]+(@[^\s@/]+)?)?$",
        description="provider, provider/model or provider/model@region",
    ),
]
Duration = Annotated[str, Field(pattern=r"^[0-9]+(ms|s|m|h|d|w)$", description="a number and ms, s, m, h, d or w")]
Modality = Literal["chat", "vision", "tts", "stt", "embedding", "image"]
Medium = Literal["text", "image", "audio", "video", "embedding"]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]
"""USD with at most six decimals."""
RiskLevel = Literal["low", "medium", "high"]

NO_SECRET_KINDS = frozenset({"ollama", "llama_cpp"})
"""Kinds of providers that need no credential unless their file says so."""
OTHER = "other"
"""What an unknown task type, language, tag or region counts as."""
UNDETERMINED = "und"
"""BCP 47's tag for a language that nobody stated."""

MODALITIES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "chat": (frozenset({"text"}), frozenset({"text"})),
    "vision": (frozenset({"text", "image"}), frozenset({"text"})),
    "tts": (frozenset({"text"}), frozenset({"audio"})),
    "stt": (frozenset({"audio"}), frozenset({"text"})),
    "embedding": (frozenset({"text"}), frozenset({"embedding"})),
    "image": (frozenset({"text"}), frozenset({"image"})),
}
"""Each request modality: the inputs and the outputs that a model must have."""


def normal_language(tag: str) -> str:
    """A BCP 47 tag in lower case with `-` as separator; languages are compared after this."""
    return tag.strip().replace("_", "-").lower()


Language = Annotated[str, Field(min_length=1, max_length=35), AfterValidator(normal_language)]

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def duration_ms(text: str) -> int:
    """Milliseconds in a duration such as `90d` or `250ms`. Raises ValueError for anything else."""
    number = text.rstrip("mshdw")
    if not number.isascii() or not number.isdigit() or text[len(number) :] not in _UNITS:
        raise ValueError(f"`{text}` is not a duration such as 250ms, 30s, 5m, 2h, 90d or 1w")
    return int(number) * _UNITS[text[len(number) :]]


class Model(BaseModel):
    """Base of every value: frozen, strict about unknown fields.

    The validator of a model is built when it is first used, and a default that is a model is made with
    `model_construct()`: most models of a run are parts of others and are never validated by themselves.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, validate_default=False, defer_build=True
    )
