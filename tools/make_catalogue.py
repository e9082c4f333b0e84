"""Make `src/pxctl/load/data/catalogue.json`: a dated price list of models, from two public price lists.

Prices come from `genai-prices` (PyPI, MIT, Pydantic Services). Modes, exact context sizes, output limits, capabilities,
retirement dates, and the models that the first list lacks, come from LiteLLM's `model_prices_and_context_window.json`
(MIT, BerriAI), given as a file.

    python tools/make_catalogue.py --litellm model_prices.json.gz --litellm-version 1.109.1

Rules, so that the result can be checked by hand:

- Prices are the standard tier's in force on the catalogue's date, in USD per million tokens, at most six decimals,
  rounded up. Where a price grows with the length of the prompt, the lowest tier is taken.
- Speech and image models count the tokens of their medium (`input_audio`, `output_audio`, `output_image`) where those
  are priced. Models that are priced by the second, the character or the picture have no price here.
- The date is the newest day on which `genai-prices` says that a price was verified or began.
- A ceiling is the highest input price and the highest output price of a modality, each taken alone, over all priced
  models that are not retired by that date. Prices above 1,000 USD per million tokens are taken for slips of the unit
  and listed on standard error.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src/pxctl/load/data/catalogue.json"
SLIP = Decimal(1000)
SLIP_EMBEDDING = Decimal(10)

# LiteLLM's provider names, and ours (genai-prices' where it has one).
VENDORS = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "anthropic": "anthropic",
    "azure": "azure",
    "azure_text": "azure",
    "azure_ai": "azure",
    "gemini": "google",
    "vertex_ai-language-models": "google",
    "vertex_ai-embedding-models": "google",
    "vertex_ai-anthropic_models": "google",
    "vertex_ai-mistral_models": "google",
    "vertex_ai-llama_models": "google",
    "vertex_ai": "google",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "mistral": "mistral",
    "codestral": "mistral",
    "groq": "groq",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "perplexity": "perplexity",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "openrouter": "openrouter",
    "ollama": "ollama",
    "voyage": "voyageai",
    "cerebras": "cerebras",
    "deepinfra": "deepinfra",
    "moonshot": "moonshotai",
    "minimax": "minimax",
    "zai": "zai",
    "elevenlabs": "elevenlabs",
    "deepgram": "deepgram",
    "nvidia_nim": "nvidia",
    "sambanova": "sambanova",
    "jina_ai": "jina",
}
# Vendors of genai-prices that resell through one account and would only bloat the list.
LEFT_OUT = {
    "cursor",
    "github-copilot",
    "quicksilverpro",
    "modal",
    "doubleword",
    "novita",
    "typesafe",
    "openai-decisions",
}
HOSTS = {
    "api.openai.com": "openai",
    "eu.api.openai.com": "openai",
    "us.api.openai.com": "openai",
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "aiplatform.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x-ai",
    "api.perplexity.ai": "perplexity",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "openrouter.ai": "openrouter",
    "api.cerebras.ai": "cerebras",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "api.voyageai.com": "voyageai",
    "api.deepinfra.com": "deepinfra",
    "api.moonshot.ai": "moonshotai",
    "api.minimax.io": "minimax",
    "amazonaws.com": "aws",
}
KINDS = {"anthropic": "anthropic", "gemini": "google", "azure_openai": "azure", "bedrock": "aws", "ollama": "ollama"}
MODES = {
    "chat": "chat",
    "completion": "chat",
    "responses": "chat",
    "embedding": "embedding",
    "audio_transcription": "stt",
    "audio_speech": "tts",
    "image_generation": "image",
    "image_edit": "image",
}
CAPABILITIES = {
    "supports_function_calling": "tools",
    "supports_response_schema": "json_schema",
    "supports_vision": "vision",
    "supports_reasoning": "reasoning",
    "supports_prompt_caching": "prompt_caching",
    "supports_pdf_input": "pdf_input",
    "supports_audio_input": "audio_input",
    "supports_web_search": "web_search",
}


def money(amount: Any) -> Decimal | None:
    """USD per million tokens with at most six decimals, rounded up; None for nothing and for slips."""
    if amount is None:
        return None
    value = Decimal(str(amount))
    return None if value < 0 else value.quantize(Decimal("0.000001"), rounding=ROUND_UP)


def per_million(entry: dict[str, Any], *names: str) -> Decimal | None:
    """The first of LiteLLM's per-token prices that is a number, per million."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, int | float):
            return money(Decimal(str(value)) * 1_000_000)
    return None


def price(
    into: Decimal | None, cached: Decimal | None, out: Decimal | None, key: str, slip: Decimal = SLIP
) -> dict[str, str] | None:
    """A price as the model of the catalogue writes it; None without an input price, or above `slip`."""
    if into is None:
        return None
    if max(into, out or Decimal(0)) > slip:
        print(f"left out, unit slip: {key} at {into} / {out} USD per million tokens", file=sys.stderr)
        return None
    found = {"input_per_mtok": f"{into.normalize():f}", "output_per_mtok": f"{(out or Decimal(0)).normalize():f}"}
    if cached is not None and cached <= into:
        found["cached_input_per_mtok"] = f"{cached.normalize():f}"
    return found


def dates_in(providers: Any) -> Iterator[date]:
    """Every day on which a price of genai-prices was verified, checked or began."""
    for provider in providers:
        for model in provider.models:
            for text in re.findall(r"20\d\d-\d\d-\d\d", model.price_comments or ""):
                yield date.fromisoformat(text)


def in_force(prices: Any, day: date) -> Any:
    """The price list of a model on a day: the last one whose start is not after it."""
    if not isinstance(prices, list):
        return prices
    current = prices[0].prices
    for conditional in prices:
        start = getattr(conditional.constraint, "start_date", None)
        if conditional.constraint is None or (start is not None and start <= day):
            current = conditional.prices
    return current


def lowest_tier(value: Any) -> Decimal | None:
    """A plain price, or the base of one that grows with the prompt."""
    return money(getattr(value, "base", value))


def names_of(model: Any) -> Iterator[str]:
    """The model's id, and the exact aliases of its match clause."""
    yield model.id
    clauses = getattr(model.match, "or_", None) or [model.match]
    for clause in clauses:
        exact = getattr(clause, "equals", None)
        if exact:
            yield exact


def from_genai(day: date) -> dict[str, dict[str, Any]]:
    """Prices and context sizes of genai-prices by `vendor/id`."""
    from genai_prices import data

    found: dict[str, dict[str, Any]] = {}
    for provider in data.providers:
        if provider.id in LEFT_OUT or provider.id.startswith("huggingface_"):
            continue
        for model in provider.models:
            current = in_force(model.prices, day)
            into = lowest_tier(current.input_mtok)
            cached, out = lowest_tier(current.cache_read_mtok), lowest_tier(current.output_mtok)
            if into is None:
                into = lowest_tier(getattr(current, "input_audio_mtok", None))
            audio_out = lowest_tier(getattr(current, "output_audio_mtok", None))
            for name in names_of(model):
                key = f"{provider.id}/{name}"
                if re.search(r"[\s@]", name) or key in found:
                    continue
                entry: dict[str, Any] = {"vendor": provider.id, "id": name}
                entry["price"] = price(
                    into, cached, out if audio_out is None else max(audio_out, out or audio_out), key
                )
                entry["context_tokens"] = model.context_window
                found[key] = entry
    return found


def add_litellm(found: dict[str, dict[str, Any]], listed: dict[str, Any]) -> None:
    """Modes, limits, capabilities and retirement dates; and whole models that are not there yet."""
    for name, entry in listed.items():
        vendor = VENDORS.get(entry.get("litellm_provider", ""))
        mode = MODES.get(entry.get("mode", ""))
        if vendor is None or mode is None or name == "sample_spec":
            continue
        prefix = entry["litellm_provider"].split("-")[0]
        id_ = name.removeprefix(prefix + "/").removeprefix(vendor + "/")
        if re.search(r"[\s@]", id_) or re.match(r"\d+-x-\d+/|\d+x\d+/|(hd|standard|low|medium|high)/", id_):
            continue
        target = found.setdefault(f"{vendor}/{id_}", {"vendor": vendor, "id": id_})
        target.setdefault("mode", mode)
        window = entry.get("max_input_tokens")
        if isinstance(window, int) and window > 0:
            target["context_tokens"] = window
        limit = entry.get("max_output_tokens")
        if isinstance(limit, int) and limit > 0 and mode == "chat":
            target["max_output_tokens"] = limit
        if mode == "chat":
            able = {word for field, word in CAPABILITIES.items() if entry.get(field)}
            target["capabilities"] = sorted(able | {"chat", "streaming"} | set(target.get("capabilities") or ()))
        ends = str(entry.get("deprecation_date") or "")
        if re.fullmatch(r"20\d\d-\d\d-\d\d", ends):
            target["deprecated"] = ends
        if target.get("price") is None or mode in ("tts", "stt", "image"):
            into = per_million(entry, "input_cost_per_audio_token", "input_cost_per_token")
            out = per_million(
                entry, "output_cost_per_audio_token", "output_cost_per_image_token", "output_cost_per_token"
            )
            if mode in ("chat", "embedding"):
                into, out = per_million(entry, "input_cost_per_token"), per_million(entry, "output_cost_per_token")
            cached = per_million(entry, "cache_read_input_token_cost")
            slip = SLIP_EMBEDDING if mode == "embedding" else SLIP
            target["price"] = price(into, cached, out, f"{vendor}/{id_}", slip) or target.get("price")


def ceilings(found: dict[str, dict[str, Any]], day: date) -> dict[str, dict[str, str]]:
    """The highest input and the highest output price of each modality."""
    highest: dict[str, list[Decimal]] = {}
    for entry in found.values():
        if not entry.get("price") or str(entry.get("deprecated") or "9999") <= day.isoformat():
            continue
        mode = entry.get("mode", "chat")
        modes = [mode, "vision"] if "vision" in (entry.get("capabilities") or ()) else [mode]
        for name in modes:
            most = highest.setdefault(name, [Decimal(0), Decimal(0)])
            most[0] = max(most[0], Decimal(entry["price"]["input_per_mtok"]))
            most[1] = max(most[1], Decimal(entry["price"]["output_per_mtok"]))
    return {
        name: {"input_per_mtok": f"{into.normalize():f}", "output_per_mtok": f"{out.normalize():f}"}
        for name, (into, out) in sorted(highest.items())
    }


def render(catalogue: dict[str, Any]) -> str:
    """JSON with one model a line, so that a new version reads well in a diff."""
    models = catalogue.pop("models")
    head = json.dumps(catalogue, indent=1, sort_keys=True)
    lines = ",\n".join(f'  "{key}": {json.dumps(models[key], sort_keys=True)}' for key in sorted(models))
    return head[: head.rindex("\n}")] + ',\n "models": {\n' + lines + "\n }\n}\n"


def main() -> None:
    """Read both lists, write the catalogue."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--litellm", type=Path, required=True, help="LiteLLM's price file, .json or .json.gz")
    parser.add_argument("--litellm-version", required=True)
    parser.add_argument("--output", type=Path, default=OUT)
    options = parser.parse_args()
    from genai_prices import data

    raw = options.litellm.read_bytes()
    listed = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    day = max(found for found in dates_in(data.providers) if found <= date.today())
    models = from_genai(day)
    add_litellm(models, listed)
    kept = {
        key: {name: value for name, value in entry.items() if value is not None}
        for key, entry in models.items()
        if entry.get("price") or entry.get("mode")
    }
    version = importlib.metadata.version("genai-prices")
    catalogue = {
        "dated": day.isoformat(),
        "source": f"genai-prices {version} (MIT) and LiteLLM {options.litellm_version} model prices (MIT)",
        "ceilings": ceilings(kept, day),
        "hosts": HOSTS,
        "kinds": KINDS,
        "models": kept,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(render(catalogue), encoding="utf-8")
    print(f"{len(kept)} models, dated {day}", file=sys.stderr)


if __name__ == "__main__":
    main()
