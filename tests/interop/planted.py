"""A sound LiteLLM configuration, and mistakes planted into it one at a time.

python planted.py DIR        # writes them all, so that LiteLLM's own check can be asked: docs/litellm.md
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

SOUND = """\
model_list:
  - model_name: chat
    litellm_params:
      model: azure/gpt-4.1
      api_base: https://acme-swedencentral.openai.azure.com
      api_key: os.environ/AZURE_EU_KEY
      weight: 3
  - model_name: chat
    litellm_params:
      model: mistral/mistral-large-2512
      api_key: os.environ/MISTRAL_API_KEY
      weight: 1
  - model_name: chat-backup
    litellm_params:
      model: azure/gpt-4.1-mini
      api_base: https://acme-francecentral.openai.azure.com
      api_key: os.environ/AZURE_EU_KEY
  - model_name: chat-us
    litellm_params:
      model: azure/gpt-4.1-mini
      api_base: https://acme-eastus2.openai.azure.com
      api_key: os.environ/AZURE_US_KEY
  - model_name: small
    litellm_params:
      model: azure/gpt-4o-mini
      api_base: https://acme-westeurope.openai.azure.com
      api_key: os.environ/AZURE_EU_KEY
  - model_name: vectors
    litellm_params:
      model: openai/text-embedding-3-small
      api_key: os.environ/OPENAI_API_KEY

router_settings:
  routing_strategy: simple-shuffle
  num_retries: 2
  fallbacks:
    - chat: [chat-backup]
  context_window_fallbacks:
    - small: [chat]
  model_group_alias:
    gpt-4: chat
"""


class Mistake(NamedTuple):
    """One planted mistake: what was replaced by what, the rule that must find it, and at which text of the line."""

    name: str
    old: str
    new: str
    code: str
    at: str


MISTAKES = (
    Mistake("missing fallback target", "chat: [chat-backup]", "chat: [chat-bakcup]", "PX0809", "chat-bakcup"),
    Mistake("fallbacks for a missing group", "- chat: [chat-backup]", "- chatt: [chat-backup]", "PX0809", "chatt:"),
    Mistake("fallback cycle", "- chat: [chat-backup]",
            "- chat: [chat-backup]\n    - chat-backup: [chat]", "PX0810", "- chat: [chat-backup]"),
    Mistake("self-fallback", "chat: [chat-backup]", "chat: [chat]", "PX0811", "chat: [chat]"),
    Mistake("duplicate key", "  num_retries: 2\n", "  num_retries: 2\n  num_retries: 0\n", "PX0802", "num_retries: 0"),
    Mistake("misspelt setting", "  fallbacks:\n", "  falbacks:\n", "PX0803", "falbacks"),
    Mistake("misspelt parameter", "      weight: 3", "      wieght: 3", "PX0803", "wieght"),
    Mistake("misspelt strategy", "simple-shuffle", "simple-shufle", "PX0819", "simple-shufle"),
    Mistake("plain-text key", "os.environ/MISTRAL_API_KEY", "3fQ9vLx7TzK1mWnB4cYdR8sHgJ2pXeUa", "PX0807", "api_key"),
    Mistake("unknown provider", "mistral/mistral-large-2512", "mitsral/mistral-large-2512", "PX0804", "mitsral"),
    Mistake("unknown model", "mistral/mistral-large-2512", "mistral/mistral-larg-2512", "PX0805", "mistral-larg-"),
    Mistake("unpriced model", "mistral/mistral-large-2512", "fireworks_ai/acme-own-model", "PX0806", "acme-own"),
    Mistake("negative weight", "weight: 1", "weight: -1", "PX0816", "weight: -1"),
    Mistake("chat falls back to embedding", "chat: [chat-backup]", "chat: [vectors]", "PX0812", "[vectors]"),
    Mistake("fallback to a smaller context", "chat: [chat-backup]", "chat: [small]", "PX0813", "[small]"),
    Mistake("context window fallback that is smaller", "small: [chat]", "chat: [small]", "PX0813", "- chat: [small]"),
    Mistake("EU falls back to US", "chat: [chat-backup]", "chat: [chat-us]", "PX0814", "[chat-us]"),
    Mistake("chain beyond max_fallbacks", "  num_retries: 2\n", "  num_retries: 2\n  max_fallbacks: 0\n", "PX0815",
            "- chat: [chat-backup]"),
    Mistake("unset variable", "os.environ/MISTRAL_API_KEY", "os.environ/MISTRAL_APIKEY", "PX0808", "MISTRAL_APIKEY"),
    Mistake("shell variable", "os.environ/MISTRAL_API_KEY", "${MISTRAL_API_KEY}", "PX0820", "${MISTRAL"),
    Mistake("alias to nothing", "gpt-4: chat", "gpt-4: chatt", "PX0817", "gpt-4: chatt"),
    Mistake("duplicate deployment", "  - model_name: chat-backup\n",
            "  - model_name: chat\n    litellm_params:\n      model: mistral/mistral-large-2512\n"
            "      api_key: os.environ/MISTRAL_API_KEY\n      weight: 1\n  - model_name: chat-backup\n",
            "PX0818", "- model_name: chat"),
    Mistake("deployment without model", "      model: mistral/mistral-large-2512\n", "", "PX0801", "api_key"),
    Mistake("negative limit", "      weight: 1\n", "      weight: 1\n      rpm: -10\n", "PX0824", "rpm: -10"),
)  # fmt: skip

VARIABLES = frozenset({"AZURE_EU_KEY", "AZURE_US_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY"})
"""What is set where the configurations run."""


def text_of(mistake: Mistake) -> str:
    """The sound configuration with the mistake in it."""
    assert SOUND.count(mistake.old) >= 1, mistake.name
    return SOUND.replace(mistake.old, mistake.new, 1)


def main() -> None:
    """Write the sound configuration and every mistake into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "00-sound.yaml").write_text(SOUND, encoding="utf-8")
    for i, mistake in enumerate(MISTAKES, 1):
        name = f"{i:02}-{mistake.name.replace(' ', '-')}.yaml"
        (folder / name).write_text(text_of(mistake), encoding="utf-8")


if __name__ == "__main__":
    main()
