"""Deployments of ours as members of LiteLLM's `model_list`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pxctl.core.ids import parse_deployment
from pxctl.interop.litellm.config import mapping
from pxctl.interop.litellm.specs import SUPPORTS
from pxctl.interop.litellm.vocabulary import BASES, KEYS
from pxctl.model.base import MODALITIES
from pxctl.model.configuration import Configuration
from pxctl.model.interop import Note
from pxctl.model.provider import Endpoint, ModelSpec, Provider
from pxctl.model.routing import Route, candidate_text, candidate_weight

PREFIXES = {
    "anthropic": "anthropic", "gemini": "gemini", "azure_openai": "azure", "bedrock": "bedrock",
    "ollama": "ollama_chat", "llama_cpp": "openai", "openai_compatible": "openai", "other": "openai",
}  # fmt: skip
VENDOR_PREFIXES = {
    "groq": "groq", "mistral": "mistral", "deepseek": "deepseek", "x-ai": "xai", "perplexity": "perplexity",
    "together": "together_ai", "fireworks": "fireworks_ai", "openrouter": "openrouter", "cerebras": "cerebras",
    "deepinfra": "deepinfra", "moonshotai": "moonshot",
}  # fmt: skip
_MODES = {"tts": "audio_speech", "stt": "audio_transcription", "image": "image_generation", "embedding": "embedding"}


class Members:
    """Writes members, and knows what of our files can be called at all."""

    def __init__(self, config: Configuration, notes: list[Note]) -> None:
        self.config, self.notes = config, notes
        self.listed: list[dict[str, Any]] = []
        self._used: dict[str, Provider] = {}
        self._at: dict[tuple[str, str], dict[str, Any]] = {}

    def used(self) -> list[Provider]:
        """The providers that were written."""
        return list(self._used.values())

    def expand(self, reference: str) -> list[str]:
        """The ids that a reference stands for, as docs/semantics.md says."""
        ref = parse_deployment(reference)
        provider = self.config.providers.get(ref.provider)
        if provider is None:
            return []
        models = [ref.model] if ref.model else [provider.default_model or "", *provider.fallback_models]
        if not models[0]:
            return []
        known = {spec.id for spec in provider.models}
        regions = [endpoint.region for endpoint in provider.endpoints if ref.region in ("", endpoint.region)]
        return [f"{ref.provider}/{model}@{region}" for model in models if model in known for region in regions]

    def _callable(self, id_: str, route: Route, standby: bool) -> bool:
        provider = self.config.providers[id_.partition("/")[0]]
        region = id_.rpartition("@")[2]
        live = provider.status == "active" or (standby and provider.status == "standby")
        allowed = route.constraints.regions is None or region in route.constraints.regions
        stays = not provider.compliance.data_regions or region in provider.compliance.data_regions
        if provider.enabled and live and allowed and stays:
            return True
        why = "it is not active" if not (provider.enabled and live) else "its region is not allowed there"
        self.notes.append(Note(kind="approximated", subject=f"route {route.name}", why=f"{id_} is left out: {why}"))
        return False

    def deployments(self, route: Route) -> list[str]:
        """The candidates that may be called, in order, without repeats."""
        ids = dict.fromkeys(id_ for one in route.candidates for id_ in self.expand(candidate_text(one)))
        return [id_ for id_ in ids if self._callable(id_, route, False)]

    def listed_fallbacks(self, route: Route) -> list[str]:
        """The listed fallbacks that may be called, in order, without repeats."""
        ids = dict.fromkeys(id_ for one in route.fallbacks for id_ in self.expand(one))
        return [id_ for id_ in ids if self._callable(id_, route, True)]

    def weights(self, route: Route, ids: Sequence[str]) -> dict[str, float | int]:
        """Weights by deployment. Equal ones are written too: without any, LiteLLM shares out by rpm."""
        found: dict[str, float | int] = {}
        for one in route.candidates:
            expanded = self.expand(candidate_text(one))
            for id_ in expanded:
                share = candidate_weight(one) / len(expanded)
                found.setdefault(id_, int(share) if share == int(share) else share)
        return {id_: found[id_] for id_ in ids} if len(ids) > 1 else {}

    def add(
        self,
        group: str,
        id_: str,
        *,
        weight: float | None = None,
        order: int | None = None,
        tags: Sequence[str] = (),
        fallback_only: bool = False,
    ) -> None:
        """Write one member; the same deployment of the same group again only gains tags."""
        known = self._at.get((group, id_))
        if known is not None:
            params = known["litellm_params"]
            if tags or "tags" in params:
                params["tags"] = list(dict.fromkeys([*params.get("tags", []), *tags]))
            return
        provider = self.config.providers[id_.partition("/")[0]]
        self._used[provider.id] = provider
        region = id_.rpartition("@")[2]
        model = id_.partition("/")[2].rpartition("@")[0]
        spec = next(one for one in provider.models if one.id == model)
        endpoint = next(one for one in provider.endpoints if one.region == region)
        params = self._params(provider, spec, endpoint)
        if weight is not None:
            params["weight"] = weight
        if order is not None:
            params["order"] = order
        if tags:
            params["tags"] = list(tags)
        info = {**_info(spec), **_kept_info(provider, model), "pxctl": {"deployment": id_}}
        if fallback_only:
            info["pxctl"]["fallback_only"] = True
        member = {"model_name": group, "litellm_params": params, "model_info": info}
        self._at[group, id_] = member
        self.listed.append(member)

    def _params(self, provider: Provider, spec: ModelSpec, endpoint: Endpoint) -> dict[str, Any]:
        kept = mapping(provider.metadata.get("litellm"))
        prefix = kept.get("provider")
        if not isinstance(prefix, str):
            vendor = self.config.catalogue.vendor_of("", endpoint.url) or ""
            usual = PREFIXES.get(provider.kind, "openai")
            prefix = VENDOR_PREFIXES.get(vendor, usual) if provider.kind == "openai_compatible" else usual
        name = spec.deployment_name or spec.id
        params: dict[str, Any] = {"model": f"{prefix}/{name}" if prefix else name}
        extra = mapping(kept.get("params"))
        if "api_base" not in extra and endpoint.url.rstrip("/") != BASES.get(prefix, "").rstrip("/"):
            host_made = prefix in ("bedrock", "vertex_ai") and bool(extra)
            if not host_made and not endpoint.url.endswith(".invalid"):
                params["api_base"] = endpoint.url + ("/v1" if provider.kind == "llama_cpp" else "")
        params |= _credentials(provider, prefix, usual="api_base" not in params)
        if "api_version" in provider.options:
            params["api_version"] = provider.options["api_version"]
        elif prefix == "bedrock" and "aws_region_name" not in extra:
            found = re.search(r"bedrock-runtime\.([a-z0-9-]+)\.", endpoint.url)
            if found:
                params["aws_region_name"] = found[1]
        for name_, value in (
            ("rpm", provider.limits.rpm),
            ("tpm", provider.limits.tpm),
            ("max_parallel_requests", provider.limits.concurrency),
        ):
            if value is not None:
                params[name_] = value
        if "timeout_ms" in provider.model_fields_set:
            seconds = Decimal(provider.timeout_ms) / 1000
            params["timeout"] = int(seconds) if seconds == int(seconds) else float(seconds)
        if "retries" in provider.model_fields_set:
            params["max_retries"] = provider.retries.max
        return {**params, **extra}


def _credentials(provider: Provider, prefix: str, *, usual: bool) -> dict[str, str]:
    """References to variables; `usual` endpoints find the usual variable without being told."""
    found: dict[str, str] = {}
    for name, ref in provider.credential_refs().items():
        variable = ref.removeprefix("env://")
        if variable == ref:
            stem = re.sub("[^A-Z0-9]", "_", provider.id.upper())
            variable = f"{stem}_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        if not (usual and name == "api_key" and KEYS.get(prefix) == variable):
            found[name] = f"os.environ/{variable}"
    if not provider.credential_refs() and prefix in ("openai", "azure", "custom_openai", "hosted_vllm"):
        found["api_key"] = "none"
    return found


def _info(spec: ModelSpec) -> dict[str, Any]:
    inputs, outputs = set(spec.modality.input), set(spec.modality.output)
    served = [kind for kind, (needs, gives) in MODALITIES.items() if needs <= inputs and gives <= outputs]
    kind = next((kind for kind in served if kind in _MODES), "chat") if "chat" not in served else "chat"
    info: dict[str, Any] = {"mode": _MODES.get(kind, "chat")}
    if kind == "chat":
        info |= {name: word in spec.capabilities for name, word in SUPPORTS.items()}
    if spec.context_tokens is not None:
        info["max_input_tokens"] = spec.context_tokens
    if spec.max_output_tokens is not None:
        info["max_output_tokens"] = spec.max_output_tokens
    if spec.price is not None:
        info["input_cost_per_token"] = float(spec.price.input_per_mtok / 1_000_000)
        info["output_cost_per_token"] = float(spec.price.output_per_mtok / 1_000_000)
        if spec.price.cached_input_per_mtok is not None:
            info["cache_read_input_token_cost"] = float(spec.price.cached_input_per_mtok / 1_000_000)
    return info


def _kept_info(provider: Provider, model: str) -> dict[str, Any]:
    kept = mapping(mapping(provider.metadata.get("litellm")).get("model_info"))
    return dict(mapping(kept.get(model)))
