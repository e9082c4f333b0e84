"""The words that LiteLLM's configuration may hold, as one release of it had them; and how its names map to ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Vocabulary:
    """Keys by section. Made by tools/make_litellm_vocabulary.py."""

    version: str
    sections: frozenset[str]
    model: frozenset[str]
    litellm_params: frozenset[str]
    model_info: frozenset[str]
    router_settings: frozenset[str]
    litellm_settings: frozenset[str]
    general_settings: frozenset[str]
    strategies: frozenset[str]
    retry_policy: frozenset[str]
    allowed_fails_policy: frozenset[str]
    providers: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with pxctl."""
    raw = json.loads(files("pxctl.interop.litellm").joinpath("data/vocabulary.json").read_text(encoding="utf-8"))
    return Vocabulary(version=raw.pop("version"), **{name: frozenset(words) for name, words in raw.items()})


VENDORS = {
    "openai": "openai", "text-completion-openai": "openai", "anthropic": "anthropic", "anthropic_text": "anthropic",
    "azure": "azure", "azure_text": "azure", "azure_ai": "azure", "gemini": "google", "vertex_ai": "google",
    "vertex_ai_beta": "google", "bedrock": "aws", "bedrock_converse": "aws", "mistral": "mistral",
    "codestral": "mistral", "groq": "groq", "cohere": "cohere", "cohere_chat": "cohere", "deepseek": "deepseek",
    "xai": "x-ai", "perplexity": "perplexity", "together_ai": "together", "fireworks_ai": "fireworks",
    "openrouter": "openrouter", "ollama": "ollama", "ollama_chat": "ollama", "voyage": "voyageai",
    "cerebras": "cerebras", "deepinfra": "deepinfra", "moonshot": "moonshotai", "minimax": "minimax", "zai": "zai",
    "elevenlabs": "elevenlabs", "deepgram": "deepgram", "sambanova": "sambanova",
}  # fmt: skip
"""LiteLLM's provider -> the catalogue's vendor."""

COMPLETE = frozenset(
    {"openai", "anthropic", "google", "mistral", "groq", "cohere", "deepseek", "x-ai", "perplexity", "voyageai", "aws"}
)
"""Vendors whose models the catalogue lists well enough to call another name unknown."""

KINDS = {
    "anthropic": "anthropic", "azure": "azure_openai", "gemini": "gemini", "bedrock": "bedrock", "ollama": "ollama",
    "ollama_chat": "ollama", "llamafile": "llama_cpp",
    **dict.fromkeys(
        ("openai", "custom_openai", "openai_like", "text-completion-openai", "groq", "mistral", "codestral", "deepseek",
         "xai", "perplexity", "together_ai", "fireworks_ai", "openrouter", "cerebras", "deepinfra", "moonshot",
         "hosted_vllm", "vllm", "lm_studio", "nvidia_nim", "voyage", "zai", "minimax", "sambanova", "litellm_proxy",
         "docker_model_runner", "xinference", "novita", "nebius", "hyperbolic", "featherless_ai", "github"),
        "openai_compatible",
    ),
}  # fmt: skip
"""LiteLLM's provider -> the kind of ours; anything else is `other`."""

BASES = {
    "openai": "https://api.openai.com/v1", "text-completion-openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com", "gemini": "https://generativelanguage.googleapis.com/v1beta",
    "mistral": "https://api.mistral.ai/v1", "codestral": "https://codestral.mistral.ai/v1",
    "groq": "https://api.groq.com/openai/v1", "deepseek": "https://api.deepseek.com/v1", "xai": "https://api.x.ai/v1",
    "perplexity": "https://api.perplexity.ai", "together_ai": "https://api.together.xyz/v1",
    "fireworks_ai": "https://api.fireworks.ai/inference/v1", "openrouter": "https://openrouter.ai/api/v1",
    "cerebras": "https://api.cerebras.ai/v1", "deepinfra": "https://api.deepinfra.com/v1/openai",
    "moonshot": "https://api.moonshot.ai/v1", "voyage": "https://api.voyageai.com/v1", "zai": "https://api.z.ai/api/paas/v4",
    "cohere": "https://api.cohere.com/v2", "cohere_chat": "https://api.cohere.com/v2", "minimax": "https://api.minimax.io/v1",
    "ollama": "http://localhost:11434", "ollama_chat": "http://localhost:11434",
    "huggingface": "https://router.huggingface.co/v1", "sambanova": "https://api.sambanova.ai/v1",
    "nvidia_nim": "https://integrate.api.nvidia.com/v1", "elevenlabs": "https://api.elevenlabs.io/v1",
    "deepgram": "https://api.deepgram.com/v1",
}  # fmt: skip
"""Where a provider answers when no `api_base` is given."""

KEYS = {
    "openai": "OPENAI_API_KEY", "text-completion-openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY",
    "azure": "AZURE_API_KEY", "azure_ai": "AZURE_AI_API_KEY", "gemini": "GEMINI_API_KEY", "mistral": "MISTRAL_API_KEY",
    "codestral": "CODESTRAL_API_KEY", "groq": "GROQ_API_KEY", "deepseek": "DEEPSEEK_API_KEY", "xai": "XAI_API_KEY",
    "perplexity": "PERPLEXITYAI_API_KEY", "together_ai": "TOGETHERAI_API_KEY", "fireworks_ai": "FIREWORKS_AI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY", "cerebras": "CEREBRAS_API_KEY", "deepinfra": "DEEPINFRA_API_KEY",
    "moonshot": "MOONSHOT_API_KEY", "voyage": "VOYAGE_API_KEY", "cohere": "COHERE_API_KEY",
    "cohere_chat": "COHERE_API_KEY", "huggingface": "HUGGINGFACE_API_KEY", "zai": "ZAI_API_KEY",
    "minimax": "MINIMAX_API_KEY", "replicate": "REPLICATE_API_KEY", "nvidia_nim": "NVIDIA_NIM_API_KEY",
    "elevenlabs": "ELEVENLABS_API_KEY", "deepgram": "DEEPGRAM_API_KEY", "sambanova": "SAMBANOVA_API_KEY",
}  # fmt: skip
"""The variable that LiteLLM reads when no `api_key` is given."""

KEYLESS = frozenset({"ollama", "ollama_chat", "llamafile", "lm_studio", "docker_model_runner", "vllm", "hosted_vllm"})
"""Providers that are usually called without a key."""
