# ruff: noqa: E501 - the template has the long lines that such files have
"""Provider files for benchmarks: as many as asked for, all different, some of them faulty, seeded."""

from __future__ import annotations

import random
from pathlib import Path

_PROVIDER = """\
# yaml-language-server: $schema=../schemas/provider.schema.json
id: {id}
display_name: Provider {n} of the generated fleet
kind: openai_compatible
status: active
priority: {priority}
endpoints:
  - {{region: eu, url: "https://{id}.llm.acme.internal/v1"}}
  - {{region: us, url: "https://{id}-us.llm.acme.internal/v1"}}
credential_ref: vault://secret/{{environment}}/llm/{id}#api_key
rotation: {{every: 90d, warn_before: 14d}}
timeout_ms: 30000
tool_timeout_ms: 60000
retries: {{max: 2, backoff: exponential, jitter: full}}
limits: {{rpm: {rpm}, tpm: 2000000, concurrency: 200}}
default_model: model-a
fallback_models: [model-b]
models:
  - id: model-a
    modality: {{input: [text, image], output: [text]}}
    capabilities: [chat, streaming, tools, json_schema, vision]
    context_tokens: 131072
    max_output_tokens: 8192
    languages: ["*"]
    price: {{input_per_mtok: {price}, cached_input_per_mtok: 0.05, output_per_mtok: 1.60}}   # USD
  - id: model-b
    modality: {{input: [text], output: [text]}}
    capabilities: [chat, streaming]
    context_tokens: 131072
    max_output_tokens: 8192
    price: {{input_per_mtok: 0.10, output_per_mtok: 0.40}}
compliance: {{privacy_max: confidential, data_regions: [us, eu], retention_days: 0, training_on_data: false, documents: []}}
tenants: {{allow: ["*"], deny: []}}
validation: {{suites: [chat, streaming, tools, vision], min_health: 0.9, max_p95_ms: 2500, max_error_rate: 0.01, budget_usd: 0.05}}
rollout: standard
limitations: []
metadata: {{owner: team-{team}, cost_centre: "cc-{n}"}}
"""

FAULTS = (
    ("priority: ", "priorty: "),
    ("timeout_ms: 30000", "timeout_ms: soon"),
    ("status: active", "status: activ"),
    ("models:\n", "models: [\n"),
    ("default_model: model-a", "default_model: model-z"),
    ("limitations: []", "limitations: []\nlimitations: []"),
)
PROJECT = """\
version: 1
environments: {production: {rollout: standard}}
rollouts: {standard: {steps: [{percent: 10}, {full: true}]}}
regions: [eu, us]
"""


def write_fleet(root: Path, count: int, faulty: float = 0.01, seed: int = 7) -> int:
    """Write a repository of `count` providers and a policy that names them all; returns how many files are faulty."""
    rng = random.Random(seed)
    folder = root / "providers"
    folder.mkdir(parents=True)
    bad = set(rng.sample(range(count), int(count * faulty)))
    names = [f"fleet-{n:05d}" for n in range(count)]
    for n, name in enumerate(names):
        text = _PROVIDER.format(id=name, n=n, priority=rng.randrange(100), rpm=rng.randrange(100, 9000),
                                price=f"0.{rng.randrange(10, 99)}", team=n % 37)  # fmt: skip
        if n in bad:
            old, new = FAULTS[n % len(FAULTS)]
            text = text.replace(old, new, 1)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (root / "pxctl.yaml").write_text(PROJECT, encoding="utf-8")
    policies = root / "routing-policies"
    policies.mkdir()
    good = [name for n, name in enumerate(names) if n not in bad]
    groups = max(1, len(good) // 20)
    routes = "".join(
        f"  - name: route-{i}\n    match: {{task_type: [task-{i}]}}\n    candidates: [{', '.join(good[i::groups])}]\n"
        for i in range(groups)
    )
    last = f"  - name: rest\n    match: {{}}\n    candidates: [{', '.join(good[:20])}]\n"
    allow = ", ".join(good[:5])
    text = f"name: default\nsafe_mode: {{allow: [{allow}]}}\nroutes:\n{routes}{last}"
    (policies / "default.yaml").write_text(text, encoding="utf-8")
    return len(bad)
