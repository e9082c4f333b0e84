"""import(export(x)) equals x for everything that LiteLLM can express."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pxctl.interop.litellm import gateway
from pxctl.load.catalogue import load_catalogue
from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.load.writer import dump_yaml
from pxctl.model.base import MODALITIES
from pxctl.model.configuration import Configuration
from pxctl.model.routing import candidate_text, candidate_weight

KINDS = {
    "openai_compatible": ("https://gpu-{r}.example.test/v1", {"credential_ref": "env://GPU_KEY"}),
    "anthropic": ("https://api.anthropic.com", {"credential_ref": "env://ANTHROPIC_API_KEY"}),
    "gemini": ("https://gemini-{r}.example.test/v1beta", {"credential_ref": "env://G_KEY"}),
    "azure_openai": (
        "https://res-{r}.openai.azure.com",
        {"credential_ref": "env://AZ_KEY", "options": {"api_version": "2024-10-21"}},
    ),
    "ollama": ("http://ollama-{r}:11434", {"secret_policy": "none"}),
}
PRICES = st.decimals(min_value=0, max_value=500, places=6, allow_nan=False)


@st.composite
def models(draw: st.DrawFn, id_: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["chat", "chat", "vision", "embedding", "tts", "stt", "image"]))
    needs, gives = MODALITIES[kind]
    spec: dict[str, Any] = {"id": id_, "modality": {"input": sorted(needs, reverse=True), "output": sorted(gives)}}
    if kind in ("chat", "vision"):
        extra = ["tools", "json_schema", *(["vision"] if kind == "vision" else []), "reasoning"]
        kept = [word for word in extra if word == "vision" or draw(st.booleans())]
        spec["capabilities"] = ["chat", "streaming", *kept]
        if draw(st.booleans()):
            spec["max_output_tokens"] = draw(st.integers(1, 100_000))
    if draw(st.booleans()):
        spec["context_tokens"] = draw(st.integers(1, 2_000_000))
    if draw(st.booleans()):
        spec["price"] = {"input_per_mtok": draw(PRICES), "output_per_mtok": draw(PRICES)}
        if draw(st.booleans()):
            spec["price"]["cached_input_per_mtok"] = draw(PRICES)
    return spec


@st.composite
def providers(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    url, fixed = KINDS[kind]
    regions = draw(st.lists(st.sampled_from(["eu", "us", "global"]), min_size=1, max_size=2, unique=True))
    if "{r}" not in url:
        regions = regions[:1]
    names = draw(
        st.lists(st.sampled_from(["m-small", "m-large", "org/m-7b", "m.1:8b"]), min_size=1, max_size=3, unique=True)
    )
    data: dict[str, Any] = {
        "id": f"p{number}",
        "display_name": f"P {number}",
        "kind": kind,
        "status": "active",
        "endpoints": [{"region": region, "url": url.format(r=region)} for region in regions],
        **fixed,
        "models": [draw(models(name)) for name in names],
    }
    if draw(st.booleans()):
        bounds = {"rpm": st.integers(1, 10**6), "tpm": st.integers(1, 10**9), "concurrency": st.integers(1, 1000)}
        data["limits"] = draw(st.fixed_dictionaries({}, optional=bounds))
    if draw(st.booleans()):
        data["timeout_ms"] = draw(st.integers(1, 3_600_000))
    if draw(st.booleans()):
        data["retries"] = {"max": draw(st.integers(0, 10))}
    return data


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str]:
    """Files of a repository that uses nothing but what LiteLLM can say."""
    made = [draw(providers(i)) for i in range(draw(st.integers(1, 4)))]
    ids = [f"{p['id']}/{m['id']}@{e['region']}" for p in made for m in p["models"] for e in p["endpoints"]]
    window = {f"{p['id']}/{m['id']}@{e['region']}": m.get("context_tokens")
              for p in made for m in p["models"] for e in p["endpoints"]}  # fmt: skip
    word = draw(st.sampled_from(["weighted", "cheapest", "fastest"]))
    groups = draw(
        st.lists(
            st.sampled_from(["chat", "fast", "big-one", "gpt-4o", "embed", "x y"]), min_size=1, max_size=4, unique=True
        )
    )
    routes: list[dict[str, Any]] = []
    used: set[str] = set()
    for group in groups:
        chosen = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
        types = [group, *(draw(st.lists(st.sampled_from([f"{group}-alias", f"old-{group}"]), unique=True)))]
        slug = group.replace(" ", "-")
        strategy = (
            "listed"
            if len(chosen) == 1
            else word
            if word != "weighted"
            else draw(st.sampled_from(["weighted", "listed"]))
        )
        candidates: list[Any] = list(chosen)
        if strategy == "weighted" and draw(st.booleans()):
            weights = draw(st.lists(st.integers(1, 1_000_000), min_size=len(chosen), max_size=len(chosen), unique=True))
            candidates = [{"deployment": ref, "weight": weight} for ref, weight in zip(chosen, weights, strict=True)]
        others = [ref for ref in ids if ref not in chosen]
        fallbacks = draw(st.lists(st.sampled_from(others), max_size=4, unique=True)) if others else []
        if draw(st.booleans()) and len(others) > 1 and all(window[ref] for ref in chosen):
            first, *then = draw(st.lists(st.sampled_from(others), min_size=1, max_size=3, unique=True))
            bound = {"min": max(window[ref] or 0 for ref in chosen) + 1}
            routes.append(_route(f"{slug}-long", {"task_type": types, "input_tokens": bound}, [first], "listed", then))
        if others and draw(st.booleans()):
            apart = draw(st.sampled_from(others))
            then = [ref for ref in fallbacks if ref != apart]
            routes.append(_route(f"{slug}-vip", {"task_type": types, "task_tags": ["vip"]}, [apart], "listed", then))
        routes.append(_route(slug, {"task_type": types}, candidates, strategy, fallbacks))
        used.update(chosen, fallbacks, *(route.get("fallbacks", ()) for route in routes))
        used.update(ref for route in routes for ref in map(_text, route["candidates"]))
    for one in made:
        one["models"] = [
            m for m in one["models"] if any(f"{one['id']}/{m['id']}@{e['region']}" in used for e in one["endpoints"])
        ]
        one["endpoints"] = [
            e for e in one["endpoints"] if any(f"{one['id']}/{m['id']}@{e['region']}" in used for m in one["models"])
        ]
    files = {f"providers/{one['id']}.yaml": dump_yaml(one) for one in made if one["models"]}
    files["routing-policies/default.yaml"] = dump_yaml({"name": "default", "routes": routes})
    files["pxctl.yaml"] = "environments: {production: {}}\n"
    return files


def _text(candidate: Any) -> str:
    return candidate if isinstance(candidate, str) else candidate["deployment"]


def _route(name: str, match: Any, candidates: list[Any], strategy: str, fallbacks: list[str]) -> dict[str, Any]:
    route = {"name": name, "match": match, "strategy": strategy, "candidates": candidates}
    if fallbacks:
        route["fallbacks"] = fallbacks
    return {**route, "max_fallbacks": len(candidates) - 1 + len(fallbacks)}


def essence(config: Configuration) -> dict[str, Any]:
    """What LiteLLM can carry of a configuration."""
    return {
        "providers": {
            id_: {
                "kind": one.kind,
                "endpoints": {endpoint.region: endpoint.url for endpoint in one.endpoints},
                "secrets": one.credential_refs(),
                "limits": one.limits,
                "timeout": one.timeout_ms if "timeout_ms" in one.model_fields_set else None,
                "retries": one.retries.max if "retries" in one.model_fields_set else None,
                "options": one.options,
                "models": {
                    spec.id: (
                        frozenset(spec.modality.input), frozenset(spec.modality.output), frozenset(spec.capabilities),
                        spec.context_tokens, spec.max_output_tokens, spec.price, spec.deployment_name,
                    )
                    for spec in one.models
                },
            }
            for id_, one in config.providers.items()
        },
        "routes": [
            (
                route.name, route.match, route.strategy, [candidate_text(one) for one in route.candidates],
                _shares([candidate_weight(one) for one in route.candidates]), route.fallbacks, route.max_fallbacks,
            )
            for route in config.policies["default"].routes
        ],
    }  # fmt: skip


def _shares(weights: list[int]) -> list[Decimal]:
    total = sum(weights)
    return [Decimal(weight) / total for weight in weights]


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(repositories())
def test_what_litellm_can_express_comes_back_as_it_was(files: dict[str, str]) -> None:
    catalogue = load_catalogue()
    loaded = load(DictTree(files), catalogue=catalogue)
    assert loaded.findings == ()
    exported = gateway.write(loaded.config, "default")
    imported = gateway.read(exported.text, "config.yaml", catalogue)
    back = load(DictTree(imported.files), catalogue=catalogue)
    assert back.findings == ()
    assert essence(back.config) == essence(loaded.config)
