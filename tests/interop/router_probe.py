"""Runs under the Python of an environment with `litellm`: what its Router makes of configurations.

    python router_probe.py FILE...

Prints one JSON object a file: groups with their deployments, aliases, fallbacks, or the error.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOG"] = "CRITICAL"


def router_of(file: str) -> dict[str, object]:
    """Load a file as LiteLLM's proxy does and say what the Router holds."""
    import yaml
    from litellm import Router

    documents = list(yaml.safe_load_all(Path(file).read_text(encoding="utf-8")))
    data = documents[0]
    if isinstance(data, dict) and data.get("kind") == "ConfigMap":
        data = yaml.safe_load(next(iter(data["data"].values())))
    settings = dict(data.get("router_settings") or {})
    general = data.get("litellm_settings") or {}
    for name in ("fallbacks", "default_fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
        if name not in settings and name in general:
            settings[name] = general[name]
    for name in ("redis_host", "redis_port", "redis_password"):
        settings.pop(name, None)
    members = [one for one in data.get("model_list") or [] if one.get("litellm_params")]
    for one in members:
        for name in ("tpm", "rpm"):
            if name in one:
                one["litellm_params"].setdefault(name, one.pop(name))
    router = Router(model_list=members, ignore_invalid_deployments=True, **settings)
    groups: dict[str, list[object]] = {}
    for one in router.get_model_list() or []:
        params = one["litellm_params"]
        groups.setdefault(one["model_name"], []).append([params["model"], params.get("weight"), params.get("order")])
    return {
        "groups": groups,
        "fallbacks": router.fallbacks or [],
        "context_window_fallbacks": router.context_window_fallbacks or [],
        "aliases": router.model_group_alias or {},
        "strategy": str(getattr(router.routing_strategy, "value", router.routing_strategy)),
    }


def served(file: str) -> dict[str, object]:
    """Who answers a request for each group while, one after the other, whoever answered fails from then on.

    Nobody is called: every deployment answers its own id from a mock, or fails.
    """
    import litellm
    import yaml
    from litellm import Router

    litellm.suppress_debug_info = True
    data = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    settings = {**data["router_settings"], "num_retries": 0, "disable_cooldowns": True}
    ids = [one["model_info"]["pxctl"]["deployment"] for one in data["model_list"]]
    found: dict[str, object] = {}
    for group in dict.fromkeys(one["model_name"] for one in data["model_list"]):
        down: list[str] = []
        while len(down) <= len(set(ids)):
            members = json.loads(json.dumps(data["model_list"]))
            for one, id_ in zip(members, ids, strict=True):
                params = one["litellm_params"]
                params |= {"api_key": "x", "mock_response": "litellm.InternalServerError" if id_ in down else id_}
                params["max_retries"] = 0
                one["model_info"]["id"] = f"{one['model_name']}>{id_}"
            router = Router(model_list=members, **settings)
            try:
                answer = router.completion(model=group, messages=[{"role": "user", "content": "x"}])
            except Exception:
                break
            down.append(str(answer.choices[0].message.content))
        found[group] = down
    return found


def main() -> None:
    """One line of JSON a file."""
    if sys.argv[1] == "--served":
        for file in sys.argv[2:]:
            print("PROBE " + json.dumps([file, served(file)]), flush=True)
        return
    for file in sys.argv[1:]:
        try:
            found = router_of(file)
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        print("PROBE " + json.dumps([file, found]), flush=True)


if __name__ == "__main__":
    main()
